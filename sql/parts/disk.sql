CREATE FUNCTION selfheal.read_disks(
	OUT place text,
	OUT tablespace oid,
	OUT size_bytes double precision,
	OUT free_bytes double precision,
	OUT used_share double precision,
	OUT growth_bytes_per_hour double precision,
	OUT time_to_full interval,
	OUT looked_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 4
	AS 'MODULE_PATHNAME', 'selfheal_read_disks';

COMMENT ON FUNCTION selfheal.read_disks() IS 'What selfheal.disk shows, from shared memory.';

CREATE VIEW selfheal.disk AS
	SELECT
		d.place || coalesce(' ' || coalesce(t.spcname::text, d.tablespace::text), '') AS place,
		d.size_bytes::bigint AS size_bytes,
		d.free_bytes::bigint AS free_bytes,
		d.used_share,
		d.growth_bytes_per_hour,
		d.time_to_full,
		clock_timestamp() + d.time_to_full AS full_at,
		d.looked_at
	FROM selfheal.read_disks() AS d
	LEFT JOIN pg_tablespace AS t ON t.oid = d.tablespace;

COMMENT ON VIEW selfheal.disk IS 'Space on the file systems of the data directory, the WAL and each tablespace, looked at once a minute, and when it will be used up.';
COMMENT ON COLUMN selfheal.disk.place IS 'data directory, WAL, or tablespace and its name, of which at most 30 are looked at. Several may be on one file system.';
COMMENT ON COLUMN selfheal.disk.size_bytes IS 'Size of the file system, without what is reserved for root; NULL when it cannot be asked.';
COMMENT ON COLUMN selfheal.disk.free_bytes IS 'What the server may still use.';
COMMENT ON COLUMN selfheal.disk.used_share IS 'Share in use, between 0 and 1.';
COMMENT ON COLUMN selfheal.disk.growth_bytes_per_hour IS 'Trend of what is in use over the last four hours at most; NULL when less than ten minutes are known.';
COMMENT ON COLUMN selfheal.disk.time_to_full IS 'Time until nothing is free, as selfheal.resources foresees it; from a plain trend while less than two hours are known. NULL when it does not grow, or not clearly, or for more than a year.';
COMMENT ON COLUMN selfheal.disk.full_at IS 'The moment that is.';
COMMENT ON COLUMN selfheal.disk.looked_at IS 'When this was looked at.';
