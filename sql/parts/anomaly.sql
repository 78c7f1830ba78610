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
	view text,
	expected double precision,
	surprise double precision,
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
	OUT location double precision,
	OUT spread double precision,
	OUT samples bigint,
	OUT category text,
	OUT threshold double precision,
	OUT bar double precision,
	OUT reported_in text,
	OUT reported_at timestamptz,
	OUT low_quantile double precision,
	OUT high_quantile double precision,
	OUT alarms_below double precision,
	OUT alarms_above double precision,
	OUT seasonality double precision,
	OUT border double precision,
	OUT surprise double precision,
	OUT view text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 120
	AS 'MODULE_PATHNAME', 'selfheal_read_baselines';

COMMENT ON FUNCTION selfheal.read_baselines() IS 'What selfheal.baselines shows, from shared memory.';

CREATE VIEW selfheal.baselines AS
	SELECT
		b.metric,
		b.state,
		b.location,
		b.spread,
		b.samples,
		b.category,
		b.threshold,
		b.bar,
		b.reported_in,
		b.reported_at,
		b.low_quantile,
		b.high_quantile,
		b.alarms_below,
		b.alarms_above,
		b.seasonality,
		b.border,
		b.surprise,
		b.view
	FROM selfheal.read_baselines() AS b;

COMMENT ON VIEW selfheal.baselines IS 'What is normal for each metric, as learnt from its samples, and for each that is reported to selfheal.detect().';
COMMENT ON COLUMN selfheal.baselines.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.baselines.state IS 'learning (12 of 30): it says nothing yet; provisional (412 of 1000): it alarms, and up to 250 only when farther out; ready.';
COMMENT ON COLUMN selfheal.baselines.location IS 'The middle of what is normal: the median, or of a reported metric the mean, its newest thousand values weighing most; NULL before the first.';
COMMENT ON COLUMN selfheal.baselines.spread IS 'Deviation values are measured in: theirs, by the middle half of them, or the least that is taken to matter.';
COMMENT ON COLUMN selfheal.baselines.samples IS 'How many were learnt from since the last reset: means of five samples, or of as many as five seconds have; of a reported metric each value.';
COMMENT ON COLUMN selfheal.baselines.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.baselines.threshold IS 'selfheal.anomaly_threshold at the sensitivity of the metric or its category: of a reported metric, how many deviations are unusual.';
COMMENT ON COLUMN selfheal.baselines.bar IS 'Up to how many deviations nothing is told because of false positives; NULL when there were none.';
COMMENT ON COLUMN selfheal.baselines.reported_in IS 'The database in which selfheal.detect() is called with it; NULL for metrics that selfheal samples.';
COMMENT ON COLUMN selfheal.baselines.reported_at IS 'When it was last called with it; of 512 such metrics the one unused for longest gives way.';

COMMENT ON COLUMN selfheal.baselines.low_quantile IS 'One in a hundred is lower; NULL, as all that follows, for reported metrics.';
COMMENT ON COLUMN selfheal.baselines.high_quantile IS 'One in a hundred is higher.';
COMMENT ON COLUMN selfheal.baselines.alarms_below IS 'Below it the level alone is an anomaly; NULL while it learns, and where low is not bad.';
COMMENT ON COLUMN selfheal.baselines.alarms_above IS 'Above it the level alone is an anomaly; NULL while it learns, and where high is not bad.';
COMMENT ON COLUMN selfheal.baselines.seasonality IS 'How much better the time of day or week predicts it than its slow level, 0 to 1.';
COMMENT ON COLUMN selfheal.baselines.border IS 'Surprise, as -log10 of the probability, from which on one mean of five samples is an anomaly; three in a row are one with less each.';
COMMENT ON COLUMN selfheal.baselines.surprise IS 'That of the newest sample, taken for a mean of five; NULL while it learns or nothing is sampled.';
COMMENT ON COLUMN selfheal.baselines.view IS 'What of the newest sample is most surprising: level (the value), context (what is left after the best prediction), slow (mean of half a minute), drift (mean of five minutes) or cusum (many small deviations).';

CREATE FUNCTION selfheal.read_alarm_budget(
	OUT unconfirmed_per_day double precision,
	OUT raised double precision,
	OUT alarms bigint,
	OUT unconfirmed bigint,
	OUT marked bigint,
	OUT alarm_since timestamptz,
	OUT last_alarm_ended_at timestamptz,
	OUT doubted_rows bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_read_alarm_budget';

COMMENT ON FUNCTION selfheal.read_alarm_budget() IS 'What selfheal.alarm_budget shows, from shared memory.';

CREATE VIEW selfheal.alarm_budget AS
	SELECT
		b.unconfirmed_per_day,
		b.raised,
		b.alarms,
		b.unconfirmed,
		b.marked,
		b.alarm_since,
		b.last_alarm_ended_at,
		b.doubted_rows
	FROM selfheal.read_alarm_budget() AS b;

COMMENT ON VIEW selfheal.alarm_budget IS 'How many alarms of this server came to nothing, and how far the borders of all metrics are raised because of it. Kept over restarts.';
COMMENT ON COLUMN selfheal.alarm_budget.unconfirmed_per_day IS 'How many alarms a day may come to nothing: with so many the borders stay where they are.';
COMMENT ON COLUMN selfheal.alarm_budget.raised IS 'How far the borders are raised (or, below 0, lowered), in units of surprise: 1 makes false alarms ten times as rare.';
COMMENT ON COLUMN selfheal.alarm_budget.alarms IS 'Alarms that are over; anomalies that overlap are one.';
COMMENT ON COLUMN selfheal.alarm_budget.unconfirmed IS 'Those of them in whose time no failure was confirmed.';
COMMENT ON COLUMN selfheal.alarm_budget.marked IS 'Anomalies that were marked with selfheal.mark_false_positive().';
COMMENT ON COLUMN selfheal.alarm_budget.alarm_since IS 'Since when some anomaly has been open; NULL when none is.';
COMMENT ON COLUMN selfheal.alarm_budget.last_alarm_ended_at IS 'When none was open any more.';
COMMENT ON COLUMN selfheal.alarm_budget.doubted_rows IS 'Samples in which so many metrics moved at once that the sensor was doubted, and nothing was judged or learnt.';

CREATE FUNCTION selfheal.reset_baselines(scope text DEFAULT NULL) RETURNS integer
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_baselines';

COMMENT ON FUNCTION selfheal.reset_baselines(text) IS 'When the transaction commits, forgets what is normal for one metric, for the metrics of a category, or for all when nothing is named, those reported to selfheal.detect() included, and learns it anew; closes their open anomalies and lowers the bars that false positives raised. Returns the number of metrics.';

REVOKE ALL ON FUNCTION selfheal.reset_baselines(text) FROM PUBLIC;

-- A view reads its functions with the rights of whoever reads the view.
GRANT EXECUTE ON FUNCTION
	selfheal.read_anomalies,
	selfheal.read_baselines,
	selfheal.read_alarm_budget
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
