-- Snapshots and rollbacks: what is refused and how, what a snapshot holds, and what becomes of an order.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\t on
\a
\set ended 'SELECT play.becomes_true(''(SELECT status <> ''''in progress'''' FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1)'')'
\set outcome 'SELECT status, attempts, verified, restored, total, message FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1'
SELECT play.becomes_true('(SELECT state = ''on'' FROM selfheal.status) AND (SELECT count(*) > 0 FROM selfheal.read_metrics())');

-- Arguments
SELECT play.answer('SELECT selfheal.create_snapshot(NULL)');
SELECT split_part(play.answer('SELECT selfheal.create_snapshot(''nowhere'')'), ' archiver', 1);
SELECT play.answer('SELECT selfheal.create_snapshot(''database'', 999)');
SELECT play.answer('SELECT selfheal.create_snapshot(''database'', -1)');
SELECT play.answer('SELECT selfheal.rollback(NULL)');
SELECT play.answer('SELECT selfheal.rollback(999)');
SELECT play.answer('SELECT selfheal.cleanup_snapshot(NULL)');
SELECT play.answer('SELECT selfheal.cleanup_snapshot(999)');
SELECT count(*) FROM selfheal.snapshots WHERE kind = 'taken';

-- Three levels and not four
SELECT selfheal.create_snapshot('database') AS a \gset
SELECT selfheal.create_snapshot('storage', :a) AS b \gset
SELECT selfheal.create_snapshot('locks', :b) AS c \gset
SELECT play.answer('SELECT selfheal.create_snapshot(''locks'', ' || :c || ')');
SELECT component, parent = :a AS under_a, parent = :b AS under_b, depth, state, settings > 0 AS holds_something, kind, holds, verified
FROM selfheal.snapshots WHERE kind = 'taken' ORDER BY id;
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', dry_run => NULL)');
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', items => ''{}'')');
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', items => ARRAY[NULL])');
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', items => ARRAY[''work_mem'', ''x''''y''])');

-- A parent goes last, or with all that is under it
SELECT play.answer('SELECT selfheal.cleanup_snapshot(' || :a || ')');
SELECT selfheal.cleanup_snapshot(:c);
SELECT play.answer('SELECT selfheal.cleanup_snapshot(' || :c || ')');
SELECT play.answer('SELECT selfheal.rollback(' || :c || ')');
SELECT play.answer('SELECT selfheal.create_snapshot(''locks'', ' || :c || ')');
SELECT selfheal.cleanup_snapshot(:a, cascade => true);
SELECT state, settings, connections FROM selfheal.snapshots WHERE kind = 'taken' ORDER BY id;

-- Damaged, of another layout, cluster or database: refused, and so is a circle
SELECT selfheal.create_snapshot('database') AS a \gset
SELECT selfheal.create_snapshot('database', :a) AS b \gset
SELECT split_part(play.answer('UPDATE selfheal.snapshot SET parent = ' || :b || ' WHERE id = ' || :a), E'\n', 1);
SELECT split_part(play.answer('UPDATE selfheal.snapshot SET parent = id WHERE id = ' || :a), E'\n', 1);
BEGIN;
UPDATE selfheal.snapshot_setting SET value = '1' WHERE snapshot = :a AND parameter = 'max_worker_processes';
SELECT play.answer('SELECT selfheal.rollback(' || :a || ')');
SELECT play.answer('SELECT selfheal.create_snapshot(''database'', ' || :a || ')');
ROLLBACK;
BEGIN;
DELETE FROM selfheal.snapshot_setting WHERE snapshot = :a AND level = 'role';
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', true)');
ROLLBACK;
BEGIN;
UPDATE selfheal.snapshot SET parent = NULL WHERE id = :b;
SELECT play.answer('SELECT selfheal.rollback(' || :b || ', true)');
ROLLBACK;
BEGIN;
UPDATE selfheal.snapshot SET layout = 2 WHERE id = :a;
SELECT play.answer('SELECT selfheal.rollback(' || :a || ')');
ROLLBACK;
BEGIN;
UPDATE selfheal.snapshot SET system_identifier = system_identifier + 1 WHERE id = :a;
SELECT play.answer('SELECT selfheal.rollback(' || :a || ')');
ROLLBACK;
BEGIN;
UPDATE selfheal.snapshot SET database = 1 WHERE id = :a;
SELECT play.answer('SELECT selfheal.rollback(' || :a || ')');
ROLLBACK;

-- Where nothing can be written
BEGIN READ ONLY;
SELECT play.answer('SELECT selfheal.create_snapshot(''database'')');
SELECT play.answer('SELECT selfheal.rollback(' || :a || ', true)');
SELECT play.answer('SELECT selfheal.cleanup_old_snapshots()');
ROLLBACK;

-- Secrets are seen to change, and never kept
ALTER ROLE regress_app SET app.password = 'hunter2';
ALTER ROLE regress_app SET unknown.setting = 'hunter3';
SELECT selfheal.create_snapshot('database') AS s \gset
SELECT level, name, parameter, value, secret FROM selfheal.snapshot_settings
WHERE snapshot = :s AND name = 'regress_app' ORDER BY parameter;
SELECT count(*) FROM selfheal.snapshot_setting AS v WHERE v::text LIKE '%hunter%';
SELECT count(*) FROM selfheal.rollback(:s, true) WHERE item IS NOT NULL;
ALTER ROLE regress_app SET app.password = 'hunter4';
SELECT item, current_value, snapshot_value, statement, verdict FROM selfheal.rollback(:s, true);
SELECT count(*) FROM selfheal.rollback(:s);
:ended;
:outcome;
ALTER ROLE regress_app SET app.password = 'hunter2';

-- When nothing differs any more it is rolled back, and that only once
SELECT item, verdict FROM selfheal.rollback(:s);
:ended;
:outcome;
SELECT state, verified FROM selfheal.snapshots WHERE id = :s;
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');

-- What differs, and what is done about it
ALTER ROLE regress_app SET work_mem = '8MB';
ALTER ROLE regress_operator SET jit = off;
CREATE TABLE play.full_table (t text) WITH (fillfactor = 70);
SELECT selfheal.create_snapshot('database') AS s \gset
ALTER ROLE regress_app SET work_mem = '9MB';
ALTER ROLE regress_app SET synchronous_commit = off;
ALTER ROLE regress_operator RESET jit;
ALTER ROLE ALL SET random_page_cost = 3;
ALTER TABLE play.full_table SET (fillfactor = 20, vacuum_truncate = off, toast.autovacuum_enabled = off);
SELECT item, current_value, snapshot_value, statement, verdict FROM selfheal.rollback(:s, true);

-- Not when it was told not to act, and never by a transaction that does not commit
SELECT play.setting('selfheal.autonomy', 'observe');
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');
SELECT play.setting('selfheal.autonomy', NULL);
SELECT play.setting('selfheal.rollback_enabled', 'off');
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');
SELECT play.setting('selfheal.rollback_enabled', NULL);
SELECT play.setting('selfheal.enabled', 'off');
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');
SELECT play.setting('selfheal.enabled', NULL);
SELECT selfheal.stop('test') LIKE '%' AS stopped;
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');
SELECT selfheal.start('test') LIKE '%' AS started;
SELECT play.becomes_true('(SELECT state = ''on'' FROM selfheal.status)');
BEGIN;
SELECT count(*) FROM selfheal.rollback(:s);
ROLLBACK;
BEGIN;
SAVEPOINT one;
SELECT count(*) FROM selfheal.rollback(:s);
ROLLBACK TO one;
COMMIT;
BEGIN;
SELECT count(*) FROM selfheal.rollback(:s);
SELECT play.answer('SELECT selfheal.rollback(' || :s || ')');
SELECT play.answer('SELECT selfheal.cleanup_snapshot(' || :s || ')');
PREPARE TRANSACTION 'never';
SELECT count(*) FROM selfheal.rollbacks WHERE snapshot = :s;
SELECT count(*) FROM selfheal.read_rollbacks() WHERE state <> 'ended';
SELECT rolconfig FROM pg_roles WHERE rolname = 'regress_app';

-- Only what is named
SELECT item, verdict FROM selfheal.rollback(:s, items => ARRAY['role regress_app work_mem', 'jit']);
:ended;
:outcome;
SELECT state FROM selfheal.snapshots WHERE id = :s;
SELECT rolname, rolconfig FROM pg_roles WHERE rolname LIKE 'regress_%' AND rolconfig IS NOT NULL ORDER BY rolname;

-- The rest; what may not be changed is named
SELECT count(*) FROM selfheal.rollback(:s);
:ended;
:outcome;
SELECT item, outcome, message FROM selfheal.rollback_steps
WHERE rollback = (SELECT max(id) FROM selfheal.rollbacks) ORDER BY step;
SELECT reloptions FROM pg_class WHERE oid = 'play.full_table'::regclass;

-- What is set for all roles is not the server's
ALTER ROLE ALL SET cpu_operator_cost = 9;
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.events WHERE kind = ''setting_changed'' AND subject = ''cpu_operator_cost'')');
SELECT level, role, old_value, new_value FROM selfheal.setting_changes WHERE name = 'cpu_operator_cost';
SELECT message FROM selfheal.events WHERE kind = 'setting_changed' AND subject = 'cpu_operator_cost';
SELECT targets, statements, undo FROM selfheal.trigger('restore_setting', 'cpu_operator_cost', dry_run => true);
ALTER ROLE ALL RESET cpu_operator_cost;

-- What a recovery changed is a snapshot like the others, and the same function takes it back
SELECT play.setting('selfheal.autonomy', 'approve');
ALTER ROLE regress_operator SET effective_cache_size = '8MB';
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.setting_changes WHERE name = ''effective_cache_size'' AND new_value = ''8MB'')');
SELECT recovery AS r FROM selfheal.trigger('restore_setting', 'effective_cache_size', 'test') \gset
SELECT play.becomes_true('(SELECT stage = ''succeeded'' FROM selfheal.recoveries WHERE id = ' || :r || ')');
SELECT undoes, change_level, change_name, change_parameter, value_before, value_after, change_state, undo
FROM selfheal.recoveries WHERE id = :r;
SELECT component, parent, depth, state, taken_by, closed_at, expires_at, settings, kind, holds, verified
FROM selfheal.snapshots WHERE id = -:r;
SELECT level, name, parameter, value, secret FROM selfheal.snapshot_settings WHERE snapshot = -:r;
SELECT item, current_value, snapshot_value, statement, verdict FROM selfheal.rollback(-:r, dry_run => true);
SELECT count(*) FROM selfheal.rollback(-:r, dry_run => true, items => '{effective_cache_size, role regress_operator effective_cache_size}');
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ', true, ''{jit, effective_cache_size}'')');
SELECT play.answer('SELECT selfheal.create_snapshot(''database'', -' || :r || ')');
SELECT play.answer('SELECT selfheal.cleanup_snapshot(-' || :r || ')');
SELECT play.answer('SELECT selfheal.rollback(-999999)');
SELECT play.setting('selfheal.rollback_enabled', 'off');
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ')');
SELECT play.setting('selfheal.rollback_enabled', NULL);
-- not over a change that somebody has made since
ALTER ROLE regress_operator SET effective_cache_size = '9MB';
SELECT current_value, verdict FROM selfheal.rollback(-:r, dry_run => true);
SELECT rollback IS NULL AS not_ordered, current_value, verdict FROM selfheal.rollback(-:r);
SELECT count(*) FROM selfheal.rollbacks WHERE snapshot = -:r;
SELECT -recovery AS u FROM selfheal.trigger('undo_own_act', :'r', 'test') \gset
SELECT play.becomes_true('(SELECT status <> ''in progress'' FROM selfheal.rollbacks WHERE id = ' || :u || ')');
SELECT snapshot = -:r AS of_it, component, status, verified, restored, total, message FROM selfheal.rollbacks WHERE id = :u;
SELECT item, before, wanted, outcome FROM selfheal.rollback_steps WHERE rollback = :u;
SELECT state, verified FROM selfheal.snapshots WHERE id = -:r;
-- nor past a later recovery, even one that leaves the very same value: that is on top, and what comes to light is somebody's
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.setting_changes WHERE name = ''effective_cache_size'' AND new_value = ''9MB'')');
SELECT recovery AS later FROM selfheal.trigger('restore_setting', 'effective_cache_size', 'test') \gset
SELECT play.becomes_true('(SELECT stage = ''succeeded'' FROM selfheal.recoveries WHERE id = ' || :later || ')');
SELECT value_before, value_after, change_state FROM selfheal.recoveries WHERE id = :later;
SELECT parent, depth, state FROM selfheal.snapshots WHERE id = -:later;
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ')');
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ', dry_run => true)');
SELECT play.answer('SELECT selfheal.trigger(''undo_own_act'', ''' || :r || ''')');
SELECT rollback AS u FROM selfheal.rollback(-:later) \gset
SELECT play.becomes_true('(SELECT status <> ''in progress'' FROM selfheal.rollbacks WHERE id = ' || :u || ')');
SELECT status, restored FROM selfheal.rollbacks WHERE id = :u;
SELECT current_value, verdict FROM selfheal.rollback(-:r, dry_run => true);
-- and as it was left, back it goes, once
ALTER ROLE regress_operator RESET effective_cache_size;
SELECT rollback AS u, verdict FROM selfheal.rollback(-:r) \gset
SELECT play.becomes_true('(SELECT status <> ''in progress'' FROM selfheal.rollbacks WHERE id = ' || :u || ')');
SELECT status, verified, restored, total, requested_by = session_user AS by_me FROM selfheal.rollbacks WHERE id = :u;
SELECT item, before, wanted, outcome FROM selfheal.rollback_steps WHERE rollback = :u;
SELECT rolconfig FROM pg_roles WHERE rolname = 'regress_operator';
SELECT state, verified, closed_at IS NOT NULL AS closed FROM selfheal.snapshots WHERE id = -:r;
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ')');
ALTER ROLE regress_operator RESET effective_cache_size;
-- what is for a while is over with it
SELECT recovery AS r FROM selfheal.trigger('throttle_source', 'role:regress_app', 'test') \gset
SELECT play.becomes_true('(SELECT stage = ''succeeded'' FROM selfheal.recoveries WHERE id = ' || :r || ')');
SELECT state, settings, holds FROM selfheal.snapshots WHERE id = -:r;
SELECT count(selfheal.unthrottle(t.id)) FROM selfheal.throttles AS t;
SELECT state, settings, holds FROM selfheal.snapshots WHERE id = -:r;
SELECT play.answer('SELECT selfheal.rollback(-' || :r || ')');
SELECT play.setting('selfheal.autonomy', NULL);
-- of an earlier server: each began with what the one before had left, until one was taken back; what is not in memory is history
BEGIN;
INSERT INTO selfheal.recovery (journal, id, component, remedy, strategy, stage, autonomous, attempt, max_attempts, proposed_at,
	finished_at, waiters_before, waiters_after, undoes, change_level, change_name, change_parameter, value_before, value_after,
	change_state, undo)
SELECT 1, -v.id, 'storage', 'raise_setting', 'scale', v.stage, true, 1, 1, now(), now(), 0, 0, -v.undoes, v.level, '', 'max_wal_size',
	v.was, v.became, v.state, 'by hand'
FROM (VALUES
	(-900001, 'succeeded', NULL, 'server', '1GB', '2GB', 'in effect'),
	(-900002, 'succeeded', NULL, 'server', '2GB', '4GB', 'in effect'),
	(-900003, 'rolled back', NULL, 'server', '4GB', '8GB', 'undone'),
	(-900004, 'succeeded', -900002, NULL, NULL, NULL, 'in effect'),
	(-900005, 'succeeded', NULL, 'server', '3GB', '6GB', 'in effect'),
	-- left to somebody; put back, but not in effect, by another and by itself
	(-900006, 'succeeded', NULL, 'server', '6GB', '12GB', 'in effect'),
	(-900007, 'withdrawn', -900006, NULL, NULL, NULL, 'left'),
	(-900008, 'succeeded', NULL, 'server', '20GB', '40GB', 'in effect'),
	(-900009, 'failed', -900008, NULL, NULL, NULL, 'not in effect'),
	(-900010, 'failed', NULL, 'server', '20GB', '30GB', 'not in effect')
) AS v (id, stage, undoes, level, was, became, state);
INSERT INTO selfheal.recovery_step (journal, recovery, step, at, stage, attempt)
VALUES (1, 900003, 7, now(), 'rolling back', 1), (1, 900010, 7, now(), 'rolling back', 1);
SELECT id + 900000, parent + 900000, depth, state, settings, holds, verified
FROM selfheal.snapshots WHERE id < -900000 ORDER BY id DESC;
-- one that was taken back is under nothing, and over nothing; a table's namesake in another database is another; nothing is a value
INSERT INTO selfheal.recovery (journal, id, component, remedy, strategy, stage, autonomous, attempt, max_attempts, proposed_at,
	finished_at, waiters_before, waiters_after, undoes, change_level, change_name, change_parameter, value_before, value_after,
	change_state, undo, target_database)
SELECT 2, v.id, 'storage', 'raise_setting', 'scale', 'succeeded', true, 1, 1, now(), now(), 0, 0, NULL, v.level, v.name, v.parameter,
	v.was, v.became, v.state, 'by hand', v.place
FROM (VALUES
	(900101, 'server', '', 'max_wal_size', '1GB', '2GB', 'in effect', NULL),
	(900102, 'server', '', 'max_wal_size', '2GB', '4GB', 'undone', NULL),
	(900103, 'server', '', 'max_wal_size', '2GB', '8GB', 'in effect', NULL),
	(900104, 'table', 'public.t', 'autovacuum_enabled', 'off', NULL, 'in effect', 'here'),
	(900105, 'table', 'public.t', 'autovacuum_enabled', NULL, 'on', 'in effect', 'there'),
	(900106, 'table', 'public.t', 'autovacuum_enabled', NULL, 'on', 'in effect', 'here')
) AS v (id, level, name, parameter, was, became, state, place);
SELECT id + 900100, parent + 900100, depth, state FROM selfheal.snapshots WHERE id < -900100 ORDER BY id DESC;
DELETE FROM selfheal.recovery WHERE journal = 2;
SELECT snapshot + 900000, parameter, value FROM selfheal.snapshot_settings WHERE snapshot < -900000 ORDER BY snapshot DESC;
SELECT id + 900000, snapshot + 900000, status, verified, started_at IS NOT NULL AS begun FROM selfheal.rollbacks
WHERE id < -900000 ORDER BY id DESC;
SELECT rollback + 900000, outcome FROM selfheal.rollback_steps WHERE rollback < -900000 ORDER BY rollback DESC;
SELECT play.answer('SELECT selfheal.rollback(-900001)');
SELECT play.answer('SELECT selfheal.rollback(-900002)');
SELECT play.answer('SELECT selfheal.rollback(-900006)');
SELECT play.answer('SELECT selfheal.rollback(-900008)');
ROLLBACK;

-- Who may
SET ROLE selfheal_auditor;
SELECT count(*) > 0 FROM selfheal.snapshots;
SELECT play.answer('SELECT selfheal.create_snapshot(''database'')');
SELECT play.answer('SELECT selfheal.rollback(1)');
SELECT play.answer('SELECT * FROM selfheal.configuration');
SELECT play.answer('SELECT salt FROM selfheal.snapshot');
RESET ROLE;
SET ROLE regress_operator;
SELECT selfheal.create_snapshot('database') > 0;
SELECT play.answer('SELECT selfheal.order_rollback(1, ''a'', ''b'')');
SELECT play.answer('SELECT selfheal.clean(1)');
RESET ROLE;

-- On record
SELECT play.becomes_true('(SELECT history = ''ok'' FROM selfheal.status) AND (SELECT unwritten_records = 0 FROM selfheal.status)');
SELECT action, actor = 'selfheal' AS by_itself, count(*) > 0 AS there FROM selfheal.audit_log
WHERE action ~ 'snapshot|rollback' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT total_rollbacks, successful_rollbacks, failed_rollbacks, partial_rollbacks, verification_failed_rollbacks,
	rollbacks_in_progress, success_rate, avg_duration_ms > 0 AS takes_time,
	snapshots_created > (SELECT count(*) FROM selfheal.snapshot) AS counts_recoveries, snapshots_cleaned
FROM selfheal.rollback_stats;

-- Retention
SELECT play.setting('selfheal.snapshot_retention', '1s');
SELECT play.becomes_true('(SELECT max(expires_at) < clock_timestamp() FROM selfheal.snapshots)');
SELECT selfheal.cleanup_old_snapshots() > 0 AS cleaned;
SELECT DISTINCT state FROM selfheal.snapshots WHERE kind = 'taken';
SELECT count(*) FROM selfheal.snapshot_setting;
SELECT selfheal.cleanup_old_snapshots();
SELECT play.setting('selfheal.snapshot_retention', NULL);

ALTER ROLE ALL RESET random_page_cost;
\t off
\a
\i :sessions_end
