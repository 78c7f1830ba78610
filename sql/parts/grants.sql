-- Who may use what. Nothing is for PUBLIC. A view calls its functions with the rights of whoever
-- reads the view, so what views read from is granted with them.
-- test/pgtap/privileges.sql holds the same as a table and compares.
REVOKE ALL ON ALL TABLES IN SCHEMA selfheal FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA selfheal FROM PUBLIC;

GRANT USAGE ON SCHEMA selfheal
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;

-- Metrics and the history of recoveries: everybody with a role.
GRANT SELECT ON
	selfheal.alarm_budget,
	selfheal.anomalies,
	selfheal.anomaly_stats,
	selfheal.baselines,
	selfheal.breakers,
	selfheal.causal_edges,
	selfheal.causal_graph_changes,
	selfheal.causal_learned,
	selfheal.causal_nodes,
	selfheal.causal_stats,
	selfheal.causal_versions,
	selfheal.changes,
	selfheal.component_policies,
	selfheal.errors,
	selfheal.failed_roles,
	selfheal.failure_types,
	selfheal.failures,
	selfheal.health,
	selfheal.health_history,
	selfheal.latency,
	selfheal.connection_slots,
	selfheal.connections,
	selfheal.databases,
	selfheal.diagnoses,
	selfheal.disk,
	selfheal.failure_types,
	selfheal.failure_samples,
	selfheal.failure_stats,
	selfheal.failures,
	selfheal.health,
	selfheal.horizon,
	selfheal.incidents,
	selfheal.load_shares,
	selfheal.lock_tree,
	selfheal.metric_hours,
	selfheal.metric_minutes,
	selfheal.metrics,
	selfheal.overhead,
	selfheal.overhead_stages,
	selfheal.parameters,
	selfheal.pauses,
	selfheal.prediction_calibration,
	selfheal.prediction_stats,
	selfheal.predictions,
	selfheal.processes,
	selfheal.recoveries,
	selfheal.recovery_steps,
	selfheal.remedies,
	selfheal.resources,
	selfheal.sensitivity,
	selfheal.setting_changes,
	selfheal.settings,
	selfheal.spills,
	selfheal.status,
	selfheal.top_queries
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
GRANT EXECUTE ON FUNCTION
	selfheal.causal_graph_dot(text, jsonb, boolean),
	selfheal.causal_graph_dot(bigint),
	selfheal.similar_incidents,
	selfheal.deviations,
	selfheal.explain,
	selfheal.flight_recorder,
	selfheal.infer_root_cause,
	selfheal.library_version,
	selfheal.predict_cascade,
	selfheal.read_alarm_budget,
	selfheal.read_anomalies,
	selfheal.read_baselines,
	selfheal.read_breakers,
	selfheal.read_calibration,
	selfheal.read_causal_edges,
	selfheal.read_causal_nodes,
	selfheal.read_causal_stats,
	selfheal.read_changes,
	selfheal.read_component_policies,
	selfheal.read_connection_slots,
	selfheal.read_prediction_stats,
	selfheal.read_predictions,
	selfheal.read_resources,
	selfheal.read_databases,
	selfheal.read_diagnoses,
	selfheal.read_disks,
	selfheal.read_engine,
	selfheal.read_errors,
	selfheal.read_failed_roles,
	selfheal.read_failure_types,
	selfheal.read_failures,
	selfheal.read_health,
	selfheal.read_health_changes,
	selfheal.read_false_positives,
	selfheal.read_latency,
	selfheal.read_horizon,
	selfheal.read_load,
	selfheal.read_metrics,
	selfheal.read_overhead,
	selfheal.read_overhead_stages,
	selfheal.read_parameters,
	selfheal.read_pauses,
	selfheal.read_processes,
	selfheal.read_recoveries,
	selfheal.read_remedies,
	selfheal.read_samples,
	selfheal.read_sensitivity,
	selfheal.read_sessions,
	selfheal.read_setting_changes,
	selfheal.read_spills,
	selfheal.read_steps,
	selfheal.read_top_queries,
	selfheal.samples
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;

-- What is to be decided, who did what, and addresses: not for developers.
GRANT SELECT ON
	selfheal.audit_log,
	selfheal.escalations,
	selfheal.events,
	selfheal.logins,
	selfheal.proposals,
	selfheal.user_metrics,
	selfheal.user_remedies,
	selfheal.throttles,
	selfheal.rollback_stats,
	selfheal.rollback_steps,
	selfheal.rollbacks,
	selfheal.snapshot_settings,
	selfheal.snapshots
	TO selfheal_admin, selfheal_operator, selfheal_auditor;
GRANT EXECUTE ON FUNCTION
	selfheal.diagnose,
	selfheal.read_escalations,
	selfheal.read_events,
	selfheal.read_logins,
	selfheal.read_user_metrics,
	selfheal.read_user_remedies,
	selfheal.read_throttles,
	selfheal.read_rollbacks,
	selfheal.setting_seconds,
	selfheal.read_proposals
	TO selfheal_admin, selfheal_operator, selfheal_auditor;

