# Promise: what a human said about one component or one remedy holds, and what has been done lately counts,
# through restart and crash; what is in the way can be seen, with its end and how to reset it.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.idle_blocker_patience = 200ms
selfheal.active_blocker_patience = 200ms
selfheal.cooldown = 0
selfheal.breaker_failures = 1
selfheal.max_retries = 0
selfheal.max_acts_10min = 20
CONF

hot_table($node);

my @sessions;

# A component that is off

answer($node, q{SELECT selfheal.set_component_policy('locks', autonomy => 'off', reason => 'a test')});
crash_node($node);
$node->start;
is(in_force('locks'), 'observe|a test', 'a policy outlives a crash');
$node->restart;
is(in_force('locks'), 'observe|a test', 'and a restart');
@sessions = pile_up($node, 1, row => 1);
ok( poll_until($node, newest_verdict(),
		'nothing is done: the policy of the component or the remedy is observe (component_off)'),
	'nothing is done on a component that is off, and it is said why');
is(answer($node, q{SELECT count(*) FROM selfheal.recoveries WHERE acted_at IS NOT NULL}), '0', 'nothing at all');
like(
	answer($node, q{SELECT rails FROM selfheal.recoveries WHERE remedy = 'monitor' ORDER BY id DESC LIMIT 1}),
	qr/^the policy of the component or the remedy is observe; otherwise: .*pg_terminate_backend/,
	'it is watched, and what would have been done is told');
my ($status, $out, $err) =
  $node->psql('postgres', "SELECT selfheal.trigger('terminate_blocker', '" . $sessions[0]->pid . "')");
like($err, qr/this cannot be done now/, 'nor is it done by hand');
$_->close foreach @sessions;
ok(poll_until($node, newest_stage(), 'succeeded'), 'until it goes away');

# One that asks

answer($node, q{SELECT selfheal.set_component_policy('locks', autonomy => 'approve')});
@sessions = pile_up($node, 1, row => 1);
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'with approve it is proposed');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'),
	qr/\(component_policy\)$/, 'because of the policy');
answer($node, q{SELECT selfheal.approve(id, 'a test') FROM selfheal.proposals});
ok(poll_until($node, newest_stage(), 'succeeded'), 'and done when approved');

# A remedy of its own

answer($node, q{SELECT selfheal.reset_component_policy('locks')});
answer($node, q{SELECT selfheal.set_component_policy('all', remedy => 'terminate_blocker', max_retries => 4)});
@sessions = pile_up($node, 1, row => 2);
ok(poll_until($node, outcome($sessions[0]), 'terminate_blocker succeeded'), 'without the policy it is done unasked');
is(answer($node, 'SELECT max_attempts FROM selfheal.recoveries ORDER BY id DESC LIMIT 1'),
	'5', "as often as the remedy's policy says");
answer($node, q{SELECT selfheal.reset_component_policy('all', 'terminate_blocker')});

# Cool-down

configure($node, 'selfheal.cooldown' => 3600);
my $cooldown = answer($node, cooldown());
like($cooldown, qr/^terminate_blocker\|locks\|lock_pileup_idle\|open\|/, 'what cools down is shown, with its end');
crash_node($node);
$node->start;
is(answer($node, cooldown()), $cooldown, 'the same after a crash');

# Rate limit

my $acts = answer($node, q{SELECT used FROM selfheal.breakers WHERE why = 'acts in the last hour'});
is($acts, '2', 'acts are counted through a crash');
is(cap(), 'closed|f', 'below the cap it is closed');
configure($node, 'selfheal.max_acts_hour' => 2);
is(cap(), 'open|t', 'at the cap it is open, until the oldest that counts is an hour old');
configure($node, 'selfheal.max_acts_hour' => 20);

# Our own last act is a suspect

my $suspect = answer($node, 'SELECT max(id) FROM selfheal.recoveries');
my $blocker = busy(7);
my @waiters = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 7', user => 'app');
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1),
	'another failure of the component soon after an act of ours needs a human');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'),
	qr/^an own act on this component .* may have caused it \(own_act\)$/, 'because of that act');
like(
	answer($node, q{SELECT message FROM selfheal.events WHERE kind = 'own_act_suspected'}),
	qr/^recovery $suspect \(terminate_blocker\) acted \d+ s before it began and is a suspect: it cannot be undone, so a human/,
	'which is named');
