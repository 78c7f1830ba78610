# Promise: an order is bound to the session and the transaction it was given for. When either is not
# what it was any more, whoever gives the order is told with one clear error, and a recovery already
# on its way leaves everybody alone and says why.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => "selfheal.idle_blocker_patience = 200ms\n");
my ($blocker, @waiters, $recovery);

hot_table($node);

# Gone or changed between proposal and approval: while the engine is frozen nobody else notices

foreach my $case (
	[ 'ended',              sub { $blocker->close; wait_gone() } ],
	[ 'committed',          sub { $blocker->query('COMMIT') } ],
	[ 'in another transaction', sub { another_transaction() } ])
{
	my ($name, $change) = @$case;

	proposed();
	frozen(sub {
		$change->();
		my ($status, undef, $error) = $node->psql('postgres', "SELECT selfheal.approve($recovery, 'too late')");
		isnt($status, 0, "$name: an approval that comes too late is refused");
		is_clear($error, qr/this cannot be done now.*the target is no longer what it was/s);
		is(stage_of($node, $recovery), 'proposed', "$name: it is still what it was");
	});
	ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'withdrawn'),
		"$name: when the engine notices it is withdrawn");
	my ($status, undef, $error) = $node->psql('postgres', "SELECT selfheal.approve($recovery, 'still too late')");
	is_clear($error, qr/recovery $recovery is not waiting for approval.*in stage "withdrawn"/s);
	is($blocker->query('SELECT 1'), 1, "$name: the session was not touched") unless $name eq 'ended';
	clean();
}

# Between intent and signal

foreach my $case (
	[ 'ended',     sub { $blocker->close; wait_gone() }, qr/^nothing was done: (it is gone|the failure no longer holds)/ ],
	[ 'committed', sub { $blocker->query('COMMIT') },    qr/^nothing was done: its transaction is another one by now/ ],
	[ 'in another transaction', sub { another_transaction() }, qr/^nothing was done: its transaction is another one by now/ ])
{
	my ($name, $change, $message) = @$case;

	hold($node, 'executing');
	proposed();
	answer($node, "SELECT selfheal.approve($recovery, 'in time')");
	poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'executing');
	$change->();
	release($node);
	ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'withdrawn'),
		"$name after the intent: it is withdrawn");
	like(answer($node, "SELECT message FROM selfheal.recoveries WHERE id = $recovery"), $message, "$name: its record says why");
	is($blocker->query('SELECT 1'), 1, "$name: the session was not touched") unless $name eq 'ended';
	clean();
}
unlike(slurp_file($node->logfile), qr/terminating connection|canceling statement/, 'nobody was signalled in any of this');

# Two who approve: the second is told

proposed();
my $first = session($node);
my $second = session($node);
$_->query('BEGIN') foreach ($first, $second);
like($_->query("SELECT selfheal.approve($recovery, 'me')"), qr/is approved when this transaction commits/, 'both may ask')
  foreach ($first, $second);
$first->query('COMMIT');
is($first->error, '', 'the first to commit has approved it');
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'succeeded'), 'it is done');
$second->query('COMMIT');
is_clear($second->error, qr/recovery $recovery is not waiting for approval/);
$_->close foreach ($first, $second);
clean();

# Orders that make no sense: one error each, with a hint, and nothing begun

