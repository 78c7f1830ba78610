CREATE FUNCTION selfheal.read_setting_changes(
	OUT at timestamptz,
	OUT level text,
	OUT database oid,
	OUT role oid,
	OUT name text,
	OUT old_value text,
	OUT new_value text,
	OUT old_is_default boolean,
	OUT new_is_default boolean,
	OUT truncated boolean,
	OUT at_start boolean,
	OUT source_file text,
	OUT source_line integer,
	OUT can_be_undone boolean
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 256
	AS 'MODULE_PATHNAME', 'selfheal_read_setting_changes';

COMMENT ON FUNCTION selfheal.read_setting_changes() IS 'What selfheal.setting_changes shows, from shared memory.';

CREATE VIEW selfheal.setting_changes AS
	SELECT
		c.at,
		c.level,
		coalesce(d.datname::text, c.database::text) AS database,
		CASE WHEN c.role = 4294967295 THEN 'ALL' ELSE coalesce(r.rolname::text, c.role::text) END AS role,
		c.name,
		c.old_value,
		c.new_value,
		c.old_is_default,
		c.new_is_default,
		c.truncated,
		c.at_start,
		CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN c.source_file END AS source_file,
		CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN c.source_line END AS source_line,
		c.can_be_undone
	FROM selfheal.read_setting_changes() AS c
	LEFT JOIN pg_roles AS r ON r.oid = c.role
	LEFT JOIN pg_database AS d ON d.oid = c.database;

COMMENT ON VIEW selfheal.setting_changes IS 'The last 256 changes of settings of the server, its databases and roles, newest first; also those that came with a restart. Not what sessions set for themselves.';
COMMENT ON COLUMN selfheal.setting_changes.at IS 'When it was seen: for the server right after the reload, for databases and roles within some seconds.';
COMMENT ON COLUMN selfheal.setting_changes.level IS 'server, database, role, or role in database.';
COMMENT ON COLUMN selfheal.setting_changes.database IS 'Whose setting it is; its OID when it was dropped.';
COMMENT ON COLUMN selfheal.setting_changes.role IS 'Whose setting it is, ALL for what ALTER ROLE ALL sets; its OID when it was dropped.';
COMMENT ON COLUMN selfheal.setting_changes.name IS 'Name of the setting; NULL when the settings of a database or role became too large to be read here, and only that they changed is known.';
COMMENT ON COLUMN selfheal.setting_changes.old_value IS 'Value before, NULL when there was none. Asterisks stand for what may be a secret and is not kept.';
COMMENT ON COLUMN selfheal.setting_changes.new_value IS 'Value after, NULL when there is none any more. Asterisks stand for what may be a secret and is not kept.';
COMMENT ON COLUMN selfheal.setting_changes.old_is_default IS 'Whether nobody had set it before.';
COMMENT ON COLUMN selfheal.setting_changes.new_is_default IS 'Whether nobody sets it any more: a reset.';
COMMENT ON COLUMN selfheal.setting_changes.truncated IS 'Whether one of the values was too long to be kept whole.';
COMMENT ON COLUMN selfheal.setting_changes.at_start IS 'Whether it was found when the server started: made by a restart, or between the last look before and that.';
COMMENT ON COLUMN selfheal.setting_changes.source_file IS 'Configuration file the new value comes from; shown to those who may read all settings.';
COMMENT ON COLUMN selfheal.setting_changes.source_line IS 'Line in that file.';
COMMENT ON COLUMN selfheal.setting_changes.can_be_undone IS 'Whether the value before is known well enough to be set again.';
