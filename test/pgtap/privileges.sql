-- Who may use what, as a table, against what the catalog says. An object that is not in the table
-- fails the test: whoever adds one decides here who may use it.
BEGIN;

-- may: A admin, O operator, D developer, U auditor.
CREATE TEMPORARY TABLE expected (kind text, name text, may text);
INSERT INTO expected VALUES
	('relation', 'alarm_budget', 'AODU'),
	('relation', 'anomalies', 'AODU'),
	('relation', 'anomaly', ''),
	('relation', 'anomaly_stats', 'AODU'),
	('relation', 'audit_log', 'AOU'),
	('relation', 'baselines', 'AODU'),
	('relation', 'breakers', 'AODU'),
	('relation', 'causal_edge_change', ''),
	('relation', 'causal_edges', 'AODU'),
	('relation', 'causal_graph_changes', 'AODU'),
	('relation', 'causal_learned', 'AODU'),
	('relation', 'causal_learned_number', ''),
	('relation', 'causal_node_change', ''),
	('relation', 'causal_version', ''),
	('relation', 'causal_version_use', ''),
	('relation', 'causal_versions', 'AODU'),
	('relation', 'confirmed_cause', ''),
	('relation', 'incident', ''),
	('relation', 'incidents', 'AODU'),
	('relation', 'causal_nodes', 'AODU'),
	('relation', 'causal_stats', 'AODU'),
	('relation', 'diagnoses', 'AODU'),
	('relation', 'diagnosis', ''),
	('relation', 'changes', 'AODU'),
	('relation', 'component_policies', 'AODU'),
	('relation', 'configuration', ''),
	('relation', 'connection_slots', 'AODU'),
	('relation', 'connections', 'AODU'),
	('relation', 'databases', 'AODU'),
	('relation', 'disk', 'AODU'),
	('relation', 'errors', 'AODU'),
	('relation', 'escalation', ''),
	('relation', 'escalations', 'AOU'),
	('relation', 'event', ''),
	('relation', 'events', 'AOU'),
	('relation', 'failed_roles', 'AODU'),
	('relation', 'failure', ''),
	('relation', 'failure_sample', ''),
	('relation', 'failure_samples', 'AODU'),
	('relation', 'failure_stats', 'AODU'),
	('relation', 'failure_types', 'AODU'),
	('relation', 'failure_window', ''),
	('relation', 'failures', 'AODU'),
	('relation', 'false_positive', ''),
	('relation', 'health', 'AODU'),
	('relation', 'health_change', ''),
	('relation', 'health_history', 'AODU'),
	('relation', 'horizon', 'AODU'),
	('relation', 'journal', ''),
	('relation', 'latency', 'AODU'),
	('relation', 'load_shares', 'AODU'),
	('relation', 'lock_tree', 'AODU'),
	('relation', 'logins', 'AOU'),
	('relation', 'metric_hour', ''),
	('relation', 'metric_hours', 'AODU'),
	('relation', 'metric_layout', ''),
	('relation', 'metric_minute', ''),
	('relation', 'metric_minutes', 'AODU'),
	('relation', 'metrics', 'AODU'),
	('relation', 'overhead', 'AODU'),
	('relation', 'overhead_stages', 'AODU'),
	('relation', 'parameters', 'AODU'),
	('relation', 'mirrored', ''),
	('relation', 'pauses', 'AODU'),
	('relation', 'prediction_calibration', 'AODU'),
	('relation', 'prediction_stats', 'AODU'),
	('relation', 'predictions', 'AODU'),
	('relation', 'processes', 'AODU'),
	('relation', 'probe', ''),
	('relation', 'proposals', 'AOU'),
	('relation', 'recoveries', 'AODU'),
	('relation', 'recovery', ''),
	('relation', 'recovery_changes', ''),
	('relation', 'recovery_rollbacks', ''),
	('relation', 'recovery_step', ''),
	('relation', 'recovery_steps', 'AODU'),
	('relation', 'remedies', 'AODU'),
	('relation', 'resources', 'AODU'),
	('relation', 'rollback', ''),
	('relation', 'rollback_id_seq', ''),
	('relation', 'rollback_stats', 'AOU'),
	('relation', 'rollback_step', ''),
	('relation', 'rollback_steps', 'AOU'),
	('relation', 'rollbacks', 'AOU'),
	('relation', 'scan_column', ''),
	('relation', 'scan_columns', 'AODU'),
	('relation', 'scan_coverage', 'AODU'),
	('relation', 'scan_finding', ''),
	('relation', 'scan_findings', 'AODU'),
	('relation', 'scan_pass', ''),
	('relation', 'sensitivity', 'AODU'),
	('relation', 'setting_changes', 'AODU'),
	('relation', 'settings', 'AODU'),
	('relation', 'snapshot', ''),
	('relation', 'snapshot_id_seq', ''),
	('relation', 'snapshot_setting', ''),
	('relation', 'snapshot_settings', 'AOU'),
	('relation', 'snapshots', 'AOU'),
	('relation', 'spills', 'AODU'),
	('relation', 'status', 'AODU'),
	('relation', 'throttles', 'AOU'),
	('relation', 'top_queries', 'AODU'),
	('relation', 'user_metric', ''),
	('relation', 'user_metrics', 'AOU'),
	('relation', 'user_remedies', 'AOU'),
	('relation', 'user_remedy', ''),
	('function', 'acknowledge', 'AO'),
	('function', 'confirm_cause', 'AO'),
	('function', 'forget_incidents', ''),
	('function', 'learn_causes', 'A'),
	('function', 'learn_numbers', ''),
	('function', 'similar_incidents', 'AODU'),
	('function', 'use_causal_version', 'A'),
	('function', 'add_causal_edge', 'A'),
	('function', 'add_causal_node', 'A'),
	('function', 'remove_causal_edge', 'A'),
	('function', 'remove_causal_node', 'A'),
	('function', 'reset_causal_graph', 'A'),
	('function', 'update_causal_edge', 'A'),
	('function', 'update_causal_node', 'A'),
	('function', 'causal_graph_dot', 'AODU'),
	('function', 'infer_root_cause', 'AODU'),
	('function', 'predict_cascade', 'AODU'),
	('function', 'read_causal_edges', 'AODU'),
	('function', 'read_causal_nodes', 'AODU'),
	('function', 'read_causal_stats', 'AODU'),
	('function', 'read_diagnoses', 'AODU'),
	('function', 'add_metric', 'A'),
	('function', 'add_remedy', 'A'),
	('function', 'approve', 'AO'),
	('function', 'audit', ''),
	('function', 'change_objection', ''),
	('function', 'change_statement', ''),
	('function', 'check_files', ''),
	('function', 'check_home', ''),
	('function', 'clean', ''),
	('function', 'clean_expired', ''),
	('function', 'cleanup_old_snapshots', 'AO'),
	('function', 'cleanup_snapshot', 'AO'),
	('function', 'create_snapshot', 'AO'),
	('function', 'current_connections', ''),
	('function', 'current_resources', ''),
	('function', 'current_transactions', ''),
	('function', 'delay_logins', 'AO'),
	('function', 'descendants', ''),
	('function', 'detect', 'AOD'),
	('function', 'deviations', 'AODU'),
	('function', 'diagnose', 'AOU'),
	('function', 'differences', ''),
	('function', 'digest', ''),
	('function', 'explain', 'AODU'),
	('function', 'finish_rollback', ''),
	('function', 'flight_recorder', 'AODU'),
	('function', 'forget', ''),
	('function', 'forget_samples', ''),
	('function', 'forget_scans', ''),
	('function', 'forget_snapshots', ''),
	('function', 'forget_windows', ''),
	('function', 'is_secret', ''),
	('function', 'keep_hours', ''),
	('function', 'layout_of_hour', ''),
	('function', 'library_version', 'AODU'),
	('function', 'mark_false_positive', 'AO'),
	('function', 'order_false_positive', ''),
	('function', 'order_rollback', ''),
	('function', 'pause', 'AO'),
	('function', 'quarantine', 'AO'),
	('function', 'read_alarm_budget', 'AODU'),
	('function', 'read_anomalies', 'AODU'),
	('function', 'read_baselines', 'AODU'),
	('function', 'read_breakers', 'AODU'),
	('function', 'read_changes', 'AODU'),
	('function', 'read_component_policies', 'AODU'),
	('function', 'read_calibration', 'AODU'),
	('function', 'read_connection_slots', 'AODU'),
	('function', 'read_databases', 'AODU'),
	('function', 'read_prediction_stats', 'AODU'),
	('function', 'read_predictions', 'AODU'),
	('function', 'read_resources', 'AODU'),
	('function', 'read_disks', 'AODU'),
	('function', 'read_engine', 'AODU'),
	('function', 'read_errors', 'AODU'),
	('function', 'read_escalations', 'AOU'),
	('function', 'read_events', 'AOU'),
	('function', 'read_failed_roles', 'AODU'),
	('function', 'read_failure_types', 'AODU'),
	('function', 'read_failures', 'AODU'),
	('function', 'read_health', 'AODU'),
	('function', 'read_health_changes', 'AODU'),
	('function', 'read_false_positives', 'AODU'),
	('function', 'read_horizon', 'AODU'),
	('function', 'read_latency', 'AODU'),
	('function', 'read_load', 'AODU'),
	('function', 'read_logins', 'AOU'),
	('function', 'read_metrics', 'AODU'),
	('function', 'read_overhead', 'AODU'),
	('function', 'read_overhead_stages', 'AODU'),
	('function', 'read_parameters', 'AODU'),
	('function', 'read_pauses', 'AODU'),
	('function', 'read_processes', 'AODU'),
	('function', 'read_proposals', 'AOU'),
	('function', 'read_recoveries', 'AODU'),
	('function', 'read_remedies', 'AODU'),
	('function', 'read_rollbacks', 'AOU'),
	('function', 'read_samples', 'AODU'),
	('function', 'read_scan_kinds', 'AODU'),
	('function', 'read_scanner', 'AODU'),
	('function', 'read_sensitivity', 'AODU'),
	('function', 'read_sessions', 'AODU'),
	('function', 'read_setting_changes', 'AODU'),
	('function', 'read_spills', 'AODU'),
	('function', 'read_steps', 'AODU'),
	('function', 'read_throttles', 'AOU'),
	('function', 'read_top_queries', 'AODU'),
	('function', 'read_user_metrics', 'AOU'),
	('function', 'read_user_remedies', 'AOU'),
	('function', 'reject', 'AO'),
	('function', 'remove_metric', 'A'),
	('function', 'remove_remedy', 'A'),
	('function', 'require_primary', ''),
	('function', 'reset_baselines', 'A'),
	('function', 'reset_breaker', 'A'),
	('function', 'reset_component_policy', 'A'),
	('function', 'reset_sensitivity', 'A'),
	('function', 'resume', 'AO'),
	('function', 'rollback', 'AO'),
	('function', 'rollback_in_progress', ''),
	('function', 'samples', 'AODU'),
	('function', 'set_component_policy', 'A'),
	('function', 'set_sensitivity', 'A'),
	('function', 'setting_seconds', 'AOU'),
	('function', 'skip_known', ''),
	('function', 'same_value', ''),
	('function', 'require_taken', ''),
	('function', 'rollback_recovery', ''),
	('function', 'snapshot_checksum', ''),
	('function', 'start', 'AO'),
	('function', 'stop', 'AO'),
	('function', 'throttle', 'AO'),
	('function', 'trigger', 'AO'),
	('function', 'unthrottle', 'AO'),
	('function', 'usable_snapshot', ''),
	('function', 'user_metrics_changed', '');

