-- What incidents teach: causes that are confirmed, versions of what is learned, and earlier incidents that are similar.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
-- Not by itself meanwhile.
SELECT play.setting('selfheal.causal_learning_interval', '0');
DELETE FROM selfheal.incident;
SELECT selfheal.learn_causes();

-- Pile-ups whose queue came from an idle session, seen by its proof, and disks that were slow.
INSERT INTO selfheal.incident (journal, id, at, symptom, named, proven, active, quiet, changes)
SELECT 7, 9000000 + n, now() - interval '1 day' + n * interval '1 minute', 'lock_waits', 'idle_in_transaction',
	'idle_in_transaction lock_waits xmin_held', '', 'io_saturated disk_slow query_latency_high',
	jsonb_build_object('lock_waiters', 2 + n * 0.01, 'longest_waiting', 3, 'load', 0.1, 'cpu_used', 0)
FROM generate_series(1, 8) AS n
UNION ALL
SELECT 7, 9000100 + n, now() - interval '1 hour' + n * interval '1 minute', 'query_latency_high', NULL,
	'', 'io_saturated query_latency_high', 'lock_waits idle_in_transaction',
	jsonb_build_object('lock_waiters', 0, 'load', 2 + n * 0.01, 'cpu_used', -1, 'a_metric_of_old', 5)
FROM generate_series(1, 4) AS n;

SELECT failure, diagnosed, confirmed, confirmed_by FROM selfheal.incidents WHERE failure IN (9000001, 9000101) ORDER BY failure;

-- Confirming
SELECT selfheal.confirm_cause(9000101, 'disk_slow', 'the array was rebuilding');
SELECT selfheal.confirm_cause(9000102, 'disk_slow', 'again');
SELECT selfheal.confirm_cause(9000102, 'backup_running', 'no, that was the backup');
SELECT selfheal.confirm_cause(9000103, 'unknown', 'nobody could tell');
SELECT count(selfheal.confirm_cause(9000000 + n, 'idle_in_transaction', 'the application forgot to commit')) FROM generate_series(1, 6) AS n;
SELECT failure, confirmed, confirmed_by = session_user AS by_me, reason FROM selfheal.incidents WHERE failure > 9000100 ORDER BY failure;
SELECT actor = session_user AS by_me, subject, message FROM selfheal.audit_log WHERE action = 'cause_confirmed' AND subject = 'failure 9000102' ORDER BY sequence;
BEGIN;
SELECT selfheal.confirm_cause(9000104, 'disk_slow', 'a trial');
ROLLBACK;
SELECT confirmed FROM selfheal.incidents WHERE failure = 9000104;

-- What a remedy against what the proof names has ended is confirmed by that, unless somebody says otherwise.
-- Not by one that failed, one that only watched, one that gave way to it, and one whose act was not needed.
INSERT INTO selfheal.recovery
SELECT (jsonb_populate_record(NULL::selfheal.recovery, jsonb_build_object('journal', 7, 'id', 9000000 + r.n, 'failure', 9000000 + r.failure,
	'component', 'locks', 'remedy', r.remedy, 'strategy', r.strategy, 'stage', r.stage, 'autonomous', true, 'attempt', 1,
	'max_attempts', 1, 'proposed_at', now(), 'acted_at', r.acted_at, 'finished_at', now(), 'waiters_before', 1, 'waiters_after', 0))).*
FROM (VALUES
	(6, 6, 'terminate_blocker', 'clear', 'succeeded', now()),
	(7, 7, 'terminate_blocker', 'clear', 'succeeded', now()),
	(8, 8, 'terminate_blocker', 'clear', 'failed', now()),
	(9, 8, 'monitor', 'monitor', 'succeeded', now()),
	(10, 8, 'degrade_sync', 'reconfigure', 'succeeded', now()),
	(11, 8, 'terminate_blocker', 'clear', 'succeeded', NULL)) AS r (n, failure, remedy, strategy, stage, acted_at);
