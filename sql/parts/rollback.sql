-- Going back to a snapshot. The plan is SQL; what must hold whoever asks - the allow-list, the statement, the
-- act itself - is C: src/recover/change_setting_pg.c and rollback_pg.c.
CREATE FUNCTION selfheal.change_objection(level text, database oid, object oid, name text, parameter text, value text, secret boolean) RETURNS text
	LANGUAGE C STABLE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_change_objection';

COMMENT ON FUNCTION selfheal.change_objection(text, oid, oid, text, text, text, boolean) IS 'Why selfheal must not make this change; NULL when it may.';

CREATE FUNCTION selfheal.change_statement(level text, database oid, object oid, name text, parameter text, value text, secret boolean) RETURNS text
	LANGUAGE C STABLE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_change_statement';

COMMENT ON FUNCTION selfheal.change_statement(text, oid, oid, text, text, text, boolean) IS 'The statement of a change; NULL when there is none.';

CREATE FUNCTION selfheal.order_rollback(rollback bigint, subject text, message text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_order_rollback';

COMMENT ON FUNCTION selfheal.order_rollback(bigint, text, text) IS 'Has a planned rollback carried out when the transaction commits.';

CREATE FUNCTION selfheal.read_rollbacks(
	OUT database oid,
	OUT rollback bigint,
	OUT state text,
	OUT pid bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 8
	AS 'MODULE_PATHNAME', 'selfheal_read_rollbacks';

COMMENT ON FUNCTION selfheal.read_rollbacks() IS 'Rollbacks on their way, from shared memory.';

CREATE TABLE selfheal.rollback (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	snapshot bigint NOT NULL,
	component text NOT NULL,
	status text NOT NULL,
	attempts integer NOT NULL DEFAULT 0,
	verified boolean NOT NULL DEFAULT false,
	requested_by text NOT NULL,
	requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at timestamptz,
	finished_at timestamptz,
	message text NOT NULL,
	CHECK (status = 'in progress' OR status = 'success' OR status = 'failed' OR status = 'partial'
		OR status = 'verification failed')
);

COMMENT ON TABLE selfheal.rollback IS 'Rollbacks; read selfheal.rollbacks instead.';
COMMENT ON SEQUENCE selfheal.rollback_id_seq IS 'Numbers of rollbacks.';

CREATE TABLE selfheal.rollback_step (
	rollback bigint NOT NULL,
	step integer NOT NULL,
	item text NOT NULL,
	level text NOT NULL,
	database oid NOT NULL,
	object oid NOT NULL,
	name text NOT NULL,
	parameter text NOT NULL,
	before text,
	wanted text,
	statement text,
	outcome text NOT NULL,
	message text,
	PRIMARY KEY (rollback, step),
	CHECK (outcome = 'planned' OR outcome = 'restored' OR outcome = 'left' OR outcome = 'failed'
		OR outcome = 'not in effect')
);

COMMENT ON TABLE selfheal.rollback_step IS 'What each rollback had to put back; read selfheal.rollback_steps instead.';

SELECT pg_extension_config_dump('selfheal.rollback', '');
SELECT pg_extension_config_dump('selfheal.rollback_id_seq', '');
SELECT pg_extension_config_dump('selfheal.rollback_step', '');

CREATE FUNCTION selfheal.rollback_in_progress(snapshot bigint) RETURNS bigint
	LANGUAGE sql VOLATILE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT r.id
		FROM selfheal.rollback AS r
		WHERE r.snapshot = rollback_in_progress.snapshot AND r.status = 'in progress'
			-- on its way, or ordered in this transaction
			AND (r.requested_at >= transaction_timestamp() OR EXISTS (
				SELECT
				FROM selfheal.read_rollbacks() AS q
				JOIN pg_database AS d ON d.oid = q.database
				WHERE q.rollback = r.id AND q.state <> 'ended' AND d.datname = current_database()))
		LIMIT 1
	$$;

COMMENT ON FUNCTION selfheal.rollback_in_progress(bigint) IS 'The rollback of a snapshot that has not ended yet; NULL when there is none.';

CREATE FUNCTION selfheal.differences(
	snapshot bigint,
	OUT level text,
	OUT database oid,
	OUT object oid,
	OUT name text,
	OUT item text,
	OUT parameter text,
	OUT current_value text,
	OUT snapshot_value text,
	OUT statement text,
	OUT objection text
) RETURNS SETOF record
	LANGUAGE sql VOLATILE STRICT ROWS 20
	SET search_path = pg_catalog, pg_temp
	AS $$
		WITH header AS MATERIALIZED (
			SELECT v.salt, v.tables FROM selfheal.snapshot AS v WHERE v.id = differences.snapshot
		), kept AS MATERIALIZED (
			SELECT c.* FROM selfheal.snapshot_setting AS c WHERE c.snapshot = differences.snapshot
		), known AS MATERIALIZED (
			-- every database and role that was there has a connection limit
			SELECT k.database, k.object FROM kept AS k WHERE k.parameter = 'connection limit'
			UNION ALL
			SELECT 0, 0
		), changed AS MATERIALIZED (
			SELECT
				coalesce(k.level, c.level) AS level,
				coalesce(k.database, c.database) AS database,
				coalesce(k.object, c.object) AS object,
				coalesce(k.name, c.name) AS name,
				coalesce(k.parameter, c.parameter) AS parameter,
				coalesce(k.secret, false) OR coalesce(c.secret, false) AS secret,
				c.value AS current_value,
				k.value AS snapshot_value
			FROM kept AS k
			FULL JOIN selfheal.configuration AS c ON c.level = k.level AND c.database = k.database
				AND c.object = k.object AND c.parameter = k.parameter
			WHERE k.value IS DISTINCT FROM CASE
				WHEN k.secret THEN selfheal.digest((SELECT h.salt FROM header AS h), c.parameter, c.value)
				ELSE c.value
			END
		)
		SELECT
			d.level,
			d.database,
			d.object,
			d.name,
			concat_ws(' ', CASE WHEN d.level = 'role in database' THEN 'role' ELSE d.level END, nullif(d.name, ''), d.parameter),
			d.parameter,
			CASE WHEN NOT d.secret THEN d.current_value END,
			CASE WHEN NOT d.secret THEN d.snapshot_value END,
			selfheal.change_statement(d.level, d.database, d.object, d.name, d.parameter, d.snapshot_value, d.secret),
			selfheal.change_objection(d.level, d.database, d.object, d.name, d.parameter, d.snapshot_value, d.secret)
		FROM changed AS d
		-- What selfheal may do is nothing it puts back. And what did not exist then has not changed since.
		WHERE d.parameter NOT LIKE 'selfheal.%' AND CASE WHEN d.level = 'table'
			THEN d.object = ANY ((SELECT h.tables FROM header AS h)::oid[])
			ELSE EXISTS (SELECT FROM known AS n WHERE n.database = d.database AND n.object = 0)
				AND EXISTS (SELECT FROM known AS n WHERE n.database = 0 AND n.object = d.object)
		END
		ORDER BY d.level COLLATE "C", d.name COLLATE "C", d.parameter COLLATE "C"
	$$;

COMMENT ON FUNCTION selfheal.differences(bigint) IS 'What differs from a snapshot now, how it would be put back, and why it would not be.';

CREATE FUNCTION selfheal.rollback(
	snapshot bigint,
	dry_run boolean DEFAULT false,
	items text[] DEFAULT NULL,
	OUT rollback bigint,
	OUT item text,
	OUT current_value text,
	OUT snapshot_value text,
	OUT statement text,
	OUT verdict text
) RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	s selfheal.snapshot;
	d record;
	found_items text[] := '{}';
	missing text;
	busy bigint;
	planned integer := 0;
	refused integer := 0;
BEGIN
	IF dry_run IS NULL THEN
		RAISE EXCEPTION 'dry_run must not be null' USING
			ERRCODE = 'null_value_not_allowed';
	END IF;
	IF items IS NOT NULL AND (coalesce(array_length(items, 1), 0) = 0 OR array_position(items, NULL) IS NOT NULL) THEN
		RAISE EXCEPTION 'items must name what is to be put back' USING
			ERRCODE = 'invalid_parameter_value',
			HINT = 'As column item shows it with dry_run => true; leave it out for everything.';
	END IF;
	PERFORM selfheal.require_primary();
	s := selfheal.usable_snapshot(snapshot);
	PERFORM selfheal.check_files();
	busy := selfheal.rollback_in_progress(s.id);
	IF busy IS NOT NULL THEN
		RAISE EXCEPTION 'snapshot % is being rolled back', s.id USING
			ERRCODE = 'object_in_use',
			HINT = format('Wait for the end of rollback %s in selfheal.rollbacks.', busy);
	END IF;
	IF NOT dry_run THEN
		INSERT INTO selfheal.rollback AS r (snapshot, component, status, requested_by, message)
		VALUES (s.id, s.component, 'in progress', session_user, 'waiting to be carried out')
		RETURNING r.id INTO rollback;
	END IF;
	FOR d IN SELECT v.* FROM selfheal.differences(s.id) AS v LOOP
		CONTINUE WHEN items IS NOT NULL AND NOT (d.item = ANY (items) OR d.parameter = ANY (items));
		found_items := found_items || d.item || d.parameter;
		IF d.objection IS NULL THEN
			planned := planned + 1;
		ELSE
			refused := refused + 1;
		END IF;
		IF NOT dry_run THEN
			INSERT INTO selfheal.rollback_step (rollback, step, item, level, database, object, name, parameter, before,
				wanted, statement, outcome, message)
			VALUES (rollback.rollback, planned + refused, d.item, d.level, d.database, d.object, d.name, d.parameter,
				d.current_value, d.snapshot_value, d.statement, CASE WHEN d.objection IS NULL THEN 'planned' ELSE 'left' END,
				d.objection);
		END IF;
		item := d.item;
		current_value := d.current_value;
		snapshot_value := d.snapshot_value;
		statement := d.statement;
		verdict := coalesce('left alone: ' || d.objection,
			CASE WHEN dry_run THEN 'would be put back' ELSE 'is put back when this transaction commits' END);
		RETURN NEXT;
	END LOOP;
	SELECT string_agg(quote_literal(i.item), ', ') INTO missing
	FROM unnest(items) AS i (item)
	WHERE i.item <> ALL (found_items);
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'nothing of this name differs from snapshot %: %', s.id, missing USING
			ERRCODE = 'undefined_object',
			HINT = format('SELECT item FROM selfheal.rollback(%s, dry_run => true);', s.id);
	END IF;
	IF planned + refused = 0 THEN
		item := NULL;
		verdict := 'nothing differs from the snapshot';
		RETURN NEXT;
	END IF;
	IF dry_run THEN
		RETURN;
	END IF;
	PERFORM selfheal.order_rollback(rollback, format('snapshot %s', s.id),
		format('rollback %s: %s settings to put back, %s to leave', rollback, planned, refused));
END
$$;

COMMENT ON FUNCTION selfheal.rollback(bigint, boolean, text[]) IS 'Puts back what differs from a snapshot now, or only the named items; what is not in selfheal.parameters is named and left alone. With dry_run it only shows the statements. Carried out when the transaction commits: see selfheal.rollbacks.';

CREATE FUNCTION selfheal.finish_rollback(rollback bigint, attempts integer, verified boolean, problem text) RETURNS text
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	r selfheal.rollback;
	n record;
	result text;
	words text;
BEGIN
	SELECT v.* INTO STRICT r FROM selfheal.rollback AS v WHERE v.id = finish_rollback.rollback FOR UPDATE;
	SELECT
		count(*) AS total,
		count(*) FILTER (WHERE t.outcome = 'restored') AS restored,
		count(*) FILTER (WHERE t.outcome = 'not in effect') AS unverified,
		string_agg(format('%s (%s)', t.item, t.message), ', ' ORDER BY t.step)
			FILTER (WHERE t.outcome = 'not in effect') AS ineffective,
		string_agg(format('%s (%s)', t.item, t.message), ', ' ORDER BY t.step)
			FILTER (WHERE t.outcome <> 'restored' AND t.outcome <> 'not in effect') AS rest
	INTO n
	FROM selfheal.rollback_step AS t
	WHERE t.rollback = r.id;
	result := CASE
		WHEN n.unverified > 0 THEN 'verification failed'
		WHEN n.restored = n.total THEN 'success'
		WHEN n.restored > 0 THEN 'partial'
		ELSE 'failed'
	END;
	words := concat_ws('; ',
		CASE WHEN n.total = 0 THEN 'nothing differed from the snapshot'
			ELSE format('%s of %s put back', n.restored + n.unverified, n.total) END,
		'not in effect: ' || n.ineffective,
		'left: ' || n.rest,
		CASE WHEN result = 'success' AND NOT verified THEN 'not verified: selfheal.rollback_verify is off' END,
		problem);
	UPDATE selfheal.rollback AS v
	SET status = result, attempts = finish_rollback.attempts, verified = finish_rollback.verified AND (result = 'success' OR result = 'partial'),
		finished_at = clock_timestamp(), message = words
	WHERE v.id = r.id;
	-- those under it held what came after it, which is undone with it
	IF result = 'success' AND NOT EXISTS (SELECT FROM selfheal.differences(r.snapshot)) THEN
		UPDATE selfheal.snapshot AS s
		SET state = 'rolled back', closed_at = clock_timestamp()
		WHERE s.state = 'open'
			AND (s.id = r.snapshot OR EXISTS (SELECT FROM selfheal.descendants(r.snapshot) AS b (id) WHERE b.id = s.id));
	END IF;
	RETURN result || ': ' || words;
END
$$;

COMMENT ON FUNCTION selfheal.finish_rollback(bigint, integer, boolean, text) IS 'Writes down how a rollback ended, as its steps say.';

CREATE FUNCTION selfheal.forget_snapshots(horizon timestamptz) RETURNS void
	LANGUAGE sql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT selfheal.clean_expired();
		DELETE FROM selfheal.rollback_step AS t
		USING selfheal.rollback AS r
		WHERE r.id = t.rollback AND r.requested_at < forget_snapshots.horizon;
		DELETE FROM selfheal.rollback AS r WHERE r.requested_at < forget_snapshots.horizon;
		DELETE FROM selfheal.snapshot AS s WHERE s.state = 'cleaned' AND s.taken_at < forget_snapshots.horizon;
	$$;

COMMENT ON FUNCTION selfheal.forget_snapshots(timestamptz) IS 'Forgets what was rolled back before that time, and snapshots that are cleaned up.';

-- What people read

CREATE VIEW selfheal.rollbacks AS
	SELECT
		r.id,
		r.snapshot,
		r.component,
		CASE WHEN e.ended THEN 'failed' ELSE r.status END AS status,
		r.attempts,
		r.verified,
		CASE WHEN r.finished_at IS NOT NULL
			THEN 1000 * extract(epoch FROM r.finished_at - coalesce(r.started_at, r.finished_at))::double precision
		END AS duration_ms,
		CASE WHEN e.ended
			THEN 'its process was ended from outside or could not begin; rollback() with dry_run => true shows what is left to do'
			ELSE r.message
		END AS message,
		r.requested_by,
		r.requested_at,
		r.started_at,
		r.finished_at,
		t.restored,
		t.total
	FROM selfheal.rollback AS r
	CROSS JOIN LATERAL (
		SELECT r.status = 'in progress' AND NOT EXISTS (
			SELECT
			FROM selfheal.read_rollbacks() AS q
			JOIN pg_database AS d ON d.oid = q.database
			WHERE q.rollback = r.id AND d.datname = current_database()) AS ended
	) AS e
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE s.outcome = 'restored') AS restored, count(*) AS total
		FROM selfheal.rollback_step AS s
		WHERE s.rollback = r.id
	) AS t;

