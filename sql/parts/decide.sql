CREATE FUNCTION selfheal.read_remedies(
	OUT remedy text,
	OUT strategy text,
	OUT treats text,
	OUT does text,
	OUT risk text,
	OUT reversible boolean,
	OUT max_targets integer,
	OUT acts_as text,
	OUT needs text,
	OUT locks text,
	OUT calls text,
	OUT undo text,
	OUT expects text,
	OUT on_standby boolean,
	OUT under_manager boolean,
	OUT failures_in_a_row integer
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_remedies';

COMMENT ON FUNCTION selfheal.read_remedies() IS 'What selfheal.remedies shows, from the library and shared memory.';

CREATE VIEW selfheal.remedies AS
	SELECT
		r.remedy,
		r.strategy,
		r.treats,
		r.does,
		r.risk,
		r.reversible,
		r.max_targets,
		r.acts_as,
		r.needs,
		r.locks,
		r.calls,
		r.undo,
		r.expects,
		r.on_standby,
		r.under_manager,
		r.failures_in_a_row,
		r.failures_in_a_row >= current_setting('selfheal.breaker_failures')::integer AS breaker_open
	FROM selfheal.read_remedies() AS r;

COMMENT ON VIEW selfheal.remedies IS 'The remedy catalogue: what selfheal can do, what it costs, and whether it has worked lately.';
COMMENT ON COLUMN selfheal.remedies.remedy IS 'Name, as selfheal.trigger() takes it.';
COMMENT ON COLUMN selfheal.remedies.strategy IS 'Which of the seven strategies it is of.';
COMMENT ON COLUMN selfheal.remedies.treats IS 'The failure types that have it on their ladder; NULL when only a human may order it.';
COMMENT ON COLUMN selfheal.remedies.does IS 'What it does.';
COMMENT ON COLUMN selfheal.remedies.risk IS 'none, low (a statement is lost, or something is changed that is put back), medium (a session is lost), high (cannot be taken back).';
COMMENT ON COLUMN selfheal.remedies.reversible IS 'True when what it changes can be put back; it is when it did not help and selfheal.rollback_enabled is on.';
COMMENT ON COLUMN selfheal.remedies.max_targets IS 'How many sessions or objects one act may concern.';
COMMENT ON COLUMN selfheal.remedies.acts_as IS 'The role that acts.';
COMMENT ON COLUMN selfheal.remedies.needs IS 'What must be true of the target, at the decision and again right before the act.';
COMMENT ON COLUMN selfheal.remedies.locks IS 'The heavyweight locks it takes; it waits a second for them at most.';
COMMENT ON COLUMN selfheal.remedies.calls IS 'For remedies that signal sessions: what is called for each, %d is the process id; for those of users the function.';
COMMENT ON COLUMN selfheal.remedies.undo IS 'How it is undone.';
COMMENT ON COLUMN selfheal.remedies.expects IS 'What must be true afterwards for it to count as a success.';
COMMENT ON COLUMN selfheal.remedies.on_standby IS 'Whether it may be used on a standby.';
COMMENT ON COLUMN selfheal.remedies.under_manager IS 'Whether it may be used where a cluster manager is in charge.';
COMMENT ON COLUMN selfheal.remedies.failures_in_a_row IS 'Its recoveries that failed since the last success, on the component where it failed most; see selfheal.breakers.';
COMMENT ON COLUMN selfheal.remedies.breaker_open IS 'True after selfheal.breaker_failures failures in a row: it then asks a human whatever the autonomy.';
