-- Snapshots of the configuration. What is compared are catalogs and files, and what it is kept in are
-- tables, so this is SQL; rollback.sql has the way back.
CREATE FUNCTION selfheal.is_secret(parameter text) RETURNS boolean
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_is_secret';

COMMENT ON FUNCTION selfheal.is_secret(text) IS 'Whether a setting may hold a secret, so that snapshots keep only a digest of it.';

CREATE FUNCTION selfheal.audit(kind text, subject text, message text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_audit';

COMMENT ON FUNCTION selfheal.audit(text, text, text) IS 'Puts what somebody did on record when the transaction commits.';

CREATE TABLE selfheal.snapshot (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	parent bigint,
	depth integer NOT NULL,
	component text NOT NULL,
	state text NOT NULL,
	database oid NOT NULL,
	taken_by text NOT NULL,
	taken_at timestamptz NOT NULL,
	closed_at timestamptz,
	layout integer NOT NULL,
	version text NOT NULL,
	system_identifier bigint NOT NULL,
	salt bytea NOT NULL,
	tables oid[] NOT NULL,
	resources jsonb NOT NULL,
	connections jsonb NOT NULL,
	transactions jsonb NOT NULL,
	checksum bytea NOT NULL,
	-- a parent is always older, so there is no way round in a circle
	CHECK (parent < id),
	CHECK (depth BETWEEN 1 AND 3),
	CHECK (state = 'open' OR state = 'rolled back' OR state = 'cleaned')
);

COMMENT ON TABLE selfheal.snapshot IS 'Snapshots; read selfheal.snapshots instead.';
COMMENT ON SEQUENCE selfheal.snapshot_id_seq IS 'Numbers of snapshots.';

CREATE TABLE selfheal.snapshot_setting (
	snapshot bigint NOT NULL,
	level text NOT NULL,
	database oid NOT NULL,
	object oid NOT NULL,
	parameter text NOT NULL,
	name text NOT NULL,
	value text NOT NULL,
	secret boolean NOT NULL,
	PRIMARY KEY (snapshot, level, database, object, parameter)
);

COMMENT ON TABLE selfheal.snapshot_setting IS 'Settings of snapshots; of secrets a salted digest; read selfheal.snapshot_settings instead.';

SELECT pg_extension_config_dump('selfheal.snapshot', '');
SELECT pg_extension_config_dump('selfheal.snapshot_id_seq', '');
SELECT pg_extension_config_dump('selfheal.snapshot_setting', '');

-- What a snapshot is of

CREATE VIEW selfheal.configuration AS
	WITH files AS MATERIALIZED (
		SELECT DISTINCT ON (v.automatic, v.name) v.automatic, v.name, v.setting
		FROM (
			SELECT
				f.name,
				f.setting,
				f.seqno,
				f.sourcefile = current_setting('data_directory') || '/postgresql.auto.conf' AS automatic
			FROM pg_show_all_file_settings() AS f
			WHERE f.name IS NOT NULL
		) AS v
		ORDER BY v.automatic, v.name, v.seqno DESC
	), everything AS (
		SELECT 'server' AS level, 0::oid AS database, 0::oid AS object, '' AS name, f.name AS parameter, f.setting AS value
		FROM files AS f
		WHERE f.automatic
		UNION ALL
		SELECT 'file', 0, 0, '', f.name, f.setting
		FROM files AS f
		WHERE NOT f.automatic
		UNION ALL
		SELECT
			CASE WHEN s.setrole = 0 AND s.setdatabase <> 0 THEN 'database' WHEN s.setdatabase = 0 THEN 'role' ELSE 'role in database' END,
			s.setdatabase,
			s.setrole,
			concat_ws(' in database ',
				CASE WHEN s.setrole <> 0 THEN quote_ident(r.rolname) WHEN s.setdatabase = 0 THEN 'ALL' END,
				quote_ident(d.datname)),
			split_part(c.entry, '=', 1),
			substr(c.entry, strpos(c.entry, '=') + 1)
		FROM pg_db_role_setting AS s
		LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
		LEFT JOIN pg_roles AS r ON r.oid = s.setrole
		CROSS JOIN unnest(s.setconfig) AS c (entry)
		UNION ALL
		SELECT 'database', d.oid, 0, quote_ident(d.datname), 'connection limit', d.datconnlimit::text
		FROM pg_database AS d
		WHERE d.datconnlimit >= -1
		UNION ALL
		SELECT 'role', 0, r.oid, quote_ident(r.rolname), 'connection limit', r.rolconnlimit::text
		FROM pg_roles AS r
		UNION ALL
		SELECT 'table', 0, c.oid, format('%I.%I', n.nspname, c.relname), o.option_name, o.option_value
		FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		CROSS JOIN pg_options_to_table(c.reloptions) AS o
		WHERE (c.relkind = 'r' OR c.relkind = 'm') AND c.relpersistence <> 't' AND c.oid >= 16384
		UNION ALL
		SELECT 'table', 0, c.oid, format('%I.%I', n.nspname, c.relname), 'toast.' || o.option_name, o.option_value
		FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_class AS t ON t.oid = c.reltoastrelid
		CROSS JOIN pg_options_to_table(t.reloptions) AS o
		WHERE (c.relkind = 'r' OR c.relkind = 'm') AND c.relpersistence <> 't' AND c.oid >= 16384
	)
	SELECT
		e.level,
		e.database,
		e.object,
		e.name,
		e.parameter,
		coalesce(e.value, '') AS value,
		e.level <> 'table' AND e.parameter <> 'connection limit' AND selfheal.is_secret(e.parameter) AS secret
	FROM everything AS e;

COMMENT ON VIEW selfheal.configuration IS 'Configuration as it is now, secrets too: for the functions of selfheal only.';
COMMENT ON COLUMN selfheal.configuration.level IS 'server (ALTER SYSTEM), file, database, role, role in database or table.';
COMMENT ON COLUMN selfheal.configuration.database IS 'OID of the database it is for; 0 = none.';
COMMENT ON COLUMN selfheal.configuration.object IS 'OID of the role or table it is for; 0 = none.';
COMMENT ON COLUMN selfheal.configuration.name IS 'What that is called; "ALL" = all roles.';
COMMENT ON COLUMN selfheal.configuration.parameter IS 'Name of the setting.';
COMMENT ON COLUMN selfheal.configuration.value IS 'Its value, as it was written.';
COMMENT ON COLUMN selfheal.configuration.secret IS 'Whether it may hold a secret.';

CREATE FUNCTION selfheal.digest(salt bytea, parameter text, value text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$ SELECT encode(sha256(salt || convert_to(parameter || '=' || value, getdatabaseencoding())), 'hex') $$;

COMMENT ON FUNCTION selfheal.digest(bytea, text, text) IS 'What a snapshot keeps of a secret: enough to see that it was changed.';

CREATE FUNCTION selfheal.snapshot_checksum(snapshot bigint) RETURNS bytea
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT sha256(convert_to(
			concat_ws('|', s.id, s.parent, s.depth, s.component, s.database, s.taken_by, extract(epoch FROM s.taken_at),
				s.layout, s.version, s.system_identifier, encode(s.salt, 'hex'), s.tables::text, s.resources::text,
				s.connections::text, s.transactions::text,
				(SELECT string_agg(
						format('%L %s %s %L %L %L %s', c.level, c.database, c.object, c.parameter, c.name, c.value, c.secret::int),
						E'\n' ORDER BY c.level COLLATE "C", c.database, c.object, c.parameter COLLATE "C")
					FROM selfheal.snapshot_setting AS c
					WHERE c.snapshot = s.id)),
			getdatabaseencoding()))
		FROM selfheal.snapshot AS s
		WHERE s.id = snapshot_checksum.snapshot
	$$;

COMMENT ON FUNCTION selfheal.snapshot_checksum(bigint) IS 'Checksum over everything a snapshot holds.';

CREATE FUNCTION selfheal.current_resources() RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT jsonb_object_agg(g.of, g.settings)
		FROM (
			SELECT w.of, jsonb_object_agg(w.name, concat_ws(' ', p.setting, p.unit)) AS settings
			FROM (VALUES
				('memory', 'shared_buffers'), ('memory', 'work_mem'), ('memory', 'hash_mem_multiplier'),
				('memory', 'maintenance_work_mem'), ('memory', 'autovacuum_work_mem'), ('memory', 'effective_cache_size'),
				('workers', 'max_worker_processes'), ('workers', 'max_parallel_workers'),
				('workers', 'max_parallel_workers_per_gather'), ('workers', 'autovacuum_max_workers'),
				('connections', 'max_connections'), ('connections', 'superuser_reserved_connections'),
				('connections', 'max_prepared_transactions'), ('disk', 'temp_file_limit'), ('disk', 'max_wal_size'),
				('disk', 'max_slot_wal_keep_size')
			) AS w (of, name)
			JOIN pg_settings AS p ON p.name = w.name
			GROUP BY w.of
		) AS g
	$$;

COMMENT ON FUNCTION selfheal.current_resources() IS 'What the server may use, as a snapshot keeps it.';

CREATE FUNCTION selfheal.current_connections() RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
		WITH sessions AS MATERIALIZED (
			SELECT
				coalesce(a.state, 'unknown') AS state,
				coalesce(a.usename, '') AS role,
				coalesce(a.datname, '') AS database,
				coalesce(a.application_name, '') AS application
			FROM pg_stat_activity AS a
			WHERE a.backend_type = 'client backend'
		), counted AS (
			SELECT g.of, g.value, count(*) AS sessions
			FROM sessions AS s
			CROSS JOIN LATERAL (VALUES
				('by_state', s.state), ('by_role', s.role), ('by_database', s.database), ('by_application', s.application)
			) AS g (of, value)
			GROUP BY g.of, g.value
		)
		SELECT jsonb_build_object('total', (SELECT count(*) FROM sessions)) || coalesce(
			(SELECT jsonb_object_agg(v.of, v.counts)
				FROM (SELECT c.of, jsonb_object_agg(c.value, c.sessions) AS counts FROM counted AS c GROUP BY c.of) AS v),
			'{}')
	$$;

COMMENT ON FUNCTION selfheal.current_connections() IS 'Who is connected, counted, as a snapshot keeps it.';

CREATE FUNCTION selfheal.current_transactions() RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
		SELECT jsonb_build_object(
			'active', count(*) FILTER (WHERE a.state = 'active'),
			'idle_in_transaction', count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'),
			'waiting_for_locks', count(*) FILTER (WHERE a.wait_event_type = 'Lock'),
			'writing', count(a.backend_xid),
			'oldest_start', min(a.xact_start),
			'oldest_horizon_age', max(age(a.backend_xmin)),
			'prepared', (SELECT count(*) FROM pg_prepared_xacts),
			'committed', (SELECT sum(d.xact_commit) FROM pg_stat_database AS d),
			'rolled_back', (SELECT sum(d.xact_rollback) FROM pg_stat_database AS d))
		FROM pg_stat_activity AS a
		WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
	$$;

COMMENT ON FUNCTION selfheal.current_transactions() IS 'Transactions, counted, as a snapshot keeps them.';

CREATE FUNCTION selfheal.check_files() RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	trouble record;
BEGIN
	SELECT f.sourcefile, f.sourceline, f.error INTO trouble
	FROM pg_show_all_file_settings() AS f
	WHERE f.name IS NULL AND f.error IS NOT NULL
	LIMIT 1;
	IF found THEN
		RAISE EXCEPTION 'the configuration files cannot be read' USING
			ERRCODE = 'config_file_error',
			DETAIL = concat_ws(' ', trouble.sourcefile, 'line ' || trouble.sourceline) || ': ' || trouble.error,
			HINT = 'Repair them; pg_file_settings shows what the server sees.';
	END IF;
END
$$;

COMMENT ON FUNCTION selfheal.check_files() IS 'An error when the configuration files cannot be read to their end.';

CREATE FUNCTION selfheal.setting_seconds(name text) RETURNS interval
	LANGUAGE sql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$ SELECT p.setting::double precision * interval '1 second' FROM pg_settings AS p WHERE p.name = setting_seconds.name $$;

COMMENT ON FUNCTION selfheal.setting_seconds(text) IS 'A setting counted in seconds, as an interval.';

-- Making and forgetting snapshots

CREATE FUNCTION selfheal.require_primary() RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF pg_is_in_recovery() THEN
		RAISE EXCEPTION 'snapshots cannot be kept on a standby' USING
			ERRCODE = 'read_only_sql_transaction',
			DETAIL = 'They are kept in tables.',
			HINT = 'Connect to the primary.';
	END IF;
	IF current_setting('transaction_read_only')::boolean THEN
		RAISE EXCEPTION 'snapshots cannot be kept in a read-only transaction' USING
			ERRCODE = 'read_only_sql_transaction',
			DETAIL = 'They are kept in tables.',
			HINT = 'SET TRANSACTION READ WRITE; see also default_transaction_read_only.';
	END IF;
END
$$;

COMMENT ON FUNCTION selfheal.require_primary() IS 'An error where tables cannot be written.';

CREATE FUNCTION selfheal.require_taken(snapshot bigint) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF snapshot < 0 AND EXISTS (SELECT FROM selfheal.recovery_changes AS c WHERE c.recovery = -snapshot) THEN
		RAISE EXCEPTION 'snapshot % belongs to recovery %', snapshot, -snapshot USING
			ERRCODE = 'wrong_object_type',
			DETAIL = 'It is part of what is on record of the recovery, and is forgotten with it.',
			HINT = format('What can be done with it is SELECT * FROM selfheal.rollback(%s).', snapshot);
	END IF;
END
$$;

COMMENT ON FUNCTION selfheal.require_taken(bigint) IS 'An error for the snapshot of a recovery.';

CREATE FUNCTION selfheal.clean(snapshot bigint) RETURNS void
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	DELETE FROM selfheal.snapshot_setting AS c WHERE c.snapshot = clean.snapshot;
	UPDATE selfheal.snapshot AS s
	SET state = 'cleaned', closed_at = clock_timestamp(), tables = '{}', resources = '{}', connections = '{}',
		transactions = '{}'
	WHERE s.id = clean.snapshot;
END
$$;

COMMENT ON FUNCTION selfheal.clean(bigint) IS 'Forgets what a snapshot holds; that it was there is remembered as long as history is.';

CREATE FUNCTION selfheal.clean_expired() RETURNS integer
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	expired bigint;
	cleaned integer := 0;
BEGIN
	-- the youngest first; one with children that are still needed waits for them
	FOR expired IN
		SELECT s.id
		FROM selfheal.snapshot AS s
		WHERE s.state <> 'cleaned'
			AND s.taken_at < clock_timestamp() - selfheal.setting_seconds('selfheal.snapshot_retention')
		ORDER BY s.id DESC
		FOR UPDATE SKIP LOCKED
	LOOP
		IF EXISTS (SELECT FROM selfheal.snapshot AS k WHERE k.parent = expired AND k.state = 'open')
			OR selfheal.rollback_in_progress(expired) IS NOT NULL
		THEN
			CONTINUE;
		END IF;
		PERFORM selfheal.clean(expired);
		cleaned := cleaned + 1;
	END LOOP;
	RETURN cleaned;
END
$$;

COMMENT ON FUNCTION selfheal.clean_expired() IS 'Cleans up snapshots older than selfheal.snapshot_retention; create_snapshot() and the scribe call it.';

CREATE FUNCTION selfheal.create_snapshot(component text, parent bigint DEFAULT NULL) RETURNS bigint
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	above selfheal.snapshot;
	new_salt bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
	made bigint;
	settings bigint;
BEGIN
	PERFORM selfheal.require_primary();
	IF component IS NULL THEN
		RAISE EXCEPTION 'the component must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'It says what the snapshot is taken for: ''database'', or a component of selfheal.health.';
	END IF;
	IF component <> 'database' AND NOT EXISTS (
		SELECT FROM selfheal.read_metrics() AS m WHERE m.component = create_snapshot.component)
	THEN
		RAISE EXCEPTION 'there is no component "%"', component USING
			ERRCODE = 'invalid_parameter_value',
			HINT = format('There are: database, %s.',
				(SELECT string_agg(DISTINCT m.component, ', ') FROM selfheal.read_metrics() AS m));
	END IF;
	IF parent IS NOT NULL THEN
		above := selfheal.usable_snapshot(parent);
		IF above.depth >= 3 THEN
			RAISE EXCEPTION 'snapshots nest three deep at most' USING
				ERRCODE = 'program_limit_exceeded',
				DETAIL = format('Snapshot %s is at depth %s.', above.id, above.depth),
				HINT = 'Clean up what is no longer needed, or take one without a parent.';
		END IF;
	END IF;
	PERFORM selfheal.check_files();
	PERFORM selfheal.clean_expired();
	INSERT INTO selfheal.snapshot AS s (parent, depth, component, state, database, taken_by, taken_at, layout, version,
		system_identifier, salt, tables, resources, connections, transactions, checksum)
	SELECT
		above.id,
		coalesce(above.depth, 0) + 1,
		create_snapshot.component,
		'open',
		d.oid,
		session_user,
		clock_timestamp(),
		1,
		e.extversion,
		c.system_identifier,
		new_salt,
		coalesce((
			SELECT array_agg(t.oid ORDER BY t.oid)
			FROM pg_class AS t
			WHERE (t.relkind = 'r' OR t.relkind = 'm') AND t.relpersistence <> 't' AND t.oid >= 16384), '{}'),
		selfheal.current_resources(),
		selfheal.current_connections(),
		selfheal.current_transactions(),
		''
	FROM pg_database AS d
	CROSS JOIN pg_control_system() AS c
	JOIN pg_extension AS e ON e.extname = 'selfheal'
	WHERE d.datname = current_database()
	RETURNING s.id INTO made;
	INSERT INTO selfheal.snapshot_setting (snapshot, level, database, object, parameter, name, value, secret)
	SELECT made, c.level, c.database, c.object, c.parameter, c.name,
		CASE WHEN c.secret THEN selfheal.digest(new_salt, c.parameter, c.value) ELSE c.value END, c.secret
	FROM selfheal.configuration AS c;
	GET DIAGNOSTICS settings = ROW_COUNT;
	UPDATE selfheal.snapshot AS s SET checksum = selfheal.snapshot_checksum(made) WHERE s.id = made;
	PERFORM selfheal.audit('snapshot_taken', format('snapshot %s', made),
		concat_ws(' ', format('of %s settings, for component %s', settings, component), 'under snapshot ' || above.id));
	RETURN made;
END
$$;

COMMENT ON FUNCTION selfheal.create_snapshot(text, bigint) IS 'Keeps the configuration of server, databases, roles and the tables of this database, to compare and go back to; under a parent to nest. Returns its number.';

CREATE FUNCTION selfheal.usable_snapshot(snapshot bigint) RETURNS selfheal.snapshot
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	s selfheal.snapshot;
BEGIN
	IF snapshot IS NULL THEN
		RAISE EXCEPTION 'the snapshot must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.snapshots lists them.';
	END IF;
	PERFORM selfheal.require_taken(snapshot);
	SELECT v.* INTO s FROM selfheal.snapshot AS v WHERE v.id = usable_snapshot.snapshot FOR UPDATE;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no snapshot %', snapshot USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.snapshots lists them.';
	ELSIF s.state = 'cleaned' THEN
		RAISE EXCEPTION 'snapshot % was cleaned up', snapshot USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('That was at %s.', to_char(s.closed_at, 'YYYY-MM-DD HH24:MI:SSOF')),
			HINT = 'Snapshots are kept for selfheal.snapshot_retention.';
	ELSIF s.state = 'rolled back' THEN
		RAISE EXCEPTION 'snapshot % is already rolled back', snapshot USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('That was at %s.', to_char(s.closed_at, 'YYYY-MM-DD HH24:MI:SSOF')),
			HINT = 'selfheal.rollbacks shows it.';
	ELSIF s.layout <> 1 THEN
		RAISE EXCEPTION 'snapshot % was made by another version of selfheal', snapshot USING
			ERRCODE = 'feature_not_supported',
			DETAIL = format('Version %s made it in layout %s; this version reads layout 1.', s.version, s.layout),
			HINT = 'Take a new one.';
	ELSIF s.system_identifier <> (SELECT c.system_identifier FROM pg_control_system() AS c) THEN
		RAISE EXCEPTION 'snapshot % is of another cluster', snapshot USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'It came here with a dump, or the cluster was upgraded.',
			HINT = 'Take a new one.';
	ELSIF s.database <> (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()) THEN
		RAISE EXCEPTION 'snapshot % is of another database', snapshot USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'It came here with a dump or a template.',
			HINT = 'Take a new one.';
	ELSIF s.checksum <> selfheal.snapshot_checksum(s.id) THEN
		RAISE EXCEPTION 'snapshot % is damaged', snapshot USING
			ERRCODE = 'data_corrupted',
			DETAIL = 'Its checksum does not match what it holds.',
			HINT = 'Take a new one, and find out who changed the tables in schema selfheal.';
	END IF;
	RETURN s;
END
$$;

COMMENT ON FUNCTION selfheal.usable_snapshot(bigint) IS 'The snapshot, locked; an error when nothing can be rolled back to it.';

CREATE FUNCTION selfheal.descendants(snapshot bigint) RETURNS SETOF bigint
	LANGUAGE sql STABLE STRICT ROWS 10
	SET search_path = pg_catalog, pg_temp
	AS $$
		WITH RECURSIVE below AS (
			SELECT s.id FROM selfheal.snapshot AS s WHERE s.parent = descendants.snapshot
			UNION ALL
			SELECT s.id FROM below AS b JOIN selfheal.snapshot AS s ON s.parent = b.id
		)
		SELECT b.id FROM below AS b
	$$;

COMMENT ON FUNCTION selfheal.descendants(bigint) IS 'Snapshots taken under a snapshot, and under those.';

CREATE FUNCTION selfheal.cleanup_snapshot(snapshot bigint, cascade boolean DEFAULT false) RETURNS integer
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	s selfheal.snapshot;
	children text;
	busy bigint;
	cleaned integer := 0;
	one bigint;
BEGIN
	PERFORM selfheal.require_primary();
	IF snapshot IS NULL OR cascade IS NULL THEN
		RAISE EXCEPTION 'neither the snapshot nor cascade must be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.snapshots lists them.';
	END IF;
	PERFORM selfheal.require_taken(snapshot);
	SELECT v.* INTO s FROM selfheal.snapshot AS v WHERE v.id = cleanup_snapshot.snapshot FOR UPDATE;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no snapshot %', snapshot USING
			ERRCODE = 'undefined_object',
			HINT = 'selfheal.snapshots lists them.';
	ELSIF s.state = 'cleaned' THEN
		RAISE EXCEPTION 'snapshot % was cleaned up', snapshot USING
			ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('That was at %s.', to_char(s.closed_at, 'YYYY-MM-DD HH24:MI:SSOF'));
	END IF;
	SELECT string_agg(v.id::text, ', ' ORDER BY v.id) INTO children
	FROM selfheal.snapshot AS v
	WHERE v.parent = s.id AND v.state = 'open';
	IF children IS NOT NULL AND NOT cascade THEN
		RAISE EXCEPTION 'snapshot % has others under it', snapshot USING
			ERRCODE = 'dependent_objects_still_exist',
			DETAIL = format('Open are: %s.', children),
			HINT = 'Clean those up first, or all of them with cascade => true.';
	END IF;
	FOR one IN
		SELECT v.id
		FROM selfheal.snapshot AS v
		WHERE v.state <> 'cleaned'
			AND (v.id = s.id OR EXISTS (SELECT FROM selfheal.descendants(s.id) AS b (id) WHERE b.id = v.id))
		ORDER BY v.id DESC
		FOR UPDATE
	LOOP
		busy := selfheal.rollback_in_progress(one);
		IF busy IS NOT NULL THEN
			RAISE EXCEPTION 'snapshot % is being rolled back', one USING
				ERRCODE = 'object_in_use',
				HINT = format('Wait for the end of rollback %s in selfheal.rollbacks.', busy);
		END IF;
		PERFORM selfheal.clean(one);
		cleaned := cleaned + 1;
	END LOOP;
	PERFORM selfheal.audit('snapshot_cleaned', format('snapshot %s', s.id), format('%s snapshots are forgotten', cleaned));
	RETURN cleaned;
END
$$;

COMMENT ON FUNCTION selfheal.cleanup_snapshot(bigint, boolean) IS 'Forgets a snapshot that is no longer needed, with cascade also those under it; changes no setting. Returns how many.';

CREATE FUNCTION selfheal.cleanup_old_snapshots() RETURNS integer
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	cleaned integer;
BEGIN
	PERFORM selfheal.require_primary();
	cleaned := selfheal.clean_expired();
	IF cleaned > 0 THEN
		PERFORM selfheal.audit('snapshot_cleaned', 'old snapshots', format('%s snapshots are forgotten', cleaned));
	END IF;
	RETURN cleaned;
END
$$;

COMMENT ON FUNCTION selfheal.cleanup_old_snapshots() IS 'Forgets snapshots older than selfheal.snapshot_retention, as happens by itself now and then. Returns how many.';
