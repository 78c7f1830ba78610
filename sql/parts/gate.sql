CREATE FUNCTION selfheal.read_latency(
	OUT database oid,
	OUT calls bigint,
	OUT total_ms double precision,
	OUT mean_ms double precision,
	OUT p50_ms double precision,
	OUT p95_ms double precision,
	OUT p99_ms double precision,
	OUT recent_calls bigint,
	OUT recent_total_ms double precision,
	OUT recent_mean_ms double precision,
	OUT recent_p50_ms double precision,
	OUT recent_p95_ms double precision,
	OUT recent_p99_ms double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_latency';

COMMENT ON FUNCTION selfheal.read_latency() IS 'What selfheal.latency shows, from shared memory.';

CREATE VIEW selfheal.latency AS
	SELECT
		d.datname AS database,
		l.calls,
		l.total_ms,
		l.mean_ms,
		l.p50_ms,
		l.p95_ms,
		l.p99_ms,
		l.recent_calls,
		l.recent_mean_ms,
		l.recent_p50_ms,
		l.recent_p95_ms,
		l.recent_p99_ms
	FROM selfheal.read_latency() AS l
	LEFT JOIN pg_database AS d ON d.oid = l.database;

COMMENT ON VIEW selfheal.latency IS 'How long statements take, per database. A statement is what the executor runs at top level: in DO and CALL each statement inside, of a cursor each fetch, at a commit each deferred check.';
COMMENT ON COLUMN selfheal.latency.database IS 'Name of the database; NULL for those that were dropped, and all beyond the first 63, together.';
COMMENT ON COLUMN selfheal.latency.calls IS 'Statements of client sessions since the server started, failed ones too.';
COMMENT ON COLUMN selfheal.latency.total_ms IS 'Time they took together.';
COMMENT ON COLUMN selfheal.latency.mean_ms IS 'Time one took on average.';
COMMENT ON COLUMN selfheal.latency.p50_ms IS 'Time that half of them did not exceed, at most 5 % off, as are the others.';
COMMENT ON COLUMN selfheal.latency.p95_ms IS 'Time that 95 % of them did not exceed.';
COMMENT ON COLUMN selfheal.latency.p99_ms IS 'Time that 99 % of them did not exceed.';
COMMENT ON COLUMN selfheal.latency.recent_calls IS 'Statements within the last full minute.';
COMMENT ON COLUMN selfheal.latency.recent_mean_ms IS 'Time one of those took on average.';
COMMENT ON COLUMN selfheal.latency.recent_p50_ms IS 'Time that half of those did not exceed.';
COMMENT ON COLUMN selfheal.latency.recent_p95_ms IS 'Time that 95 % of those did not exceed.';
COMMENT ON COLUMN selfheal.latency.recent_p99_ms IS 'Time that 99 % of those did not exceed.';

CREATE FUNCTION selfheal.read_top_queries(
	OUT query_id bigint,
	OUT database oid,
	OUT calls bigint,
	OUT total_ms double precision,
	OUT mean_ms double precision,
	OUT p50_ms double precision,
	OUT p95_ms double precision,
	OUT p99_ms double precision,
	OUT since timestamptz,
	OUT last_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 256
	AS 'MODULE_PATHNAME', 'selfheal_read_top_queries';

COMMENT ON FUNCTION selfheal.read_top_queries() IS 'What selfheal.top_queries shows, from shared memory.';

CREATE VIEW selfheal.top_queries AS
	SELECT
		q.query_id,
		d.datname AS database,
		q.calls,
		q.total_ms,
		q.mean_ms,
		q.p50_ms,
		q.p95_ms,
		q.p99_ms,
		q.since,
		q.last_at
	FROM selfheal.read_top_queries() AS q
	LEFT JOIN pg_database AS d ON d.oid = q.database
	ORDER BY q.total_ms DESC;

COMMENT ON VIEW selfheal.top_queries IS 'The up to 256 queries that take most of the time, without their texts; empty when compute_query_id is off.';
COMMENT ON COLUMN selfheal.top_queries.query_id IS 'As in pg_stat_activity and pg_stat_statements.';
COMMENT ON COLUMN selfheal.top_queries.database IS 'Name of the database; NULL when it was dropped.';
COMMENT ON COLUMN selfheal.top_queries.calls IS 'How often it ran since then.';
COMMENT ON COLUMN selfheal.top_queries.total_ms IS 'Time that took together.';
COMMENT ON COLUMN selfheal.top_queries.mean_ms IS 'Time on average.';
COMMENT ON COLUMN selfheal.top_queries.p50_ms IS 'Time that half of the calls did not exceed, at most 5 % off, as are the others.';
COMMENT ON COLUMN selfheal.top_queries.p95_ms IS 'Time that 95 % of the calls did not exceed.';
COMMENT ON COLUMN selfheal.top_queries.p99_ms IS 'Time that 99 % of the calls did not exceed.';
COMMENT ON COLUMN selfheal.top_queries.since IS 'When it got its place in the table; what was before is not counted.';
COMMENT ON COLUMN selfheal.top_queries.last_at IS 'When a call of it was seen last.';

CREATE FUNCTION selfheal.read_errors(
	OUT class text,
	OUT class_name text,
	OUT code text,
	OUT name text,
	OUT count bigint,
	OUT last_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_errors';

COMMENT ON FUNCTION selfheal.read_errors() IS 'What selfheal.errors shows, from shared memory.';

CREATE VIEW selfheal.errors AS
	SELECT e.class, e.class_name, e.code, e.name, e.count, e.last_at
	FROM selfheal.read_errors() AS e;

COMMENT ON VIEW selfheal.errors IS 'Errors that got into the log since the server started; selfheal.diagnose() says whether all do. Not those that a PL/pgSQL block caught.';
COMMENT ON COLUMN selfheal.errors.class IS 'First two characters of the SQLSTATE; NULL for classes the server does not have.';
COMMENT ON COLUMN selfheal.errors.class_name IS 'What the class is called.';
COMMENT ON COLUMN selfheal.errors.code IS 'The SQLSTATE, if it is one of those counted by themselves; NULL for all others of the class.';
COMMENT ON COLUMN selfheal.errors.name IS 'What that is called.';
COMMENT ON COLUMN selfheal.errors.count IS 'How often.';
COMMENT ON COLUMN selfheal.errors.last_at IS 'When last.';

CREATE FUNCTION selfheal.read_logins(
	OUT role text,
	OUT address text,
	OUT failed bigint,
	OUT at_most bigint,
	OUT last_code text,
	OUT first_at timestamptz,
	OUT last_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 256
	AS 'MODULE_PATHNAME', 'selfheal_read_logins';

COMMENT ON FUNCTION selfheal.read_logins() IS 'What selfheal.logins shows, from shared memory.';

CREATE VIEW selfheal.logins AS
	SELECT l.role, l.address, l.failed, l.at_most, l.last_code, l.first_at, l.last_at
	FROM selfheal.read_logins() AS l
	ORDER BY l.failed DESC;

COMMENT ON VIEW selfheal.logins IS 'Who failed to log in, from where and how often: the up to 256 that do so most, since the server started.';
COMMENT ON COLUMN selfheal.logins.role IS 'As the client said; there may be no such role.';
COMMENT ON COLUMN selfheal.logins.address IS 'Address or host name of the client, [local] for a socket.';
COMMENT ON COLUMN selfheal.logins.failed IS 'Failures seen from there.';
COMMENT ON COLUMN selfheal.logins.at_most IS 'Failures there may have been: the place in this table was taken over from somebody who failed so much less often.';
COMMENT ON COLUMN selfheal.logins.last_code IS 'SQLSTATE of the last one.';
COMMENT ON COLUMN selfheal.logins.first_at IS 'When the first of them was seen.';
COMMENT ON COLUMN selfheal.logins.last_at IS 'When the last was.';

CREATE FUNCTION selfheal.read_failed_roles(
	OUT role text,
	OUT failed bigint,
	OUT last_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_failed_roles';

COMMENT ON FUNCTION selfheal.read_failed_roles() IS 'What selfheal.failed_roles shows, from shared memory.';

CREATE VIEW selfheal.failed_roles AS
	SELECT r.role, r.failed, r.last_at
	FROM selfheal.read_failed_roles() AS r
	ORDER BY r.failed DESC;

COMMENT ON VIEW selfheal.failed_roles IS 'selfheal.logins by role alone, for those who need no addresses.';
COMMENT ON COLUMN selfheal.failed_roles.role IS 'The role; NULL for all names that are no role, as one may be a password typed in the wrong place.';
COMMENT ON COLUMN selfheal.failed_roles.failed IS 'Failed logins seen.';
COMMENT ON COLUMN selfheal.failed_roles.last_at IS 'When the last was.';

CREATE FUNCTION selfheal.read_changes(
	OUT at timestamptz,
	OUT command text,
	OUT role oid,
	OUT database oid
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 256
	AS 'MODULE_PATHNAME', 'selfheal_read_changes';

COMMENT ON FUNCTION selfheal.read_changes() IS 'What selfheal.changes shows, from shared memory.';

CREATE VIEW selfheal.changes AS
	SELECT c.at, c.command, r.rolname AS role, d.datname AS database
	FROM selfheal.read_changes() AS c
	LEFT JOIN pg_roles AS r ON r.oid = c.role
	LEFT JOIN pg_database AS d ON d.oid = c.database;

COMMENT ON VIEW selfheal.changes IS 'The last 256 commands that created, altered, dropped or granted something and were committed since the server started, newest first. Not temporary tables; and for settings see selfheal.setting_changes.';
COMMENT ON COLUMN selfheal.changes.at IS 'When the command ended.';
COMMENT ON COLUMN selfheal.changes.command IS 'Its tag, such as ALTER TABLE; the text is not kept.';
COMMENT ON COLUMN selfheal.changes.role IS 'Who was logged in; NULL when that role was dropped.';
COMMENT ON COLUMN selfheal.changes.database IS 'In which database; NULL when it was dropped.';
