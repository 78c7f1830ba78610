-- What the extension consists of, and what must hold for all of it.
BEGIN;

CREATE TEMPORARY VIEW members AS
	SELECT d.classid, d.objid, i.type, i.schema, i.identity
	FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid
	CROSS JOIN pg_identify_object(d.classid, d.objid, 0) i
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'selfheal';

SELECT plan(11);

SELECT has_extension('selfheal', 'selfheal', 'the extension is there, in its own schema');

SELECT is(
	(SELECT extversion FROM pg_extension WHERE extname = 'selfheal'),
	(SELECT default_version FROM pg_available_extensions WHERE name = 'selfheal'),
	'its version is the one the control file names');

SELECT is_empty(
	$$SELECT type, identity FROM members WHERE schema IS DISTINCT FROM 'selfheal'$$,
	'nothing of it is outside its schema');

SELECT is_empty(
	$$SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'selfheal'::regnamespace
			AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
		UNION ALL
		SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'selfheal'::regnamespace
			AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)$$,
	'nothing in the schema is foreign to it');

SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'selfheal'::regnamespace AND l.lanname <> 'c'
			AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)$$,
	'every function that is not C pins its search path');

SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'selfheal'::regnamespace AND p.prosecdef
			AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)$$,
	'no function runs as its owner with a search path of the caller');

SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'selfheal'::regnamespace AND l.lanname NOT IN ('c', 'sql', 'plpgsql')$$,
	'no function needs a language that may be missing');

SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'selfheal'::regnamespace AND p.pronargs > 0
			AND (p.proargnames IS NULL OR '' = ANY (p.proargnames))$$,
	'every argument has a name');

SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'selfheal'::regnamespace AND (p.provolatile <> 'v' OR p.proparallel <> 'u')
			AND p.proname IN ('acknowledge', 'approve', 'reject', 'trigger', 'stop', 'start', 'pause', 'resume',
				'reset_baselines', 'create_snapshot', 'rollback', 'cleanup_snapshot', 'cleanup_old_snapshots',
				'reset_breaker', 'set_component_policy', 'reset_component_policy', 'mark_false_positive',
				'set_sensitivity', 'reset_sensitivity')$$,
	'what acts is volatile, and never runs in a parallel worker');

SELECT is_empty(
	$$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'selfheal'::regnamespace
		AND c.relkind = 'r' AND NOT EXISTS (
			SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)$$,
	'every table has a primary key');

SELECT is_empty(
	$$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'selfheal'::regnamespace
		AND c.relpersistence <> 'p'$$,
	'every table survives a crash');

SELECT * FROM finish();
ROLLBACK;
