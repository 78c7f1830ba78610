CREATE TABLE selfheal.anomaly (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	metric text NOT NULL,
	component text NOT NULL,
	category text NOT NULL,
	severity text NOT NULL,
	opened_at timestamptz NOT NULL,
	peak_at timestamptz NOT NULL,
	closed_at timestamptz,
	value double precision,
	peak_value double precision,
	z_score double precision,
	baseline_mean double precision,
	baseline_deviation double precision,
	method text NOT NULL,
	confidence double precision,
	ended text,
	description text,
	PRIMARY KEY (journal, id)
);

CREATE INDEX anomaly_opened_at ON selfheal.anomaly (opened_at);
CREATE INDEX anomaly_open ON selfheal.anomaly (journal) WHERE closed_at IS NULL;

COMMENT ON TABLE selfheal.anomaly IS 'Anomalies, as the scribe wrote them down; read selfheal.anomalies instead.';

CREATE FUNCTION selfheal.read_anomalies() RETURNS SETOF selfheal.anomaly
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 130
	AS 'MODULE_PATHNAME', 'selfheal_read_anomalies';

COMMENT ON FUNCTION selfheal.read_anomalies() IS 'Open and recent anomalies, from shared memory.';

CREATE VIEW selfheal.anomalies AS
	WITH live AS MATERIALIZED (
		SELECT l.* FROM selfheal.read_anomalies() AS l
	), everything AS (
		SELECT l.* FROM live AS l
		UNION ALL
		SELECT a.*
		FROM selfheal.anomaly AS a
		WHERE NOT EXISTS (SELECT FROM live AS l WHERE l.journal = a.journal AND l.id = a.id)
	)
	SELECT
		e.id,
		e.metric,
		e.component,
		e.category,
		e.severity,
		e.opened_at,
		e.peak_at,
		e.closed_at,
		e.value,
		e.peak_value,
		e.z_score,
		e.baseline_mean,
		e.baseline_deviation,
		e.method,
		e.confidence,
		e.ended IS NOT DISTINCT FROM 'new normal' AS accepted,
		e.description,
		e.ended,
		e.journal
	FROM everything AS e;

COMMENT ON VIEW selfheal.anomalies IS 'Metrics away from their baseline, one row per episode: those open now, and those of the past for selfheal.history_retention.';
COMMENT ON COLUMN selfheal.anomalies.id IS 'Number of the anomaly.';
COMMENT ON COLUMN selfheal.anomalies.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.anomalies.component IS 'Part of the server or the machine that it is about.';
COMMENT ON COLUMN selfheal.anomalies.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.anomalies.severity IS 'low, medium, high or critical, by its height and how long it lasted; the highest it has had.';
COMMENT ON COLUMN selfheal.anomalies.opened_at IS 'When three of the last five samples agreed.';
COMMENT ON COLUMN selfheal.anomalies.peak_at IS 'When it was at its worst.';
COMMENT ON COLUMN selfheal.anomalies.closed_at IS 'When five samples in a row were calm, or when the state was accepted; NULL while open.';
COMMENT ON COLUMN selfheal.anomalies.value IS 'Its newest value, or the last one before it closed.';
COMMENT ON COLUMN selfheal.anomalies.peak_value IS 'The worst value.';
COMMENT ON COLUMN selfheal.anomalies.z_score IS 'How many deviations the worst value was away from the mean.';
COMMENT ON COLUMN selfheal.anomalies.baseline_mean IS 'The mean it was judged by when it opened.';
COMMENT ON COLUMN selfheal.anomalies.baseline_deviation IS 'The deviation it was judged by when it opened.';
COMMENT ON COLUMN selfheal.anomalies.method IS 'Which detector spoke.';
COMMENT ON COLUMN selfheal.anomalies.confidence IS 'How sure that is, 0 to 1; below selfheal.min_confidence nothing is reported.';
COMMENT ON COLUMN selfheal.anomalies.accepted IS 'Whether it closed because the state lasted and became the new normal.';
COMMENT ON COLUMN selfheal.anomalies.description IS 'The same in words.';
COMMENT ON COLUMN selfheal.anomalies.ended IS 'How it ended: over, new normal (the state lasted), baseline reset, metric removed, false positive (somebody said so), or restart (the server ended while it was open); NULL while open.';
COMMENT ON COLUMN selfheal.anomalies.journal IS 'Which journal it was recorded in: numbers of another server may come again.';

CREATE FUNCTION selfheal.read_baselines(
	OUT metric text,
	OUT state text,
	OUT mean double precision,
	OUT deviation double precision,
	OUT samples bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 120
	AS 'MODULE_PATHNAME', 'selfheal_read_baselines';

COMMENT ON FUNCTION selfheal.read_baselines() IS 'What selfheal.baselines shows, from shared memory.';

CREATE VIEW selfheal.baselines AS
	SELECT
		b.metric,
		b.state,
		b.mean,
		b.deviation,
		b.samples
	FROM selfheal.read_baselines() AS b;

COMMENT ON VIEW selfheal.baselines IS 'What is normal for each metric, as learnt from its samples.';
COMMENT ON COLUMN selfheal.baselines.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.baselines.state IS '"ready", or how much of the least number of samples it has seen.';
COMMENT ON COLUMN selfheal.baselines.mean IS 'Mean of the samples, the newest thousand weighing most; NULL before the first.';
COMMENT ON COLUMN selfheal.baselines.deviation IS 'Deviation values are measured in: theirs, or the least that is taken to matter.';
COMMENT ON COLUMN selfheal.baselines.samples IS 'Samples learnt from since the last reset.';

CREATE FUNCTION selfheal.reset_baselines(metric text DEFAULT NULL) RETURNS integer
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_baselines';

COMMENT ON FUNCTION selfheal.reset_baselines(text) IS 'When the transaction commits, forgets what is normal for one metric, or for all when none is named, and learns it anew; closes their open anomalies. Returns the number of metrics.';

REVOKE ALL ON FUNCTION selfheal.reset_baselines(text) FROM PUBLIC;

-- A view reads its functions with the rights of whoever reads the view.
GRANT EXECUTE ON FUNCTION
	selfheal.read_anomalies,
	selfheal.read_baselines
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
