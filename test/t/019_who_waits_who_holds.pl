# Promise: the views say who waits for whom and for what, who takes connection slots, and who keeps dead
# rows from being cleaned up - to a developer without rights of its own, too, and without query text.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.autonomy = observe
selfheal.sample_interval = 200ms
deadlock_timeout = 10min
max_prepared_transactions = 5
superuser_reserved_connections = 3
CONF
hot_table($node);
answer($node, 'CREATE ROLE dev LOGIN IN ROLE selfheal_developer; CREATE DATABASE other');

# A queue behind an idle transaction

is(tree(), '', 'nobody waits');
my $blocker = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
my ($first) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
my ($second) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 1', application => 'the second');
is( tree(), join("\n",
		'0|blocker|app|idle in transaction||||2|',
		'1|waiter 1|app|active|blocker|ShareLock|transaction N|1|',
		'2|the second|' . answer($node, 'SELECT current_user') . '|active|waiter 1|ExclusiveLock|row (N,N) of relation hot|0|belongs to a superuser'),
	'a queue is shown as a tree, with what each waits for');
is( answer($node, "SELECT string_agg(tree, ',' ORDER BY position) FROM selfheal.lock_tree"),
	join(',', $blocker->pid, '  ' . $first->pid, '    ' . $second->pid), 'indented by depth');
is( answer($node, "SELECT count(*) FROM selfheal.lock_tree WHERE waited NOT BETWEEN '0' AND '10 min' OR (waited IS NULL) <> (depth = 0)"),
	0, 'with the time of each wait');
my $dev = session($node, user => 'dev');
is($dev->query("SELECT count(*) FROM selfheal.lock_tree WHERE state IS NOT NULL AND application IS NOT NULL"), 3,
	'a developer sees all of it');
is($dev->query("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'selfheal' AND table_name IN ('lock_tree', 'connections', 'horizon') AND column_name ~ 'query|addr|host'"),
	0, 'and neither query text nor addresses');
is($dev->error, '', 'without an error');
$_->close foreach ($blocker, $first, $second);

# DDL behind a reader, seen from another database

ok(poll_until($node, 'SELECT count(*) = 0 FROM selfheal.lock_tree'), 'then nobody waits');
$node->safe_psql('other', 'CREATE TABLE elsewhere (id integer)');
my $reader = idle_in_transaction($node, 'SELECT * FROM elsewhere', database => 'other');
my ($ddl) = waiters($node, 1, 'ALTER TABLE elsewhere ADD c integer', database => 'other', application => 'ddl');
my ($late) = waiters($node, 1, 'SELECT * FROM elsewhere', database => 'other', application => 'late');
is( answer($node, "SELECT string_agg(concat_ws(' ', depth, application, lock_mode, regexp_replace(lock, '[0-9]+', 'N')), ', ' ORDER BY position) FROM selfheal.lock_tree"),
	'0 blocker, 1 ddl AccessExclusiveLock relation N in database other, 2 late AccessShareLock relation N in database other',
	'a queue behind waiting DDL, in another database');
is(answer($node, 'SELECT count(*) FROM selfheal.lock_tree WHERE lock ~ $$^relation elsewhere$$', 'postgres'), 0,
	'whose names are not mistaken for names here');
$_->close foreach ($reader, $ddl, $late);

# Behind a prepared transaction

ok(poll_until($node, 'SELECT count(*) = 0 FROM selfheal.lock_tree'), 'then nobody waits');
answer($node, "BEGIN; UPDATE hot SET n = n + 1 WHERE id = 2; PREPARE TRANSACTION 'two phases'");
my ($stuck) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 2', user => 'app');
is( answer($node, "SELECT string_agg(concat_ws(' ', depth, tree, application), ', ' ORDER BY position) FROM selfheal.lock_tree"),
	"0 prepared transaction 'two phases', 1   " . $stuck->pid . ' waiter 1', 'a prepared transaction is a root without a session');

# A deadlock, as long as the server has not found it

my $left = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 3', application => 'left');
my $right = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 4', application => 'right');
$left->start('UPDATE hot SET n = n + 1 WHERE id = 4');
$right->start('UPDATE hot SET n = n + 1 WHERE id = 3');
ok( poll_until($node, 'SELECT count(*) = 2 FROM pg_locks WHERE NOT granted AND pid IN (' . join(',', $left->pid, $right->pid) . ')'),
	'two sessions wait for each other');
is( answer($node, "SELECT string_agg(concat_ws(' ', t.depth, t.application, b.application), ', ' ORDER BY t.application) FROM selfheal.lock_tree AS t JOIN selfheal.lock_tree AS b ON b.pid = t.blocked_by"),
	'0 left right, 0 right left', 'a deadlock is shown, once and without an end');
$_->close foreach ($left, $right);

# Connections and slots

my $before = answer($node, "SELECT used FROM selfheal.connection_slots WHERE kind = 'client'");
my @idle = map { session($node, user => 'app', application => 'pool') } 1 .. 3;
is(answer($node, "SELECT used - $before FROM selfheal.connection_slots WHERE kind = 'client'"), 3, 'slots taken are counted');
is( answer($node, "SELECT role, database, state, sessions, waiting FROM selfheal.connections WHERE application = 'pool'"),
	'app|postgres|idle|3|0', 'connections are counted by who they are');
