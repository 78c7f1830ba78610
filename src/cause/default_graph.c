/*
 * default_graph.c
 *		The causal graph that selfheal comes with.
 *
 * All probabilities and lags are judgement: they are priors, to be corrected by what is confirmed
 * (learn.h). Feedback, such as slow queries that bring more sessions that make queries slower, is
 * cut to the direction in which it begins, because a graph with cycles has no such probabilities.
 */
#include "cause/default_graph.h"

#include <stdio.h>

#include "predict/bounded.h"
#include "sample/metric.h"
#include "scan/finding.h"

#define COMPONENT HEAL_NODE_COMPONENT
#define RESOURCE HEAL_NODE_RESOURCE
#define DEPENDENCY HEAL_NODE_DEPENDENCY
#define CONFIGURATION HEAL_NODE_CONFIGURATION
#define USER_ACTION HEAL_NODE_USER_ACTION
#define DIRECT HEAL_EDGE_DIRECT
#define CONTRIBUTING HEAL_EDGE_CONTRIBUTING
#define CORRELATION HEAL_EDGE_CORRELATION

/* clang-format off */

#define HIGH(metric) {HEAL_SIGNAL_HIGH, HEAL_METRIC_##metric}
#define LOW(metric) {HEAL_SIGNAL_LOW, HEAL_METRIC_##metric}
#define FAILED(failure) {HEAL_SIGNAL_FAILURE, HEAL_##failure}
#define FOUND(finding) {HEAL_SIGNAL_FINDING, HEAL_SCAN_##finding}
#define FORESEEN(resource) {HEAL_SIGNAL_PREDICTION, HEAL_BOUNDED_##resource}
#define HAPPENED(event) {HEAL_SIGNAL_EVENT, HEAL_CAUSE_##event}
#define IS(event) {HEAL_SIGNAL_STATE, HEAL_CAUSE_##event}

