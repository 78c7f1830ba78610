CREATE FUNCTION selfheal.library_version() RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'selfheal_library_version';

COMMENT ON FUNCTION selfheal.library_version() IS 'Version of the library that the server has loaded.';

CREATE FUNCTION selfheal.read_pauses(
	OUT scope text,
	OUT until timestamptz,
	OUT paused_by text,
	OUT reason text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 8
	AS 'MODULE_PATHNAME', 'selfheal_read_pauses';

COMMENT ON FUNCTION selfheal.read_pauses() IS 'What selfheal.pauses shows, from shared memory.';

CREATE VIEW selfheal.pauses AS
	SELECT p.scope, p.until, p.paused_by, p.reason
	FROM selfheal.read_pauses() AS p;

COMMENT ON VIEW selfheal.pauses IS 'Pauses in force.';
COMMENT ON COLUMN selfheal.pauses.scope IS 'A component, or all.';
COMMENT ON COLUMN selfheal.pauses.until IS 'When it ends by itself.';
COMMENT ON COLUMN selfheal.pauses.paused_by IS 'Who asked for it.';
COMMENT ON COLUMN selfheal.pauses.reason IS 'Why.';

CREATE VIEW selfheal.status AS
	SELECT
		e.state,
		e.why,
		e.hint,
		current_setting('selfheal.autonomy') AS autonomy,
		current_setting('selfheal.preset') AS preset,
		clock_timestamp() - e.sampled_at AS newest_sample_age,
		f.open_failures,
		f.need_human,
		f.worst AS worst_failure,
		h.health,
		h.worst_component,
		a.open_anomalies,
		r.waiting_proposals,
		r.running_recoveries,
		e.in_recovery,
		e.home AS history,
		e.home_detail AS history_detail,
		e.journal_sequence - e.journal_mirrored AS unwritten_records,
		e.journal_lost AS lost_records,
		e.pid AS engine_pid,
		e.heartbeat_at,
		e.heartbeat_ms,
		e.cpu_share AS engine_cpu_share,
		e.memory_bytes AS engine_memory_bytes,
		e.errors AS engine_errors,
		e.last_error,
		e.last_error_at,
		selfheal.library_version() AS version
	FROM selfheal.read_engine() AS e
	CROSS JOIN LATERAL (
		SELECT
			count(*) FILTER (WHERE v.status <> 'closed' AND v.status <> 'watching') AS open_failures,
			count(*) FILTER (WHERE v.status = 'needs a human') AS need_human,
			(array_agg(v.evidence ORDER BY v.peak_waiters DESC)
				FILTER (WHERE v.status <> 'closed' AND v.status <> 'watching'))[1] AS worst
		FROM selfheal.read_failures() AS v
	) AS f
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE v.closed_at IS NULL) AS open_anomalies
		FROM selfheal.read_anomalies() AS v
	) AS a
	CROSS JOIN LATERAL (
		SELECT
			count(*) FILTER (WHERE v.stage = 'proposed' AND v.expires_at > clock_timestamp()) AS waiting_proposals,
			count(*) FILTER (WHERE v.finished_at IS NULL AND v.claimed_at IS NOT NULL) AS running_recoveries
		FROM selfheal.read_recoveries() AS v
	) AS r
	CROSS JOIN LATERAL (
		SELECT v.state AS health, CASE WHEN v.state <> 'healthy' THEN v.component END AS worst_component
		FROM selfheal.read_health() AS v
		ORDER BY array_position(ARRAY['failed', 'degraded', 'unknown', 'healthy'], v.state), v.since
		LIMIT 1
	) AS h;

