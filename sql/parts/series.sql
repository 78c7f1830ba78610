-- One row per minute or hour, all metrics side by side: a table of one row per metric would be ten
-- times as large, most of it row headers and index. A layout says which position is which metric.
CREATE TABLE selfheal.metric_layout (
	id integer PRIMARY KEY,
	metrics text[] NOT NULL
);

COMMENT ON TABLE selfheal.metric_layout IS 'Which metric stands at which position of the arrays in selfheal.metric_minute and the like; a new one comes with another version of the library and with a metric that a user adds or removes.';
COMMENT ON COLUMN selfheal.metric_layout.id IS 'Number of the layout, made of the names, so that it means the same wherever it is restored.';
COMMENT ON COLUMN selfheal.metric_layout.metrics IS 'Names of the metrics, in order.';

CREATE TABLE selfheal.metric_minute (
	at timestamptz PRIMARY KEY,
	layout integer NOT NULL,
	average double precision[] NOT NULL,
	minimum double precision[] NOT NULL,
	maximum double precision[] NOT NULL,
	samples integer[] NOT NULL
);

COMMENT ON TABLE selfheal.metric_minute IS 'Every metric, minute by minute, for selfheal.minute_retention; read selfheal.metric_minutes instead.';

CREATE TABLE selfheal.metric_hour (
	LIKE selfheal.metric_minute INCLUDING ALL
);

COMMENT ON TABLE selfheal.metric_hour IS 'Every metric, hour by hour, for selfheal.hour_retention; read selfheal.metric_hours instead.';

-- Packed in place: a row of a few kilobytes that is mostly zeros needs no table beside it.
DO $$
DECLARE
	target record;
BEGIN
	FOR target IN
		SELECT t.name AS relation, c.name AS attribute
		FROM (VALUES ('metric_minute'), ('metric_hour')) AS t (name),
			(VALUES ('average'), ('minimum'), ('maximum'), ('samples')) AS c (name)
	LOOP
		EXECUTE format('ALTER TABLE selfheal.%I ALTER COLUMN %I SET STORAGE MAIN', target.relation, target.attribute);
	END LOOP;
END
$$;

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.metric_layout FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.metric_minute FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.metric_hour FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

SELECT pg_extension_config_dump('selfheal.metric_layout', '');
SELECT pg_extension_config_dump('selfheal.metric_minute', '');
SELECT pg_extension_config_dump('selfheal.metric_hour', '');

CREATE VIEW selfheal.metric_minutes AS
	SELECT
		n.metric,
		m.at,
		m.average[n.position] AS average,
		m.minimum[n.position] AS minimum,
		m.maximum[n.position] AS maximum,
		m.samples[n.position] AS samples
	FROM selfheal.metric_layout AS l
	CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position)
	JOIN selfheal.metric_minute AS m ON m.layout = l.id;

COMMENT ON VIEW selfheal.metric_minutes IS 'Every metric, minute by minute, as long as selfheal.minute_retention says.';
COMMENT ON COLUMN selfheal.metric_minutes.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.metric_minutes.at IS 'Start of the minute.';
COMMENT ON COLUMN selfheal.metric_minutes.average IS 'Average of the samples in it; NULL when there was none.';
COMMENT ON COLUMN selfheal.metric_minutes.minimum IS 'Least of the samples in it.';
COMMENT ON COLUMN selfheal.metric_minutes.maximum IS 'Greatest of the samples in it.';
COMMENT ON COLUMN selfheal.metric_minutes.samples IS 'How many samples had a value.';

CREATE VIEW selfheal.metric_hours AS
	SELECT
		n.metric,
		m.at,
		m.average[n.position] AS average,
		m.minimum[n.position] AS minimum,
		m.maximum[n.position] AS maximum,
		m.samples[n.position] AS samples
	FROM selfheal.metric_layout AS l
	CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position)
	JOIN selfheal.metric_hour AS m ON m.layout = l.id;

