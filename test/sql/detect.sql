-- Metrics of one's own: what is learnt from calls, what they answer, and what is refused.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions

-- As in the guide: a hundred usual values, then one that is not.
SELECT count(d.metric) AS told
FROM generate_series(0, 99) AS i
CROSS JOIN LATERAL selfheal.detect('performance',
	jsonb_build_object('query_latency_ms', 50 + i % 10, 'cpu_usage', 45 + i % 5)) AS d;
\x on
SELECT metric, category, severity, round(score::numeric, 2) AS score, method, description, round(confidence::numeric, 2) AS confidence,
	value, round(z_score::numeric, 1) AS z_score, round(baseline_mean::numeric, 1) AS mean, round(baseline_deviation::numeric, 2) AS deviation
FROM selfheal.detect('performance', '{"query_latency_ms": 500, "cpu_usage": 95}') ORDER BY metric;
\x off
SELECT count(*) FROM selfheal.detect('performance', '{"query_latency_ms": 55, "cpu_usage": 46, "not_measured": null}');
SELECT metric, category, state, round(location::numeric), samples, threshold, bar, reported_in = current_database() AS here, reported_at IS NOT NULL AS used
FROM selfheal.baselines WHERE reported_in IS NOT NULL ORDER BY metric COLLATE "C";

-- Of what is new nothing is said, and another category is another metric.
SELECT count(*) FROM selfheal.detect('security', '{"failed_login_attempts": 150, "query_latency_ms": 1e9}');
SELECT metric, category, state, threshold FROM selfheal.baselines WHERE reported_in IS NOT NULL AND category = 'security' ORDER BY metric COLLATE "C";

-- A sensitivity counts for them, too.
SELECT selfheal.set_sensitivity('performance', 'high');
SELECT DISTINCT threshold FROM selfheal.baselines WHERE category = 'performance' AND reported_in IS NOT NULL;
SELECT selfheal.reset_sensitivity('performance');

-- It needs no right to write and leaves nothing to roll back.
BEGIN READ ONLY;
SELECT count(*) FROM selfheal.detect('resource', '{"queue": 1}');
ROLLBACK;
SELECT samples FROM selfheal.baselines WHERE metric = 'queue';

-- What was learnt can be forgotten: one, at commit, and a category.
BEGIN;
SELECT selfheal.reset_baselines('queue');
ROLLBACK;
SELECT count(*) FROM selfheal.baselines WHERE metric = 'queue';
SELECT selfheal.reset_baselines('queue');
SELECT count(*) FROM selfheal.baselines WHERE metric = 'queue';
SELECT selfheal.reset_baselines('security') - (SELECT count(*) FROM selfheal.metrics WHERE category = 'security') AS reported;
SELECT metric, category FROM selfheal.baselines WHERE reported_in IS NOT NULL ORDER BY metric COLLATE "C";
SELECT actor = session_user AS by_me, subject FROM selfheal.audit_log WHERE action = 'baselines_reset' ORDER BY sequence DESC LIMIT 2;

-- Bad input gets one error, and nothing is learnt from it.
\t on
\a
SELECT play.answer(format('SELECT selfheal.detect(%L, %L)', category, metrics))
FROM (VALUES
	(NULL, '{"a": 1}'), ('', '{"a": 1}'), ('Performance', '{"a": 1}'), ('performance', NULL),
	('performance', '{}'), ('performance', '[]'), ('performance', '[1]'), ('performance', '1'), ('performance', '"a"'), ('performance', 'null'),
	('performance', '{"a": "1"}'), ('performance', '{"a": "NaN"}'), ('performance', '{"a": true}'), ('performance', '{"a": {"b": 1}}'),
	('performance', '{"a": 1, "b": [1]}'), ('performance', '{"a": 1e400}'), ('performance', '{"a": -1e101}'), ('performance', '{"": 1}'),
	('performance', format('{"%s": 1}', repeat('a', 64)))) AS bad (category, metrics);
SELECT play.answer($$SELECT selfheal.detect('performance', jsonb_build_object('a', 'Infinity'::numeric))$$);
SELECT play.answer($$SELECT selfheal.detect('performance', (SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 10000) AS n))$$);
SELECT play.answer('SELECT selfheal.reset_baselines(''moon_phase'')');
\a
\t off
SELECT count(*) FROM selfheal.baselines WHERE reported_in IS NOT NULL;

-- However many names are invented, 512 are remembered: those used last.
SELECT count(d.metric)
FROM generate_series(1, 2000) AS n
CROSS JOIN LATERAL selfheal.detect('resource', jsonb_build_object('flood_' || n, n, 'kept', 1)) AS d;
SELECT count(*), count(*) FILTER (WHERE metric = 'kept') AS kept, count(*) FILTER (WHERE metric = 'flood_1') AS first,
	count(*) FILTER (WHERE metric = 'flood_2000') AS last
FROM selfheal.baselines WHERE reported_in IS NOT NULL;

-- Who may.
SET ROLE selfheal_developer;
SELECT count(*) FROM selfheal.detect('resource', '{"kept": 1}');
SET ROLE selfheal_auditor;
SELECT count(*) FROM selfheal.detect('resource', '{"kept": 1}');
RESET ROLE;
SELECT selfheal.reset_baselines('resource') > 512 AS forgotten;
SELECT count(*) FROM selfheal.baselines WHERE reported_in IS NOT NULL;
SELECT selfheal.reset_baselines('performance') IS NOT NULL AS forgotten;
\i :sessions_end
