# Promise: selfheal.databases says what each database is doing, of any number of them, and loses
# none; selfheal.processes says what each process has used, and NULL where the system does not tell.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.cpu_budget = 1
logging_collector = on
CONF

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('postgres', 'CREATE DATABASE quiet');

# Sessions by state and wait

my @sessions = map { session($node, database => 'shop') } 1 .. 3;
$sessions[0]->query('CREATE TABLE t (id integer); INSERT INTO t VALUES (1); BEGIN; LOCK TABLE t');
$sessions[1]->start('SELECT count(*) FROM t');
$sessions[2]->start('SELECT pg_sleep(100)');
ok(shop('sessions, active, idle_in_transaction, waiting_lock, waiting_other, idle', '3|2|1|1|1|0'), 'sessions by state and wait');
ok(poll_until($node, "SELECT concat_ws('|', sessions, active) FROM selfheal.databases WHERE database = 'quiet'", '0|0'),
	'nobody is in the other one');
ok( poll_until($node, "SELECT string_agg(name || ' ' || value, ', ' ORDER BY name) FROM selfheal.metrics WHERE name IN ('lock_blockers', 'lock_queue_depth')",
		'lock_blockers 1, lock_queue_depth 1'),
	'one blocker, one behind it');
$sessions[0]->query('COMMIT');
is($sessions[1]->result, '1', 'the waiter goes on');
ok(shop('active, idle, waiting_lock', '1|2|0'), 'and is idle again');

# Rates

$node->safe_psql('shop', <<'SQL');
DO $$ BEGIN FOR i IN 1..200 LOOP COMMIT; END LOOP; END $$;
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT g FROM generate_series(1, 200000) AS g ORDER BY g DESC OFFSET 1) AS s;
SQL
ok(poll_until($node, <<'SQL'), 'what it did, per second');
SELECT commits * extract(epoch FROM span) > 150 AND temp_files > 0 AND temp_bytes > 0 AND blocks_hit > 0
	AND cache_hit_ratio BETWEEN 0 AND 1 AND xid_age >= 0 AND multixact_age >= 0 AND deadlocks = 0 AND databases = 1
FROM selfheal.databases WHERE database = 'shop'
SQL
is(figure('quiet', 'coalesce(commits, 0) < 5 AND coalesce(temp_files, 0) = 0'), 't', 'and the other one did not');
$sessions[2]->close;
my $victim = session($node, database => 'shop');
answer($node, 'SELECT pg_terminate_backend(' . $victim->pid . ')');
ok(shop('sessions_killed > 0', 't'), 'a session killed');
$node->safe_psql('shop', 'SELECT pg_stat_reset()');
ok(poll_until($node, "SELECT span < interval '5 s' FROM selfheal.databases WHERE database = 'shop'"), 'after a reset rates begin anew');
is(answer($node, 'SELECT count(*) FROM selfheal.databases WHERE commits < 0 OR blocks_read < 0 OR sessions_opened < 0'), 0, 'and never negative');

# More of them than are told one by one

fake_databases(90);
ok(poll_until($node, "SELECT sum(databases) = (SELECT count(*) FROM pg_database) AND count(*) = 65 FROM selfheal.databases"),
	'64 one by one, and no other is lost');
like(answer($node, "SELECT database FROM selfheal.databases WHERE databases > 1"), qr/^\(\d+ others\)$/, 'the others in one row');
my $busy = session($node, database => 'shop');
$busy->query('SELECT 1');
ok(shop('sessions > 0', 't'), 'somebody busy is told by name');
$node->safe_psql('postgres', "DELETE FROM pg_database WHERE datname LIKE 'fake%'");
ok(poll_until($node, "SELECT count(*) = (SELECT count(*) FROM pg_database) AND max(databases) = 1 FROM selfheal.databases"),
	'dropped ones are gone');
$busy->close;
$_->close foreach @sessions[ 0, 1 ];

# Processes

my $worker = session($node, application => 'burner');
my $pid = $worker->pid;
$worker->query('SELECT count(*) FROM generate_series(1, 3000000)');
is( answer($node, <<"SQL"), 'client backend|postgres|burner|t|t|t|t', 'what a session has used');
SELECT backend_type, database, application, cpu_seconds > 0.1, memory_bytes > private_bytes, private_bytes > 1000000,
	started_at > now() - interval '1 minute'
