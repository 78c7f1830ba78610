# Promise: when commits hang for a synchronous standby that is gone, they return once somebody has agreed to it, or
# by themselves where that was granted by name; what is asked for is given back when the standby has caught up,
# unless somebody has changed it meanwhile; and no acknowledged commit is lost, whatever is restarted.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $primary = heal_node('primary', streaming => 1, conf => <<'CONF');
selfheal.autonomy = observe
selfheal.sample_interval = 200ms
selfheal.monitoring_interval = 1
selfheal.cooldown = 0
selfheal.recovery_timeout = 3s
selfheal.failure_patience = 'sync_standby_lost=1s, sync_degraded=500ms'
CONF
answer($primary, 'CREATE TABLE kept (id integer PRIMARY KEY)');
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "wal_retrieve_retry_interval = 200ms\nselfheal.enabled = off");
$standby->start;
$primary->append_conf('postgresql.conf', 'synchronous_standby_names = \'standby\'');
$primary->reload;
in_sync();

my $next = 0;
my @acknowledged;

commit();
is($acknowledged[-1], 1, 'with the standby there commits return');

# Observe

$standby->stop;
my $client = hang();
ok(poll_until($primary, "SELECT count(*) FROM selfheal.failures WHERE type = 'sync_standby_lost' AND confirmed_at IS NOT NULL", 1),
	'hanging commits are seen');
is( answer($primary, q{SELECT evidence FROM selfheal.failures WHERE type = 'sync_standby_lost'}),
	'1 commit waits for 1 standby of synchronous_standby_names, and 0 stream; not there: standby',
	'with the name of the standby');
ok( poll_until($primary, q{SELECT verdict LIKE 'nothing is done: selfheal.autonomy is observe%' FROM selfheal.failures
		WHERE type = 'sync_standby_lost'}),
	'and nothing is done');
is(in_force(), 'standby', 'the names are as they were');
is( answer($primary, q{SELECT statements FROM selfheal.trigger('degrade_sync', dry_run => true)}),
	q{ALTER SYSTEM SET synchronous_standby_names = ''}, 'a dry run says what would be');
is( answer($primary, q{SELECT undo FROM selfheal.trigger('degrade_sync', dry_run => true)}),
	q{ALTER SYSTEM SET synchronous_standby_names = 'standby'}, 'and how it would be taken back');

# Approve: nobody can write, and that is when it is decided

configure($primary, 'selfheal.autonomy' => 'approve');
ok(poll_until($primary, q{SELECT count(*) FROM selfheal.proposals WHERE remedy = 'degrade_sync'}, 1), 'it is proposed');
like(answer($primary, q{SELECT evidence FROM selfheal.proposals}), qr/not there: standby$/, 'naming who is lost');
is(in_force(), 'standby', 'and waits for somebody');
my $degrade = answer($primary, q{SELECT id FROM selfheal.proposals});
answer($primary, "SELECT selfheal.approve($degrade, 'the shop must go on')");
is($client->result . $client->error, '', 'the commit returns');
push @acknowledged, $next;
ok(poll_until($primary, "SELECT stage FROM selfheal.recoveries WHERE id = $degrade", 'succeeded'), 'which is verified');
commit();
is(in_force(), '', 'commits wait for nobody');
is(
	answer($primary, "SELECT xid_status FROM (SELECT count(*) AS xid_status FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS w"),
	0, 'nobody hangs, nor do we');
ok( poll_until($primary, q{SELECT evidence LIKE 'commits are acknowledged without "standby" since recovery %, so they may be on this server only; 0 of 1 standby streams'
		FROM selfheal.failures WHERE type = 'sync_degraded' AND status <> 'closed'}),
	'what was given up is told as long as it is');
my (undef, undef, $error) = $primary->psql('postgres', q{SELECT selfheal.trigger('restore_sync')});
like($error, qr/DETAIL:  The reason is: commits would hang: 0 of 1 standbys stream/, 'it is not given back too early, not even by hand');

# A restart in between: it is not forgotten

crash_node($primary);
$primary->start;
commit();
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE type = 'sync_degraded' AND status <> 'closed'}, 1),
	'it is known after a crash');

# The standby comes back: what was agreed to is undone without asking again

$standby->start;
ok(poll_until($primary, q{SELECT stage FROM selfheal.recoveries WHERE remedy = 'restore_sync' ORDER BY id DESC LIMIT 1}, 'succeeded'),
	'with the standby back it is given back');
is(in_force(), 'standby', 'commits wait for it again');
is(answer($primary, q{SELECT count(*) FROM selfheal.configuration WHERE level = 'server' AND parameter = 'synchronous_standby_names'}),
	0, 'and the file it came from says so');
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE type = 'sync_degraded' AND status <> 'closed'}, 0),
	'nothing is owed any more');
commit();
kept_everywhere();

# Full, not granted by name: asked all the same

configure($primary, 'selfheal.autonomy' => 'full');
$standby->stop;
$client = hang();
ok(poll_until($primary, q{SELECT count(*) FROM selfheal.proposals WHERE remedy = 'degrade_sync'}, 1), 'in full autonomy it is asked for');
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE status <> 'closed' AND verdict LIKE '%(irreversible)%'}, 1),
	'as it cannot be taken back');

# Granted: by itself, and a restart of the worker's whole server in the middle of it

