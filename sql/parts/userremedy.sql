-- What users can have done. A row is configuration, and goes with pg_dump; functions go by their names and a
-- fingerprint of what they do, as OIDs are others after a restore. The place is the row of the catalogue of
-- remedies, and stays the same, as journals hold it.
CREATE TABLE selfheal.user_remedy (
	name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
	place integer NOT NULL UNIQUE CHECK (place BETWEEN 0 AND 15),
	schema_name text NOT NULL,
	function_name text NOT NULL,
	undo_schema_name text,
	undo_function_name text,
	verify_schema_name text,
	verify_function_name text,
	treats text[] NOT NULL,
	strategy text NOT NULL CHECK (strategy IN ('restart', 'failover', 'scale', 'reconfigure', 'clear', 'throttle', 'monitor')),
	risk text NOT NULL CHECK (risk IN ('low', 'medium', 'high')),
	time_limit interval NOT NULL CHECK (time_limit BETWEEN '100 milliseconds' AND '5 minutes'),
	verify_within interval NOT NULL CHECK (verify_within BETWEEN '100 milliseconds' AND '5 minutes'),
	description text NOT NULL,
	owner_name text NOT NULL,
	fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
	added_by text NOT NULL,
	added_at timestamptz NOT NULL
);

COMMENT ON TABLE selfheal.user_remedy IS 'Remedies of users, as selfheal.add_remedy() wrote them down; read selfheal.user_remedies instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.user_remedy FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON selfheal.user_remedy
	FOR EACH STATEMENT EXECUTE FUNCTION selfheal.user_metrics_changed();

SELECT pg_extension_config_dump('selfheal.user_remedy', '');

CREATE FUNCTION selfheal.add_remedy(
	name text,
	function text,
	treats text[],
	strategy text DEFAULT 'clear',
	risk text DEFAULT 'medium',
	undo_function text DEFAULT NULL,
	verify_function text DEFAULT NULL,
	time_limit interval DEFAULT '10 seconds',
	verify_within interval DEFAULT '5 seconds',
	description text DEFAULT NULL
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_add_remedy';

COMMENT ON FUNCTION selfheal.add_remedy(text, text, text[], text, text, text, text, interval, interval, text) IS 'Makes a function of this database, and of no other, a remedy: the last rung on the ladders of the failures it treats, and to be asked for by name with trigger(). It is called with (recovery bigint, failure text, target jsonb) and returns text or void; undo_function is called with the same after an act that did not help, also when the act may not have happened, and verify_function returns whether it worked. They are run as their owner, an ordinary role, in a security-restricted operation and a transaction of their own, with search_path = pg_catalog, pg_temp, one second for each lock and time_limit for the whole. The same rails hold as for every remedy; without an undo_function, or with risk high, it asks a human unless selfheal.granted_remedies has user.name. A function that was replaced or given another owner since is not run: remove the remedy and add it again.';

CREATE FUNCTION selfheal.remove_remedy(name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_remove_remedy';

COMMENT ON FUNCTION selfheal.remove_remedy(text) IS 'Ends a remedy of a user: what is planned with it is not done, its breaker and policies are forgotten; what it has done stays on record.';

CREATE FUNCTION selfheal.read_user_remedies(
	OUT name text,
	OUT added_at timestamptz,
	OUT problem text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 16
	AS 'MODULE_PATHNAME', 'selfheal_read_user_remedies';

COMMENT ON FUNCTION selfheal.read_user_remedies() IS 'The remedies of users that the engine knows, and why each would not be run now.';

CREATE VIEW selfheal.user_remedies AS
	SELECT
		m.name,
		format('%I.%I', m.schema_name, m.function_name) AS function,
		CASE WHEN m.undo_function_name IS NOT NULL THEN format('%I.%I', m.undo_schema_name, m.undo_function_name) END AS undo_function,
		CASE WHEN m.verify_function_name IS NOT NULL THEN format('%I.%I', m.verify_schema_name, m.verify_function_name) END AS verify_function,
		m.treats,
		m.strategy,
		m.risk,
		m.time_limit,
		m.verify_within,
		m.description,
		m.owner_name AS runs_as,
		CASE
			WHEN r.name IS NULL THEN 'waiting'
			WHEN r.problem IS NOT NULL THEN 'refused'
			ELSE 'ready'
		END AS state,
		r.problem,
		m.added_by,
		m.added_at
	FROM selfheal.user_remedy AS m
	LEFT JOIN selfheal.read_user_remedies() AS r ON r.name = m.name AND r.added_at = m.added_at;

COMMENT ON VIEW selfheal.user_remedies IS 'Remedies that users have added, and whether they could be run.';
COMMENT ON COLUMN selfheal.user_remedies.name IS 'Name of the remedy; its row in selfheal.remedies.';
COMMENT ON COLUMN selfheal.user_remedies.function IS 'What is called, with (recovery bigint, failure text, target jsonb).';
COMMENT ON COLUMN selfheal.user_remedies.undo_function IS 'What takes it back, called with the same; NULL = nothing does.';
COMMENT ON COLUMN selfheal.user_remedies.verify_function IS 'What says whether it worked, besides the failure''s own condition.';
COMMENT ON COLUMN selfheal.user_remedies.treats IS 'The failures it is the last rung for; none: it is only asked for by name.';
COMMENT ON COLUMN selfheal.user_remedies.strategy IS 'Which of the seven strategies it belongs to.';
COMMENT ON COLUMN selfheal.user_remedies.risk IS 'low, medium or high, as whoever added it says.';
COMMENT ON COLUMN selfheal.user_remedies.time_limit IS 'How long its function, and the one that undoes it, may take.';
COMMENT ON COLUMN selfheal.user_remedies.verify_within IS 'How long its effect may take to show.';
COMMENT ON COLUMN selfheal.user_remedies.description IS 'What it does.';
COMMENT ON COLUMN selfheal.user_remedies.runs_as IS 'The owner of its functions, whom they run as.';
COMMENT ON COLUMN selfheal.user_remedies.state IS 'ready; refused: it would not be run now; waiting: the engine has not read it yet.';
COMMENT ON COLUMN selfheal.user_remedies.problem IS 'Why it would not be run now; NULL when it would.';
COMMENT ON COLUMN selfheal.user_remedies.added_by IS 'Who added it.';
COMMENT ON COLUMN selfheal.user_remedies.added_at IS 'When.';
