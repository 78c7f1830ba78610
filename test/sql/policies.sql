-- What holds for one component or one remedy: when it takes effect, what counts, and what is refused.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\pset null -
CREATE VIEW policies AS
	SELECT component, remedy, autonomy, max_retries, timeout, autonomy_in_force, max_retries_in_force, timeout_in_force
	FROM selfheal.component_policies
	ORDER BY component COLLATE "C", remedy COLLATE "C" NULLS FIRST;

-- Nothing set: the settings hold everywhere.
TABLE policies;

-- An order waits for its commit.
BEGIN;
SELECT selfheal.set_component_policy('locks', autonomy => 'off');
SELECT autonomy FROM selfheal.component_policies WHERE component = 'locks';
ROLLBACK;
SELECT autonomy FROM selfheal.component_policies WHERE component = 'locks';

-- What is not given stays as it is.
SELECT selfheal.set_component_policy('locks', autonomy => 'off', reason => 'a migration runs');
SELECT selfheal.set_component_policy('locks', max_retries => 0, timeout => '10 s');
SELECT selfheal.set_component_policy('sessions', autonomy => 'full', reason => 'in vain');
SELECT selfheal.set_component_policy('all', remedy => 'terminate_blocker', max_retries => 1);
SELECT selfheal.set_component_policy('locks', remedy => 'cancel_blocker', timeout => '1 hour');
TABLE policies;
SELECT component, remedy, set_by = session_user AS by_me, set_at > now() - interval '1 hour' AS lately, reason
FROM selfheal.component_policies
WHERE set_by IS NOT NULL
ORDER BY component COLLATE "C", remedy COLLATE "C" NULLS FIRST;

-- Taken back
SELECT selfheal.reset_component_policy('locks', reason => 'the migration is over');
SELECT selfheal.reset_component_policy('sessions');
SELECT selfheal.reset_component_policy('all', remedy => 'terminate_blocker');
SELECT selfheal.reset_component_policy('locks', 'cancel_blocker');
SELECT count(*) FROM selfheal.component_policies WHERE set_by IS NOT NULL;

-- Who did what is in the audit log.
SELECT action, subject, message FROM selfheal.audit_log WHERE action LIKE 'policy%' ORDER BY sequence;

-- Bad input
SELECT play.answer('SELECT selfheal.set_component_policy(NULL, ''off'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''moon'', ''off'')');
SELECT play.answer(format('SELECT selfheal.set_component_policy(%L, ''off'')', repeat('locks', 100)));
SELECT play.answer('SELECT selfheal.set_component_policy(''all'', ''off'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', ''Full'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', '''')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', max_retries => -1)');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', max_retries => 101)');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', timeout => ''0.9 s'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', timeout => ''61 min'')');
SELECT play.answer('SELECT selfheal.set_component_policy(''locks'', timeout => ''-170000000 years'')');
SELECT left(play.answer('SELECT selfheal.set_component_policy(''locks'', ''off'', remedy => ''reboot'')'), 33);
SELECT play.answer('SELECT selfheal.reset_component_policy(NULL)');
SELECT play.answer('SELECT selfheal.reset_component_policy(''locks'')');
SELECT play.answer('SELECT selfheal.reset_component_policy(''all'')');
SELECT count(*) FROM selfheal.component_policies WHERE set_by IS NOT NULL;

-- What holds acts back: how much of each there may be, and what none at all does.
SELECT kind, component, allowed FROM selfheal.breakers
WHERE kind = 'rate limit' OR (kind = 'bulkhead' AND component IS NULL)
ORDER BY allowed;
SELECT play.setting('selfheal.max_acts_day', '0');
SELECT state, allowed, until, why, reset FROM selfheal.breakers WHERE reset LIKE '%selfheal.max_acts_day%';
SELECT play.setting('selfheal.max_acts_day', NULL);

DROP VIEW policies;
\i :sessions_end
