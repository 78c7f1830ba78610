-- Promise: the causal graph can be looked at and changed, and answers where a symptom comes from and what a cause leads to;
-- what makes no sense is refused and says why.
\pset format unaligned
\pset tuples_only on

SELECT nodes, edges FROM selfheal.causal_stats;
SELECT id, name, type, origin, probability, signals FROM selfheal.causal_nodes WHERE id IN ('idle_in_transaction', 'lock_waits', 'config_change');
SELECT from_node, to_node, type, probability, round(strength::numeric, 3), lag, observed_count FROM selfheal.causal_edges WHERE to_node = 'lock_waits' AND type = 'contributing';
SELECT count(*) FROM selfheal.causal_graph_changes;

-- Nothing but what is given
SELECT rank, cause, type, verdict, round(confidence::numeric, 3), together, path, path_lag, evidence
FROM selfheal.infer_root_cause('query_latency_high', given => '{"lock_waits": true, "idle_in_transaction": true, "cpu_saturated": false, "disk_slow": false}', observe => false)
WHERE rank = 1 OR cause IS NULL;
SELECT rank, verdict, path FROM selfheal.infer_root_cause('query_latency_high', max_path_depth => 1, given => '{"lock_waits": true, "idle_in_transaction": true}', observe => false) WHERE rank = 1;
SELECT rank, verdict, path FROM selfheal.infer_root_cause('query_latency_high', multi_hop => false, given => '{"lock_waits": true, "idle_in_transaction": true}', observe => false) WHERE rank = 1;
SELECT verdict FROM selfheal.infer_root_cause('query_latency_high', min_confidence => 0.7, observe => false) WHERE rank = 1;
SELECT node, round(probability::numeric, 2), after, seen FROM selfheal.predict_cascade('inactive_slot', observe => false) WHERE probability > 0.3;
SELECT node, seen FROM selfheal.predict_cascade('inactive_slot', '{"wal_accumulation": true}', false) LIMIT 1;

-- The guide's first example. Its 76.5 % are nobody's: its path's product is 0.95 * 0.85 * 0.8 = 0.646. What is asked for is
-- how probable the cause is.
BEGIN;
SELECT count(selfheal.remove_causal_node(id)) = count(*) FROM selfheal.causal_nodes;
SELECT nodes, edges FROM selfheal.causal_stats;
SELECT selfheal.add_causal_node('disk_full', 'Disk Space Exhausted', 'resource');
SELECT selfheal.add_causal_node('write_failure', 'Write Operations Failing');
SELECT selfheal.add_causal_node('query_timeout', 'Query Timeouts');
SELECT selfheal.add_causal_edge('disk_full', 'write_failure', 0.95, 'direct', observed_count => 150);
SELECT selfheal.add_causal_edge('write_failure', 'query_timeout', 0.85, 'contributing', observed_count => 120);
SELECT rank, cause, verdict, round(confidence::numeric, 4), path, round(path_strength::numeric, 4) FROM selfheal.infer_root_cause('query_timeout', observe => false);
SELECT rank, cause, verdict, round(confidence::numeric, 4), path FROM selfheal.infer_root_cause('query_timeout', given => '{"write_failure": true}', observe => false) WHERE rank = 1;
SELECT from_node, to_node, probability, observed_count FROM selfheal.causal_edges;
SELECT selfheal.causal_graph_dot('query_timeout', '{"write_failure": true}', false);
-- Where the nodes between never begin by themselves nothing else can be the cause.
SELECT selfheal.update_causal_node('write_failure', probability => 0), selfheal.update_causal_node('query_timeout', probability => 0);
SELECT cause, verdict, round(confidence::numeric, 4), round(path_strength::numeric, 4) FROM selfheal.infer_root_cause('query_timeout', observe => false) WHERE rank = 1;
-- The second
SELECT selfheal.add_causal_node(id, name, type) FROM (VALUES
	('high_traffic', 'Unusual Traffic Spike', 'user_action'),
	('high_cpu', 'CPU Saturation', 'resource'),
	('slow_queries', 'Slow Query Execution', 'component'),
	('pool_exhausted', 'Connection Pool Exhausted', 'configuration'),
	('service_down', 'Service Unavailable', 'component')) AS v (id, name, type);
SELECT selfheal.add_causal_edge(from_node, to_node, probability, type, observed_count => count) FROM (VALUES
	('high_traffic', 'high_cpu', 0.9, 'direct', 200),
	('high_cpu', 'slow_queries', 0.85, 'contributing', 180),
	('slow_queries', 'pool_exhausted', 0.8, 'direct', 150),
	('pool_exhausted', 'service_down', 0.95, 'direct', 160)) AS v (from_node, to_node, probability, type, count);
