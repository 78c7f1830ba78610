-- What selfheal says about itself, and to whom.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
SELECT play.becomes_true('(SELECT state = ''on'' FROM selfheal.status)');
\x on
SELECT
	state, why, hint, autonomy, preset,
	newest_sample_age BETWEEN interval '0' AND interval '1 minute' AS fresh,
	open_failures, need_human, worst_failure, waiting_proposals, running_recoveries,
	in_recovery, unwritten_records >= 0 AS unwritten, lost_records,
	engine_pid IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal engine') AS engine_is_there,
	heartbeat_at > clock_timestamp() - interval '1 minute' AS beats, heartbeat_ms > 0 AS takes_time,
	engine_cpu_share BETWEEN 0 AND 1 AS cpu, engine_memory_bytes > 0 AS memory,
	version = (SELECT extversion FROM pg_extension WHERE extname = 'selfheal') AS same_version
FROM selfheal.status;
\x off

-- Every condition is met here, one row each, and a hint only where one is not.
SELECT play.becomes_true('(SELECT history = ''ok'' FROM selfheal.status)');
SELECT play.becomes_true('(SELECT met FROM selfheal.diagnose() WHERE condition = ''probe'')');
SELECT condition, met, CASE WHEN NOT met THEN detail END AS detail, hint
FROM selfheal.diagnose()
WHERE condition <> 'engine stages';
SELECT count(*) FROM selfheal.diagnose() WHERE detail IS NULL OR detail = '' OR met = (hint IS NOT NULL);

-- Switched off, it says so and how to switch it on.
SELECT play.setting('selfheal.enabled', 'off');
SELECT state, why, hint FROM selfheal.status;
SELECT condition, detail, hint FROM selfheal.diagnose() WHERE NOT met AND condition <> 'engine stages';
SELECT play.setting('selfheal.enabled', NULL);
SELECT play.becomes_true('(SELECT state = ''on'' FROM selfheal.status)');

-- What each role may look at, and do.
CREATE FUNCTION may(as_role text, statement text) RETURNS text
	LANGUAGE plpgsql
AS $$
DECLARE
	answer text := 'yes';
BEGIN
	EXECUTE format('SET ROLE %I', as_role);
	BEGIN
		EXECUTE statement;
	EXCEPTION
		WHEN insufficient_privilege THEN
			answer := 'no';
		WHEN OTHERS THEN
			answer := 'yes, but: ' || SQLERRM;
	END;
	RESET ROLE;
	RETURN answer;
END
$$;
CREATE ROLE regress_nobody;
CREATE VIEW roles AS
	SELECT * FROM (VALUES (1, 'selfheal_admin'), (2, 'selfheal_operator'), (3, 'selfheal_developer'),
		(4, 'selfheal_auditor'), (5, 'regress_nobody')) AS r (place, role);
CREATE FUNCTION by_role(statement text) RETURNS text
	LANGUAGE sql
	RETURN (SELECT string_agg(may(role, statement), ' | ' ORDER BY place) FROM roles);
SELECT c.relname, by_role(format('TABLE selfheal.%I', c.relname)) AS "admin | operator | developer | auditor | nobody"
FROM pg_class AS c
WHERE c.relnamespace = 'selfheal'::regnamespace AND c.relkind = 'v'
ORDER BY c.relname COLLATE "C";
SELECT c.relname, by_role(format('TABLE selfheal.%I', c.relname)) AS "admin | operator | developer | auditor | nobody"
FROM pg_class AS c
WHERE c.relnamespace = 'selfheal'::regnamespace AND c.relkind = 'r'
ORDER BY c.relname COLLATE "C";
SELECT statement, by_role('SELECT selfheal.' || statement) AS "admin | operator | developer | auditor | nobody"
FROM unnest(ARRAY['approve(0)', 'diagnose()', 'explain(0)', 'pause(''0'')', 'reject(0)', 'reset_breaker(''none'')',
	'resume(''none'')', 'samples(''none'')', 'start(NULL)', 'stop(NULL)', 'trigger(''none'')', 'forget(1)']) AS statement;
DROP FUNCTION by_role(text);
DROP VIEW roles;
DROP FUNCTION may(text, text);
DROP ROLE regress_nobody;
\i :sessions_end
