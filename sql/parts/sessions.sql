CREATE FUNCTION selfheal.read_sessions(
	OUT pid integer,
	OUT role text,
	OUT database text,
	OUT application text,
	OUT client boolean,
	OUT state text,
	OUT connected_at timestamptz,
	OUT transaction_start timestamptz,
	OUT state_change timestamptz,
	OUT waiting_since timestamptz,
	OUT blocked_by bigint,
	OUT behind_prepared boolean,
	OUT root bigint,
	OUT waiters integer,
	OUT lock_mode text,
	OUT lock_type text,
	OUT lock_database oid,
	OUT lock_relation oid,
	OUT lock_detail text,
	OUT protection text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 100
	AS 'MODULE_PATHNAME', 'selfheal_read_sessions';

COMMENT ON FUNCTION selfheal.read_sessions() IS 'Every session and what it waits for, in the picture that failures are proven by; no query text, no addresses.';

-- Roots first, each followed by those who wait for it. A deadlock has no root: whoever is in one,
-- or behind one, comes last and says behind whom it waits.
CREATE VIEW selfheal.lock_tree AS
	WITH RECURSIVE sessions AS MATERIALIZED (
		SELECT
			s.*,
			CASE
				WHEN s.lock_type = 'transactionid' THEN s.lock_detail
			END AS lock_transaction,
			CASE
				WHEN s.lock_type IS NULL THEN NULL
				WHEN s.lock_relation IS NULL THEN concat_ws(' ',
					CASE s.lock_type WHEN 'transactionid' THEN 'transaction' WHEN 'virtualxid' THEN 'virtual transaction' ELSE s.lock_type END,
					s.lock_detail)
				WHEN s.lock_database IN (0, (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
					THEN concat_ws(' of ', s.lock_detail, 'relation ' || s.lock_relation::regclass)
				ELSE concat_ws(' of ', s.lock_detail, format('relation %s in database %s', s.lock_relation,
					coalesce((SELECT quote_ident(d.datname) FROM pg_database AS d WHERE d.oid = s.lock_database), s.lock_database::text)))
			END AS lock
		FROM selfheal.read_sessions() AS s
	), prepared AS (
		SELECT DISTINCT
			x.gid,
			x.owner::text AS role,
			x.database::text AS database,
			x.prepared,
			CASE WHEN x.gid IS NOT NULL THEN s.lock_transaction END AS transaction
		FROM sessions AS s
		LEFT JOIN pg_prepared_xacts AS x ON x.transaction::text = s.lock_transaction
		WHERE s.behind_prepared
	), nodes AS (
		SELECT
			s.pid::text AS node,
			CASE
				WHEN s.behind_prepared THEN coalesce('prepared ' || (
					SELECT p.transaction FROM prepared AS p WHERE p.transaction = s.lock_transaction), 'prepared')
				ELSE s.blocked_by::text
			END AS parent,
			s.pid,
			s.blocked_by,
			s.role,
			s.database,
			s.application,
			s.state,
			s.transaction_start,
			s.waiting_since,
			s.lock_mode,
			s.lock,
			s.waiters,
			s.protection
		FROM sessions AS s
		WHERE s.waiting_since IS NOT NULL OR s.waiters > 0
			OR EXISTS (SELECT FROM sessions AS b WHERE b.blocked_by = s.pid)
		UNION ALL
		SELECT
			coalesce('prepared ' || p.transaction, 'prepared'), NULL, NULL, NULL, p.role, p.database, NULL,
			'prepared transaction' || coalesce(' ' || quote_literal(p.gid), ''), p.prepared, NULL, NULL, NULL, NULL,
			'has no session'
		FROM prepared AS p
	), tree AS (
		SELECT n.node, 0 AS depth, ARRAY[coalesce(n.waiting_since, '-infinity'::timestamptz)::text || n.node] AS path, ARRAY[n.node] AS seen
		FROM nodes AS n
		WHERE n.parent IS NULL OR NOT EXISTS (SELECT FROM nodes AS p WHERE p.node = n.parent)
		UNION ALL
		SELECT n.node, t.depth + 1, t.path || (n.waiting_since::text || n.node), t.seen || n.node
		FROM tree AS t
		JOIN nodes AS n ON n.parent = t.node
		WHERE n.node <> ALL (t.seen)
	), everything AS (
		SELECT t.node, t.depth, t.path, false AS circle
		FROM tree AS t
		UNION ALL
		SELECT n.node, 0, ARRAY[n.waiting_since::text || n.node], true
		FROM nodes AS n
		WHERE NOT EXISTS (SELECT FROM tree AS t WHERE t.node = n.node)
	)
	SELECT
		row_number() OVER (ORDER BY e.circle, e.path)::integer AS position,
		e.depth,
		repeat('  ', e.depth) || coalesce(n.pid::text, n.state) AS tree,
		n.pid,
		n.blocked_by::integer AS blocked_by,
		n.waiters,
		n.role,
		n.database,
		n.application,
		n.state,
		n.transaction_start,
		n.waiting_since,
		clock_timestamp() - n.waiting_since AS waited,
		n.lock_mode,
		n.lock,
		n.protection
	FROM everything AS e
	JOIN nodes AS n ON n.node = e.node
	ORDER BY position;

COMMENT ON VIEW selfheal.lock_tree IS 'Who waits for whom now: each session that blocks others, followed by those who wait for it.';
COMMENT ON COLUMN selfheal.lock_tree.position IS 'Place in the tree, from the top.';
COMMENT ON COLUMN selfheal.lock_tree.depth IS '0 waits for nobody, 1 waits for it, and so on. 0 with a blocked_by is part of a deadlock or behind one.';
COMMENT ON COLUMN selfheal.lock_tree.tree IS 'The process, indented by depth.';
COMMENT ON COLUMN selfheal.lock_tree.pid IS 'Process id; NULL for a prepared transaction.';
COMMENT ON COLUMN selfheal.lock_tree.blocked_by IS 'Process id of whom it waits for; of several the one hardest to remove.';
COMMENT ON COLUMN selfheal.lock_tree.waiters IS 'Sessions that wait for it, directly or not.';
COMMENT ON COLUMN selfheal.lock_tree.role IS 'Its role.';
COMMENT ON COLUMN selfheal.lock_tree.database IS 'Its database.';
COMMENT ON COLUMN selfheal.lock_tree.application IS 'Its application_name.';
COMMENT ON COLUMN selfheal.lock_tree.state IS 'What it does: active, idle in transaction, ...';
COMMENT ON COLUMN selfheal.lock_tree.transaction_start IS 'When its transaction began, or was prepared.';
COMMENT ON COLUMN selfheal.lock_tree.waiting_since IS 'Since when it waits; NULL when it does not.';
COMMENT ON COLUMN selfheal.lock_tree.waited IS 'How long that is.';
COMMENT ON COLUMN selfheal.lock_tree.lock_mode IS 'Mode of the lock it waits for.';
COMMENT ON COLUMN selfheal.lock_tree.lock IS 'What it waits for: a relation, a row, a transaction, an advisory lock, ...';
COMMENT ON COLUMN selfheal.lock_tree.protection IS 'Why selfheal never touches it; NULL when it may.';

CREATE VIEW selfheal.connections AS
	SELECT
		s.role,
		s.database,
		s.application,
		s.state,
		count(*)::integer AS sessions,
		count(s.waiting_since)::integer AS waiting,
		min(s.connected_at) AS oldest_connection,
		min(s.transaction_start) AS oldest_transaction,
		min(s.state_change) AS longest_in_state
	FROM selfheal.read_sessions() AS s
	WHERE s.client
	GROUP BY s.role, s.database, s.application, s.state;

COMMENT ON VIEW selfheal.connections IS 'Client sessions now, counted by role, database, application and state.';
COMMENT ON COLUMN selfheal.connections.role IS 'Role they are connected as.';
COMMENT ON COLUMN selfheal.connections.database IS 'Database they are connected to.';
COMMENT ON COLUMN selfheal.connections.application IS 'Their application_name; NULL when they give none.';
COMMENT ON COLUMN selfheal.connections.state IS 'What they do: active, idle, idle in transaction, ...';
COMMENT ON COLUMN selfheal.connections.sessions IS 'How many there are.';
COMMENT ON COLUMN selfheal.connections.waiting IS 'Of those, how many wait for a lock.';
COMMENT ON COLUMN selfheal.connections.oldest_connection IS 'When the oldest of them connected.';
COMMENT ON COLUMN selfheal.connections.oldest_transaction IS 'When the oldest of their transactions began.';
COMMENT ON COLUMN selfheal.connections.longest_in_state IS 'When the first of them came into this state.';

CREATE FUNCTION selfheal.read_connection_slots(
	OUT kind text,
	OUT used integer,
	OUT total integer,
	OUT available integer
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 7
	AS 'MODULE_PATHNAME', 'selfheal_read_connection_slots';

COMMENT ON FUNCTION selfheal.read_connection_slots() IS 'What selfheal.connection_slots shows.';

CREATE VIEW selfheal.connection_slots AS
	SELECT s.kind, s.used, s.total, s.available
	FROM selfheal.read_connection_slots() AS s;

COMMENT ON VIEW selfheal.connection_slots IS 'Connection slots by kind: how many there are and how many are free.';
COMMENT ON COLUMN selfheal.connection_slots.kind IS 'client: all of max_connections; ordinary roles and those reserved are parts of it; the others have slots of their own.';
COMMENT ON COLUMN selfheal.connection_slots.used IS 'Slots taken. Reserved ones are taken when no other is left.';
COMMENT ON COLUMN selfheal.connection_slots.total IS 'Slots there are.';
COMMENT ON COLUMN selfheal.connection_slots.available IS 'Slots left.';

CREATE FUNCTION selfheal.read_horizon(
	OUT kind text,
	OUT name text,
	OUT pid bigint,
	OUT role text,
	OUT database text,
	OUT transactions bigint,
	OUT since timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_horizon';

COMMENT ON FUNCTION selfheal.read_horizon() IS 'Sessions and slots that selfheal.horizon shows.';

CREATE VIEW selfheal.horizon AS
	WITH holders AS (
		SELECT h.kind, h.name, h.pid::integer AS pid, h.role, h.database, h.transactions, h.since
		FROM selfheal.read_horizon() AS h
		UNION ALL
		SELECT 'prepared transaction', p.gid, NULL, p.owner, p.database, age(p.transaction), p.prepared
		FROM pg_prepared_xacts AS p
	)
	SELECT
		h.kind,
		h.name,
		h.pid,
		h.role,
		h.database,
		h.transactions,
		h.since,
		clock_timestamp() - h.since AS age,
		h.transactions = max(h.transactions) OVER () AS oldest
	FROM holders AS h
	ORDER BY h.transactions DESC, h.since;

COMMENT ON VIEW selfheal.horizon IS 'Who keeps dead rows from being cleaned up, and how far back: sessions, standbys, slots, prepared transactions; the oldest first.';
COMMENT ON COLUMN selfheal.horizon.kind IS 'session, standby (by hot_standby_feedback), slot, "slot, catalogs only", prepared transaction or worker.';
COMMENT ON COLUMN selfheal.horizon.name IS 'Application, slot or prepared transaction.';
COMMENT ON COLUMN selfheal.horizon.pid IS 'Process id, if there is a process.';
COMMENT ON COLUMN selfheal.horizon.role IS 'Its role.';
COMMENT ON COLUMN selfheal.horizon.database IS 'Its database; NULL for one that concerns all.';
COMMENT ON COLUMN selfheal.horizon.transactions IS 'How many transactions back it still needs row versions.';
COMMENT ON COLUMN selfheal.horizon.since IS 'When its transaction began or was prepared; NULL when that is not known.';
COMMENT ON COLUMN selfheal.horizon.age IS 'How long that is ago.';
COMMENT ON COLUMN selfheal.horizon.oldest IS 'Whether nothing reaches further back.';
