CREATE FUNCTION selfheal.read_metrics(
	OUT name text,
	OUT value double precision,
	OUT unit text,
	OUT sampled_at timestamptz,
	OUT component text,
	OUT category text,
	OUT kind text,
	OUT bad_direction text,
	OUT meaning text,
	OUT since integer,
	OUT cadence interval
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 180
	AS 'MODULE_PATHNAME', 'selfheal_read_metrics';

COMMENT ON FUNCTION selfheal.read_metrics() IS 'What selfheal.metrics shows, from shared memory.';

CREATE VIEW selfheal.metrics AS
	SELECT
		m.name,
		m.value,
		m.unit,
		m.sampled_at,
		clock_timestamp() - m.sampled_at AS age,
		m.component,
		m.category,
		m.kind,
		m.bad_direction,
		m.meaning,
		m.since,
		m.cadence
	FROM selfheal.read_metrics() AS m;

COMMENT ON VIEW selfheal.metrics IS 'Every metric with its newest value.';
COMMENT ON COLUMN selfheal.metrics.name IS 'What selfheal.samples() and the other functions call it.';
COMMENT ON COLUMN selfheal.metrics.value IS 'The newest value in its unit; NULL when it is not known or does not apply here.';
COMMENT ON COLUMN selfheal.metrics.unit IS 'Unit of the value; a share is between 0 and 1.';
COMMENT ON COLUMN selfheal.metrics.sampled_at IS 'When the newest row of samples was taken; NULL before the first.';
COMMENT ON COLUMN selfheal.metrics.age IS 'Time since then.';
COMMENT ON COLUMN selfheal.metrics.component IS 'Part of the server or the machine that it is about.';
COMMENT ON COLUMN selfheal.metrics.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.metrics.kind IS 'gauge: as read; counter: shown as its rate; ratio: the share within the last interval; mean: the mean within it.';
COMMENT ON COLUMN selfheal.metrics.bad_direction IS 'Which way is bad: high, low or neither. A metric bad in neither is shown and not judged.';
COMMENT ON COLUMN selfheal.metrics.meaning IS 'What it counts.';
COMMENT ON COLUMN selfheal.metrics.since IS 'Major version of the server from which on it is known; NULL when all have it.';
COMMENT ON COLUMN selfheal.metrics.cadence IS 'How often it is read: with every row of samples, or more rarely where it changes slowly for what reading it costs; rows between show what was read last. For a metric of a user its interval.';

CREATE FUNCTION selfheal.read_samples(
	metric text,
	since interval,
	OUT at timestamptz,
	OUT value double precision,
	OUT resolution interval,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT samples integer
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 600
	AS 'MODULE_PATHNAME', 'selfheal_read_samples';

COMMENT ON FUNCTION selfheal.read_samples(text, interval) IS 'What selfheal.samples() shows from shared memory, from the start of the hour.';

-- A view reads its functions with the rights of whoever reads the view.
GRANT EXECUTE ON FUNCTION selfheal.read_metrics
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
