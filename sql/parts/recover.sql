CREATE TABLE selfheal.recovery (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	failure bigint,
	failure_type text,
	component text NOT NULL,
	remedy text NOT NULL,
	strategy text NOT NULL,
	stage text NOT NULL,
	autonomous boolean NOT NULL,
	attempt integer NOT NULL,
	max_attempts integer NOT NULL,
	failure_since timestamptz,
	failure_due timestamptz,
	proposed_at timestamptz NOT NULL,
	expires_at timestamptz,
	approved_at timestamptz,
	claimed_at timestamptz,
	acted_at timestamptz,
	finished_at timestamptz,
	target_pid bigint,
	target_role text,
	target_database text,
	target_application text,
	targets text,
	waiters_before integer NOT NULL,
	waiters_after integer NOT NULL,
	requested_by text,
	decided_by text,
	decision_reason text,
	evidence text,
	rails text,
	message text,
	plan text,
	undoes bigint,
	change_level text,
	change_name text,
	change_parameter text,
	value_before text,
	value_after text,
	change_state text,
	undo text,
	PRIMARY KEY (journal, id)
);

CREATE INDEX recovery_proposed_at ON selfheal.recovery (proposed_at);

COMMENT ON TABLE selfheal.recovery IS 'Recoveries, as the scribe wrote them down; read selfheal.recoveries instead.';

CREATE TABLE selfheal.recovery_step (
	journal bigint NOT NULL,
	recovery bigint NOT NULL,
	step integer NOT NULL,
	at timestamptz NOT NULL,
	stage text NOT NULL,
	attempt integer NOT NULL,
	message text,
	PRIMARY KEY (journal, recovery, step)
);

COMMENT ON TABLE selfheal.recovery_step IS 'Steps of recoveries, as the scribe wrote them down; read selfheal.recovery_steps instead.';

CREATE FUNCTION selfheal.read_recoveries() RETURNS SETOF selfheal.recovery
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 64
	AS 'MODULE_PATHNAME', 'selfheal_read_recoveries';

COMMENT ON FUNCTION selfheal.read_recoveries() IS 'Open and recent recoveries, from shared memory.';

CREATE VIEW selfheal.recoveries AS
	WITH live AS MATERIALIZED (
		SELECT l.* FROM selfheal.read_recoveries() AS l
	), everything AS (
		SELECT l.* FROM live AS l
		UNION ALL
		SELECT r.*
		FROM selfheal.recovery AS r
		WHERE NOT EXISTS (SELECT FROM live AS l WHERE l.journal = r.journal AND l.id = r.id)
	)
	SELECT
		e.id,
		e.failure,
		e.failure_type,
		e.component,
		e.remedy,
		e.strategy,
		e.stage,
		e.autonomous,
		e.attempt,
		e.max_attempts,
		e.failure_since,
		e.failure_due,
		e.proposed_at,
		e.expires_at,
		e.approved_at,
		e.claimed_at,
		e.acted_at,
		e.finished_at,
		e.target_pid,
		e.target_role,
		e.target_database,
		e.target_application,
		e.targets,
		e.waiters_before,
		e.waiters_after,
		e.requested_by,
		e.decided_by,
		e.decision_reason,
		e.evidence,
		e.rails,
		e.message,
		e.plan,
		e.journal,
		e.undoes,
		e.change_level,
		e.change_name,
		e.change_parameter,
		e.value_before,
		e.value_after,
		e.change_state,
		e.undo
	FROM everything AS e;