SELECT rank, cause, verdict, round(confidence::numeric, 4), path FROM selfheal.infer_root_cause('service_down',
	given => '{"high_cpu": true, "slow_queries": true, "pool_exhausted": true}', observe => false);
SELECT count(selfheal.update_causal_node(n, probability => 0)) FROM unnest('{high_cpu, slow_queries, pool_exhausted, service_down}'::text[]) AS n;
SELECT cause, verdict, round(confidence::numeric, 4) FROM selfheal.infer_root_cause('service_down', observe => false) WHERE rank = 1;
SELECT nodes, edges FROM selfheal.causal_stats;
-- A cycle is refused and named.
SAVEPOINT before;
SELECT selfheal.add_causal_edge('service_down', 'high_cpu', 0.5);
ROLLBACK TO before;
SELECT node, to_node, removed, type FROM selfheal.causal_graph_changes WHERE node IN ('disk_full', 'traffic_spike') ORDER BY node, to_node;
SELECT selfheal.reset_causal_graph();
SELECT nodes, edges FROM selfheal.causal_stats;
ROLLBACK;
SELECT count(*) FROM selfheal.causal_graph_changes;

-- Changes of what is shipped
BEGIN;
SELECT selfheal.update_causal_node('lock_waits', probability => 0.2);
SELECT name, probability, signals FROM selfheal.causal_nodes WHERE id = 'lock_waits';
SELECT selfheal.update_causal_node('lock_waits', metric => 'sessions_active', direction => 'low');
SELECT probability, signals FROM selfheal.causal_nodes WHERE id = 'lock_waits';
SELECT selfheal.update_causal_edge('disk_slow', 'io_saturated', lag => '1 minute');
SELECT type, probability, lag FROM selfheal.causal_edges WHERE from_node = 'disk_slow' AND to_node = 'io_saturated';
SELECT selfheal.remove_causal_edge('disk_slow', 'io_saturated');
SELECT count(*) FROM selfheal.causal_edges WHERE from_node = 'disk_slow' AND to_node = 'io_saturated';
SELECT selfheal.add_causal_edge('disk_slow', 'io_saturated', 0.4, 'correlation');
SELECT type, probability, strength FROM selfheal.causal_edges WHERE from_node = 'disk_slow' AND to_node = 'io_saturated';
SELECT selfheal.add_causal_node('brand_new');
SELECT selfheal.remove_causal_node('brand_new');
SELECT count(*) FROM selfheal.causal_graph_changes WHERE node = 'brand_new';
SELECT selfheal.remove_causal_node('disk_slow');
SELECT selfheal.add_causal_node('disk_slow');
SELECT count(*) FROM selfheal.causal_edges WHERE from_node = 'disk_slow';
SELECT node, to_node, removed FROM selfheal.causal_graph_changes ORDER BY changed_at;
ROLLBACK;