COMMENT ON VIEW selfheal.rollbacks IS 'Every rollback of a snapshot in this database, and how it ended.';
COMMENT ON COLUMN selfheal.rollbacks.id IS 'Number of the rollback.';
COMMENT ON COLUMN selfheal.rollbacks.snapshot IS 'What it went back to.';
COMMENT ON COLUMN selfheal.rollbacks.component IS 'What that was taken for.';
COMMENT ON COLUMN selfheal.rollbacks.status IS 'in progress; success: all put back and, if asked, verified; partial: some; failed: nothing; verification failed: put back, but not in effect.';
COMMENT ON COLUMN selfheal.rollbacks.attempts IS 'How many times it was tried; selfheal.rollback_max_attempts at most.';
COMMENT ON COLUMN selfheal.rollbacks.verified IS 'Whether what was put back was found to be in effect.';
COMMENT ON COLUMN selfheal.rollbacks.duration_ms IS 'How long it took.';
COMMENT ON COLUMN selfheal.rollbacks.message IS 'How it ended, and what was left and why.';
COMMENT ON COLUMN selfheal.rollbacks.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN selfheal.rollbacks.requested_at IS 'When.';
COMMENT ON COLUMN selfheal.rollbacks.started_at IS 'When it was begun.';
COMMENT ON COLUMN selfheal.rollbacks.finished_at IS 'When it ended.';
COMMENT ON COLUMN selfheal.rollbacks.restored IS 'How many settings it put back, without those that are not in effect.';
COMMENT ON COLUMN selfheal.rollbacks.total IS 'Of how many that differed.';