SELECT failure, confirmed, confirmed_by = 'selfheal' AS by_selfheal FROM selfheal.incidents WHERE failure BETWEEN 9000006 AND 9000008 ORDER BY failure;

-- Learning
SELECT probability AS shipped FROM selfheal.causal_edges WHERE from_node = 'idle_in_transaction' AND to_node = 'xmin_held' \gset
SELECT selfheal.learn_causes() ~ '^version 1, from 11 incidents, 9 of them confirmed; \d+ numbers moved, by 0\.\d+ at most$' AS learned;
SELECT probability > :shipped AND probability < 1 AS stronger, observed_count > 5 AS seen
FROM selfheal.causal_edges WHERE from_node = 'idle_in_transaction' AND to_node = 'xmin_held';
SELECT version, incidents, confirmed, moved > 10 AS moved, largest_move > 0.01 AS far, in_force, held, learned_by = session_user AS by_me
FROM selfheal.causal_versions ORDER BY version;
SELECT kind, count(*) > 0 AS some, bool_and(value BETWEEN 0 AND 1 AND before BETWEEN 0 AND 1) AS fit, bool_or(to_node IS NULL) AS of_nodes
FROM selfheal.causal_learned WHERE version = 1 GROUP BY kind ORDER BY kind;
SELECT before = :shipped AS from_shipped, value > before AS stronger FROM selfheal.causal_learned
WHERE version = 1 AND kind = 'probability' AND node = 'idle_in_transaction' AND to_node = 'xmin_held';
SELECT selfheal.learn_causes();

-- What users say afterwards counts, and what they have said before is what is learned from.
BEGIN;
SELECT selfheal.update_causal_edge('idle_in_transaction', 'xmin_held', probability => 0.5);
SELECT probability FROM selfheal.causal_edges WHERE from_node = 'idle_in_transaction' AND to_node = 'xmin_held';
SELECT selfheal.learn_causes() LIKE 'version 2, %' AS again;
SELECT before, value > 0.5 AS stronger FROM selfheal.causal_learned
WHERE version = 2 AND kind = 'probability' AND node = 'idle_in_transaction' AND to_node = 'xmin_held';
-- What is not said is as it was before anything was learned.
SELECT selfheal.update_causal_edge('idle_in_transaction', 'lock_waits', lag => '3 seconds');
SELECT probability FROM selfheal.causal_graph_changes WHERE node = 'idle_in_transaction' AND to_node = 'lock_waits';
-- Taken back, it is as shipped, and what was learned from something else does not count.
SELECT selfheal.reset_causal_graph();
SELECT probability = :shipped AS as_shipped FROM selfheal.causal_edges WHERE from_node = 'idle_in_transaction' AND to_node = 'xmin_held';
-- A node that is gone takes what was learned of it along.
SELECT selfheal.remove_causal_node('idle_in_transaction');
SELECT nodes > 70 AS rest FROM selfheal.causal_stats;
ROLLBACK;

-- Back to what is shipped, and forth
SELECT selfheal.use_causal_version(0);
SELECT probability = :shipped AS as_shipped FROM selfheal.causal_edges WHERE from_node = 'idle_in_transaction' AND to_node = 'xmin_held';
SELECT version, in_force, held FROM selfheal.causal_versions ORDER BY version;
-- Held until somebody learns, though that may teach nothing new.
BEGIN;
SELECT selfheal.use_causal_version(1);
SELECT selfheal.learn_causes();
SELECT version, in_force, held FROM selfheal.causal_versions ORDER BY version;
ROLLBACK;
SELECT selfheal.use_causal_version(1, hold => false);
SELECT version, in_force, held FROM selfheal.causal_versions ORDER BY version;
SELECT action, actor = session_user AS by_me, subject, regexp_replace(message, '\d+ numbers moved, by [0-9.]+', 'N numbers moved, by X') AS message
FROM selfheal.audit_log WHERE action IN ('causes_learned', 'causal_version_used') ORDER BY sequence;
-- What is in force is what is answered with.
SELECT confidence AS learned FROM selfheal.infer_root_cause('lock_waits', observe => false) WHERE rank = 1 \gset
SELECT selfheal.use_causal_version(0);
SELECT abs(confidence - :learned) > 0.001 AS another FROM selfheal.infer_root_cause('lock_waits', observe => false) WHERE rank = 1;