CREATE TEMPORARY TABLE roles (letter text, role name);
INSERT INTO roles VALUES
	('A', 'selfheal_admin'),
	('O', 'selfheal_operator'),
	('D', 'selfheal_developer'),
	('U', 'selfheal_auditor'),
	('X', 'selfheal_executor'),
	('P', 'public');

CREATE TEMPORARY VIEW relations AS
	SELECT c.oid, c.relname AS name, c.relkind
	FROM pg_class c
	WHERE c.relnamespace = 'selfheal'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S');

CREATE TEMPORARY VIEW functions AS
	SELECT p.oid, p.proname AS name
	FROM pg_proc p
	WHERE p.pronamespace = 'selfheal'::regnamespace;

-- What reading a view as that role ends with; NULL is well. A view may lean on functions that
-- the role must be allowed to call, which its own privileges do not show.
CREATE FUNCTION pg_temp.reading(role name, view text) RETURNS text
	LANGUAGE plpgsql
AS $$
DECLARE
	message text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	BEGIN
		EXECUTE format('SELECT * FROM selfheal.%I LIMIT 1', view);
	EXCEPTION WHEN OTHERS THEN
		message := sqlerrm;
	END;
	RESET ROLE;
	RETURN message;
END
$$;

SELECT plan(26);

SELECT set_eq(
	format($$SELECT name FROM relations WHERE has_table_privilege(%L, oid, 'SELECT')$$, role),
	format($$SELECT name::name FROM expected WHERE kind = 'relation' AND may LIKE '%%%s%%'$$, letter),
	role || ' reads exactly the views meant for it')
