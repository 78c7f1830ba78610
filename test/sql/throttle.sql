-- Throttles: what is accepted, what is shown, and what is refused.
CREATE ROLE regress_app;
CREATE ROLE regress_boss IN ROLE selfheal_operator;
CREATE VIEW shown AS
	SELECT scope, kind, at_most, overflow, until - since AS lasts, reason, recovery, waiting, holding,
		delayed, refused, let_through, longest_wait, throttled_by = session_user AS by_me
	FROM selfheal.throttles;

SELECT selfheal.throttle(role => 'regress_app', slots => 2) > 0 AS accepted;
SELECT selfheal.throttle(role => 'regress_app', per_second => 0.5, overflow => 'refuse', duration => '1 hour') > 0 AS accepted;
SELECT selfheal.throttle('regress_app', current_database(), 'batch*', '10.0.0.0/8', 42, 3, NULL, '1 day', 'all at once') > 0 AS accepted;
SELECT selfheal.quarantine(address => '::1', reason => 'it knocks') > 0 AS accepted;
SELECT selfheal.delay_logins(role => 'regress_app', delay => '1.5 s') > 0 AS accepted;
SELECT * FROM shown WHERE kind <> 'rate';

-- The same scope and kind again takes the place of the one before.
SELECT count(*) FROM selfheal.throttles WHERE kind = 'slots';
SELECT selfheal.throttle(role => 'regress_app', slots => 5, reason => 'less strict') > 0 AS accepted;
SELECT at_most, reason FROM selfheal.throttles WHERE kind = 'slots' AND scope = 'role regress_app';
SELECT count(*) FROM selfheal.throttles WHERE kind = 'slots';

-- At once, whatever becomes of the transaction.
BEGIN;
SELECT selfheal.unthrottle(id) FROM selfheal.throttles;
ROLLBACK;
SELECT count(*) FROM selfheal.throttles;

-- From a function that somebody else runs, nobody can tell whose order it is.
GRANT CREATE ON SCHEMA public TO regress_boss;
SET ROLE regress_boss;
CREATE MATERIALIZED VIEW ordered AS SELECT selfheal.throttle(role => 'regress_app', slots => 2);
CREATE MATERIALIZED VIEW ordered AS SELECT count(*) FROM selfheal.unthrottle(1);
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_boss;

-- Refused.
\set SHOW_CONTEXT never
SELECT selfheal.throttle();
SELECT selfheal.throttle(slots => 2);
SELECT selfheal.throttle(application => '*', slots => 2);
SELECT selfheal.throttle(role => 'regress_app');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, per_second => 5);
SELECT selfheal.throttle(role => 'regress_app', slots => 0);
SELECT selfheal.throttle(role => 'regress_app', slots => -1);
SELECT selfheal.throttle(role => 'regress_app', slots => 2147483647);
SELECT selfheal.throttle(role => 'regress_app', per_second => 'NaN');
SELECT selfheal.throttle(role => 'regress_app', per_second => 'infinity');
SELECT selfheal.throttle(role => 'regress_app', per_second => 0);
SELECT selfheal.throttle(role => 'regress_nobody', slots => 2);
SELECT selfheal.throttle(role => 'regress_boss', slots => 2);
SELECT selfheal.throttle(role => 'pg_monitor', slots => 2);
SELECT selfheal.throttle(role => 'selfheal_executor', slots => 2);
SELECT selfheal.throttle(database => 'regress_nowhere', slots => 2);
SELECT selfheal.throttle(application => '', slots => 2);
SELECT selfheal.throttle(application => repeat('x', 64), slots => 2);
SELECT selfheal.throttle(address => '10.0.0.300', slots => 2);
SELECT selfheal.throttle(address => '0.0.0.0/0', slots => 2);
SELECT selfheal.throttle(query_id => 0, slots => 2);
SELECT selfheal.throttle(role => 'regress_app', slots => 2, duration => NULL);
SELECT selfheal.throttle(role => 'regress_app', slots => 2, duration => '0');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, duration => '-1 hour');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, duration => '25 hours');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, duration => '1000000 years');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, reason => NULL);
SELECT selfheal.throttle(role => 'regress_app', slots => 2, reason => '');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, overflow => 'maybe');
SELECT selfheal.throttle(role => 'regress_app', slots => 2, overflow => NULL);
SELECT selfheal.quarantine();
SELECT selfheal.delay_logins();
SELECT selfheal.delay_logins(role => 'regress_app', delay => '11 s');
SELECT selfheal.delay_logins(role => 'regress_app', delay => '0');
SELECT selfheal.delay_logins(role => 'regress_app', delay => NULL);
SELECT selfheal.unthrottle(NULL);
SELECT selfheal.unthrottle(0);
SELECT count(*) FROM selfheal.throttles;

-- Nobody locks himself out.
GRANT USAGE ON SCHEMA selfheal TO regress_app;
GRANT EXECUTE ON FUNCTION selfheal.quarantine TO regress_app;
SET SESSION AUTHORIZATION regress_app;
SELECT selfheal.quarantine(role => 'regress_app');
SELECT selfheal.quarantine(database => current_database());
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_boss;
SELECT selfheal.quarantine(database => current_database()) > 0 AS accepted;
SELECT 1 AS still_there;
SELECT selfheal.unthrottle(id, 'thought better of it') FROM selfheal.throttles;
RESET SESSION AUTHORIZATION;
REVOKE ALL ON FUNCTION selfheal.quarantine FROM regress_app;
REVOKE ALL ON SCHEMA selfheal FROM regress_app;

-- As many as there is room for.
DO $$
BEGIN
	FOR i IN 1 .. 32 LOOP
		PERFORM selfheal.throttle(role => 'regress_app', application => 'a' || i, slots => 1);
	END LOOP;
END
$$;
SELECT selfheal.throttle(role => 'regress_app', slots => 1);
SELECT count(*) FROM (SELECT selfheal.unthrottle(id) FROM selfheal.throttles) AS u;

-- What was ordered is written down.
CREATE FUNCTION recorded(pattern text) RETURNS boolean
	LANGUAGE plpgsql
AS $$
BEGIN
	FOR i IN 1 .. 1000 LOOP
		IF EXISTS (SELECT FROM selfheal.audit_log WHERE message LIKE pattern AND actor = session_user) THEN
			RETURN true;
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN false;
END
$$;
SELECT recorded('role regress_app is limited to 5 statements at a time by selfheal (throttle %: less strict');
SELECT recorded('address ::1 is in quarantine by selfheal (throttle %: it knocks');

-- Switched off, it says so.
ALTER SYSTEM SET selfheal.gate = off;
SELECT pg_reload_conf();
\c
SELECT selfheal.throttle(role => 'regress_app', slots => 2) > 0 AS accepted;
ALTER SYSTEM RESET selfheal.gate;
SELECT pg_reload_conf();
\c
SELECT selfheal.unthrottle(id) FROM selfheal.throttles;

DROP FUNCTION recorded(text);
DROP VIEW shown;
DROP ROLE regress_app, regress_boss;