/* id, name, type, trouble may begin here, leak, signals: the first of an origin is no other node's */
static const HealDefaultNode nodes[] = {
	{"traffic_spike", "More traffic than usual", USER_ACTION, true, 0.08,
	 {HIGH(STATEMENTS), HIGH(COMMITS)}},
	{"new_heavy_query", "New query takes much of the time", USER_ACTION, true, 0.06,
	 {HAPPENED(NEW_QUERY)}},
	{"plan_regression", "Query slower than it was, for the same rows", COMPONENT, true, 0.05,
	 {HAPPENED(QUERY_SLOWER)}},
	{"bulk_load", "Bulk load", USER_ACTION, true, 0.05,
	 {HIGH(TUPLES_INSERTED), HIGH(COPIES_RUNNING)}},
	{"long_transaction", "Long transaction at work", USER_ACTION, true, 0.06,
	 {HIGH(OLDEST_TRANSACTION)}},
	{"idle_in_transaction", "Session idle in transaction", USER_ACTION, true, 0.06,
	 {HIGH(LONGEST_IDLE_IN_TRANSACTION), HIGH(SESSIONS_IDLE_IN_TRANSACTION)}},
	{"orphan_prepared_xact", "Prepared transaction nobody finishes", USER_ACTION, true, 0.005,
	 {HIGH(OLDEST_PREPARED), FAILED(ORPHANED_PREPARED)}},
	{"ddl_exclusive_lock", "Schema change takes an exclusive lock", USER_ACTION, true, 0.04,
	 {FAILED(DDL_QUEUE), HIGH(SCHEMA_CHANGES), HIGH(REWRITES_RUNNING)}},
	{"hot_row_contention", "Many sessions update the same rows", USER_ACTION, true, 0.04,
	 {HAPPENED(HOT_ROWS)}},
	{"backup_running", "Base backup running", USER_ACTION, true, 0.04,
	 {HIGH(BASE_BACKUPS_RUNNING)}},
	{"connection_leak", "Application leaks connections", USER_ACTION, true, 0.04,
	 {HAPPENED(SLOTS_IDLE), HIGH(SESSIONS_IDLE)}},
	{"login_attack", "Storm of logins that fail", USER_ACTION, true, 0.01,
	 {HIGH(LOGINS_FAILED), FAILED(LOGIN_STORM)}},
	{"missing_index", "Index missing", CONFIGURATION, true, 0.06,
	 {FOUND(SEQUENTIAL_SCANS)}},
	{"stale_statistics", "Statistics of a table out of date", CONFIGURATION, true, 0.06,
	 {FOUND(STALE_STATISTICS), FAILED(STALE_STATISTICS)}},
	{"autovacuum_starved", "Autovacuum cannot keep up", CONFIGURATION, true, 0.05,
	 {HIGH(AUTOVACUUM_USED_SHARE), FAILED(AUTOVACUUM_STARVED)}},
	{"work_mem_low", "work_mem too small", CONFIGURATION, true, 0.05,
	 {FAILED(TEMP_SPILLS)}},
	{"memory_overcommit", "Settings promise more memory than there is", CONFIGURATION, true, 0.03,
	 {HIGH(CGROUP_MEMORY_USED_SHARE), HIGH(OUT_OF_MEMORY)}},
	{"shared_buffers_low", "shared_buffers too small", CONFIGURATION, true, 0.04,
	 {HIGH(IO_EVICTIONS)}},
	{"max_wal_size_low", "max_wal_size too small", CONFIGURATION, true, 0.05,
	 {HIGH(CHECKPOINTS_REQUESTED), FAILED(CHECKPOINT_STORM)}},
	{"max_connections_low", "max_connections too small", CONFIGURATION, true, 0.03,
	 {FORESEEN(CONNECTIONS)}},
	{"inactive_slot", "Replication slot nobody reads", CONFIGURATION, true, 0.03,
	 {HIGH(SLOTS_INACTIVE), FAILED(SLOT_RETAINS_WAL)}},
	{"archive_failing", "WAL archiving fails", DEPENDENCY, true, 0.02,
	 {HIGH(ARCHIVE_FAILURES), HIGH(ARCHIVE_AGE)}},
	{"replica_down", "Standby gone", DEPENDENCY, true, 0.02,
	 {LOW(STANDBYS)}},
	{"network_fault", "Network drops or delays packets", DEPENDENCY, true, 0.02,
	 {HIGH(NETWORK_ERRORS), HIGH(NETWORK_DROPS), HIGH(CONNECTIONS_LOST)}},
	{"disk_slow", "Disk slower than usual", RESOURCE, true, 0.04,
	 {HIGH(DISK_WRITE_LATENCY), HIGH(DISK_READ_LATENCY)}},
	{"storage_error", "Storage returns errors", RESOURCE, true, 0.004,
	 {HIGH(CHECKSUM_FAILURES), HIGH(CORRUPTION_ERRORS)}},
	{"cpu_stolen", "CPU taken by others", DEPENDENCY, true, 0.03,
	 {HIGH(CPU_STEAL), HIGH(CGROUP_CPU_THROTTLED)}},
	{"memory_stolen", "Memory taken by other programs", DEPENDENCY, true, 0.01,
	 {HIGH(MEMORY_USED_SHARE)}},
	{"config_change", "Setting changed", USER_ACTION, true, 0.03,
	 {HAPPENED(SETTING_CHANGED), FAILED(SETTING_MADE_SLOW)}},
	{"load_hog", "One source takes what all others need", USER_ACTION, true, 0.03,
	 {FAILED(LOAD_HOG)}},
	{"runaway_statement", "Statement that never ends", USER_ACTION, true, 0.03,
	 {HIGH(LONGEST_STATEMENT), FAILED(RUNAWAY_STATEMENT)}},
	{"advisory_lock_held", "Idle session holds an advisory lock", USER_ACTION, true, 0.01,
	 {FAILED(LOCK_PILEUP_ADVISORY)}},
	{"vacuum_holds_lock", "Autovacuum holds a lock others want", COMPONENT, true, 0.01,
	 {FAILED(VACUUM_BLOCKS)}},
	{"invalid_index", "Invalid index left behind", COMPONENT, true, 0.02,
	 {FOUND(INVALID_INDEX), FAILED(INVALID_INDEX)}},
	{"read_only_default", "Transactions are read-only by default", CONFIGURATION, true, 0.004,
	 {FAILED(READ_ONLY_BY_DEFAULT)}},
	{"autovacuum_off", "Autovacuum switched off", CONFIGURATION, true, 0.004,
	 {IS(AUTOVACUUM_OFF), FAILED(AUTOVACUUM_OFF)}},
	{"autovacuum_off_table", "Autovacuum switched off for a table", CONFIGURATION, true, 0.01,
	 {FOUND(AUTOVACUUM_OFF), FAILED(AUTOVACUUM_OFF_TABLE)}},
	{"planner_switch_off", "Planner method switched off", CONFIGURATION, true, 0.004,
	 {FAILED(PLANNER_SWITCH_OFF)}},
	{"cpu_saturated", "CPU saturated", RESOURCE, false, 0.01,
	 {HIGH(CPU_USED), HIGH(PRESSURE_CPU), HIGH(RUN_QUEUE)}},
	{"io_saturated", "Disk I/O saturated", RESOURCE, false, 0.01,
	 {HIGH(DISK_BUSY), HIGH(PRESSURE_IO), HIGH(SESSIONS_WAITING_IO)}},
	{"memory_pressure", "Memory short", RESOURCE, false, 0.005,
	 {HIGH(PRESSURE_MEMORY), LOW(MEMORY_AVAILABLE), HIGH(SWAP_IN)}},
	{"oom_kill", "Process killed for lack of memory", COMPONENT, false, 0.001,
	 {HIGH(CGROUP_OOM_KILLS)}},
	{"disk_space_low", "Disk space low", RESOURCE, false, 0.01,
	 {HIGH(DATA_USED_SHARE), FORESEEN(DISK)}},
	{"disk_full", "Disk full", RESOURCE, false, 0.001,
	 {HIGH(DISK_FULL_ERRORS)}},
	{"wal_accumulation", "WAL piles up", RESOURCE, false, 0.005,
	 {HIGH(WAL_DISK_USED_SHARE), HIGH(SLOT_RETAINED_WAL), FORESEEN(SLOT_WAL)}},
	{"wal_write_slow", "WAL writes slow", COMPONENT, false, 0.005,
	 {HIGH(PROBE_LATENCY), HIGH(WAL_BUFFERS_FULL)}},
	{"checkpoint_storm", "Checkpoints one after the other", COMPONENT, false, 0.005,
	 {HIGH(CHECKPOINT_SYNC_TIME), HIGH(CHECKPOINT_WRITE_TIME)}},
	{"cache_miss_high", "Cache misses", COMPONENT, false, 0.01,
	 {LOW(CACHE_HIT_RATIO)}},
	{"temp_spill", "Sorts and hashes spill to disk", COMPONENT, false, 0.01,
	 {HIGH(TEMP_BYTES), HIGH(TEMP_FILES)}},
	{"seq_scan_heavy", "Heavy sequential scans", COMPONENT, false, 0.01,
	 {HIGH(TUPLES_RETURNED)}},
	{"table_bloat", "Table bloated", COMPONENT, false, 0.02,
	 {FOUND(BLOAT), FOUND(DEAD_ROWS), FAILED(OVERDUE_VACUUM)}},
	{"xmin_held", "Old row versions cannot be removed", COMPONENT, false, 0.005,
	 {HIGH(XMIN_AGE_SESSIONS), HIGH(XMIN_AGE_PREPARED), HIGH(XMIN_AGE_SLOTS), HIGH(XMIN_AGE_STANDBYS)}},
	{"wraparound_risk", "Transaction ids run out", COMPONENT, false, 0.001,
	 {HIGH(XID_AGE), HIGH(MULTIXACT_AGE), FORESEEN(TRANSACTION_IDS)}},
	{"lock_waits", "Sessions wait for locks", COMPONENT, false, 0.01,
	 {HIGH(LONGEST_LOCK_WAIT), HIGH(LOCK_WAITERS)}},
	{"deadlocks", "Deadlocks", COMPONENT, false, 0.005,
	 {HIGH(DEADLOCKS)}},
	{"lwlock_contention", "Sessions wait for internal locks", COMPONENT, false, 0.01,
	 {HIGH(SESSIONS_WAITING_LWLOCK)}},
	{"backends_piling_up", "Active sessions pile up", COMPONENT, false, 0.005,
	 {HIGH(SESSIONS_ACTIVE), HIGH(SESSIONS_ON_CPU)}},
	{"connections_high", "Many connections in use", RESOURCE, false, 0.01,
	 {HIGH(SLOTS_USED_SHARE), FAILED(CONNECTION_SLOTS)}},
	{"connections_exhausted", "No connection slots left", RESOURCE, false, 0.001,
	 {HIGH(CONNECTIONS_REFUSED)}},
	{"replication_lag", "Standby lags behind", COMPONENT, false, 0.01,
	 {HIGH(STANDBY_LAG_BYTES), HIGH(STANDBY_LAG_SECONDS), HIGH(REPLAY_LAG_SECONDS)}},
	{"sync_commit_stall", "Commits wait for a standby", COMPONENT, false, 0.001,
	 {HIGH(SESSIONS_WAITING_SYNC), FAILED(SYNC_STANDBY_LOST)}},
	{"replay_conflict", "Replay cancels queries on the standby", COMPONENT, false, 0.005,
	 {HIGH(RECOVERY_CONFLICTS)}},
	{"crash_restart", "Server crashed and restarted", COMPONENT, false, 0.002,
	 {HAPPENED(CRASHED)}},
	{"write_failure", "Writes fail", COMPONENT, false, 0.001,
	 {HAPPENED(WRITE_REFUSED), HIGH(SYSTEM_ERRORS)}},
	{"query_latency_high", "Queries slow", COMPONENT, false, 0.01,
	 {HIGH(STATEMENT_P95), HIGH(STATEMENT_P99)}},
	{"throughput_drop", "Fewer transactions than usual", COMPONENT, false, 0.005,
	 {LOW(COMMITS)}},
	{"error_rate_high", "Many errors", COMPONENT, false, 0.005,
	 {HIGH(ERRORS), HIGH(ROLLBACK_SHARE)}},
	{"query_timeout", "Queries time out", COMPONENT, false, 0.002,
	 {HIGH(STATEMENTS_CANCELLED), HIGH(LOCK_TIMEOUTS)}},
	{"service_unavailable", "Database does not answer", COMPONENT, false, 0.0005,
	 {HAPPENED(PROBE_FAILED)}},
	{"data_loss_risk", "A crash now would lose data", COMPONENT, false, 0.001,
	 {HIGH(SLOTS_LOST)}},
	{"wal_receiver_silent", "Standby hears nothing of its primary", COMPONENT, true, 0.02,
	 {HIGH(RECEIVER_SILENCE), LOW(RECEIVER_STREAMING), FAILED(WAL_RECEIVER_SILENT)}},
	{"sync_degraded", "Commits no longer wait for standbys", CONFIGURATION, false, 0.001,
	 {FAILED(SYNC_DEGRADED)}},
	{"lock_order", "Transactions lock the same rows in different order", USER_ACTION, true, 0.01,
	 {FAILED(DEADLOCK_STORM)}},
	{"connection_flood", "Application has too many sessions at work", USER_ACTION, true, 0.02,
	 {HAPPENED(SLOTS_AT_WORK)}},
};

