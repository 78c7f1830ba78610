# Promise: no protected session is ever signalled, whoever asks; the failure says why nothing is
# done, and an order to do it all the same is refused.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.idle_blocker_patience = 200ms
selfheal.protected_sessions = 'role:batch_*, payroll, application:nightly*, database:ledger'
CONF

hot_table($node);
answer($node, 'CREATE ROLE responder LOGIN IN ROLE selfheal_operator');
answer($node, 'CREATE ROLE deputy LOGIN NOINHERIT IN ROLE responder');
answer($node, 'CREATE ROLE batch_7 LOGIN');
answer($node, 'GRANT ALL ON hot TO responder, deputy, batch_7');
answer($node, 'CREATE DATABASE ledger');
answer($node, 'CREATE TABLE hot (id integer PRIMARY KEY, n integer); INSERT INTO hot VALUES (1, 0); GRANT ALL ON hot TO app',
	'ledger');

my $log_start = log_offset($node);
my %user = (user => 'app');
my @blockers;
my $row = 0;

# The control: without protection the same fault is healed, so what follows proves something.

my ($blocker, @waiters) = pile_up($node, 1, row => 99);
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE target_pid = " . $blocker->pid, 'succeeded'),
	'a session without protection is ended');
is_left_alone('a superuser', qr/superuser/, user => answer($node, 'SELECT current_user'));
is_left_alone('a responder', qr/selfheal admin or operator/, user => 'responder');
is_left_alone('a member of a responder', qr/selfheal admin or operator/, user => 'deputy');
is_left_alone('a dump', qr/backup|dump/, %user, application => 'pg_dump');
is_left_alone('a dump by another case', qr/backup|dump/, %user, application => 'pgBackRest [backup]');
is_left_alone('a role of the list', qr/protected_sessions/, user => 'batch_7');
is_left_alone('an application of the list', qr/protected_sessions/, %user, application => 'payroll');
is_left_alone('a pattern of the list', qr/protected_sessions/, %user, application => 'nightly report');
is_left_alone('a database of the list', qr/protected_sessions/, %user, database => 'ledger');

# Ones that are no clients at all

my $engine = engine_pid($node);
my ($status, undef, $error) =
  $node->psql('postgres', "SELECT selfheal.trigger('terminate_blocker', '$engine', 'a test')");
isnt($status, 0, 'an order against the engine is refused');
like($error, qr/this must not be done.*not an ordinary client session/s, 'with the reason');
($status, undef, $error) = $node->psql('postgres',
	"SELECT selfheal.trigger('cancel_blocker', pg_backend_pid()::text, 'a test')");
isnt($status, 0, 'and so is one against the session that gives it');

is($_->[1]->query('SELECT 1'), 1, "$_->[0] is still there") foreach @blockers;
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries'), 1, 'there was no other recovery');
is(() = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log_start) =~
	  /terminating connection|canceling statement/g, 1, 'and nobody else was signalled');

# A list that cannot be read is refused, and the old one stays.

$log_start = log_offset($node);
$node->append_conf('postgresql.conf', "selfheal.protected_sessions = 'rol:x'");
$node->reload;
ok(wait_for_log($node, qr/invalid value for parameter "selfheal.protected_sessions"/, $log_start),
	'a bad list is refused');
like(answer($node, 'SHOW selfheal.protected_sessions'), qr/payroll/, 'and the one before stays');

stop_node($node);
done_testing();

sub is_left_alone
{
	my ($who, $reason, %option) = @_;
	my $database = $option{database} // 'postgres';
	my $id = $option{database} ? 1 : ++$row;
	my $sql = "UPDATE hot SET n = n + 1 WHERE id = $id";
	my $blocker = idle_in_transaction($node, $sql, %option);
	my ($waiter) = waiters($node, 1, $sql, user => 'app', database => $database);
	my $pid = $blocker->pid;

	push @blockers, [ $who, $blocker, $waiter ];
	ok( poll_until($node, "SELECT count(*) FROM selfheal.failures WHERE culprit_pid = $pid AND status = 'confirmed' AND verdict LIKE 'nothing is done: session $pid %'", 1),
		"a pile-up behind $who is confirmed, and nothing is done");
	like(answer($node, "SELECT verdict FROM selfheal.failures WHERE culprit_pid = $pid"),
		$reason, 'the failure says why');
	my $idle = session($node, %option);

	foreach my $order ([ 'terminate_blocker', $pid ], [ 'cancel_blocker', $pid ],
		[ 'terminate_idle_sessions', $idle->pid ])
	{
		my ($remedy, $target) = @$order;
		my ($status, undef, $error) = $node->psql('postgres',
			"SELECT selfheal.trigger('$remedy', '$target', 'a test')");

		ok($status != 0 && $error =~ /this must not be done/ && $error =~ $reason,
			"an order to use $remedy on it is refused")
		  or diag($error);
	}
	push @blockers, [ "$who that is idle", $idle ];
	return;
}
