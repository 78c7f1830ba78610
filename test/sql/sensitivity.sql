-- How easily metrics alarm: defaults, what is said of a category and of a metric, and what is refused.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
SELECT clock_timestamp() AS before \gset
SELECT scope, kind, sensitivity, round(false_alarms_per_day::numeric, 3) AS per_day, threshold, is_default, set_by FROM selfheal.sensitivity;

-- Every metric is judged by its category's.
SELECT b.category, count(*) > 2 AS some, count(*) FILTER (WHERE b.threshold <> s.threshold OR b.bar IS NOT NULL) AS otherwise
FROM selfheal.baselines AS b
JOIN selfheal.sensitivity AS s ON s.scope = b.category
GROUP BY b.category ORDER BY b.category;

-- Rolled back nothing is said.
BEGIN;
SELECT selfheal.set_sensitivity('resource', 'low');
ROLLBACK;
SELECT count(*) FROM selfheal.sensitivity WHERE NOT is_default;

-- A metric's counts more than its category's.
SET ROLE selfheal_admin;
SELECT selfheal.set_sensitivity('resource', 'low', reason => 'a shared machine');
SELECT selfheal.set_sensitivity('load', false_alarms_per_day => 1);
RESET ROLE;
SELECT scope, kind, sensitivity, round(false_alarms_per_day::numeric, 3) AS per_day, threshold, is_default, set_by = session_user AS by_me, reason
FROM selfheal.sensitivity WHERE NOT is_default;
SELECT metric, threshold FROM selfheal.baselines WHERE metric IN ('cpu_used', 'load', 'lock_waiters') ORDER BY metric;

-- With the setting everything moves.
SELECT play.setting('selfheal.anomaly_threshold', '6');
SELECT metric, threshold FROM selfheal.baselines WHERE metric IN ('cpu_used', 'load', 'lock_waiters') ORDER BY metric;
SELECT play.setting('selfheal.anomaly_threshold', NULL);

-- The border of surprise follows: between low and high false alarms are 49 times as rare.
SELECT play.setting('selfheal.sample_interval', '10ms');
SELECT play.setting('selfheal.cpu_budget', '1');
SELECT selfheal.set_sensitivity('lock_waiters', 'low');
SELECT selfheal.set_sensitivity('lock_blockers', 'high');
SELECT play.becomes_true($$(SELECT max(border) FILTER (WHERE metric = 'lock_waiters') - max(border) FILTER (WHERE metric = 'lock_blockers')
	BETWEEN 1.2 AND 2.2 FROM selfheal.baselines)$$);
SELECT selfheal.reset_sensitivity('lock_waiters');
SELECT selfheal.reset_sensitivity('lock_blockers');

-- At a low sensitivity one slot more is no anomaly, and at a high one thirty are.
\set QUIET on
CREATE FUNCTION slots(wanted integer) RETURNS void
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'selfheal_sensitive_%';
	PERFORM pg_create_physical_replication_slot('selfheal_sensitive_' || n) FROM generate_series(1, wanted) AS n;
END
$$;
CREATE TABLE begun AS SELECT clock_timestamp() AS at;
CREATE VIEW found AS
	SELECT * FROM selfheal.anomalies
	WHERE metric = 'replication_slots_inactive' AND opened_at > (SELECT at FROM begun);
CREATE FUNCTION rows_since(began timestamptz, wanted integer) RETURNS bigint
	LANGUAGE sql
	RETURN (SELECT count(*) FROM selfheal.samples('replication_slots_inactive') AS s
		WHERE s.resolution IS NULL AND s.value = wanted AND s.at > began);
\unset QUIET
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT play.becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);
SELECT slots(1);
SELECT play.becomes_true('rows_since((SELECT at FROM begun), 1) >= 50');
SELECT count(*) FROM found;
SELECT slots(0);
SELECT selfheal.set_sensitivity('replication_slots_inactive', false_alarms_per_day => 1000);
SELECT play.becomes_true($$(SELECT value = 0 FROM selfheal.metrics WHERE name = 'replication_slots_inactive')$$);
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT play.becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);
SELECT slots(30);
SELECT play.becomes_true('EXISTS (SELECT FROM found WHERE closed_at IS NULL AND peak_value = 30)');
SELECT slots(0);

-- Taken back, the category's counts again, and the default after that. All of it is on record.
SELECT selfheal.reset_sensitivity('replication_slots_inactive');
SELECT selfheal.reset_sensitivity('load', 'as before');
SELECT metric, threshold FROM selfheal.baselines WHERE metric = 'load';
SELECT selfheal.reset_sensitivity('resource');
SELECT count(*) FROM selfheal.sensitivity WHERE NOT is_default;
SELECT action, subject, message, actor = session_user AS by_me FROM selfheal.audit_log
WHERE action LIKE 'sensitivity%' AND at > :'before' ORDER BY sequence;

-- A category's baselines can be forgotten as one; the others stay.
SELECT play.becomes_true($$(SELECT samples >= 40 FROM selfheal.baselines WHERE metric = 'load')$$);
SELECT selfheal.reset_baselines('performance') = (SELECT count(*) FROM selfheal.metrics WHERE category = 'performance') AS all_of_them;
SELECT max(samples) FILTER (WHERE metric = 'load') > max(samples) FILTER (WHERE metric = 'lock_waiters') AS others_stay FROM selfheal.baselines;
SELECT subject FROM selfheal.audit_log WHERE action = 'baselines_reset' ORDER BY sequence DESC LIMIT 1;

-- What is refused.
\t on
\a
SELECT play.answer('SELECT selfheal.set_sensitivity(NULL, ''low'')');
SELECT play.answer('SELECT selfheal.set_sensitivity(''performances'', ''low'')');
SELECT play.answer('SELECT selfheal.set_sensitivity('''', ''low'')');
SELECT play.answer(format('SELECT selfheal.set_sensitivity(%L, ''low'')', repeat('load', 100)));
SELECT play.answer('SELECT selfheal.set_sensitivity(''load'')');
SELECT play.answer('SELECT selfheal.set_sensitivity(''load'', ''low'', 1)');
SELECT play.answer('SELECT selfheal.set_sensitivity(''load'', ''extreme'')');
SELECT play.answer(format('SELECT selfheal.set_sensitivity(''load'', false_alarms_per_day => %L)', rate))
FROM unnest(ARRAY['0', '-1', '1e9', 'NaN', 'Infinity', '-Infinity']) AS rate;
SELECT play.answer('SELECT selfheal.reset_sensitivity(''load'')');
SELECT play.answer('SELECT selfheal.reset_sensitivity(''moon_phase'')');
SELECT play.answer('SELECT selfheal.reset_sensitivity(NULL)');
\a
\t off

-- No more than 64, and what is one too many is refused.
SELECT count(selfheal.set_sensitivity(name, 'low')) FROM (SELECT name FROM selfheal.metrics ORDER BY name LIMIT 64) AS m;
SELECT selfheal.set_sensitivity('security', 'low');
SELECT count(selfheal.reset_sensitivity(scope)) FROM selfheal.sensitivity WHERE NOT is_default;
SELECT count(*) FROM selfheal.sensitivity;

SELECT play.setting('selfheal.cpu_budget', NULL);
DROP VIEW found;
DROP FUNCTION slots(integer);
DROP FUNCTION rows_since(timestamptz, integer);
DROP TABLE begun;
\i :sessions_end
