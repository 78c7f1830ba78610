-- Metrics: the catalogue, the samples, and what is refused.
SELECT count(*) >= 80 AS enough, count(*) = count(DISTINCT name) AS names_differ
FROM selfheal.metrics;

SELECT DISTINCT component COLLATE "C" AS component FROM selfheal.metrics ORDER BY 1;
SELECT DISTINCT category COLLATE "C" AS category FROM selfheal.metrics ORDER BY 1;
SELECT DISTINCT kind COLLATE "C" AS kind FROM selfheal.metrics ORDER BY 1;
SELECT DISTINCT unit COLLATE "C" AS unit FROM selfheal.metrics ORDER BY 1;
SELECT DISTINCT bad_direction COLLATE "C" AS bad_direction FROM selfheal.metrics ORDER BY 1;

-- True as soon as this many rows of samples have been taken since a moment; false after a while.
CREATE FUNCTION sampled(since timestamptz, rows integer DEFAULT 1) RETURNS boolean
	LANGUAGE plpgsql
AS $$
BEGIN
	FOR i IN 1..3000 LOOP
		IF (SELECT count(*) >= rows FROM selfheal.samples('load', '1 day') WHERE at > since) THEN
			RETURN true;
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN false;
END
$$;

-- The engine samples by itself, and every metric has the same age.
ALTER SYSTEM SET selfheal.sample_interval = '100ms';
SELECT pg_reload_conf();
SELECT sampled(now(), 2);
SELECT count(DISTINCT sampled_at) AS moments, bool_and(age BETWEEN '0' AND '1 minute') AS fresh
FROM selfheal.metrics;

-- What must be known on every machine, and what no primary knows.
SELECT name FROM selfheal.metrics
WHERE value IS NULL AND name IN ('sessions', 'sessions_active', 'connection_slots_free', 'xid_age',
	'multixact_age', 'lock_waiters', 'commits', 'wal_bytes', 'checkpoints_timed', 'cpu_used', 'load',
	'memory_available', 'data_disk_free', 'wal_disk_free', 'replication_slots');
SELECT name, value FROM selfheal.metrics WHERE name ~ '^(replay|wal_receiver)_' AND value IS NOT NULL;
SELECT name, value FROM selfheal.metrics
WHERE unit = 'share' AND NOT value BETWEEN 0 AND 1 OR value IN ('Infinity', '-Infinity', 'NaN');

-- This session was seen while it waited.
SELECT max(value) >= 1 AS connected FROM selfheal.samples('sessions');
SELECT max(value) >= 1 AS active FROM selfheal.samples('sessions_active');

-- A metric shows what is there: two prepared transactions.
CREATE TABLE sampled_things (id integer);
BEGIN; INSERT INTO sampled_things VALUES (1); PREPARE TRANSACTION 'selfheal sample 1';
BEGIN; INSERT INTO sampled_things VALUES (2); PREPARE TRANSACTION 'selfheal sample 2';
SELECT sampled(clock_timestamp(), 2);
SELECT name, value FROM selfheal.metrics WHERE name = 'prepared_transactions';
SELECT value >= 1 AS held FROM selfheal.metrics WHERE name = 'xmin_age_prepared';
ROLLBACK PREPARED 'selfheal sample 1';
ROLLBACK PREPARED 'selfheal sample 2';
SELECT sampled(clock_timestamp(), 2);
SELECT name, value FROM selfheal.metrics WHERE name = 'prepared_transactions';
DROP TABLE sampled_things;

-- And a slot nobody uses.
SELECT slot_name FROM pg_create_physical_replication_slot('selfheal_sample', true);
SELECT sampled(clock_timestamp(), 2);
SELECT name, value FROM selfheal.metrics WHERE name LIKE 'replication_slots%' ORDER BY name;
SELECT pg_drop_replication_slot('selfheal_sample');

-- A database that comes and goes makes no rate negative and no spike of its template's counters.
SELECT clock_timestamp() AS before \gset
CREATE DATABASE selfheal_sample;
SELECT sampled(clock_timestamp(), 6);
DROP DATABASE selfheal_sample;
SELECT sampled(clock_timestamp(), 6);
SELECT count(*) FROM selfheal.samples('commits') WHERE at > :'before' AND NOT value BETWEEN 0 AND 100000;

-- What is read for every fifth row says so.
SELECT name, cadence FROM selfheal.metrics WHERE name IN ('sessions', 'commits', 'memory_available') ORDER BY name;

-- A reset of the statistics is missing until the next reading, and never a spike.
SELECT clock_timestamp() AS before \gset
SELECT pg_stat_reset();
SELECT sampled(clock_timestamp(), 12);
SELECT count(*) FILTER (WHERE value IS NULL) <= 5 AS once, count(*) FILTER (WHERE value < 0) AS negative
FROM selfheal.samples('commits') WHERE at > :'before';

-- Samples come oldest first, and only those asked for.
SELECT count(*) > 1 AS several, bool_and(at > previous) AS in_order
FROM (SELECT at, lag(at, 1, '-infinity') OVER () AS previous FROM selfheal.samples('load')) AS s;
SELECT count(*) FROM selfheal.samples('load', '0');
SELECT count(*) <= 1000 AS bounded FROM selfheal.samples('load', '100 years') WHERE resolution IS NULL;

-- Bad input.
\pset format unaligned
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
SELECT * FROM refused($$SELECT * FROM selfheal.samples(NULL)$$);
SELECT * FROM refused($$SELECT * FROM selfheal.samples('load', NULL)$$);
SELECT * FROM refused($$SELECT * FROM selfheal.samples('load', '-1 second')$$);
SELECT * FROM refused($$SELECT * FROM selfheal.samples('cpu_usd')$$);
SELECT code, message FROM refused($$SELECT * FROM selfheal.samples('')$$);
SELECT code FROM refused(format($$SELECT * FROM selfheal.samples(%L)$$, repeat('x', 100000)));
ALTER SYSTEM RESET selfheal.sample_interval;
SELECT pg_reload_conf();
DROP FUNCTION refused(text);
DROP FUNCTION sampled(timestamptz, integer);
