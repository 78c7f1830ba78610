-- Snapshots and rollbacks as people read them: those of the tables, and what recoveries kept and took back. A recovery's
-- are in the journal and in its record, as they must be writable when tables are not; here both look the same.
CREATE VIEW selfheal.recovery_changes AS
	WITH live AS MATERIALIZED (
		SELECT l.journal, l.id FROM selfheal.read_recoveries() AS l
	), everything AS MATERIALIZED (
		SELECT r.* FROM selfheal.recoveries AS r WHERE r.change_level IS NOT NULL OR r.undoes IS NOT NULL
	), taken_back AS (
		-- or not: the newest try that came to something
		SELECT DISTINCT ON (e.journal, e.undoes) e.journal, e.undoes, e.change_state, e.finished_at
		FROM everything AS e
		WHERE e.undoes IS NOT NULL AND e.change_state IN ('in effect', 'left', 'not in effect')
		ORDER BY e.journal, e.undoes, e.id DESC
	), changed AS (
		SELECT
			e.*,
			l.id IS NOT NULL AS live,
			-- a table may have a namesake in another database
			CASE WHEN e.change_level IN ('table', 'index') THEN e.target_database END AS place,
			CASE
				WHEN e.change_state = 'undone' OR t.change_state = 'in effect' THEN 'rolled back'
				WHEN e.change_state = 'left' OR t.change_state = 'left' THEN 'left'
				WHEN e.change_state = 'not in effect' OR t.change_state = 'not in effect' THEN 'not in effect'
				WHEN e.change_state = 'over' OR l.id IS NULL THEN 'cleaned'
				ELSE 'open'
			END AS state,
			CASE
				WHEN t.change_state IN ('in effect', 'left') THEN t.finished_at
				WHEN e.change_state = 'undone' THEN e.finished_at
			END AS closed_at
		FROM everything AS e
		LEFT JOIN live AS l ON l.journal = e.journal AND l.id = e.id
		LEFT JOIN taken_back AS t ON t.journal = e.journal AND t.undoes = e.id
		WHERE e.change_level IS NOT NULL
	), standing AS (
		-- what was taken back is under nothing, and nothing is under it
		SELECT c.*, c.state IN ('open', 'cleaned') AS stands FROM changed AS c
	), linked AS (
		SELECT
			c.*,
			lag(c.id) OVER same AS earlier,
			-- it began with what that one had left, which may be nothing of its own
			c.stands AND c.change_parameter <> '' AND lag(c.id) OVER same IS NOT NULL
				AND c.value_before IS NOT DISTINCT FROM lag(c.value_after) OVER same AS nested
		FROM standing AS c
		WINDOW same AS (
			PARTITION BY c.journal, c.change_level, c.place, c.change_name, c.change_parameter, c.stands ORDER BY c.id)
	), piled AS (
		SELECT
			c.*,
			count(*) FILTER (WHERE NOT c.nested) OVER (
				PARTITION BY c.journal, c.change_level, c.place, c.change_name, c.change_parameter, c.stands
				ORDER BY c.id) AS pile
		FROM linked AS c
	)
	SELECT
		p.journal,
		p.id AS recovery,
		CASE WHEN p.nested THEN p.earlier END AS parent,
		(row_number() OVER (
			PARTITION BY p.journal, p.change_level, p.place, p.change_name, p.change_parameter, p.stands, p.pile
			ORDER BY p.id))::integer AS depth,
		p.component,
		p.state,
		coalesce(p.acted_at, p.claimed_at, p.proposed_at) AS taken_at,
		p.closed_at,
		p.change_level,
		p.change_name,
		p.change_parameter,
		p.value_before,
		p.value_after,
		concat_ws(' ', CASE WHEN p.change_level = 'role in database' THEN 'role' ELSE p.change_level END,
			nullif(p.change_name, ''), nullif(p.change_parameter, '')) AS item,
		p.target_database AS database,
		p.undo,
		p.live
	FROM piled AS p;

