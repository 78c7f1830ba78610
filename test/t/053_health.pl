# Promise: health says of every component whether it is well, and names why not; it is proven by a write that is read back,
# and never healthy when nobody can tell; what changes is on record once, in order, also after a restart.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.autonomy = observe
selfheal.sample_interval = 200ms
selfheal.idle_blocker_patience = 500ms
selfheal.health_check_interval = 500ms
selfheal.health_check_timeout = 1s
CONF
hot_table($node);

# At rest

is_state('locks', 'healthy', qr/^nothing is wrong$/, 'locks are well at rest');
is_state('databases', 'healthy', qr/^nothing is wrong$/, 'so are databases');
like(answer($node, "SELECT probe, probe_ms > 0, probed_at > clock_timestamp() - interval '1 min' FROM selfheal.health WHERE component = 'databases'"),
	qr/^written and read\|t\|t$/, 'which is proven by a write that was read back');

# A lock pile-up

my ($blocker, @waiters) = pile_up($node, 2);
is_state('locks', 'failed', qr/^failure 1, lock pile-up behind an idle transaction: /, 'a lock pile-up is told, with the failure');
is(answer($node, 'SELECT health, worst_component FROM selfheal.status'), 'failed|locks', 'status names the worst');
$blocker->close;
is($_->result . $_->error, '', 'a waiter gets on') foreach @waiters;

# Commits that wait for a standby that is not there

# and from here on nobody is blamed for a pile-up: the probe itself will wait behind a session that is idle
configure($node, synchronous_standby_names => 'nobody', 'selfheal.idle_blocker_patience' => '1h');
my $writer = session($node);
# again and again, as the server learns of the setting in its own time
$writer->start('DO $$ BEGIN LOOP UPDATE hot SET n = n + 1 WHERE id = 100; COMMIT; PERFORM pg_sleep(0.01); END LOOP; END $$');
ok(poll_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'}, 1), 'a commit waits');
my $number = answer($node, 'SELECT number FROM selfheal.probe');
ok(poll_until($node, "SELECT number > $number + 1 FROM selfheal.probe"), 'the probe does not wait with it');
configure($node, synchronous_standby_names => '');
answer($node, 'SELECT pg_terminate_backend(' . $writer->pid . ')');

# A database that cannot be written

my $offset = log_offset($node);
my $locker = session($node);
$locker->query('BEGIN; LOCK TABLE selfheal.probe');
is_state('databases', 'failed', qr/^the last \d+ probes failed: table selfheal.probe is locked by somebody$/, 'a write that fails is told, with the reason');
is(answer($node, "SELECT probe FROM selfheal.health WHERE component = 'databases'"), 'failed', 'as how the probe ended');
configure($node, default_transaction_read_only => 'on');
$locker->query('COMMIT');
is_state('databases', 'failed', qr/^the last \d+ probes failed: sessions are read-only: default_transaction_read_only is on$/, 'so are sessions that must not write');
is_state('locks', 'healthy', qr/^nothing is wrong$/, 'by now the pile-up is over');
my @failures = slurp($offset) =~ /WARNING:  selfheal: the probe of database "postgres" failed: /g;
ok(@failures >= 1 && @failures <= 2, 'the log has it, and not for each probe');
like(slurp($offset), qr/probe of database "postgres" failed: table selfheal.probe is locked.*\n.*HINT:  See who holds selfheal.probe in pg_locks/,
	'and what to do');

# A probe that is not possible proves nothing, neither way

$node->psql('postgres', 'SET default_transaction_read_only = off; ALTER EXTENSION selfheal DROP TABLE selfheal.probe; DROP TABLE selfheal.probe');
configure($node, default_transaction_read_only => 'off');
is_state('databases', 'unknown', qr/^no probe: somebody dropped its table selfheal.probe; selfheal.diagnose\(\) says how to make it again$/, 'without its table nobody knows');
my $hint = answer($node, "SELECT hint FROM selfheal.diagnose() WHERE condition = 'probe' AND NOT met");
like($hint, qr/CREATE TABLE selfheal\.probe .*ALTER EXTENSION selfheal ADD TABLE selfheal\.probe/, 'diagnose() says how to make it again');
$hint =~ /(CREATE TABLE .*\)), then (ALTER EXTENSION .*probe)\. /;
answer($node, "$1; $2");
is_state('databases', 'healthy', qr/^nothing is wrong$/, 'which ends it');

# Nobody looks

configure($node, 'selfheal.enabled' => 'off');
ok(poll_until($node, "SELECT bool_and(state = 'unknown' AND reason = 'nobody looks: selfheal.enabled is off') FROM selfheal.health"),
	'switched off it knows nothing of any');
is(answer($node, 'SELECT health FROM selfheal.status'), 'unknown', 'nor of all');
configure($node, 'selfheal.enabled' => 'on');
is_state('locks', 'healthy', qr/^nothing is wrong$/, 'switched on it does again');

# On record, and over a restart

my $story = "SELECT string_agg(from_state || ' ' || to_state, ', ' ORDER BY sequence) FROM selfheal.health_history WHERE component = ";
my $broken = 'SELECT count(*) FROM (SELECT from_state <> lag(to_state) OVER (PARTITION BY component ORDER BY sequence) AS torn FROM selfheal.health_history) AS h WHERE torn';
my $twice = 'SELECT count(*) - count(DISTINCT (journal, sequence)) FROM selfheal.health_history';
my $databases = qr/(degraded|healthy) failed, failed unknown, unknown healthy/;
my $locks = answer($node, "$story 'locks'");
is($locks, 'healthy failed, failed healthy', 'what happened to locks is on record');
like(answer($node, "$story 'databases'"), $databases, 'and what happened to databases');
like(answer($node, "SELECT message FROM selfheal.events WHERE kind = 'health_changed' AND subject = 'locks' ORDER BY sequence LIMIT 1"),
	qr/^failed, was healthy: failure 1, lock pile-up/, 'each change is an event');
$node->restart;
is_state('locks', 'healthy', qr/^nothing is wrong$/, 'after a restart it is judged anew');
is_state('databases', 'healthy', qr/^nothing is wrong$/, 'with a new probe');
is(answer($node, "$story 'locks'"), $locks, 'a restart is no change');
like(answer($node, "$story 'databases'"), $databases, 'of any');
is(answer($node, $broken), 0, 'every change begins where the one before ended');
is(answer($node, $twice), 0, 'and none is there twice');

stop_node($node);
done_testing();

# Waits until a component is in that state for that reason.
sub is_state
{
	my ($component, $state, $reason, $name) = @_;
	my $now = '';

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok( wait_until(
			sub {
				(undef, $now) = $node->psql('postgres', "SELECT state, reason FROM selfheal.health WHERE component = '$component'");
				return $now =~ /^\Q$state\E\|(.*)$/ && $1 =~ $reason;
			}),
		$name) or diag("$component: $now");
}

sub slurp
{
	my ($from) = @_;

	return PostgreSQL::Test::Utils::slurp_file($node->logfile, $from);
}
