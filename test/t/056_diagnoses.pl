# Promise: every confirmed failure gets a diagnosis at once, by the causal graph as users have changed it; what comes of
# another failure waits while that one is being healed; diagnoses outlive a restart, and a standby answers as well.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.autonomy = full
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
selfheal.idle_blocker_patience = 500ms
selfheal.connection_slots_patience = 2s
selfheal.connection_slots_threshold = 0.5
selfheal.causal_learning_interval = 1s
max_connections = 30
log_line_prefix = '%m [%p] %b '
CONF

hot_table($node);
# so that what follows from a pile-up can be seen without knowing what is usual
answer($node, "SELECT selfheal.update_causal_edge('lock_waits', 'backends_piling_up', 0.95)");
answer($node, "SELECT selfheal.update_causal_edge('backends_piling_up', 'connections_high', 0.95)");

# A pile-up

hold($node, 'executing');
my ($blocker, @waiters) = pile_up($node, 1);
ok(poll_until($node, <<'SQL'), 'the failure has its diagnosis');
SELECT count(*) = 1 AND bool_and(verdict = 'found' AND cause = 'idle_in_transaction' AND confidence > 0.7
	AND path = 'idle_in_transaction -> lock_waits' AND evidence LIKE '%lock pile-up behind an idle transaction%'
	AND cause_type = 'user_action' AND symptom = 'lock_waits')
FROM selfheal.diagnoses
SQL
ok(poll_until($node, 'SELECT max(id) FROM selfheal.recoveries', 1), 'and is being healed');
like(
	answer($node, 'SELECT selfheal.explain(1)'),
	qr/^Cause: Session idle in transaction \(\d+ %\): idle_in_transaction -> lock_waits\.$/m,
	'explain() tells the cause');
ok(wait_for_log($node, qr/cause of failure 1: Session idle in transaction \(\d+ %\): idle_in_transaction -> lock_waits/),
	'so does the log');
is(answer($node, "SELECT count(*) > 0 FROM selfheal.events WHERE kind = 'diagnosis' AND subject = 'failure 1'"),
	't', 'and the events');
is(answer($node, 'SELECT found > 0 AND average_path_length >= 1 FROM selfheal.causal_stats'), 't', 'it is counted');

ok(poll_until($node, <<'SQL'), 'what will most probably follow is a prediction');
SELECT count(*) = 1 AND bool_and(state = 'open' AND subject = 'Many connections in use' AND effect = 'connections_high'
	AND cause = 'idle_in_transaction' AND failure = 1 AND resource IS NULL AND probability BETWEEN 0.5 AND 1
	AND used_up_at >= since AND probability_first >= 0.5 AND evidence = 'failure 1 most probably comes from "Session idle in transaction", which leads to it')
FROM selfheal.predictions WHERE method = 'cascade'
SQL
like(answer($node, 'SELECT selfheal.explain(1)'),
	qr/^May bring: Many connections in use \(\d+ %\) at about \d\d:\d\d:\d\d\.$/m, 'explain() tells it');
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_overhead()');
ok(poll_until($node, "SELECT heartbeats > $beats + 5 FROM selfheal.read_overhead()"), 'there is time to decide about it');
is(answer($node, 'SELECT failure_type, remedy FROM selfheal.recoveries ORDER BY id'),
	'lock_pileup_idle|terminate_blocker', 'but nothing is done for a prediction');

# What comes of it waits