/* from, to, type, probability, seconds until it shows */
static const struct
{
	const char *from, *to;
	HealEdgeType type;
	double probability;
	int lag;
} edges[] = {
	{"traffic_spike", "cpu_saturated", DIRECT, 0.55, 30},
	{"traffic_spike", "connections_high", DIRECT, 0.6, 30},
	{"traffic_spike", "io_saturated", CONTRIBUTING, 0.5, 60},
	{"traffic_spike", "lwlock_contention", CONTRIBUTING, 0.45, 30},
	{"traffic_spike", "wal_write_slow", CONTRIBUTING, 0.3, 60},
	{"traffic_spike", "memory_pressure", CONTRIBUTING, 0.3, 60},
	{"new_heavy_query", "seq_scan_heavy", DIRECT, 0.55, 10},
	{"new_heavy_query", "cpu_saturated", DIRECT, 0.55, 20},
	{"new_heavy_query", "temp_spill", CONTRIBUTING, 0.5, 10},
	{"new_heavy_query", "query_latency_high", DIRECT, 0.6, 10},
	{"plan_regression", "seq_scan_heavy", DIRECT, 0.6, 10},
	{"plan_regression", "cpu_saturated", CONTRIBUTING, 0.6, 20},
	{"plan_regression", "query_latency_high", DIRECT, 0.85, 10},
	{"bulk_load", "io_saturated", DIRECT, 0.55, 30},
	{"bulk_load", "checkpoint_storm", DIRECT, 0.6, 120},
	{"bulk_load", "wal_accumulation", DIRECT, 0.45, 120},
	{"bulk_load", "stale_statistics", DIRECT, 0.5, 300},
	{"bulk_load", "replication_lag", DIRECT, 0.5, 60},
	{"bulk_load", "disk_space_low", CONTRIBUTING, 0.35, 1800},
	{"long_transaction", "xmin_held", DIRECT, 0.8, 600},
	{"long_transaction", "lock_waits", CONTRIBUTING, 0.45, 30},
	{"long_transaction", "replay_conflict", CORRELATION, 0.3, 300},
	{"idle_in_transaction", "xmin_held", DIRECT, 0.7, 600},
	{"idle_in_transaction", "lock_waits", DIRECT, 0.45, 30},
	{"idle_in_transaction", "connections_high", CONTRIBUTING, 0.35, 300},
	{"orphan_prepared_xact", "xmin_held", DIRECT, 0.9, 600},
	{"orphan_prepared_xact", "lock_waits", CONTRIBUTING, 0.4, 60},
	{"ddl_exclusive_lock", "lock_waits", DIRECT, 0.9, 10},
	{"hot_row_contention", "lock_waits", DIRECT, 0.85, 10},
	{"hot_row_contention", "deadlocks", DIRECT, 0.35, 30},
	{"hot_row_contention", "lwlock_contention", CONTRIBUTING, 0.3, 30},
	{"backup_running", "io_saturated", DIRECT, 0.55, 30},
	{"backup_running", "cache_miss_high", CONTRIBUTING, 0.3, 60},
	{"backup_running", "xmin_held", CONTRIBUTING, 0.5, 600},
	{"connection_leak", "connections_high", DIRECT, 0.85, 600},
	{"connection_leak", "memory_pressure", CONTRIBUTING, 0.4, 600},
	{"login_attack", "connections_high", CONTRIBUTING, 0.35, 30},
	{"login_attack", "error_rate_high", DIRECT, 0.7, 10},
	{"login_attack", "cpu_saturated", CORRELATION, 0.3, 30},
	{"missing_index", "seq_scan_heavy", DIRECT, 0.9, 10},
	{"stale_statistics", "plan_regression", DIRECT, 0.4, 60},
	{"autovacuum_starved", "table_bloat", DIRECT, 0.75, 3600},
	{"autovacuum_starved", "stale_statistics", DIRECT, 0.55, 3600},
	{"autovacuum_starved", "wraparound_risk", DIRECT, 0.25, 86400},
	{"work_mem_low", "temp_spill", DIRECT, 0.85, 10},
	{"memory_overcommit", "memory_pressure", DIRECT, 0.6, 300},
	{"shared_buffers_low", "cache_miss_high", DIRECT, 0.7, 300},
	{"shared_buffers_low", "lwlock_contention", CORRELATION, 0.4, 60},
	{"max_wal_size_low", "checkpoint_storm", DIRECT, 0.8, 120},
	{"max_connections_low", "connections_exhausted", DIRECT, 0.5, 30},
	{"inactive_slot", "wal_accumulation", DIRECT, 0.9, 3600},
	{"archive_failing", "wal_accumulation", DIRECT, 0.9, 1800},
	{"archive_failing", "data_loss_risk", DIRECT, 0.6, 3600},
	{"replica_down", "wal_accumulation", CONTRIBUTING, 0.5, 3600},
	{"replica_down", "sync_commit_stall", DIRECT, 0.4, 10},
	{"replica_down", "data_loss_risk", DIRECT, 0.6, 60},
	{"replica_down", "sync_degraded", CONTRIBUTING, 0.3, 60},
	{"network_fault", "replication_lag", DIRECT, 0.8, 10},
	{"network_fault", "replica_down", DIRECT, 0.3, 60},
	{"network_fault", "sync_commit_stall", DIRECT, 0.4, 10},
	{"network_fault", "query_latency_high", DIRECT, 0.55, 5},
	{"network_fault", "throughput_drop", DIRECT, 0.55, 5},
	{"network_fault", "wal_receiver_silent", DIRECT, 0.7, 60},
	{"disk_slow", "io_saturated", DIRECT, 0.8, 10},
	{"disk_slow", "wal_write_slow", DIRECT, 0.7, 10},
	{"disk_slow", "query_latency_high", DIRECT, 0.65, 10},
	{"storage_error", "write_failure", DIRECT, 0.8, 5},
	{"storage_error", "crash_restart", DIRECT, 0.3, 10},
	{"storage_error", "data_loss_risk", DIRECT, 0.9, 5},
	{"cpu_stolen", "cpu_saturated", DIRECT, 0.75, 10},
	{"memory_stolen", "memory_pressure", DIRECT, 0.85, 60},
	{"config_change", "plan_regression", CONTRIBUTING, 0.25, 60},
	{"config_change", "work_mem_low", CORRELATION, 0.2, 60},
	{"config_change", "memory_overcommit", CORRELATION, 0.2, 60},
	{"config_change", "max_wal_size_low", CORRELATION, 0.2, 60},
	{"config_change", "shared_buffers_low", CORRELATION, 0.1, 60},
	{"load_hog", "cpu_saturated", DIRECT, 0.6, 10},
	{"load_hog", "connections_high", CONTRIBUTING, 0.5, 30},
	{"load_hog", "query_latency_high", DIRECT, 0.7, 10},
	{"load_hog", "io_saturated", CONTRIBUTING, 0.4, 30},
	{"runaway_statement", "cpu_saturated", DIRECT, 0.6, 10},
	{"runaway_statement", "xmin_held", CONTRIBUTING, 0.5, 600},
	{"advisory_lock_held", "lock_waits", DIRECT, 0.85, 10},
	{"vacuum_holds_lock", "lock_waits", DIRECT, 0.85, 10},
	{"invalid_index", "missing_index", CONTRIBUTING, 0.5, 60},
	{"read_only_default", "write_failure", DIRECT, 0.95, 5},
	{"autovacuum_off", "table_bloat", DIRECT, 0.8, 3600},
	{"autovacuum_off", "stale_statistics", DIRECT, 0.7, 3600},
	{"autovacuum_off", "wraparound_risk", DIRECT, 0.2, 86400},
	{"autovacuum_off_table", "table_bloat", DIRECT, 0.75, 3600},
	{"autovacuum_off_table", "stale_statistics", DIRECT, 0.5, 3600},
	{"planner_switch_off", "plan_regression", DIRECT, 0.85, 10},
	{"cpu_saturated", "query_latency_high", DIRECT, 0.8, 10},
	{"cpu_saturated", "backends_piling_up", DIRECT, 0.5, 30},
	{"io_saturated", "query_latency_high", DIRECT, 0.75, 10},
	{"io_saturated", "wal_write_slow", DIRECT, 0.5, 10},
	{"io_saturated", "replication_lag", CONTRIBUTING, 0.4, 60},
	{"memory_pressure", "oom_kill", DIRECT, 0.35, 300},
	{"memory_pressure", "io_saturated", CONTRIBUTING, 0.55, 60},
	{"memory_pressure", "cache_miss_high", DIRECT, 0.45, 60},
	{"memory_pressure", "query_latency_high", CONTRIBUTING, 0.5, 60},
	{"oom_kill", "crash_restart", DIRECT, 0.95, 5},
	{"disk_space_low", "disk_full", DIRECT, 0.3, 3600},
	{"disk_full", "write_failure", DIRECT, 0.95, 5},
	{"disk_full", "crash_restart", DIRECT, 0.4, 30},
	{"wal_accumulation", "disk_space_low", DIRECT, 0.7, 3600},
	{"wal_write_slow", "query_latency_high", DIRECT, 0.6, 5},
	{"wal_write_slow", "lwlock_contention", DIRECT, 0.5, 5},
	{"checkpoint_storm", "io_saturated", DIRECT, 0.6, 30},
	{"checkpoint_storm", "wal_write_slow", DIRECT, 0.5, 30},
	{"cache_miss_high", "io_saturated", DIRECT, 0.5, 30},
	{"cache_miss_high", "query_latency_high", DIRECT, 0.5, 10},
	{"temp_spill", "io_saturated", DIRECT, 0.45, 30},
	{"temp_spill", "disk_space_low", CONTRIBUTING, 0.35, 300},
	{"temp_spill", "query_latency_high", DIRECT, 0.5, 10},
	{"seq_scan_heavy", "cache_miss_high", DIRECT, 0.6, 30},
	{"seq_scan_heavy", "cpu_saturated", CONTRIBUTING, 0.5, 30},
	{"seq_scan_heavy", "io_saturated", DIRECT, 0.55, 30},
	{"seq_scan_heavy", "query_latency_high", DIRECT, 0.65, 10},
	{"table_bloat", "seq_scan_heavy", CONTRIBUTING, 0.5, 1800},
	{"table_bloat", "cache_miss_high", DIRECT, 0.5, 1800},
	{"table_bloat", "disk_space_low", CONTRIBUTING, 0.4, 86400},
	{"xmin_held", "table_bloat", DIRECT, 0.65, 1800},
	{"xmin_held", "wraparound_risk", DIRECT, 0.2, 86400},
	{"wraparound_risk", "service_unavailable", DIRECT, 0.05, 86400},
	{"wraparound_risk", "io_saturated", CONTRIBUTING, 0.5, 3600},
	{"lock_waits", "query_latency_high", DIRECT, 0.75, 10},
	{"lock_waits", "backends_piling_up", DIRECT, 0.5, 30},
	{"lock_waits", "query_timeout", DIRECT, 0.5, 60},
	{"lock_waits", "deadlocks", CONTRIBUTING, 0.15, 30},
	{"deadlocks", "error_rate_high", DIRECT, 0.8, 5},
	{"lwlock_contention", "query_latency_high", DIRECT, 0.6, 5},
	{"lwlock_contention", "cpu_saturated", CONTRIBUTING, 0.35, 10},
	{"backends_piling_up", "connections_high", DIRECT, 0.6, 60},
	{"connections_high", "connections_exhausted", DIRECT, 0.3, 120},
	{"connections_exhausted", "service_unavailable", DIRECT, 0.8, 5},
	{"connections_exhausted", "error_rate_high", DIRECT, 0.9, 5},
	{"replication_lag", "sync_commit_stall", CONTRIBUTING, 0.2, 10},
	{"replication_lag", "replay_conflict", CORRELATION, 0.3, 60},
	{"replication_lag", "data_loss_risk", DIRECT, 0.5, 60},
	{"replication_lag", "wal_accumulation", CORRELATION, 0.4, 600},
	{"sync_commit_stall", "query_latency_high", DIRECT, 0.9, 5},
	{"sync_commit_stall", "throughput_drop", DIRECT, 0.8, 5},
	{"sync_commit_stall", "sync_degraded", DIRECT, 0.5, 60},
	{"replay_conflict", "error_rate_high", CONTRIBUTING, 0.5, 30},
	{"crash_restart", "service_unavailable", DIRECT, 0.9, 5},
	{"crash_restart", "error_rate_high", DIRECT, 0.9, 5},
	{"write_failure", "error_rate_high", DIRECT, 0.95, 5},
	{"write_failure", "query_timeout", CONTRIBUTING, 0.4, 30},
	{"query_latency_high", "backends_piling_up", DIRECT, 0.6, 30},
	{"query_latency_high", "query_timeout", DIRECT, 0.4, 60},
	{"query_latency_high", "throughput_drop", DIRECT, 0.55, 30},
	{"query_timeout", "error_rate_high", DIRECT, 0.8, 5},
	{"query_timeout", "throughput_drop", CONTRIBUTING, 0.5, 10},
	{"service_unavailable", "throughput_drop", DIRECT, 0.95, 5},
	{"wal_receiver_silent", "replication_lag", DIRECT, 0.9, 10},
	{"wal_receiver_silent", "data_loss_risk", DIRECT, 0.5, 60},
	{"sync_degraded", "data_loss_risk", DIRECT, 0.6, 5},
	{"lock_order", "deadlocks", DIRECT, 0.9, 10},
	{"connection_flood", "connections_high", DIRECT, 0.85, 30},
	{"connection_flood", "memory_pressure", CONTRIBUTING, 0.4, 60},
};