CREATE VIEW selfheal.rollback_steps AS
	SELECT t.rollback, t.step, t.item, t.before, t.wanted, t.statement, t.outcome, t.message
	FROM selfheal.rollback_step AS t;

COMMENT ON VIEW selfheal.rollback_steps IS 'What each rollback had to put back, one setting a row.';
COMMENT ON COLUMN selfheal.rollback_steps.rollback IS 'Number of the rollback.';
COMMENT ON COLUMN selfheal.rollback_steps.step IS 'Number of the step in it.';
COMMENT ON COLUMN selfheal.rollback_steps.item IS 'Which setting of what.';
COMMENT ON COLUMN selfheal.rollback_steps.before IS 'Its value when the rollback was asked for; NULL for none or a secret.';
COMMENT ON COLUMN selfheal.rollback_steps.wanted IS 'Its value in the snapshot; NULL for none or a secret.';
COMMENT ON COLUMN selfheal.rollback_steps.statement IS 'What puts it back, by selfheal or by hand; NULL for what no statement can.';
COMMENT ON COLUMN selfheal.rollback_steps.outcome IS 'planned, restored, left, failed or not in effect.';
COMMENT ON COLUMN selfheal.rollback_steps.message IS 'Why it was left or failed.';

CREATE VIEW selfheal.rollback_stats AS
	SELECT
		r.total_rollbacks,
		r.successful_rollbacks,
		r.failed_rollbacks,
		r.partial_rollbacks,
		r.verification_failed_rollbacks,
		r.rollbacks_in_progress,
		round(100.0 * r.successful_rollbacks / nullif(r.total_rollbacks - r.rollbacks_in_progress, 0), 1) AS success_rate,
		r.avg_duration_ms,
		(SELECT count(*) FROM selfheal.snapshot) AS snapshots_created,
		(SELECT count(*) FROM selfheal.snapshot AS s WHERE s.state = 'cleaned') AS snapshots_cleaned
	FROM (
		SELECT
			count(*) AS total_rollbacks,
			count(*) FILTER (WHERE v.status = 'success') AS successful_rollbacks,
			count(*) FILTER (WHERE v.status = 'failed') AS failed_rollbacks,
			count(*) FILTER (WHERE v.status = 'partial') AS partial_rollbacks,
			count(*) FILTER (WHERE v.status = 'verification failed') AS verification_failed_rollbacks,
			count(*) FILTER (WHERE v.status = 'in progress') AS rollbacks_in_progress,
			avg(v.duration_ms) AS avg_duration_ms
		FROM selfheal.rollbacks AS v
	) AS r;

