\echo Use "CREATE EXTENSION selfheal" to load this file. \quit

-- Every part below names its objects with their schema and creates them with plain CREATE, so
-- that nothing somebody else made is ever taken for ours.
SET LOCAL search_path TO pg_catalog, pg_temp;

-- The owner of a schema may drop and replace what is in it, ours too.
DO $$
DECLARE
	owner name;
BEGIN
	SELECT r.rolname INTO owner
	FROM pg_namespace n
	JOIN pg_roles r ON r.oid = n.nspowner
	WHERE n.nspname = 'selfheal' AND NOT r.rolsuper;
	IF found THEN
		RAISE EXCEPTION 'schema "selfheal" belongs to role "%"', owner USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'It was there before the extension, and its owner is not a superuser.',
			HINT = 'Drop or rename that schema; CREATE EXTENSION makes its own.';
	END IF;
END
$$;

COMMENT ON SCHEMA selfheal IS 'What selfheal sees, thinks, proposes, does and has done.';