my @idle = map { session($node) } 1 .. 8;
push @waiters, waiters($node, 8, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
ok(poll_until($node, <<'SQL'), 'slots that a pile-up uses up are left alone while that is being healed');
SELECT EXISTS (SELECT FROM selfheal.events WHERE kind = 'decision'
	AND message ~ '^waits while failure 1 \(lock pile-up behind an idle transaction\), which it most probably comes from')
SQL
ok( poll_until($node,
		"SELECT cause FROM selfheal.diagnoses JOIN selfheal.failures AS f ON f.id = failure WHERE f.type = 'connection_slots'",
		'idle_in_transaction'),
	'by their diagnosis');
ok(poll_until($node, "SELECT state FROM selfheal.predictions WHERE method = 'cascade' AND effect = 'connections_high'", 'came true'),
	'and what was predicted came true');
like(answer($node, 'SELECT selfheal.explain(1)'), qr/^May bring: Many connections in use \(\d+ %\): came true/m, 'as explain() says');
is(answer($node, "SELECT predictions >= came_true + averted + passed + gone AND missed = 0 AND came_true = 1 AND mean_lead > '0' FROM selfheal.prediction_stats WHERE resource = 'cascade'"),
	't', 'it is counted');
ok(poll_until($node, "SELECT count(*) FROM selfheal.events WHERE kind = 'prediction_came_true' AND subject = 'connections_high'", 1),
	'and among the events');
release($node);
ok(poll_until($node, 'SELECT stage FROM selfheal.recoveries WHERE id = 1', 'succeeded'), 'it is healed');
$_->close foreach @waiters, @idle, $blocker;
ok(poll_until($node, 'SELECT count(*) FROM selfheal.failures WHERE closed_at IS NULL', 0), 'and all is well');

# What came of it is learned from

ok( poll_until($node, "SELECT confirmed, confirmed_by, proven ~ 'idle_in_transaction' FROM selfheal.incidents WHERE failure = 1",
		'idle_in_transaction|selfheal|t'),
	'the cause is known, as a remedy against it has worked');
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.causal_versions WHERE in_force AND version > 0 AND learned_by = 'selfheal' AND confirmed > 0"),
	'and learned from');
# with no failure in who waits for that table, which would be something new
configure($node, 'selfheal.idle_blocker_patience' => '1h');
my $log = -s $node->logfile;
my $busy = session($node);
$busy->query('BEGIN; LOCK TABLE selfheal.causal_version IN SHARE MODE');
my $version = answer($node, 'SELECT version FROM selfheal.causal_versions WHERE in_force');
answer($node, "SELECT selfheal.confirm_cause(1, 'hot_row_contention', 'they all want the same row')");
# three times: something else that came may have been what two of them were for
ok(wait_for_log($node, qr/(?:selfheal learner[^\n]*canceling statement due to lock timeout.*){3}/s, $log),
	'a lesson that cannot be written down is given again');
$busy->close;
ok( poll_until($node, "SELECT version > $version AND learned_by = 'selfheal' FROM selfheal.causal_versions WHERE in_force"),
	'until it can');
answer($node, "SELECT selfheal.use_causal_version(0)");

# A cause that is only suspected is waited for, too; and who is asked for the cure of an effect is told of the other.

answer($node, "SELECT selfheal.update_causal_node('idle_in_transaction', probability => 0.99)");
answer($node, "SELECT selfheal.update_causal_edge('idle_in_transaction', 'connections_high', 0.95, 'direct')");
answer($node, "SELECT selfheal.set_component_policy('locks', 'approve')");
configure($node,
	'selfheal.connection_slots_patience' => '500ms',
	'selfheal.idle_blocker_patience' => '15s',
	'selfheal.idle_session_age' => '1h');
@idle = map { session($node, user => 'app') } 1 .. 9;
($blocker, @waiters) = pile_up($node, 1);
push @idle, map { session($node, user => 'app') } 1 .. 5;
ok(poll_until($node, <<'SQL'), 'a failure whose cause is only suspected waits until that is certain');
SELECT EXISTS (SELECT FROM selfheal.events WHERE kind = 'decision'
	AND message ~ '^waits until it is certain whether failure \d+ \(lock pile-up behind an idle transaction\), which it most probably comes from')
SQL
configure($node, 'selfheal.idle_blocker_patience' => '500ms');
ok(poll_until($node, "SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'terminate_blocker' AND stage = 'proposed'", 1),
	'the cause is to be healed when somebody approves');
configure($node, 'selfheal.idle_session_age' => 0);
ok(poll_until($node, <<'SQL'), 'so the effect is healed, and its recovery names the other');
SELECT EXISTS (SELECT FROM selfheal.recoveries
	WHERE evidence ~ '; most probably comes from failure \d+ \(\d+ %\), for which terminate_blocker \(recovery \d+\) waits for approval$')