answer($node, q{SELECT selfheal.approve(id, 'a test') FROM selfheal.proposals});
ok(poll_until($node, newest_stage(), 'succeeded'), 'who has it done');
$_->close foreach $blocker, @waiters;

# Limited autonomy: low risk, and not when it is critical

configure($node, 'selfheal.cooldown' => 0, 'selfheal.autonomy' => 'limited');
$blocker = busy(3);
@waiters = waiters($node, 20, 'UPDATE hot SET n = n + 1 WHERE id = 3', user => 'app');
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'when 20 sessions suffer a human decides');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'), qr/\(critical\)/, 'as it is critical');
answer($node, q{SELECT selfheal.approve(id, 'a test') FROM selfheal.proposals});
ok(poll_until($node, newest_stage(), 'succeeded'), 'and has it done');
$_->close foreach $blocker, @waiters;
$blocker = busy(4);
@waiters = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 4', user => 'app');
ok( poll_until($node,
		q{SELECT remedy || ' ' || autonomous || ' ' || stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1},
		'cancel_blocker true succeeded'),
	'when one does it is done unasked');
$_->close foreach $blocker, @waiters;
configure($node, 'selfheal.autonomy' => 'full');

# Breaker

my $stubborn = stubborn(5);
@waiters = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 5', user => 'app');
ok(poll_until($node, outcome($stubborn), 'cancel_blocker failed, terminate_blocker succeeded'),
	'the stronger rung heals where the gentler failed');
configure($node, 'selfheal.cooldown' => 3600);
is(breaker(), 'cancel_blocker|locks|open|1|1|t', 'its breaker is open, until it has rested');
crash_node($node);
$node->start;
is(breaker(), 'cancel_blocker|locks|open|1|1|t', 'after a crash, too');
configure($node, 'selfheal.cooldown' => 0);
is(breaker(), 'cancel_blocker|locks|half open|1|1|f', 'then it is half open');
$blocker = busy(6);
@waiters = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 6', user => 'app');
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'a try needs a human');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'), qr/\(breaker_open\)$/, 'because of the breaker');
answer($node, q{SELECT selfheal.approve(id, 'a test') FROM selfheal.proposals});
ok(poll_until($node, newest_stage(), 'succeeded'), 'it helps');
is(breaker(), '', 'which closes the breaker');

stop_node($node);
done_testing();

sub in_force
{
	my ($component) = @_;

	return answer($node,
		"SELECT autonomy_in_force, reason FROM selfheal.component_policies WHERE component = '$component' AND remedy IS NULL");
}

sub newest_verdict
{
	return 'SELECT verdict FROM selfheal.failures ORDER BY seen_at DESC LIMIT 1';
}

sub newest_stage
{
	return 'SELECT stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1';
}

sub outcome
{
	my ($session) = @_;

	return "SELECT string_agg(remedy || ' ' || stage, ', ' ORDER BY id) FROM selfheal.recoveries WHERE target_pid = "
	  . $session->pid;
}

sub cooldown
{
	return q{SELECT remedy, component, failure_type, state, until FROM selfheal.breakers WHERE kind = 'cool-down'};
}

sub cap
{
	return answer($node,
		q{SELECT state, until IS NOT NULL AND until > now() FROM selfheal.breakers WHERE why = 'acts in the last hour'});
}

sub breaker
{
	return answer($node,
		q{SELECT remedy, component, state, used, allowed, until IS NOT NULL FROM selfheal.breakers WHERE kind = 'breaker'});
}

# A session that holds a row and runs a statement that a cancel ends.
sub busy
{
	my ($row) = @_;
	my $session = idle_in_transaction($node, "UPDATE hot SET n = n + 1 WHERE id = $row", user => 'app');

	$session->start('SELECT pg_sleep(600)');
	return $session;
}

# The same, and it swallows every cancel.
sub stubborn
{
	my ($row) = @_;
	my $session = idle_in_transaction($node, "UPDATE hot SET n = n + 1 WHERE id = $row", user => 'app');

	$session->start(<<'SQL');
DO $$
BEGIN
	LOOP
		BEGIN
			PERFORM pg_sleep(600);
		EXCEPTION
			WHEN query_canceled THEN
				NULL;
		END;
	END LOOP;
END
$$
SQL
	return $session;
}
