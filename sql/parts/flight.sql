CREATE TABLE selfheal.failure_window (
	journal bigint NOT NULL,
	failure bigint NOT NULL,
	from_at timestamptz NOT NULL,
	kept_until timestamptz NOT NULL,
	until_at timestamptz NOT NULL,
	layout integer NOT NULL,
	PRIMARY KEY (journal, failure)
);

COMMENT ON TABLE selfheal.failure_window IS 'The time around each confirmed failure for which all samples are kept, and how far that has come.';

CREATE TABLE selfheal.failure_sample (
	journal bigint NOT NULL,
	failure bigint NOT NULL,
	at timestamptz NOT NULL,
	minute boolean NOT NULL,
	value double precision[] NOT NULL,
	PRIMARY KEY (journal, failure, at),
	FOREIGN KEY (journal, failure) REFERENCES selfheal.failure_window ON DELETE CASCADE
);

ALTER TABLE selfheal.failure_sample ALTER COLUMN value SET STORAGE MAIN;

COMMENT ON TABLE selfheal.failure_sample IS 'All metrics around a confirmed failure, one row a second at most; read selfheal.failure_samples instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.failure_window FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.failure_sample FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

SELECT pg_extension_config_dump('selfheal.failure_window', '');
SELECT pg_extension_config_dump('selfheal.failure_sample', '');

CREATE VIEW selfheal.failure_samples AS
	SELECT
		w.failure,
		s.at,
		CASE WHEN s.minute THEN interval '1 minute' END AS resolution,
		n.metric,
		s.value[n.position] AS value,
		w.journal
	FROM selfheal.failure_window AS w
	JOIN selfheal.metric_layout AS l ON l.id = w.layout
	CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position)
	JOIN selfheal.failure_sample AS s ON s.journal = w.journal AND s.failure = w.failure;

COMMENT ON VIEW selfheal.failure_samples IS 'Every metric around every confirmed failure, from five minutes before it began until two after it was confirmed.';
COMMENT ON COLUMN selfheal.failure_samples.failure IS 'Number of the failure.';
COMMENT ON COLUMN selfheal.failure_samples.at IS 'When the sample was taken, or its minute began.';
COMMENT ON COLUMN selfheal.failure_samples.resolution IS 'NULL for a single sample; a minute where only its average was known.';
COMMENT ON COLUMN selfheal.failure_samples.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.failure_samples.value IS 'Its value; NULL when it was missing.';
COMMENT ON COLUMN selfheal.failure_samples.journal IS 'Which journal the failure was recorded in.';

CREATE FUNCTION selfheal.flight_recorder(
	failure bigint,
	OUT at timestamptz,
	OUT metric text,
	OUT value double precision,
	OUT resolution interval
) RETURNS SETOF record
	LANGUAGE sql STABLE ROWS 10000
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT s.at, s.metric, s.value, s.resolution
	FROM selfheal.failure_samples AS s
	WHERE s.failure = flight_recorder.failure
		AND s.journal = (
			SELECT f.journal
			FROM selfheal.failures AS f
			WHERE f.id = flight_recorder.failure
			ORDER BY f.seen_at DESC
			LIMIT 1
		)
	ORDER BY s.at, s.metric
$$;

COMMENT ON FUNCTION selfheal.flight_recorder(bigint) IS 'Every metric around one failure, oldest first; the newest failure of that number.';

CREATE FUNCTION selfheal.deviations(
	failure bigint,
	journal bigint,
	most integer DEFAULT 5,
	OUT metric text,
	OUT before double precision,
	OUT during double precision,
	OUT score double precision
) RETURNS SETOF record
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH figures AS (
		SELECT
			s.metric,
			avg(s.value) FILTER (WHERE s.at < f.since) AS before,
			coalesce(stddev_samp(s.value) FILTER (WHERE s.at < f.since), 0) AS deviation,
			count(s.value) FILTER (WHERE s.at < f.since) AS known,
			avg(s.value) FILTER (WHERE s.at BETWEEN f.since AND coalesce(f.closed_at, 'infinity')) AS during
		FROM selfheal.failure_samples AS s
		JOIN selfheal.failures AS f ON f.id = s.failure AND f.journal = s.journal
		WHERE s.failure = deviations.failure AND s.journal = deviations.journal
		GROUP BY s.metric
	), scored AS (
		SELECT
			g.metric,
			g.before,
			g.during,
			(g.during - g.before) / greatest(g.deviation, 0.05 * abs(g.before),
				CASE m.unit WHEN 'share' THEN 0.02 WHEN 'count' THEN 0.3 ELSE 0.5 END) AS score,
			m.bad_direction
		FROM figures AS g
		JOIN selfheal.metrics AS m ON m.name = g.metric
		WHERE g.known >= 20
	)
	SELECT s.metric, s.before, s.during, abs(s.score)
	FROM scored AS s
	WHERE (s.bad_direction = 'high' AND s.score >= 3) OR (s.bad_direction = 'low' AND s.score <= -3)
	ORDER BY abs(s.score) DESC, s.metric
	LIMIT deviations.most
$$;

COMMENT ON FUNCTION selfheal.deviations(bigint, bigint, integer) IS 'The metrics that were worst during a failure against the minutes before it, in deviations of those minutes.';

CREATE FUNCTION selfheal.forget_windows(retention_seconds bigint, most integer) RETURNS integer
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	forgotten integer;
BEGIN
	DELETE FROM selfheal.failure_window AS w
	WHERE w.until_at < now() - retention_seconds * interval '1 second'
		OR (w.journal, w.failure) IN (
			SELECT o.journal, o.failure
			FROM selfheal.failure_window AS o
			ORDER BY o.until_at DESC
			OFFSET most
		);
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END
$$;

COMMENT ON FUNCTION selfheal.forget_windows(bigint, integer) IS 'Deletes samples around failures older than so many seconds, and all but the newest so many windows; the scribe calls it.';