const HealCauseEventRow heal_cause_events[HEAL_CAUSE_EVENTS] = {
	[HEAL_CAUSE_NEW_QUERY] = {"new_query", "a new statement takes much of the time"},
	[HEAL_CAUSE_QUERY_SLOWER] = {"query_slower", "a statement takes longer than it used to"},
	[HEAL_CAUSE_SETTING_CHANGED] = {"setting_changed", "a setting was changed"},
	[HEAL_CAUSE_WRITE_REFUSED] = {"write_refused", "writes were refused"},
	[HEAL_CAUSE_CRASHED] = {"crashed", "the server crashed and recovered"},
	[HEAL_CAUSE_PROBE_FAILED] = {"probe_failed", "the probe of the database failed"},
	[HEAL_CAUSE_HOT_ROWS] = {"hot_rows", "sessions queue for locks that change hands all the time"},
	[HEAL_CAUSE_AUTOVACUUM_OFF] = {"autovacuum_off", "autovacuum is switched off"},
	[HEAL_CAUSE_SLOTS_AT_WORK] = {"slots_at_work", "statements of one application take half of the connection slots or more"},
	[HEAL_CAUSE_SLOTS_IDLE] = {"slots_idle", "idle sessions take half of the connection slots or more"},
};

/* where each failure shows; and the cause that its proof names, "" = none */
const HealDefaultFailure heal_default_failures[HEAL_FAILURE_KINDS] = {
	[HEAL_LOCK_PILEUP_IDLE] = {"lock_waits", "idle_in_transaction"},
	[HEAL_LOCK_PILEUP_ACTIVE] = {"lock_waits", "long_transaction"},
	[HEAL_CONNECTION_SLOTS] = {"connections_high", ""},
	[HEAL_LOCK_PILEUP_ADVISORY] = {"lock_waits", "advisory_lock_held"},
	[HEAL_LOCK_PILEUP_PREPARED] = {"lock_waits", "orphan_prepared_xact"},
	[HEAL_DDL_QUEUE] = {"lock_waits", "ddl_exclusive_lock"},
	[HEAL_RUNAWAY_STATEMENT] = {"cpu_saturated", "runaway_statement"},
	[HEAL_ORPHANED_PREPARED] = {"orphan_prepared_xact", "orphan_prepared_xact"},
	[HEAL_SETTING_MADE_SLOW] = {"query_latency_high", "config_change"},
	[HEAL_INVALID_INDEX] = {"invalid_index", "invalid_index"},
	[HEAL_STALE_STATISTICS] = {"stale_statistics", ""},
	[HEAL_OVERDUE_VACUUM] = {"table_bloat", ""},
	[HEAL_VACUUM_BLOCKS] = {"lock_waits", "vacuum_holds_lock"},
	[HEAL_WAL_RECEIVER_SILENT] = {"wal_receiver_silent", "wal_receiver_silent"},
	[HEAL_LOAD_HOG] = {"query_latency_high", "load_hog"},
	[HEAL_LOGIN_STORM] = {"login_attack", "login_attack"},
	[HEAL_READ_ONLY_BY_DEFAULT] = {"write_failure", "read_only_default"},
	[HEAL_CHECKPOINT_STORM] = {"checkpoint_storm", "max_wal_size_low"},
	[HEAL_AUTOVACUUM_STARVED] = {"autovacuum_starved", "autovacuum_starved"},
	[HEAL_SYNC_STANDBY_LOST] = {"sync_commit_stall", "replica_down"},
	[HEAL_SYNC_DEGRADED] = {"sync_degraded", ""},
	[HEAL_DEADLOCK_STORM] = {"deadlocks", "lock_order"},
	[HEAL_AUTOVACUUM_OFF] = {"autovacuum_off", "autovacuum_off"},
	[HEAL_PLANNER_SWITCH_OFF] = {"plan_regression", "planner_switch_off"},
	[HEAL_AUTOVACUUM_OFF_TABLE] = {"table_bloat", "autovacuum_off_table"},
	[HEAL_SLOT_RETAINS_WAL] = {"wal_accumulation", "inactive_slot"},
	[HEAL_TEMP_SPILLS] = {"temp_spill", "work_mem_low"},
};

