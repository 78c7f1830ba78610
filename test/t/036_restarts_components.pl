# Promise: a process of the server that hangs or is in the way is ended so that the server starts it again: a
# standby that hears nothing follows again, and who waits behind an autovacuum worker gets on; a vacuum against
# wraparound and everything that is no such process are left alone.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $primary = heal_node('primary', streaming => 1, conf => <<'CONF');
selfheal.autonomy = full
selfheal.sample_interval = 200ms
selfheal.cooldown = 0
selfheal.failure_patience = 'vacuum_blocks=300ms'
deadlock_timeout = 10min
autovacuum_naptime = 1s
wal_sender_timeout = 0
CONF

# An autovacuum worker, which the server would get out of the way after deadlock_timeout

answer($primary, <<'SQL');
CREATE TABLE big (id integer, n integer)
	WITH (autovacuum_enabled = off, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
INSERT INTO big SELECT g, g FROM generate_series(1, 100000) AS g;
DELETE FROM big WHERE id % 2 = 0;
SQL
answer($primary, 'ALTER TABLE big SET (autovacuum_enabled = on)');
my $vacuum = "SELECT pid FROM pg_stat_progress_vacuum WHERE relid = 'big'::regclass";
ok(poll_until($primary, "SELECT EXISTS ($vacuum)"), 'autovacuum is at work');
my $worker = answer($primary, $vacuum);
my $ddl = session($primary);
$ddl->start('ALTER TABLE big SET (autovacuum_enabled = off)');
ok(poll_until($primary, newest(), 'vacuum_blocks restart_process succeeded'),
	'it is ended when somebody waits for it');
is($ddl->result . $ddl->error, '', 'who waited gets on');
is(answer($primary, "SELECT count(*) FROM pg_stat_activity WHERE pid = $worker"), 0, 'that worker is gone');
like(
	answer($primary, "SELECT message FROM selfheal.recovery_steps WHERE stage = 'executing' ORDER BY at DESC LIMIT 1"),
	qr/^intent: SIGTERM to process $worker \(autovacuum worker\)$/, 'who it was is on record');

# One against wraparound

answer($primary, 'ALTER TABLE big SET (autovacuum_freeze_max_age = 100000)');
answer($primary, 'VACUUM');
answer($primary, q{DO $$ BEGIN FOR i IN 1 .. 101000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$});
answer($primary, 'UPDATE big SET n = n + 1');
ok(poll_until($primary, "SELECT EXISTS ($vacuum)"), 'a vacuum against wraparound is at work');
$worker = answer($primary, $vacuum);
$ddl->start('ALTER TABLE big SET (autovacuum_enabled = on)');
ok(poll_until($primary, 'SELECT count(*) FROM pg_locks WHERE NOT granted', 1), 'somebody waits for it');
my $now = answer($primary, 'SELECT clock_timestamp()');
ok(poll_until($primary, "SELECT heartbeat_at > '$now'::timestamptz + interval '2 s' FROM selfheal.status"), 'for long');
is(answer($primary, q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'restart_process'}), 1, 'it is left alone');
is(refused($primary, $worker), "process $worker must not be ended: it keeps transaction ids from running out",
	'by hand as well');
$ddl->close;
answer($primary, "SELECT pg_terminate_backend($worker)");
configure($primary, autovacuum => 'off');

# What is none

my $engine = engine_pid($primary);
is(refused($primary, $engine), "process $engine is none that can be restarted", 'the engine looks after itself');
my $client = session($primary);
is(refused($primary, $client->pid), 'process ' . $client->pid . ' is none that can be restarted',
	'a session is no process of the server');
my $checkpointer = answer($primary, q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'});
is(refused($primary, $checkpointer), "process $checkpointer is none that can be restarted", 'nor is what would take all down');
is(refused($primary, 999999999), 'there is no process 999999999 of this server', 'nor is nobody');
is(refused($primary, 'all'), '"all" is not a process id', 'nor are all');
$client->close;

# A standby whose connection is dead, and nobody tells it

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', <<'CONF');
wal_receiver_timeout = 0
wal_retrieve_retry_interval = 500ms
selfheal.failure_patience = 'wal_receiver_silent=1h'
selfheal.monitoring_interval = 1
CONF
$standby->start;
my $sender = q{SELECT pid FROM pg_stat_replication WHERE state = 'streaming'};
ok(poll_until($primary, "SELECT count(*) FROM ($sender) AS s", 1), 'a standby follows');
ok(poll_until($standby, 'SELECT state FROM selfheal.status', 'on'), 'and is watched');

# By hand

my $old = answer($primary, $sender);
is( answer($primary, "SELECT targets, statements FROM selfheal.trigger('restart_process', '$old', dry_run => true)"),
	"process $old (walsender)|SIGTERM to process $old (walsender)",
	'a dry run says whom it would concern');
is(answer($primary, $sender), $old, 'and does nothing');
my $id = answer($primary, "SELECT recovery FROM selfheal.trigger('restart_process', '$old', 'a test')");
ok(poll_until($primary, "SELECT stage FROM selfheal.recoveries WHERE id = $id", 'succeeded'),
	'by hand a walsender is restarted');
ok(poll_until($primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND pid <> $old", 1),
	'and the standby follows by another');

# By itself

$old = answer($primary, $sender);
my $receiver = answer($standby, 'SELECT pid FROM pg_stat_wal_receiver');
kill('STOP', $old);
answer($primary, 'CREATE TABLE news AS SELECT 1 AS id');
configure($standby, 'selfheal.failure_patience' => 'wal_receiver_silent=300ms');
ok( poll_until($standby,
		newest() =~ s/ORDER BY/WHERE failure_type = 'wal_receiver_silent' ORDER BY/r,
		'wal_receiver_silent restart_process succeeded'),
	'a receiver that hears nothing is restarted');
configure($standby, 'selfheal.failure_patience' => 'wal_receiver_silent=1h');
ok(poll_until($standby, 'SELECT count(*) FROM news', 1), 'the standby has caught up');
isnt(answer($standby, 'SELECT pid FROM pg_stat_wal_receiver'), $receiver, 'with another receiver');
kill('CONT', $old);

# Nothing of tables on a standby

my (undef, undef, $error) = $standby->psql('postgres', q{SELECT selfheal.trigger('analyze_table', 'news')});
like($error, qr/cannot be used on a standby/, 'a table is not maintained there');

# What nobody can heal is handed over

my $offset = log_offset($standby);
$id = answer($standby, q{SELECT recovery FROM selfheal.trigger('hand_over', NULL, 'a test')});
ok( poll_until($standby,
		"SELECT stage FROM selfheal.recoveries WHERE id = $id ORDER BY proposed_at DESC LIMIT 1", 'succeeded'),
	'a node can be handed over');
ok( wait_for_log($standby, qr/hands this server over \(none\).*An administrator must see why this standby/s, $offset),
	'the log says who must do what');
like(answer($primary, q{SELECT statements FROM selfheal.trigger('hand_over', dry_run => true)}),
	qr/^nothing is called: no cluster manager is known/, 'and nothing is called');
is(answer($standby, 'SELECT pg_is_in_recovery()'), 't', 'it is a standby still');

stop_node($_) foreach ($standby, $primary);
done_testing();

# The newest recovery: failure, remedy, stage.
sub newest
{
	return q{SELECT failure_type || ' ' || remedy || ' ' || stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1};
}

# Why a process is not restarted.
sub refused
{
	my ($node, $pid) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('restart_process', '$pid')");

	return $error =~ /ERROR:  (.*)/ ? $1 : $error;
}
