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

CREATE FUNCTION selfheal.same_value(parameter text, one text, other text) RETURNS boolean
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_same_value';

COMMENT ON FUNCTION selfheal.same_value(text, text, text) IS 'Whether two ways to write the value of a setting mean the same: 64MB and 65536kB.';

-- Who may and what must hold is the business of trigger(); here is how it looks as the rollback of a snapshot.
CREATE FUNCTION selfheal.rollback_recovery(
	recovery bigint,
	dry_run boolean,
	items text[],
	OUT rollback bigint,
	OUT item text,
	OUT current_value text,
	OUT snapshot_value text,
	OUT statement text,
	OUT verdict text
) RETURNS record
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	s record;
	above text;
	between_them boolean; -- somebody else has set it
	t record;
	value_now text;
	back boolean := false; -- it is what it was before
	theirs boolean := false; -- it is neither that nor what it was changed to
BEGIN
	SELECT c.* INTO s
	FROM selfheal.recovery_changes AS c
	WHERE c.recovery = rollback_recovery.recovery
	ORDER BY c.live DESC
	LIMIT 1;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no snapshot %', -recovery USING
			ERRCODE = 'undefined_object',
			DETAIL = format('Recovery %s is unknown, or has changed nothing that could be put back.', recovery),
			HINT = 'selfheal.snapshots lists them.';
	ELSIF s.state = 'rolled back' THEN
		RAISE EXCEPTION 'snapshot % is already rolled back', -recovery USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('That was at %s.', to_char(s.closed_at, 'YYYY-MM-DD HH24:MI:SSOF')),
			HINT = 'selfheal.rollbacks shows it.';
	ELSIF s.state = 'left' THEN
		RAISE EXCEPTION 'snapshot % was left alone', -recovery USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'Somebody has changed it since, so it is theirs.',
			HINT = format('By hand, if it is still wanted: %s', s.undo);
	ELSIF s.state = 'cleaned' OR NOT s.live THEN
		RAISE EXCEPTION 'snapshot % was cleaned up', -recovery USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = CASE WHEN s.live THEN 'What that recovery did was for a while, which is over.'
				ELSE 'selfheal has forgotten that recovery; it is only in the tables.' END,
			HINT = CASE WHEN s.live THEN 'There is nothing left to take back.'
				ELSE format('By hand, if it is still wanted: %s', s.undo) END;
	END IF;
	-- not only what is under it: one that began with what somebody had set in between is on top of it as well
	SELECT string_agg((-c.recovery)::text, ', ' ORDER BY c.recovery DESC), bool_or(c.parent IS NULL) INTO above, between_them
	FROM selfheal.recovery_changes AS c
	WHERE c.journal = s.journal AND c.recovery > s.recovery AND c.state = 'open' AND s.change_parameter <> ''
		AND c.change_level = s.change_level AND c.change_name = s.change_name AND c.change_parameter = s.change_parameter
		AND (s.change_level <> 'table' OR c.database = s.database);
	IF above IS NOT NULL THEN
		RAISE EXCEPTION 'the setting of snapshot % was changed again by later recoveries', -recovery USING
			ERRCODE = 'dependent_objects_still_exist',
			DETAIL = concat_ws(' ', format('Open are the snapshots: %s.', above), CASE WHEN between_them THEN
				'Somebody has set it in between, so what there is without them is theirs, and this one will be left alone.' END),
			HINT = concat_ws(' ', 'Roll those back first, in this order.',
				CASE WHEN between_them THEN format('By hand, if this one is still wanted then: %s', s.undo) END);
	END IF;
	IF NOT items <@ ARRAY[s.item, s.change_parameter] THEN
		RAISE EXCEPTION 'nothing of this name differs from snapshot %: %', -recovery,
			(SELECT string_agg(quote_literal(i.item), ', ') FROM unnest(items) AS i (item)
				WHERE i.item <> s.item AND i.item <> s.change_parameter) USING
			ERRCODE = 'undefined_object',
			HINT = format('SELECT item FROM selfheal.rollback(%s, dry_run => true);', -recovery);
	END IF;
	IF NOT dry_run AND NOT current_setting('selfheal.rollback_enabled')::boolean THEN
		RAISE EXCEPTION 'rollback is switched off' USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'selfheal.rollback_enabled is off.',
			HINT = 'With dry_run => true it shows the statements, which you can run yourself.';
	END IF;
	-- Looked at before it is ordered: what would only be left alone is not ordered at all.
	IF s.change_parameter <> '' AND (s.change_level <> 'table' OR s.database = current_database()) THEN
		SELECT c.value, CASE WHEN NOT c.secret THEN c.value END INTO value_now, current_value
		FROM selfheal.configuration AS c
		WHERE c.level = s.change_level AND c.name = s.change_name AND c.parameter = s.change_parameter;
		back := coalesce(selfheal.same_value(s.change_parameter, value_now, s.value_before),
			value_now IS NULL AND s.value_before IS NULL);
		theirs := NOT back AND NOT coalesce(selfheal.same_value(s.change_parameter, value_now, s.value_after),
			value_now IS NULL AND s.value_after IS NULL);
	END IF;
	SELECT v.* INTO t
	FROM selfheal.trigger('undo_own_act', recovery::text, format('rollback of snapshot %s', -recovery), dry_run OR theirs) AS v;
	rollback := -t.recovery;
	item := s.item;
	snapshot_value := s.value_before;
	statement := t.statements;
	verdict := CASE
		WHEN theirs THEN 'left alone: somebody has changed it since'
		WHEN t.verdict = 'would be done' AND back THEN 'is as it was before already: that would be written down'
		WHEN t.verdict = 'would be done' THEN 'would be put back'
		WHEN t.verdict = 'is begun when this transaction commits' THEN 'is put back when this transaction commits'
		ELSE t.verdict
	END;
END
$$;

COMMENT ON FUNCTION selfheal.rollback_recovery(bigint, boolean, text[]) IS 'rollback() of what a recovery changed; what somebody has changed since is named and not ordered.';

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
	IF snapshot < 0 THEN
		RETURN QUERY SELECT v.* FROM selfheal.rollback_recovery(-snapshot, dry_run, items) AS v;
		RETURN;
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

COMMENT ON FUNCTION selfheal.rollback(bigint, boolean, text[]) IS 'Puts back what differs from a snapshot now, or only the named items; what is not in selfheal.parameters is named and left alone. With dry_run it only shows the statements. A negative number is a recovery''s: what that changed is taken back, as undo_own_act does. Carried out when the transaction commits: see selfheal.rollbacks.';

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
