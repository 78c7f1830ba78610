# Promise: behind a session that runs a statement the gentle remedy comes first: its statement
# is cancelled. Only when that does not help is the session ended, as a recovery of its own.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.active_blocker_patience = 500ms
selfheal.max_retries = 0
selfheal.cooldown = 0
CONF

hot_table($node);

# One that can be cancelled

my ($blocker, @waiters) = busy('SELECT pg_sleep(600)');

ok(poll_until($node, finished(1), 'cancel_blocker succeeded'), 'the statement is cancelled');
$blocker->result;
like($blocker->error, qr/canceling statement due to user request/, 'its client is told');
ok(!$blocker->is_gone, 'the session lives on');
is($_->result . $_->error, '', 'a waiter goes on') foreach @waiters;
is(signals(), '1 cancelled, 0 ended', 'nothing else was done');
$blocker->close;

# One that swallows the cancel and goes on

my $deaf = <<'SQL';
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
($blocker, @waiters) = busy($deaf);

ok( poll_until($node, finished(2), 'cancel_blocker failed'),
	'a cancel that does not help is a failed recovery');
like(
	answer($node, 'SELECT message FROM selfheal.recoveries WHERE id = 2'),
	qr/did not help: the target is still there, 2 of 2 sessions still wait/,
	'its record says what was seen');
ok(poll_until($node, finished(3), 'terminate_blocker succeeded'), 'then the session is ended');
$blocker->result;
ok($blocker->is_gone, 'it is gone');
is($_->result . $_->error, '', 'a waiter goes on') foreach @waiters;
is( answer($node, 'SELECT count(DISTINCT failure), count(*) FROM selfheal.recoveries WHERE id IN (2, 3)'),
	'1|2', 'both recoveries are about the same failure');
is(signals(), '1 cancelled, 1 ended', 'each once');
ok( poll_until($node,
		'SELECT verdict FROM selfheal.failures WHERE id = (SELECT failure FROM selfheal.recoveries WHERE id = 3)',
		'healed by terminate_blocker (recovery 3)'),
	'and the failure says by which of the two it was healed');

# The same with patience: a cancel that is ignored twice is enough while there is something stronger

configure($node, 'selfheal.max_retries' => 3, 'selfheal.retry_delay' => 1);
($blocker, @waiters) = busy($deaf);
ok(poll_until($node, finished(5), 'terminate_blocker succeeded'), 'the session is ended');
is( answer($node, 'SELECT string_agg(attempt || \' of \' || max_attempts, \', \' ORDER BY id) FROM selfheal.recoveries WHERE id IN (4, 5)'),
	'2 of 2, 1 of 4', 'after two cancels, not four');
$blocker->result;
$_->result foreach @waiters;

stop_node($node);
done_testing();

# A session that holds a hot row and is busy, and those behind it.
sub busy
{
	my ($sql) = @_;
	my $session = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 1',
		user => 'app');

	$session->start($sql);
	return ($session, waiters($node, 2, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app'));
}

sub finished
{
	my ($recovery) = @_;

	return "SELECT remedy || ' ' || stage FROM selfheal.recoveries WHERE id = $recovery";
}

# What sessions were told, by the log. One that swallowed it has not written it there.
sub signals
{
	my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
	my $cancelled = () = $log =~ /canceling statement due to user request/g;
	my $ended = () = $log =~ /terminating connection due to administrator command/g;

	return "$cancelled cancelled, $ended ended";
}