COMMENT ON VIEW selfheal.recovery_changes IS 'What recoveries changed, as snapshots: read selfheal.snapshots instead.';
COMMENT ON COLUMN selfheal.recovery_changes.journal IS 'Which journal the recovery was recorded in.';
COMMENT ON COLUMN selfheal.recovery_changes.recovery IS 'Number of the recovery.';
COMMENT ON COLUMN selfheal.recovery_changes.parent IS 'The recovery before it that left what this one found, where neither was taken back.';
COMMENT ON COLUMN selfheal.recovery_changes.depth IS '1 without a parent.';
COMMENT ON COLUMN selfheal.recovery_changes.component IS 'What it is about.';
COMMENT ON COLUMN selfheal.recovery_changes.state IS 'open, rolled back, not in effect, left or cleaned: see selfheal.snapshots.';
COMMENT ON COLUMN selfheal.recovery_changes.taken_at IS 'When the value before was noted.';
COMMENT ON COLUMN selfheal.recovery_changes.closed_at IS 'When it was taken back, or found to be somebody else''s.';
COMMENT ON COLUMN selfheal.recovery_changes.change_level IS 'What kind of thing was changed.';
COMMENT ON COLUMN selfheal.recovery_changes.change_name IS 'The database, role, table, ...; empty for the server.';
COMMENT ON COLUMN selfheal.recovery_changes.change_parameter IS 'Name of the setting; empty where there is none.';
COMMENT ON COLUMN selfheal.recovery_changes.value_before IS 'What it was before; NULL for nothing.';
COMMENT ON COLUMN selfheal.recovery_changes.value_after IS 'What it was changed to; NULL for nothing.';
COMMENT ON COLUMN selfheal.recovery_changes.item IS 'All of that in words.';
COMMENT ON COLUMN selfheal.recovery_changes.database IS 'Database of the target, where it is in one.';
COMMENT ON COLUMN selfheal.recovery_changes.undo IS 'How it is taken back.';
COMMENT ON COLUMN selfheal.recovery_changes.live IS 'Whether selfheal still has it in memory, so that it can take it back.';

CREATE VIEW selfheal.recovery_rollbacks AS
	WITH begun AS MATERIALIZED (
		SELECT s.journal, s.recovery, min(s.at) AS at
		FROM selfheal.recovery_steps AS s
		WHERE s.stage = 'rolling back'
		GROUP BY s.journal, s.recovery
	), everything AS (
		-- by another, or by itself as it did not help
		SELECT r.journal, r.id, r.undoes AS snapshot, r.change_state = 'in effect' AS done, r.claimed_at AS started_at
		FROM selfheal.recoveries AS r
		WHERE r.undoes IS NOT NULL
		UNION ALL
		SELECT r.journal, r.id, r.id, r.stage = 'rolled back', b.at
		FROM begun AS b
		JOIN selfheal.recoveries AS r ON r.journal = b.journal AND r.id = b.recovery
	)
	SELECT
		e.journal,
		e.id AS recovery,
		e.snapshot,
		r.component,
		CASE
			WHEN r.finished_at IS NULL THEN 'in progress'
			WHEN e.done THEN 'success'
			WHEN r.change_state = 'not in effect' THEN 'verification failed'
			ELSE 'failed'
		END AS status,
		r.attempt AS attempts,
		r.stage = 'succeeded' OR r.stage = 'rolled back' AS verified,
		r.message,
		r.requested_by,
		r.proposed_at AS requested_at,
		e.started_at,
		r.finished_at,
		c.item,
		c.value_before,
		c.value_after,
		c.undo
	FROM everything AS e
	JOIN selfheal.recoveries AS r ON r.journal = e.journal AND r.id = e.id
	LEFT JOIN selfheal.recovery_changes AS c ON c.journal = e.journal AND c.recovery = e.snapshot;

COMMENT ON VIEW selfheal.recovery_rollbacks IS 'What recoveries took back, as rollbacks: read selfheal.rollbacks instead.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.journal IS 'Which journal the recovery was recorded in.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.recovery IS 'Number of the recovery that took it back.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.snapshot IS 'Number of the one that had changed it.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.component IS 'What it is about.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.status IS 'in progress, success, failed or verification failed.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.attempts IS 'How many times the recovery had acted.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.verified IS 'Whether it was found to be in effect.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.message IS 'How it ended.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.requested_at IS 'When.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.started_at IS 'When it was begun.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.finished_at IS 'When it ended.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.item IS 'What was changed.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.value_before IS 'What it was to be again.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.value_after IS 'What it had been changed to.';
COMMENT ON COLUMN selfheal.recovery_rollbacks.undo IS 'How it is taken back.';

