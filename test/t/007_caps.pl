# Promise: what is done unasked is limited by count, by cool-down and by the breaker; each limit asks
# a human instead, and none is reset by a restart or a crash of the server.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.idle_blocker_patience = 200ms
selfheal.active_blocker_patience = 200ms
selfheal.max_acts_10min = 2
selfheal.cooldown = 0
selfheal.breaker_failures = 2
selfheal.max_retries = 0
CONF

hot_table($node);

my @sessions;

# Acts in a time

ok(is_healed(1), 'the first act is done unasked');
crash_node($node);
$node->start;
ok(is_healed(2), 'the second, after a crash');
$node->restart;
is(asked_because(3), 'cap_reached', 'the third needs a human');
ok(is_healed_after_approval(), 'who may go beyond the limit');
crash_node($node);
$node->start;
is(asked_because(1), 'cap_reached', 'and a crash does not reset it');
dismiss();

foreach my $cap ('hour', 'day')
{
	configure($node, 'selfheal.max_acts_10min' => 100, "selfheal.max_acts_$cap" => 3);
	is(asked_because(1), 'cap_reached', "the limit by the $cap holds as well");
	dismiss();
	configure($node, "selfheal.max_acts_$cap" => 100);
}

# Cool-down

configure($node, 'selfheal.cooldown' => 3600);
is(asked_because(1), 'cooldown', 'the same remedy soon after needs a human');
dismiss();
$node->restart;
is(asked_because(1), 'cooldown', 'after a restart, too');
dismiss();
configure($node, 'selfheal.cooldown' => 0);
ok(is_healed(1), 'without the cool-down it is done unasked again');

# Breaker: twice a cancel that is swallowed; the second rung heals each time

foreach my $time (1, 2)
{
	my ($stubborn, @waiters) = stubborn();

	ok( poll_until($node,
			"SELECT string_agg(remedy || ' ' || stage, ', ' ORDER BY id) FROM selfheal.recoveries WHERE target_pid = " . $stubborn->pid,
			'cancel_blocker failed, terminate_blocker succeeded'),
		"a remedy fails for the $time. time");
}
is(breakers(), 'cancel_blocker 2', 'the breaker of that remedy is open, of no other');
is(answer($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'breakers'"), 'f', 'diagnose() says so');
$node->restart;
is(breakers(), 'cancel_blocker 2', 'after a restart, too');

my ($stubborn, @waiters) = stubborn();
is(asked_because(), 'breaker_open', 'the next time it needs a human');
answer($node, "SELECT selfheal.reject(id, 'a test') FROM selfheal.proposals");
$stubborn->close;
answer($node, "SELECT pg_terminate_backend(" . $stubborn->pid . ")");
answer($node, "SELECT selfheal.reset_breaker('cancel_blocker', 'repaired')");
is(breakers(), '', 'reset_breaker() closes it');
is(answer($node, "SELECT message FROM selfheal.audit_log WHERE action = 'breaker_reset'"),
	'repaired', 'which the audit log has');

stop_node($node);
done_testing();

# A pile-up behind a row of its own that is healed unasked.
sub is_healed
{
	my ($row) = @_;

	@sessions = pile_up($node, 1, row => $row);
	return poll_until($node, outcome(), 'true succeeded');
}

sub outcome
{
	return "SELECT autonomous || ' ' || stage FROM selfheal.recoveries WHERE target_pid = "
	  . $sessions[0]->pid . ' ORDER BY proposed_at DESC LIMIT 1';
}

# The rail that made it ask; with a row, after a pile-up behind that.
sub asked_because
{
	my ($row) = @_;

	@sessions = pile_up($node, 1, row => $row) if defined $row;
	poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1) or return;
	my ($rail) = answer($node, 'SELECT asked_because FROM selfheal.proposals') =~ /\((\w+)\)$/;
	return $rail;
}

sub is_healed_after_approval
{
	answer($node, "SELECT selfheal.approve(id, 'a test') FROM selfheal.proposals");
	return poll_until($node, outcome(), 'false succeeded');
}

sub dismiss
{
	$sessions[0]->query('ROLLBACK');
	poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 0);
	return;
}

sub breakers
{
	return answer($node,
		"SELECT string_agg(remedy || ' ' || failures_in_a_row, ', ') FROM selfheal.remedies WHERE breaker_open");
}

# Those behind a session that swallows every cancel.
sub stubborn
{
	my $session = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 70', user => 'app');

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
	return ($session, waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 70', user => 'app'));
}