COMMENT ON VIEW selfheal.metric_hours IS 'Every metric, hour by hour, as long as selfheal.hour_retention says.';
COMMENT ON COLUMN selfheal.metric_hours.metric IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.metric_hours.at IS 'Start of the hour.';
COMMENT ON COLUMN selfheal.metric_hours.average IS 'Average of the samples in it; NULL when there was none.';
COMMENT ON COLUMN selfheal.metric_hours.minimum IS 'Least of the samples in it.';
COMMENT ON COLUMN selfheal.metric_hours.maximum IS 'Greatest of the samples in it.';
COMMENT ON COLUMN selfheal.metric_hours.samples IS 'How many samples had a value.';

CREATE FUNCTION selfheal.samples(
	metric text,
	since interval DEFAULT '10 minutes',
	OUT at timestamptz,
	OUT value double precision,
	OUT resolution interval,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT samples integer
) RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE ROWS 600
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	name text := samples.metric;
	horizon timestamptz := clock_timestamp() - samples.since;
	-- the tables of a standby tell about its primary
	tables boolean := NOT pg_is_in_recovery();
BEGIN
	IF horizon IS NULL THEN
		RAISE EXCEPTION 'since must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'Say how far back to look, such as ''10 minutes''.';
	END IF;
	RETURN QUERY
	WITH memory AS MATERIALIZED (
		SELECT r.* FROM selfheal.read_samples(name, samples.since) AS r
	), minutes AS MATERIALIZED (
		SELECT m.at, m.average, interval '1 minute', m.minimum, m.maximum, m.samples
		FROM selfheal.metric_minutes AS m
		WHERE tables AND m.metric = name AND m.at >= date_trunc('hour', horizon, 'UTC') AND m.at <= clock_timestamp()
			AND NOT EXISTS (SELECT FROM memory AS r WHERE date_trunc('minute', r.at) = m.at)
	), fine AS MATERIALIZED (
		SELECT r.* FROM memory AS r
		UNION ALL
		SELECT m.* FROM minutes AS m
	), everything (at, value, resolution, minimum, maximum, samples) AS (
		SELECT f.* FROM fine AS f
		UNION ALL
		SELECT h.at, h.average, interval '1 hour', h.minimum, h.maximum, h.samples
		FROM selfheal.metric_hours AS h
		WHERE tables AND h.metric = name AND h.at >= date_trunc('hour', horizon, 'UTC') AND h.at <= clock_timestamp()
			AND NOT EXISTS (SELECT FROM fine AS f WHERE date_trunc('hour', f.at, 'UTC') = h.at)
	)
	SELECT e.*
	FROM everything AS e
	WHERE e.at + coalesce(e.resolution, interval '0') > horizon AND e.at <= clock_timestamp()
	ORDER BY e.at;
END
$$;

COMMENT ON FUNCTION selfheal.samples(text, interval) IS 'One metric since then, oldest first: samples as taken as far as memory goes back, then minutes, then hours. Value is the average over the resolution, which is NULL for a single sample; a missing value is NULL.';

-- The newest layout of an hour has what there is now; what went before the hour was over must be in
-- it as well, or its part of that hour would be lost with the minutes.
CREATE FUNCTION selfheal.layout_of_hour(hour timestamptz) RETURNS integer
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	names text[];
	layout integer;
BEGIN
	SELECT array_agg(x.metric ORDER BY x.newest DESC, x.position) INTO names
	FROM (
		SELECT DISTINCT ON (n.metric) n.metric, n.position, o.newest
		FROM (
			SELECT m.layout, max(m.at) AS newest
			FROM selfheal.metric_minute AS m
			WHERE m.at >= hour AND m.at < hour + interval '1 hour'
			GROUP BY m.layout
		) AS o
		JOIN selfheal.metric_layout AS l ON l.id = o.layout
		CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position)
		ORDER BY n.metric, o.newest DESC
	) AS x;
	SELECT l.id INTO layout FROM selfheal.metric_layout AS l WHERE l.metrics = names ORDER BY l.id LIMIT 1;
	IF NOT found THEN
		layout := hashtextextended(names::text, 0) & 2147483647;
		INSERT INTO selfheal.metric_layout VALUES (layout, names) ON CONFLICT DO NOTHING;
	END IF;
	RETURN layout;
