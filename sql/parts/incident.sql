-- What incidents teach. What was seen at each confirmed failure is written down by the scribe; what its cause was is what an
-- operator says, or what the failure's proof named when a remedy against that was verified.
CREATE TABLE selfheal.incident (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	at timestamptz NOT NULL,
	symptom text,
	named text,
	proven text NOT NULL,
	active text NOT NULL,
	quiet text NOT NULL,
	changes jsonb NOT NULL,
	PRIMARY KEY (journal, id)
);

CREATE INDEX incident_at ON selfheal.incident (at);

CREATE TABLE selfheal.confirmed_cause (
	journal bigint NOT NULL,
	failure bigint NOT NULL,
	cause text,
	confirmed_by text NOT NULL,
	reason text NOT NULL,
	confirmed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (journal, failure)
);

-- Numbers that were learned, a set for each version, and which of them was in force since when. A version of another server
-- may have the same number; when it was learned tells them apart.
CREATE TABLE selfheal.causal_version (
	version integer PRIMARY KEY CHECK (version > 0),
	learned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	learned_by text NOT NULL,
	incidents integer NOT NULL,
	confirmed integer NOT NULL
);

CREATE TABLE selfheal.causal_learned_number (
	version integer NOT NULL,
	kind text NOT NULL CHECK (kind IN ('probability', 'leak', 'hit rate', 'false alarm rate')),
	node text NOT NULL,
	to_node text NOT NULL,
	before double precision NOT NULL,
	value double precision NOT NULL CHECK (value BETWEEN 0 AND 1),
	observed double precision NOT NULL CHECK (observed >= 0),
	learned_at timestamptz NOT NULL,
	PRIMARY KEY (version, kind, node, to_node)
);

CREATE TABLE selfheal.causal_version_use (
	at timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
	version integer NOT NULL CHECK (version >= 0),
	used_by text NOT NULL,
	held boolean NOT NULL,
	learned_at timestamptz CHECK ((learned_at IS NULL) = (version = 0))
);

COMMENT ON TABLE selfheal.incident IS 'What was seen when a failure was confirmed, and some seconds later, as the scribe wrote it down; read selfheal.incidents instead.';
COMMENT ON TABLE selfheal.confirmed_cause IS 'What operators said that failures came from; read selfheal.incidents instead.';
COMMENT ON TABLE selfheal.causal_version IS 'Sets of numbers of the causal graph that were learned from incidents; read selfheal.causal_versions instead.';
COMMENT ON TABLE selfheal.causal_learned_number IS 'The numbers of each version that are not as shipped or as users have them; read selfheal.causal_learned instead.';
COMMENT ON TABLE selfheal.causal_version_use IS 'Which version was put in force when; 0 is none. Read selfheal.causal_versions instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.incident FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.confirmed_cause FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.causal_version FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.causal_learned_number FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.causal_version_use FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
-- For each row: forget_incidents() mostly finds none.
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE ON selfheal.confirmed_cause
	FOR EACH ROW EXECUTE FUNCTION selfheal.user_metrics_changed();
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE ON selfheal.causal_version_use
	FOR EACH ROW EXECUTE FUNCTION selfheal.user_metrics_changed();

SELECT pg_extension_config_dump('selfheal.incident', '');
SELECT pg_extension_config_dump('selfheal.confirmed_cause', '');
SELECT pg_extension_config_dump('selfheal.causal_version', '');
SELECT pg_extension_config_dump('selfheal.causal_learned_number', '');
SELECT pg_extension_config_dump('selfheal.causal_version_use', '');