CREATE VIEW selfheal.snapshots AS
	SELECT
		s.id,
		s.component,
		s.parent,
		s.depth,
		s.state,
		s.taken_by,
		s.taken_at,
		s.closed_at,
		CASE WHEN s.state <> 'cleaned' THEN s.taken_at + selfheal.setting_seconds('selfheal.snapshot_retention') END AS expires_at,
		(SELECT count(*) FROM selfheal.snapshot_setting AS c WHERE c.snapshot = s.id) AS settings,
		(SELECT count(*) FROM selfheal.snapshot_setting AS c WHERE c.snapshot = s.id AND c.secret) AS secrets,
		s.resources,
		s.connections,
		s.transactions,
		s.version,
		'taken' AS kind,
		'the configuration' AS holds,
		(SELECT r.verified FROM selfheal.rollback AS r WHERE r.snapshot = s.id ORDER BY r.id DESC LIMIT 1) AS verified
	FROM selfheal.snapshot AS s
	UNION ALL
	SELECT
		-c.recovery,
		c.component,
		-c.parent,
		c.depth,
		c.state,
		'selfheal',
		c.taken_at,
		c.closed_at,
		NULL,
		CASE WHEN c.state <> 'cleaned' AND c.change_level <> 'user remedy' THEN 1 ELSE 0 END,
		0,
		NULL,
		NULL,
		NULL,
		NULL,
		'recovery',
		c.item,
		(SELECT b.verified FROM selfheal.recovery_rollbacks AS b
			WHERE b.journal = c.journal AND b.snapshot = c.recovery ORDER BY b.recovery DESC LIMIT 1)
	FROM selfheal.recovery_changes AS c;

COMMENT ON VIEW selfheal.snapshots IS 'Snapshots that were taken in this database, and what each recovery kept before it changed something: that of recovery 17 has the number -17.';
COMMENT ON COLUMN selfheal.snapshots.id IS 'Number of the snapshot, as rollback() takes it; negative for a recovery''s.';
COMMENT ON COLUMN selfheal.snapshots.component IS 'What it was taken for.';
COMMENT ON COLUMN selfheal.snapshots.parent IS 'The snapshot it was taken under; of a recovery''s, that of the one before on the same setting, which must be rolled back after it: neither was yet; NULL for none.';
COMMENT ON COLUMN selfheal.snapshots.depth IS '1 without a parent; of those that were taken, 3 at most.';
COMMENT ON COLUMN selfheal.snapshots.state IS 'open, rolled back or cleaned: of a recovery''s, the act was for a while which is over, or selfheal has forgotten it. Of a recovery''s also left: somebody has changed it since, so it is theirs and was not put back; and not in effect: it was put back, but something stronger sets it, such as the command line, or the server has not taken it from its file.';
COMMENT ON COLUMN selfheal.snapshots.taken_by IS 'Who took it.';
COMMENT ON COLUMN selfheal.snapshots.taken_at IS 'When.';
COMMENT ON COLUMN selfheal.snapshots.closed_at IS 'When it was rolled back or cleaned up. Of a recovery''s, when that took itself back, or when what was to take it back did, or found it to be somebody else''s; otherwise NULL, also when it is cleaned or not in effect.';
COMMENT ON COLUMN selfheal.snapshots.expires_at IS 'From when on it is cleaned up by itself; NULL for a recovery''s, which stay as long as there is room for them.';
COMMENT ON COLUMN selfheal.snapshots.settings IS 'How many settings it holds.';
COMMENT ON COLUMN selfheal.snapshots.secrets IS 'Of those, how many are kept as a digest only.';
COMMENT ON COLUMN selfheal.snapshots.resources IS 'What the server could use then: memory, workers, connections, disk; NULL for a recovery''s, like what follows.';
COMMENT ON COLUMN selfheal.snapshots.connections IS 'Client sessions then, counted by state, role, database and application.';
COMMENT ON COLUMN selfheal.snapshots.transactions IS 'Transactions then: counts, the oldest, prepared ones, and how many had ended in which way.';
COMMENT ON COLUMN selfheal.snapshots.version IS 'Version of selfheal that took it.';
COMMENT ON COLUMN selfheal.snapshots.kind IS 'taken: by create_snapshot(); recovery: by a recovery before it changed something.';
COMMENT ON COLUMN selfheal.snapshots.holds IS 'What it holds: the configuration, or what that recovery changed.';
COMMENT ON COLUMN selfheal.snapshots.verified IS 'Whether its newest rollback was found to be in effect; NULL when there was none.';

CREATE VIEW selfheal.snapshot_settings AS
	SELECT
		c.snapshot,
		c.level,
		c.name,
		c.parameter,
		CASE WHEN NOT c.secret THEN c.value END AS value,
		c.secret
	FROM selfheal.snapshot_setting AS c
	UNION ALL
	SELECT -r.recovery, r.change_level, r.change_name, r.change_parameter, r.value_before, false
	FROM selfheal.recovery_changes AS r
	WHERE r.state <> 'cleaned' AND r.change_level <> 'user remedy';

