CREATE TABLE selfheal.journal (
	id bigint PRIMARY KEY,
	mirrored bigint NOT NULL DEFAULT 0,
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	cleaned_at timestamptz,
	told bigint NOT NULL DEFAULT 0,
	told_at timestamptz
);

COMMENT ON TABLE selfheal.journal IS 'How far each server''s journal has been written to the tables.';
COMMENT ON COLUMN selfheal.journal.id IS 'Random number of the journal.';
COMMENT ON COLUMN selfheal.journal.mirrored IS 'Its newest record that is in the tables.';
COMMENT ON COLUMN selfheal.journal.first_seen_at IS 'When the scribe met it first.';
COMMENT ON COLUMN selfheal.journal.cleaned_at IS 'When what was older than selfheal.history_retention was last forgotten.';
COMMENT ON COLUMN selfheal.journal.told IS 'The newest escalation that was told by NOTIFY.';
COMMENT ON COLUMN selfheal.journal.told_at IS 'When that was.';

CREATE TABLE selfheal.event (
	journal bigint NOT NULL,
	sequence bigint NOT NULL,
	at timestamptz NOT NULL,
	kind text NOT NULL,
	severity text NOT NULL,
	actor text,
	subject text,
	message text,
	PRIMARY KEY (journal, sequence)
);

CREATE INDEX event_at ON selfheal.event (at);

COMMENT ON TABLE selfheal.event IS 'Events, as the scribe wrote them down; read selfheal.events instead.';

-- A dump may be restored beside what is there already, from the same journal: what is known stays.
CREATE FUNCTION selfheal.skip_known() RETURNS trigger
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	CASE TG_TABLE_NAME
		WHEN 'journal' THEN
			PERFORM FROM selfheal.journal AS t WHERE t.id = NEW.id;
		WHEN 'event' THEN
			PERFORM FROM selfheal.event AS t WHERE t.journal = NEW.journal AND t.sequence = NEW.sequence;
		WHEN 'failure' THEN
			PERFORM FROM selfheal.failure AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'recovery' THEN
			PERFORM FROM selfheal.recovery AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'escalation' THEN
			PERFORM FROM selfheal.escalation AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'anomaly' THEN
			PERFORM FROM selfheal.anomaly AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'false_positive' THEN
			PERFORM FROM selfheal.false_positive AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'recovery_step' THEN
			PERFORM FROM selfheal.recovery_step AS t
			WHERE t.journal = NEW.journal AND t.recovery = NEW.recovery AND t.step = NEW.step;
		WHEN 'metric_layout' THEN
			PERFORM FROM selfheal.metric_layout AS t WHERE t.id = NEW.id;
		WHEN 'metric_minute' THEN
			PERFORM FROM selfheal.metric_minute AS t WHERE t.at = NEW.at;
		WHEN 'metric_hour' THEN
			PERFORM FROM selfheal.metric_hour AS t WHERE t.at = NEW.at;
		WHEN 'user_metric' THEN
			PERFORM FROM selfheal.user_metric AS t WHERE t.name = NEW.name;
		WHEN 'user_remedy' THEN
			PERFORM FROM selfheal.user_remedy AS t WHERE t.name = NEW.name;
		WHEN 'failure_window' THEN
			PERFORM FROM selfheal.failure_window AS t WHERE t.journal = NEW.journal AND t.failure = NEW.failure;
		WHEN 'failure_sample' THEN
			PERFORM FROM selfheal.failure_sample AS t
			WHERE t.journal = NEW.journal AND t.failure = NEW.failure AND t.at = NEW.at;
		WHEN 'diagnosis' THEN
			PERFORM FROM selfheal.diagnosis AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'causal_node_change' THEN
			PERFORM FROM selfheal.causal_node_change AS t WHERE t.id = NEW.id;
		WHEN 'causal_edge_change' THEN
			PERFORM FROM selfheal.causal_edge_change AS t WHERE t.from_node = NEW.from_node AND t.to_node = NEW.to_node;
		WHEN 'incident' THEN
			PERFORM FROM selfheal.incident AS t WHERE t.journal = NEW.journal AND t.id = NEW.id;
		WHEN 'confirmed_cause' THEN
			PERFORM FROM selfheal.confirmed_cause AS t WHERE t.journal = NEW.journal AND t.failure = NEW.failure;
		WHEN 'causal_version' THEN
			PERFORM FROM selfheal.causal_version AS t WHERE t.version = NEW.version;
		WHEN 'causal_learned_number' THEN
			PERFORM FROM selfheal.causal_learned_number AS t
			WHERE t.version = NEW.version AND t.kind = NEW.kind AND t.node = NEW.node AND t.to_node = NEW.to_node
			UNION ALL
			SELECT FROM selfheal.causal_version AS t -- of another server, with the same number
			WHERE t.version = NEW.version AND t.learned_at <> NEW.learned_at;
		WHEN 'causal_version_use' THEN
			PERFORM FROM selfheal.causal_version_use AS t WHERE t.at = NEW.at
			UNION ALL
			SELECT FROM selfheal.causal_version AS t WHERE t.version = NEW.version AND t.learned_at <> NEW.learned_at;
		WHEN 'health_change' THEN
			PERFORM FROM selfheal.health_change AS t WHERE t.journal = NEW.journal AND t.sequence = NEW.sequence;
	END CASE;
	IF found THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION selfheal.skip_known() IS 'Leaves out rows of the history tables that are there already, so that a dump can be restored at any time.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.journal FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.event FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.failure FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.anomaly FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.recovery FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.recovery_step FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

