-- What users measure. A row is configuration, and goes with pg_dump; functions go by their names, as
-- OIDs are others after a restore.
CREATE TABLE selfheal.user_metric (
	name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
	schema_name text NOT NULL,
	function_name text NOT NULL,
	database_name text NOT NULL,
	unit text NOT NULL,
	category text NOT NULL CHECK (category IN ('performance', 'security', 'data_quality', 'resource')),
	component text NOT NULL CHECK (component ~ '^[a-z][a-z0-9_]{0,62}$'),
	every interval NOT NULL CHECK (every BETWEEN '1 second' AND '1 day'),
	bad_direction text NOT NULL CHECK (bad_direction IN ('high', 'low', 'neither')),
	added_by text NOT NULL,
	added_at timestamptz NOT NULL
);

COMMENT ON TABLE selfheal.user_metric IS 'Metrics of users, as selfheal.add_metric() wrote them down; read selfheal.user_metrics instead.';

CREATE FUNCTION selfheal.user_metrics_changed() RETURNS trigger
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'selfheal_user_metrics_changed';

COMMENT ON FUNCTION selfheal.user_metrics_changed() IS 'Has the engine read what users have added, changed or said when this transaction commits: their metrics and remedies, the causal graph, confirmed causes.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.user_metric FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON selfheal.user_metric
	FOR EACH STATEMENT EXECUTE FUNCTION selfheal.user_metrics_changed();

SELECT pg_extension_config_dump('selfheal.user_metric', '');

CREATE FUNCTION selfheal.add_metric(
	name text,
	function text,
	unit text,
	category text,
	component text,
	every interval DEFAULT '1 minute',
	bad_direction text DEFAULT 'neither',
	database text DEFAULT NULL
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_add_metric';

COMMENT ON FUNCTION selfheal.add_metric(text, text, text, text, text, interval, text, text) IS 'Samples what a function returns, as long as remove_metric() does not end that. The function, named with its schema, takes no arguments and returns one number; NULL is a missing value. It runs so often, in its database (this one unless another is named), in a read-only transaction of at most two seconds with search_path = pg_catalog. It runs as its owner and not as who added it, so that it never has more rights than whoever can change what it does; therefore the owner must not be a superuser or the like, and who adds it must have the right to call it, and keep that.';

CREATE FUNCTION selfheal.remove_metric(name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_remove_metric';

COMMENT ON FUNCTION selfheal.remove_metric(text) IS 'Ends a metric of a user: its samples in memory, its baseline and its anomalies are forgotten; minutes and hours in the tables stay as long as those of others.';

CREATE FUNCTION selfheal.read_user_metrics(
	OUT name text,
	OUT added_at timestamptz,
	OUT state text,
	OUT last_value double precision,
	OUT last_value_at timestamptz,
	OUT last_error text,
	OUT last_run timestamptz,
	OUT runs bigint,
	OUT failures bigint,
	OUT next_run timestamptz,
	OUT mean_ms double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 16
	AS 'MODULE_PATHNAME', 'selfheal_read_user_metrics';

COMMENT ON FUNCTION selfheal.read_user_metrics() IS 'How the metrics of users that the engine knows are doing, from shared memory.';

CREATE VIEW selfheal.user_metrics AS
	SELECT
		m.name,
		format('%I.%I()', m.schema_name, m.function_name) AS function,
		m.database_name AS database,
		m.unit,
		m.category,
		m.component,
		m.every,
		m.bad_direction,
		coalesce(r.state, 'waiting') AS state,
		r.last_value,
		r.last_value_at,
		r.last_error,
		r.last_run,
		coalesce(r.runs, 0) AS runs,
		coalesce(r.failures, 0) AS failures,
		r.next_run,
		r.mean_ms,
		m.added_by,
		m.added_at
	FROM selfheal.user_metric AS m
	LEFT JOIN selfheal.read_user_metrics() AS r ON r.name = m.name AND r.added_at = m.added_at;

COMMENT ON VIEW selfheal.user_metrics IS 'Metrics that users have added, and how they are doing.';
COMMENT ON COLUMN selfheal.user_metrics.name IS 'Name of the metric.';
COMMENT ON COLUMN selfheal.user_metrics.function IS 'What is called.';
COMMENT ON COLUMN selfheal.user_metrics.database IS 'In which database.';
COMMENT ON COLUMN selfheal.user_metrics.unit IS 'Unit of its value.';
COMMENT ON COLUMN selfheal.user_metrics.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.user_metrics.component IS 'Part of the whole that it is about.';
COMMENT ON COLUMN selfheal.user_metrics.every IS 'How often it is run while it does not fail.';
COMMENT ON COLUMN selfheal.user_metrics.bad_direction IS 'Which way is bad: high, low or neither.';
COMMENT ON COLUMN selfheal.user_metrics.state IS 'ok; new: not run yet; failing: the last run failed; backing off: the last ones did; gone: there is no such function or database; waiting: the engine has not read it yet, or has no row for it (there are 64, and one that was removed keeps its for a minute).';
COMMENT ON COLUMN selfheal.user_metrics.last_value IS 'What the last run gave; NULL when that was missing or the run failed.';
COMMENT ON COLUMN selfheal.user_metrics.last_value_at IS 'When a run succeeded last.';
COMMENT ON COLUMN selfheal.user_metrics.last_error IS 'Why the last run failed; NULL when it did not.';
COMMENT ON COLUMN selfheal.user_metrics.last_run IS 'When it was run last.';
COMMENT ON COLUMN selfheal.user_metrics.runs IS 'How often it was run since the server started.';
COMMENT ON COLUMN selfheal.user_metrics.failures IS 'How often it failed or could not be run since the server started.';
COMMENT ON COLUMN selfheal.user_metrics.next_run IS 'When it is run next; after failures in a row twice as late each time, an hour later at most.';
COMMENT ON COLUMN selfheal.user_metrics.mean_ms IS 'How long a run takes on average.';
COMMENT ON COLUMN selfheal.user_metrics.added_by IS 'Who added it.';
COMMENT ON COLUMN selfheal.user_metrics.added_at IS 'When.';