COMMENT ON VIEW selfheal.rollback_stats IS 'Snapshots and rollbacks of this database, counted as far back as history is kept.';
COMMENT ON COLUMN selfheal.rollback_stats.total_rollbacks IS 'Rollbacks asked for.';
COMMENT ON COLUMN selfheal.rollback_stats.successful_rollbacks IS 'Of those, how many put everything back.';
COMMENT ON COLUMN selfheal.rollback_stats.failed_rollbacks IS 'How many put nothing back.';
COMMENT ON COLUMN selfheal.rollback_stats.partial_rollbacks IS 'How many put some of it back.';
COMMENT ON COLUMN selfheal.rollback_stats.verification_failed_rollbacks IS 'How many put back what was then not in effect.';
COMMENT ON COLUMN selfheal.rollback_stats.rollbacks_in_progress IS 'How many have not ended yet.';
COMMENT ON COLUMN selfheal.rollback_stats.success_rate IS 'Successful ones of those that have ended, in percent.';
COMMENT ON COLUMN selfheal.rollback_stats.avg_duration_ms IS 'How long one took on average.';
COMMENT ON COLUMN selfheal.rollback_stats.snapshots_created IS 'Snapshots taken.';
COMMENT ON COLUMN selfheal.rollback_stats.snapshots_cleaned IS 'Of those, how many have been cleaned up.';