CREATE VIEW selfheal.incidents AS
	SELECT
		i.id AS failure,
		i.at,
		i.symptom,
		d.cause AS diagnosed,
		d.confidence,
		CASE WHEN c.journal IS NOT NULL THEN c.cause WHEN h.healed THEN i.named END AS confirmed,
		CASE WHEN c.journal IS NOT NULL THEN c.confirmed_by WHEN h.healed THEN 'selfheal' END AS confirmed_by,
		CASE
			WHEN c.journal IS NOT NULL THEN c.reason
			WHEN h.healed THEN 'it was over after a remedy against what its proof names'
		END AS reason,
		i.proven,
		i.active,
		i.quiet,
		i.changes,
		i.journal
	FROM selfheal.incident AS i
	LEFT JOIN selfheal.diagnosis AS d ON d.journal = i.journal AND d.id = i.id
	LEFT JOIN selfheal.confirmed_cause AS c ON c.journal = i.journal AND c.failure = i.id
	CROSS JOIN LATERAL (
		SELECT i.named IS NOT NULL AND EXISTS (
			SELECT FROM selfheal.recovery AS r
			WHERE r.journal = i.journal AND r.failure = i.id AND r.stage = 'succeeded' AND r.acted_at IS NOT NULL
				AND r.strategy <> 'monitor' AND r.remedy <> 'degrade_sync' -- which gives way to it
		) AS healed
	) AS h;

COMMENT ON VIEW selfheal.incidents IS 'Each confirmed failure with what was seen then, and what its cause turned out to be where that is known: what is learned from.';
COMMENT ON COLUMN selfheal.incidents.failure IS 'Number of the failure, as in selfheal.failures.';
COMMENT ON COLUMN selfheal.incidents.at IS 'When it was seen like this.';
COMMENT ON COLUMN selfheal.incidents.symptom IS 'The node of the causal graph that the failure shows.';
COMMENT ON COLUMN selfheal.incidents.diagnosed IS 'The cause by the last diagnosis.';
COMMENT ON COLUMN selfheal.incidents.confidence IS 'The confidence in that.';
COMMENT ON COLUMN selfheal.incidents.confirmed IS 'The cause as it is known: said with selfheal.confirm_cause(), or named by the failure''s proof and gone with a remedy against it that was verified. NULL = not known.';
COMMENT ON COLUMN selfheal.incidents.confirmed_by IS 'Who said so; selfheal = by a remedy that worked. Where confirmed is NULL: who said that nobody knows.';
COMMENT ON COLUMN selfheal.incidents.reason IS 'And why.';
COMMENT ON COLUMN selfheal.incidents.proven IS 'Nodes that proofs of failures showed to be active, and the symptom.';
COMMENT ON COLUMN selfheal.incidents.active IS 'Nodes that other signs showed to be active.';
COMMENT ON COLUMN selfheal.incidents.quiet IS 'Nodes whose signs were looked at and showed nothing, though there was time for what was active to bring them about.';
COMMENT ON COLUMN selfheal.incidents.changes IS 'By metric, the logarithm of how many times its usual value it was; 0 = as usual. A metric that is missing was not known.';
COMMENT ON COLUMN selfheal.incidents.journal IS 'Which journal it was recorded in.';

-- A cause that a remedy confirmed is written down before that recovery is forgotten: what was learned outlives its occasion.
CREATE FUNCTION selfheal.forget_incidents(horizon timestamptz) RETURNS void
	LANGUAGE sql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
	INSERT INTO selfheal.confirmed_cause AS c (journal, failure, cause, confirmed_by, reason)
	SELECT i.journal, i.failure, i.confirmed, i.confirmed_by, i.reason
	FROM selfheal.incidents AS i
	WHERE i.confirmed_by = 'selfheal'
		AND NOT EXISTS (SELECT FROM selfheal.confirmed_cause AS k WHERE k.journal = i.journal AND k.failure = i.failure)
	ON CONFLICT DO NOTHING;
	DELETE FROM selfheal.incident AS i
	WHERE i.at < horizon
		AND NOT EXISTS (SELECT FROM selfheal.confirmed_cause AS c WHERE c.journal = i.journal AND c.failure = i.id AND c.cause IS NOT NULL);
	DELETE FROM selfheal.incident AS i
	WHERE (i.journal, i.id) IN (
		SELECT n.journal, n.id
		FROM (
			SELECT t.journal, t.id, row_number() OVER (PARTITION BY c.cause IS NULL ORDER BY t.at DESC) AS place
			FROM selfheal.incident AS t
			LEFT JOIN selfheal.confirmed_cause AS c ON c.journal = t.journal AND c.failure = t.id
		) AS n
		WHERE n.place > 1000
	);
	DELETE FROM selfheal.confirmed_cause AS c
	WHERE c.confirmed_at < now() - interval '1 day' -- what is being restored may come before its incident
		AND NOT EXISTS (SELECT FROM selfheal.incident AS i WHERE i.journal = c.journal AND i.id = c.failure);
	DELETE FROM selfheal.causal_version_use AS u
	WHERE u.at < horizon AND u.at < (SELECT max(l.at) FROM selfheal.causal_version_use AS l);
