CREATE TABLE selfheal.escalation (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	failure bigint,
	failure_type text,
	recovery bigint,
	component text NOT NULL,
	raised_at timestamptz NOT NULL,
	why text NOT NULL,
	evidence text,
	acknowledged_at timestamptz,
	acknowledged_by text,
	acknowledgement text,
	PRIMARY KEY (journal, id)
);

CREATE INDEX escalation_raised_at ON selfheal.escalation (raised_at);

COMMENT ON TABLE selfheal.escalation IS 'Escalations, as the scribe wrote them down; read selfheal.escalations instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.escalation FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
SELECT pg_extension_config_dump('selfheal.escalation', '');

CREATE FUNCTION selfheal.read_escalations() RETURNS SETOF selfheal.escalation
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 32
	AS 'MODULE_PATHNAME', 'selfheal_read_escalations';

COMMENT ON FUNCTION selfheal.read_escalations() IS 'Recent escalations, from shared memory.';

CREATE VIEW selfheal.escalations AS
	WITH live AS MATERIALIZED (
		SELECT l.* FROM selfheal.read_escalations() AS l
	), everything AS (
		SELECT l.* FROM live AS l
		UNION ALL
		SELECT e.*
		FROM selfheal.escalation AS e
		WHERE NOT EXISTS (SELECT FROM live AS l WHERE l.journal = e.journal AND l.id = e.id)
	), tried AS MATERIALIZED (
		SELECT
			e.journal,
			e.id,
			string_agg(format('%s (recovery %s) %s: %s', r.remedy, r.id, r.stage, r.message), '; ' ORDER BY r.id) AS tried
		FROM everything AS e
		JOIN selfheal.recoveries AS r ON r.journal = e.journal AND (r.failure = e.failure OR r.id = e.recovery)
		GROUP BY e.journal, e.id
	)
	SELECT
		e.id,
		e.failure,
		e.failure_type,
		e.component,
		f.severity,
		f.status AS failure_status,
		e.raised_at,
		e.why,
		e.evidence,
		f.culprit_pid,
		f.culprit_role,
		f.culprit_database,
		f.culprit_application,
		t.tried,
		e.recovery,
		w.from_at AS recorded_from,
		w.until_at AS recorded_until,
		e.acknowledged_at,
		e.acknowledged_by,
		e.acknowledgement,
		e.journal
	FROM everything AS e
	LEFT JOIN tried AS t ON t.journal = e.journal AND t.id = e.id
	LEFT JOIN selfheal.failures AS f ON f.journal = e.journal AND f.id = e.failure
	LEFT JOIN selfheal.failure_window AS w ON w.journal = e.journal AND w.failure = e.failure;

COMMENT ON VIEW selfheal.escalations IS 'What selfheal has given up on and left to a human, with everything it knows: SELECT selfheal.acknowledge(id, ''why''). Each is also a line in the log and a NOTIFY on channel selfheal.';
COMMENT ON COLUMN selfheal.escalations.id IS 'Number of the escalation, as acknowledge() takes it.';
COMMENT ON COLUMN selfheal.escalations.failure IS 'The failure it is about; NULL when it is about a recovery that a human asked for.';
COMMENT ON COLUMN selfheal.escalations.failure_type IS 'Type of that failure.';
COMMENT ON COLUMN selfheal.escalations.component IS 'Part of the server it is about.';
COMMENT ON COLUMN selfheal.escalations.severity IS 'Severity of the failure.';
COMMENT ON COLUMN selfheal.escalations.failure_status IS 'Whether the failure is still there.';
COMMENT ON COLUMN selfheal.escalations.raised_at IS 'When.';
COMMENT ON COLUMN selfheal.escalations.why IS 'Why selfheal does not go on by itself.';
COMMENT ON COLUMN selfheal.escalations.evidence IS 'What was seen, with values.';
COMMENT ON COLUMN selfheal.escalations.culprit_pid IS 'Process id of the session at its root, if there is one.';
COMMENT ON COLUMN selfheal.escalations.culprit_role IS 'Role of that session.';
COMMENT ON COLUMN selfheal.escalations.culprit_database IS 'Database of that session.';
COMMENT ON COLUMN selfheal.escalations.culprit_application IS 'application_name of that session.';
COMMENT ON COLUMN selfheal.escalations.tried IS 'What was tried or proposed, and how each of it ended.';
COMMENT ON COLUMN selfheal.escalations.recovery IS 'The recovery after which it was raised; NULL when no act was possible.';
COMMENT ON COLUMN selfheal.escalations.recorded_from IS 'From when on selfheal.flight_recorder(failure) has every sample; NULL when it has none.';
COMMENT ON COLUMN selfheal.escalations.recorded_until IS 'Until when.';
COMMENT ON COLUMN selfheal.escalations.acknowledged_at IS 'When somebody said that he looks after it; NULL while nobody has.';
COMMENT ON COLUMN selfheal.escalations.acknowledged_by IS 'Who.';
COMMENT ON COLUMN selfheal.escalations.acknowledgement IS 'What he said.';
COMMENT ON COLUMN selfheal.escalations.journal IS 'Which journal it was recorded in.';

