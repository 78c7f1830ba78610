# Promise: an inactive replication slot that keeps too much WAL is bounded, so that it is lost before its volume is full and
# not before it has to be; where that is not possible somebody is asked whether to drop it. Slots in use, protected or
# read again are left alone.
use strict;
use warnings;

use IPC::Run;
use Test::More;

use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
wal_level = logical
selfheal.autonomy = observe
selfheal.sample_interval = 200ms
selfheal.monitoring_interval = 1
selfheal.cooldown = 0
selfheal.recovery_timeout = 3s
selfheal.failure_patience = 'slot_retains_wal=500ms'
selfheal.slot_wal_limit = 100MB
CONF

# Within the limit

answer($node, q{SELECT pg_create_logical_replication_slot('consumer', 'pgoutput')});
write_segments(2);
beat();
is(answer($node, 'SELECT count(*) FROM selfheal.failures'), 0, 'to keep a little is what slots are for');

# Beyond it: observed, asked, bounded

write_segments(8);
ok(poll_until($node, open_failures(q{confirmed_at IS NOT NULL}), 1), 'to keep much is a failure');
like(
	answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'slot_retains_wal'}),
	qr/^replication slot "consumer" \(logical, pgoutput\) is inactive.* and keeps 1\d\d MB of WAL; its volume has \d+ of \d+ MB free/,
	'told with who it is and how things stand');
ok(poll_until($node, open_failures(q{verdict LIKE 'nothing is done: selfheal.autonomy is observe%'}), 1), 'nothing is done');
configure($node, 'selfheal.autonomy' => 'approve');
ok(poll_until($node, q{SELECT remedy FROM selfheal.proposals}, 'bound_slot_wal'), 'to bound it is proposed');
is(answer($node, 'SHOW max_slot_wal_keep_size'), '-1', 'and waits for somebody');
my $bound = answer($node, 'SELECT id FROM selfheal.proposals');
answer($node, "SELECT selfheal.approve($bound, 'a test')");
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $bound", 'succeeded'), 'it is bounded');
my ($kept) = answer($node, "SELECT evidence FROM selfheal.recoveries WHERE id = $bound") =~ /keeps (\d+) MB of WAL/;
my ($limit) = answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $bound AND stage = 'executing'") =~
  /^intent: ALTER SYSTEM SET max_slot_wal_keep_size = '(\d+)MB'$/;
cmp_ok($limit, '>', $kept, 'to more than it keeps');
answer($node, 'CHECKPOINT');
like(wal_status('consumer'), qr/^(reserved|extended)$/, 'so it is not lost');
ok(poll_until($node, open_failures('true'), 0), 'the failure is over');
write_segments(9);
answer($node, 'CHECKPOINT');
is(wal_status('consumer'), 'lost', 'it is when it keeps more, as was said');
beat();
is(answer($node, open_failures('true')), 0, 'which is no failure of ours');
answer($node, q{SELECT pg_drop_replication_slot('consumer')});

# Taken back

answer($node, "SELECT selfheal.trigger('undo_own_act', '$bound')");
ok(poll_until($node, 'SHOW max_slot_wal_keep_size', '-1'), 'the bound can be taken back');
is(answer($node, q{SELECT count(*) FROM selfheal.configuration WHERE level = 'server' AND parameter = 'max_slot_wal_keep_size'}),
	0, 'to what it was: nothing');

# No room: asked to drop

configure($node, 'selfheal.slot_wal_limit' => '32MB', 'selfheal.autonomy' => 'full');
slot('gone');
ok(poll_until($node, q{SELECT remedy FROM selfheal.proposals}, 'drop_slot'), 'without room to drop it is proposed, not done');
like(
	answer($node, q{SELECT string_agg(message, ' ') FROM selfheal.events WHERE kind = 'decision'}),
	qr/bound_slot_wal is passed over: there is no room left/, 'and why it is not bounded');

# Read again in the last moment

