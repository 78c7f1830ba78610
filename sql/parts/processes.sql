CREATE FUNCTION selfheal.read_processes(
	OUT pid integer,
	OUT backend_type text,
	OUT database text,
	OUT role text,
	OUT application text,
	OUT started_at timestamptz,
	OUT state text,
	OUT cpu_user double precision,
	OUT cpu_system double precision,
	OUT memory_bytes bigint,
	OUT private_bytes bigint,
	OUT shared_bytes bigint,
	OUT swapped_bytes bigint,
	OUT read_bytes bigint,
	OUT written_bytes bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 100
	AS 'MODULE_PATHNAME', 'selfheal_read_processes';

COMMENT ON FUNCTION selfheal.read_processes() IS 'What selfheal.processes shows, from the server and /proc.';

CREATE VIEW selfheal.processes AS
	SELECT
		p.pid, p.backend_type, p.database, p.role, p.application, p.started_at, p.state,
		p.cpu_user + p.cpu_system AS cpu_seconds, p.cpu_user, p.cpu_system,
		p.memory_bytes, p.private_bytes, p.shared_bytes, p.swapped_bytes,
		p.read_bytes, p.written_bytes
	FROM selfheal.read_processes() AS p
	ORDER BY cpu_seconds DESC NULLS LAST, p.pid;

COMMENT ON VIEW selfheal.processes IS 'Every process of this server and what it has used since it started, most processor time first. Read when asked; what the operating system does not tell is NULL. For what happens now, look twice and subtract.';
COMMENT ON COLUMN selfheal.processes.pid IS 'Its process id.';
COMMENT ON COLUMN selfheal.processes.backend_type IS 'What it is, as in pg_stat_activity, or postmaster; NULL for one the statistics do not know: the logger, or a session that is logging in.';
COMMENT ON COLUMN selfheal.processes.database IS 'Database it is connected to.';
COMMENT ON COLUMN selfheal.processes.role IS 'Who is logged in.';
COMMENT ON COLUMN selfheal.processes.application IS 'Name its client gave.';
COMMENT ON COLUMN selfheal.processes.started_at IS 'When it started.';
COMMENT ON COLUMN selfheal.processes.state IS 'As the system sees it: R running, S sleeping, D waiting for a disk, T stopped, Z ended.';
COMMENT ON COLUMN selfheal.processes.cpu_seconds IS 'Processor time used.';
COMMENT ON COLUMN selfheal.processes.cpu_user IS 'Of that, its own.';
COMMENT ON COLUMN selfheal.processes.cpu_system IS 'Of that, the kernel''s on its behalf.';
COMMENT ON COLUMN selfheal.processes.memory_bytes IS 'Memory it has in use, shared memory it has touched included.';
COMMENT ON COLUMN selfheal.processes.private_bytes IS 'Of that, its own: what ending it would free.';
COMMENT ON COLUMN selfheal.processes.shared_bytes IS 'Of that, shared memory.';
COMMENT ON COLUMN selfheal.processes.swapped_bytes IS 'What of its own is in swap space.';
COMMENT ON COLUMN selfheal.processes.read_bytes IS 'Bytes read from disks.';
COMMENT ON COLUMN selfheal.processes.written_bytes IS 'Bytes written to disks.';