$$;

COMMENT ON FUNCTION selfheal.forget_incidents(timestamptz) IS 'Deletes incidents older than that, but for a thousand of which the cause is known, and which versions were in force before that; selfheal.forget() calls it.';

CREATE FUNCTION selfheal.confirm_cause(failure bigint, cause text, reason text) RETURNS text
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	i record;
	n record;
	said text := nullif(cause, 'unknown');
BEGIN
	IF failure IS NULL OR cause IS NULL THEN
		RAISE EXCEPTION '% must not be null', CASE WHEN failure IS NULL THEN 'the failure' ELSE 'the cause' END USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.incidents lists failures, selfheal.causal_nodes causes; the cause ''unknown'' says that nobody knows.';
	END IF;
	IF coalesce(btrim(reason), '') = '' THEN
		RAISE EXCEPTION 'a cause that is confirmed needs a reason' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'Say how you know: diagnoses of the future rest on it.';
	END IF;
	IF pg_is_in_recovery() THEN
		RAISE EXCEPTION 'causes cannot be confirmed on a standby' USING
			ERRCODE = 'read_only_sql_transaction',
			HINT = 'Confirm it on the primary, which it gets its history from.';
	END IF;
	SELECT v.* INTO i FROM selfheal.incidents AS v WHERE v.failure = confirm_cause.failure ORDER BY v.at DESC LIMIT 1;
	IF NOT found THEN
		RAISE EXCEPTION 'nothing is kept of failure %', failure USING
			ERRCODE = 'undefined_object',
			DETAIL = 'What was seen is kept of confirmed failures, from a second or two after they were.',
			HINT = 'selfheal.incidents lists them.';
	END IF;
	SELECT v.* INTO n FROM selfheal.causal_nodes AS v WHERE v.id = said;
	IF said IS NOT NULL AND NOT found THEN
		RAISE EXCEPTION 'the causal graph has no node "%"', said USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.causal_nodes lists them; selfheal.add_causal_node() adds one.';
	END IF;
	IF NOT n.origin THEN
		RAISE EXCEPTION 'trouble does not begin at node "%"', said USING
			ERRCODE = 'invalid_parameter_value',
			DETAIL = 'It is no origin: something else always brings it about.',
			HINT = 'Name what did. selfheal.causal_edges shows what may; selfheal.update_causal_node(..., origin => true) makes it one.';
	END IF;
	-- by skip_known() an insert leaves alone what is there, also what another has just put there
	LOOP
		UPDATE selfheal.confirmed_cause AS c
		SET cause = said, confirmed_by = session_user, reason = btrim(confirm_cause.reason), confirmed_at = clock_timestamp()
		WHERE c.journal = i.journal AND c.failure = i.failure;
		EXIT WHEN found;
		INSERT INTO selfheal.confirmed_cause (journal, failure, cause, confirmed_by, reason)
		VALUES (i.journal, i.failure, said, session_user, btrim(reason))
		ON CONFLICT DO NOTHING;
		EXIT WHEN found;
	END LOOP;
	PERFORM selfheal.audit('cause_confirmed', format('failure %s', failure), format('%s: %s', cause, btrim(reason)));
	RETURN CASE
		WHEN said IS NULL THEN format('nobody knows the cause of failure %s; nothing is learned from it', failure)
		WHEN said = i.diagnosed THEN format('%s, as it was diagnosed with %s %%', n.name, round(100 * i.confidence::numeric))
		WHEN i.diagnosed IS NULL THEN format('%s, where there was no diagnosis', n.name)
		ELSE format('%s, not %s, as it was diagnosed', said, i.diagnosed)
	END;