hold($node, 'executing');
my $drop = answer($node, 'SELECT id FROM selfheal.proposals');
answer($node, "SELECT selfheal.approve($drop, 'a test')");
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $drop", 'executing'), 'it is about to be dropped');
my $reader = reader('gone');
ok(poll_until($node, q{SELECT active FROM pg_replication_slots WHERE slot_name = 'gone'}), 'when somebody reads it again');
my (undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('drop_slot', 'gone')});
like($error, qr/ERROR:  replication slot "gone" is in use/, 'by hand it is refused');
release($node);
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $drop", 'withdrawn'), 'it is left alone');
like(stage_message($drop), qr/^nothing was done: (the slot is gone, or somebody has read from it|somebody reads the slot|the failure no longer holds at the last look)$/, 'and why');
ok(poll_until($node, open_failures('true'), 0), 'the failure is over');
$reader->kill_kill(grace => 1);
ok(poll_until($node, q{SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'gone'}), 'it is left again');
answer($node, q{SELECT pg_drop_replication_slot('gone')});

# Protected

configure($node, 'selfheal.protected_slots' => 'kept*', 'selfheal.granted_remedies' => 'drop_slot');
slot('kept_1');
ok(poll_until($node, open_failures(q{verdict LIKE '%(protected_session)%'}), 1), 'a protected one is left to humans');
ok(poll_until($node, q{SELECT count(*) FROM selfheal.escalations WHERE evidence LIKE '%"kept_1"%'}, 1), 'who are told');
is(answer($node, q{SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'kept_1'}), 1, 'it is there');
(undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('drop_slot', 'kept_1')});
like($error, qr/ERROR: .*\n.*protected/, 'not even by hand');
answer($node, q{SELECT pg_drop_replication_slot('kept_1')});
ok(poll_until($node, open_failures('true'), 0), 'that is over');

# Granted

slot('gone');
ok(poll_until($node, q{SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'gone'}, 0), 'where it was granted it is dropped by itself');
ok(poll_until($node, q{SELECT stage FROM selfheal.recoveries WHERE remedy = 'drop_slot' ORDER BY id DESC LIMIT 1}, 'succeeded'),
	'which is verified');
ok( poll_until($node, q{SELECT count(*) FROM pg_ls_waldir() AS w, pg_control_checkpoint() AS c
		WHERE w.name ~ '^[0-9A-F]{24}$' AND w.name < pg_walfile_name(c.redo_lsn)}, 0),
	'and its WAL is removed without waiting for the next checkpoint');

# Bad input

foreach my $case (
	[ 'drop_slot', 'NULL', 'remedy "drop_slot" needs a target' ],
	[ 'bound_slot_wal', 'NULL', 'remedy "bound_slot_wal" needs a target' ],
	[ 'drop_slot', q{'nobody'}, 'there is no replication slot "nobody" that keeps WAL' ],
	[ 'drop_slot', q{'x''; DROP TABLE hot; --'}, q{there is no replication slot "x'; DROP TABLE hot; --" that keeps WAL} ])
{
	(undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('$case->[0]', $case->[1])");
	like($error, qr/ERROR:  \Q$case->[2]\E/, $case->[2]);
}

stop_node($node);
done_testing();

# Each counts as 16 MB, whatever is in it.
sub write_segments
{
	my ($count) = @_;

	answer($node, q{SELECT pg_logical_emit_message(false, 'test', 'x'); SELECT pg_switch_wal();}) foreach 1 .. $count;
	return;
}

# A physical one that keeps five segments.
sub slot
{
	my ($name) = @_;

	answer($node, "SELECT pg_create_physical_replication_slot('$name', true)");
	write_segments(5);
	return;
}

sub reader
{
	my ($name) = @_;
	my $folder = $node->basedir . '/received';

	mkdir $folder;
	return IPC::Run::start(
		[ $node->installed_command('pg_receivewal'), '-h', $node->host, '-p', $node->port, '-D', $folder, '-S', $name, '--no-loop' ],
		'>', \my $out, '2>', \my $err);
}

sub wal_status
{
	my ($name) = @_;

	return answer($node, "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '$name'");
}

sub open_failures
{
	my ($condition) = @_;

	return "SELECT count(*) FROM selfheal.failures WHERE type = 'slot_retains_wal' AND status <> 'closed' AND $condition";
}

sub stage_message
{
	my ($recovery) = @_;

	return answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $recovery ORDER BY at DESC, step DESC LIMIT 1");
}

# Until what is not urgent was judged twice.
sub beat
{
	my $now = answer($node, 'SELECT clock_timestamp()');

	poll_until($node, "SELECT heartbeat_at > '$now'::timestamptz + interval '3 s' FROM selfheal.status") or die 'no heartbeat';
	return;
}
