CREATE FUNCTION selfheal.read_load(
	seconds double precision,
	OUT kind text,
	OUT id bigint,
	OUT application text,
	OUT busy_seconds double precision,
	OUT lock_wait_seconds double precision,
	OUT share double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 50
	AS 'MODULE_PATHNAME', 'selfheal_read_load';

COMMENT ON FUNCTION selfheal.read_load(double precision) IS 'What selfheal.load_shares shows, of the last so many seconds, from shared memory.';

CREATE VIEW selfheal.load_shares AS
	SELECT
		l.kind,
		CASE l.kind
			WHEN 'role' THEN r.rolname
			WHEN 'database' THEN d.datname
			WHEN 'application' THEN l.application
			ELSE l.id::text
		END AS name,
		l.share,
		l.busy_seconds,
		l.lock_wait_seconds
	FROM selfheal.read_load(60) AS l
	LEFT JOIN pg_roles AS r ON l.kind = 'role' AND r.oid::bigint = l.id
	LEFT JOIN pg_database AS d ON l.kind = 'database' AND d.oid::bigint = l.id
	ORDER BY l.kind, l.share DESC;

COMMENT ON VIEW selfheal.load_shares IS 'Whose statements took the time of the last minute. By looking who is in a statement at each sample, so those that have not ended count, too; the newest 4096 sightings are kept. Who waits because of a throttle is not counted.';
COMMENT ON COLUMN selfheal.load_shares.kind IS 'role, database, application or query; the shares of each kind are the whole.';
COMMENT ON COLUMN selfheal.load_shares.name IS 'Its name or query id; NULL when it has none or was dropped.';
COMMENT ON COLUMN selfheal.load_shares.share IS 'Share of the time that all client sessions were in statements.';
COMMENT ON COLUMN selfheal.load_shares.busy_seconds IS 'Time in statements, of all its sessions together.';
COMMENT ON COLUMN selfheal.load_shares.lock_wait_seconds IS 'Of that waiting for locks.';