COMMENT ON VIEW selfheal.snapshot_settings IS 'What each snapshot holds.';
COMMENT ON COLUMN selfheal.snapshot_settings.snapshot IS 'Number of the snapshot.';
COMMENT ON COLUMN selfheal.snapshot_settings.level IS 'server (ALTER SYSTEM), file, database, role, role in database or table; of recoveries also throttle and index.';
COMMENT ON COLUMN selfheal.snapshot_settings.name IS 'The database, role or table; "ALL" = all roles.';
COMMENT ON COLUMN selfheal.snapshot_settings.parameter IS 'Name of the setting, or "connection limit".';
COMMENT ON COLUMN selfheal.snapshot_settings.value IS 'Its value, as it was written; NULL for a secret, and where there was none.';
COMMENT ON COLUMN selfheal.snapshot_settings.secret IS 'Whether it may be a secret, so that only a digest is kept.';

CREATE VIEW selfheal.rollbacks AS
	SELECT
		r.id,
		r.snapshot,
		r.component,
		CASE WHEN e.ended THEN 'failed' ELSE r.status END AS status,
		r.attempts,
		r.verified,
		CASE WHEN r.finished_at IS NOT NULL
			THEN 1000 * extract(epoch FROM r.finished_at - coalesce(r.started_at, r.finished_at))::double precision
		END AS duration_ms,
		CASE WHEN e.ended
			THEN 'its process was ended from outside or could not begin; rollback() with dry_run => true shows what is left to do'
			ELSE r.message
		END AS message,
		r.requested_by,
		r.requested_at,
		r.started_at,
		r.finished_at,
		t.restored,
		t.total
	FROM selfheal.rollback AS r
	CROSS JOIN LATERAL (
		SELECT r.status = 'in progress' AND NOT EXISTS (
			SELECT
			FROM selfheal.read_rollbacks() AS q
			JOIN pg_database AS d ON d.oid = q.database
			WHERE q.rollback = r.id AND d.datname = current_database()) AS ended
	) AS e
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE s.outcome = 'restored') AS restored, count(*) AS total
		FROM selfheal.rollback_step AS s
		WHERE s.rollback = r.id
	) AS t
	UNION ALL
	SELECT
		-b.recovery,
		-b.snapshot,
		b.component,
		b.status,
		b.attempts,
		b.verified,
		1000 * extract(epoch FROM b.finished_at - coalesce(b.started_at, b.finished_at))::double precision,
		b.message,
		b.requested_by,
		b.requested_at,
		b.started_at,
		b.finished_at,
		CASE WHEN b.status = 'success' THEN 1 ELSE 0 END,
		1
	FROM selfheal.recovery_rollbacks AS b;

COMMENT ON VIEW selfheal.rollbacks IS 'Every rollback of a snapshot in this database and of what a recovery changed, and how it ended.';
COMMENT ON COLUMN selfheal.rollbacks.id IS 'Number of the rollback; that of recovery 17, which took back what another or itself had changed, is -17.';
COMMENT ON COLUMN selfheal.rollbacks.snapshot IS 'What it went back to.';
COMMENT ON COLUMN selfheal.rollbacks.component IS 'What that was taken for.';
COMMENT ON COLUMN selfheal.rollbacks.status IS 'in progress; success: all put back and, if asked, verified; partial: some; failed: nothing; verification failed: put back, but not in effect.';
COMMENT ON COLUMN selfheal.rollbacks.attempts IS 'How many times it was tried, of a snapshot that was taken selfheal.rollback_max_attempts at most. Of a recovery''s, how many times that recovery had acted.';
COMMENT ON COLUMN selfheal.rollbacks.verified IS 'Whether what was put back was found to be in effect.';
COMMENT ON COLUMN selfheal.rollbacks.duration_ms IS 'How long it took.';
COMMENT ON COLUMN selfheal.rollbacks.message IS 'How it ended, and what was left and why.';
COMMENT ON COLUMN selfheal.rollbacks.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN selfheal.rollbacks.requested_at IS 'When.';
COMMENT ON COLUMN selfheal.rollbacks.started_at IS 'When it was begun.';
COMMENT ON COLUMN selfheal.rollbacks.finished_at IS 'When it ended.';
COMMENT ON COLUMN selfheal.rollbacks.restored IS 'How many settings it put back, without those that are not in effect.';
COMMENT ON COLUMN selfheal.rollbacks.total IS 'Of how many that differed.';