COMMENT ON VIEW selfheal.recoveries IS 'Every recovery, open and past: what was seen, what was decided by whom, what was done, how it ended.';
COMMENT ON COLUMN selfheal.recoveries.id IS 'Number of the recovery, as approve(), reject() and explain() take it.';
COMMENT ON COLUMN selfheal.recoveries.failure IS 'The failure it is for; NULL when a human asked for it without one.';
COMMENT ON COLUMN selfheal.recoveries.failure_type IS 'Type of that failure.';
COMMENT ON COLUMN selfheal.recoveries.component IS 'Part of the server it is about.';
COMMENT ON COLUMN selfheal.recoveries.remedy IS 'Its row in selfheal.remedies.';
COMMENT ON COLUMN selfheal.recoveries.strategy IS 'Strategy of that remedy.';
COMMENT ON COLUMN selfheal.recoveries.stage IS 'proposed, approved, claimed, snapshot, executing, executed, verifying, rolling back; finally succeeded, rolled back, failed, unknown, rejected, expired or withdrawn.';
COMMENT ON COLUMN selfheal.recoveries.autonomous IS 'True when no human was asked.';
COMMENT ON COLUMN selfheal.recoveries.attempt IS 'How many times it was tried.';
COMMENT ON COLUMN selfheal.recoveries.max_attempts IS 'How many times it may be tried.';
COMMENT ON COLUMN selfheal.recoveries.failure_since IS 'Since when the failure held.';
COMMENT ON COLUMN selfheal.recoveries.failure_due IS 'End of the failure''s patience.';
COMMENT ON COLUMN selfheal.recoveries.proposed_at IS 'When it was decided on.';
COMMENT ON COLUMN selfheal.recoveries.expires_at IS 'Until when it could be approved.';
COMMENT ON COLUMN selfheal.recoveries.approved_at IS 'When it was approved, by a human or within the rails.';
COMMENT ON COLUMN selfheal.recoveries.claimed_at IS 'When a recoverer took it on.';
COMMENT ON COLUMN selfheal.recoveries.acted_at IS 'When the intent to act was written down, right before the act; NULL when it never acted.';
COMMENT ON COLUMN selfheal.recoveries.finished_at IS 'When it came to its end.';
COMMENT ON COLUMN selfheal.recoveries.target_pid IS 'Process id of the first target.';
COMMENT ON COLUMN selfheal.recoveries.target_role IS 'Role of the first target.';
COMMENT ON COLUMN selfheal.recoveries.target_database IS 'Database of the first target.';
COMMENT ON COLUMN selfheal.recoveries.target_application IS 'application_name of the first target.';
COMMENT ON COLUMN selfheal.recoveries.targets IS 'All targets, and what was done to each.';
COMMENT ON COLUMN selfheal.recoveries.waiters_before IS 'Sessions that suffered before the act.';
COMMENT ON COLUMN selfheal.recoveries.waiters_after IS 'Of those, how many still did at the end.';
COMMENT ON COLUMN selfheal.recoveries.requested_by IS 'selfheal, or the role that triggered it.';
COMMENT ON COLUMN selfheal.recoveries.decided_by IS 'Who approved or rejected it.';
COMMENT ON COLUMN selfheal.recoveries.decision_reason IS 'The reason given for that.';
COMMENT ON COLUMN selfheal.recoveries.evidence IS 'What was seen, with values.';
COMMENT ON COLUMN selfheal.recoveries.rails IS 'The rails that spoke when it was decided on; NULL when none did.';
COMMENT ON COLUMN selfheal.recoveries.message IS 'What its newest step says.';
COMMENT ON COLUMN selfheal.recoveries.plan IS 'Hash of remedy and exact targets, which an approval is bound to.';
COMMENT ON COLUMN selfheal.recoveries.journal IS 'Which journal it was recorded in: numbers of another server may come again.';
COMMENT ON COLUMN selfheal.recoveries.undoes IS 'The recovery whose act it takes back; NULL for none.';
COMMENT ON COLUMN selfheal.recoveries.change_level IS 'What kind of thing it changed: server (ALTER SYSTEM), database, role, role in database, table, throttle, index or user remedy; NULL when it changed nothing that has a value.';
COMMENT ON COLUMN selfheal.recoveries.change_name IS 'The database, role, table, ... it changed; empty for the server.';
COMMENT ON COLUMN selfheal.recoveries.change_parameter IS 'Name of the setting it changed; empty where there is none.';
COMMENT ON COLUMN selfheal.recoveries.value_before IS 'What that was before, as it was written, of an index the beginning of its definition; NULL for nothing.';
COMMENT ON COLUMN selfheal.recoveries.value_after IS 'What it was changed to; NULL for nothing.';
COMMENT ON COLUMN selfheal.recoveries.change_state IS 'intended (about to be done), in effect, undone, over (it was for a while), left (somebody has changed it since, so it was not taken back), not in effect (taken back where it was changed, but something stronger sets it, or the server has not taken it from its file), or unknown. Of one that takes back: what became of that.';
COMMENT ON COLUMN selfheal.recoveries.undo IS 'How that is taken back.';

