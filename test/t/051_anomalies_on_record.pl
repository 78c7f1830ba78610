# Promise: what people have said about anomalies, and what anomalies there were, outlives a crash; what a
# crash left open is over. detect() works on a standby, where nothing can be written.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'END');
selfheal.sample_interval = 20ms
selfheal.cpu_budget = 1
max_replication_slots = 110
END
my $slots = "metric = 'replication_slots_inactive'";

poll_until($node, "SELECT samples >= 80 FROM selfheal.baselines WHERE $slots");
# Not dearer because other metrics cry wolf: on a busy machine there is a lot to see.
answer($node, "SELECT selfheal.set_sensitivity('replication_slots_inactive', false_alarms_per_day => 1000, reason => 'they come and go')");
# slowly, so that it is not the new normal before all is said
configure($node, 'selfheal.sample_interval' => '100ms');
slots(30);
ok(poll_until($node, "SELECT EXISTS (SELECT FROM selfheal.anomalies WHERE $slots AND closed_at IS NULL AND peak_value = 30)"), 'an anomaly opens');
my $marked = answer($node, "SELECT id FROM selfheal.anomalies WHERE $slots");
answer($node, "SELECT selfheal.mark_false_positive($marked, 'a test')");
# In the metric's unit: the spread is another one once ninety have been seen.
my $bar = "SELECT round(bar * spread) FROM selfheal.baselines WHERE $slots";
my $height = answer($node, $bar);
slots(0);
poll_until($node, "SELECT value = 0 FROM selfheal.metrics WHERE name = 'replication_slots_inactive'");
slots(90);
ok(poll_until($node, "SELECT EXISTS (SELECT FROM selfheal.anomaly WHERE $slots AND closed_at IS NULL AND id > $marked)"),
	'one above the bar opens and is written down');
my $left = answer($node, "SELECT id FROM selfheal.anomaly WHERE $slots AND closed_at IS NULL AND id > $marked");

crash_node($node);
$node->start;
ok(poll_until($node, "SELECT ended FROM selfheal.anomalies WHERE id = $left", 'restart'), 'what a crash left open is over');
is( answer($node, "SELECT ended, false_positive, marked_reason FROM selfheal.anomalies WHERE id = $marked"),
	'false positive|t|a test',
	'what was marked is known');
ok(poll_until($node, $bar, $height), 'and so is its bar');
is( answer($node, "SELECT false_alarms_per_day, reason FROM selfheal.sensitivity WHERE scope = 'replication_slots_inactive'"),
	'1000|they come and go',
	'and a sensitivity');
slots(0);

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is(answer($standby, 'SELECT pg_is_in_recovery()'), 't', 'there is a standby');
is( answer($standby, <<'SQL'), 0, 'it learns there from calls');
SELECT count(d.metric)
FROM generate_series(0, 99) AS i
CROSS JOIN LATERAL selfheal.detect('performance', jsonb_build_object('query_latency_ms', 50 + i % 10)) AS d
SQL
is( answer($standby, q[SELECT metric, severity FROM selfheal.detect('performance', '{"query_latency_ms": 500}')]),
	'query_latency_ms|critical',
	'and says what is unusual');
is(answer($standby, "SELECT ended FROM selfheal.anomalies WHERE id = $left"), 'restart',
	"the primary's anomalies can be read there");

stop_node($standby);
stop_node($node);
done_testing();

sub slots
{
	my ($wanted) = @_;

	answer($node, "SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots WHERE slot_name LIKE 'test_%'");
	answer($node, "SELECT count(pg_create_physical_replication_slot('test_' || n)) FROM generate_series(1, $wanted) AS n");
}