-- Who writes applications has them watched.
GRANT EXECUTE ON FUNCTION
	selfheal.detect
	TO selfheal_admin, selfheal_operator, selfheal_developer;

-- What acts.
GRANT EXECUTE ON FUNCTION
	selfheal.acknowledge,
	selfheal.approve,
	selfheal.cleanup_old_snapshots,
	selfheal.cleanup_snapshot,
	selfheal.create_snapshot,
	selfheal.mark_false_positive,
	selfheal.reject,
	selfheal.rollback,
	selfheal.trigger,
	selfheal.stop,
	selfheal.start,
	selfheal.pause,
	selfheal.resume,
	selfheal.throttle,
	selfheal.quarantine,
	selfheal.delay_logins,
	selfheal.confirm_cause,
	selfheal.unthrottle
	TO selfheal_admin, selfheal_operator;
GRANT EXECUTE ON FUNCTION
	selfheal.add_causal_edge,
	selfheal.add_causal_node,
	selfheal.add_metric,
	selfheal.learn_causes,
	selfheal.use_causal_version,
	selfheal.remove_causal_edge,
	selfheal.remove_causal_node,
	selfheal.remove_metric,
	selfheal.add_remedy,
	selfheal.remove_remedy,
	selfheal.reset_causal_graph,
	selfheal.update_causal_edge,
	selfheal.update_causal_node,
	selfheal.reset_baselines,
	selfheal.reset_breaker,
	selfheal.reset_component_policy,
	selfheal.reset_sensitivity,
	selfheal.set_component_policy,
	selfheal.set_sensitivity
	TO selfheal_admin;

-- Settings. Not selfheal.database: the scribe writes there as a superuser, so whoever chooses the
-- database chooses the triggers that would run.
GRANT ALTER SYSTEM ON PARAMETER
	selfheal.active_blocker_patience,
	selfheal.anomaly_threshold,
	selfheal.autonomy,
	selfheal.breaker_failures,
	selfheal.causal_learning_interval,
	selfheal.concurrent_recoveries,
	selfheal.connection_slots_patience,
	selfheal.connection_slots_threshold,
	selfheal.cooldown,
	selfheal.cpu_budget,
	selfheal.enable_predictive,
	selfheal.enabled,
	selfheal.failure_patience,
	selfheal.four_eyes,
	selfheal.gate,
	selfheal.granted_remedies,
	selfheal.health_check_interval,
	selfheal.health_check_timeout,
	selfheal.history_retention,
	selfheal.hold_stage,
	selfheal.hour_retention,
	selfheal.idle_blocker_patience,
	selfheal.idle_session_age,
	selfheal.log_level,
	selfheal.max_acts_10min,
	selfheal.max_acts_day,
	selfheal.max_acts_hour,
	selfheal.max_retries,
	selfheal.max_sandboxes,
	selfheal.min_confidence,
	selfheal.minute_retention,
	selfheal.monitoring_interval,
	selfheal.preset,
	selfheal.proposal_expiry,
	selfheal.protected_sessions,
	selfheal.protected_slots,
	selfheal.recovery_policy,
	selfheal.recovery_timeout,
	selfheal.retry_delay,
	selfheal.ring_save_interval,
	selfheal.rl_learning_enabled,
	selfheal.rl_learning_rate,
	selfheal.rollback_enabled,
	selfheal.rollback_max_attempts,
	selfheal.rollback_timeout,
	selfheal.rollback_verify,
	selfheal.runaway_statement_age,
	selfheal.sample_interval,
	selfheal.sandbox_enabled,
	selfheal.scale_give_back,
	selfheal.scan_budget,
	selfheal.scan_interval,
	selfheal.slot_wal_limit,
	selfheal.throttle_max_wait,
	selfheal.snapshot_retention
	TO selfheal_admin;

-- What the acting role may change, so that the server itself refuses anything else: made from the list
-- in src/recover/parameter.c. SET is the right to keep a superuser's setting for a database or a role.
DO $$
DECLARE
	allowed record;
BEGIN
	FOR allowed IN
		SELECT p.parameter, p.places, s.context
		FROM selfheal.read_parameters() AS p
		JOIN pg_settings AS s ON s.name = p.parameter
	LOOP
		IF allowed.places LIKE 'server%' THEN
			EXECUTE format('GRANT ALTER SYSTEM ON PARAMETER %I TO selfheal_executor', allowed.parameter);
		END IF;
		IF allowed.places LIKE '%role%' AND allowed.context = 'superuser' THEN
			EXECUTE format('GRANT SET ON PARAMETER %I TO selfheal_executor', allowed.parameter);
		END IF;
	END LOOP;
END
$$;

-- Not in that list, because only degrade_sync and restore_sync change it: REVOKE this, and the server refuses them, too.
GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO selfheal_executor;
