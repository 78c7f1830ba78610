# Promise: a throttle keeps statements to its limit and lets nobody hang: waits can be
# interrupted, are bounded, cannot be part of a deadlock, and hold nobody up who waits for a
# lock. Nobody's end leaves a slot taken. Those who must never be slowed are not, and whoever is
# slowed is told why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = heal_node('throttle', conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.autonomy = observe
selfheal.throttle_max_wait = 5s
CONF
hot_table($node);
answer($node, 'CREATE DATABASE elsewhere');
answer($node, <<'SQL');
CREATE ROLE helper LOGIN IN ROLE selfheal_operator;
CREATE FUNCTION read_hot() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM hot); END';
SQL

sub throttle
{
	my ($arguments, $function) = @_;

	return answer($node, sprintf('SELECT selfheal.%s(%s)', $function // 'throttle', $arguments));
}

sub lift_all
{
	answer($node, 'SELECT selfheal.unthrottle(id) FROM selfheal.throttles');
}

sub figure
{
	my ($column) = @_;

	return answer($node, "SELECT $column FROM selfheal.throttles");
}

# A session that throttles of application limited fit, but not before it has begun.
sub limited
{
	my (%option) = @_;
	my $session = session($node, user => 'app', %option);

	$session->query("SET application_name = 'limited'");
	return $session;
}

# One more statement that waits for its turn, when this returns.
sub waiting
{
	my ($sql, %option) = @_;
	my $before = figure('waiting');
	my $session = limited(%option);

	$session->query($option{first}) if defined $option{first};
	$session->start($sql);
	poll_until($node, 'SELECT waiting FROM selfheal.throttles', $before + 1)
	  or die 'the statement does not wait';
	return $session;
}

# The only slot is taken, when this returns.
sub taken
{
	my ($sql, %option) = @_;
	my $session = limited(%option);

	$session->start($sql // 'SELECT pg_sleep(100)');
	poll_until($node, 'SELECT holding = 1 FROM selfheal.throttles') or die 'the slot is free';
	return $session;
}

sub end_session
{
	my ($session) = @_;

	answer($node, 'SELECT pg_terminate_backend(' . $session->pid . ')');
	$session->result;
}

# Seconds that a piece of work takes.
sub timed
{
	my ($work) = @_;
	my $begun = time;

	$work->();
	return time - $begun;
}

sub tps
{
	my ($script, $user) = @_;
	my $file = $node->basedir . '/script.sql';

	unlink($file);
	PostgreSQL::Test::Utils::append_to_file($file, $script);
	my ($out, $err) = run_command([ 'pgbench', '-n', '-U', $user, '-c', 8, '-T', 3,
			'-f', $file, $node->connstr('postgres') ]);
	my ($tps) = $out =~ /tps = ([\d.]+)/;
	return $tps // die "$out\n$err";
}

# Limits are kept.

my $id = throttle("role => 'app', slots => 2, reason => 'too much'");
my $tps = tps('SELECT pg_sleep(0.05);', 'app');
cmp_ok($tps, '<', 41, 'two slots of 50 ms each are at most 40 statements a second');
cmp_ok($tps, '>', 20, 'and not much less');
is(figure('let_through'), 0, 'nobody passed by');
is(figure("longest_wait < interval '2 s'"), 't', 'nobody was forgotten: who comes first goes first');
cmp_ok(figure('delayed'), '>', 50, 'who waited is counted');
is(figure('waiting + holding'), 0, 'and nothing is left behind');
cmp_ok(tps('SELECT pg_sleep(0.05);', 'postgres'), '>', 41, 'a superuser is not slowed');
cmp_ok(tps('SELECT pg_sleep(0.05);', 'helper'), '>', 41, 'nor is who responds');
lift_all();
cmp_ok(tps('SELECT pg_sleep(0.05);', 'app'), '>', 41, 'lifted is lifted');

throttle("role => 'app', per_second => 50");
$tps = tps('SELECT 1;', 'app');
cmp_ok($tps, '<', 60, 'fifty a second are fifty a second');
cmp_ok($tps, '>', 30, 'and not much less');
lift_all();

# Waits can be interrupted, and who is slowed is told.

my $limited = "role => 'app', application => 'limited'";
throttle("$limited, slots => 1, reason => 'a test'");
my $holder = taken();
my $session = waiting('SELECT 1', first => "SET statement_timeout = '300ms'");
$session->result;
like($session->error, qr/statement timeout/, 'a waiting statement times out');
$session = waiting('SELECT 1');
is( answer($node, 'SELECT wait_event_type || wait_event FROM pg_stat_activity WHERE pid = ' . $session->pid),
	$node->pg_version < 17 ? 'ExtensionExtension' : 'ExtensionSelfhealThrottle',
	'what it waits for is seen');
answer($node, 'SELECT pg_cancel_backend(' . $session->pid . ')');
$session->result;
like($session->error, qr/user request/, 'it can be cancelled');
$session->start('SELECT 1');
poll_until($node, 'SELECT waiting = 1 FROM selfheal.throttles');
answer($node, 'SELECT pg_terminate_backend(' . $session->pid . ')');
$session->result;
ok($session->is_gone, 'it can be terminated');
is(figure('waiting'), 0, 'those who gave up do not wait any more');

$session = waiting('SELECT 2');
end_session($holder);
is($session->result, 2, 'a slot whose owner was terminated is free');
like($session->error,
	qr/^psql:\S+ NOTICE:  this statement waited \d+\.\d\d s: role app by application limited is limited to 1 statement at a time by selfheal \(throttle \d+\) until .*\nDETAIL:  Ordered by \S+: a test\.$/,
	'whoever waited is told why');
$holder = taken();
$session->start('SELECT 3');
poll_until($node, 'SELECT waiting = 1 FROM selfheal.throttles');
answer($node, 'SELECT selfheal.unthrottle(id) FROM selfheal.throttles');
is($session->result, 3, 'lifting it sets those free who wait');
unlike($session->error, qr/NOTICE/, 'the same is not told twice in a row');
end_session($holder);

# A client that is gone without a word.

throttle("$limited, slots => 1");
$holder = taken("SET client_connection_check_interval = '100ms'; SELECT pg_sleep(100)");
$holder->close;
ok(poll_until($node, 'SELECT holding = 0 FROM selfheal.throttles'), 'its slot is free');

# No deadlock that nobody sees: each of these would last as long as the longest wait.

my $update = 'UPDATE hot SET n = n + 1 WHERE id = ';
my $owner = limited();
$owner->query('BEGIN');
$owner->query($update . 1);
$holder = taken($update . 1);
cmp_ok(timed(sub { $owner->query($update . 2) }), '<', 2, 'who has written does not wait');
$owner->query('COMMIT');
$holder->result;
is($holder->error, '', 'and the other one goes on');

$owner->query('SELECT pg_advisory_lock(7)');
$holder = taken('SELECT pg_advisory_lock(7)');
cmp_ok(timed(sub { $owner->query('SELECT pg_advisory_unlock(7)') }),
	'<', 2, 'who holds an advisory lock does not wait');
$holder->result;
$holder->query('SELECT pg_advisory_unlock_all()');

$owner->query('BEGIN');
$owner->query('LOCK TABLE hot');
$holder = taken('SELECT read_hot()');
cmp_ok(timed(sub { $owner->query('SELECT 1') }), '<', 2, 'who has locked a table does not wait');
$owner->query('COMMIT');
is($holder->result, 100, 'and the other one goes on');

$holder = taken();
$session = waiting($update . 3);
cmp_ok(timed(sub { answer($node, 'BEGIN; LOCK TABLE hot; COMMIT') }),
	'<', 3, 'who waits for the lock of a waiting statement does not wait long');
$session->result;
is($session->error =~ /ERROR/, '', 'as that goes on');
end_session($holder);
$holder = taken('SELECT pg_sleep(100)', database => 'elsewhere');
$session = waiting($update . 4);
cmp_ok(timed(sub { answer($node, 'CREATE INDEX CONCURRENTLY late ON hot (n)') }),
	'<', 3, 'nor does who waits for all transactions to end');
$session->result;
is(figure('let_through'), 2, 'both are counted');

# A throttle that comes when a transaction is under way.

lift_all();
$owner->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
$owner->query('SELECT count(*) FROM hot');
throttle("$limited, slots => 1");
poll_until($node, 'SELECT holding = 0 FROM selfheal.throttles');
$session = limited();
$session->start('SELECT pg_sleep(100)');
poll_until($node, 'SELECT holding = 1 FROM selfheal.throttles');
cmp_ok(timed(sub { $owner->query('SELECT 1') }), '<', 2, 'it does not wait for it');
$owner->query('COMMIT');
end_session($session);
end_session($holder);

# Longest wait

configure($node, 'selfheal.throttle_max_wait' => '500ms');
$holder = taken();
$session = limited();
my $took = timed(sub { is($session->query('SELECT 5'), 5, 'it goes on') });
cmp_ok($took, '>', 0.49, 'after the longest wait');
cmp_ok($took, '<', 3, 'and not later');
is(figure('let_through'), 1, 'which is counted');
lift_all();
throttle("$limited, slots => 1, overflow => 'refuse'");
end_session($holder);
$holder = taken();
$session->query('SELECT 6');
like($session->error, qr/ERROR:  gave up after 0\.\d+ s: role app by application limited is limited to 1 statement/, 'or it is refused');
is(figure('refused'), 1, 'which is counted');
end_session($holder);
lift_all();
configure($node, 'selfheal.throttle_max_wait' => '5s');

# Quarantine

$owner->query('BEGIN');
$owner->query('SELECT 1');
throttle("role => 'app', reason => 'it ran wild'", 'quarantine');
is($owner->query($update . 5 . ' RETURNING 7'), 7, 'a transaction that has begun may go on');
$owner->query('COMMIT');
is($owner->error, '', 'and commit');
$owner->query('SELECT 1');
like( $owner->error,
	qr/ERROR:  role app is in quarantine by selfheal \(throttle (\d+)\) until .*\nDETAIL:  Ordered by \S+: it ran wild\.\nHINT:  An operator can lift it: SELECT selfheal\.unthrottle\(\1\)\.$/,
	'the next is refused, and told why, by whom and for how long');
foreach my $sql ('COPY hot TO STDOUT', 'DO $$BEGIN END$$', 'CREATE TEMPORARY TABLE t ()',
	'BEGIN; SAVEPOINT a; SELECT 1', 'VACUUM hot', 'LOCK TABLE hot', 'EXPLAIN ANALYZE SELECT 1')
{
	$owner->query($sql);
	like($owner->error, qr/in quarantine/, "$sql is refused");
	$owner->query('ROLLBACK');
}
is($owner->query('SHOW work_mem'), '4MB', 'what does nothing is not');
is(answer($node, 'SELECT 1'), 1, 'others do not notice');
is($node->safe_psql('postgres', 'SELECT 1', connstr => $node->connstr('postgres') . ' user=helper'),
	1, 'nor do those who respond');
is( answer($node, "SELECT count(*) FROM selfheal.audit_log
		WHERE action = 'throttled' AND message LIKE 'role app is in quarantine%it ran wild'"),
	1, 'it is in the audit log');
configure($node, 'selfheal.protected_sessions' => 'application:important*');
$session = session($node, user => 'app', application => 'important 1');
is($session->query('SELECT 8'), 8, 'a protected session is left alone');
configure($node, 'selfheal.gate' => 'off');
ok(wait_until(sub { $owner->query('SELECT 9') eq '9' }), 'with the gate off it has no effect');
configure($node, 'selfheal.gate' => 'on');
ok(wait_until(sub { $owner->query('SELECT 9') eq '' }), 'and has it again');
lift_all();
is($owner->query('SELECT 1'), 1, 'lifted is lifted');

# Scopes

my $query = answer($node, "SELECT query_id FROM pg_stat_activity WHERE pid = pg_backend_pid()");
foreach my $scope ("application => 'batch*'", "database => 'elsewhere'", "address => '[local]'",
	"role => 'app', database => 'elsewhere'", "query_id => $query")
{
	my $hit = session($node, user => 'app', application => 'batch 1', database => 'elsewhere');

	$id = throttle($scope, 'quarantine');
	$hit->query("SELECT query_id FROM pg_stat_activity WHERE pid = pg_backend_pid()");
	like($hit->error, qr/in quarantine/, "$scope fits");
	my $miss = session($node, user => 'helper', application => 'batch 1', database => 'elsewhere');
	is($miss->query('SELECT 1'), 1, 'but not who is exempt');
	if ($scope !~ /local/)
	{
		is($owner->query('SELECT 1'), 1, 'nor another');
	}
	lift_all();
}

# Whose statements take the time: those that run, not those that are held up.

my $runner = session($node, user => 'app', application => 'runner');
my $held = session($node, user => 'app', application => 'held');
throttle("role => 'app', slots => 1");
$runner->start('SELECT pg_sleep(100)');
poll_until($node, 'SELECT holding = 1 FROM selfheal.throttles');
$held->start('SELECT 1');
poll_until($node, 'SELECT waiting = 1 FROM selfheal.throttles');
ok( poll_until($node, "SELECT busy_seconds > 1.5 FROM selfheal.load_shares WHERE kind = 'application' AND name = 'runner'"),
	'a statement that has not ended counts');
is( answer($node, "SELECT count(*) FROM selfheal.load_shares WHERE kind = 'application' AND name = 'held' AND busy_seconds > 1"),
	0, 'one that is held up does not');
is( answer($node, "SELECT count(*) FROM (SELECT sum(share) FROM selfheal.load_shares GROUP BY kind HAVING sum(share) BETWEEN 0.999 AND 1.001) AS s"),
	4, 'the shares of each kind are the whole');
end_session($runner);
$held->result;
lift_all();

# Time-boxed; at once, also when rolled back; a restart lifts it.

answer($node, "BEGIN; SELECT selfheal.quarantine(role => 'app', duration => '2 seconds'); ROLLBACK");
$owner->query('SELECT 1');
like($owner->error, qr/in quarantine/, 'it holds although its transaction was rolled back');
ok(wait_until(sub { $owner->query('SELECT 1') eq '1' }), 'and ends by itself');
ok(poll_until($node, "SELECT count(*) = 1 FROM selfheal.audit_log WHERE action = 'throttle_expired'"),
	'which is recorded');
throttle("role => 'app'", 'quarantine');
$holder = session($node);
kill('KILL', $holder->pid);
ok(poll_until($node, 'SELECT count(*) = 0 FROM selfheal.throttles'), 'a crash lifts it');
is(session($node, user => 'app')->query('SELECT 1'), 1, 'really');

stop_node($node);
done_testing();
