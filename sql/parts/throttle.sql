CREATE FUNCTION selfheal.throttle(
	role name DEFAULT NULL,
	database name DEFAULT NULL,
	application text DEFAULT NULL,
	address text DEFAULT NULL,
	query_id bigint DEFAULT NULL,
	slots integer DEFAULT NULL,
	per_second double precision DEFAULT NULL,
	duration interval DEFAULT '15 minutes',
	reason text DEFAULT 'no reason given',
	overflow text DEFAULT 'let through'
) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_throttle';

COMMENT ON FUNCTION selfheal.throttle(name, name, text, text, bigint, integer, double precision, interval, text, text) IS 'Lets those whom all given parts of the scope fit run only so many statements at a time, or begin only so many a second: throttle(role => ''app'', slots => 2). The first statement of a transaction waits, at most selfheal.throttle_max_wait; then it goes on, or is refused with overflow => ''refuse''. In force at once, even if this transaction is rolled back, for at most 24 hours or until a restart. Returns its id.';

CREATE FUNCTION selfheal.quarantine(
	role name DEFAULT NULL,
	database name DEFAULT NULL,
	application text DEFAULT NULL,
	address text DEFAULT NULL,
	query_id bigint DEFAULT NULL,
	duration interval DEFAULT '5 minutes',
	reason text DEFAULT 'no reason given'
) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_quarantine';

COMMENT ON FUNCTION selfheal.quarantine(name, name, text, text, bigint, interval, text) IS 'Refuses every transaction of those whom all given parts of the scope fit, with a clear error; transactions that have begun may end. In force at once, even if this transaction is rolled back, for at most 24 hours or until a restart. Returns its id.';

CREATE FUNCTION selfheal.delay_logins(
	role name DEFAULT NULL,
	address text DEFAULT NULL,
	delay interval DEFAULT '1 second',
	duration interval DEFAULT '15 minutes',
	reason text DEFAULT 'no reason given',
	overflow text DEFAULT 'refuse'
) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_delay_logins';

COMMENT ON FUNCTION selfheal.delay_logins(name, text, interval, interval, text, text) IS 'Makes each login of a role, from an address or both, take so much longer, whether its password is right or not. At most a tenth of the connection slots is spent on waiting; who comes then is refused, or let in at once with overflow => ''let through''. In force at once, even if this transaction is rolled back, for at most 24 hours or until a restart. Returns its id.';

CREATE FUNCTION selfheal.unthrottle(id bigint, reason text DEFAULT 'no reason given') RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_unthrottle';

COMMENT ON FUNCTION selfheal.unthrottle(bigint, text) IS 'Lifts a throttle, quarantine or login delay at once, even if this transaction is rolled back; who waits goes on.';

CREATE FUNCTION selfheal.read_throttles(
	OUT id bigint,
	OUT scope text,
	OUT kind text,
	OUT at_most double precision,
	OUT overflow text,
	OUT since timestamptz,
	OUT until timestamptz,
	OUT throttled_by text,
	OUT reason text,
	OUT recovery bigint,
	OUT waiting integer,
	OUT holding integer,
	OUT delayed bigint,
	OUT refused bigint,
	OUT let_through bigint,
	OUT waited interval,
	OUT longest_wait interval
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 5
	AS 'MODULE_PATHNAME', 'selfheal_read_throttles';

COMMENT ON FUNCTION selfheal.read_throttles() IS 'What selfheal.throttles shows, from shared memory.';

CREATE VIEW selfheal.throttles AS
	SELECT
		t.id,
		t.scope,
		t.kind,
		t.at_most,
		t.overflow,
		t.since,
		t.until,
		t.throttled_by,
		t.reason,
		t.recovery,
		t.waiting,
		t.holding,
		t.delayed,
		t.refused,
		t.let_through,
		t.waited,
		t.longest_wait
	FROM selfheal.read_throttles() AS t
	ORDER BY t.id;

COMMENT ON VIEW selfheal.throttles IS 'Who is slowed or refused now, by whose order, until when, and what that does. Never superusers, members of selfheal_admin and selfheal_operator, reserved roles, replication, dumps, and what selfheal.protected_sessions names.';
COMMENT ON COLUMN selfheal.throttles.id IS 'For selfheal.unthrottle(); counted from 1 since the server started.';
COMMENT ON COLUMN selfheal.throttles.scope IS 'Whom it fits.';
COMMENT ON COLUMN selfheal.throttles.kind IS 'slots, rate, quarantine or login delay.';
COMMENT ON COLUMN selfheal.throttles.at_most IS 'Statements at a time, statements a second, or milliseconds for each login; NULL for a quarantine.';
COMMENT ON COLUMN selfheal.throttles.overflow IS 'What becomes of a statement that has waited for selfheal.throttle_max_wait, or a login that finds no place to wait: let through or refuse.';
COMMENT ON COLUMN selfheal.throttles.since IS 'When it came into force.';
COMMENT ON COLUMN selfheal.throttles.until IS 'When it ends by itself.';
COMMENT ON COLUMN selfheal.throttles.throttled_by IS 'Who asked for it.';
COMMENT ON COLUMN selfheal.throttles.reason IS 'Why.';
COMMENT ON COLUMN selfheal.throttles.recovery IS 'The recovery it belongs to; NULL when asked for by hand.';
COMMENT ON COLUMN selfheal.throttles.waiting IS 'Statements or logins that wait for it now.';
COMMENT ON COLUMN selfheal.throttles.holding IS 'Statements that run now and count for it; may be more than its limit, as later statements of a transaction never wait.';
COMMENT ON COLUMN selfheal.throttles.delayed IS 'Statements or logins that had to wait; with several throttles, counted for the one that held them up first.';
COMMENT ON COLUMN selfheal.throttles.refused IS 'Statements or logins that were refused.';
COMMENT ON COLUMN selfheal.throttles.let_through IS 'Statements that went on beyond the limit, because they had waited long enough or somebody waited for their locks; logins that found no place to wait.';
COMMENT ON COLUMN selfheal.throttles.waited IS 'How long they waited together.';
COMMENT ON COLUMN selfheal.throttles.longest_wait IS 'How long the longest wait was.';
