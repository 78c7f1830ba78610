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

CREATE FUNCTION selfheal.read_baselines(
	OUT metric text,
	OUT state text,
	OUT mean double precision,
	OUT deviation double precision,
	OUT samples bigint,
	OUT category text,
	OUT threshold double precision,
	OUT bar double precision,
	OUT reported_in text,
	OUT reported_at timestamptz
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
		b.samples,
		b.category,
		b.threshold,
		b.bar,
		b.reported_in,
		b.reported_at
	FROM selfheal.read_baselines() AS b;

COMMENT ON VIEW selfheal.baselines IS 'What is normal for each metric, as learnt from its samples, and for each that is reported to selfheal.detect().';
COMMENT ON COLUMN selfheal.baselines.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.baselines.state IS '"ready", or how much of the least number of samples it has seen.';
COMMENT ON COLUMN selfheal.baselines.mean IS 'Mean of the samples, the newest thousand weighing most; NULL before the first.';
COMMENT ON COLUMN selfheal.baselines.deviation IS 'Deviation values are measured in: theirs, or the least that is taken to matter.';
COMMENT ON COLUMN selfheal.baselines.samples IS 'Samples learnt from since the last reset.';
COMMENT ON COLUMN selfheal.baselines.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.baselines.threshold IS 'How many deviations count as abnormal: selfheal.anomaly_threshold at the sensitivity of the metric or its category.';
COMMENT ON COLUMN selfheal.baselines.bar IS 'Up to how many deviations nothing is told because of false positives; NULL when there were none.';
COMMENT ON COLUMN selfheal.baselines.reported_in IS 'The database in which selfheal.detect() is called with it; NULL for metrics that selfheal samples.';
COMMENT ON COLUMN selfheal.baselines.reported_at IS 'When it was last called with it; of 512 such metrics the one unused for longest gives way.';

CREATE FUNCTION selfheal.reset_baselines(scope text DEFAULT NULL) RETURNS integer
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_baselines';

COMMENT ON FUNCTION selfheal.reset_baselines(text) IS 'When the transaction commits, forgets what is normal for one metric, for the metrics of a category, or for all when nothing is named, those reported to selfheal.detect() included, and learns it anew; closes their open anomalies and lowers the bars that false positives raised. Returns the number of metrics.';

REVOKE ALL ON FUNCTION selfheal.reset_baselines(text) FROM PUBLIC;

-- A view reads its functions with the rights of whoever reads the view.
GRANT EXECUTE ON FUNCTION
	selfheal.read_anomalies,
	selfheal.read_baselines
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