CREATE FUNCTION selfheal.read_proposals(
	OUT id bigint,
	OUT can_be_approved boolean,
	OUT why_not text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 4
	AS 'MODULE_PATHNAME', 'selfheal_read_proposals';

COMMENT ON FUNCTION selfheal.read_proposals() IS 'Whether the rails would let those be approved that wait, asked now; read selfheal.proposals instead.';

CREATE VIEW selfheal.proposals AS
	SELECT
		r.id,
		r.failure,
		r.failure_type,
		r.remedy,
		m.does,
		m.risk,
		r.target_pid,
		r.target_role,
		r.target_database,
		r.target_application,
		r.evidence,
		r.rails AS asked_because,
		m.undo,
		r.proposed_at,
		r.expires_at,
		p.can_be_approved,
		p.why_not,
		r.plan
	FROM selfheal.read_recoveries() AS r
	JOIN selfheal.read_remedies() AS m ON m.remedy = r.remedy
	JOIN selfheal.read_proposals() AS p ON p.id = r.id
	WHERE r.stage = 'proposed' AND r.expires_at > clock_timestamp();

COMMENT ON VIEW selfheal.proposals IS 'Recoveries that wait for a human: SELECT selfheal.approve(id, ''why'') or selfheal.reject(id, ''why'').';
COMMENT ON COLUMN selfheal.proposals.id IS 'Number of the recovery.';
COMMENT ON COLUMN selfheal.proposals.failure IS 'The failure it is for.';
COMMENT ON COLUMN selfheal.proposals.failure_type IS 'Type of that failure.';
COMMENT ON COLUMN selfheal.proposals.remedy IS 'What would be used.';
COMMENT ON COLUMN selfheal.proposals.does IS 'What would be done.';
COMMENT ON COLUMN selfheal.proposals.risk IS 'What it costs those it concerns.';
COMMENT ON COLUMN selfheal.proposals.target_pid IS 'Process id of the first target.';
COMMENT ON COLUMN selfheal.proposals.target_role IS 'Role of the first target.';
COMMENT ON COLUMN selfheal.proposals.target_database IS 'Database of the first target.';
COMMENT ON COLUMN selfheal.proposals.target_application IS 'application_name of the first target.';
COMMENT ON COLUMN selfheal.proposals.evidence IS 'What was seen, with values.';
COMMENT ON COLUMN selfheal.proposals.asked_because IS 'Why it is not done without asking.';
COMMENT ON COLUMN selfheal.proposals.undo IS 'How it could be undone.';
COMMENT ON COLUMN selfheal.proposals.proposed_at IS 'When it was proposed.';
COMMENT ON COLUMN selfheal.proposals.expires_at IS 'Until when it can be approved.';
COMMENT ON COLUMN selfheal.proposals.can_be_approved IS 'False while the rails refuse it whoever asks, for example after selfheal.stop().';
COMMENT ON COLUMN selfheal.proposals.why_not IS 'Why they do.';
COMMENT ON COLUMN selfheal.proposals.plan IS 'Hash of remedy and exact targets: approve(id, ''why'', plan => hash) approves what you saw and nothing else.';

CREATE FUNCTION selfheal.approve(recovery bigint, reason text DEFAULT NULL, plan text DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_approve';

COMMENT ON FUNCTION selfheal.approve(bigint, text, text) IS 'Approves a recovery that waits, when the transaction commits; with the plan that selfheal.proposals showed, only if it still is that one.';

CREATE FUNCTION selfheal.reject(recovery bigint, reason text DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reject';

COMMENT ON FUNCTION selfheal.reject(bigint, text) IS 'Rejects a recovery that waits; its failure is then left to humans. Takes effect when the transaction commits.';

CREATE FUNCTION selfheal.trigger(
	remedy text,
	target text DEFAULT NULL,
	reason text DEFAULT NULL,
	dry_run boolean DEFAULT false,
	OUT recovery bigint,
	OUT remedy_used text,
	OUT targets text,
	OUT statements text,
	OUT locks text,
	OUT undo text,
	OUT expects text,
	OUT verdict text
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_trigger';

COMMENT ON FUNCTION selfheal.trigger(text, text, text, boolean) IS 'Orders a remedy by hand; the target is a process id, several with commas; for monitor the id of a failure, for rollback_prepared a gid, for tables and indexes their name in this database, for settings and replication slots their name, for throttles whom (role:x, application:x, database:x, address:x, query:id), for give_back and undo_own_act the number of a recovery; for a remedy of a user the id of an open failure, or a text that its function is given. With dry_run nothing is done and the plan is shown. Takes effect when the transaction commits.';

CREATE FUNCTION selfheal.reset_breaker(remedy text, reason text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_breaker';

COMMENT ON FUNCTION selfheal.reset_breaker(text, text) IS 'Forgets the failures in a row of a remedy, so that it may be used without asking again.';
