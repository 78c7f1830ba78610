CREATE FUNCTION selfheal.read_remedies(
	OUT remedy text,
	OUT strategy text,
	OUT risk text,
	OUT max_targets integer,
	OUT on_standby boolean,
	OUT does text,
	OUT calls text,
	OUT undo text,
	OUT expects text,
	OUT failures_in_a_row integer
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_remedies';

COMMENT ON FUNCTION selfheal.read_remedies() IS 'What selfheal.remedies shows, from the library and shared memory.';

CREATE VIEW selfheal.remedies AS
	SELECT
		r.remedy,
		r.strategy,
		r.risk,
		r.max_targets,
		r.on_standby,
		r.does,
		r.calls,
		r.undo,
		r.expects,
		r.failures_in_a_row,
		r.failures_in_a_row >= current_setting('selfheal.breaker_failures')::integer AS breaker_open
	FROM selfheal.read_remedies() AS r;

COMMENT ON VIEW selfheal.remedies IS 'The remedy catalogue: what selfheal can do, what it costs, and whether it has worked lately.';
COMMENT ON COLUMN selfheal.remedies.remedy IS 'Name, as selfheal.trigger() takes it.';
COMMENT ON COLUMN selfheal.remedies.strategy IS 'Which of the seven strategies it is of.';
COMMENT ON COLUMN selfheal.remedies.risk IS 'none, low (a statement is lost), medium (a session is lost), high (cannot be taken back).';
COMMENT ON COLUMN selfheal.remedies.max_targets IS 'Sessions that one act may concern.';
COMMENT ON COLUMN selfheal.remedies.on_standby IS 'Whether it may be used on a standby.';
COMMENT ON COLUMN selfheal.remedies.does IS 'What it does.';
COMMENT ON COLUMN selfheal.remedies.calls IS 'What is called for each target, as role selfheal_executor; %d is the process id.';
COMMENT ON COLUMN selfheal.remedies.undo IS 'How it is undone.';
COMMENT ON COLUMN selfheal.remedies.expects IS 'What must be true afterwards for it to count as a success.';
COMMENT ON COLUMN selfheal.remedies.failures_in_a_row IS 'Its recoveries that failed since the last success.';
COMMENT ON COLUMN selfheal.remedies.breaker_open IS 'True after selfheal.breaker_failures failures in a row: it then asks a human whatever the autonomy.';