answer($primary, 'SELECT selfheal.reject(id, \'a test\') FROM selfheal.proposals');
answer($primary, 'SELECT pg_cancel_backend(' . $client->pid . ')');
$client->result;
like($client->error, qr/The transaction has already committed locally/, 'that client gave up');
push @acknowledged, $next;    # it was told that
$standby->start;
in_sync();
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE type = 'sync_standby_lost' AND status <> 'closed'}, 0),
	'the failure is over');
configure($primary,
	'selfheal.granted_remedies' => 'degrade_sync', 'selfheal.hold_stage' => 'executed');
$standby->stop;
$client = start_commit();
ok(poll_until($primary, newest('degrade_sync'), 'executed'), 'where it was granted it is done by itself');
is($client->result . $client->error, '', 'the commit returns');
push @acknowledged, $next;
crash_node($primary);
$primary->start;
release($primary);
ok(poll_until($primary, newest('degrade_sync'), 'unknown'), 'a crash in the middle: nobody has seen that it helped');
is(in_force(), '', 'it is done');
is(answer($primary, q{SELECT count(*) FROM selfheal.recovery_steps WHERE stage = 'executing' AND recovery =
		(SELECT max(id) FROM selfheal.recoveries WHERE remedy = 'degrade_sync')}), 1, 'and not twice');
commit();

# Somebody's wish counts more

my $restores = answer($primary, q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'restore_sync'});
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE type = 'sync_degraded' AND status <> 'closed'}, 1),
	'it is owed again');
answer($primary, q{ALTER SYSTEM SET synchronous_standby_names = 'somebody_else'});
answer($primary, 'SELECT pg_reload_conf()');
ok( poll_until($primary, q{SELECT count(*) FROM selfheal.failures WHERE type = 'sync_degraded' AND status <> 'closed'}, 0),
	'what somebody changes is theirs');
is(answer($primary, q{SELECT state FROM selfheal.snapshots WHERE id = -(SELECT max(id) FROM selfheal.recoveries WHERE remedy = 'degrade_sync')}),
	'left', 'and is told so');
answer($primary, q{ALTER SYSTEM SET synchronous_standby_names = ''});
answer($primary, 'SELECT pg_reload_conf()');
ok(poll_until($primary, 'SHOW synchronous_standby_names', ''), 'even to what we had set');
$standby->start;
ok(poll_until($primary, q{SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'}, 1), 'the standby is back');
my $now = answer($primary, 'SELECT clock_timestamp()');
ok(poll_until($primary, "SELECT heartbeat_at > '$now'::timestamptz + interval '3 s' FROM selfheal.status"), 'for a while');
is(answer($primary, q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'restore_sync'}), $restores, 'and nothing is put back over it');
commit();

# One of two

answer($primary, q{ALTER SYSTEM SET synchronous_standby_names = 'ANY 2 (standby, "not there")'});
answer($primary, 'SELECT pg_reload_conf()');
ok(poll_until($primary, 'SHOW synchronous_standby_names', 'ANY 2 (standby, "not there")'), 'two are asked for');
$client = start_commit();
is($client->result . $client->error, '', 'a commit returns');
push @acknowledged, $next;
is(in_force(), 'ANY 1 (standby, "not there")', 'with what is left of them');
ok(poll_until($primary, newest('degrade_sync'), 'succeeded'), 'which is verified');

# Bad input

ok( poll_until($primary, q{SELECT evidence LIKE '%1 of 2 standbys stream%' FROM selfheal.failures
		WHERE type = 'sync_degraded' AND status <> 'closed'}), 'what was given up is told');
foreach my $case (
	[ q{'degrade_sync', 'standby'}, 'remedy "degrade_sync" takes no target' ],
	[ q{'degrade_sync'}, 'no synchronous standby is missing' ],
	[ q{'restore_sync', '1'}, 'remedy "restore_sync" takes no target' ])
{
	(undef, undef, $error) = $primary->psql('postgres', "SELECT selfheal.trigger($case->[0])");
	like($error, qr/ERROR:  \Q$case->[1]\E/, $case->[1]);
}

kept_everywhere();
stop_node($_) foreach ($standby, $primary);
done_testing();

sub in_force
{
	return answer($primary, 'SHOW synchronous_standby_names');
}

sub in_sync
{
	ok(poll_until($primary, q{SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'}, 1), 'the standby is in sync');
}

sub newest
{
	my ($remedy) = @_;

	return "SELECT stage FROM selfheal.recoveries WHERE remedy = '$remedy' ORDER BY id DESC LIMIT 1";
}

# One that is acknowledged, and noted.
sub commit
{
	$next++;
	answer($primary, "INSERT INTO kept VALUES ($next)");
	push @acknowledged, $next;
}

# A client that commits, and may be let go at any moment.
sub start_commit
{
	my $session = session($primary, application => 'shop');

	$next++;
	$session->start("INSERT INTO kept VALUES ($next)");
	return $session;
}

# One whose commit waits when this returns.
sub hang
{
	my $session = start_commit();

	poll_until($primary, "SELECT wait_event FROM pg_stat_activity WHERE pid = " . $session->pid, 'SyncRep')
	  or die 'the commit does not hang';
	return $session;
}

# What a client was told is committed is on both.
sub kept_everywhere
{
	my $all = scalar(@acknowledged);
	my $list = join(',', @acknowledged);

	is(answer($primary, "SELECT count(*) FROM kept WHERE id IN ($list)"), $all, 'no acknowledged commit is lost here');
	$primary->wait_for_catchup('standby', 'replay', $primary->lsn('write'));
	is($standby->safe_psql('postgres', "SELECT count(*) FROM kept WHERE id IN ($list)"), $all, 'nor on the standby');
	return;
}
