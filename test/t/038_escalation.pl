# Promise: what selfheal gives up on reaches a human once, with everything it knows: a row, a line in the log
# and a NOTIFY that says no more than which row to read; and who looks after it is known after a crash.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.idle_blocker_patience = 200ms
selfheal.cooldown = 0
selfheal.protected_sessions = 'application:holy*'
CONF

hot_table($node);
answer($node, 'CREATE ROLE nora LOGIN IN ROLE selfheal_operator');
my $listener = session($node, application => 'pager');
my $heard = $listener->query('LISTEN selfheal');

# A culprit that must not be touched

my @sessions = pile_up($node, 1, row => 1, application => 'holy cow');
ok(poll_until($node, 'SELECT count(*) FROM selfheal.escalations', 1), 'a protected culprit is a case for a human');
is( answer($node,
		q{SELECT failure_type, component, failure_status, culprit_role, culprit_application, recovery, tried FROM selfheal.escalations}),
	'lock_pileup_idle|locks|confirmed|app|holy cow||',
	'with the culprit, and nothing that was tried');
like(answer($node, 'SELECT why FROM selfheal.escalations'),
	qr/^nothing is done: session \d+ .*\(protected_session\)$/, 'and why nothing is');
ok(poll_until($node, 'SELECT recorded_from < raised_at AND recorded_until > raised_at FROM selfheal.escalations'),
	'the flight recorder has it');
ok(hears(1), 'it is notified');
is(answer($node, q{SELECT count(*) FROM selfheal.audit_log WHERE action = 'escalated'}), '1', 'and in the audit log');

# Acknowledged

my ($status, $out, $err) = as_nora('BEGIN; SELECT selfheal.acknowledge(1); ROLLBACK');
is($err, '', 'an operator acknowledges');
is(answered(), '|', 'which a rollback takes back');
as_nora(q{SELECT selfheal.acknowledge(1, 'I call the owner of the cow')});
is(answered(), 'nora|I call the owner of the cow', 'it is known who looks after it');
(undef, undef, $err) = as_nora(q{SELECT selfheal.acknowledge(1, 'me too')});
like($err, qr/escalation 1 is already acknowledged\nDETAIL:  nora said at .*: I call the owner of the cow/,
	'the next one is told');
my @two = map { session($node, user => 'nora') } 1 .. 2;
$_->close foreach @sessions;
ok(poll_until($node, 'SELECT failure_status FROM selfheal.escalations', 'closed'), 'it is seen when the failure is over');

# Many at once: few messages, nothing left out

my @herd = map { pile_up($node, 1, row => $_, application => "holy cow $_") } 2 .. 4;
ok(poll_until($node, 'SELECT count(*) FROM selfheal.escalations', 4), 'three at once are three rows');
ok(hears(4), 'and all are notified');
cmp_ok(messages(), '<', 4, 'in fewer messages');
unlike($heard, qr/holy|app|UPDATE/, 'that tell no names and no query');
is(answer($node, 'SELECT told FROM selfheal.journal'), '4', 'the tables know how far that came');

# Two at once: the first to commit has done it

$_->query('BEGIN') foreach @two;
$_->query(q{SELECT selfheal.acknowledge(2, 'mine')}) foreach @two;
$two[0]->query('COMMIT');
$two[1]->query('COMMIT');
like($two[1]->error, qr/already acknowledged/, 'of two at once one wins and the other is told');
$_->close foreach @herd, @two;
ok(poll_until($node, q{SELECT count(*) FROM selfheal.escalations WHERE failure_status <> 'closed'}, 0), 'all over');

# A recovery that cannot be brought to an end

hold($node, 'executing');
@sessions = pile_up($node, 1, row => 5, application => 'sinner');
ok( poll_until($node, <<'SQL'), 'when its recoverer is ended again and again a human is needed');
SELECT count(pg_terminate_backend(pid)) >= 0 AND (SELECT count(*) = 5 FROM selfheal.escalations)
FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'
SQL
ok(poll_until($node, q{SELECT failure_status FROM selfheal.escalations WHERE id = 5}, 'needs a human'),
	'as the ladder is at its end');
like(
	answer($node, 'SELECT tried FROM selfheal.escalations WHERE id = 5'),
	qr/^terminate_blocker \(recovery \d+\) unknown: its recoverer was ended 3 times: needs a human$/,
	'what was tried is told, and how it ended');
ok(hears(5), 'it is notified');
release($node);

# After a crash

my $known = answer($node, 'SELECT id, why, acknowledged_by, raised_at FROM selfheal.escalations ORDER BY id');
crash_node($node);
$node->start;
is(answer($node, 'SELECT id, why, acknowledged_by, raised_at FROM selfheal.escalations ORDER BY id'),
	$known, 'a crash forgets none of it');
ok(poll_until($node, q{SELECT unwritten_records = 0 FROM selfheal.status}), 'all is in the tables');
is(answer($node, 'SELECT told FROM selfheal.journal'), '5', 'and nothing is told twice');

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
my @lines = $log =~ /selfheal: escalation (\d) needs a human: /g;
is("@{[sort @lines]}", '1 2 3 4 5', 'the log has one line for each');

stop_node($node);
done_testing();

sub as_nora
{
	my ($sql) = @_;

	return $node->psql('postgres', $sql, extra_params => [ '-U', 'nora' ]);
}

sub answered
{
	return answer($node, 'SELECT acknowledged_by, acknowledgement FROM selfheal.escalations WHERE id = 1');
}

# Whether messages tell of that many escalations, all together.
sub hears
{
	my ($count) = @_;

	return wait_until(
		sub {
			my $sum = 0;

			$heard .= $listener->query('SELECT 1') . "\n";
			$sum += $_ foreach $heard =~ /"new" : (\d+)/g;
			return $sum == $count;
		},
		"$count escalations to be told, heard: $heard");
}

sub messages
{
	return scalar(my @all = $heard =~ /"new"/g);
}
