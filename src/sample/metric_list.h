/*
 * metric_list.h
 *		The rows of the metric catalogue.
 *
 * METRIC(id, name, unit, kind, which direction is bad, component, category, meaning).
 * No include guard: whoever needs a list of all metrics defines METRIC and includes
 * this. A metric whose rise or fall says nothing by itself (the throughput of an honest
 * workload), or nothing that another row does not say better, is bad in NEITHER
 * direction: it is shown, not judged. What needs a newer server than the oldest we run
 * on has a row in metric_since[] of metric.c as well.
 */
/* clang-format off */

/* sessions */
METRIC(SESSIONS, "sessions", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"client sessions connected")
METRIC(SESSIONS_ACTIVE, "sessions_active", COUNT, GAUGE, HIGH, "sessions", "performance",
	"client sessions running a statement")
METRIC(SESSIONS_IDLE, "sessions_idle", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"client sessions idle outside a transaction")
METRIC(SESSIONS_IDLE_IN_TRANSACTION, "sessions_idle_in_transaction", COUNT, GAUGE, HIGH, "sessions", "performance",
	"client sessions idle in an open transaction")
METRIC(SESSIONS_IDLE_ABORTED, "sessions_idle_in_transaction_aborted", COUNT, GAUGE, HIGH, "sessions", "performance",
	"client sessions idle in a transaction that has failed")
METRIC(SESSIONS_OTHER, "sessions_other", COUNT, GAUGE, NEITHER, "sessions", "performance",
	"client sessions starting, in a fast path call or with tracking disabled")
