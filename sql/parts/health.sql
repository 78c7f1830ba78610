CREATE FUNCTION selfheal.read_health(
	OUT component text,
	OUT state text,
	OUT reason text,
	OUT since timestamptz,
	OUT checked_at timestamptz,
	OUT probe text,
	OUT probed_at timestamptz,
	OUT probe_ms double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_health';

COMMENT ON FUNCTION selfheal.read_health() IS 'What selfheal.health shows, from shared memory.';

CREATE VIEW selfheal.health AS
	SELECT h.component, h.state, h.reason, h.since, h.checked_at, h.probe, h.probed_at, h.probe_ms
	FROM selfheal.read_health() AS h;

COMMENT ON VIEW selfheal.health IS 'Each part of the server and the machine: whether it is well, why not, and since when.';
COMMENT ON COLUMN selfheal.health.component IS 'Part of the server or the machine.';
COMMENT ON COLUMN selfheal.health.state IS 'failed: a failure that is proven and urgent or severe, or the probe fails; degraded: another failure, an anomaly above low, or one probe that failed or some that were slow; healthy: nothing of it, and it can be seen; unknown: it cannot be seen. Worse is told at once; better when it has lasted 5 seconds, and longer when it was not for good before.';
COMMENT ON COLUMN selfheal.health.reason IS 'What the state rests on.';
COMMENT ON COLUMN selfheal.health.since IS 'When this state began; of what cannot be seen, when it was last seen.';
COMMENT ON COLUMN selfheal.health.checked_at IS 'When it was judged last; NULL before the first time.';
COMMENT ON COLUMN selfheal.health.probe IS 'How the newest probe ended, which proves that the home database can be written and read; every selfheal.health_check_interval, less often while it fails. Only of component databases.';
COMMENT ON COLUMN selfheal.health.probed_at IS 'When that was.';
COMMENT ON COLUMN selfheal.health.probe_ms IS 'How long the newest probe that worked took to write a row, flush it and read it back.';

-- The probe's own: one row. Its pages stay few because old rows are pruned when the next is written; should an old snapshot keep
-- them, the probe empties the table. It changes all the time and never much, so to analyze it is work for nothing.
CREATE TABLE selfheal.probe (
	single boolean PRIMARY KEY DEFAULT true CHECK (single),
	number bigint NOT NULL,
	written_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_analyze_threshold = 2000000000);

COMMENT ON TABLE selfheal.probe IS 'What the probe of selfheal.health writes and reads back: one row.';
COMMENT ON COLUMN selfheal.probe.single IS 'True, so that there is one.';
COMMENT ON COLUMN selfheal.probe.number IS 'One more each time.';
COMMENT ON COLUMN selfheal.probe.written_at IS 'When it was written.';

CREATE TABLE selfheal.health_change (
	journal bigint NOT NULL,
	sequence bigint NOT NULL,
	at timestamptz NOT NULL,
	component text NOT NULL,
	from_state text NOT NULL,
	to_state text NOT NULL,
	since timestamptz,
	reason text,
	PRIMARY KEY (journal, sequence)
);

CREATE INDEX health_change_at ON selfheal.health_change (at);

COMMENT ON TABLE selfheal.health_change IS 'Changes of health, as the scribe wrote them down; read selfheal.health_history instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.health_change FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

SELECT pg_extension_config_dump('selfheal.health_change', '');

CREATE FUNCTION selfheal.read_health_changes(after bigint) RETURNS SETOF selfheal.health_change
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_health_changes';

COMMENT ON FUNCTION selfheal.read_health_changes(bigint) IS 'Changes of health out of the journal after the given record.';

CREATE VIEW selfheal.health_history AS
	SELECT c.at, c.component, c.from_state, c.to_state, c.since, c.reason, c.sequence, c.journal
	FROM selfheal.health_change AS c
	UNION ALL
	SELECT c.at, c.component, c.from_state, c.to_state, c.since, c.reason, c.sequence, c.journal
	FROM selfheal.read_health_changes((SELECT m.record FROM selfheal.mirrored AS m)) AS c;

COMMENT ON VIEW selfheal.health_history IS 'Every change of a component''s health, as long as selfheal.history_retention says. What happened while nobody looked is not in it; a restart by itself is no change.';
COMMENT ON COLUMN selfheal.health_history.at IS 'When it was judged so.';
COMMENT ON COLUMN selfheal.health_history.component IS 'Part of the server or the machine.';
COMMENT ON COLUMN selfheal.health_history.from_state IS 'State before.';
COMMENT ON COLUMN selfheal.health_history.to_state IS 'State from then on.';
COMMENT ON COLUMN selfheal.health_history.since IS 'When what the state rests on began; of a lock pile-up, the first wait.';
COMMENT ON COLUMN selfheal.health_history.reason IS 'What the state rests on.';
COMMENT ON COLUMN selfheal.health_history.sequence IS 'Number of the record in its journal; the order in which things happened.';
COMMENT ON COLUMN selfheal.health_history.journal IS 'Which journal it was recorded in: on a standby, those of the primary come from its tables.';
