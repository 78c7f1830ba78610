-- What somebody calls a false positive is closed, counted and does not alarm again.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\set QUIET on
CREATE FUNCTION slots(wanted integer) RETURNS void
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'selfheal_false_%';
	PERFORM pg_create_physical_replication_slot('selfheal_false_' || n) FROM generate_series(1, wanted) AS n;
END
$$;
CREATE TABLE begun AS SELECT clock_timestamp() AS at;
-- Those of this test.
CREATE VIEW found AS
	SELECT * FROM selfheal.anomalies
	WHERE metric = 'replication_slots_inactive' AND opened_at > (SELECT at FROM begun);
-- How many samples since then had this many.
CREATE FUNCTION rows_since_mark(wanted integer) RETURNS bigint
	LANGUAGE sql
	RETURN (SELECT count(*) FROM selfheal.samples('replication_slots_inactive') AS s
		WHERE s.resolution IS NULL AND s.value = wanted AND s.at > (SELECT max(marked_at) FROM found));
\unset QUIET
SELECT play.setting('selfheal.sample_interval', '10ms');
SELECT play.setting('selfheal.cpu_budget', '1');
-- At a hundred samples a second false alarms as rare as usual would be one in millions.
SELECT selfheal.set_sensitivity('replication_slots_inactive', false_alarms_per_day => 1000);
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT play.becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);

SELECT slots(30);
SELECT play.becomes_true('EXISTS (SELECT FROM found WHERE closed_at IS NULL AND peak_value = 30)');
SELECT id FROM found \gset
SELECT false_positives AS marked_before FROM selfheal.anomaly_stats WHERE period = 'day' \gset

-- Rolled back nobody has said anything.
BEGIN;
SELECT selfheal.mark_false_positive(:id, 'a trial') IS NOT NULL AS told;
ROLLBACK;
SELECT count(*) FROM found WHERE false_positive OR closed_at IS NOT NULL;

-- Who is connected said so, whatever role they act in, and at once.
SET ROLE selfheal_operator;
SELECT selfheal.mark_false_positive(:id, 'slots for the new standbys') ~
	'^when this transaction commits, replication_slots_inactive does not alarm again up to \d+\.\d deviations, ' AS told;
RESET ROLE;
SELECT ended, false_positive, marked_by = session_user AS by_me, marked_reason FROM found;
SELECT actor = session_user AS by_me, subject, message ~ ('^anomaly ' || :id || ', \d+\.\d deviations out: slots for the new standbys$') AS in_words
FROM selfheal.audit_log WHERE action = 'false_positive' AND at > (SELECT at FROM begun);
SELECT false_positives - :marked_before AS marked,
	false_positive_rate = false_positives::float8 / total AS is_the_share
FROM selfheal.anomaly_stats WHERE period = 'day';

-- As high as that it tells nothing when it comes back, higher it does. So much higher that it is far out also
-- where the thirty are a good part of what little has been learnt.
SELECT slots(0);
SELECT play.becomes_true('rows_since_mark(0) >= 10');
SELECT slots(30);
SELECT play.becomes_true('rows_since_mark(30) >= 10');
SELECT count(*) FROM found;
SELECT slots(0);
SELECT play.becomes_true('rows_since_mark(0) >= 20');
SELECT slots(100);
SELECT play.becomes_true('EXISTS (SELECT FROM found WHERE peak_value > 45)');

-- The tables know it as well, also of one that is remembered by them alone.
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.false_positive WHERE id = ' || :id || ')');
INSERT INTO selfheal.anomaly (journal, id, metric, component, category, severity, opened_at, peak_at, closed_at,
	value, peak_value, z_score, baseline_mean, baseline_deviation, method, ended)
VALUES (1, 999999, 'moon_phase', 'moon', 'resource', 'low', '2020-01-01', '2020-01-01', '2020-01-02', 1, 1, 4, 3, 0.5, 'z_score', 'over');
SELECT selfheal.mark_false_positive(999999, 'it was full');
SELECT play.becomes_true('(SELECT count(*) = 1 FROM selfheal.false_positive WHERE journal = 1)');
SELECT id, ended, false_positive, marked_reason FROM selfheal.anomalies WHERE metric = 'moon_phase';

-- Too high for its time though below the middle: the bar is in the direction that is bad.
INSERT INTO selfheal.anomaly (journal, id, metric, component, category, severity, opened_at, peak_at, closed_at,
	value, peak_value, z_score, baseline_mean, baseline_deviation, expected, method, ended)
VALUES (1, 999998, 'xmin_age_standbys', 'transactions', 'resource', 'low', '2020-01-01', '2020-01-01', '2020-01-02', 3e6, 3e6, -2, 5e6, 1e6, 1e6, 'stack', 'over');
SELECT selfheal.mark_false_positive(999998, 'the nightly copy') ~ ' up to 2\.5 deviations,' AS told;
SELECT round(bar::numeric, 1) AS bar FROM selfheal.baselines WHERE metric = 'xmin_age_standbys';
SELECT selfheal.reset_baselines('xmin_age_standbys');

-- A reset of the baseline takes the bar away, too.
SELECT slots(0);
SELECT play.becomes_true('NOT EXISTS (SELECT FROM found WHERE closed_at IS NULL)');
SELECT selfheal.reset_baselines('replication_slots_inactive');
SELECT play.becomes_true($$(SELECT samples >= 80 FROM selfheal.baselines WHERE metric = 'replication_slots_inactive')$$);
SELECT slots(30);
SELECT play.becomes_true('EXISTS (SELECT FROM found WHERE closed_at IS NULL AND peak_value <= 30)');
SELECT slots(0);

-- The numbers of the statistics fit each other.
SELECT period, total >= open AS open_fits,
	total = (SELECT sum(c.value::bigint) FROM jsonb_each_text(by_category) AS c) AS categories_fit,
	total = (SELECT sum(c.value::bigint) FROM jsonb_each_text(by_severity) AS c) AS severities_fit,
	total = (SELECT sum(c.value::bigint) FROM jsonb_each_text(by_method) AS c) AS methods_fit
FROM selfheal.anomaly_stats;

-- What is refused.
\t on
\a
SELECT play.answer(format('SELECT selfheal.mark_false_positive(%s, ''again'')', :id)) LIKE '55000 anomaly N is already marked%';
SELECT play.answer('SELECT selfheal.mark_false_positive(NULL, ''why'')');
SELECT play.answer('SELECT selfheal.mark_false_positive(1, NULL)');
SELECT play.answer('SELECT selfheal.mark_false_positive(1, '' '')');
SELECT play.answer('SELECT selfheal.mark_false_positive(-1, ''why'')');
SELECT play.answer('SELECT selfheal.mark_false_positive(9223372036854775807, ''why'')');
\a
\t off

DELETE FROM selfheal.anomaly WHERE journal = 1;
DELETE FROM selfheal.false_positive WHERE journal = 1;
SELECT selfheal.reset_sensitivity('replication_slots_inactive');
SELECT play.setting('selfheal.cpu_budget', NULL);
DROP FUNCTION rows_since_mark(integer);
DROP VIEW found;
DROP TABLE begun;
DROP FUNCTION slots(integer);
\i :sessions_end
