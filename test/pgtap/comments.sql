-- Every object says what it is for; docs/reference.md is made of these comments.
BEGIN;

CREATE TEMPORARY VIEW members AS
	SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
	FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'selfheal';

-- What the server makes by itself beside an object needs no words of its own.
CREATE TEMPORARY VIEW own AS
	SELECT m.*
	FROM members m
	LEFT JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
	WHERE t.oid IS NULL OR (t.typtype IN ('e', 'd', 'r', 'b') AND t.typelem = 0);

SELECT plan(7);

SELECT cmp_ok((SELECT count(*) FROM own), '>=', 25::bigint, 'there are objects to look at');

SELECT is_empty(
	$$SELECT object FROM own WHERE coalesce(obj_description(objid, classid::regclass::name), '') = ''$$,
	'every object has a comment');

SELECT is_empty(
	$$SELECT object FROM own WHERE obj_description(objid, classid::regclass::name) !~ '\.$'$$,
	'a comment is a sentence');

SELECT is_empty(
	$$SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'selfheal'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
			AND coalesce(col_description(c.oid, a.attnum), '') = ''$$,
	'every column of a view has a comment');

SELECT isnt(obj_description('selfheal'::regnamespace), NULL, 'the schema has a comment');

SELECT is_empty(
	$$SELECT rolname FROM pg_roles
		WHERE rolname LIKE 'selfheal\_%' AND shobj_description(oid, 'pg_authid') IS NULL$$,
	'every role has a comment');

SELECT is_empty(
	$$SELECT name FROM selfheal.settings WHERE meaning IS NULL OR meaning !~ '\.$'$$,
	'every setting has a sentence');

SELECT * FROM finish();
ROLLBACK;
