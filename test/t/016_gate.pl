# Promise: what passes through the server's hooks is counted: how long statements take, to
# within 5 %, which errors there were, who failed to log in and from where, who changed the schema.
# Counts outlive the sessions; a blind feed of errors is told; off is off; a standby counts, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = heal_node('gate', streaming => 1, conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.autonomy = observe
log_min_duration_statement = 0
CONF
answer($node, 'CREATE DATABASE timed');

# Durations: the exact ones are in the server's log.

my @sleeps = ((0.02) x 60, (0.05) x 30, (0.11) x 7, (0.23) x 3);
my $offset = log_offset($node);
$node->safe_psql('timed', join("\n", map { "SELECT pg_sleep($_);" } @sleeps));
my @exact = sort { $a <=> $b }
  slurp_file($node->logfile, $offset) =~ /SELECT pg_sleep\([\d.]+\);\n.*duration: ([\d.]+) ms/g;
is(scalar @exact, scalar @sleeps, 'the log has the duration of every statement');
my $timed = "FROM selfheal.latency WHERE database = 'timed'";
is(answer($node, "SELECT calls $timed"), @sleeps, 'every statement was counted, and nothing else');
foreach my $share (50, 95, 99)
{
	my $truth = $exact[$share - 1];
	my $told = answer($node, "SELECT p${share}_ms $timed");

	cmp_ok(abs($told - $truth) / $truth, '<', 0.05, "p$share of $told ms is within 5 % of $truth ms");
}
# The last of them may still be queued in its session until the engine's next heartbeat.
ok( poll_until($node, sprintf("SELECT array_agg(calls) = ARRAY[%d::bigint] FROM selfheal.top_queries
			WHERE database = 'timed'", scalar @sleeps)),
	'they are one query among the top ones');
is( answer($node, "SELECT q.p95_ms = l.p95_ms FROM selfheal.top_queries q JOIN selfheal.latency l USING (database)
		WHERE database = 'timed'"),
	't', 'with the same percentiles');

# What has no query id is in no table of queries, and in the metrics of all statements.

$node->safe_psql('postgres', "SET compute_query_id = off;\nSELECT pg_sleep(0.4)");
ok(poll_until($node, "SELECT max(value) BETWEEN 390 AND 5000 FROM selfheal.samples('statement_latency_p99')"),
	'a statement without a query id counts in the metrics');

# Counts outlive the session, and who gets its place in another database does not spoil them.

my @others = map { session($node, database => $_) } ('template1', 'postgres') x 5;
$_->query('SELECT 1') foreach @others;
undef @others;
is(answer($node, "SELECT calls $timed"), @sleeps, 'counts outlive the session');

my $calls = answer($node, 'SELECT sum(calls) FROM selfheal.latency');
my $shrunk = 0;
foreach my $round (1 .. 20)
{
	$node->safe_psql(('timed', 'postgres', 'template1')[ $round % 3 ], 'SELECT 1');
	my $now = answer($node, 'SELECT sum(calls) FROM selfheal.latency');
	$shrunk++ if $now <= $calls;
	$calls = $now;
}
is($shrunk, 0, 'the sum over all databases never goes back');

# A statement that fails is timed as well, and one with deferred work is timed once.

answer($node, <<'SQL');
CREATE TABLE late (id integer PRIMARY KEY, other integer);
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END$$;
CREATE TRIGGER slow AFTER INSERT ON late FOR EACH STATEMENT EXECUTE FUNCTION slow();
SQL
answer($node, 'INSERT INTO late VALUES (1, 1)', 'postgres');
ok( poll_until($node,
		'SELECT count(*) = 1 FROM selfheal.top_queries WHERE calls = 1 AND mean_ms BETWEEN 95 AND 1000'),
	'what a trigger does after the statement belongs to it');
$calls = answer($node, "SELECT calls $timed");
$node->psql('timed', "SET statement_timeout = '300ms'; SELECT pg_sleep(60)");
is(answer($node, "SELECT calls $timed"), $calls + 1, 'a cancelled statement is counted');
cmp_ok(answer($node, "SELECT total_ms > 290 + (SELECT sum(x) FROM unnest(ARRAY[" . join(',', @sleeps) . "]) x) * 1000 $timed"),
	'eq', 't', 'with the time it took');

# Errors by class

answer($node, 'CREATE TABLE strict (id integer PRIMARY KEY, n integer NOT NULL CHECK (n > 0),
	up integer REFERENCES strict); CREATE ROLE weak LOGIN');
my %errors = (
	'23505' => 'INSERT INTO strict VALUES (1, 1), (1, 1)',
	'23502' => 'INSERT INTO strict VALUES (1, NULL)',
	'23514' => 'INSERT INTO strict VALUES (1, 0)',
	'23503' => 'INSERT INTO strict VALUES (1, 1, 7)',
	'22012' => 'SELECT 1 / 0',
	'42P01' => 'SELECT * FROM nowhere',
	'42501' => 'SET ROLE weak; SELECT * FROM strict',
	'57014' => "SET statement_timeout = 10; SELECT pg_sleep(60)");
my $made_up = q{DO $$BEGIN RAISE 'made up' USING errcode = '%s'; END$$};
my $before = errors_of($node);
foreach my $code (sort keys %errors)
{
	$node->psql('postgres', $errors{$code}) foreach 1 .. 3;
}
$node->psql('postgres', sprintf($made_up, "2300$_")) foreach 2 .. 9;
$node->psql('postgres', sprintf($made_up, "ZZ00$_")) foreach 2 .. 9;
my $after = errors_of($node);
is($after->{$_} - ($before->{$_} // 0), 3, "$_ is counted") foreach sort keys %errors;
is($after->{'23'} - ($before->{'23'} // 0), 8, 'codes not counted by themselves are counted by class');
is($after->{''} - ($before->{''} // 0), 8, 'and classes nobody knows together');
$node->psql('postgres', q{DO $$BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END$$});
is(errors_of($node)->{'22012'}, $after->{'22012'}, 'what a block catches is no error');
foreach my $metric (qw(unique_violations check_violations permission_denied statements_cancelled schema_errors errors))
{
	ok(poll_until($node, "SELECT max(value) > 0 FROM selfheal.samples('$metric')"), "$metric has been seen");
}

# Logins

answer($node, "CREATE ROLE locked NOLOGIN; CREATE ROLE secret LOGIN PASSWORD 'right'; CREATE ROLE outcast LOGIN");
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
PostgreSQL::Test::Utils::append_to_file($node->data_dir . '/pg_hba.conf.new',
	"local all secret scram-sha-256\nlocal all outcast reject\n" . $hba);
rename($node->data_dir . '/pg_hba.conf.new', $node->data_dir . '/pg_hba.conf');
$node->reload;
poll_until($node, "SELECT count(*) = 1 FROM pg_hba_file_rules WHERE auth_method = 'reject'");
wait_until(sub { !login('outcast') }, 'the new rules');    # its first failure

login('secret', 'wrong') foreach 1 .. 4;
login('secret', undef);    # leaves without a password
login('secret', 'right');
login('outcast') foreach 1 .. 2;
login('locked');
login("no'body") foreach 1 .. 3;
login('weak', undef, 'no_such_database');
foreach my $case (
	[ 'secret', 4, '28P01', 'a wrong password' ],
	[ 'outcast', 3, '28000', 'a line of pg_hba.conf' ],
	[ 'locked', 1, '28000', 'a role that may not log in' ],
	[ "no'body", 3, '28000', 'a role that is none' ],
	[ 'weak', 1, '3D000', 'a database that is none' ])
{
	my ($role, $count, $code, $what) = @$case;

	ok( poll_until($node,
			"SELECT failed, last_code, address FROM selfheal.logins WHERE role = '" . ($role =~ s/'/''/r) . "'",
			"$count|$code|[local]"),
		"$what is a failed login");
}
is(answer($node, "SELECT string_agg(role, ', ' ORDER BY role) FROM selfheal.failed_roles"),
	'locked, outcast, secret, weak', 'by role without those that are none');
is(answer($node, 'SELECT failed FROM selfheal.failed_roles WHERE role IS NULL'), 3, 'whose failures are told together');
like(refused_as($node, 'selfheal_developer', 'SELECT * FROM selfheal.logins'),
	qr/permission denied/, 'a developer sees no addresses');
is(refused_as($node, 'selfheal_developer', 'SELECT * FROM selfheal.failed_roles'), '', 'but how often roles failed');
ok(poll_until($node, "SELECT max(value) > 0 FROM selfheal.samples('logins_failed')"), 'failed logins are a metric');
ok(poll_until($node, "SELECT max(value) > 0 FROM selfheal.samples('logins')"), 'successful ones, too');

# A flood of names

my $flood = 400;
my $names = join(' ', map { "flood$_" } 1 .. $flood);
my $host = $node->host;
my $port = $node->port;
system("for name in $names; do psql -X -h '$host' -p $port -U \$name -d postgres -c 'SELECT 1' 2>/dev/null; done");
login('secret', 'wrong') foreach 1 .. 4;
ok(poll_until($node, "SELECT failed FROM selfheal.logins WHERE role = 'secret'", 8), 'who really tries is not hidden by a flood');
is(answer($node, 'SELECT count(*) <= 256 FROM selfheal.logins'), 't', 'and the table does not grow');

# Schema changes

answer($node, 'ALTER TABLE strict ADD COLUMN more text');
answer($node, 'BEGIN; DROP TABLE strict; ROLLBACK');
answer($node, 'BEGIN; SAVEPOINT s; CREATE TABLE never (); ROLLBACK TO s; CREATE VIEW ever AS SELECT 1; COMMIT');
answer($node, 'CREATE TEMPORARY TABLE mine (); CREATE INDEX CONCURRENTLY ON strict (n)');
answer($node, q{ALTER ROLE secret PASSWORD 'hunter2'}, 'timed');
is( answer($node, q{SELECT string_agg(command || ' ' || database, ', ' ORDER BY at) FROM (
		SELECT * FROM selfheal.changes ORDER BY at DESC LIMIT 4) AS c}),
	'ALTER TABLE postgres, CREATE VIEW postgres, CREATE INDEX postgres, ALTER ROLE timed',
	'what was committed is a change, and nothing else');
is(answer($node, 'SELECT count(*) FROM selfheal.changes WHERE role = current_user'),
	answer($node, 'SELECT count(*) FROM selfheal.changes'), 'and it is known who did it');
ok(poll_until($node, "SELECT max(value) > 0 FROM selfheal.samples('schema_changes')"), 'changes are a metric');

# A blind feed

is(condition($node, 'error feed'), 't', 'errors can be seen');
answer($node, 'ALTER ROLE weak SET log_min_messages = panic; ALTER DATABASE timed SET log_min_messages = fatal');
is(condition($node, 'error feed'), 'f', 'a role and a database whose errors cannot are told');
like(answer($node, "SELECT detail FROM selfheal.diagnose() WHERE condition = 'error feed'"),
	qr/database timed.*role weak|role weak.*database timed/, 'by name');
answer($node, 'ALTER ROLE weak RESET log_min_messages; ALTER DATABASE timed RESET log_min_messages');
configure($node, log_min_messages => 'panic');
ok(poll_until($node, "SELECT detail FROM selfheal.diagnose() WHERE condition = 'error feed'",
		'log_min_messages of the server is panic'), 'a server that logs no errors is told');
ok( poll_until($node, "SELECT value IS NULL FROM selfheal.metrics WHERE name = 'errors'"),
	'what cannot be seen is missing, and not zero');
$before = failed_of($node, 'secret');
login('secret', 'wrong');
ok(poll_until($node, "SELECT failed FROM selfheal.logins WHERE role = 'secret'", $before + 1),
	'a wrong password is seen all the same');
configure($node, log_min_messages => 'warning');
ok(poll_until($node, "SELECT value IS NOT NULL FROM selfheal.metrics WHERE name = 'errors'"), 'then all is seen again');

# Standby

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
$standby->psql('postgres', 'SELECT 1 / 0');
is(errors_of($standby)->{'22012'}, 1, 'a standby counts its own errors');
cmp_ok(answer($standby, "SELECT calls FROM selfheal.latency WHERE database = 'postgres'"), '>=', 1, 'and statements');
ok(poll_until($standby, "SELECT max(value) > 0 FROM selfheal.samples('statements')"), 'which are metrics there, too');
stop_node($standby);

# A database that goes away, and a crash

answer($node, 'DROP DATABASE timed');
is(answer($node, 'SELECT count(*) FROM selfheal.latency WHERE database IS NULL AND calls >= 100'), 1,
	'what ran in a dropped database is not lost');
$calls = answer($node, 'SELECT sum(calls) FROM selfheal.latency');
answer($node, 'CREATE DATABASE next');
answer($node, 'SELECT 1', 'next');
ok(poll_until($node, 'SELECT count(*) FROM selfheal.read_latency() WHERE database IS NULL AND calls >= 100', 1),
	'its place is given up when another comes');
cmp_ok(answer($node, 'SELECT sum(calls) FROM selfheal.latency'), '>', $calls, 'and nothing with it');
crash_node($node);
$node->start;
ok(poll_until($node, "SELECT calls > 0 AND calls < 1000 FROM selfheal.latency WHERE database = 'postgres'"),
	'after a crash counting begins anew');

# The postmaster logs while it has no shared memory

my $victim = session($node);
$offset = log_offset($node);
kill('KILL', $victim->pid);
wait_for_log($node, qr/all server processes terminated; reinitializing/, $offset);
ok(poll_until($node, 'SELECT sum(calls) > 0 FROM selfheal.latency'), 'nor does a killed session take the postmaster along');

# Off

configure($node, 'selfheal.gate' => 'off');
is(condition($node, 'gate'), 'f', 'that it is off is told');
ok(poll_until($node, "SELECT value IS NULL FROM selfheal.metrics WHERE name = 'statements'"), 'then nothing is measured');
$before = answer($node, 'SELECT sum(calls) FROM selfheal.latency');
answer($node, 'SELECT 1');
$node->psql('postgres', 'SELECT 1 / 0');
is(answer($node, 'SELECT sum(calls) FROM selfheal.latency'), $before, 'and nothing counted');
is(errors_of($node)->{'22012'}, undef, 'no error either');

stop_node($node);
done_testing();

# By code, or class for those that are not counted by themselves.
sub errors_of
{
	my ($server) = @_;

	return { map { split(/\|/, $_, 2) }
		  split(/\n/, answer($server, "SELECT coalesce(code, class, ''), count FROM selfheal.errors")) };
}

sub failed_of
{
	my ($server, $role) = @_;

	return answer($server, "SELECT coalesce(sum(failed), 0) FROM selfheal.logins WHERE role = '$role'");
}

# Whether it worked. Without a password psql does not ask for one, but leaves.
sub login
{
	my ($role, $password, $database) = @_;

	local $ENV{PGPASSWORD} = $password // '';
	delete $ENV{PGPASSWORD} unless defined $password;
	return IPC::Run::run([ 'psql', '-Xw', '-h', $node->host, '-p', $node->port, '-U', $role,
			'-d', $database // 'postgres', '-c', 'SELECT 1' ], '>', \my $out, '2>', \my $error);
}

# What a role is told.
sub refused_as
{
	my ($server, $role, $query) = @_;
	my (undef, undef, $error) = $server->psql('postgres', "SET ROLE $role; $query");

	return $error;
}

sub condition
{
	my ($server, $name) = @_;

	return answer($server, "SELECT met FROM selfheal.diagnose() WHERE condition = '$name'");
}