CREATE FUNCTION selfheal.acknowledge(escalation bigint, reason text DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_acknowledge';

COMMENT ON FUNCTION selfheal.acknowledge(bigint, text) IS 'Says that you look after an escalation, when the transaction commits. Nothing is done or forgotten by that.';

CREATE VIEW selfheal.failure_stats AS
	WITH cured AS (
		SELECT r.journal, r.failure, min(r.finished_at) AS verified_at
		FROM selfheal.recoveries AS r
		WHERE r.stage = 'succeeded' AND r.remedy <> 'monitor' AND r.failure IS NOT NULL
		GROUP BY r.journal, r.failure
	), told AS (
		SELECT DISTINCT e.journal, e.failure FROM selfheal.escalation AS e WHERE e.failure IS NOT NULL
	)
	SELECT
		f.type,
		f.component,
		count(*) FILTER (WHERE f.confirmed_at IS NOT NULL) AS total,
		count(*) FILTER (WHERE f.confirmed_at IS NULL AND f.closed_at IS NOT NULL) AS passing,
		count(*) FILTER (WHERE f.confirmed_at IS NOT NULL AND f.closed_at IS NULL) AS open,
		count(*) FILTER (WHERE f.closed_at IS NOT NULL AND c.failure IS NOT NULL) AS healed_by_us,
		count(*) FILTER (WHERE f.confirmed_at IS NOT NULL AND f.closed_at IS NOT NULL AND c.failure IS NULL) AS healed_by_itself,
		count(*) FILTER (WHERE f.status = 'needs a human' OR t.failure IS NOT NULL) AS told_to_human,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY c.verified_at - f.since) AS median_time_to_verified
	FROM selfheal.failures AS f
	LEFT JOIN cured AS c ON c.journal = f.journal AND c.failure = f.id
	LEFT JOIN told AS t ON t.journal = f.journal AND t.failure = f.id
	GROUP BY f.type, f.component;

COMMENT ON VIEW selfheal.failure_stats IS 'What became of the failures of each type, for as long as history goes.';
COMMENT ON COLUMN selfheal.failure_stats.type IS 'Its row in selfheal.failure_types.';
COMMENT ON COLUMN selfheal.failure_stats.component IS 'Part of the server it is about.';
COMMENT ON COLUMN selfheal.failure_stats.total IS 'How many held longer than their patience.';
COMMENT ON COLUMN selfheal.failure_stats.passing IS 'How many more were over before that, which needed nothing.';
COMMENT ON COLUMN selfheal.failure_stats.open IS 'How many are not over.';
COMMENT ON COLUMN selfheal.failure_stats.healed_by_us IS 'How many were over after an act of selfheal that was verified.';
COMMENT ON COLUMN selfheal.failure_stats.healed_by_itself IS 'How many were over without one: by themselves, or by somebody else.';
COMMENT ON COLUMN selfheal.failure_stats.told_to_human IS 'How many were left to a human, whatever became of them.';
COMMENT ON COLUMN selfheal.failure_stats.median_time_to_verified IS 'From since when it held to when the act was verified, for half of those healed by selfheal at most.';
