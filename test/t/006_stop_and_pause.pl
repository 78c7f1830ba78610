# Promise: selfheal.stop() takes effect at once, whatever becomes of its transaction, is asked right
# before every signal, and holds through reload, restart and crash until selfheal.start().
# A pause ends by itself. An approval counts only when its transaction commits.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.idle_blocker_patience = 1h
selfheal.cooldown = 0
CONF

hot_table($node);

# Between intent and signal

hold($node, 'executing');
my ($blocker, @waiters) = pile_up($node, 1);
my $recovery = trigger($blocker);

ok(poll_until($node, stage($recovery), 'executing'), 'a recovery has written down its intent');
answer($node, "SELECT selfheal.stop('not now')");
release($node);
ok(poll_until($node, stage($recovery), 'withdrawn'), 'a stop before the signal withdraws it');
like(message($recovery), qr/^nothing was done: selfheal\.stop\(\) is in force/, 'its record says why');
is($blocker->query('SELECT 1'), 1, 'the blocker was not touched');
unlike(answer($node, "SELECT selfheal.explain($recovery)"),
	qr/healed|went away after/, 'nobody claims that it did something');

# In force

my ($status, undef, $error) = order($blocker);

isnt($status, 0, 'an order is refused while stopped');
like($error, qr/this cannot be done now.*selfheal\.stop\(\) is in force.*diagnose/s, 'with reason and hint');
is(state(), 'stopped', 'status says so');
like(answer($node, 'SELECT why FROM selfheal.status'), qr/not now/, 'and why');
# A proposal of the engine's own, made before our order, goes on waiting; approving it is refused as well.
configure($node, 'selfheal.idle_blocker_patience' => '200ms');
ok( poll_until($node,
		"SELECT verdict LIKE 'nothing is done: selfheal.stop() is in force (stop_flag)%'"
		  . " OR verdict LIKE 'terminate_blocker waits for approval%'"
		  . ' FROM selfheal.failures WHERE culprit_pid = ' . $blocker->pid),
	'the failure is still seen, and says why nothing is done');

# Durable

$node->reload;
crash_node($node);
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'it holds after a crash');
$node->restart;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'and after a restart');
configure($node, 'selfheal.autonomy' => 'full');
($blocker, @waiters) = pile_up($node, 1);
ok(failure_confirmed($blocker), 'with full autonomy a failure is confirmed');
is($blocker->query('SELECT 1'), 1, 'and nothing is done about it');

# Cleared

answer($node, "BEGIN; SELECT selfheal.start('rolled back'); ROLLBACK");
is(state(), 'stopped', 'a start that is rolled back starts nothing');
answer($node, "SELECT selfheal.start('go on')");
ok(healed($blocker), 'after selfheal.start() the same failure is healed');
is( answer($node, "SELECT string_agg(action || ' ' || message, ', ' ORDER BY at) FROM selfheal.audit_log WHERE action IN ('stopped', 'started')"),
	'stopped not now, started go on',
	'the audit log has both');

# Pause

answer($node, "SELECT selfheal.pause('1 hour', 'sessions', 'another component')");
answer($node, "SELECT selfheal.pause('2 seconds', 'locks', 'maintenance')");
($blocker, @waiters) = pile_up($node, 1);
ok(failure_confirmed($blocker), 'during a pause a failure is confirmed');
like(answer($node, "SELECT verdict FROM selfheal.failures WHERE culprit_pid = " . $blocker->pid),
	qr/^nothing is done: selfheal\.pause\(\) covers this component/, 'and left alone');
is($blocker->query('SELECT 1'), 1, 'the blocker is not touched');
ok(healed($blocker), 'when the pause has run out it is healed');
is(answer($node, 'SELECT string_agg(scope, $$, $$) FROM selfheal.pauses'),
	'sessions', 'the other pause is still in force');
answer($node, "SELECT selfheal.resume('sessions')");
is(answer($node, 'SELECT count(*) FROM selfheal.pauses'), 0, 'until it is resumed');

# Orders and transactions

configure($node, 'selfheal.autonomy' => 'approve');
($blocker, @waiters) = pile_up($node, 1);
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'a proposal waits');
$recovery = answer($node, 'SELECT id FROM selfheal.proposals');
answer($node, "BEGIN; SELECT selfheal.approve($recovery, 'no'); ROLLBACK");
answer($node, "BEGIN; SAVEPOINT s; SELECT selfheal.approve($recovery, 'no'); ROLLBACK TO s; COMMIT");
answer($node, "BEGIN; SELECT selfheal.trigger('terminate_blocker', '" . $blocker->pid . "'); ROLLBACK");
($status, undef, $error) = $node->psql('postgres',
	"BEGIN; SELECT selfheal.approve($recovery, 'no'); PREPARE TRANSACTION 'later'");
like($error, qr/cannot be prepared|prepared transactions are disabled/, 'an approval cannot be prepared');
# Two heartbeats later a recoverer would have been at work.
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()');
ok(poll_until($node, "SELECT heartbeats > $beats + 2 FROM selfheal.read_engine()"), 'time passes');
is(answer($node, stage($recovery)), 'proposed', 'approvals that were rolled back approve nothing');
is(answer($node, "SELECT count(*) FROM selfheal.recoveries WHERE id > $recovery"),
	0, 'nor is anything begun by an order that was');
is($blocker->query('SELECT 1'), 1, 'and the blocker is not touched');

answer($node, "BEGIN; SELECT selfheal.stop('whatever becomes of this'); ROLLBACK");
is(state(), 'stopped', 'a stop that is rolled back stops all the same');
answer($node, "SELECT selfheal.start('go on'); SELECT selfheal.approve($recovery, 'yes')");
ok(healed($blocker), 'a committed approval is carried out');

stop_node($node);
done_testing();

sub order
{
	return $node->psql('postgres',
		"SELECT recovery FROM selfheal.trigger('terminate_blocker', '" . $_[0]->pid . "', 'a test')");
}

sub trigger
{
	my ($status, $recovery) = order(@_);

	return $recovery;
}

sub stage
{
	return "SELECT stage FROM selfheal.recoveries WHERE id = $_[0]";
}

sub message
{
	return answer($node, "SELECT message FROM selfheal.recoveries WHERE id = $_[0]");
}

sub state
{
	return answer($node, 'SELECT state FROM selfheal.status');
}

sub failure_confirmed
{
	return poll_until($node,
		"SELECT status FROM selfheal.failures WHERE culprit_pid = " . $_[0]->pid . " AND closed_at IS NULL AND verdict <> 'its patience runs'",
		'confirmed');
}

sub healed
{
	return poll_until($node,
		"SELECT count(*) FROM selfheal.recoveries WHERE stage = 'succeeded' AND target_pid = " . $_[0]->pid,
		1)
	  && $_[0]->is_gone;
}