FROM selfheal.processes WHERE pid = $pid
SQL
my ($ticks) = slurp_file("/proc/$pid/stat") =~ /\) \S+ (?:\S+ ){10}(\d+) /;
is(answer($node, "SELECT round(cpu_user * 100) FROM selfheal.processes WHERE pid = $pid"), $ticks, 'as the system says');
is(answer($node, "SELECT string_agg(DISTINCT backend_type, ', ' ORDER BY backend_type) FROM selfheal.processes WHERE backend_type IN ('postmaster', 'checkpointer', 'walwriter', 'selfheal engine', 'autovacuum launcher')"),
	'autovacuum launcher, checkpointer, postmaster, selfheal engine, walwriter', 'all kinds of processes');
is(answer($node, "SELECT count(*) FROM selfheal.processes WHERE backend_type IS NULL AND memory_bytes IS NOT NULL"), 1, 'and the logger');
is(answer($node, "SELECT count(*) FROM selfheal.processes WHERE backend_type = 'checkpointer' AND written_bytes IS NULL AND cpu_seconds IS NULL"),
	0, 'all of it is known');
is(answer($node, 'SELECT count(*) - count(DISTINCT pid) FROM selfheal.processes'), 0, 'each once');
$node->safe_psql('postgres', 'CREATE ROLE dev LOGIN; GRANT selfheal_developer TO dev; CREATE ROLE nobody LOGIN');
is($node->safe_psql('postgres', "SELECT count(*) FROM selfheal.processes WHERE pid = $pid", extra_params => [ '-U', 'dev' ]), 1, 'a developer may ask');
isnt($node->psql('postgres', 'SELECT 1 FROM selfheal.processes', extra_params => [ '-U', 'nobody' ]), 0, 'anybody may not');
$worker->close;

# New metrics are there, and what cannot be known is missing

is( answer($node, <<'SQL'), '', 'what every server knows');
SELECT string_agg(name, ', ') FROM selfheal.metrics
WHERE value IS NULL AND name IN ('lock_blockers', 'lock_queue_depth', 'autovacuum_workers_used_share', 'vacuums_running',
	'index_builds_running', 'slru_blocks_hit', 'replication_slots_lost', 'subscriptions_enabled', 'logical_replication_workers',
	'base_backups_running')
SQL
is(answer($node, "SELECT string_agg(name, ', ') FROM selfheal.metrics WHERE value IS NOT NULL AND name IN ('replay_paused', 'slot_safe_wal')"),
	'', 'what a primary without such a limit has not');
is( answer($node, "SELECT DISTINCT value IS NOT NULL OR since > current_setting('server_version_num')::integer / 10000 FROM selfheal.metrics WHERE since IS NOT NULL"),
	't', 'what only newer servers know');
configure($node, max_slot_wal_keep_size => '1GB');
answer($node, "SELECT pg_create_physical_replication_slot('slot', true)");
ok(poll_until($node, "SELECT value BETWEEN 500000000 AND 1200000000 FROM selfheal.metrics WHERE name = 'slot_safe_wal'"), 'how much WAL a slot can bear');
is(answer($node, "SELECT abs(value - (SELECT safe_wal_size FROM pg_replication_slots)) < 17000000 FROM selfheal.metrics WHERE name = 'slot_safe_wal'"),
	't', 'as the server says');
$node->safe_psql('postgres', "CREATE SUBSCRIPTION sub CONNECTION 'dbname=postgres' PUBLICATION p WITH (connect = false, enabled = false, slot_name = NONE)");
ok(poll_until($node, "SELECT value = 0 FROM selfheal.metrics WHERE name = 'subscriptions_enabled'"), 'a subscription that is not enabled');
stop_node($node);
done_testing();

sub figure
{
	my ($database, $columns) = @_;

	return answer($node, "SELECT $columns FROM selfheal.databases WHERE database = '$database'");
}

sub shop
{
	my ($columns, $expected) = @_;

	return poll_until($node, "SELECT concat_ws('|', $columns) FROM selfheal.databases WHERE database = 'shop'", $expected);
}

# Rows of pg_database without a folder: the engine reads no more of them.
sub fake_databases
{
	my ($count) = @_;
	my $columns = answer($node, <<'SQL');
SELECT string_agg(CASE attname WHEN 'oid' THEN '4000000000 + g' WHEN 'datname' THEN $$'fake' || g$$
	WHEN 'datallowconn' THEN 'false' ELSE attname END, ', ' ORDER BY attnum)
FROM pg_attribute WHERE attrelid = 'pg_database'::regclass AND attnum > 0 AND NOT attisdropped
SQL

	$node->safe_psql('postgres',
		"SET allow_system_table_mods = on; INSERT INTO pg_database SELECT $columns FROM pg_database, generate_series(1, $count) AS g WHERE datname = 'quiet'");
}