END
$$;

COMMENT ON FUNCTION selfheal.layout_of_hour(timestamptz) IS 'The layout with every metric that the minutes of an hour have, made when it is new; the scribe calls it.';

CREATE FUNCTION selfheal.keep_hours(rounds integer) RETURNS integer
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	AS $$
DECLARE
	position timestamptz := (SELECT max(h.at) FROM selfheal.metric_hour AS h WHERE h.at <= now());
	-- they are written oldest first: an hour is there as a whole when a later one has begun
	newest timestamptz := (SELECT max(m.at) FROM selfheal.metric_minute AS m WHERE m.at <= now());
	hour timestamptz;
	whole integer;
	kept integer := 0;
BEGIN
	FOR hour IN
		SELECT DISTINCT date_trunc('hour', m.at, 'UTC') AS start
		FROM selfheal.metric_minute AS m
		WHERE m.at >= coalesce(position + interval '1 hour', '-infinity')
			AND m.at < date_trunc('hour', newest, 'UTC')
		ORDER BY start
		LIMIT rounds
	LOOP
		whole := selfheal.layout_of_hour(hour);
		INSERT INTO selfheal.metric_hour (at, layout, average, minimum, maximum, samples)
		SELECT
			hour,
			l.id,
			array_agg(s.average ORDER BY n.position),
			array_agg(s.minimum ORDER BY n.position),
			array_agg(s.maximum ORDER BY n.position),
			array_agg(coalesce(s.samples, 0) ORDER BY n.position)
		FROM selfheal.metric_layout AS l
		CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position)
		LEFT JOIN (
			SELECT
				x.metric,
				sum(v.average * v.samples) / nullif(sum(v.samples), 0) AS average,
				min(v.minimum) AS minimum,
				max(v.maximum) AS maximum,
				sum(v.samples)::integer AS samples
			FROM selfheal.metric_minute AS m
			JOIN selfheal.metric_layout AS o ON o.id = m.layout
			CROSS JOIN LATERAL unnest(o.metrics, m.average, m.minimum, m.maximum, m.samples)
				AS v (metric, average, minimum, maximum, samples)
			CROSS JOIN LATERAL (SELECT v.metric) AS x
			WHERE m.at >= hour AND m.at < hour + interval '1 hour'
			GROUP BY x.metric
		) AS s ON s.metric = n.metric
		WHERE l.id = whole
		GROUP BY l.id
		ON CONFLICT DO NOTHING;
		kept := kept + 1;
	END LOOP;
	RETURN kept;
END
$$;

COMMENT ON FUNCTION selfheal.keep_hours(integer) IS 'Makes hours of the minutes, so many at most; the scribe calls it.';

CREATE FUNCTION selfheal.forget_samples(minute_seconds bigint, hour_seconds bigint, most integer) RETURNS integer
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	minutes integer;
	hours integer;
BEGIN
	-- whole hours: one that is half gone would be shown as half an hour
	DELETE FROM selfheal.metric_minute AS m
	WHERE m.at IN (
		SELECT o.at
		FROM selfheal.metric_minute AS o
		WHERE o.at < date_trunc('hour', now() - minute_seconds * interval '1 second', 'UTC')
		ORDER BY o.at
		LIMIT most
	);
	GET DIAGNOSTICS minutes = ROW_COUNT;
	DELETE FROM selfheal.metric_hour AS h
	WHERE h.at IN (
		SELECT o.at
		FROM selfheal.metric_hour AS o
		WHERE o.at < now() - hour_seconds * interval '1 second'
		ORDER BY o.at
		LIMIT most
	);
	GET DIAGNOSTICS hours = ROW_COUNT;
	RETURN minutes + hours;
END
$$;

COMMENT ON FUNCTION selfheal.forget_samples(bigint, bigint, integer) IS 'Deletes minutes and hours older than so many seconds, oldest first, so many of each at most; the scribe calls it.';
