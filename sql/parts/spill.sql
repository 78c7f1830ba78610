CREATE FUNCTION selfheal.read_spills(
	OUT role oid,
	OUT database oid,
	OUT statements bigint,
	OUT bytes bigint,
	OUT per_minute double precision,
	OUT at_once double precision,
	OUT last_at timestamptz,
	OUT work_mem_kb bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_spills';

COMMENT ON FUNCTION selfheal.read_spills() IS 'What selfheal.spills shows, from shared memory.';

CREATE VIEW selfheal.spills AS
	SELECT
		r.rolname AS role,
		d.datname AS database,
		s.statements,
		s.bytes,
		s.per_minute,
		s.at_once,
		s.last_at,
		s.work_mem_kb
	FROM selfheal.read_spills() AS s
	LEFT JOIN pg_roles AS r ON r.oid = s.role
	LEFT JOIN pg_database AS d ON d.oid = s.database
	ORDER BY s.bytes DESC;

COMMENT ON VIEW selfheal.spills IS 'Whose statements write to temporary files, since the server started; of 64 roles and databases, where one that has not for half an hour makes room for another. A statement is what the executor runs at top level; CREATE INDEX and its like are none.';
COMMENT ON COLUMN selfheal.spills.role IS 'The role that logged in; NULL when it was dropped.';
COMMENT ON COLUMN selfheal.spills.database IS 'The database it works in; NULL when it was dropped.';
COMMENT ON COLUMN selfheal.spills.statements IS 'Statements that wrote to temporary files, failed ones too.';
COMMENT ON COLUMN selfheal.spills.bytes IS 'What they wrote, parallel workers included; of a statement that failed without its workers.';
COMMENT ON COLUMN selfheal.spills.per_minute IS 'Of these in the last minute, with the work_mem that a session gets which begins now; of the newest 32 where there are more.';
COMMENT ON COLUMN selfheal.spills.at_once IS 'How many of those are at work at a time, on average.';
COMMENT ON COLUMN selfheal.spills.last_at IS 'End of the newest one.';
COMMENT ON COLUMN selfheal.spills.work_mem_kb IS 'work_mem in kB that a session of the role gets which begins now, as last looked at; NULL when that is not known. Some sessions may have another, because they began before a change or set their own.';
