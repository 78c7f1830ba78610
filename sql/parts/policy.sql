CREATE FUNCTION selfheal.read_component_policies(
	OUT component text,
	OUT remedy text,
	OUT autonomy text,
	OUT max_retries integer,
	OUT timeout interval,
	OUT autonomy_in_force text,
	OUT max_retries_in_force integer,
	OUT timeout_in_force interval,
	OUT set_by text,
	OUT set_at timestamptz,
	OUT reason text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 8
	AS 'MODULE_PATHNAME', 'selfheal_read_component_policies';

COMMENT ON FUNCTION selfheal.read_component_policies() IS 'What selfheal.component_policies shows, from shared memory.';

CREATE VIEW selfheal.component_policies AS
	SELECT
		p.component,
		p.remedy,
		p.autonomy,
		p.max_retries,
		p.timeout,
		p.autonomy_in_force,
		p.max_retries_in_force,
		p.timeout_in_force,
		p.set_by,
		p.set_at,
		p.reason
	FROM selfheal.read_component_policies() AS p;

COMMENT ON VIEW selfheal.component_policies IS 'What holds for each component, and for remedies that have a policy of their own.';
COMMENT ON COLUMN selfheal.component_policies.component IS 'Part of the server, or all.';
COMMENT ON COLUMN selfheal.component_policies.remedy IS 'The remedy it is about; NULL for all.';
COMMENT ON COLUMN selfheal.component_policies.autonomy IS 'What the policy says; NULL when it leaves that to selfheal.autonomy.';
COMMENT ON COLUMN selfheal.component_policies.max_retries IS 'What the policy says; NULL when it leaves that to selfheal.max_retries.';
COMMENT ON COLUMN selfheal.component_policies.timeout IS 'What the policy says; NULL when it leaves that to selfheal.recovery_timeout.';
COMMENT ON COLUMN selfheal.component_policies.autonomy_in_force IS 'The strictest of the setting and of every policy that applies.';
COMMENT ON COLUMN selfheal.component_policies.max_retries_in_force IS 'What counts: the most particular policy that says so, else the setting.';
COMMENT ON COLUMN selfheal.component_policies.timeout_in_force IS 'Likewise.';
COMMENT ON COLUMN selfheal.component_policies.set_by IS 'Who set the policy; NULL when there is none.';
COMMENT ON COLUMN selfheal.component_policies.set_at IS 'When.';
COMMENT ON COLUMN selfheal.component_policies.reason IS 'Why.';

CREATE FUNCTION selfheal.set_component_policy(
	component text,
	autonomy text DEFAULT NULL,
	max_retries integer DEFAULT NULL,
	timeout interval DEFAULT NULL,
	remedy text DEFAULT NULL,
	reason text DEFAULT NULL
) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_set_component_policy';

COMMENT ON FUNCTION selfheal.set_component_policy(text, text, integer, interval, text, text) IS 'Says what holds for a component, or for a remedy on it or on all, when the transaction commits; what is not given stays as it is. Autonomy off is observe. A policy can only take autonomy away; it survives restarts.';

CREATE FUNCTION selfheal.reset_component_policy(
	component text,
	remedy text DEFAULT NULL,
	reason text DEFAULT NULL
) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_component_policy';

COMMENT ON FUNCTION selfheal.reset_component_policy(text, text, text) IS 'Takes a policy back when the transaction commits: the settings decide again.';

CREATE FUNCTION selfheal.read_breakers(
	OUT kind text,
	OUT remedy text,
	OUT component text,
	OUT failure_type text,
	OUT state text,
	OUT used integer,
	OUT allowed integer,
	OUT last_at timestamptz,
	OUT until timestamptz,
	OUT why text,
	OUT reset text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_breakers';

COMMENT ON FUNCTION selfheal.read_breakers() IS 'What selfheal.breakers shows, from shared memory.';

CREATE VIEW selfheal.breakers AS
	SELECT
		b.kind,
		b.remedy,
		b.component,
		b.failure_type,
		b.state,
		b.used,
		b.allowed,
		b.last_at,
		b.until,
		b.why,
		b.reset
	FROM selfheal.read_breakers() AS b;

COMMENT ON VIEW selfheal.breakers IS 'What keeps acts from being done unasked now, or will soon: breakers, bulkheads, rate limits and cool-downs.';
COMMENT ON COLUMN selfheal.breakers.kind IS 'breaker (a remedy that fails), bulkhead (recoveries at the same time), rate limit (acts in a time) or cool-down (the same again so soon).';
COMMENT ON COLUMN selfheal.breakers.remedy IS 'The remedy it is about; NULL for all.';
COMMENT ON COLUMN selfheal.breakers.component IS 'The component it is about; NULL for all.';
COMMENT ON COLUMN selfheal.breakers.failure_type IS 'The failure type it is about; NULL for all.';
COMMENT ON COLUMN selfheal.breakers.state IS 'closed: it lets acts through; open: a human is asked, or the next waits its turn; half open: a breaker that has rested, so that a try with approval is worth it.';
COMMENT ON COLUMN selfheal.breakers.used IS 'How many there were: failures in a row, recoveries, acts.';
COMMENT ON COLUMN selfheal.breakers.allowed IS 'How many there may be before it is open.';
COMMENT ON COLUMN selfheal.breakers.last_at IS 'When the last of them was.';
COMMENT ON COLUMN selfheal.breakers.until IS 'Until when it stays open by itself; NULL when it is not, or when nobody can tell.';
COMMENT ON COLUMN selfheal.breakers.why IS 'What is counted, and what that means now.';
COMMENT ON COLUMN selfheal.breakers.reset IS 'How it is closed.';