/* clang-format on */

const HealDefaultNode *
heal_default_nodes(int *count)
{
	*count = (int) heal_lengthof(nodes);
	return nodes;
}

HealGraphError
heal_default_graph(HealGraph *graph)
{
	HealGraphError error = HEAL_GRAPH_OK;

	heal_graph_clear(graph);
	for (size_t i = 0; i < heal_lengthof(nodes) && error == HEAL_GRAPH_OK; i++)
	{
		HealNode node = {.type = nodes[i].type,
						 .origin = nodes[i].origin,
						 .leak = nodes[i].leak};

		snprintf(node.id, sizeof(node.id), "%s", nodes[i].id);
		snprintf(node.name, sizeof(node.name), "%s", nodes[i].name);
		error = heal_graph_add_node(graph, &node);
	}
	for (size_t i = 0; i < heal_lengthof(edges) && error == HEAL_GRAPH_OK; i++)
	{
		HealEdge edge = {.from = heal_graph_find(graph, edges[i].from),
						 .to = heal_graph_find(graph, edges[i].to),
						 .type = edges[i].type,
						 .probability = edges[i].probability,
						 .lag = edges[i].lag};

		error = heal_graph_add_edge(graph, &edge);
	}
	return error;
}

const HealClue *
heal_signal_clue(HealSignalKind kind)
{
	/* A proof is hardly ever wrong, and what it proves is seen late or not at all more often. */
	static const HealClue clue[HEAL_SIGNAL_KINDS] = {
		[HEAL_SIGNAL_HIGH] = {0.9, 0.05},
		[HEAL_SIGNAL_LOW] = {0.9, 0.05},
		[HEAL_SIGNAL_FAILURE] = {0.9, 0.005},
		[HEAL_SIGNAL_FINDING] = {0.9, 0.05},
		[HEAL_SIGNAL_PREDICTION] = {0.7, 0.05},
		[HEAL_SIGNAL_EVENT] = {0.9, 0.02},
		[HEAL_SIGNAL_STATE] = {0.99, 0.001},
	};

	return &clue[kind];
}
