# Promise: the scanner looks through every database bit by bit, tells what is wrong with its tables,
# indexes, sequences and columns, and when it no longer is; it is in nobody's way, and no name, lock,
# missing right or dropped database confuses it.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
autovacuum = off
selfheal.sample_interval = 100ms
selfheal.scan_interval = 1
CONF

answer($node, 'CREATE DATABASE shop');
answer($node, <<'SQL', 'shop');
CREATE TABLE orders (id integer PRIMARY KEY, n integer, note text);
INSERT INTO orders SELECT g, g, 'note ' || g FROM generate_series(1, 5000) AS g;
ANALYZE orders;
CREATE INDEX first ON orders (n);
CREATE INDEX second ON orders (n);
CREATE INDEX partial ON orders (n) WHERE n > 7;
CREATE UNIQUE INDEX spare ON orders (id);
ALTER TABLE orders ADD CONSTRAINT positive CHECK (n > 5) NOT VALID;
CREATE TABLE small (id serial);
SELECT setval('small_id_seq', 2000000000);
CREATE SEQUENCE roomy;
SELECT setval('roomy', 2000000000);
CREATE TABLE twice AS SELECT 1 AS id FROM generate_series(1, 2);
CREATE TABLE worn AS SELECT g AS id FROM generate_series(1, 5000) AS g;
DELETE FROM worn WHERE id <= 2500;
SQL

