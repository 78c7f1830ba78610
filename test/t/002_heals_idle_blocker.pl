# Promise: a session that holds a hot row idle in transaction is seen, named and ended, with
# approval or without as the autonomy says; those behind it go on, and nobody else is touched.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => "selfheal.idle_blocker_patience = 500ms\n");

hot_table($node);

# With approval

my $bystander = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 50',
	user => 'app', application => 'bystander');
my ($blocker, @waiters) = pile_up($node, 4);

ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'it is proposed');
is( answer($node, 'SELECT remedy, target_pid, target_role, target_application FROM selfheal.proposals'),
	'terminate_blocker|' . $blocker->pid . '|app|blocker',
	'the proposal names the remedy and the session at the root');
like(
	answer($node, 'SELECT asked_because FROM selfheal.proposals'),
	qr/autonomy/, 'and why it asks');
is( answer($node, "SELECT type, status, culprit_pid, waiters FROM selfheal.failures WHERE closed_at IS NULL"),
	'lock_pileup_idle|confirmed|' . $blocker->pid . '|4',
	'the failure names the culprit and counts those who suffer');
is($blocker->query('SELECT 1'), '1', 'nothing happens before it is approved');
is( answer($node, "SELECT count(*) FROM selfheal.recovery_steps WHERE stage <> 'proposed'"),
	0, 'and no step is on record');

my $recovery = answer($node, 'SELECT id FROM selfheal.proposals');

answer($node, "SELECT selfheal.approve($recovery, 'the row is needed')");
check_healed($recovery, 'proposed, approved, claimed, snapshot, executing, executed, verifying, succeeded');
is( answer($node, "SELECT autonomous, decided_by, decision_reason FROM selfheal.recoveries WHERE id = $recovery"),
	'f|' . answer($node, 'SELECT current_user') . '|the row is needed',
	'the record says who approved it and why');
is( answer($node, "SELECT string_agg(action, ', ' ORDER BY at, sequence) FROM selfheal.audit_log WHERE subject = 'recovery $recovery'"),
	'recovery_proposed, recovery_approved, recovery_executing, recovery_executed, recovery_succeeded',
	'the audit log has the order and every act');

# By itself

configure($node, 'selfheal.autonomy' => 'full');
($blocker, @waiters) = pile_up($node, 3, row => 2);
ok( poll_until($node, 'SELECT count(*) FROM selfheal.recoveries WHERE autonomous AND finished_at IS NOT NULL', 1),
	'with full autonomy it is healed unasked');
$recovery = answer($node, 'SELECT id FROM selfheal.recoveries WHERE autonomous');
check_healed($recovery, 'proposed, approved, claimed, snapshot, executing, executed, verifying, succeeded');
is( answer($node, "SELECT decided_by FROM selfheal.recoveries WHERE id = $recovery"),
	'selfheal', 'the record says that nobody was asked');

# Nobody else

is($bystander->query('COMMIT; SELECT 1'), '1', 'a session that blocked nobody was left alone');
unlike(slurp($node), qr/canceling statement/, 'and no statement was cancelled');
is(() = slurp($node) =~ /terminating connection due to administrator command/g,
	2, 'exactly two sessions were ended');

stop_node($node);
done_testing();

sub check_healed
{
	my ($recovery, $steps) = @_;

	ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'succeeded'),
		"recovery $recovery succeeds");
	ok($blocker->is_gone, 'the blocker was ended');
	is($_->result, '', 'a waiter goes on') foreach @waiters;
	is($_->error, '', 'without an error') foreach @waiters;
	is(steps_of($node, $recovery), $steps, 'its steps are the legal ones, in order');
	is( answer($node, "SELECT waiters_before, waiters_after FROM selfheal.recoveries WHERE id = $recovery"),
		scalar(@waiters) . '|0', 'it knows who suffered before and after');
	ok( poll_until($node,
			"SELECT status || ': ' || verdict FROM selfheal.failures WHERE id = (SELECT failure FROM selfheal.recoveries WHERE id = $recovery)",
			"closed: healed by terminate_blocker (recovery $recovery)"),
		'the failure is closed and says by what');
	ok( poll_until($node,
			"SELECT stage FROM selfheal.recovery WHERE id = $recovery", 'succeeded'),
		'and the scribe writes it down');
	ok( answer($node, "SELECT bool_and(finished_at >= acted_at AND acted_at >= claimed_at AND claimed_at >= approved_at) FROM selfheal.recovery WHERE id = $recovery") eq 't',
		'with times in order');
	like(answer($node, "SELECT selfheal.explain($recovery)"),
		qr/Evidence: \d sessions wait behind session .*Outcome: healed/s, 'and can be explained');
}

sub slurp
{
	return PostgreSQL::Test::Utils::slurp_file($_[0]->logfile);
}
