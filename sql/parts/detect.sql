CREATE FUNCTION selfheal.read_failure_types(
	OUT type text,
	OUT title text,
	OUT component text,
	OUT category text,
	OUT urgency text,
	OUT patience interval,
	OUT proof text,
	OUT cured text,
	OUT ladder text,
	OUT evidence text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_failure_types';

COMMENT ON FUNCTION selfheal.read_failure_types() IS 'What selfheal.failure_types shows, from the library.';

CREATE VIEW selfheal.failure_types AS
	SELECT t.type, t.title, t.component, t.category, t.urgency, t.patience, t.proof, t.cured, t.ladder, t.evidence
	FROM selfheal.read_failure_types() AS t;

COMMENT ON VIEW selfheal.failure_types IS 'The failure catalogue: what proves each failure present and gone, and what may be done about it.';
COMMENT ON COLUMN selfheal.failure_types.type IS 'Name of the failure type.';
COMMENT ON COLUMN selfheal.failure_types.title IS 'What it is.';
COMMENT ON COLUMN selfheal.failure_types.component IS 'Part of the server it is about; the scope of selfheal.pause().';
COMMENT ON COLUMN selfheal.failure_types.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.failure_types.urgency IS 'urgent: judged at every sample; routine: every selfheal.monitoring_interval.';
COMMENT ON COLUMN selfheal.failure_types.patience IS 'How long it must hold before anything is decided; a setting.';
COMMENT ON COLUMN selfheal.failure_types.proof IS 'What proves it present.';
COMMENT ON COLUMN selfheal.failure_types.cured IS 'What proves it gone.';
COMMENT ON COLUMN selfheal.failure_types.ladder IS 'The remedies tried, from gentle to strong.';
COMMENT ON COLUMN selfheal.failure_types.evidence IS 'By what it is found: direct proof, anomalies, or anomalies and direct proof. By anomalies alone nothing destructive is ever done without a human.';

CREATE TABLE selfheal.failure (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	type text NOT NULL,
	component text NOT NULL,
	category text NOT NULL,
	severity text NOT NULL,
	status text NOT NULL,
	since timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	due timestamptz,
	confirmed_at timestamptz,
	closed_at timestamptz,
	culprit_pid bigint,
	culprit_role text,
	culprit_database text,
	culprit_application text,
	waiters integer NOT NULL,
	peak_waiters integer NOT NULL,
	evidence text,
	verdict text,
	PRIMARY KEY (journal, id)
);

CREATE INDEX failure_seen_at ON selfheal.failure (seen_at);

COMMENT ON TABLE selfheal.failure IS 'Failures, as the scribe wrote them down; read selfheal.failures instead.';

CREATE FUNCTION selfheal.read_failures() RETURNS SETOF selfheal.failure
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 32
	AS 'MODULE_PATHNAME', 'selfheal_read_failures';

COMMENT ON FUNCTION selfheal.read_failures() IS 'Open and recent failures, from shared memory.';

CREATE VIEW selfheal.failures AS
	WITH live AS MATERIALIZED (
		SELECT l.* FROM selfheal.read_failures() AS l
	), everything AS (
		SELECT l.* FROM live AS l
		UNION ALL
		SELECT f.*
		FROM selfheal.failure AS f
		WHERE NOT EXISTS (SELECT FROM live AS l WHERE l.journal = f.journal AND l.id = f.id)
	)
	SELECT
		e.id,
		e.type,
		e.component,
		e.category,
		e.severity,
		e.status,
		e.since,
		e.seen_at,
		e.due,
		e.confirmed_at,
		e.closed_at,
		e.culprit_pid,
		e.culprit_role,
		e.culprit_database,
		e.culprit_application,
		e.waiters,
		e.peak_waiters,
		e.evidence,
		e.verdict,
		e.journal
	FROM everything AS e;

COMMENT ON VIEW selfheal.failures IS 'Failures open now and in the past, and what was decided about each.';
COMMENT ON COLUMN selfheal.failures.id IS 'Number of the failure.';
COMMENT ON COLUMN selfheal.failures.type IS 'Its row in selfheal.failure_types.';
COMMENT ON COLUMN selfheal.failures.component IS 'Part of the server it is about.';
COMMENT ON COLUMN selfheal.failures.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.failures.severity IS 'medium, high or critical, by how many suffered at the worst.';
COMMENT ON COLUMN selfheal.failures.status IS 'watching (its patience runs), confirmed, needs a human, or closed.';
COMMENT ON COLUMN selfheal.failures.since IS 'Since when it held, by the server''s own timestamps.';
COMMENT ON COLUMN selfheal.failures.seen_at IS 'When selfheal saw it first.';
COMMENT ON COLUMN selfheal.failures.due IS 'End of its patience.';
COMMENT ON COLUMN selfheal.failures.confirmed_at IS 'When it had held longer than its patience; NULL if it never did.';
COMMENT ON COLUMN selfheal.failures.closed_at IS 'When it was gone; NULL while it is open.';
COMMENT ON COLUMN selfheal.failures.culprit_pid IS 'Process id of the session at its root, if there is one.';
COMMENT ON COLUMN selfheal.failures.culprit_role IS 'Role of that session.';
COMMENT ON COLUMN selfheal.failures.culprit_database IS 'Database of that session.';
COMMENT ON COLUMN selfheal.failures.culprit_application IS 'application_name of that session.';
COMMENT ON COLUMN selfheal.failures.waiters IS 'Sessions that suffered at the last look.';
COMMENT ON COLUMN selfheal.failures.peak_waiters IS 'Sessions that suffered at the worst.';
COMMENT ON COLUMN selfheal.failures.evidence IS 'What was seen, with values.';
COMMENT ON COLUMN selfheal.failures.verdict IS 'What is done about it, or why nothing is.';
COMMENT ON COLUMN selfheal.failures.journal IS 'Which journal it was recorded in: numbers of another server may come again.';