# Names that are statements, quotes, lines, and as many bytes as a name can have.
my $hostile = q{"';DROP TABLE orders;--} . "\n\\" . ("\xc3\xa9" x 19);
my $quoted = $hostile =~ s/"/""/gr;
answer($node, qq{CREATE DATABASE "$quoted"});
answer($node, <<"SQL", 'shop');
CREATE SCHEMA "$quoted";
CREATE TABLE "$quoted"."$quoted" ("$quoted" integer PRIMARY KEY);
INSERT INTO "$quoted"."$quoted" SELECT g FROM generate_series(1, 5000) AS g;
CREATE INDEX "';--" ON "$quoted"."$quoted" ("$quoted");
ANALYZE "$quoted"."$quoted";
SQL
$node->psql('shop', 'CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (id)');

# What is found

ok( poll_until($node, found("schema_name = 'public' AND kind NOT IN ('vacuum_overdue', 'analyze_overdue', 'never_analyzed')"),
		'constraint_not_valid orders positive, dead_rows worn, duplicate_index orders second, '
		  . 'duplicate_index orders spare, invalid_index twice broken, sequence_full small_id_seq'),
	'in another database than its own everything wrong is found, and nothing else');
is(answer($node, found("kind = 'vacuum_overdue' AND schema_name = 'public'")), 'vacuum_overdue orders, vacuum_overdue worn',
	'nobody vacuums');
like(answer($node, "SELECT detail FROM selfheal.scan_findings WHERE kind = 'vacuum_overdue' AND relation_name = 'worn'"),
	qr/autovacuum is off/, 'and why is said');
is(answer($node, found("kind = 'never_analyzed'")), 'never_analyzed worn', 'one table was never analyzed');
is(answer($node, found("kind = 'duplicate_index' AND schema_name <> 'public'")), "duplicate_index $hostile ';--",
	'a hostile name is only a name');
is(answer($node, "SELECT relation_name FROM selfheal.scan_columns WHERE schema_name <> 'public'"), $hostile, 'to the letter');
ok( poll_until($node, "SELECT count(*) FROM selfheal.scan_coverage WHERE state = 'complete'", 3),
	'the database of that name is scanned, too');
is( answer($node, "SELECT string_agg(database || ' ' || state, ', ' ORDER BY database) FROM selfheal.scan_coverage WHERE state <> 'complete'"),
	'template0 skipped: it takes no connections, template1 skipped: it is a template',
	'those that never are scanned say so');
is(answer($node, 'SELECT count(*) FROM orders', 'shop'), 5000, 'and nothing happened to the table in the names');

# What is gone

answer($node, 'DROP INDEX second', 'shop');
answer($node, 'VACUUM worn', 'shop');
answer($node, 'DROP TABLE twice', 'shop');
ok( poll_until($node, gone("relation_name IN ('orders', 'worn', 'twice') AND kind <> 'vacuum_overdue'"),
		'dead_rows worn, duplicate_index orders second, invalid_index twice broken'),
	'what was repaired or dropped is gone, and the rest is not');
answer($node, 'CREATE INDEX second ON orders (n)', 'shop');
ok(poll_until($node, "SELECT count(*) FROM selfheal.scan_findings WHERE object_name = 'second' AND gone_at IS NULL", 1),
	'what comes back is there again');

# Data quality

is(answer($node, "SELECT null_fraction, distinct_values, duplicate_share, width FROM selfheal.scan_columns "
		  . "WHERE relation_name = 'orders' AND column_name = 'n'"),
	'0|-1|0|4', 'columns have a profile');
my $drift = "SELECT coalesce(string_agg(kind || ' ' || object_name, ', ' ORDER BY kind, object_name), '') "
  . "FROM selfheal.scan_findings WHERE relation_name = 'orders' AND kind ~ 'drift|new_dup' AND gone_at IS ";
is(answer($node, $drift . 'NULL'), '', 'which at first has not changed');
answer($node, q{UPDATE orders SET n = CASE WHEN id % 2 = 0 THEN n + 100000 END, note = repeat('x', 50) WHERE id > 10; ANALYZE orders}, 'shop');
ok( poll_until($node, $drift . 'NULL', 'distinct_drift note, new_duplicates note, null_drift n, range_drift n, width_drift note'),
	'after the next ANALYZE what changed is found');
is( answer($node, "SELECT round(previous_null_fraction::numeric, 1), round(null_fraction::numeric, 1), range_drift > 10 "
		  . "FROM selfheal.scan_columns WHERE relation_name = 'orders' AND column_name = 'n'"),
	'0.0|0.5|t', 'with the figures of before');
is( answer($node, "SELECT count(*) FROM selfheal.scan_findings AS f WHERE f::text LIKE '%100%000%' OR f::text LIKE '%xxxx%'"),
	0, 'but no value of the data');
answer($node, 'ANALYZE orders', 'shop');
ok(poll_until($node, $drift . 'NULL', ''), 'and after another one that is how it is');

# Nobody waits for it, and it waits for nobody

my $rounds = "SELECT rounds FROM selfheal.scan_coverage WHERE database = 'shop'";
my $holder = idle_in_transaction($node, 'LOCK TABLE orders, small; ALTER SEQUENCE small_id_seq CACHE 7', database => 'shop');
next_round(2);
is(answer($node, found("kind = 'sequence_full'")), 'sequence_full small_id_seq',
	'behind exclusive locks it goes on, and keeps what it cannot look at');
is(answer($node, "SELECT max(duration_ms) < 2000 FROM selfheal.scan_coverage"), 't', 'in no more time');
$holder->close;
my $log_start = log_offset($node);
poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND backend_type = 'client backend'", 0);
answer($node, 'CREATE DATABASE copy TEMPLATE shop');
answer($node, 'DROP DATABASE copy');
pass('a database it scans all the time can be copied and dropped');

# No right of its own

answer($node, 'REVOKE SELECT ON pg_sequence FROM PUBLIC', 'shop');
ok(poll_until($node, "SELECT state || ': ' || error FROM selfheal.scan_coverage WHERE database = 'shop'",
	'failing: permission denied for table pg_sequence'), 'what is not for everybody it cannot read by SQL, and says so');
answer($node, 'SELECT pg_sleep(3)');
is(() = slurp_file($node->logfile, $log_start) =~ /met an error: permission denied/g, 1, 'once in the log');
answer($node, 'GRANT SELECT ON pg_sequence TO PUBLIC', 'shop');
ok(poll_until($node, "SELECT state, skipped FROM selfheal.scan_coverage WHERE database = 'shop'", 'complete|0'),
	'when it may again it does');

# A table that cannot be looked at: the others are, and what was known of it holds

my $known = "SELECT first_seen, gone_at FROM selfheal.scan_findings WHERE database = 'shop' AND object_name = 'positive'";
my $before = answer($node, $known);
answer($node, <<'SQL', 'shop');
SET allow_system_table_mods = on;
ANALYZE orders;
UPDATE pg_statistic SET stavalues1 = NULL WHERE starelid = 'orders'::regclass AND stakind1 = 2;
SQL
ok(poll_until($node, "SELECT skipped FROM selfheal.scan_coverage WHERE database = 'shop'", 1), 'a table with broken statistics is stepped over');
is(answer($node, $known), $before, 'what was found about it is not gone');
next_round(1);
is(answer($node, $known), $before, 'nor new when it can be looked at again');

# Bit by bit

answer($node, 'CREATE DATABASE many');
$node->psql('many', <<'SQL');
DO $$ BEGIN
	FOR i IN 1 .. 600 LOOP
		EXECUTE format('CREATE TABLE t%s (id integer)', i);
		IF i % 200 = 0 THEN COMMIT; END IF;
	END LOOP;
END $$;
SQL
# 17 can end any process whose transaction lasts too long
answer($node, "ALTER DATABASE many SET transaction_timeout = '1ms'") if $node->pg_version >= 17;
configure($node, 'selfheal.scan_budget' => '10ms');
ok( poll_until($node, "SELECT count(*) FROM selfheal.scan_coverage WHERE database = 'many' AND state = 'partly'"
		  . " AND tables_seen BETWEEN 1 AND tables_total - 1", 1),
	'a database too large for one pass is scanned in several');
ok( poll_until($node, "SELECT tables_seen >= 600, resumed_at > 0 FROM selfheal.scan_coverage WHERE database = 'many' AND state = 'complete'",
		't|t', patience => 60),
	'each of which goes on where the one before stopped, until all was seen');

# More than fits on its way to the tables: it waits, and nothing is lost

answer($node, 'CREATE DATABASE brimful');
answer($node, <<'SQL', 'brimful');
DO $$ BEGIN
	FOR i IN 1 .. 25 LOOP
		EXECUTE format('CREATE TABLE t%s (id integer)', i);
		EXECUTE (SELECT format('ALTER TABLE t%s ', i) ||
			string_agg(format('ADD CONSTRAINT c%s CHECK (id > %s) NOT VALID', n, n), ', ')
			FROM generate_series(1, 100) AS n);
	END LOOP;
END $$;
SQL
configure($node, 'selfheal.scan_budget' => '500ms');
ok( poll_until($node, "SELECT count(*) FROM selfheal.scan_findings WHERE database = 'brimful' AND kind = 'constraint_not_valid'", 2500, patience => 90),
	'more findings than there is room for at once get through');
is(answer($node, 'SELECT records_dropped FROM selfheal.read_scanner()'), 0, 'none is lost');

# Ended by somebody

configure($node, 'selfheal.scan_budget' => '3s');
my $brimful = answer($node, "SELECT oid FROM pg_database WHERE datname = 'brimful'");
my $waits_there = "SELECT database = $brimful FROM selfheal.read_scanner() WHERE records_waiting > 1900";
my $lock = hold_results();
ok(poll_until($node, $waits_there), 'with nobody to write its results the scanner waits in a database');
my $ended = answer($node, 'SELECT now() FROM selfheal.read_scanner() WHERE pg_terminate_backend(pid::integer)');
$lock->query('ROLLBACK');
my $brimful_is = "SELECT state FROM selfheal.scan_coverage WHERE database = 'brimful' AND last_pass > '$ended'";
ok(poll_until($node, $brimful_is, 'failing', patience => 60), 'a scanner that was ended is told of');
ok(poll_until($node, $brimful_is, 'complete', patience => 60), 'and its database is scanned again');
is(answer($node, "SELECT round_started_at > '$ended' FROM selfheal.scan_coverage WHERE database = 'brimful'"), 't',
	'from the beginning, not from the end of the round before');

# Dropped under its feet

$lock = hold_results();
$log_start = log_offset($node);
ok(poll_until($node, $waits_there), 'it waits there again');
answer($node, 'DROP DATABASE brimful WITH (FORCE)');
$lock->query('ROLLBACK');
ok( poll_until($node, "SELECT state || ': ' || error FROM selfheal.scan_coverage WHERE database = 'brimful'",
		'dropped: the database was dropped during its scan', patience => 60),
	'when that is dropped, the row tells the truth');
next_round(1);
is(() = slurp_file($node->logfile, $log_start) =~ /FATAL|ERROR/g, 1, 'with one line in the log, and the others are scanned');
answer($node, 'SELECT selfheal.forget(604800)');
is(answer($node, "SELECT count(*) FROM selfheal.scan_findings WHERE database = 'brimful' AND gone_at IS NULL"), 0,
	'what was found there is gone');

# Off

configure($node, 'selfheal.scan_interval' => '0');
poll_until($node, 'SELECT pid IS NULL AND records_waiting = 0 FROM selfheal.read_scanner()');
my $after = answer($node, 'SELECT sum(passes) FROM selfheal.scan_coverage');
answer($node, 'SELECT pg_sleep(2)');
is(answer($node, 'SELECT sum(passes) FROM selfheal.scan_coverage'), $after, 'switched off it scans no more');

# What may wait for the next sample does not wake the engine.
is(answer($node, 'SELECT heartbeats < 1.2 * samples_taken FROM selfheal.overhead'), 't', 'hundreds of scans have woken the engine hardly ever');

stop_node($node);
done_testing();

sub found
{
	return findings("gone_at IS NULL AND $_[0]");
}

sub gone
{
	return findings("gone_at IS NOT NULL AND $_[0]");
}

# Those of database shop, outside of the catalogs.
sub findings
{
	my ($condition) = @_;

	return "SELECT coalesce(string_agg(concat_ws(' ', kind, relation_name, object_name), ', ' "
	  . "ORDER BY kind COLLATE \"C\", relation_name COLLATE \"C\", object_name COLLATE \"C\"), '') FROM selfheal.scan_findings "
	  . "WHERE database = 'shop' AND schema_name NOT LIKE 'pg\\_%' AND schema_name <> 'information_schema' AND $condition";
}

# That many rounds through shop that begin after now.
sub next_round
{
	my ($count) = @_;
	my $now = answer($node, $rounds);

	poll_until($node, "SELECT ($rounds) >= $now + $count");
}

# Keeps the scribe from writing what is found.
sub hold_results
{
	return idle_in_transaction($node, 'LOCK TABLE selfheal.scan_pass, selfheal.scan_finding');
}