my $before = answer($node, 'SELECT count(*) FROM selfheal.recoveries');
my $idle = session($node, user => 'app');
my $pid = $idle->pid;
$idle->close;
wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid") == 0 });
foreach my $case (
	[ "approve(999999)",                        qr/there is no open recovery 999999/ ],
	[ 'approve(NULL)',                          qr/the recovery must not be null/ ],
	[ 'approve(-1)',                            qr/there is no open recovery -1/ ],
	[ "approve($recovery)",                     qr/recovery $recovery is not waiting for approval/ ],
	[ "reject($recovery)",                      qr/recovery $recovery is not waiting for approval/ ],
	[ 'explain(999999)',                        qr/there is no recovery 999999/ ],
	[ "trigger('terminate_blocker', '$pid')",   qr/there is no session with process id $pid/ ],
	[ "trigger('terminate_blocker', '0')",      qr/is not a process id/ ],
	[ "trigger('terminate_blocker', 'x')",      qr/is not a process id/ ],
	[ "trigger('terminate_blocker', '99999999999999')", qr/is not a process id/ ],
	[ "trigger('terminate_blocker', '')",       qr/names nobody/ ],
	[ "trigger('terminate_blocker', ',')",      qr/names nobody/ ],
	[ "trigger('terminate_blocker')",           qr/needs a target/ ],
	[ "trigger('kill_them_all', '$pid')",       qr/there is no remedy "kill_them_all"/ ],
	[ 'trigger(NULL)',                          qr/the remedy must not be null/ ],
	[ "trigger('monitor', '1')",                qr/there is no open failure to monitor/ ],
	[ 'stop(NULL)',                             qr/a reason must be given/ ],
	[ "pause('0 seconds')",                     qr/a pause lasts between a second and a year/ ],
	[ "pause('infinity')",                      qr/a pause lasts between|invalid input syntax/, 'not ours' ],
	[ "pause(NULL)",                            qr/the length of the pause must not be null/, 'no hint' ],
	[ "pause('1 hour', 'kitchen')",             qr/there is no component "kitchen" to pause/ ],
	[ "reset_breaker('nothing')",               qr/there is no remedy "nothing"/ ])
{
	my ($call, $expected, $no_hint) = @$case;
	my ($status, undef, $error) = $node->psql('postgres', "SELECT selfheal.$call");

	isnt($status, 0, "$call is refused");
	like($error, $expected, 'with a clear error');
	is(() = $error =~ /ERROR/g, 1, 'which is one');
	like($error, qr/HINT/, 'and a hint') unless $no_hint;
}
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries'), $before, 'none of it began anything');
is(answer($node, 'SELECT state FROM selfheal.status'), 'on', 'or changed an order');

# Expired: one is proposed, and nobody answers

configure($node, 'selfheal.proposal_expiry' => '4s');
proposed();
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'expired'), 'a proposal expires');
my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.approve($recovery, 'at last')");
is_clear($error, qr/recovery $recovery is not waiting for approval.*in stage "expired": nothing was done: nobody answered in time/s);
ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'as the failure still holds it is proposed again');

stop_node($node);
done_testing();

sub proposed
{
	($blocker, @waiters) = pile_up($node, 1);
	poll_until($node, 'SELECT target_pid FROM selfheal.proposals', $blocker->pid) or die 'nothing is proposed';
	$recovery = answer($node, 'SELECT id FROM selfheal.proposals');
}

sub clean
{
	$_->close foreach ($blocker, @waiters);
	poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'", 0);
	poll_until($node, "SELECT count(*) FROM selfheal.failures WHERE closed_at IS NULL", 0);
}

sub wait_gone
{
	poll_until($node, 'SELECT count(*) FROM pg_stat_activity WHERE pid = ' . $blocker->pid, 0);
}

# The same session blocks the same row again.
sub another_transaction
{
	$blocker->query('COMMIT');
	$_->result foreach @waiters;
	$blocker->query('BEGIN');
	$blocker->query('UPDATE hot SET n = n + 1 WHERE id = 1');
	push @waiters, waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
}

# With the engine stopped by the operating system, so that it notices nothing.
sub frozen
{
	my ($code) = @_;
	my $engine = engine_pid($node);

	kill('STOP', $engine);
	my $lived = eval { $code->(); 1 };
	my $why = $@;
	kill('CONT', $engine);
	die $why unless $lived;
}

sub is_clear
{
	my ($error, $expected) = @_;

	like($error, $expected, 'the error says what is wrong');
	is(() = $error =~ /ERROR/g, 1, 'it is one error');
	like($error, qr/HINT/, 'with a hint');
}
