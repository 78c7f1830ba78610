# Promise: what typically leads to trouble is told before anything has failed, by what it is seen, and judged by what comes;
# nothing is done for it, and a restart forgets none of it.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

# Nothing of it depends on the server's version, and learning what is usual takes its time.
oldest_server_only();

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.autonomy = full
selfheal.sample_interval = 20ms
selfheal.cpu_budget = 1
max_replication_slots = 40
CONF
my $early = "selfheal.predictions WHERE method = 'indicator' AND effect = 'wal_accumulation'";

# it is averted when it has been gone for a tenth of that
answer($node, "SELECT selfheal.update_causal_edge('inactive_slot', 'wal_accumulation', lag => '2 minutes')");
ok(poll_until($node, <<'SQL', 't', patience => 120), 'what is usual is known');
SELECT count(*) = 2 AND bool_and(samples >= 80) FROM selfheal.baselines
WHERE metric IN ('replication_slots_inactive', 'slot_retained_wal')
SQL
# Not dearer because other metrics cry wolf: on a busy machine there is a lot to see.
answer($node, "SELECT selfheal.set_sensitivity('replication_slots_inactive', false_alarms_per_day => 1000, reason => 'they come and go')");
configure($node, 'selfheal.sample_interval' => '100ms');
is(answer($node, "SELECT count(*) FROM $early"), 0, 'nothing is foreseen');

# Slots that nobody reads, and that keep nothing yet: the server is healthy.

answer($node, "SELECT count(pg_create_physical_replication_slot('left_behind_' || g)) FROM generate_series(1, 30) AS g");
ok(poll_until($node, <<"SQL"), 'what will follow is told before anything has failed');
SELECT count(*) = 1 AND bool_and(state = 'open' AND subject = 'WAL piles up' AND cause = 'inactive_slot'
	AND failure IS NULL AND journal IS NULL AND probability BETWEEN 0.5 AND 1 AND used_up_at BETWEEN since + '1 min' AND since + '3 min'
	AND evidence = '"Replication slot nobody reads" leads to it, and is seen: replication_slots_inactive is 30, usually 0')
FROM $early
SQL
is(answer($node, 'SELECT count(*) FROM selfheal.failures WHERE confirmed_at IS NOT NULL'), 0, 'nothing has failed');
like(answer($node, "SELECT message FROM selfheal.events WHERE kind = 'prediction_opened' AND subject = 'wal_accumulation'"),
	qr/^"WAL piles up" in about [\d.]+ (?:s|min), \d+ % likely: "Replication slot nobody reads" leads to it, and is seen: /,
	'it is among the events');
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_overhead()');
ok(poll_until($node, "SELECT heartbeats > $beats + 20 FROM selfheal.read_overhead()"), 'there is time to act on it');
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries'), 0, 'but nothing is done');
is(answer($node, "SELECT count(*) FROM pg_replication_slots WHERE slot_name ~ '^left_behind'"), 30, 'and all of them are there');
answer($node, "SELECT selfheal.reset_baselines('replication_slots_inactive')");
ok(poll_until($node, "SELECT samples >= 30 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive'"),
	'thirty of them are normal from then on');
my $told = answer($node, "SELECT id, since, probability_first FROM $early");
$node->restart;
is(answer($node, "SELECT id, since, probability_first FROM $early"), $told, 'a restart does not forget it');
# It looks every ten seconds, and what had been gone for twelve would be over.
ok(poll_until($node, 'SELECT heartbeats > 250 FROM selfheal.read_overhead()'), 'the engine is at work again');
is(answer($node, "SELECT state FROM $early"), 'open', 'what it leads to is not over because it is normal now');

answer($node, 'SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots');
ok(poll_until($node, "SELECT state FROM $early", 'averted', patience => 120), 'without what leads to it, it is averted');
is(answer($node, "SELECT averted >= 1 AND predictions >= came_true + averted + passed + gone AND missed = 0
			AND right_share IS NOT DISTINCT FROM came_true::float8 / nullif(came_true + passed, 0)
		FROM selfheal.prediction_stats WHERE resource = 'indicator'"),
	't', 'and counted, as neither right nor wrong');
is(answer($node, "SELECT predictions FROM selfheal.prediction_stats WHERE resource = 'cascade'"), 0, 'not as what follows from a failure');
like(answer($node, "SELECT message FROM selfheal.events WHERE kind = 'prediction_ended' AND subject = 'wal_accumulation'"),
	qr/^prediction \d+ averted after [\d.]+ \w+: "WAL piles up", of "Replication slot nobody reads"$/, 'and told');
$node->stop;
done_testing();
