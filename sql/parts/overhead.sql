CREATE FUNCTION selfheal.read_overhead(
	OUT sample_interval interval,
	OUT sampling_every interval,
	OUT slowdown integer,
	OUT samples_taken bigint,
	OUT samples_missed bigint,
	OUT heartbeats bigint,
	OUT stage_errors bigint,
	OUT cpu_budget double precision,
	OUT cpu_share_minute double precision,
	OUT cpu_share double precision,
	OUT over_budget boolean,
	OUT memory_bytes bigint,
	OUT shared_memory_bytes bigint,
	OUT journal_records bigint,
	OUT journal_write_failures bigint,
	OUT saved_at timestamptz,
	OUT save_ms double precision,
	OUT save_bytes bigint,
	OUT save_failures bigint,
	OUT save_problem text,
	OUT restored_from timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_read_overhead';

COMMENT ON FUNCTION selfheal.read_overhead() IS 'What selfheal.overhead shows, from shared memory.';

CREATE FUNCTION selfheal.read_overhead_stages(
	OUT stage text,
	OUT heartbeats integer,
	OUT p50_us double precision,
	OUT p95_us double precision,
	OUT max_us double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_overhead_stages';

COMMENT ON FUNCTION selfheal.read_overhead_stages() IS 'What selfheal.overhead_stages shows, from shared memory.';

CREATE VIEW selfheal.overhead AS
	SELECT
		o.sample_interval,
		o.sampling_every,
		o.slowdown,
		o.samples_taken,
		o.samples_missed,
		o.heartbeats,
		o.stage_errors,
		s.p50_us AS heartbeat_p50_us,
		s.p95_us AS heartbeat_p95_us,
		s.max_us AS heartbeat_max_us,
		o.cpu_budget,
		o.cpu_share_minute,
		o.cpu_share,
		o.over_budget,
		o.memory_bytes,
		o.shared_memory_bytes,
		o.journal_records,
		o.journal_write_failures,
		o.saved_at,
		o.save_ms,
		o.save_bytes,
		o.save_failures,
		o.save_problem,
		o.restored_from
	FROM selfheal.read_overhead() AS o
	LEFT JOIN selfheal.read_overhead_stages() AS s ON s.stage = 'whole heartbeat';

COMMENT ON VIEW selfheal.overhead IS 'One row: what selfheal itself costs, and whether it keeps to its budget.';
COMMENT ON COLUMN selfheal.overhead.sample_interval IS 'Time between two samples that was asked for.';
COMMENT ON COLUMN selfheal.overhead.sampling_every IS 'Time between two samples now; longer when selfheal.cpu_budget would be exceeded.';
COMMENT ON COLUMN selfheal.overhead.slowdown IS 'How many times longer, 1 to 16.';
COMMENT ON COLUMN selfheal.overhead.samples_taken IS 'Rows of samples since the server started.';
COMMENT ON COLUMN selfheal.overhead.samples_missed IS 'Samples that were due and not taken since the engine started, as it was late or suspended.';
COMMENT ON COLUMN selfheal.overhead.heartbeats IS 'Heartbeats since the engine started, with a sample or without.';
COMMENT ON COLUMN selfheal.overhead.stage_errors IS 'Stages of heartbeats that failed since the engine started.';
COMMENT ON COLUMN selfheal.overhead.heartbeat_p50_us IS 'Median time of the newest 600 heartbeats with a sample, in microseconds.';
COMMENT ON COLUMN selfheal.overhead.heartbeat_p95_us IS 'Time that 95 of 100 of them took at most.';
COMMENT ON COLUMN selfheal.overhead.heartbeat_max_us IS 'The longest of them.';
COMMENT ON COLUMN selfheal.overhead.cpu_budget IS 'Share of one processor core that the engine may use; selfheal.cpu_budget.';
COMMENT ON COLUMN selfheal.overhead.cpu_share_minute IS 'What it used in the last whole minute; NULL before that.';
COMMENT ON COLUMN selfheal.overhead.cpu_share IS 'What it used since it started.';
COMMENT ON COLUMN selfheal.overhead.over_budget IS 'True when even the slowest cadence needs more than the budget.';
COMMENT ON COLUMN selfheal.overhead.memory_bytes IS 'Private memory of the engine.';
COMMENT ON COLUMN selfheal.overhead.shared_memory_bytes IS 'Shared memory of selfheal, fixed at server start.';
COMMENT ON COLUMN selfheal.overhead.journal_records IS 'Records ever written to the journal.';
COMMENT ON COLUMN selfheal.overhead.journal_write_failures IS 'Writes to it that failed since the server started.';
COMMENT ON COLUMN selfheal.overhead.saved_at IS 'When the samples in memory were last saved; a crash goes back to this.';
COMMENT ON COLUMN selfheal.overhead.save_ms IS 'How long that took, in a process of its own.';
COMMENT ON COLUMN selfheal.overhead.save_bytes IS 'Size of the file.';
COMMENT ON COLUMN selfheal.overhead.save_failures IS 'How often saving failed since the server started.';
COMMENT ON COLUMN selfheal.overhead.save_problem IS 'Why it failed the last time, when it did.';
COMMENT ON COLUMN selfheal.overhead.restored_from IS 'When the samples had been saved that this server read at its start; NULL when there were none.';

CREATE VIEW selfheal.overhead_stages AS
	SELECT s.stage, s.heartbeats, s.p50_us, s.p95_us, s.max_us
	FROM selfheal.read_overhead_stages() AS s;

COMMENT ON VIEW selfheal.overhead_stages IS 'How long each stage of a heartbeat takes, over the newest 600 heartbeats with a sample.';
COMMENT ON COLUMN selfheal.overhead_stages.stage IS 'Name of the stage, in the order they run; whole heartbeat for all together.';
COMMENT ON COLUMN selfheal.overhead_stages.heartbeats IS 'How many heartbeats this is about.';
COMMENT ON COLUMN selfheal.overhead_stages.p50_us IS 'Median time in microseconds.';
COMMENT ON COLUMN selfheal.overhead_stages.p95_us IS 'Time that 95 of 100 took at most.';
COMMENT ON COLUMN selfheal.overhead_stages.max_us IS 'The longest.';