-- What is in the tables is the users', and goes with pg_dump.
SELECT pg_extension_config_dump('selfheal.journal', '');
SELECT pg_extension_config_dump('selfheal.event', '');
SELECT pg_extension_config_dump('selfheal.failure', '');
SELECT pg_extension_config_dump('selfheal.anomaly', '');
SELECT pg_extension_config_dump('selfheal.recovery', '');
SELECT pg_extension_config_dump('selfheal.recovery_step', '');

CREATE FUNCTION selfheal.read_events(after bigint) RETURNS SETOF selfheal.event
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'selfheal_read_events';

COMMENT ON FUNCTION selfheal.read_events(bigint) IS 'Events out of the journal after the given record.';

CREATE FUNCTION selfheal.read_steps(after bigint) RETURNS SETOF selfheal.recovery_step
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'selfheal_read_steps';

COMMENT ON FUNCTION selfheal.read_steps(bigint) IS 'Steps of recoveries out of the journal after the given record.';

CREATE FUNCTION selfheal.read_engine(
	OUT state text,
	OUT why text,
	OUT hint text,
	OUT pid bigint,
	OUT started_at timestamptz,
	OUT heartbeat_at timestamptz,
	OUT sampled_at timestamptz,
	OUT heartbeats bigint,
	OUT heartbeat_ms double precision,
	OUT cpu_share double precision,
	OUT cpu_ms double precision,
	OUT memory_bytes bigint,
	OUT errors bigint,
	OUT last_error text,
	OUT last_error_at timestamptz,
	OUT in_recovery boolean,
	OUT home text,
	OUT home_detail text,
	OUT worker_slots_short boolean,
	OUT journal_state text,
	OUT journal_sequence bigint,
	OUT journal_mirrored bigint,
	OUT journal_lost bigint,
	OUT journal_write_failures bigint,
	OUT journal_id bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_read_engine';

COMMENT ON FUNCTION selfheal.read_engine() IS 'What the engine says about itself; read selfheal.status instead.';

-- A view and not a function, as who reads one of those below may not read the table.
CREATE VIEW selfheal.mirrored AS
	SELECT coalesce(max(j.mirrored), 0) AS record
	FROM selfheal.journal AS j
	WHERE j.id = (SELECT i.journal_id FROM selfheal.read_engine() AS i);

COMMENT ON VIEW selfheal.mirrored IS 'How far the journal of this server is in the tables: what comes after is read from it.';
COMMENT ON COLUMN selfheal.mirrored.record IS 'Its newest record that is in them; 0 = none.';

CREATE VIEW selfheal.events AS
	SELECT e.at, e.kind, e.severity, e.actor, e.subject, e.message, e.sequence, e.journal
	FROM selfheal.event AS e
	UNION ALL
	SELECT e.at, e.kind, e.severity, e.actor, e.subject, e.message, e.sequence, e.journal
	FROM selfheal.read_events((SELECT m.record FROM selfheal.mirrored AS m)) AS e;

COMMENT ON VIEW selfheal.events IS 'Everything that happened, from the tables and, for what is not there yet, from the journal.';
COMMENT ON COLUMN selfheal.events.at IS 'When.';
COMMENT ON COLUMN selfheal.events.kind IS 'What happened: anomaly_opened, failure_confirmed, decision, recovery_succeeded, stopped, ...';
COMMENT ON COLUMN selfheal.events.severity IS 'info, warning, error or critical.';
COMMENT ON COLUMN selfheal.events.actor IS 'selfheal, or the role that did it.';
COMMENT ON COLUMN selfheal.events.subject IS 'What it is about: a failure, a recovery, a metric, a component.';
COMMENT ON COLUMN selfheal.events.message IS 'The details.';
COMMENT ON COLUMN selfheal.events.sequence IS 'Number of the record in its journal; the order in which things happened.';
COMMENT ON COLUMN selfheal.events.journal IS 'Which journal it was recorded in.';

CREATE VIEW selfheal.recovery_steps AS
	SELECT s.recovery, s.step, s.at, s.stage, s.attempt, s.message, s.journal
	FROM selfheal.recovery_step AS s
	UNION ALL
	SELECT s.recovery, s.step, s.at, s.stage, s.attempt, s.message, s.journal
	FROM selfheal.read_steps((SELECT m.record FROM selfheal.mirrored AS m)) AS s;

COMMENT ON VIEW selfheal.recovery_steps IS 'Every move of every recovery from stage to stage.';
COMMENT ON COLUMN selfheal.recovery_steps.recovery IS 'Number of the recovery.';
COMMENT ON COLUMN selfheal.recovery_steps.step IS 'Number of the step, from 0.';
COMMENT ON COLUMN selfheal.recovery_steps.at IS 'When.';
COMMENT ON COLUMN selfheal.recovery_steps.stage IS 'The stage it came to.';
COMMENT ON COLUMN selfheal.recovery_steps.attempt IS 'Which attempt it belongs to.';
COMMENT ON COLUMN selfheal.recovery_steps.message IS 'What was seen or done.';
COMMENT ON COLUMN selfheal.recovery_steps.journal IS 'Which journal it was recorded in.';

CREATE VIEW selfheal.audit_log AS
	SELECT e.at, e.actor, e.kind AS action, e.subject, e.message, e.sequence, e.journal
	FROM selfheal.events AS e
	WHERE e.kind IN (
		'stopped', 'started', 'paused', 'resumed', 'breaker_reset', 'baselines_reset', 'engine_passive',
		'policy_set', 'policy_reset', 'false_positive', 'sensitivity_set', 'sensitivity_reset', 'escalated', 'escalation_acknowledged',
		'metric_added', 'metric_removed', 'remedy_added', 'remedy_removed',
		'causal_node_added', 'causal_node_changed', 'causal_node_removed', 'causal_edge_added', 'causal_edge_changed', 'causal_edge_removed',
		'causal_graph_reset', 'cause_confirmed', 'causes_learned', 'causal_version_used',
		'throttled', 'unthrottled', 'throttle_expired',
		'recovery_proposed', 'recovery_approved', 'recovery_rejected', 'recovery_expired', 'recovery_withdrawn',
		'recovery_executing', 'recovery_executed', 'recovery_succeeded', 'recovery_failed', 'recovery_unknown',
		'recovery_rolled back', 'snapshot_taken', 'snapshot_cleaned', 'rollback_ordered', 'rollback_ended', 'records_lost'
	);

COMMENT ON VIEW selfheal.audit_log IS 'Who approved, rejected, triggered, stopped or started what, and every act of selfheal; and where records of that are missing (records_lost).';
COMMENT ON COLUMN selfheal.audit_log.at IS 'When.';
COMMENT ON COLUMN selfheal.audit_log.actor IS 'selfheal, or the role that did it.';
COMMENT ON COLUMN selfheal.audit_log.action IS 'What was done.';
COMMENT ON COLUMN selfheal.audit_log.subject IS 'To what.';
COMMENT ON COLUMN selfheal.audit_log.message IS 'The details, and the reason given.';
COMMENT ON COLUMN selfheal.audit_log.sequence IS 'Number of the record in its journal.';
COMMENT ON COLUMN selfheal.audit_log.journal IS 'Which journal it was recorded in.';

CREATE FUNCTION selfheal.forget(retention_seconds bigint) RETURNS bigint
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	horizon timestamptz := now() - retention_seconds * interval '1 second';
	forgotten bigint;
BEGIN
	DELETE FROM selfheal.event AS e WHERE e.at < horizon;
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	DELETE FROM selfheal.health_change AS c WHERE c.at < horizon;
	DELETE FROM selfheal.recovery_step AS s WHERE s.at < horizon;
	PERFORM selfheal.forget_incidents(horizon);
	DELETE FROM selfheal.recovery AS r WHERE coalesce(r.finished_at, r.proposed_at) < horizon;
	DELETE FROM selfheal.escalation AS e WHERE e.raised_at < horizon;
	DELETE FROM selfheal.failure AS f WHERE coalesce(f.closed_at, f.seen_at) < horizon;
	DELETE FROM selfheal.diagnosis AS d
	WHERE d.at < horizon AND NOT EXISTS (SELECT FROM selfheal.failure AS f WHERE f.journal = d.journal AND f.id = d.id);
	DELETE FROM selfheal.anomaly AS a WHERE coalesce(a.closed_at, a.opened_at) < horizon;
	DELETE FROM selfheal.false_positive AS m WHERE m.at < horizon;
	PERFORM selfheal.forget_scans(horizon);
	PERFORM selfheal.forget_snapshots(horizon);
	RETURN forgotten;
END
$$;

COMMENT ON FUNCTION selfheal.forget(bigint) IS 'Deletes history older than so many seconds; the scribe calls it once an hour with selfheal.history_retention.';

CREATE FUNCTION selfheal.explain(recovery bigint) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	r record;
	f record;
	s record;
	cause record;
	lines text[];
BEGIN
	IF recovery IS NULL THEN
		RAISE EXCEPTION 'the recovery must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.recoveries lists them.';
	END IF;
	SELECT v.* INTO r
	FROM selfheal.recoveries AS v
	WHERE v.id = explain.recovery
	ORDER BY v.proposed_at DESC
	LIMIT 1;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no recovery %', recovery USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.recoveries lists those that are remembered.';
	END IF;
	SELECT v.* INTO f FROM selfheal.failures AS v WHERE v.id = r.failure AND v.journal = r.journal;

	lines := ARRAY[format('Recovery %s: %s - %s', r.id, r.remedy, r.stage)];
	IF f.id IS NOT NULL THEN
		lines := lines || format('Failure %s: %s, seen %s, %s', f.id,
			(SELECT t.title FROM selfheal.failure_types AS t WHERE t.type = f.type),
			to_char(f.seen_at, 'YYYY-MM-DD HH24:MI:SS.MS TZ'),
			CASE WHEN f.closed_at IS NULL THEN 'still open' ELSE format('gone after %s s',
				round(extract(epoch FROM f.closed_at - f.since), 1)) END);
	END IF;
	lines := lines || format('Evidence: %s.', r.evidence);
	FOR cause IN
		SELECT v.* FROM selfheal.diagnoses AS v WHERE v.failure = r.failure AND v.journal = r.journal
	LOOP
		lines := lines || CASE cause.verdict
			WHEN 'unknown' THEN 'Cause: nothing that the causal graph knows explains it.'
			WHEN 'not computed' THEN 'Cause: could not be computed; selfheal.events says why.'
			ELSE format('Cause: %s%s (%s %%)%s.', CASE cause.verdict WHEN 'unsure' THEN 'perhaps ' ELSE '' END,
				cause.cause_name, round(100 * cause.confidence::numeric), ': ' || cause.path)
		END;
		IF cause.verdict IN ('found', 'unsure') AND cause.evidence IS NOT NULL THEN
			lines := lines || format('  seen on the way: %s.', cause.evidence);
		END IF;
		IF cause.others IS NOT NULL THEN
			lines := lines || format('  less probable: %s.', cause.others);
		END IF;
		IF cause.recalled IS NOT NULL THEN
			lines := lines || format('  earlier incidents like it: %s (%s %%)%s.', cause.recalled,
				round(100 * cause.recalled_share::numeric),
				CASE WHEN round(cause.by_graph::numeric, 2) <> round(cause.confidence::numeric, 2)
					THEN format('; the causal graph alone says %s %%', round(100 * cause.by_graph::numeric)) END);
		END IF;
	END LOOP;
	FOR s IN
		SELECT string_agg(format('%s (%s %%)%s', p.subject, round(100 * p.probability::numeric),
			CASE p.state WHEN 'open' THEN ' at about ' || to_char(p.used_up_at, 'HH24:MI:SS') ELSE ': ' || p.state END),
			', ' ORDER BY p.id) AS list
		FROM selfheal.predictions AS p
		WHERE p.failure = r.failure AND p.journal = r.journal
		HAVING count(*) > 0
	LOOP
		lines := lines || format('May bring: %s.', s.list);
	END LOOP;
	FOR s IN
		SELECT string_agg(format('%s %s (before %s)', d.metric, round(d.during::numeric, 2), round(d.before::numeric, 2)), ', '
			ORDER BY d.score DESC) AS list
		FROM selfheal.deviations(r.failure, r.journal) AS d
		HAVING count(*) > 0
	LOOP
		lines := lines || format('Most unusual meanwhile: %s.', s.list);
	END LOOP;
	IF r.target_pid IS NOT NULL THEN
		lines := lines || format('Target: process %s, role %s, database %s, application %s.', r.target_pid,
			coalesce(r.target_role, '?'), coalesce(r.target_database, '?'),
			coalesce(quote_literal(r.target_application), 'unnamed'));
	END IF;
	lines := lines || CASE
		WHEN r.autonomous THEN 'Decision: done without asking, within the rails.'
		WHEN r.decided_by IS NULL THEN 'Decision: nobody has decided.'
		ELSE format('Decision: %s by %s (%s).', CASE r.stage WHEN 'rejected' THEN 'rejected' ELSE 'approved' END,
			r.decided_by, r.decision_reason)
	END;
	IF r.rails IS NOT NULL THEN
		lines := lines || format('Rails: %s.', r.rails);
	END IF;
	IF r.acted_at IS NULL AND r.finished_at IS NOT NULL AND r.remedy <> 'monitor' THEN
		lines := lines || format('Nothing was done: %s.', regexp_replace(r.message, '^nothing was done: ', ''));
	END IF;
	lines := lines || 'Steps:'::text;
	FOR s IN
		SELECT v.at, v.stage, v.message
		FROM selfheal.recovery_steps AS v
		WHERE v.recovery = r.id AND v.journal = r.journal
		ORDER BY v.step
	LOOP
		lines := lines || format('  %s  %s %s',
			to_char(s.at, 'HH24:MI:SS.MS'), rpad(s.stage, 10), s.message);
	END LOOP;
	lines := lines || format('%s: %s.', CASE WHEN r.finished_at IS NULL THEN 'So far' ELSE 'Outcome' END, r.message);
	RETURN array_to_string(lines, E'\n');
END
$$;

COMMENT ON FUNCTION selfheal.explain(bigint) IS 'A recovery in words: what was seen, why it was decided so, what was done step by step, how it ended.';