-- A dump of another server that comes beside it, in the order of a dump: what is here already stays, and stays in force.
BEGIN;
INSERT INTO selfheal.causal_learned_number (version, kind, node, to_node, before, value, observed, learned_at)
SELECT v, 'leak', 'moon', '', 0.1, 0.9, 0, '2030-01-01' FROM generate_series(1, 2) AS v;
INSERT INTO selfheal.causal_version (version, learned_at, learned_by, incidents, confirmed)
SELECT v, '2030-01-01', 'another', 1, 1 FROM generate_series(1, 2) AS v;
INSERT INTO selfheal.causal_version_use (at, version, used_by, held, learned_at) VALUES ('2030-01-02', 1, 'another', true, '2030-01-01');
SELECT version, learned_by = session_user AS by_me, moved > 10 AS moved, in_force FROM selfheal.causal_versions ORDER BY version;
SELECT version FROM selfheal.causal_learned WHERE node = 'moon';
-- One of a version that is known here counts.
INSERT INTO selfheal.causal_version_use (at, version, used_by, held, learned_at) VALUES ('2030-01-03', 2, 'another', true, '2030-01-01');
SELECT version, in_force, held FROM selfheal.causal_versions ORDER BY version;
ROLLBACK;

-- Similar ones
SELECT other, symptom, confirmed, round(distance::numeric, 2) AS distance, in_common FROM selfheal.similar_incidents(9000008, 3);
SELECT other, confirmed FROM selfheal.similar_incidents(9000104, 1);
SELECT max(distance) > 0.8 AS another_kind FROM selfheal.similar_incidents(9000104, 100);
SELECT count(*) FROM selfheal.similar_incidents(NULL);

-- Forgetting: what was learned from outlives what it was learned at, and what is in force stays so.
SELECT selfheal.forget_incidents(now() - interval '1 minute');
SELECT count(*) > 1 AS uses FROM selfheal.causal_version_use;
BEGIN;
SELECT selfheal.forget_incidents(now() + interval '1 minute');
SELECT version, held FROM selfheal.causal_version_use;
ROLLBACK;
SELECT failure, confirmed, confirmed_by = 'selfheal' AS by_selfheal FROM selfheal.incidents ORDER BY failure;
DELETE FROM selfheal.recovery WHERE journal = 7;
SELECT confirmed FROM selfheal.incidents WHERE failure = 9000007;

-- What is refused
\pset format unaligned
\set SHOW_CONTEXT never
SELECT selfheal.confirm_cause(NULL, 'disk_slow', 'x');
SELECT selfheal.confirm_cause(9000001, NULL, 'x');
SELECT selfheal.confirm_cause(9000001, 'disk_slow', ' ');
SELECT selfheal.confirm_cause(1, 'disk_slow', 'x');
SELECT selfheal.confirm_cause(9000001, 'disk_slo', 'x');
SELECT selfheal.confirm_cause(9000001, 'query_latency_high', 'x');
SELECT selfheal.use_causal_version(NULL);
SELECT selfheal.use_causal_version(77);
SELECT selfheal.similar_incidents(1);
SELECT selfheal.similar_incidents(9000001, 0);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT selfheal.learn_causes();
ROLLBACK;
SET ROLE selfheal_developer;
SELECT selfheal.confirm_cause(9000001, 'disk_slow', 'x');
SELECT selfheal.learn_causes();
SELECT count(*) > 0 AS may_look FROM selfheal.incidents;
RESET ROLE;

DELETE FROM selfheal.incident;
DELETE FROM selfheal.confirmed_cause;
DELETE FROM selfheal.causal_version;
DELETE FROM selfheal.causal_learned_number;
DELETE FROM selfheal.causal_version_use;
SELECT play.setting('selfheal.causal_learning_interval', NULL);
\i :sessions_end
