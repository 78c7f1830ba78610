# Promise: what autovacuum does not get to is done, as its owner and in nobody's way; an index that a
# failed build left behind is dropped when somebody said so; and neither a name, a function of an index, a lock nor
# what happens to the table meanwhile makes it do anything else.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
autovacuum = off
selfheal.autonomy = full
selfheal.sample_interval = 200ms
selfheal.scan_interval = 1
selfheal.monitoring_interval = 1
selfheal.failure_patience = 'invalid_index=500ms, stale_statistics=1h, overdue_vacuum=1h'
selfheal.cooldown = 0
selfheal.max_acts_10min = 100
selfheal.max_acts_hour = 100
CONF

# Names that are statements, quotes and lines.
my $name = q{"';DROP TABLE loot;--} . "\n\\";
my $quoted = '"' . ($name =~ s/"/""/gr) . '"';
my $table = "$quoted.$quoted";
my $index = $quoted =~ s/"$/ index"/r;

# The owner of the table, who wants more than that.
answer($node, <<"SQL");
CREATE ROLE mallory;
CREATE SCHEMA $quoted AUTHORIZATION mallory;
CREATE TABLE loot (who text, note text);
GRANT ALL ON loot TO mallory;
SET ROLE mallory;
CREATE TABLE $table (id integer, n integer);
CREATE FUNCTION $quoted.f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT \$1';
CREATE INDEX hostile ON $table ($quoted.f(n));
CREATE OR REPLACE FUNCTION $quoted.f(integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS \$\$
DECLARE
	trick text;
BEGIN
	IF current_setting('application_name') = 'mallory' THEN
		RETURN \$1;
	END IF;
	FOREACH trick IN ARRAY ARRAY['SET ROLE postgres', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT',
		'ALTER ROLE mallory SUPERUSER', 'CREATE ROLE mallory_too SUPERUSER', 'SELECT selfheal.stop(\$a\$x\$a\$)'] LOOP
		BEGIN
			EXECUTE trick;
			INSERT INTO public.loot VALUES (current_user, trick);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	INSERT INTO public.loot VALUES (current_user, 'was here');
	RETURN \$1;
END \$\$;
SET application_name = mallory;
INSERT INTO $table SELECT g, g FROM generate_series(1, 5000) AS g;
SQL

# By hand

is( answer($node, trigger('analyze_table', $table, 'statements, verdict, undo', ', dry_run => true')),
	"ANALYZE (SKIP_LOCKED) $table|would be done|none: statistics only get newer",
	'a dry run says the exact statement');
is(answer($node, last_done($table)), '', 'and does nothing');
my $id = order('analyze_table', $table);
is(ended($id), 'succeeded', 'by hand a table is analyzed') or explain($id);
isnt(answer($node, last_done($table)), '', 'as the statistics system shows');
is(answer($node, 'SELECT DISTINCT who, note FROM loot'), 'mallory|was here',
	'the function of its index ran as its owner, and none of its tricks worked');
is(answer($node, q{SELECT count(*) FROM pg_roles WHERE rolname LIKE 'mallory%' AND rolsuper OR rolname = 'mallory_too'}),
	0, 'nobody became more than he was');
is(answer($node, 'SELECT state FROM selfheal.status'), 'on', 'and nobody stopped us');
like(
	answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $id AND stage = 'executing'"),
	qr/^intent: ANALYZE/, 'the statement was written down before');

answer($node, "DELETE FROM $table WHERE id > 2500");
$id = order('vacuum_table', $table);
is(ended($id), 'succeeded', 'by hand a table is vacuumed') or explain($id);
is(answer($node, "SELECT count(*) FROM $table"), 2500, 'and no row is lost');

# What is no target

my @wrong = (
	['analyze_table', 'NULL', qr/needs a target/],
	['analyze_table', q{'nowhere.nothing'}, qr/does not exist/],
	['analyze_table', q{'hostile'}, qr/does not exist/],
	['analyze_table', quote("$quoted.hostile"), qr/is not what remedy "analyze_table" is for/],
	['vacuum_table', q{'selfheal.recoveries'}, qr/is not what remedy/],
	['vacuum_table', q{'0'}, qr/does not exist/],
	['drop_invalid_index', quote($table), qr/is not what remedy/],
	['drop_invalid_index', quote("$quoted.hostile"), qr/is valid/],
	['hand_over', q{'somebody'}, qr/takes no target/]);
foreach my $case (@wrong)
{
	my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('$case->[0]', $case->[1])");

	like($error, $case->[2], "$case->[0] of $case->[1] is refused");
}

# A lock that somebody has is not waited for

my $locker = session($node);
$locker->query("BEGIN; LOCK TABLE $table IN SHARE UPDATE EXCLUSIVE MODE");
$id = order('analyze_table', $table);
my $queued = 0;
wait_until(
	sub {
		$queued += answer($node, 'SELECT count(*) FROM pg_locks WHERE NOT granted');
		return stage_of($node, $id) eq 'withdrawn';
	}, 'it gives up');
is($queued, 0, 'nobody waited in a queue');
like(message($id), qr/^nothing was done: somebody else has a lock on the table/, 'it is left for later');
$id = order('analyze_table', $table);
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $id", 'executing'), 'it is tried again');
$locker->query('COMMIT');
is(ended($id), 'succeeded', 'and done as soon as the lock is free');

# Renamed, moved, replaced and dropped meanwhile

answer($node, 'CREATE TABLE plain AS SELECT g AS id FROM generate_series(1, 100) AS g');
is(meanwhile('analyze_table', 'plain', 'ALTER TABLE plain RENAME TO other; CREATE TABLE plain (id integer)'),
	'nothing was done: it is "public"."other" by now', 'a table that was renamed is left alone');
is(answer($node, last_done('plain')) . answer($node, last_done('other')), '', 'and so is who has its name');
is(meanwhile('vacuum_table', 'other', 'DROP TABLE other'), 'nothing was done: it no longer exists',
	'one that was dropped is no error');
is( meanwhile('vacuum_table', $table, "ALTER TABLE $table SET SCHEMA public"),
	qq{nothing was done: it is "public"."$name" by now}, 'one that was moved is left alone');
answer($node, "ALTER TABLE public.$quoted SET SCHEMA $quoted");

# Whoever needs the table gets it

answer($node, 'CREATE TABLE big AS SELECT g AS id, g AS n FROM generate_series(1, 200000) AS g');
answer($node, 'DELETE FROM big WHERE id % 2 = 0');
configure($node, autovacuum_vacuum_cost_delay => '100ms', autovacuum_vacuum_cost_limit => 1);
$id = order('vacuum_table', 'big');
ok(poll_until($node, 'SELECT count(*) FROM pg_stat_progress_vacuum', 1), 'a big table takes its time');
answer($node, 'ALTER TABLE big ADD COLUMN note text');
pass('a schema change is through within a moment');
is(ended($id), 'withdrawn', 'the vacuum gave way');
configure($node, autovacuum_vacuum_cost_delay => '2ms', autovacuum_vacuum_cost_limit => -1);

# By itself

answer($node, 'CREATE TABLE orders (id integer, n integer)');
answer($node, 'INSERT INTO orders SELECT g, g FROM generate_series(1, 5000) AS g');
configure($node,
	'selfheal.failure_patience' => "invalid_index=500ms, stale_statistics=500ms, overdue_vacuum=1h");
ok(poll_until($node, newest('orders'), 'stale_statistics analyze_table succeeded'), 'statistics are brought up to date');
isnt(answer($node, last_done('orders')), '', 'as the statistics system shows');
ok(poll_until($node, q{SELECT count(*) FROM selfheal.failures WHERE evidence LIKE '%"orders"%' AND status <> 'closed'}, 0),
	'the failure is over');
answer($node, 'DELETE FROM orders WHERE id > 100');
configure($node,
	'selfheal.failure_patience' => "invalid_index=500ms, stale_statistics=1h, overdue_vacuum=500ms");
ok(poll_until($node, newest('orders'), 'overdue_vacuum vacuum_table succeeded'), 'and a table is vacuumed');
is(answer($node, q{SELECT n_dead_tup < 1000 FROM pg_stat_user_tables WHERE relname = 'orders'}), 't', 'dead rows are gone');
configure($node,
	'selfheal.failure_patience' => "invalid_index=500ms, stale_statistics=1h, overdue_vacuum=1h");

# An invalid index

my $reader = idle_in_transaction($node, "LOCK TABLE $table IN ROW EXCLUSIVE MODE");
my $builder = session($node);
$builder->start("CREATE INDEX CONCURRENTLY $index ON $table (n) WHERE id > 3");
ok( poll_until($node, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", 1), 'an index is being built');
my $passes = "SELECT passes FROM selfheal.scan_coverage WHERE database = 'postgres'";
my $before = answer($node, $passes);
ok(poll_until($node, "$passes" =~ s/passes/passes > $before + 1/r), 'scans come by');
is(answer($node, q{SELECT count(*) FROM selfheal.failures WHERE type = 'invalid_index'}), 0, 'and let it be built');
answer($node, 'SELECT pg_cancel_backend(' . $builder->pid . ')');
$builder->result;
ok(poll_until($node, q{SELECT remedy || ' ' || target_database FROM selfheal.proposals}, 'drop_invalid_index postgres'),
	'its build cancelled, to drop it is proposed, also in full autonomy');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'), qr/cannot be taken back/, 'and why');
$id = answer($node, 'SELECT id FROM selfheal.proposals');
my $offset = log_offset($node);
answer($node, "SELECT selfheal.approve($id, 'a test')");
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $id", 'executing'), 'approved, it is tried');
is(answer($node, "SELECT count(*) FROM $table WHERE id = 7"), 1, 'while somebody still uses the table');
$reader->query('COMMIT');
is(ended($id), 'succeeded', 'and done when he does no longer') or explain($id);
is(answer($node, 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), 0, 'the index is gone');
is(answer($node, q{SELECT count(*) FROM pg_class WHERE relname = 'hostile'}), 1, 'and no other');
like(
	answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $id AND stage = 'snapshot'"),
	qr/the value is "CREATE INDEX .* \(n\) WHERE \(id > 3\)"/s, 'what it was is in the record');
ok(wait_for_log($node, qr/It was made by: CREATE INDEX .*\(n\) WHERE \(id > 3\)/s, $offset), 'and in the log');

# One that keeps something out, granted by name

configure($node, 'selfheal.granted_remedies' => 'drop_invalid_index');
answer($node, 'CREATE TABLE twice AS SELECT 1 AS id FROM generate_series(1, 2)');
$node->psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY lone ON twice (id)');
ok( poll_until($node,
		q{SELECT stage || ': ' || message FROM selfheal.recoveries WHERE remedy = 'drop_invalid_index' ORDER BY id DESC LIMIT 1},
		'withdrawn: nothing was done: it is unique, so dropping it always needs a human'),
	'a unique index is not dropped unasked even then');
answer($node, q{CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'});
answer($node, 'CREATE EVENT TRIGGER watcher ON sql_drop EXECUTE FUNCTION watch()');
$id = order('drop_invalid_index', 'lone');
is(ended($id), 'withdrawn', 'where event triggers watch over drops it is left to humans');
answer($node, 'DROP EVENT TRIGGER watcher');
$id = order('drop_invalid_index', 'lone');
is(ended($id), 'succeeded', 'by hand it is dropped') or explain($id);
is(answer($node, q{SELECT count(*) FROM pg_class WHERE relname = 'lone'}), 0, 'and gone');

# Two that are seen in the same look, and none is due for an hour: the one with less patience need not wait for it.

configure($node, 'selfheal.monitoring_interval' => 3600);
$node->psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY lone ON twice (id)');
ok( poll_until($node,
		q{SELECT count(*) FROM selfheal.scan_findings WHERE gone_at IS NULL AND kind = 'invalid_index'}, 1),
	'the scanner finds it, beside statistics that are stale');
answer($node, 'SELECT pg_terminate_backend(engine_pid::integer) FROM selfheal.status');
ok( poll_until($node,
		q{SELECT DISTINCT type || ' ' || status FROM selfheal.failures
		WHERE status <> 'closed' AND type IN ('invalid_index', 'stale_statistics') ORDER BY 1},
		"invalid_index confirmed\nstale_statistics watching"),
	'one is confirmed while the other is still watched');

stop_node($node);
done_testing();

sub quote
{
	my ($text) = @_;

	return "'" . ($text =~ s/'/''/gr) . "'";
}

sub trigger
{
	my ($remedy, $target, $columns, $more) = @_;

	return "SELECT $columns FROM selfheal.trigger('$remedy', " . quote($target) . ($more // '') . ')';
}

sub order
{
	my ($remedy, $target) = @_;

	return answer($node, trigger($remedy, $target, 'recovery'));
}

# The stage a recovery ends in.
sub ended
{
	my ($recovery) = @_;

	wait_until(sub { stage_of($node, $recovery) =~ /succeeded|failed|withdrawn|unknown/ }, "the end of $recovery", 60);
	return stage_of($node, $recovery);
}

sub message
{
	my ($recovery) = @_;

	return answer($node, "SELECT message FROM selfheal.recoveries WHERE id = $recovery");
}

sub explain
{
	my ($recovery) = @_;

	diag(message($recovery));
}

# What is said when something happens between decision and act.
sub meanwhile
{
	my ($remedy, $target, $sql) = @_;

	hold($node, 'snapshot');
	my $recovery = order($remedy, $target);
	poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'snapshot');
	answer($node, $sql);
	release($node);
	ended($recovery);
	return message($recovery);
}

sub last_done
{
	my ($relation) = @_;

	return 'SELECT pg_stat_get_last_analyze_time(' . quote($relation) . '::regclass)';
}

# The newest recovery about a table.
sub newest
{
	my ($relation) = @_;

	return qq{SELECT failure_type || ' ' || remedy || ' ' || stage FROM selfheal.recoveries WHERE evidence LIKE '%"$relation"%' ORDER BY id DESC LIMIT 1};
}
