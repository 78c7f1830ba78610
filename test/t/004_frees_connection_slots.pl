# Promise: when idle sessions have taken every connection slot, selfheal, which needs none, ends
# those idle longest, and a new client gets in. Sessions that do something are left alone.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
max_connections = 20
selfheal.connection_slots_patience = 500ms
selfheal.monitoring_interval = 1
selfheal.idle_session_age = 0
CONF

hot_table($node);

# The first two would be ended first, were they idle.
my $working = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 1',
	user => 'app', application => 'working');
my $busy = session($node, user => 'app', application => 'busy');
$busy->start('SELECT pg_sleep(600)');
my @idle = map { session($node, user => 'app', application => "idle $_") } 1 .. 15;

my ($status, undef, $error) =
  $node->psql('postgres', 'SELECT 1', extra_params => [ '-U', 'app' ]);
isnt($status, 0, 'every slot is taken');
like($error, qr/remaining connection slots are reserved/, 'a client is refused');

ok(poll_until($node, 'SELECT count(*) FROM selfheal.proposals', 1), 'it is seen and proposed');
like(
	answer($node, 'SELECT evidence FROM selfheal.proposals'),
	qr/1[78] of 17 connection slots are in use \(10\d %\)/,
	'with how many are in use');
is(answer($node, 'SELECT remedy FROM selfheal.proposals'), 'terminate_idle_sessions', 'and the remedy');

configure($node, 'selfheal.autonomy' => 'full');
answer($node, "SELECT selfheal.approve(id, 'clients are refused') FROM selfheal.proposals");
ok(poll_until($node, 'SELECT stage FROM selfheal.recoveries WHERE id = 1', 'succeeded'), 'it succeeds');

ok(eval { session($node, user => 'app') }, 'a new client gets in');
my $targets = answer($node, 'SELECT targets FROM selfheal.recoveries WHERE id = 1');
my @ended = grep { $_->is_gone } @idle;
my @named = grep { my $pid = $_->pid; $targets =~ /\b$pid \(started [^)]*\): signalled/ } @idle;

cmp_ok(scalar(@ended), '>=', 4, 'enough sessions were ended');
cmp_ok(scalar(@ended), '<=', 6, 'and no more than needed');
is_deeply([ map { $_->pid } @ended ], [ map { $_->pid } @named ], 'exactly those on record');
is_deeply(
	[ map { $_->pid } @ended ],
	[ map { $_->pid } @idle[ 0 .. $#ended ] ],
	'those that were idle longest');
is($working->query('COMMIT; SELECT 1'), 1, 'a session in a transaction was left alone');
is( answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = " . $busy->pid . " AND state = 'active'"),
	1, 'and so was one in a statement');
ok( poll_until($node,
		"SELECT status || ': ' || verdict FROM selfheal.failures WHERE id = 1",
		'closed: healed by terminate_idle_sessions (recovery 1)'),
	'the failure is closed');

stop_node($node);
done_testing();
