-- What bench/cost/run works with: the alternative, the notes it takes, and the figures as a view.
CREATE EXTENSION selfheal;
CREATE ROLE app LOGIN;
CREATE ROLE exporter LOGIN IN ROLE pg_monitor;
CREATE SCHEMA bench;

-- Microseconds, bytes and counts, by name.
CREATE TABLE bench.note (
	name text PRIMARY KEY,
	value numeric
);

/*
 * The alternative: what a heartbeat reads, through the server's views. Plans are kept, nothing is
 * sent to anybody, and what no view shows - the machine, statements, errors, logins - is not read,
 * so this is the least that a collector that speaks SQL can cost.
 */
CREATE FUNCTION bench.poll() RETURNS void
	LANGUAGE plpgsql
	AS $$
BEGIN
	PERFORM
		count(*) FILTER (WHERE a.client),
		count(*) FILTER (WHERE a.client AND a.state = 'active'),
		count(*) FILTER (WHERE a.client AND a.state = 'idle'),
		count(*) FILTER (WHERE a.client AND a.state = 'idle in transaction'),
		count(*) FILTER (WHERE a.client AND a.state = 'idle in transaction (aborted)'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type IS NULL),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'LWLock'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'Lock'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'BufferPin'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'IO'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'IPC'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'Client'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'Timeout'),
		count(*) FILTER (WHERE a.running AND a.wait_event_type = 'Extension'),
		count(*) FILTER (WHERE a.wait_event = 'SyncRep'),
		count(*) FILTER (WHERE a.backend_type = 'parallel worker'),
		count(*) FILTER (WHERE a.backend_type = 'autovacuum worker'),
		count(*) FILTER (WHERE a.backend_type = 'walsender'),
		max(clock_timestamp() - a.xact_start) FILTER (WHERE a.client),
		max(clock_timestamp() - a.query_start) FILTER (WHERE a.running),
		max(clock_timestamp() - a.state_change) FILTER (WHERE a.state LIKE 'idle in transaction%'),
		max(age(a.backend_xmin)) FILTER (WHERE a.backend_type <> 'walsender'),
		max(age(a.backend_xmin)) FILTER (WHERE a.backend_type = 'walsender')
	FROM (
		SELECT s.*, s.backend_type = 'client backend' AS client,
			s.backend_type = 'client backend' AND s.state = 'active' AS running
		FROM pg_stat_activity AS s
	) AS a;
	PERFORM l.pid, l.waitstart, pg_blocking_pids(l.pid) FROM pg_locks AS l WHERE NOT l.granted;
	PERFORM sum(d.xact_commit), sum(d.xact_rollback), sum(d.blks_read), sum(d.blks_hit), sum(d.tup_returned),
		sum(d.tup_fetched), sum(d.tup_inserted), sum(d.tup_updated), sum(d.tup_deleted), sum(d.temp_files),
		sum(d.temp_bytes), sum(d.deadlocks), sum(d.conflicts), sum(d.checksum_failures), sum(d.blk_read_time),
		sum(d.blk_write_time), sum(d.sessions), sum(d.sessions_abandoned), sum(d.sessions_fatal), sum(d.sessions_killed)
	FROM pg_stat_database AS d;
	PERFORM max(age(d.datfrozenxid)), max(mxid_age(d.datminmxid)) FROM pg_database AS d;
	PERFORM b.* FROM pg_stat_bgwriter AS b;
	PERFORM w.* FROM pg_stat_wal AS w;
	PERFORM a.* FROM pg_stat_archiver AS a;
	PERFORM count(*), max(pg_current_wal_lsn() - r.replay_lsn), max(r.replay_lag) FROM pg_stat_replication AS r;
	PERFORM count(*), count(*) FILTER (WHERE NOT s.active), max(pg_current_wal_lsn() - s.restart_lsn),
		max(age(s.xmin)), max(age(s.catalog_xmin))
	FROM pg_replication_slots AS s;
	PERFORM count(*), max(clock_timestamp() - p.prepared), max(age(p.transaction)) FROM pg_prepared_xacts AS p;
	PERFORM pg_current_wal_lsn() - c.redo_lsn FROM pg_control_checkpoint() AS c;
END
$$;

-- What a statement of the trace takes is decided by its argument.
CREATE TABLE bench.told AS
	SELECT 0::integer AS share, 0::double precision AS ms LIMIT 0;
CREATE TABLE bench.trace (
	ms double precision NOT NULL
);

CREATE FUNCTION bench.noted(name text) RETURNS numeric
	LANGUAGE sql
	RETURN (SELECT n.value FROM bench.note AS n WHERE n.name = noted.name);

CREATE VIEW bench.figure AS
	SELECT v.place, v.figure, v.unit, v.selfheal, v.goal, v.alternative
	FROM (VALUES (100, 250), (500, 500)) AS s (sessions, goal)
	CROSS JOIN LATERAL (VALUES
		(s.sessions, format('CPU of a heartbeat, %s sessions', s.sessions), 'us',
			bench.noted(s.sessions || ' heartbeat median'), s.goal, bench.noted(s.sessions || ' poll median')),
		(s.sessions + 0.5, format('of that, time to read all metrics, %s sessions', s.sessions), 'us',
			bench.noted(s.sessions || ' reading median'), s.goal, bench.noted(s.sessions || ' poll median')),
		(s.sessions + 1, format('all CPU of the engine per sample, %s sessions', s.sessions), 'us',
			bench.noted(s.sessions || ' heartbeat mean'), NULL, bench.noted(s.sessions || ' poll mean')),
		(s.sessions + 2, format('CPU of the engine, %s sessions', s.sessions), '% of a core',
			bench.noted(s.sessions || ' engine share'), 0.1, bench.noted(s.sessions || ' poller share'))
	) AS v (place, figure, unit, selfheal, goal, alternative)
	UNION ALL
	VALUES
		(1000, format('private memory after %s heartbeats', bench.noted('beats')), 'kB',
			bench.noted('memory after') / 1024, NULL::numeric, NULL::numeric),
		(1001, format('growth of it over %s heartbeats', bench.noted('beats')), 'kB',
			(bench.noted('memory after') - bench.noted('memory before')) / 1024, 0, NULL),
		(1002, 'shared memory', 'kB',
			(SELECT sum(a.allocated_size) / 1024 FROM pg_shmem_allocations AS a WHERE a.name LIKE 'selfheal%'), NULL, NULL)
	UNION ALL
	SELECT 1100 + t.share, format('error of the p%s of %s statements, to their log', t.share, count(*)), '%',
		(abs(t.ms / percentile_disc(t.share / 100.0) WITHIN GROUP (ORDER BY e.ms) - 1) * 100)::numeric, 5, NULL
	FROM bench.told AS t
	CROSS JOIN bench.trace AS e
	GROUP BY t.share, t.ms;

-- Values: what can be asked for afterwards, samples that are not missing or lines of the exporter.
CREATE VIEW bench.scrape AS
	SELECT v.*, v.us / v.values AS us_per_value
	FROM (VALUES
		('sample of selfheal', bench.noted('500 heartbeat mean'), bench.noted('selfheal values')),
		('poll through SQL views', bench.noted('500 poll mean'), NULL),
		('scrape of prometheus-postgres-exporter', bench.noted('scrape mean'), bench.noted('exporter values'))
	) AS v (what, us, "values")
	WHERE v.us IS NOT NULL;