-- What makes no sense
\set VERBOSITY default
SELECT * FROM selfheal.infer_root_cause(NULL);
SELECT * FROM selfheal.infer_root_cause('no_such_node');
SELECT * FROM selfheal.infer_root_cause('lock_waits', min_confidence => 1.5);
SELECT * FROM selfheal.infer_root_cause('lock_waits', max_path_depth => 0);
SELECT * FROM selfheal.infer_root_cause('lock_waits', min_edge_probability => 'NaN');
SELECT * FROM selfheal.infer_root_cause('lock_waits', multi_hop => NULL);
SELECT * FROM selfheal.infer_root_cause('lock_waits', observe => NULL);
SELECT * FROM selfheal.infer_root_cause('lock_waits', given => '[1]');
SELECT * FROM selfheal.infer_root_cause('lock_waits', given => '{"nobody": true}');
SELECT * FROM selfheal.infer_root_cause('lock_waits', given => '{"disk_full": 7}');
SELECT * FROM selfheal.infer_root_cause('lock_waits', given => '{"disk_full": {"a": true}}');
SELECT * FROM selfheal.predict_cascade(NULL);
SELECT * FROM selfheal.predict_cascade('disk_full', '{"disk_full": false}', false);
SELECT * FROM selfheal.infer_root_cause('lock_waits', given => '{"lock_waits": false}', observe => false);
BEGIN;
SELECT selfheal.add_causal_node('orphan', probability => 0);
SELECT selfheal.causal_graph_dot(NULL, '{"orphan": true}', false);
ROLLBACK;
SELECT selfheal.causal_graph_dot('no_such_node');
SELECT selfheal.add_causal_node(NULL);
SELECT selfheal.add_causal_node('');
SELECT selfheal.add_causal_node('Disk Full');
SELECT selfheal.add_causal_node(repeat('x', 64));
SELECT selfheal.add_causal_node('long_name', repeat('x', 96));
SELECT selfheal.add_causal_node('disk_full');
SELECT selfheal.add_causal_node('x', type => 'thing');
SELECT selfheal.add_causal_node('x', probability => 2);
SELECT selfheal.add_causal_node('x', metric => 'no_such_metric');
SELECT selfheal.add_causal_node('x', metric => 'cpu_used', direction => 'sideways');
SELECT selfheal.update_causal_node('no_such_node');
SELECT selfheal.remove_causal_node('no_such_node');
SELECT selfheal.remove_causal_node(NULL);
SELECT selfheal.add_causal_edge('disk_full', 'no_such_node', 0.5);
SELECT selfheal.add_causal_edge('disk_full', 'disk_full', 0.5);
SELECT selfheal.add_causal_edge('disk_full', 'write_failure', 0.5);
SELECT selfheal.add_causal_edge('disk_full', 'lock_waits', NULL);
SELECT selfheal.add_causal_edge('disk_full', 'lock_waits', -1);
SELECT selfheal.add_causal_edge('disk_full', 'lock_waits', 0.5, 'maybe');
SELECT selfheal.add_causal_edge('disk_full', 'lock_waits', 0.5, lag => '1 year');
SELECT selfheal.add_causal_edge('disk_full', 'lock_waits', 0.5, observed_count => -1);
SELECT selfheal.update_causal_edge('disk_full', 'lock_waits', 0.5);
SELECT selfheal.remove_causal_edge('disk_full', 'lock_waits');
SELECT count(*) FROM selfheal.causal_graph_changes;

SELECT selfheal.add_causal_node('x', direction => 'low');
SELECT selfheal.add_causal_edge(repeat('x', 64), 'disk_full', 0.5);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT selfheal.add_causal_node('x');
ROLLBACK;

-- What the caller has in his search path is not run as the owner of the tables.
CREATE SCHEMA evil;
CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.equal, LEFTARG = text, RIGHTARG = text);
CREATE DOMAIN evil.float8 AS double precision CHECK (evil.equal('a', 'b'));
SELECT selfheal.add_causal_node('brand_new', metric => 'cpu_used');
SELECT selfheal.add_causal_edge('disk_full', 'brand_new', 0.5);
SET search_path = evil, pg_catalog, selfheal;
SELECT count(*) FROM causal_nodes;
SELECT count(*) FROM causal_edges;
SELECT update_causal_edge('disk_full', 'brand_new', 0.6);
SELECT remove_causal_node('brand_new');
SHOW search_path;
RESET search_path;
SELECT selfheal.reset_causal_graph();
DROP SCHEMA evil CASCADE;

-- A look at the server answers something.
SELECT verdict IN ('found', 'unsure', 'unknown') FROM selfheal.infer_root_cause('query_latency_high') WHERE rank = 1;
SELECT selfheal.causal_graph_dot() LIKE 'digraph selfheal {%"io_saturated" -> "query_latency_high"%';
SELECT inferences > 0 FROM selfheal.causal_stats;
SELECT selfheal.add_causal_node('brand_new', metric => 'cpu_used');
SELECT action, actor = current_user, subject, message FROM selfheal.audit_log WHERE action LIKE 'causal%' ORDER BY sequence;
SELECT selfheal.reset_causal_graph();

-- Whether to look must be said.
SELECT * FROM selfheal.predict_cascade('disk_full', observe => NULL);
SELECT selfheal.causal_graph_dot(observe => NULL);

-- A diagnosis as a picture, also of what the graph has no more
SELECT selfheal.causal_graph_dot(NULL::bigint);
SELECT selfheal.causal_graph_dot(9223372036854775807);
BEGIN;
INSERT INTO selfheal.diagnosis VALUES (1, 9223372036854775807, '2026-01-01', 'found', 'query_latency_high', 'vanished', 'Gone "since"', 'resource', 0.9123,
	'vanished -> lock_waits -> query_latency_high', 'the "log" says so', 'cpu_saturated 0.05, inactive_slot 0.02', 'vanished', 0.01);
SELECT selfheal.causal_graph_dot(9223372036854775807);
UPDATE selfheal.diagnosis SET verdict = 'unknown', cause = NULL, cause_name = NULL, confidence = NULL, path = NULL, evidence = NULL, others = NULL
WHERE id = 9223372036854775807;
SELECT selfheal.causal_graph_dot(9223372036854775807);
ROLLBACK;

