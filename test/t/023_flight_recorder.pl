# Promise: all metrics around a confirmed failure are kept, from before it began until after it, through a
# crash as well, and explain() says what was most unusual.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.ring_save_interval = 1s
selfheal.cpu_budget = 1
selfheal.autonomy = approve
selfheal.idle_blocker_patience = 1s
CONF
hot_table($node);

# What is usual

ok( poll_until($node, "SELECT max(at) - min(at) > interval '30 seconds' FROM selfheal.samples('load', '1 hour')", 't', patience => 60),
	'for a while nothing happens');
is(answer($node, 'SELECT count(*) FROM selfheal.failure_window'), 0, 'and nothing is frozen');

# A failure

my ($blocker, @waiters) = pile_up($node, 3);
ok(poll_until($node, 'SELECT count(*) = 1 FROM selfheal.failure_window'), 'a confirmed failure opens a window');
my $failure = answer($node, 'SELECT failure FROM selfheal.failure_window');
is( answer($node, "SELECT w.from_at <= f.since - interval '5 minutes', w.until_at = f.confirmed_at + interval '2 minutes' FROM selfheal.failure_window AS w JOIN selfheal.failures AS f ON f.id = w.failure"),
	't|t', 'from before it began until after it was confirmed');
ok( poll_until($node, "SELECT count(*) >= 20 FROM selfheal.failure_samples AS s JOIN selfheal.failures AS f ON f.id = s.failure WHERE s.metric = 'load' AND s.at < f.since"),
	'what was before it is kept');

# More of it comes, also after a crash

my $rows = kept();
answer($node, "SELECT selfheal.pause('1 second', 'all', 'to have something to write')");
ok(poll_until($node, 'SELECT count(*) > ' . $rows . " FROM selfheal.failure_samples WHERE metric = 'load'"), 'what comes later is added');
$rows = kept();
$_->close foreach ($blocker, @waiters);
crash_node($node);
$node->start;
answer($node, "UPDATE selfheal.failure_window SET until_at = now() + interval '10 seconds'");
ok( poll_until($node, "SELECT count(*) > $rows + 1 FROM selfheal.failure_samples WHERE metric = 'load'"),
	'a crash does not end it');
my $end = answer($node, 'SELECT until_at FROM selfheal.failure_window');
ok( wait_until(
		sub {
			answer($node, "SELECT selfheal.pause('1 second', 'all', 'to have something to write')");
			return answer($node, 'SELECT kept_until >= until_at FROM selfheal.failure_window') eq 't';
		}, 'the end of the window'),
	'it ends');
is(answer($node, "SELECT count(*) FROM selfheal.failure_samples WHERE at > '$end'"), 0, 'where it should');

# What is kept is what was sampled, no closer than a second

is( answer($node, <<'SQL'), '0', 'every row is one that was sampled');
SELECT count(*)
FROM selfheal.failure_samples AS s
WHERE s.metric = 'memory_available' AND s.resolution IS NULL AND NOT EXISTS (
	SELECT FROM selfheal.samples('memory_available', '1 hour') AS m WHERE m.at = s.at AND m.value IS NOT DISTINCT FROM s.value)
SQL
is( answer($node, <<'SQL'), '0', 'and no closer to the one before it than a second');
SELECT count(*)
FROM (
	SELECT s.at - lag(s.at) OVER (ORDER BY s.at) AS distance
	FROM selfheal.failure_samples AS s
	WHERE s.metric = 'load' AND s.resolution IS NULL
) AS s
WHERE s.distance < interval '1 s'
SQL
is(answer($node, "SELECT count(DISTINCT metric) = (SELECT count(*) FROM selfheal.metrics) FROM selfheal.flight_recorder($failure)"),
	't', 'of every metric');
is(answer($node, "SELECT bool_and(at >= previous) FROM (SELECT at, lag(at, 1, '-infinity') OVER () AS previous FROM selfheal.flight_recorder($failure)) AS s"),
	't', 'the flight recorder plays them in order');
is(answer($node, "SELECT count(*) FROM selfheal.flight_recorder($failure + 1)"), 0, 'there is none of another failure');
is(answer($node, "SELECT max(value) FROM selfheal.flight_recorder($failure) WHERE metric = 'lock_waiters'"), 3, 'the failure is in it');

# What was unusual. On a busy machine the first to wait may be sampled before there is a failure, and the
# end of the failure later than that of the waiting.

my $unusual = "selfheal.deviations($failure, (SELECT journal FROM selfheal.failure_window))";
my $all = $unusual =~ s/\)\)$/), 50)/r;
is(answer($node, "SELECT count(*) FROM $all WHERE metric = 'lock_waiters' AND before < 0.5 AND during > 1 AND score >= 3"), 1,
	'the metric that tells is among those that were unusual');
cmp_ok(answer($node, "SELECT count(*) FROM $unusual"), '<=', 5, 'which are few');
like(answer($node, "SELECT selfheal.explain(min(id)) FROM selfheal.recoveries WHERE failure = $failure"),
	qr/^Most unusual meanwhile: \w+ [0-9.]+ \(before [0-9.]+\)/m, 'explain() tells the worst of them');

# Forgotten

is(answer($node, 'SELECT selfheal.forget_windows(3600, 50)'), 0, 'nothing is forgotten before its time');
is(answer($node, 'SELECT selfheal.forget_windows(3600, 0)'), 1, 'too many are forgotten');
is(answer($node, 'SELECT count(*) FROM selfheal.failure_sample'), 0, 'with their samples');

stop_node($node);
done_testing();

sub kept
{
	return answer($node, "SELECT count(*) FROM selfheal.failure_samples WHERE metric = 'load'");
}
