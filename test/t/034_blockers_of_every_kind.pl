# Promise: whoever holds others up is found for what it is and got out of the way by the gentlest means: an
# idle session's advisory lock, a schema change that waits for one reader while everybody waits for it, a
# prepared transaction - and that one only when somebody said so.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'lock_pileup_advisory=500ms, ddl_queue=500ms, lock_pileup_prepared=500ms'
selfheal.active_blocker_patience = 600s
selfheal.cooldown = 0
max_prepared_transactions = 5
CONF

hot_table($node);
answer($node, 'ALTER TABLE hot OWNER TO app');

# An advisory lock that an idle session forgot

my $holder = session($node, application => 'forgetful', user => 'app');
$holder->query('SELECT pg_advisory_lock(7)');
my ($waiter) = waiters($node, 1, 'SELECT pg_advisory_lock(7)', user => 'app');
ok(poll_until($node, newest(), 'lock_pileup_advisory terminate_blocker succeeded'),
	'an idle session that holds an advisory lock is ended');
is($waiter->result . $waiter->error, '', 'and who waited for it goes on');
$holder->query('SELECT 1');
ok($holder->is_gone, 'the holder is gone');
$waiter->close;

# A schema change behind a long reader, and everybody behind the schema change

my $reader = session($node, application => 'report', user => 'app');
$reader->start('SELECT pg_sleep(600) FROM hot WHERE id = 1');
wait_until(sub { answer($node, q{SELECT count(*) FROM pg_locks WHERE relation = 'hot'::regclass}) > 0 },
	'the report runs');
my $ddl = session($node, application => 'migration', user => 'app');
$ddl->start('ALTER TABLE hot ADD COLUMN note text');
wait_until(
	sub { answer($node, q{SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted}) == 1 },
	'the migration waits');
my @behind = map { session($node, application => "behind $_", user => 'app') } 1 .. 3;
$_->start('SELECT n FROM hot WHERE id = 2') foreach @behind;
ok(poll_until($node, newest(), 'ddl_queue cancel_blocker succeeded'), 'the queue behind it is broken up');
$ddl->result;
like($ddl->error, qr/canceling statement due to user request/, 'by cancelling the migration');
ok(!$ddl->is_gone, 'which keeps its session');
$_->result foreach @behind;
is(join('', map { $_->error } @behind), '', 'those behind it go on');
is(answer($node, q{SELECT state FROM pg_stat_activity WHERE application_name = 'report'}),
	'active', 'and the report was left alone');
like(answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'ddl_queue' ORDER BY id DESC LIMIT 1}),
	qr/^\d sessions? queues? behind session \d+ \(application "migration"\)/, 'the failure says who');

# A migration that waits alone is its own affair

$ddl->start('ALTER TABLE hot ADD COLUMN note text');
wait_until(
	sub { answer($node, q{SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted}) == 1 },
	'it waits again');
my $before = answer($node, 'SELECT count(*) FROM selfheal.recoveries');
beats_for(3);
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries'), $before, 'nobody is touched for it');
$_->close foreach $reader, $ddl, @behind;
answer($node, q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('report', 'migration')});

# A prepared transaction

my $preparer = session($node, user => 'app');
$preparer->query('BEGIN');
$preparer->query('UPDATE hot SET n = n + 1 WHERE id = 1');
$preparer->query(q{PREPARE TRANSACTION 'it''s mine'});
is($preparer->error, '', 'a transaction is prepared');
($waiter) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
ok(poll_until($node, newest(), 'lock_pileup_prepared rollback_prepared proposed'),
	'to roll it back is proposed, also in full autonomy');
like(answer($node, 'SELECT asked_because FROM selfheal.proposals'), qr/cannot be taken back/, 'and why');
my $id = answer($node, 'SELECT id FROM selfheal.proposals');
answer($node, "SELECT selfheal.approve($id, 'its manager is gone')");
ok(poll_until($node, newest(), 'lock_pileup_prepared rollback_prepared succeeded'), 'approved, it is done');
is($waiter->result . $waiter->error, '', 'and who waited goes on');
is(answer($node, 'SELECT count(*) FROM pg_prepared_xacts'), '0', 'it is gone');
like(
	answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $id AND stage = 'executing'"),
	qr/^intent: ROLLBACK PREPARED 'it''s mine'$/, 'its name was written down before');

# Granted by name

configure($node, 'selfheal.granted_remedies' => 'rollback_prepared');
$preparer->query('BEGIN');
$preparer->query('UPDATE hot SET n = n + 1 WHERE id = 3');
$preparer->query(q{PREPARE TRANSACTION 'orphan'});
($waiter) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 3', user => 'app');
ok(poll_until($node, newest(), 'lock_pileup_prepared rollback_prepared succeeded'),
	'granted by name, it is done without asking');
is($waiter->result . $waiter->error, '', 'and who waited goes on');

# By hand

$preparer->query('BEGIN');
$preparer->query('UPDATE hot SET n = n + 1 WHERE id = 4');
$preparer->query(q{PREPARE TRANSACTION 'third'});
is( answer($node, q{SELECT statements, locks FROM selfheal.trigger('rollback_prepared', 'third', dry_run => true)}),
	q{ROLLBACK PREPARED 'third'|none but those it gives back},
	'a dry run says what would be called');
is(answer($node, 'SELECT count(*) FROM pg_prepared_xacts'), '1', 'and does nothing');
answer($node, q{SELECT selfheal.trigger('rollback_prepared', 'third')});
ok(poll_until($node, 'SELECT count(*) FROM pg_prepared_xacts', '0'), 'by hand it is done');
my ($status, $out, $err) = $node->psql('postgres', q{SELECT selfheal.trigger('rollback_prepared', 'nobody''s')});
like($err, qr/there is no prepared transaction "nobody's"/, 'a wrong name is told');

# One that a superuser owns

$node->safe_psql('postgres', q{BEGIN; UPDATE hot SET n = n + 1 WHERE id = 5; PREPARE TRANSACTION 'root'});
($waiter) = waiters($node, 1, 'UPDATE hot SET n = n + 1 WHERE id = 5', user => 'app');
ok( poll_until($node,
		q{SELECT verdict LIKE 'nothing is done: the target is a protected session, or belongs to somebody protected (protected_session)%' FROM selfheal.failures WHERE type = 'lock_pileup_prepared' ORDER BY id DESC LIMIT 1}),
	"a superuser's is left alone, and it is said why");
is(answer($node, 'SELECT count(*) FROM pg_prepared_xacts'), '1', 'it is still there');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'root'});
is($waiter->result . $waiter->error, '', 'its owner ends it');

stop_node($node);
done_testing();

# The newest recovery: failure, remedy, stage.
sub newest
{
	return q{SELECT failure_type || ' ' || remedy || ' ' || stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1};
}

sub beats_for
{
	my ($seconds) = @_;
	my $now = answer($node, 'SELECT clock_timestamp()');

	return poll_until($node, "SELECT heartbeat_at > '$now'::timestamptz + interval '$seconds s' FROM selfheal.status");
}