END
$$;

COMMENT ON FUNCTION selfheal.confirm_cause(bigint, text, text) IS 'Says what a failure came from, a node of the causal graph where trouble can begin, or ''unknown'': diagnoses of the future rest on it. Said again it replaces what was said before.';

-- Learning

CREATE FUNCTION selfheal.learn_numbers(
	OUT version integer,
	OUT incidents integer,
	OUT confirmed integer,
	OUT moved integer,
	OUT largest double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_learn_numbers';

COMMENT ON FUNCTION selfheal.learn_numbers() IS 'What selfheal.learn_causes() does; called by it.';

CREATE FUNCTION selfheal.learn_causes() RETURNS text
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	l record;
	told text;
BEGIN
	SELECT v.* INTO l FROM selfheal.learn_numbers() AS v;
	IF l.version IS NULL THEN
		RETURN CASE WHEN l.incidents = 0 THEN 'there are no incidents to learn from'
			ELSE format('nothing new is learned from %s incidents, %s of them confirmed', l.incidents, l.confirmed) END;
	END IF;
	told := format('version %s, from %s incidents, %s of them confirmed; %s numbers moved, by %s at most',
		l.version, l.incidents, l.confirmed, l.moved, round(l.largest::numeric, 3));
	PERFORM selfheal.audit('causes_learned', 'causal graph', told);
	RETURN told;
END
$$;

COMMENT ON FUNCTION selfheal.learn_causes() IS 'Learns probabilities of the causal graph from selfheal.incidents: a new version, in force when the transaction commits. Done by itself every selfheal.causal_learning_interval when there is something new.';

CREATE FUNCTION selfheal.use_causal_version(version integer, hold boolean DEFAULT true) RETURNS void
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF pg_is_in_recovery() THEN
		RAISE EXCEPTION 'a version cannot be put in force on a standby' USING
			ERRCODE = 'read_only_sql_transaction',
			HINT = 'Do it on the primary, whose graph it has.';
	END IF;
	IF version IS NULL OR hold IS NULL THEN
		RAISE EXCEPTION '% must not be null', CASE WHEN version IS NULL THEN 'the version' ELSE 'hold' END USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.causal_versions lists versions; 0 is the graph as it is shipped and as users have changed it.';
	END IF;
	IF version <> 0 AND NOT EXISTS (SELECT FROM selfheal.causal_version AS v WHERE v.version = use_causal_version.version) THEN
		RAISE EXCEPTION 'there is no version % of the causal graph', version USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.causal_versions lists them; 0 is the graph as it is shipped and as users have changed it.';
	END IF;
	-- the newest row is in force, whatever the clock says
	INSERT INTO selfheal.causal_version_use (at, version, used_by, held, learned_at)
	SELECT greatest(clock_timestamp(), max(u.at) + interval '1 microsecond'), use_causal_version.version, session_user, hold,
		(SELECT v.learned_at FROM selfheal.causal_version AS v WHERE v.version = use_causal_version.version)
	FROM selfheal.causal_version_use AS u;
	PERFORM selfheal.audit('causal_version_used', format('version %s', version),
		CASE WHEN hold THEN 'it stays until selfheal.learn_causes() is called' ELSE 'until something new is learned' END);
END
$$;

COMMENT ON FUNCTION selfheal.use_causal_version(integer, boolean) IS 'Puts a version of the numbers of the causal graph in force again; 0 is none: the graph as it is shipped and as users have changed it. hold: nothing is learned by itself until selfheal.learn_causes() is called.';

CREATE VIEW selfheal.causal_versions AS
	SELECT
		v.version,
		v.learned_at,
		v.learned_by,
		v.incidents,
		v.confirmed,
		(SELECT count(*) FROM selfheal.causal_learned_number AS l WHERE l.version = v.version) AS moved,
		(SELECT max(abs(l.value - l.before)) FROM selfheal.causal_learned_number AS l WHERE l.version = v.version) AS largest_move,
		v.version = u.version AS in_force,
		CASE WHEN v.version = u.version THEN u.held ELSE false END AS held
	FROM (
		SELECT 0 AS version, NULL::timestamptz AS learned_at, NULL AS learned_by, 0 AS incidents, 0 AS confirmed
		UNION ALL
		SELECT t.version, t.learned_at, t.learned_by, t.incidents, t.confirmed FROM selfheal.causal_version AS t
	) AS v
	CROSS JOIN (
		SELECT coalesce(max(l.version), 0) AS version, coalesce(bool_or(l.held), false) AS held
		FROM (SELECT t.version, t.held FROM selfheal.causal_version_use AS t ORDER BY t.at DESC LIMIT 1) AS l
	) AS u;

COMMENT ON VIEW selfheal.causal_versions IS 'Versions of the numbers of the causal graph; 0 is the graph as it is shipped and as users have changed it.';
COMMENT ON COLUMN selfheal.causal_versions.version IS 'Its number.';
COMMENT ON COLUMN selfheal.causal_versions.learned_at IS 'When it was learned.';
COMMENT ON COLUMN selfheal.causal_versions.learned_by IS 'selfheal by itself, or who called selfheal.learn_causes().';
COMMENT ON COLUMN selfheal.causal_versions.incidents IS 'How many incidents it was learned from.';
COMMENT ON COLUMN selfheal.causal_versions.confirmed IS 'Of how many of them the cause is known; they count fully, the others three tenths.';
COMMENT ON COLUMN selfheal.causal_versions.moved IS 'How many numbers are not as they were shipped or changed by users.';
COMMENT ON COLUMN selfheal.causal_versions.largest_move IS 'By how much at most.';
COMMENT ON COLUMN selfheal.causal_versions.in_force IS 'Whether it is the one in force.';
COMMENT ON COLUMN selfheal.causal_versions.held IS 'Whether it stays so until selfheal.learn_causes() is called.';

CREATE VIEW selfheal.causal_learned AS
	SELECT l.version, l.kind, l.node, nullif(l.to_node, '') AS to_node, l.before, l.value, l.observed
	FROM selfheal.causal_learned_number AS l;

COMMENT ON VIEW selfheal.causal_learned IS 'What each version has learned: the numbers that are not as they were shipped or changed by users.';
COMMENT ON COLUMN selfheal.causal_learned.version IS 'The version.';
COMMENT ON COLUMN selfheal.causal_learned.kind IS 'probability of an edge; leak: that a node becomes active by itself; hit rate and false alarm rate of what it is seen by.';
COMMENT ON COLUMN selfheal.causal_learned.node IS 'The node, or where the edge begins.';
COMMENT ON COLUMN selfheal.causal_learned.to_node IS 'Where the edge ends; NULL = it is about the node.';
COMMENT ON COLUMN selfheal.causal_learned.before IS 'As it was shipped, or changed by users, which counts as six incidents.';
COMMENT ON COLUMN selfheal.causal_learned.value IS 'As it was learned.';
COMMENT ON COLUMN selfheal.causal_learned.observed IS 'Of an edge: in how many incidents it acted, as far as can be told.';

CREATE FUNCTION selfheal.similar_incidents(
	failure bigint,
	most integer DEFAULT 5,
	OUT other bigint,
	OUT at timestamptz,
	OUT symptom text,
	OUT confirmed text,
	OUT confirmed_by text,
	OUT distance double precision,
	OUT in_common text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 5
	AS 'MODULE_PATHNAME', 'selfheal_similar_incidents';

COMMENT ON FUNCTION selfheal.similar_incidents(bigint, integer) IS 'Other incidents in which metrics had changed like in this failure, the most similar first, with their causes where those are known. distance: 0 the same, 1 nothing in common. in_common: what speaks most for it, and how many times its usual value it was in this failure.';
