-- The gate: what passes through the server's hooks is counted, once each.
\set VERBOSITY terse

-- Calls in this database while a statement runs that counts none of its own.
CREATE FUNCTION calls() RETURNS bigint
	LANGUAGE sql
	RETURN (SELECT calls FROM selfheal.latency WHERE database = current_database());
CREATE FUNCTION errors(wanted text) RETURNS bigint
	LANGUAGE sql
	RETURN coalesce((SELECT sum(count) FROM selfheal.errors WHERE coalesce(code, class) = wanted), 0);

-- A statement is what runs at top level, whatever it does inside.
CREATE TABLE gated (id integer PRIMARY KEY, n integer);
CREATE FUNCTION nested(depth integer) RETURNS integer
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN CASE WHEN depth = 0 THEN 0 ELSE (SELECT nested(depth - 1)) + 1 END;
END
$$;
SELECT calls() AS before \gset
SELECT nested(5);
SELECT calls() - :before AS nested_and_a_look;
SELECT calls() AS before \gset
INSERT INTO gated SELECT g, g FROM generate_series(1, 100) AS g;
UPDATE gated SET n = n + 1;
WITH gone AS (DELETE FROM gated WHERE id > 50 RETURNING id) SELECT count(*) FROM gone;
INSERT INTO gated VALUES (0, 0) RETURNING id;
SELECT calls() - :before AS four_and_a_look;

-- In DO and CALL each statement counts; a cursor counts by fetches; utility commands do not.
SELECT calls() AS before \gset
DO $$BEGIN UPDATE gated SET n = 1; UPDATE gated SET n = 2; END$$;
SELECT calls() - :before AS two_and_a_look;
SELECT calls() AS before \gset
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM gated ORDER BY id;
FETCH 1 FROM c;
FETCH 1 FROM c;
COMMIT;
VACUUM gated;
SELECT calls() - :before AS two_and_a_look;

-- What fails counts, inside and outside of a block that catches it, and nesting is forgotten.
CREATE FUNCTION fails() RETURNS integer
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN 1 / (SELECT count(*) FROM gated WHERE id < 0);
END
$$;
SELECT calls() AS before, errors('22012') AS errors_before \gset
SELECT fails();
DO $$BEGIN PERFORM fails(); EXCEPTION WHEN division_by_zero THEN NULL; END$$;
SELECT calls() - :before AS two_and_a_look, errors('22012') - :errors_before AS one_not_caught;
SELECT calls() AS before \gset
SELECT 1 AS one;
SELECT calls() - :before AS one_and_a_look;

-- A constraint checked late fails at the end of the transaction. The statement had worked; the check is one, too.
CREATE TABLE child (id integer REFERENCES gated DEFERRABLE INITIALLY DEFERRED);
SELECT calls() AS before, errors('23503') AS errors_before \gset
INSERT INTO child VALUES (1000);
SELECT calls() - :before AS two_and_a_look, errors('23503') - :errors_before AS one;

-- Any SQLSTATE there may be, at any level, finds a place.
DO $$
BEGIN
	FOR i IN 0 .. 999 LOOP
		BEGIN
			RAISE EXCEPTION 'made up' USING errcode = 'A' || lpad(i::text, 4, '0');
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END
$$;
SELECT errors('23') AS before \gset
DO $$BEGIN RAISE 'made up' USING errcode = '23ZZZ'; END$$;
DO $$BEGIN RAISE WARNING 'made up' USING errcode = '23ZZZ'; END$$;
SELECT errors('23') - :before AS one;
SELECT class, class_name, code, name FROM selfheal.errors WHERE code IN ('22012', '23503');

-- More queries than there are places.
DO $$
BEGIN
	FOR i IN 1 .. 600 LOOP
		EXECUTE format('SELECT 1 AS x%s, %s', i, array_to_string(array_fill('1'::text, ARRAY[1 + i % 30]), ','));
	END LOOP;
END
$$;
CREATE FUNCTION seen() RETURNS boolean
	LANGUAGE plpgsql
AS $$
BEGIN
	FOR i IN 1 .. 1000 LOOP
		IF (SELECT count(*) > 10 FROM selfheal.top_queries) THEN
			RETURN true;
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN false;
END
$$;
SELECT seen();
SELECT count(*) <= 256 AS bounded, bool_and(p50_ms <= p95_ms AND p95_ms <= p99_ms) AS in_order,
	bool_and(calls > 0 AND total_ms > 0 AND last_at >= since) AS sound
FROM selfheal.top_queries;
SELECT bool_and(p50_ms <= p95_ms AND p95_ms <= p99_ms AND mean_ms * calls BETWEEN total_ms * 0.999 AND total_ms * 1.001) AS sound
FROM selfheal.latency;

-- Changes: what is committed, in the order of commits, and no more than fit.
CREATE VIEW newest AS
	SELECT c.command FROM selfheal.changes AS c LIMIT 4;
BEGIN;
CREATE TABLE kept ();
SAVEPOINT one;
CREATE TABLE lost ();
SAVEPOINT two;
CREATE TABLE lost_too ();
RELEASE two;
ROLLBACK TO one;
SAVEPOINT three;
COMMENT ON TABLE kept IS 'kept';
RELEASE three;
COMMIT;
BEGIN; DROP TABLE kept; ROLLBACK;
CREATE TEMPORARY TABLE unseen ();
CREATE TEMPORARY VIEW unseen_view AS SELECT 1;
SELECT 1 AS x INTO TEMPORARY unseen_too;
REFRESH MATERIALIZED VIEW no_such_view;
PREPARE made AS SELECT 1;
EXPLAIN (COSTS OFF) CREATE TABLE never AS SELECT 1;
SELECT * FROM newest;
DO $$BEGIN EXECUTE 'ALTER TABLE kept ADD n integer'; EXECUTE 'DROP TABLE kept'; END$$;
SELECT * FROM newest;
DO $$
BEGIN
	FOR i IN 1 .. 300 LOOP
		EXECUTE 'CREATE SCHEMA many';
		EXECUTE 'DROP SCHEMA many';
	END LOOP;
END
$$;
SELECT count(*) FROM selfheal.changes;

-- Off is off, at once.
ALTER SYSTEM SET selfheal.gate = off;
SELECT pg_reload_conf();
DO $$
BEGIN
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN current_setting('selfheal.gate') = 'off';
		PERFORM pg_sleep(0.01);
	END LOOP;
END
$$;
SELECT met, detail FROM selfheal.diagnose() WHERE condition = 'gate';
SELECT calls() AS before, errors('22012') AS errors_before \gset
SELECT 1 AS one;
SELECT fails();
SELECT calls() - :before AS none, errors('22012') - :errors_before AS none_either;
ALTER SYSTEM RESET selfheal.gate;
SELECT pg_reload_conf();
SELECT condition, met FROM selfheal.diagnose() WHERE condition IN ('error feed');

DROP VIEW newest;
DROP TABLE child, gated;
DROP FUNCTION calls(), errors(text), nested(integer), fails(), seen();