CREATE VIEW selfheal.rollback_steps AS
	SELECT t.rollback, t.step, t.item, t.before, t.wanted, t.statement, t.outcome, t.message
	FROM selfheal.rollback_step AS t
	UNION ALL
	SELECT
		-b.recovery,
		1,
		b.item,
		b.value_after,
		b.value_before,
		b.undo,
		CASE b.status
			WHEN 'success' THEN 'restored'
			WHEN 'in progress' THEN 'planned'
			WHEN 'verification failed' THEN 'not in effect'
			ELSE 'left'
		END,
		b.message
	FROM selfheal.recovery_rollbacks AS b;

COMMENT ON VIEW selfheal.rollback_steps IS 'What each rollback had to put back, one setting a row.';
COMMENT ON COLUMN selfheal.rollback_steps.rollback IS 'Number of the rollback.';
COMMENT ON COLUMN selfheal.rollback_steps.step IS 'Number of the step in it.';
COMMENT ON COLUMN selfheal.rollback_steps.item IS 'Which setting of what.';
COMMENT ON COLUMN selfheal.rollback_steps.before IS 'Its value when the rollback was asked for; NULL for none or a secret.';
COMMENT ON COLUMN selfheal.rollback_steps.wanted IS 'Its value in the snapshot; NULL for none or a secret.';
COMMENT ON COLUMN selfheal.rollback_steps.statement IS 'What puts it back, by selfheal or by hand; NULL for what no statement can.';
COMMENT ON COLUMN selfheal.rollback_steps.outcome IS 'planned, restored, left, failed or not in effect.';
COMMENT ON COLUMN selfheal.rollback_steps.message IS 'Why it was left or failed.';

CREATE VIEW selfheal.rollback_stats AS
	SELECT
		r.total_rollbacks,
		r.successful_rollbacks,
		r.failed_rollbacks,
		r.partial_rollbacks,
		r.verification_failed_rollbacks,
		r.rollbacks_in_progress,
		round(100.0 * r.successful_rollbacks / nullif(r.total_rollbacks - r.rollbacks_in_progress, 0), 1) AS success_rate,
		r.avg_duration_ms,
		(SELECT count(*) FROM selfheal.snapshots) AS snapshots_created,
		(SELECT count(*) FROM selfheal.snapshots AS s WHERE s.state = 'cleaned') AS snapshots_cleaned
	FROM (
		SELECT
			count(*) AS total_rollbacks,
			count(*) FILTER (WHERE v.status = 'success') AS successful_rollbacks,
			count(*) FILTER (WHERE v.status = 'failed') AS failed_rollbacks,
			count(*) FILTER (WHERE v.status = 'partial') AS partial_rollbacks,
			count(*) FILTER (WHERE v.status = 'verification failed') AS verification_failed_rollbacks,
			count(*) FILTER (WHERE v.status = 'in progress') AS rollbacks_in_progress,
			avg(v.duration_ms) AS avg_duration_ms
		FROM selfheal.rollbacks AS v
	) AS r;

COMMENT ON VIEW selfheal.rollback_stats IS 'Snapshots and rollbacks of this database and of recoveries, counted as far back as history is kept.';
COMMENT ON COLUMN selfheal.rollback_stats.total_rollbacks IS 'Rollbacks that were asked for, and those of recoveries that took back by themselves what did not help.';
COMMENT ON COLUMN selfheal.rollback_stats.successful_rollbacks IS 'Of those, how many put everything back.';
COMMENT ON COLUMN selfheal.rollback_stats.failed_rollbacks IS 'How many put nothing back.';
COMMENT ON COLUMN selfheal.rollback_stats.partial_rollbacks IS 'How many put some of it back.';
COMMENT ON COLUMN selfheal.rollback_stats.verification_failed_rollbacks IS 'How many put back what was then not in effect.';
COMMENT ON COLUMN selfheal.rollback_stats.rollbacks_in_progress IS 'How many have not ended yet.';
COMMENT ON COLUMN selfheal.rollback_stats.success_rate IS 'Successful ones of those that have ended, in percent.';
COMMENT ON COLUMN selfheal.rollback_stats.avg_duration_ms IS 'How long one took on average.';
COMMENT ON COLUMN selfheal.rollback_stats.snapshots_created IS 'Snapshots that were taken, and one for each recovery that changed something.';
COMMENT ON COLUMN selfheal.rollback_stats.snapshots_cleaned IS 'Of those, how many have been cleaned up.';
