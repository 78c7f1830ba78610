-- Baselines and anomalies: what is learnt, what is told, and what is refused.
SELECT count(*) = (SELECT count(*) FROM selfheal.metrics) AS one_per_metric FROM selfheal.baselines;
SELECT count(*) FROM selfheal.baselines
WHERE state <> 'ready' AND state !~ '^(learning \([0-9]+ of 30|provisional \([0-9]+ of 1000)\)$';
SELECT count(*) FROM selfheal.baselines WHERE samples < 30 IS DISTINCT FROM (state LIKE 'learning%');
SELECT count(*) FROM selfheal.baselines WHERE samples > 0 AND (location IS NULL OR spread IS NULL OR NOT spread > 0);
SELECT count(*) FROM selfheal.baselines WHERE samples = 0 AND (location IS NOT NULL OR spread IS NOT NULL);
SELECT count(*) FROM selfheal.baselines WHERE NOT (low_quantile <= location AND location <= high_quantile AND border >= 3);
SELECT count(*) FROM selfheal.baselines WHERE NOT (seasonality BETWEEN 0 AND 1);
-- Where alarms begin is on the side that is bad, beyond what is normal.
SELECT count(*)
FROM selfheal.baselines AS b
JOIN selfheal.metrics AS m ON m.name = b.metric
WHERE b.samples >= 30 AND (
	(b.alarms_above IS NOT NULL) IS DISTINCT FROM (m.bad_direction = 'high')
	OR (b.alarms_below IS NOT NULL) IS DISTINCT FROM (m.bad_direction = 'low')
	OR b.alarms_above < b.location OR b.alarms_below > b.location);

-- True as soon as the condition holds; false after a while.
CREATE FUNCTION becomes_true(condition text) RETURNS boolean
	LANGUAGE plpgsql
AS $$
DECLARE
	holds boolean;
BEGIN
	FOR i IN 1..6000 LOOP
		EXECUTE 'SELECT ' || condition INTO holds;
		IF holds THEN
			RETURN true;
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN false;
END
$$;
CREATE FUNCTION refused(statement text) RETURNS TABLE (code text, message text, hint text)
	LANGUAGE plpgsql
AS $$
BEGIN
	EXECUTE statement;
	RETURN QUERY VALUES ('accepted', NULL, NULL);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN NEXT;
END
$$;

-- Learning takes 30 means of five samples.
ALTER SYSTEM SET selfheal.sample_interval = '10ms';
ALTER SYSTEM SET selfheal.cpu_budget = 1;
SELECT pg_reload_conf();
SELECT selfheal.reset_baselines() = (SELECT count(*) FROM selfheal.metrics) AS all_of_them;
SELECT becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);
SELECT metric, state ~ '^(provisional|ready)' AS judges, location, spread, low_quantile, high_quantile, alarms_above > 3 AS alarms, alarms_below
FROM selfheal.baselines WHERE metric = 'replication_slots_inactive';

-- Forgetting one leaves the others.
SELECT selfheal.reset_baselines('prepared_transactions');
SELECT metric, state LIKE 'learning%' AS learning FROM selfheal.baselines
WHERE metric IN ('prepared_transactions', 'replication_slots_inactive') ORDER BY metric;

-- Rolled back nothing is forgotten. On record is who is connected, whatever role they act in.
BEGIN;
SELECT selfheal.reset_baselines('replication_slots_inactive');
ROLLBACK;
SELECT state LIKE 'learning%' AS learning FROM selfheal.baselines WHERE metric = 'replication_slots_inactive';
SET ROLE selfheal_admin;
SELECT selfheal.reset_baselines('sessions_idle');
RESET ROLE;
SELECT actor = session_user AS by_me, subject FROM selfheal.audit_log WHERE action = 'baselines_reset' ORDER BY sequence DESC LIMIT 1;

-- Sixty slots nobody uses, where there never was one: an anomaly, and its component is not well.
SELECT clock_timestamp() AS before \gset
SELECT count(pg_create_physical_replication_slot('selfheal_anomaly_' || n)) FROM generate_series(1, 60) AS n;
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.anomalies a JOIN selfheal.health h USING (component)
	WHERE a.metric = 'replication_slots_inactive' AND a.closed_at IS NULL AND a.peak_value = 60
		AND h.state = 'degraded'
		AND (h.reason LIKE '%replication_slots_inactive = 60 (z-score %' OR h.reason LIKE '% more)'))$$);
SELECT metric, component, category, severity IN ('medium', 'high', 'critical') AS bad, peak_at >= opened_at AS peaked, peak_value,
	z_score > 3 AS far, baseline_deviation, method IN ('stack', 'peak') AS found, view IS NOT NULL AS seen, expected < 3 AS unexpected,
	surprise > 5 AS surprising, confidence BETWEEN 0.7 AND 1 AS sure,
	description ~ '^replication_slots_inactive = 60 \(z-score [56]\d\.\d, baseline 0\.?\d* \+- 1\)$' AS in_words
FROM selfheal.anomalies
WHERE metric = 'replication_slots_inactive' AND opened_at > :'before';

