# Promise: switched off, or broken in every way that it can be while it is preloaded, the server behaves as if
# selfheal were not installed: the same answers, the same errors, the same data, no message more.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $conf = <<'CONF';
max_prepared_transactions = 5
log_statement = none
autovacuum = off
CONF
my $off = "selfheal.enabled = off\nselfheal.gate = off\n";

my $without = PostgreSQL::Test::Cluster->new('without');
$without->init;
$without->append_conf('postgresql.conf', "wal_level = replica\nmax_connections = 50\nmax_worker_processes = 16\n$conf");
$without->start;
my %expected = behaviour($without);
like($expected{answers}, qr/deadlock|duplicate key/, 'there is something to compare');
like($expected{data}, qr/COPY public\.account/, 'data as well');

my %server = (
	'switched off' => sub { heal_node('off', conf => $conf . $off, extension => 0) },
	'without its extension' => sub { heal_node('extensionless', conf => $conf, extension => 0) },
	'without its database' => sub { heal_node('homeless', conf => "${conf}selfheal.database = 'nowhere'\n", extension => 0) },
	'without its files' => \&without_files);

foreach my $how (sort keys %server)
{
	my $node = $server{$how}->();
	my %is = behaviour($node);

	is($is{answers}, $expected{answers}, "$how: the same answers and errors");
	is($is{data}, $expected{data}, "$how: the same data");
	is($is{messages}, $expected{messages}, "$how: the same errors in the log");
	is($is{processes}, $expected{processes}, "$how: nobody else is there but ours");
	stop_node($node);
}
stop_node($without);
done_testing();

# Where its files should be there is something that can be neither read nor replaced.
sub without_files
{
	my $node = heal_node('fileless', conf => $conf, extension => 0, start => 0);

	foreach my $file (qw(selfheal.journal selfheal.samples selfheal.settings selfheal.forecasts selfheal.metric))
	{
		mkdir($node->data_dir . "/$file") or die "no folder $file: $!";
		append_to_file($node->data_dir . "/$file/full", 'in the way');
	}
	$node->start;
	return $node;
}

# What a client sees, what is in the cluster afterwards, what the log says, and who is there.
sub behaviour
{
	my ($node) = @_;
	my $script = $node->basedir . '/script.sql';
	my ($answers, $errors, $data);

	append_to_file($script, statements());
	IPC::Run::run([ 'psql', '-Xa', '-d', $node->connstr('postgres'), '-f', $script ], '>', \$answers, '2>', \$errors);
	$errors =~ s/psql:\S+script\.sql/script/g;
	IPC::Run::run([ 'pg_dumpall', '-d', $node->connstr('postgres') ], '>', \$data) or die 'no dump';
	# newer versions protect a dump with a word by chance
	$data =~ s/^\\(un)?restrict .*\n//mg;
	return (
		answers => "$answers\n$errors",
		data => $data,
		messages => join("\n", map { /(?:ERROR|FATAL|PANIC|WARNING):  (.*)/ && !/selfheal/ ? $1 : () } split(/\n/, slurp_file($node->logfile))),
		processes => answer($node, <<'SQL'));
SELECT string_agg(backend_type, ', ' ORDER BY backend_type) FROM pg_stat_activity
WHERE backend_type NOT LIKE 'selfheal%' AND backend_type NOT LIKE '%worker'
SQL
}

sub statements
{
	return <<'SQL';
CREATE ROLE clerk LOGIN CONNECTION LIMIT 2;
CREATE DATABASE branch;
CREATE TABLE account (id integer PRIMARY KEY, owner text NOT NULL, balance numeric CHECK (balance >= 0));
INSERT INTO account SELECT g, 'owner ' || g, g * 10 FROM generate_series(1, 1000) AS g;
INSERT INTO account VALUES (1, 'again', 0);
INSERT INTO account VALUES (2000, NULL, 0);
UPDATE account SET balance = -1 WHERE id = 5;
SELECT count(*), sum(balance) FROM account;
SELECT 1 / 0;
SELECT nothing FROM nowhere;
BEGIN; SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s; UPDATE account SET balance = balance + 1 WHERE id <= 10; COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(balance) FROM account; PREPARE TRANSACTION 'two'; COMMIT PREPARED 'two';
PREPARE get (integer) AS SELECT owner FROM account WHERE id = $1; EXECUTE get(7); EXECUTE get(2000); DEALLOCATE get;
BEGIN; DECLARE c CURSOR FOR SELECT id FROM account ORDER BY id; FETCH 3 FROM c; MOVE 10 IN c; FETCH c; COMMIT;
CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN IF $1 IS NULL THEN RAISE EXCEPTION 'nothing' USING ERRCODE = 'P0042'; END IF; RETURN 2 * $1; END $$;
SELECT twice(21), twice(NULL);
SELECT sum(twice(id)) FROM account;
CREATE INDEX CONCURRENTLY account_owner ON account (owner);
CREATE UNIQUE INDEX CONCURRENTLY account_half ON account ((id / 2));
DROP INDEX account_half;
EXPLAIN (COSTS OFF) SELECT * FROM account WHERE owner = 'owner 5';
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT count(*) FROM account WHERE id < 100;
SET statement_timeout = '20ms'; SELECT pg_sleep(60); RESET statement_timeout;
SET ROLE clerk; SELECT * FROM account; CREATE TABLE account_2 (); RESET ROLE;
ALTER ROLE clerk SET work_mem = '64kB';
LISTEN bell; UNLISTEN bell; NOTIFY bell, 'rings';
COPY account TO STDOUT (FORMAT csv, HEADER) ;
DO $$ BEGIN FOR i IN 1 .. 50 LOOP UPDATE account SET balance = balance + 1 WHERE id = i; COMMIT; END LOOP; END $$;
VACUUM (FREEZE, ANALYZE) account;
CREATE TEMP TABLE scratch AS SELECT * FROM account; TRUNCATE scratch; SELECT count(*) FROM scratch;
SELECT pg_advisory_lock(7), pg_advisory_unlock(7), pg_advisory_unlock(8);
CREATE EXTENSION plpgsql;
ALTER DATABASE branch RENAME TO office; DROP DATABASE branch; DROP DATABASE office;
CHECKPOINT;
SQL
}
