CREATE FUNCTION selfheal.read_databases(
	OUT database oid,
	OUT databases integer,
	OUT sessions integer,
	OUT active integer,
	OUT idle integer,
	OUT idle_in_transaction integer,
	OUT on_cpu integer,
	OUT waiting_lock integer,
	OUT waiting_lwlock integer,
	OUT waiting_io integer,
	OUT waiting_client integer,
	OUT waiting_ipc integer,
	OUT waiting_other integer,
	OUT commits double precision,
	OUT rollbacks double precision,
	OUT blocks_read double precision,
	OUT blocks_hit double precision,
	OUT cache_hit_ratio double precision,
	OUT temp_files double precision,
	OUT temp_bytes double precision,
	OUT deadlocks double precision,
	OUT conflicts double precision,
	OUT checksum_failures double precision,
	OUT sessions_opened double precision,
	OUT sessions_abandoned double precision,
	OUT sessions_fatal double precision,
	OUT sessions_killed double precision,
	OUT xid_age bigint,
	OUT multixact_age bigint,
	OUT span interval
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_databases';

COMMENT ON FUNCTION selfheal.read_databases() IS 'What selfheal.databases shows, from shared memory.';

CREATE VIEW selfheal.databases AS
	SELECT
		CASE WHEN b.database IS NULL THEN '(' || b.databases || ' others)'
			ELSE coalesce(d.datname::text, b.database::text) END AS database,
		b.sessions, b.active, b.idle, b.idle_in_transaction,
		b.on_cpu, b.waiting_lock, b.waiting_lwlock, b.waiting_io, b.waiting_client, b.waiting_ipc, b.waiting_other,
		b.commits, b.rollbacks, b.blocks_read, b.blocks_hit, b.cache_hit_ratio,
		b.temp_files, b.temp_bytes, b.deadlocks, b.conflicts, b.checksum_failures,
		b.sessions_opened, b.sessions_abandoned, b.sessions_fatal, b.sessions_killed,
		b.xid_age, b.multixact_age, b.span, b.databases
	FROM selfheal.read_databases() AS b
	LEFT JOIN pg_database AS d ON d.oid = b.database;

COMMENT ON VIEW selfheal.databases IS 'What each database is doing, as of the newest sample; rates are per second, over the last half to whole minute. The 64 busiest one by one, and all others together in one row.';
COMMENT ON COLUMN selfheal.databases.database IS 'Its name; its OID when it was dropped; "(N others)" in the row of all others.';
COMMENT ON COLUMN selfheal.databases.sessions IS 'Client sessions connected to it.';
COMMENT ON COLUMN selfheal.databases.active IS 'Of those, how many run a statement.';
COMMENT ON COLUMN selfheal.databases.idle IS 'How many are idle outside a transaction.';
COMMENT ON COLUMN selfheal.databases.idle_in_transaction IS 'How many are idle in a transaction, one that has failed included.';
COMMENT ON COLUMN selfheal.databases.on_cpu IS 'Of the active ones, how many wait for nothing.';
COMMENT ON COLUMN selfheal.databases.waiting_lock IS 'How many wait for a heavyweight lock.';
COMMENT ON COLUMN selfheal.databases.waiting_lwlock IS 'How many wait for a lightweight lock.';
COMMENT ON COLUMN selfheal.databases.waiting_io IS 'How many wait for input or output.';
COMMENT ON COLUMN selfheal.databases.waiting_client IS 'How many wait for their client.';
COMMENT ON COLUMN selfheal.databases.waiting_ipc IS 'How many wait for another server process.';
COMMENT ON COLUMN selfheal.databases.waiting_other IS 'How many wait for something else: a buffer pin, a timeout, inside an extension.';
COMMENT ON COLUMN selfheal.databases.commits IS 'Transactions committed per second.';
COMMENT ON COLUMN selfheal.databases.rollbacks IS 'Transactions rolled back per second.';
COMMENT ON COLUMN selfheal.databases.blocks_read IS 'Blocks read into shared buffers per second.';
COMMENT ON COLUMN selfheal.databases.blocks_hit IS 'Blocks found in shared buffers per second.';
COMMENT ON COLUMN selfheal.databases.cache_hit_ratio IS 'Share of the blocks asked for that were in shared buffers; NULL when none was.';
COMMENT ON COLUMN selfheal.databases.temp_files IS 'Temporary files written by statements per second.';
COMMENT ON COLUMN selfheal.databases.temp_bytes IS 'Bytes of them per second.';
COMMENT ON COLUMN selfheal.databases.deadlocks IS 'Deadlocks per second.';
COMMENT ON COLUMN selfheal.databases.conflicts IS 'Statements cancelled by replay per second, on a standby.';
COMMENT ON COLUMN selfheal.databases.checksum_failures IS 'Data pages whose checksum did not match, per second.';
COMMENT ON COLUMN selfheal.databases.sessions_opened IS 'Sessions established per second.';
COMMENT ON COLUMN selfheal.databases.sessions_abandoned IS 'Sessions lost because the connection to the client broke, per second.';
COMMENT ON COLUMN selfheal.databases.sessions_fatal IS 'Sessions ended by a fatal error, per second.';
COMMENT ON COLUMN selfheal.databases.sessions_killed IS 'Sessions ended by somebody else, per second.';
COMMENT ON COLUMN selfheal.databases.xid_age IS 'Transactions since its oldest transaction id not frozen.';
COMMENT ON COLUMN selfheal.databases.multixact_age IS 'Multixacts since its oldest one not frozen.';
COMMENT ON COLUMN selfheal.databases.span IS 'Time the rates tell about; NULL, as they are, for a database nobody has used yet.';
COMMENT ON COLUMN selfheal.databases.databases IS 'How many databases the row stands for.';