METRIC(SESSIONS_ON_CPU, "sessions_on_cpu", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions that wait for nothing")
METRIC(SESSIONS_WAITING_LWLOCK, "sessions_waiting_lwlock", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions waiting for a lightweight lock")
METRIC(SESSIONS_WAITING_LOCK, "sessions_waiting_lock", COUNT, GAUGE, NEITHER, "locks", "performance",
	"active client sessions waiting for a heavyweight lock")
METRIC(SESSIONS_WAITING_BUFFER_PIN, "sessions_waiting_buffer_pin", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions waiting for a buffer pin")
METRIC(SESSIONS_WAITING_IO, "sessions_waiting_io", COUNT, GAUGE, HIGH, "storage", "performance",
	"active client sessions waiting for input or output")
METRIC(SESSIONS_WAITING_IPC, "sessions_waiting_ipc", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions waiting for another server process")
METRIC(SESSIONS_WAITING_CLIENT, "sessions_waiting_client", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions waiting for their client")
METRIC(SESSIONS_WAITING_TIMEOUT, "sessions_waiting_timeout", COUNT, GAUGE, NEITHER, "sessions", "performance",
	"active client sessions sleeping")
METRIC(SESSIONS_WAITING_EXTENSION, "sessions_waiting_extension", COUNT, GAUGE, HIGH, "sessions", "performance",
	"active client sessions waiting inside an extension")
METRIC(SESSIONS_WAITING_SYNC, "sessions_waiting_sync_replication", COUNT, GAUGE, HIGH, "replication", "performance",
	"sessions waiting for a synchronous standby to confirm their commit")
METRIC(SLOTS_USED, "connection_slots_used", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"client connection slots in use")
METRIC(SLOTS_FREE, "connection_slots_free", COUNT, GAUGE, LOW, "sessions", "resource",
	"client connection slots free for ordinary roles")
METRIC(SLOTS_USED_SHARE, "connection_slots_used_share", SHARE, GAUGE, HIGH, "sessions", "resource",
	"share of the client connection slots in use")
METRIC(BACKGROUND_WORKERS, "background_workers", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"background workers running, parallel workers not counted")
METRIC(PARALLEL_WORKERS, "parallel_workers", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"parallel workers running")
METRIC(AUTOVACUUM_WORKERS, "autovacuum_workers", COUNT, GAUGE, NEITHER, "sessions", "resource",
	"autovacuum workers running")
METRIC(AUTOVACUUM_USED_SHARE, "autovacuum_workers_used_share", SHARE, GAUGE, HIGH, "sessions", "resource",
	"autovacuum workers running as a share of those allowed at once")
METRIC(VACUUMS_RUNNING, "vacuums_running", COUNT, GAUGE, NEITHER, "databases", "resource",
	"processes vacuuming a table, autovacuum included")
METRIC(ANALYZES_RUNNING, "analyzes_running", COUNT, GAUGE, NEITHER, "databases", "resource",
	"processes gathering statistics of a table, autovacuum included")
METRIC(INDEX_BUILDS_RUNNING, "index_builds_running", COUNT, GAUGE, NEITHER, "databases", "resource",
	"processes building an index")
METRIC(REWRITES_RUNNING, "table_rewrites_running", COUNT, GAUGE, NEITHER, "databases", "resource",
	"processes rewriting a table for VACUUM FULL or CLUSTER")
METRIC(COPIES_RUNNING, "copies_running", COUNT, GAUGE, NEITHER, "databases", "performance",
	"processes running COPY")
METRIC(BASE_BACKUPS_RUNNING, "base_backups_running", COUNT, GAUGE, NEITHER, "replication", "resource",
	"base backups being sent")
METRIC(WALSENDERS, "walsenders", COUNT, GAUGE, NEITHER, "replication", "resource",
	"processes that send WAL or a base backup")

/* transactions */
METRIC(OLDEST_TRANSACTION, "oldest_transaction_age", SECONDS, GAUGE, HIGH, "transactions", "performance",
	"age of the oldest open transaction of a client session")
METRIC(LONGEST_IDLE_IN_TRANSACTION, "longest_idle_in_transaction", SECONDS, GAUGE, HIGH, "transactions", "performance",
	"longest time a client session has been idle in a transaction")
METRIC(LONGEST_STATEMENT, "longest_active_statement", SECONDS, GAUGE, HIGH, "transactions", "performance",
	"age of the longest running statement of a client session")
METRIC(XMIN_AGE_SESSIONS, "xmin_age_sessions", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"transactions since the oldest snapshot held by a process here")
METRIC(XMIN_AGE_STANDBYS, "xmin_age_standbys", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"transactions since the oldest snapshot a standby reports without a slot")
METRIC(XMIN_AGE_SLOTS, "xmin_age_slots", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"transactions since the oldest row version a replication slot retains")
METRIC(XMIN_AGE_PREPARED, "xmin_age_prepared", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"transactions since the oldest prepared transaction")
METRIC(XID_AGE, "xid_age", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"transactions since the oldest frozen transaction id of any database")
METRIC(MULTIXACT_AGE, "multixact_age", TRANSACTIONS, GAUGE, HIGH, "transactions", "resource",
	"multixacts since the oldest frozen one of any database")
METRIC(XIDS_ASSIGNED, "xids_assigned", PER_SECOND, COUNTER, NEITHER, "transactions", "resource",
	"transaction ids assigned")
METRIC(PREPARED_TRANSACTIONS, "prepared_transactions", COUNT, GAUGE, HIGH, "transactions", "resource",
	"prepared transactions waiting for their second phase")
METRIC(OLDEST_PREPARED, "oldest_prepared_transaction", SECONDS, GAUGE, HIGH, "transactions", "resource",
	"time since the oldest prepared transaction was first seen")

/* locks */
METRIC(LOCK_WAITERS, "lock_waiters", COUNT, GAUGE, HIGH, "locks", "performance",
	"processes waiting for a heavyweight lock")
METRIC(LONGEST_LOCK_WAIT, "longest_lock_wait", SECONDS, GAUGE, HIGH, "locks", "performance",
	"longest current wait for a heavyweight lock")
METRIC(WAITERS_ON_PREPARED, "lock_waiters_on_prepared", COUNT, GAUGE, HIGH, "locks", "performance",
	"processes waiting for a lock of a prepared transaction")
METRIC(LOCK_BLOCKERS, "lock_blockers", COUNT, GAUGE, HIGH, "locks", "performance",
	"sessions others wait for that wait for nobody themselves")
METRIC(LOCK_DEPTH, "lock_queue_depth", COUNT, GAUGE, HIGH, "locks", "performance",
	"longest chain of sessions of which each waits for the next")
METRIC(DEADLOCKS, "deadlocks", PER_SECOND, COUNTER, HIGH, "locks", "performance",
	"deadlocks detected")

/* databases, summed over all of them */
METRIC(COMMITS, "commits", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"transactions committed")
METRIC(ROLLBACKS, "rollbacks", PER_SECOND, COUNTER, HIGH, "databases", "performance",
	"transactions rolled back")
METRIC(ROLLBACK_SHARE, "rollback_share", SHARE, RATIO, HIGH, "databases", "performance",
	"share of the finished transactions that rolled back")
METRIC(BLOCKS_HIT, "blocks_hit", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"blocks found in shared buffers")
METRIC(BLOCKS_READ, "blocks_read", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"blocks read into shared buffers")
METRIC(CACHE_HIT_RATIO, "cache_hit_ratio", SHARE, RATIO, LOW, "databases", "performance",
	"share of the blocks asked for that were in shared buffers")
METRIC(TUPLES_RETURNED, "tuples_returned", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"rows read by sequential scans and index entries returned")
METRIC(TUPLES_FETCHED, "tuples_fetched", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"rows fetched by index scans")
METRIC(TUPLES_INSERTED, "tuples_inserted", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"rows inserted")
METRIC(TUPLES_UPDATED, "tuples_updated", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"rows updated")
METRIC(TUPLES_DELETED, "tuples_deleted", PER_SECOND, COUNTER, NEITHER, "databases", "performance",
	"rows deleted")
METRIC(TEMP_FILES, "temp_files", PER_SECOND, COUNTER, HIGH, "databases", "resource",
	"temporary files written by statements")
METRIC(TEMP_BYTES, "temp_bytes", BYTES_PER_SECOND, COUNTER, HIGH, "databases", "resource",
	"bytes of temporary files written by statements")
METRIC(CHECKSUM_FAILURES, "checksum_failures", PER_SECOND, COUNTER, HIGH, "databases", "data_quality",
	"data pages whose checksum did not match")
METRIC(SESSIONS_OPENED, "sessions_opened", PER_SECOND, COUNTER, HIGH, "sessions", "performance",
	"sessions established")
METRIC(SESSIONS_ABANDONED, "sessions_abandoned", PER_SECOND, COUNTER, HIGH, "sessions", "performance",
	"sessions lost because the connection to the client broke")
METRIC(SESSIONS_FATAL, "sessions_fatal", PER_SECOND, COUNTER, HIGH, "sessions", "performance",
	"sessions ended by a fatal error")
METRIC(SESSIONS_KILLED, "sessions_killed", PER_SECOND, COUNTER, HIGH, "sessions", "security",
	"sessions ended by somebody else")
METRIC(BLOCK_READ_TIME, "block_read_time", MILLISECONDS_PER_SECOND, COUNTER, HIGH, "storage", "performance",
	"time sessions spend reading data blocks; needs track_io_timing")
METRIC(BLOCK_WRITE_TIME, "block_write_time", MILLISECONDS_PER_SECOND, COUNTER, HIGH, "storage", "performance",
	"time sessions spend writing data blocks; needs track_io_timing")
METRIC(IO_READS, "io_reads", PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"reads of relation files by client sessions")
METRIC(IO_WRITES, "io_writes", PER_SECOND, COUNTER, HIGH, "storage", "performance",
	"writes of relation files client sessions had to do by themselves")
METRIC(IO_EXTENDS, "io_extends", PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"extensions of relation files by client sessions")
METRIC(IO_EVICTIONS, "io_evictions", PER_SECOND, COUNTER, HIGH, "storage", "performance",
	"blocks client sessions pushed out of shared buffers to make room")
METRIC(SLRU_HIT, "slru_blocks_hit", PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"blocks of transaction status and the like found in memory")
METRIC(SLRU_READ, "slru_blocks_read", PER_SECOND, COUNTER, HIGH, "storage", "performance",
	"blocks of transaction status and the like read from disk")
METRIC(SLRU_HIT_RATIO, "slru_hit_ratio", SHARE, RATIO, LOW, "storage", "performance",
	"share of the blocks of transaction status and the like asked for that were in memory")

/* checkpoints and background writer */
METRIC(CHECKPOINTS_TIMED, "checkpoints_timed", PER_SECOND, COUNTER, NEITHER, "checkpoints", "performance",
	"checkpoints started by the clock")
METRIC(CHECKPOINTS_REQUESTED, "checkpoints_requested", PER_SECOND, COUNTER, HIGH, "checkpoints", "performance",
	"checkpoints started by WAL volume or by a command")
METRIC(CHECKPOINT_WRITE_TIME, "checkpoint_write_time", MILLISECONDS_PER_SECOND, COUNTER, NEITHER, "checkpoints", "performance",
	"time finished checkpoints spent writing files")
METRIC(CHECKPOINT_SYNC_TIME, "checkpoint_sync_time", MILLISECONDS_PER_SECOND, COUNTER, HIGH, "checkpoints", "performance",
	"time finished checkpoints spent flushing files to disk")
METRIC(BUFFERS_CHECKPOINT, "buffers_checkpoint", PER_SECOND, COUNTER, NEITHER, "checkpoints", "performance",
	"buffers written by checkpoints")
METRIC(BUFFERS_CLEAN, "buffers_clean", PER_SECOND, COUNTER, NEITHER, "checkpoints", "performance",
	"buffers written by the background writer")
METRIC(BUFFERS_BACKEND, "buffers_backend", PER_SECOND, COUNTER, HIGH, "checkpoints", "performance",
	"buffers sessions had to write by themselves")
METRIC(BACKEND_FSYNCS, "backend_fsyncs", PER_SECOND, COUNTER, HIGH, "checkpoints", "performance",
	"files sessions had to flush to disk by themselves")
METRIC(CLEAN_STOPS, "buffers_clean_stops", PER_SECOND, COUNTER, HIGH, "checkpoints", "performance",
	"rounds the background writer stopped at its limit")
METRIC(BUFFERS_ALLOCATED, "buffers_allocated", PER_SECOND, COUNTER, NEITHER, "checkpoints", "performance",
	"buffers allocated")

/* write-ahead log */
METRIC(WAL_BYTES, "wal_bytes", BYTES_PER_SECOND, COUNTER, NEITHER, "wal", "resource",
	"bytes of WAL written")
METRIC(WAL_RECORDS, "wal_records", PER_SECOND, COUNTER, NEITHER, "wal", "resource",
	"WAL records written")
METRIC(WAL_FULL_PAGE_IMAGES, "wal_full_page_images", PER_SECOND, COUNTER, NEITHER, "wal", "resource",
	"full page images written to WAL")
METRIC(WAL_BUFFERS_FULL, "wal_buffers_full", PER_SECOND, COUNTER, HIGH, "wal", "performance",
	"times a session wrote WAL because the WAL buffers were full")
METRIC(WAL_SINCE_CHECKPOINT, "wal_since_checkpoint", BYTES, GAUGE, NEITHER, "wal", "resource",
	"WAL a crash recovery would have to replay")

/* archiver */
METRIC(WAL_ARCHIVED, "wal_archived", PER_SECOND, COUNTER, NEITHER, "archiver", "resource",
	"WAL files archived")
METRIC(ARCHIVE_FAILURES, "archive_failures", PER_SECOND, COUNTER, HIGH, "archiver", "resource",
	"failed attempts to archive a WAL file")
METRIC(ARCHIVE_AGE, "archive_last_success_age", SECONDS, GAUGE, HIGH, "archiver", "resource",
	"time since a WAL file was last archived")

/* replication, as seen by the sending server */
METRIC(STANDBYS, "standbys_connected", COUNT, GAUGE, LOW, "replication", "resource",
	"receivers of WAL connected, base backups not counted")
METRIC(STANDBY_LAG_BYTES, "standby_lag_bytes", BYTES, GAUGE, HIGH, "replication", "performance",
	"WAL the slowest connected standby has not replayed yet")
METRIC(STANDBY_LAG_SECONDS, "standby_lag_seconds", SECONDS, GAUGE, HIGH, "replication", "performance",
	"time until WAL was replayed, as the slowest connected standby reports it")
METRIC(SLOTS, "replication_slots", COUNT, GAUGE, NEITHER, "replication", "resource",
	"replication slots")
METRIC(SLOTS_INACTIVE, "replication_slots_inactive", COUNT, GAUGE, HIGH, "replication", "resource",
	"replication slots nobody uses at the moment")
METRIC(SLOT_RETAINED_WAL, "slot_retained_wal", BYTES, GAUGE, HIGH, "replication", "resource",
	"WAL retained for the furthest behind replication slot")
METRIC(SLOT_SAFE_WAL, "slot_safe_wal", BYTES, GAUGE, LOW, "replication", "resource",
	"WAL that can still be written before max_slot_wal_keep_size makes a slot lose what it needs; missing without that limit")
METRIC(SLOTS_LOST, "replication_slots_lost", COUNT, GAUGE, HIGH, "replication", "resource",
	"replication slots that are invalid, as what they needed was removed")
METRIC(SUBSCRIPTIONS, "subscriptions_enabled", COUNT, GAUGE, NEITHER, "replication", "resource",
	"subscriptions of all databases that are enabled")
METRIC(LOGICAL_WORKERS, "logical_replication_workers", COUNT, GAUGE, NEITHER, "replication", "resource",
	"workers that apply or copy for subscriptions")

/* replication, as seen by a standby */
METRIC(REPLAY_LAG_BYTES, "replay_lag_bytes", BYTES, GAUGE, HIGH, "replication", "performance",
	"WAL received and not replayed yet on this standby")
METRIC(REPLAY_LAG_SECONDS, "replay_lag_seconds", SECONDS, GAUGE, HIGH, "replication", "performance",
	"age of the newest replayed commit on this standby; 0 when all received WAL is replayed")
METRIC(REPLAY_COMMIT_AGE, "replay_commit_age", SECONDS, GAUGE, NEITHER, "replication", "performance",
	"age of the newest replayed commit on this standby")
METRIC(RECEIVER_STREAMING, "wal_receiver_streaming", COUNT, GAUGE, LOW, "replication", "resource",
	"1 while this standby streams WAL, 0 while it does not")
METRIC(RECEIVER_SILENCE, "wal_receiver_silence", SECONDS, GAUGE, HIGH, "replication", "resource",
	"time since this standby last heard from its sender")
METRIC(RECOVERY_CONFLICTS, "recovery_conflicts", PER_SECOND, COUNTER, HIGH, "replication", "performance",
	"statements cancelled on this standby by replay")
METRIC(REPLAY_PAUSED, "replay_paused", COUNT, GAUGE, HIGH, "replication", "resource",
	"1 while somebody has paused replay on this standby, 0 while it goes on")

/* CPU of the whole machine */
METRIC(CPU_USED, "cpu_used", SHARE, RATIO, HIGH, "cpu", "resource",
	"share of CPU time neither idle nor waiting for disks")
METRIC(CPU_USER, "cpu_user", SHARE, RATIO, NEITHER, "cpu", "resource",
	"share of CPU time in user mode")
METRIC(CPU_SYSTEM, "cpu_system", SHARE, RATIO, NEITHER, "cpu", "resource",
	"share of CPU time in the kernel, interrupts included")
METRIC(CPU_IOWAIT, "cpu_iowait", SHARE, RATIO, HIGH, "cpu", "resource",
	"share of CPU time idle while a disk was busy")
METRIC(CPU_STEAL, "cpu_steal", SHARE, RATIO, HIGH, "cpu", "resource",
	"share of CPU time the hypervisor gave to others")
METRIC(LOAD, "load", COUNT, GAUGE, HIGH, "cpu", "resource",
	"load average of one minute")
METRIC(LOAD_5, "load_5", COUNT, GAUGE, NEITHER, "cpu", "resource",
	"load average of five minutes")
METRIC(RUN_QUEUE, "run_queue", COUNT, GAUGE, HIGH, "cpu", "resource",
	"threads running or ready to run on this machine")
METRIC(PROCESSES_BLOCKED, "processes_blocked", COUNT, GAUGE, HIGH, "storage", "resource",
	"threads on this machine blocked on a disk")
METRIC(CONTEXT_SWITCHES, "context_switches", PER_SECOND, COUNTER, NEITHER, "cpu", "resource",
	"context switches of this machine")
METRIC(FORKS, "forks", PER_SECOND, COUNTER, NEITHER, "cpu", "resource",
	"processes and threads started on this machine")
METRIC(PRESSURE_CPU, "pressure_cpu", SHARE, RATIO, HIGH, "cpu", "resource",
	"share of time some thread was ready and got no CPU")
METRIC(CGROUP_CPU_LIMIT, "cgroup_cpu_limit", COUNT, GAUGE, NEITHER, "cpu", "resource",
	"processors that this server's control group may use; missing without a limit")
METRIC(CGROUP_CPU_THROTTLED, "cgroup_cpu_throttled", MILLISECONDS_PER_SECOND, COUNTER, HIGH, "cpu", "resource",
	"time this server's control group was stopped for having used up its limit, of all processors together")

/* memory of the whole machine */
METRIC(MEMORY_AVAILABLE, "memory_available", BYTES, GAUGE, LOW, "memory", "resource",
	"memory programs can still get without swapping")
METRIC(MEMORY_USED_SHARE, "memory_used_share", SHARE, GAUGE, HIGH, "memory", "resource",
	"share of memory that is not available")
METRIC(SWAP_USED, "swap_used", BYTES, GAUGE, HIGH, "memory", "resource",
	"swap space in use")
METRIC(SWAP_IN, "swap_in", BYTES_PER_SECOND, COUNTER, HIGH, "memory", "resource",
	"bytes brought back from swap")
METRIC(SWAP_OUT, "swap_out", BYTES_PER_SECOND, COUNTER, HIGH, "memory", "resource",
	"bytes written to swap")
METRIC(PRESSURE_MEMORY, "pressure_memory", SHARE, RATIO, HIGH, "memory", "resource",
	"share of time some thread waited for memory")
METRIC(PRESSURE_MEMORY_FULL, "pressure_memory_full", SHARE, RATIO, HIGH, "memory", "resource",
	"share of time all threads waited for memory")
METRIC(CGROUP_MEMORY_USED, "cgroup_memory_used", BYTES, GAUGE, NEITHER, "memory", "resource",
	"memory charged to this server's control group, cached files included")
METRIC(CGROUP_MEMORY_LIMIT, "cgroup_memory_limit", BYTES, GAUGE, NEITHER, "memory", "resource",
	"memory that this server's control group may use; missing without a limit")
METRIC(CGROUP_MEMORY_USED_SHARE, "cgroup_memory_used_share", SHARE, GAUGE, HIGH, "memory", "resource",
	"share of that limit in use")
METRIC(CGROUP_OOM_KILLS, "cgroup_oom_kills", PER_SECOND, COUNTER, HIGH, "memory", "resource",
	"processes killed because this server's control group was out of memory")

/* disks */
METRIC(PRESSURE_IO, "pressure_io", SHARE, RATIO, HIGH, "storage", "resource",
	"share of time some thread waited for a disk")
METRIC(PRESSURE_IO_FULL, "pressure_io_full", SHARE, RATIO, HIGH, "storage", "resource",
	"share of time all threads waited for a disk")
METRIC(DATA_FREE, "data_disk_free", BYTES, GAUGE, LOW, "storage", "resource",
	"bytes free for the server on the file system of the data directory")
METRIC(DATA_USED_SHARE, "data_disk_used_share", SHARE, GAUGE, HIGH, "storage", "resource",
	"share used of the file system of the data directory")
METRIC(DATA_INODES_USED_SHARE, "data_disk_inodes_used_share", SHARE, GAUGE, HIGH, "storage", "resource",
	"share of inodes used of the file system of the data directory")
METRIC(WAL_DISK_FREE, "wal_disk_free", BYTES, GAUGE, LOW, "storage", "resource",
	"bytes free for the server on the file system of the WAL")
METRIC(WAL_DISK_USED_SHARE, "wal_disk_used_share", SHARE, GAUGE, HIGH, "storage", "resource",
	"share used of the file system of the WAL")
METRIC(WAL_DISK_INODES_USED_SHARE, "wal_disk_inodes_used_share", SHARE, GAUGE, HIGH, "storage", "resource",
	"share of inodes used of the file system of the WAL")
METRIC(DISK_READ, "disk_read", BYTES_PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"bytes read from the device of the data directory")
METRIC(DISK_WRITTEN, "disk_written", BYTES_PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"bytes written to the device of the data directory")
METRIC(DISK_BUSY, "disk_busy", SHARE, RATIO, HIGH, "storage", "performance",
	"share of time the device of the data directory was busy")
METRIC(DISK_READS, "disk_reads", PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"reads from the device of the data directory")
METRIC(DISK_WRITES, "disk_writes", PER_SECOND, COUNTER, NEITHER, "storage", "performance",
	"writes to the device of the data directory")
METRIC(DISK_READ_LATENCY, "disk_read_latency", MILLISECONDS, MEAN, HIGH, "storage", "performance",
	"mean time a read from the device of the data directory took, waiting included")
METRIC(DISK_WRITE_LATENCY, "disk_write_latency", MILLISECONDS, MEAN, HIGH, "storage", "performance",
	"mean time a write to the device of the data directory took, waiting included")
METRIC(DISK_IN_FLIGHT, "disk_in_flight", COUNT, GAUGE, HIGH, "storage", "performance",
	"requests the device of the data directory had not finished")

/* network of the whole machine, all interfaces but the loopback */
METRIC(NETWORK_RECEIVED, "network_received", BYTES_PER_SECOND, COUNTER, NEITHER, "network", "performance",
	"bytes received")
METRIC(NETWORK_SENT, "network_sent", BYTES_PER_SECOND, COUNTER, NEITHER, "network", "performance",
	"bytes sent")
METRIC(NETWORK_ERRORS, "network_errors", PER_SECOND, COUNTER, HIGH, "network", "resource",
	"packets received or sent with an error")
METRIC(NETWORK_DROPS, "network_drops", PER_SECOND, COUNTER, HIGH, "network", "resource",
	"packets dropped for lack of room")

/* statements of client sessions; see gate/statement_pg.h for what is one */
METRIC(STATEMENTS, "statements", PER_SECOND, COUNTER, NEITHER, "statements", "performance",
	"statements run by client sessions")
METRIC(STATEMENT_TIME, "statement_time", MILLISECONDS_PER_SECOND, COUNTER, NEITHER, "statements", "performance",
	"time client sessions spend running statements that have ended")
METRIC(STATEMENT_P50, "statement_latency_p50", MILLISECONDS, GAUGE, HIGH, "statements", "performance",
	"duration that half of the statements of the interval did not exceed")
METRIC(STATEMENT_P95, "statement_latency_p95", MILLISECONDS, GAUGE, HIGH, "statements", "performance",
	"duration that 95 % of the statements of the interval did not exceed")
METRIC(STATEMENT_P99, "statement_latency_p99", MILLISECONDS, GAUGE, HIGH, "statements", "performance",
	"duration that 99 % of the statements of the interval did not exceed")

/* errors that get into the server's log; see gate/error_class.c for what belongs where */
METRIC(ERRORS, "errors", PER_SECOND, COUNTER, HIGH, "errors", "performance",
	"errors of all kinds, but for connections that came too early")
METRIC(SCHEMA_ERRORS, "schema_errors", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"statements that do not fit the schema or the syntax")
METRIC(DATA_ERRORS, "data_errors", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"values that do not fit their type or operation")
METRIC(UNIQUE_VIOLATIONS, "unique_violations", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"rows refused by a unique constraint")
METRIC(FOREIGN_KEY_VIOLATIONS, "foreign_key_violations", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"rows refused by a foreign key")
METRIC(NOT_NULL_VIOLATIONS, "not_null_violations", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"rows refused by a not-null constraint")
METRIC(CHECK_VIOLATIONS, "check_violations", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"rows refused by a check constraint")
METRIC(OTHER_VIOLATIONS, "other_constraint_violations", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"rows refused by constraints of other kinds")
METRIC(CORRUPTION_ERRORS, "corruption_errors", PER_SECOND, COUNTER, HIGH, "errors", "data_quality",
	"corrupted data or indexes met")
METRIC(SERIALIZATION_FAILURES, "serialization_failures", PER_SECOND, COUNTER, HIGH, "errors", "performance",
	"transactions that could not be serialized")
METRIC(LOCK_TIMEOUTS, "lock_timeouts", PER_SECOND, COUNTER, HIGH, "errors", "performance",
	"statements that gave up waiting for a lock")
METRIC(STATEMENTS_CANCELLED, "statements_cancelled", PER_SECOND, COUNTER, HIGH, "errors", "performance",
	"statements cancelled by a timeout or by somebody")
METRIC(SESSIONS_TERMINATED, "sessions_terminated", PER_SECOND, COUNTER, HIGH, "errors", "performance",
	"sessions ended by an administrator or a timeout")
METRIC(SYSTEM_ERRORS, "system_errors", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"internal errors and errors of the operating system")
METRIC(OUT_OF_MEMORY, "out_of_memory_errors", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"statements that got no memory")
METRIC(DISK_FULL_ERRORS, "disk_full_errors", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"writes that found the disk full")
METRIC(LIMIT_ERRORS, "limit_errors", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"statements that met another limit of the server")
METRIC(CONNECTIONS_REFUSED, "connections_refused", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"connections refused because there were too many")
METRIC(CONNECTIONS_LOST, "connections_lost", PER_SECOND, COUNTER, HIGH, "errors", "resource",
	"connections broken, or not speaking the protocol")
METRIC(CONNECTIONS_TOO_EARLY, "connections_too_early", PER_SECOND, COUNTER, NEITHER, "errors", "resource",
	"connections refused because the server was starting or stopping")
METRIC(PERMISSION_DENIED, "permission_denied", PER_SECOND, COUNTER, HIGH, "errors", "security",
	"statements without the right to do what they do")

/* logins and schema */
METRIC(LOGINS, "logins", PER_SECOND, COUNTER, NEITHER, "logins", "security",
	"client sessions that logged in")
METRIC(LOGINS_FAILED, "logins_failed", PER_SECOND, COUNTER, HIGH, "logins", "security",
	"logins refused: password, pg_hba.conf, role or database")
METRIC(SCHEMA_CHANGES, "schema_changes", PER_SECOND, COUNTER, NEITHER, "schema", "security",
	"commands committed that created, altered, dropped or granted something")

/* the probe that proves that the home database works; missing but for the sample after one that did */
METRIC(PROBE_LATENCY, "probe_latency", MILLISECONDS, GAUGE, HIGH, "databases", "performance",
	"time the newest probe took to write a row, flush it and read it back")

/* clang-format on */