SQL
$_->close foreach @waiters, @idle, $blocker;
answer($node, "SELECT selfheal.reset_component_policy('locks')");
ok(poll_until($node, 'SELECT count(*) FROM selfheal.failures WHERE closed_at IS NULL', 0), 'all is well again');

# What selfheal changes is no cause

my $changed = "SELECT selfheal.causal_graph_dot() LIKE '%a setting was changed%'";
is(answer($node, $changed), 'f', 'no setting was changed but its own');
answer($node, "SELECT selfheal.trigger('raise_setting', 'max_wal_size')");
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.setting_changes WHERE name = 'max_wal_size'"), 'it raises one');
is(answer($node, $changed), 'f', 'which is no cause of anything');
configure($node, 'log_min_duration_statement' => '1min');
ok(poll_until($node, $changed), 'but what somebody else changes is');

# What users change reaches the engine, though something else cannot be read
answer($node, 'ALTER TABLE selfheal.user_metric RENAME COLUMN unit TO hidden');

answer($node, "INSERT INTO selfheal.causal_edge_change VALUES ('lock_waits', 'nobody', false, 'direct', 0.5, '1 second', 0, 'me')");
is(answer($node, 'SELECT changes_left_out, problem FROM selfheal.causal_stats'),
	'1|edge "lock_waits" -> "nobody": there is no such node', 'what does not fit is told');
answer($node, "SELECT selfheal.reset_causal_graph()");
answer($node, "SELECT selfheal.update_causal_node('idle_in_transaction', 'Application forgot to commit')");
# The engine reads it soon; each pile-up is a failure of its own.
my $told = 0;
for (1 .. 20)
{
	($blocker, @waiters) = pile_up($node, 1);
	poll_until($node, 'SELECT count(*) FROM selfheal.failures AS f JOIN selfheal.diagnoses AS d ON d.failure = f.id WHERE f.closed_at IS NULL', 1);
	$told = answer($node, "SELECT count(*) FROM selfheal.diagnoses WHERE cause_name = 'Application forgot to commit'");
	$_->close foreach $blocker, @waiters;
	poll_until($node, 'SELECT count(*) FROM selfheal.failures WHERE closed_at IS NULL', 0);
	last if $told;
}
ok($told, 'a name that a user gave is in the next diagnosis');
ok(wait_for_log($node, qr/the metrics of users could not be read: column m\.unit does not exist/), 'what cannot be read is said');
answer($node, 'ALTER TABLE selfheal.user_metric RENAME COLUMN hidden TO unit');

# A crash and a restart

my $before = answer($node, 'SELECT count(*) FROM selfheal.diagnoses');
is(answer($node, crash()), 0, 'it has not crashed');
crash_node($node);
$node->start;
ok(poll_until($node, 'SELECT count(*) FROM selfheal.diagnoses', $before), 'diagnoses outlive a crash');
ok(poll_until($node, crash(), 1), 'and the crash is seen as what it is');
stop_node($node);
$node->start;
ok(poll_until($node, crash(), 0), 'a restart is none');

# A standby

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
ok(poll_until($standby, 'SELECT state FROM selfheal.status', 'on'), 'a standby is watched');
is(answer($standby, "SELECT name FROM selfheal.causal_nodes WHERE id = 'idle_in_transaction'"),
	'Application forgot to commit', 'it has the graph of its primary');
is(answer($standby, "SELECT count(*) > 0 FROM selfheal.infer_root_cause('query_latency_high')"), 't', 'and answers');
is(answer($standby, 'SELECT count(*) FROM selfheal.diagnoses'), $before, 'with what the primary was told');
is(answer($standby, 'SELECT count(*) > 0 FROM selfheal.incidents WHERE confirmed IS NOT NULL'), 't', 'and what it knows of causes');
stop_node($standby);
stop_node($node);
done_testing();

sub crash
{
	return "SELECT count(*) FROM selfheal.infer_root_cause('throughput_drop', max_path_depth => 16) AS c,
		selfheal.causal_graph_dot('throughput_drop') AS dot WHERE c.rank = 1 AND dot LIKE '%the server crashed and recovered%'";
}
