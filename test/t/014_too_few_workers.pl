# Promise: with every slot for workers taken by others, selfheal says so, does nothing else, and goes
# on where it was as soon as one is free. What waits too long expires and says why.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

# One for the engine, one for whoever comes first.
my $node = heal_node('main', conf => <<'CONF');
max_worker_processes = 2
max_logical_replication_workers = 0
max_parallel_workers = 2
selfheal.idle_blocker_patience = 1h
CONF

hot_table($node);
ok(poll_until($node, 'SELECT history, unwritten_records FROM selfheal.status', 'ok|0'), 'with one slot to spare history is written');
is(met(), 't', 'and diagnose() finds enough');

my $log_start = log_offset($node);
my $occupant = occupant();

answer($node, "SELECT selfheal.pause('1 hour', 'locks', 'something to write')");
ok(poll_until($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'worker slots'", 'f'), 'with none it says so');
like(answer($node, "SELECT hint FROM selfheal.diagnose() WHERE condition = 'worker slots'"),
	qr/Raise max_worker_processes/, 'with a hint');

my ($blocker, @waiters) = pile_up($node, 2);
my $recovery = trigger();
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()');
ok(poll_until($node, "SELECT heartbeats > $beats + 3 FROM selfheal.read_engine()"), 'the engine goes on');
is(stage_of($node, $recovery), 'approved', 'an order waits');
is($blocker->query('SELECT 1'), 1, 'and nothing is done yet');
my @said = slurp_file($node->logfile, $log_start) =~ /no worker could be started.*\n.*\n.*HINT:/g;
is(scalar(@said), 1, 'the log says it once, with a hint');

$occupant->close;
answer($node, 'SELECT pg_terminate_backend(' . $occupant->pid . ')');
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'succeeded'), 'when a slot is free the order is carried out');
ok($blocker->is_gone, 'the blocker was ended');
ok(poll_until($node, "SELECT stage FROM selfheal.recovery WHERE id = $recovery", 'succeeded'), 'and the history is written');
is(answer($node, "SELECT count(*) FROM selfheal.event WHERE message LIKE '%something to write'"), 1, 'of what happened meanwhile, too');
is(answer($node, 'SELECT lost_records FROM selfheal.status'), 0, 'nothing is lost');
ok(poll_until($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'worker slots'"), 'and diagnose() is content');

# Too long

configure($node, 'selfheal.proposal_expiry' => '2s');
($blocker, @waiters) = pile_up($node, 1, row => 2);
$occupant = occupant();
$recovery = trigger();
ok(poll_until($node, "SELECT stage || ': ' || message FROM selfheal.recoveries WHERE id = $recovery",
		'expired: nothing was done: it could not be begun in time'), 'an order that could not be begun in time expires');
is($blocker->query('SELECT 1'), 1, 'and nobody is touched');

stop_node($node);
done_testing();

# A session that has a worker of its own for as long as it likes.
sub occupant
{
	my $session = session($node);

	$session->query('SET ' . ($node->pg_version < 16 ? 'force_parallel_mode' : 'debug_parallel_query') . ' = on');
	# The scribe may be the faster one; then it is soon done.
	foreach my $attempt (1 .. 30)
	{
		$session->start('SELECT pg_sleep(600)');
		return $session
		  if wait_until(
			sub {
				answer($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND leader_pid = " . $session->pid) == 1;
			},
			undef, 0.5);
		answer($node, 'SELECT pg_cancel_backend(' . $session->pid . ')');
		$session->result;
	}
	die 'no parallel worker';
}

sub trigger
{
	return answer($node, "SELECT recovery FROM selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')");
}

sub met
{
	return answer($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'worker slots'");
}