FROM roles;

SELECT set_eq(
	format($$SELECT name FROM functions WHERE has_function_privilege(%L, oid, 'EXECUTE')$$, role),
	format($$SELECT name::name FROM expected WHERE kind = 'function' AND may LIKE '%%%s%%'$$, letter),
	role || ' calls exactly the functions meant for it')
FROM roles;

SELECT set_eq(
	$$SELECT 'relation', name FROM relations
		UNION SELECT 'function', name FROM functions$$,
	$$SELECT kind, name::name FROM expected$$,
	'every relation and function is in the table of this test');

SELECT is_empty(
	$$SELECT role, name, pg_temp.reading(role, name) FROM expected, roles
		WHERE kind = 'relation' AND strpos(may, letter) > 0 AND pg_temp.reading(role, name) IS NOT NULL$$,
	'reading a view works for everybody who may');

SELECT is_empty(
	$$SELECT r.name, o.role FROM relations r, roles o
		WHERE r.relkind <> 'S' AND has_table_privilege(o.role, r.oid,
			'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$,
	'nobody writes a table by hand');

SELECT set_eq(
	$$SELECT role FROM roles WHERE has_schema_privilege(role, 'selfheal', 'USAGE')$$,
	ARRAY['selfheal_admin', 'selfheal_operator', 'selfheal_developer', 'selfheal_auditor']::name[],
	'only our four roles may name what is in the schema');

SELECT is_empty(
	$$SELECT role FROM roles WHERE has_schema_privilege(role, 'selfheal', 'CREATE')$$,
	'nobody puts anything into the schema');

SELECT set_eq(
	$$SELECT rolname FROM pg_roles
		WHERE rolname LIKE 'selfheal\_%' AND NOT (rolsuper OR rolcanlogin OR rolcreaterole
			OR rolcreatedb OR rolreplication OR rolbypassrls)$$,
	$$SELECT role FROM roles WHERE letter <> 'P'$$,
	'our roles have no attribute of power and cannot log in');

SELECT set_eq(
	$$SELECT m.roleid::regrole::text, m.member::regrole::text FROM pg_auth_members m
		WHERE m.member::regrole::text LIKE 'selfheal\_%'$$,
	$$VALUES ('pg_signal_backend', 'selfheal_executor')$$,
	'the acting role is a member of pg_signal_backend, and that is all');

SELECT set_eq(
	$$SELECT name FROM selfheal.settings
		WHERE has_parameter_privilege('selfheal_admin', name, 'ALTER SYSTEM')$$,
	$$SELECT name FROM pg_settings
		WHERE name LIKE 'selfheal.%' AND name <> 'selfheal.database'$$,
	'the administrator may change every setting but the home of the tables');

SELECT is_empty(
	$$SELECT s.name, o.role FROM pg_settings s, roles o
		WHERE o.letter <> 'A' AND s.name LIKE 'selfheal.%'
			AND has_parameter_privilege(o.role, s.name, 'ALTER SYSTEM')$$,
	'and nobody else');

SELECT set_eq(
	$$SELECT name FROM pg_settings WHERE has_parameter_privilege('selfheal_executor', name, 'ALTER SYSTEM')$$,
	$$SELECT s.name FROM selfheal.parameters p JOIN pg_settings s ON s.name = p.parameter
		WHERE p.places LIKE 'server%'
		UNION SELECT 'synchronous_standby_names'$$,
	'the acting role may change what is in selfheal.parameters, what degrade_sync is about, and nothing else');

SELECT set_eq(
	$$SELECT name FROM pg_settings
		WHERE context = 'superuser' AND has_parameter_privilege('selfheal_executor', name, 'SET')$$,
	$$SELECT s.name FROM selfheal.parameters p JOIN pg_settings s ON s.name = p.parameter
		WHERE p.places LIKE '%role%' AND s.context = 'superuser'$$,
	'it may keep a superuser''s setting for a role only when that is in it, too');

SELECT is_empty(
	$$SELECT s.name, s.context FROM selfheal.parameters p JOIN pg_settings s ON s.name = p.parameter
		WHERE s.context NOT IN ('sighup', 'superuser', 'user')
			OR s.context = 'sighup' AND p.places LIKE '%role%'$$,
	'whatever may be changed takes effect without a restart, where it may be changed');

SELECT is_empty(
	$$SELECT s.name, p.minimum, s.min_val, p.maximum, s.max_val
		FROM selfheal.parameters p JOIN pg_settings s ON s.name = p.parameter
		WHERE p.choices IS NULL AND (s.min_val IS NULL OR p.maximum < p.minimum
				OR p.minimum > s.max_val::float8 OR p.maximum < s.min_val::float8)
			OR p.choices IS NOT NULL AND s.vartype = 'enum'
				AND NOT string_to_array(p.choices, ' ') && s.enumvals$$,
	'its bounds are such as the server can count with');

SELECT set_eq(
	$$SELECT parameter FROM selfheal.parameters WHERE places <> 'table' AND parameter NOT IN (SELECT name FROM pg_settings)$$,
	$$SELECT 'transaction_timeout' WHERE current_setting('server_version_num')::int < 170000$$,
	'the server knows every one of them, but for what came with a later version');

SELECT * FROM finish();
ROLLBACK;
