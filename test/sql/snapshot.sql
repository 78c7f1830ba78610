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
SELECT count(*) FROM selfheal.snapshots;

-- Three levels and not four
SELECT selfheal.create_snapshot('database') AS a \gset
SELECT selfheal.create_snapshot('storage', :a) AS b \gset
SELECT selfheal.create_snapshot('locks', :b) AS c \gset
SELECT play.answer('SELECT selfheal.create_snapshot(''locks'', ' || :c || ')');
SELECT component, parent = :a AS under_a, parent = :b AS under_b, depth, state, settings > 0 AS holds_something
FROM selfheal.snapshots ORDER BY id;
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
SELECT state, settings, connections FROM selfheal.snapshots ORDER BY id;

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
SELECT state FROM selfheal.snapshots WHERE id = :s;
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
	rollbacks_in_progress, success_rate, avg_duration_ms > 0 AS takes_time, snapshots_created, snapshots_cleaned
FROM selfheal.rollback_stats;

-- Retention
SELECT play.setting('selfheal.snapshot_retention', '1s');
SELECT play.becomes_true('(SELECT max(expires_at) < clock_timestamp() FROM selfheal.snapshots)');
SELECT selfheal.cleanup_old_snapshots() > 0 AS cleaned;
SELECT DISTINCT state FROM selfheal.snapshots;
SELECT count(*) FROM selfheal.snapshot_setting;
SELECT selfheal.cleanup_old_snapshots();
SELECT play.setting('selfheal.snapshot_retention', NULL);

ALTER ROLE ALL RESET random_page_cost;
\t off
\a
\i :sessions_end