is(answer($node, "SELECT waiting FROM selfheal.connections WHERE application = 'waiter 1'"), 1, 'with those who wait');
is(answer($node, 'SELECT sum(sessions) = (SELECT used FROM selfheal.connection_slots WHERE kind = $$client$$) FROM selfheal.connections'), 't',
	'as many as slots are taken');
is( answer($node, "SELECT string_agg(concat_ws(' ', kind, total), ', ') FROM selfheal.connection_slots WHERE kind !~ 'autovacuum|background'"),
	'client 50, ordinary roles 47, reserved for superusers 3, walsender 10', 'there are as many slots as the settings say');
ok( poll_until($node, "SELECT used || ' of ' || total FROM selfheal.connection_slots WHERE kind = 'autovacuum worker'",
		'0 of ' . answer($node, "SELECT setting FROM pg_settings WHERE name IN ('autovacuum_max_workers', 'autovacuum_worker_slots') ORDER BY name DESC LIMIT 1")),
	'of which the launcher of autovacuum takes none');
is(answer($node, 'SELECT count(*) FROM selfheal.connection_slots WHERE used + available <> total OR used < 0'), 0, 'the sums are right');
push @idle, session($node, user => 'app') while answer($node, "SELECT available FROM selfheal.connection_slots WHERE kind = 'ordinary roles'") > 1;
push @idle, session($node) foreach 1 .. 2;
is( answer($node, "SELECT string_agg(concat_ws(' ', kind, available), ', ') FROM selfheal.connection_slots WHERE kind IN ('client', 'ordinary roles', 'reserved for superusers')"),
	'client 2, ordinary roles 0, reserved for superusers 2', 'the last ones are those reserved');
$_->close foreach @idle;

# The horizon

ok( poll_until($node, "SELECT used <= $before FROM selfheal.connection_slots WHERE kind = 'client'"), 'the crowd has gone');
my $holder = session($node, user => 'app', application => 'report');
$holder->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
$holder->query('SELECT 1');
answer($node, "SELECT pg_create_physical_replication_slot('forgotten')");
answer($node, 'SELECT txid_current()') foreach 1 .. 7;
is( $dev->query("SELECT kind, role, database, transactions >= 7, age BETWEEN '0' AND '10 min' FROM selfheal.horizon WHERE name = 'report'"),
	'session|app|postgres|t|t', 'an old snapshot is shown with its age');
is($dev->query("SELECT kind, pid IS NULL, transactions > 7, oldest FROM selfheal.horizon WHERE name = 'two phases'"),
	'prepared transaction|t|t|t', 'a prepared transaction, too, and it is the oldest');
is($dev->query("SELECT count(*) FROM selfheal.horizon WHERE name = 'forgotten'"), 0, 'a slot that holds nothing is not');
is($dev->query('SELECT count(*) FROM selfheal.horizon WHERE pid = pg_backend_pid()'), 0, 'nor is whoever asks');

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1");
$standby->start;
my $far = session($standby, application => 'far');
$far->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
$far->query('SELECT 1');
ok( poll_until($node, "SELECT count(*) = 1 FROM selfheal.horizon WHERE kind = 'standby' AND name = 'standby'"),
	'a standby that holds back its primary is shown');
is(answer($standby, "SELECT kind, role IS NOT NULL FROM selfheal.horizon WHERE name = 'far'"), 'session|t', 'and there, who does it');
is(answer($standby, "SELECT count(*) FROM selfheal.connections WHERE application = 'far'"), 1, 'connections are counted there');
my ($advisory, $behind) = map { session($standby, application => $_) } qw(one two);
$advisory->query('SELECT pg_advisory_lock(4294967299)');
$behind->start('SELECT pg_advisory_lock(4294967299)');
ok( poll_until($standby, "SELECT string_agg(concat_ws(' ', depth, application, lock), ', ' ORDER BY position) FROM selfheal.lock_tree",
		'0 one, 1 two advisory 4294967299'),
	'so are lock queues');
$_->close foreach ($far, $advisory, $behind);
$standby->append_conf('postgresql.conf', "primary_slot_name = 'forgotten'");
$standby->restart;
$far = session($standby, application => 'far');
$far->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
$far->query('SELECT 1');
ok( poll_until($node, "SELECT count(*) = 1 FROM selfheal.horizon WHERE kind = 'slot' AND name = 'forgotten' AND pid IS NOT NULL"),
	'through a slot it is the slot');
$far->close;
stop_node($standby, 'immediate');
ok( poll_until($node, "SELECT count(*) = 1 FROM selfheal.horizon WHERE kind = 'slot' AND name = 'forgotten' AND pid IS NULL"),
	'which goes on holding when nobody uses it');

$_->close foreach ($dev, $holder, $stuck);
answer($node, "ROLLBACK PREPARED 'two phases'");
stop_node($node);
done_testing();

sub tree
{
	return answer($node, <<'SQL');
SELECT concat_ws('|', t.depth, t.application, t.role, t.state,
	coalesce(b.application, ''), coalesce(t.lock_mode, ''), coalesce(regexp_replace(t.lock, '[0-9]+', 'N', 'g'), ''),
	t.waiters, coalesce(t.protection, ''))
FROM selfheal.lock_tree AS t
LEFT JOIN selfheal.lock_tree AS b ON b.pid = t.blocked_by
ORDER BY t.position
SQL
}
