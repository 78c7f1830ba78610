CREATE FUNCTION selfheal.read_sensitivity(
	OUT scope text,
	OUT kind text,
	OUT sensitivity text,
	OUT false_alarms_per_day double precision,
	OUT threshold double precision,
	OUT is_default boolean,
	OUT set_by text,
	OUT set_at timestamptz,
	OUT reason text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 5
	AS 'MODULE_PATHNAME', 'selfheal_read_sensitivity';

COMMENT ON FUNCTION selfheal.read_sensitivity() IS 'What selfheal.sensitivity shows, from shared memory.';

CREATE VIEW selfheal.sensitivity AS
	SELECT
		s.scope,
		s.kind,
		s.sensitivity,
		s.false_alarms_per_day,
		s.threshold,
		s.is_default,
		s.set_by,
		s.set_at,
		s.reason
	FROM selfheal.read_sensitivity() AS s;

COMMENT ON VIEW selfheal.sensitivity IS 'How easily metrics alarm: each category, and the metrics that have a sensitivity of their own.';
COMMENT ON COLUMN selfheal.sensitivity.scope IS 'Name of the category or the metric.';
COMMENT ON COLUMN selfheal.sensitivity.kind IS 'category or metric, or that the metric is gone.';
COMMENT ON COLUMN selfheal.sensitivity.sensitivity IS 'low, normal or high; NULL when a number was given instead.';
COMMENT ON COLUMN selfheal.sensitivity.false_alarms_per_day IS 'How many false alarms a day one metric may raise: what was given, or what the word stands for. What is aimed at, not what was measured.';
COMMENT ON COLUMN selfheal.sensitivity.threshold IS 'selfheal.anomaly_threshold because of it, as it is at normal: how many deviations of a reported metric are unusual. For other metrics the false alarms a day count, seven times fewer for each 0.5 that selfheal.anomaly_threshold is above 3, and seven times more for each below.';
COMMENT ON COLUMN selfheal.sensitivity.is_default IS 'Whether nobody has said anything.';
COMMENT ON COLUMN selfheal.sensitivity.set_by IS 'Who has.';
COMMENT ON COLUMN selfheal.sensitivity.set_at IS 'When.';
COMMENT ON COLUMN selfheal.sensitivity.reason IS 'And why.';

CREATE FUNCTION selfheal.set_sensitivity(
	scope text,
	sensitivity text DEFAULT NULL,
	false_alarms_per_day double precision DEFAULT NULL,
	reason text DEFAULT NULL
) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_set_sensitivity';

COMMENT ON FUNCTION selfheal.set_sensitivity(text, text, double precision, text) IS 'Says how easily the metrics of a category, or one metric, alarm: low, normal, high, or how many false alarms a day one metric may raise (0.001 to 1000). What is said of a metric counts more than what is said of its category. In force when the transaction commits, and kept over restarts.';

CREATE FUNCTION selfheal.reset_sensitivity(scope text, reason text DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_sensitivity';

COMMENT ON FUNCTION selfheal.reset_sensitivity(text, text) IS 'Takes a sensitivity back when the transaction commits: that of the category, or its default, counts again.';