COMMENT ON VIEW selfheal.status IS 'One row: is it on, what is wrong now, what waits for a human, and what selfheal itself costs.';
COMMENT ON COLUMN selfheal.status.state IS 'on, stopped, paused, disabled, passive, starting, late or broken.';
COMMENT ON COLUMN selfheal.status.why IS 'Why it is in that state.';
COMMENT ON COLUMN selfheal.status.hint IS 'What to do about it, when there is anything.';
COMMENT ON COLUMN selfheal.status.autonomy IS 'How much it may do by itself.';
COMMENT ON COLUMN selfheal.status.preset IS 'What fills the settings that are not set.';
COMMENT ON COLUMN selfheal.status.newest_sample_age IS 'Age of the newest sample.';
COMMENT ON COLUMN selfheal.status.open_failures IS 'Failures that have held longer than their patience and are not over.';
COMMENT ON COLUMN selfheal.status.need_human IS 'Of those, how many selfheal has given up on.';
COMMENT ON COLUMN selfheal.status.worst_failure IS 'Evidence of the one most sessions suffer from.';
COMMENT ON COLUMN selfheal.status.health IS 'The worst state of any component: failed, degraded, unknown, healthy.';
COMMENT ON COLUMN selfheal.status.worst_component IS 'The component it is of, the one it is of for longest; NULL when all are healthy.';
COMMENT ON COLUMN selfheal.status.open_anomalies IS 'Metrics away from their baseline now.';
COMMENT ON COLUMN selfheal.status.waiting_proposals IS 'Recoveries that wait for approval.';
COMMENT ON COLUMN selfheal.status.running_recoveries IS 'Recoveries being carried out now.';
COMMENT ON COLUMN selfheal.status.in_recovery IS 'True on a standby.';
COMMENT ON COLUMN selfheal.status.history IS 'Whether history can be written to the home database.';
COMMENT ON COLUMN selfheal.status.history_detail IS 'The error, when it cannot.';
COMMENT ON COLUMN selfheal.status.unwritten_records IS 'Records in the journal that are not in the tables yet.';
COMMENT ON COLUMN selfheal.status.lost_records IS 'Records missing from the tables, as they could not be written to the journal or were overwritten there before, since the server started; events of kind records_lost tell of each gap, also later.';
COMMENT ON COLUMN selfheal.status.engine_pid IS 'Process id of the engine.';
COMMENT ON COLUMN selfheal.status.heartbeat_at IS 'End of its last heartbeat.';
COMMENT ON COLUMN selfheal.status.heartbeat_ms IS 'How long that took.';
COMMENT ON COLUMN selfheal.status.engine_cpu_share IS 'Share of one processor the engine has used since it started.';
COMMENT ON COLUMN selfheal.status.engine_memory_bytes IS 'Private memory of the engine.';
COMMENT ON COLUMN selfheal.status.engine_errors IS 'Stages of heartbeats that failed since it started.';
COMMENT ON COLUMN selfheal.status.last_error IS 'The last of those.';
COMMENT ON COLUMN selfheal.status.last_error_at IS 'When that was.';
COMMENT ON COLUMN selfheal.status.version IS 'Version of the library.';

CREATE FUNCTION selfheal.stop(reason text) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_stop';

COMMENT ON FUNCTION selfheal.stop(text) IS 'Stops every act at once, even if this transaction is rolled back; survives restarts; only selfheal.start() ends it.';

CREATE FUNCTION selfheal.start(reason text) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_start';

COMMENT ON FUNCTION selfheal.start(text) IS 'Ends selfheal.stop() and the passive state when this transaction commits.';

CREATE FUNCTION selfheal.pause(length interval, scope text DEFAULT 'all', reason text DEFAULT 'no reason given') RETURNS timestamptz
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_pause';

COMMENT ON FUNCTION selfheal.pause(interval, text, text) IS 'No acts on a component, or on all, for so long, at once; ends by itself. Returns when.';

CREATE FUNCTION selfheal.resume(scope text DEFAULT 'all') RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_resume';

COMMENT ON FUNCTION selfheal.resume(text) IS 'Ends a pause early, when this transaction commits.';

CREATE FUNCTION selfheal.diagnose(
	OUT condition text,
	OUT met boolean,
	OUT detail text,
	OUT hint text
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 15
	AS 'MODULE_PATHNAME', 'selfheal_diagnose';

COMMENT ON FUNCTION selfheal.diagnose() IS 'Every condition selfheal needs to work, whether it is met, and what to do if not.';

CREATE FUNCTION selfheal.check_home() RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_check_home';

COMMENT ON FUNCTION selfheal.check_home() IS 'Raises an error unless the library is preloaded and this is its home database.';

SELECT selfheal.check_home();