-- It is over when they are gone, and was told once.
SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots WHERE slot_name LIKE 'selfheal_anomaly_%';
SELECT becomes_true($$NOT EXISTS (SELECT FROM selfheal.anomalies WHERE metric = 'replication_slots_inactive' AND closed_at IS NULL)$$);
SELECT count(*), count(closed_at) AS closed FROM selfheal.anomalies
WHERE metric = 'replication_slots_inactive' AND opened_at > :'before';
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.health WHERE component = 'replication' AND state = 'healthy')$$);
SELECT component, reason, since IS NOT NULL AS known_since FROM selfheal.health WHERE component = 'replication';

SELECT (array_agg(from_state || ' -> ' || to_state ORDER BY sequence))[1] AS first,
	(array_agg(to_state ORDER BY sequence DESC))[1] AS last
FROM selfheal.health_history WHERE component = 'replication' AND at > :'before';
-- The tables have it, too, and the view shows it once. What happened is told as events.
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.anomaly WHERE metric = 'replication_slots_inactive' AND ended = 'over'
	AND opened_at > '$$ || :'before' || $$')$$);
SELECT count(*), min(ended) AS ended FROM selfheal.anomalies
WHERE metric = 'replication_slots_inactive' AND opened_at > :'before';
SELECT kind, severity IS NOT NULL AS severe, actor, message ~ '^(over after \d+ s: )?replication_slots_inactive = \d+ \(' AS in_words
FROM selfheal.events
WHERE kind LIKE 'anomaly%' AND subject = 'replication_slots_inactive' AND at > :'before' ORDER BY sequence;

-- One whose baseline is forgotten is over.
SELECT selfheal.set_sensitivity('replication_slots_inactive', false_alarms_per_day => 1000);
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);
SELECT count(pg_create_physical_replication_slot('selfheal_anomaly_' || n)) FROM generate_series(1, 90) AS n;
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.anomalies WHERE metric = 'replication_slots_inactive' AND closed_at IS NULL)$$);
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT ended, accepted FROM selfheal.anomalies
WHERE metric = 'replication_slots_inactive' AND opened_at > :'before' ORDER BY id DESC LIMIT 1;
SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots WHERE slot_name LIKE 'selfheal_anomaly_%';
SELECT selfheal.reset_sensitivity('replication_slots_inactive');

-- What was left open, by this server before it was started or by another, is watched by nobody and so is over.
INSERT INTO selfheal.anomaly (journal, id, metric, component, category, severity, opened_at, peak_at, method)
SELECT j.journal, j.id, 'moon_phase', 'moon', 'resource', 'low', j.at, j.at, 'z_score'
FROM (VALUES ((SELECT journal_id FROM selfheal.read_engine()), 1000001, timestamptz '2020-01-01 00:00 UTC'),
	(1, 1000002, now())) AS j (journal, id, at);
SELECT selfheal.pause('1 second', 'all', 'something to write down') IS NOT NULL AS written;
SELECT becomes_true($$(SELECT count(*) = 2 FROM selfheal.anomalies WHERE metric = 'moon_phase' AND ended = 'restart' AND closed_at >= opened_at)$$);
DELETE FROM selfheal.anomaly WHERE metric = 'moon_phase';

-- What alarms came to is counted, those that were none among it, and the borders are moved within bounds.
SELECT unconfirmed_per_day, raised BETWEEN -0.7 AND 1.5 AS bounded, unconfirmed <= alarms AS fit, doubted_rows >= 0 AS doubted
FROM selfheal.alarm_budget;
SELECT marked AS marked_before FROM selfheal.alarm_budget \gset
SELECT count(selfheal.mark_false_positive(id, 'slots of this test')) FROM (
	SELECT max(id) AS id FROM selfheal.anomalies
	WHERE metric = 'replication_slots_inactive' AND opened_at > :'before') AS newest;
SELECT becomes_true('(SELECT marked = ' || :marked_before || ' + 1 FROM selfheal.alarm_budget)');
SELECT selfheal.reset_baselines('replication_slots_inactive');

-- Numbers are given once.
SELECT count(*) = count(DISTINCT id) AS ids_differ FROM selfheal.anomalies;

-- Health has every component of the metrics, once.
SELECT becomes_true($$NOT EXISTS (SELECT FROM selfheal.health WHERE state NOT IN ('healthy', 'degraded', 'failed'))$$);
SELECT count(*) - count(DISTINCT component) AS twice, count(*) FILTER (WHERE reason IS NULL) AS without_reason
FROM selfheal.health;
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.health WHERE component = 'databases' AND probe = 'written and read' AND probe_ms > 0)$$);
SELECT becomes_true($$EXISTS (SELECT FROM selfheal.samples('probe_latency') WHERE value > 0)$$);
SELECT component FROM selfheal.metrics EXCEPT SELECT component FROM selfheal.health;
SELECT component FROM selfheal.failure_types EXCEPT SELECT component FROM selfheal.health;
SELECT component FROM selfheal.component_policies EXCEPT SELECT component FROM selfheal.health;

-- What is refused.
\pset format unaligned
SELECT * FROM refused($$SELECT selfheal.reset_baselines('replication_slot_inactive')$$);
CREATE ROLE selfheal_test_nobody IN ROLE selfheal_developer;
SET ROLE selfheal_test_nobody;
SELECT * FROM refused($$SELECT selfheal.reset_baselines()$$);
RESET ROLE;
DROP ROLE selfheal_test_nobody;

ALTER SYSTEM RESET selfheal.sample_interval;
ALTER SYSTEM RESET selfheal.cpu_budget;
SELECT pg_reload_conf();
DROP FUNCTION refused(text);
DROP FUNCTION becomes_true(text);
