CREATE TABLE selfheal.false_positive (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	at timestamptz NOT NULL,
	metric text NOT NULL,
	height double precision NOT NULL,
	by text NOT NULL,
	reason text NOT NULL,
	PRIMARY KEY (journal, id)
);

CREATE INDEX false_positive_at ON selfheal.false_positive (at);

COMMENT ON TABLE selfheal.false_positive IS 'Anomalies that were none, as the scribe wrote them down; read selfheal.anomalies instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.false_positive FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

SELECT pg_extension_config_dump('selfheal.false_positive', '');

CREATE FUNCTION selfheal.read_false_positives(after bigint) RETURNS SETOF selfheal.false_positive
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_false_positives';

COMMENT ON FUNCTION selfheal.read_false_positives(bigint) IS 'Marks of false positives out of the journal after the given record.';

CREATE VIEW selfheal.anomalies AS
	WITH mark AS (
		SELECT m.* FROM selfheal.false_positive AS m
		UNION ALL
		SELECT m.*
		FROM selfheal.read_false_positives((SELECT m.record FROM selfheal.mirrored AS m)) AS m
	), marked AS (
		SELECT DISTINCT ON (m.journal, m.id) m.* FROM mark AS m ORDER BY m.journal, m.id, m.at DESC
	), live AS MATERIALIZED (
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
		m.id IS NOT NULL AS false_positive,
		m.by AS marked_by,
		m.at AS marked_at,
		m.reason AS marked_reason,
		e.journal,
		e.view,
		e.expected,
		e.surprise
	FROM everything AS e
	LEFT JOIN marked AS m ON m.journal = e.journal AND m.id = e.id;

COMMENT ON VIEW selfheal.anomalies IS 'Metrics away from their baseline, one row per episode: those open now, and those of the past for selfheal.history_retention.';
COMMENT ON COLUMN selfheal.anomalies.id IS 'Number of the anomaly.';
COMMENT ON COLUMN selfheal.anomalies.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.anomalies.component IS 'Part of the server or the machine that it is about.';
COMMENT ON COLUMN selfheal.anomalies.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.anomalies.severity IS 'low, medium, high or critical: by its surprise, by how many metrics of the component are away, and how long it lasts; the highest it has had.';
COMMENT ON COLUMN selfheal.anomalies.opened_at IS 'When it was so improbable that it was told.';
COMMENT ON COLUMN selfheal.anomalies.peak_at IS 'When it was at its worst.';
COMMENT ON COLUMN selfheal.anomalies.closed_at IS 'When five means in a row were calm, or when the state was accepted; NULL while open.';
COMMENT ON COLUMN selfheal.anomalies.value IS 'Its newest value, or the last one before it closed; a mean of five samples, or of as many as five seconds have.';
COMMENT ON COLUMN selfheal.anomalies.peak_value IS 'The worst of these values.';
COMMENT ON COLUMN selfheal.anomalies.z_score IS 'How many deviations the worst value was away from the middle. A drift may be improbable and not far out.';
COMMENT ON COLUMN selfheal.anomalies.baseline_mean IS 'The middle of the baseline it was judged by when it opened: its median.';
COMMENT ON COLUMN selfheal.anomalies.baseline_deviation IS 'The deviation it was judged by when it opened.';
COMMENT ON COLUMN selfheal.anomalies.method IS 'By what it was found: stack (means of five samples, in five views), or peak (two samples in a row farther out than single ones are). z_score in those found by earlier versions.';
COMMENT ON COLUMN selfheal.anomalies.confidence IS 'How sure that is, 0 to 1; below selfheal.min_confidence nothing is reported.';
COMMENT ON COLUMN selfheal.anomalies.accepted IS 'Whether it closed because the state lasted and became the new normal.';
COMMENT ON COLUMN selfheal.anomalies.description IS 'The same in words.';
COMMENT ON COLUMN selfheal.anomalies.ended IS 'How it ended: over, new normal (the state lasted), baseline reset, metric removed, false positive (somebody said so), or restart (the server ended while it was open); NULL while open.';
COMMENT ON COLUMN selfheal.anomalies.false_positive IS 'Whether somebody said that it was none, with selfheal.mark_false_positive().';
COMMENT ON COLUMN selfheal.anomalies.marked_by IS 'Who said so.';
COMMENT ON COLUMN selfheal.anomalies.marked_at IS 'When.';
COMMENT ON COLUMN selfheal.anomalies.marked_reason IS 'And why.';
COMMENT ON COLUMN selfheal.anomalies.journal IS 'Which journal it was recorded in: numbers of another server may come again.';
COMMENT ON COLUMN selfheal.anomalies.view IS 'What of it was most surprising: level, context, slow, drift or cusum; see selfheal.baselines.';
COMMENT ON COLUMN selfheal.anomalies.expected IS 'What was expected when it opened: by context the best prediction, by the other views the middle of the baseline.';
COMMENT ON COLUMN selfheal.anomalies.surprise IS 'The highest: -log10 of the probability that a healthy metric is as far out; 5 is one in a hundred thousand.';

CREATE FUNCTION selfheal.order_false_positive(
	journal bigint,
	id bigint,
	metric text,
	low boolean,
	height double precision,
	distance double precision,
	reason text
) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_order_false_positive';

COMMENT ON FUNCTION selfheal.order_false_positive(bigint, bigint, text, boolean, double precision, double precision, text) IS 'Has an anomaly marked when the transaction commits.';

CREATE FUNCTION selfheal.mark_false_positive(id bigint, reason text) RETURNS text
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	a record;
	low boolean;
	sign integer;
	height double precision;
	distance double precision := 0;
BEGIN
	IF id IS NULL THEN
		RAISE EXCEPTION 'the anomaly must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.anomalies lists them.';
	END IF;
	IF coalesce(btrim(reason), '') = '' THEN
		RAISE EXCEPTION 'a false positive needs a reason' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'Say why it was none: it raises the bar for what looks like it, and others will want to know.';
	END IF;
	SELECT v.* INTO a
	FROM selfheal.anomalies AS v
	WHERE v.id = mark_false_positive.id
	ORDER BY v.opened_at DESC
	LIMIT 1;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no anomaly %', id USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.anomalies lists those that are remembered.';
	END IF;
	IF a.false_positive THEN
		RAISE EXCEPTION 'anomaly % is already marked as a false positive', id USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('%s said at %s: %s.', a.marked_by, a.marked_at, a.marked_reason);
	END IF;
	-- by its context a metric may be too high though it is below the middle
	SELECT m.bad_direction = 'low' INTO low FROM selfheal.metrics AS m WHERE m.name = a.metric;
	low := coalesce(low, a.peak_value < a.baseline_mean, false);
	sign := CASE WHEN low THEN -1 ELSE 1 END;
	height := greatest(a.z_score, 1, sign * (a.peak_value - a.expected) / nullif(a.baseline_deviation, 0));
	-- where a deviation is not known, how far out it was is known in deviations only
	IF a.baseline_deviation > 0 THEN
		distance := greatest(a.baseline_deviation, sign * (a.peak_value - a.baseline_mean), sign * (a.peak_value - a.expected));
	END IF;
	PERFORM selfheal.order_false_positive(a.journal, id, a.metric, low, height, distance, reason);
	RETURN format('when this transaction commits, %s does not alarm again up to %s deviations, which sinks by half in 30 days',
		a.metric, round((1.25 * height)::numeric, 1));
END
$$;

COMMENT ON FUNCTION selfheal.mark_false_positive(bigint, text) IS 'Says that an anomaly was none: it is closed, counted in selfheal.anomaly_stats, and the same metric does not alarm again until it is a quarter further out than it was, in deviations or in its own unit, from the middle of the baseline or from what was expected, whichever was more. That bar sinks by half in 30 days; reset_baselines() takes it away. In force when the transaction commits.';

CREATE VIEW selfheal.anomaly_stats AS
	WITH period (name, place, length) AS (
		VALUES ('day', 1, interval '1 day'), ('week', 2, interval '7 days'), ('all', 3, NULL::interval)
	), everything AS MATERIALIZED (
		SELECT a.* FROM selfheal.anomalies AS a
	), method AS (
		SELECT p.name, e.method, count(*) AS anomalies
		FROM period AS p
		JOIN everything AS e ON p.length IS NULL OR e.opened_at > now() - p.length
		GROUP BY p.name, e.method
	)
	SELECT
		p.name AS period,
		count(e.id) AS total,
		count(e.id) FILTER (WHERE e.closed_at IS NULL) AS open,
		jsonb_build_object(
			'performance', count(e.id) FILTER (WHERE e.category = 'performance'),
			'security', count(e.id) FILTER (WHERE e.category = 'security'),
			'data_quality', count(e.id) FILTER (WHERE e.category = 'data_quality'),
			'resource', count(e.id) FILTER (WHERE e.category = 'resource')) AS by_category,
		jsonb_build_object(
			'low', count(e.id) FILTER (WHERE e.severity = 'low'),
			'medium', count(e.id) FILTER (WHERE e.severity = 'medium'),
			'high', count(e.id) FILTER (WHERE e.severity = 'high'),
			'critical', count(e.id) FILTER (WHERE e.severity = 'critical')) AS by_severity,
		coalesce((SELECT jsonb_object_agg(m.method, m.anomalies) FROM method AS m WHERE m.name = p.name), '{}') AS by_method,
		count(e.id) FILTER (WHERE e.false_positive) AS false_positives,
		count(e.id) FILTER (WHERE e.false_positive)::double precision / nullif(count(e.id), 0) AS false_positive_rate
	FROM period AS p
	LEFT JOIN everything AS e ON p.length IS NULL OR e.opened_at > now() - p.length
	GROUP BY p.name, p.place
	ORDER BY p.place;

COMMENT ON VIEW selfheal.anomaly_stats IS 'How many anomalies there were, of which kind, and how many were none.';
COMMENT ON COLUMN selfheal.anomaly_stats.period IS 'day and week: those that opened within it, until now; all: as far back as history goes.';
COMMENT ON COLUMN selfheal.anomaly_stats.total IS 'How many opened.';
COMMENT ON COLUMN selfheal.anomaly_stats.open IS 'How many of them are open.';
COMMENT ON COLUMN selfheal.anomaly_stats.by_category IS 'How many of each category.';
COMMENT ON COLUMN selfheal.anomaly_stats.by_severity IS 'How many of each severity.';
COMMENT ON COLUMN selfheal.anomaly_stats.by_method IS 'How many each detector found.';
COMMENT ON COLUMN selfheal.anomaly_stats.false_positives IS 'How many were marked with selfheal.mark_false_positive().';
COMMENT ON COLUMN selfheal.anomaly_stats.false_positive_rate IS 'Their share of all; NULL when there were none. Nobody marks what nobody looked at, so the truth is at least this.';
