/*
 * pgstat_pg.c
 *		Reads the server's statistics through its C interface.
 *
 * The same figures through SQL cost some ten times as much, need a database to be
 * connected to and grow with the number of sessions. One function per subject
 * below; each fills in its metrics and leaves what does not apply here missing.
 *
 * Sessions are those of the situation: backends_pg.c has just read them.
 *
 * No lock is held while another is taken, none across I/O, and none of them is
 * waited for behind a user: pg_database is skipped when somebody locks it.
 */
#include "postgres.h"

#include <math.h>

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/twophase.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "replication/walreceiver.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "sample/backends_pg.h"
#include "sample/pgstat_pg.h"
#include "sample/totals.h"

#define WAIT_CLASS_MASK 0xFF000000U

/* How the columns of a database's entry become metrics. */
enum
{
	COMMITS,
	ROLLBACKS,
	BLOCKS_FETCHED,
	BLOCKS_HIT,
	TUPLES_RETURNED,
	TUPLES_FETCHED,
	TUPLES_INSERTED,
	TUPLES_UPDATED,
	TUPLES_DELETED,
	TEMP_FILES,
	TEMP_BYTES,
	DEADLOCKS,
	CONFLICTS,
	CHECKSUM_FAILURES,
	SESSIONS_OPENED,
	SESSIONS_ABANDONED,
	SESSIONS_FATAL,
	SESSIONS_KILLED,
	READ_TIME,
	WRITE_TIME,
	DATABASE_COLUMNS
};

StaticAssertDecl(DATABASE_COLUMNS <= HEAL_TOTAL_COLUMNS,
				 "a database has more counters than a total has columns");


static HealTotals databases; /* lives as long as this process */

static void read_processes(HealReading *reading);
static void read_locks(HealReading *reading, const HealSituation *situation);
static void
read_slots_used(HealReading *reading, const HealSituation *situation);
static void read_databases(HealReading *reading);
static void read_database_totals(HealReading *reading);
static void read_checkpoints(HealReading *reading);
static void read_wal(HealReading *reading);
static void read_archiver(HealReading *reading);
static void read_standbys(HealReading *reading);
static void read_replication_slots(HealReading *reading);
static void read_standby_role(HealReading *reading);
static void read_prepared(HealReading *reading);

void
heal_pgstat_read(HealReading *reading, const HealSituation *situation)
{
	pgstat_clear_snapshot();

	if (situation != NULL)
	{
		read_processes(reading);
		read_locks(reading, situation);
		read_slots_used(reading, situation);
	}
	read_databases(reading);
	read_checkpoints(reading);
	read_wal(reading);
	read_archiver(reading);
	read_standbys(reading);
	read_replication_slots(reading);
	read_prepared(reading);
	if (RecoveryInProgress())
		read_standby_role(reading);
}

static double
seconds_since(const HealReading *reading, TimestampTz then)
{
	return then < reading->taken_at
			   ? (double) (reading->taken_at - then) / HEAL_SECOND
			   : 0.0;
}

static void
keep_larger(double *largest, double value)
{
	if (!(*largest >= value))
		*largest = value;
}

static void
keep_older(double *oldest_age, TransactionId xid, TransactionId next)
{
	if (TransactionIdIsNormal(xid))
		keep_larger(oldest_age, (double) (int32) (next - xid));
}

static XLogRecPtr
current_wal(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL)
								: GetXLogWriteRecPtr();
}

/* Without a lock: each field is read in one piece. */
static int
count_parallel(void)
{
	int parallel = 0;

	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
	{
		PGPROC *proc = &ProcGlobal->allProcs[i];
		PGPROC *leader = proc->lockGroupLeader;

		if (proc->pid != 0 && leader != NULL && leader != proc)
			parallel++;
	}
	return parallel;
}

static void
count_wait(double *value, uint32 wait)
{
	static const struct
	{
		uint32 class;
		HealMetricId metric;
	} classes[] = {
		{0, HEAL_METRIC_SESSIONS_ON_CPU},
		{PG_WAIT_LWLOCK, HEAL_METRIC_SESSIONS_WAITING_LWLOCK},
		{PG_WAIT_LOCK, HEAL_METRIC_SESSIONS_WAITING_LOCK},
		{PG_WAIT_BUFFERPIN, HEAL_METRIC_SESSIONS_WAITING_BUFFER_PIN},
		{PG_WAIT_IO, HEAL_METRIC_SESSIONS_WAITING_IO},
		{PG_WAIT_IPC, HEAL_METRIC_SESSIONS_WAITING_IPC},
		{PG_WAIT_CLIENT, HEAL_METRIC_SESSIONS_WAITING_CLIENT},
		{PG_WAIT_TIMEOUT, HEAL_METRIC_SESSIONS_WAITING_TIMEOUT},
		{PG_WAIT_EXTENSION, HEAL_METRIC_SESSIONS_WAITING_EXTENSION},
	};

	for (int i = 0; i < lengthof(classes); i++)
		if (classes[i].class == (wait & WAIT_CLASS_MASK))
			value[classes[i].metric]++;
	if (wait == WAIT_EVENT_SYNC_REP)
		value[HEAL_METRIC_SESSIONS_WAITING_SYNC]++;
}

static void
count_session(HealReading *reading, const HealBackend *session)
{
	double *value = reading->value;

	value[HEAL_METRIC_SESSIONS]++;
	if (session->transaction_start != 0)
		keep_larger(&value[HEAL_METRIC_OLDEST_TRANSACTION],
					seconds_since(reading, session->transaction_start));
	switch (session->state)
	{
		case STATE_IDLE:
			value[HEAL_METRIC_SESSIONS_IDLE]++;
			break;
		case STATE_RUNNING:
			value[HEAL_METRIC_SESSIONS_ACTIVE]++;
			count_wait(value, session->wait);
			keep_larger(&value[HEAL_METRIC_LONGEST_STATEMENT],
						seconds_since(reading, session->statement_start));
			break;
		case STATE_IDLEINTRANSACTION:
		case STATE_IDLEINTRANSACTION_ABORTED:
			value[session->state == STATE_IDLEINTRANSACTION
					  ? HEAL_METRIC_SESSIONS_IDLE_IN_TRANSACTION
					  : HEAL_METRIC_SESSIONS_IDLE_ABORTED]++;
			keep_larger(&value[HEAL_METRIC_LONGEST_IDLE_IN_TRANSACTION],
						seconds_since(reading, session->state_change));
			break;
		default:
			value[HEAL_METRIC_SESSIONS_OTHER]++;
			break;
	}
}

/* Where there are none, none is a true zero: nothing waits, nothing is open. */
static void
zero_processes(double *value)
{
	static const HealMetricId counted[] = {
		HEAL_METRIC_SESSIONS,
		HEAL_METRIC_SESSIONS_ACTIVE,
		HEAL_METRIC_SESSIONS_IDLE,
		HEAL_METRIC_SESSIONS_IDLE_IN_TRANSACTION,
		HEAL_METRIC_SESSIONS_IDLE_ABORTED,
		HEAL_METRIC_SESSIONS_OTHER,
		HEAL_METRIC_SESSIONS_ON_CPU,
		HEAL_METRIC_SESSIONS_WAITING_LWLOCK,
		HEAL_METRIC_SESSIONS_WAITING_LOCK,
		HEAL_METRIC_SESSIONS_WAITING_BUFFER_PIN,
		HEAL_METRIC_SESSIONS_WAITING_IO,
		HEAL_METRIC_SESSIONS_WAITING_IPC,
		HEAL_METRIC_SESSIONS_WAITING_CLIENT,
		HEAL_METRIC_SESSIONS_WAITING_TIMEOUT,
		HEAL_METRIC_SESSIONS_WAITING_EXTENSION,
		HEAL_METRIC_SESSIONS_WAITING_SYNC,
		HEAL_METRIC_BACKGROUND_WORKERS,
		HEAL_METRIC_AUTOVACUUM_WORKERS,
		HEAL_METRIC_WALSENDERS,
		HEAL_METRIC_OLDEST_TRANSACTION,
		HEAL_METRIC_LONGEST_STATEMENT,
		HEAL_METRIC_LONGEST_IDLE_IN_TRANSACTION,
		HEAL_METRIC_XMIN_AGE_SESSIONS,
		HEAL_METRIC_XMIN_AGE_STANDBYS,
	};

	for (int i = 0; i < lengthof(counted); i++)
		value[counted[i]] = 0;
}

static void
read_processes(HealReading *reading)
{
	double *value = reading->value;
	TransactionId next = ReadNextTransactionId();
	int parallel = count_parallel();

	zero_processes(value);
	value[HEAL_METRIC_XIDS_ASSIGNED] =
		(double) U64FromFullTransactionId(ReadNextFullTransactionId());
	for (int i = 0; i < heal_backends_count(); i++)
	{
		const HealBackend *backend = heal_backend(i);
		double *horizon = &value[HEAL_METRIC_XMIN_AGE_SESSIONS];

		switch (backend->type)
		{
			case B_BACKEND:
				count_session(reading, backend);
				break;
			case B_BG_WORKER:
				value[HEAL_METRIC_BACKGROUND_WORKERS]++;
				break;
			case B_AUTOVAC_WORKER:
				value[HEAL_METRIC_AUTOVACUUM_WORKERS]++;
				break;
			case B_WAL_SENDER:
				value[HEAL_METRIC_WALSENDERS]++;
				horizon = &value[HEAL_METRIC_XMIN_AGE_STANDBYS];
				break;
			default:
				break;
		}
		/* our own snapshot is as young as this heartbeat */
		if (backend->pid != MyProcPid)
			keep_older(horizon, backend->xmin, next);
	}
	value[HEAL_METRIC_PARALLEL_WORKERS] = parallel;
	value[HEAL_METRIC_BACKGROUND_WORKERS] =
		Max(value[HEAL_METRIC_BACKGROUND_WORKERS] - parallel, 0);
}

static void
read_locks(HealReading *reading, const HealSituation *situation)
{
	double *value = reading->value;

	value[HEAL_METRIC_LOCK_WAITERS] = situation->waiters;
	value[HEAL_METRIC_WAITERS_ON_PREPARED] = situation->prepared_blockers;
	value[HEAL_METRIC_LONGEST_LOCK_WAIT] = 0;
	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->waiting && session->wait_start != 0)
			keep_larger(&value[HEAL_METRIC_LONGEST_LOCK_WAIT],
						seconds_since(reading, session->wait_start));
	}
}

static void
read_slots_used(HealReading *reading, const HealSituation *situation)
{
	double used = situation->slots_used;
	double total = situation->slots_total;

	reading->value[HEAL_METRIC_SLOTS_USED] = used;
	reading->value[HEAL_METRIC_SLOTS_FREE] = Max(total - used, 0);
	if (total > 0)
		reading->value[HEAL_METRIC_SLOTS_USED_SHARE] = Min(used / total, 1.0);
}

static void
fill_columns(const PgStat_StatDBEntry *entry, double *column)
{
	column[COMMITS] = heal_database_count(entry, xact_commit);
	column[ROLLBACKS] = heal_database_count(entry, xact_rollback);
	column[BLOCKS_FETCHED] = heal_database_count(entry, blocks_fetched);
	column[BLOCKS_HIT] = heal_database_count(entry, blocks_hit);
	column[TUPLES_RETURNED] = heal_database_count(entry, tuples_returned);
	column[TUPLES_FETCHED] = heal_database_count(entry, tuples_fetched);
	column[TUPLES_INSERTED] = heal_database_count(entry, tuples_inserted);
	column[TUPLES_UPDATED] = heal_database_count(entry, tuples_updated);
	column[TUPLES_DELETED] = heal_database_count(entry, tuples_deleted);
	column[TEMP_FILES] = heal_database_count(entry, temp_files);
	column[TEMP_BYTES] = heal_database_count(entry, temp_bytes);
	column[DEADLOCKS] = heal_database_count(entry, deadlocks);
	column[CONFLICTS] = heal_database_count(entry, conflict_tablespace) +
						heal_database_count(entry, conflict_lock) +
						heal_database_count(entry, conflict_snapshot) +
						heal_database_count(entry, conflict_bufferpin) +
						heal_database_count(entry, conflict_startup_deadlock) +
						heal_database_slot_conflicts(entry);
	column[CHECKSUM_FAILURES] = heal_database_count(entry, checksum_failures);
	column[SESSIONS_OPENED] = heal_database_count(entry, sessions);
	column[SESSIONS_ABANDONED] = heal_database_count(entry, sessions_abandoned);
	column[SESSIONS_FATAL] = heal_database_count(entry, sessions_fatal);
	column[SESSIONS_KILLED] = heal_database_count(entry, sessions_killed);
	column[READ_TIME] = heal_database_read_time(entry) / 1e3;
	column[WRITE_TIME] = heal_database_write_time(entry) / 1e3;
}

static void
make_room(HealTotals *totals)
{
	int capacity = totals->capacity > 0 ? totals->capacity * 2 : 64;
	Size bytes = mul_size(capacity, sizeof(HealMember));

	totals->member = totals->member != NULL
						 ? repalloc(totals->member, bytes)
						 : MemoryContextAlloc(TopMemoryContext, bytes);
	totals->capacity = capacity;
}

static void
add_database(Oid database)
{
	PgStat_StatDBEntry *entry = pgstat_fetch_stat_dbentry(database);
	double column[HEAL_TOTAL_COLUMNS] = {0};

	/* nobody has been there yet */
	if (entry == NULL)
		return;
	fill_columns(entry, column);
	while (!heal_totals_add(&databases, database, column))
		make_room(&databases);
}

/* One pass over pg_database: counters of each, and the oldest unfrozen ids. */
static void
read_databases(HealReading *reading)
{
	double *value = reading->value;
	TransactionId next = ReadNextTransactionId();
	MultiXactId next_multi = ReadNextMultiXactId();
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;

	/* VACUUM FULL pg_database must not make us wait */
	if (!ConditionalLockRelationOid(DatabaseRelationId, AccessShareLock))
		return;
	relation = table_open(DatabaseRelationId, NoLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	heal_totals_begin(&databases);
	add_database(InvalidOid); /* shared catalogs */
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		add_database(database->oid);
		keep_older(&value[HEAL_METRIC_XID_AGE], database->datfrozenxid, next);
		if (MultiXactIdIsValid(database->datminmxid))
			keep_larger(&value[HEAL_METRIC_MULTIXACT_AGE],
						(double) (int32) (next_multi - database->datminmxid));
	}
	heal_totals_end(&databases);
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	read_database_totals(reading);
}

static void
read_database_totals(HealReading *reading)
{
	static const struct
	{
		HealMetricId metric;
		int column;
	} same[] = {
		{HEAL_METRIC_COMMITS, COMMITS},
		{HEAL_METRIC_ROLLBACKS, ROLLBACKS},
		{HEAL_METRIC_ROLLBACK_SHARE, ROLLBACKS},
		{HEAL_METRIC_BLOCKS_HIT, BLOCKS_HIT},
		{HEAL_METRIC_CACHE_HIT_RATIO, BLOCKS_HIT},
		{HEAL_METRIC_TUPLES_RETURNED, TUPLES_RETURNED},
		{HEAL_METRIC_TUPLES_FETCHED, TUPLES_FETCHED},
		{HEAL_METRIC_TUPLES_INSERTED, TUPLES_INSERTED},
		{HEAL_METRIC_TUPLES_UPDATED, TUPLES_UPDATED},
		{HEAL_METRIC_TUPLES_DELETED, TUPLES_DELETED},
		{HEAL_METRIC_TEMP_FILES, TEMP_FILES},
		{HEAL_METRIC_TEMP_BYTES, TEMP_BYTES},
		{HEAL_METRIC_DEADLOCKS, DEADLOCKS},
		{HEAL_METRIC_CHECKSUM_FAILURES, CHECKSUM_FAILURES},
		{HEAL_METRIC_SESSIONS_OPENED, SESSIONS_OPENED},
		{HEAL_METRIC_SESSIONS_ABANDONED, SESSIONS_ABANDONED},
		{HEAL_METRIC_SESSIONS_FATAL, SESSIONS_FATAL},
		{HEAL_METRIC_SESSIONS_KILLED, SESSIONS_KILLED},
	};
	const double *total = databases.total;
	double *value = reading->value;

	for (int i = 0; i < lengthof(same); i++)
		value[same[i].metric] = total[same[i].column];
	value[HEAL_METRIC_BLOCKS_READ] = total[BLOCKS_FETCHED] - total[BLOCKS_HIT];
	reading->whole[HEAL_METRIC_CACHE_HIT_RATIO] = total[BLOCKS_FETCHED];
	reading->whole[HEAL_METRIC_ROLLBACK_SHARE] =
		total[COMMITS] + total[ROLLBACKS];
	if (RecoveryInProgress())
		value[HEAL_METRIC_RECOVERY_CONFLICTS] = total[CONFLICTS];
	if (track_io_timing)
	{
		value[HEAL_METRIC_BLOCK_READ_TIME] = total[READ_TIME];
		value[HEAL_METRIC_BLOCK_WRITE_TIME] = total[WRITE_TIME];
	}
}

static void
read_checkpoints(HealReading *reading)
{
	PgStat_CheckpointerStats *checkpoints = pgstat_fetch_stat_checkpointer();
	PgStat_BgWriterStats *writer = pgstat_fetch_stat_bgwriter();
	double *value = reading->value;

	value[HEAL_METRIC_CHECKPOINTS_TIMED] = heal_checkpoints_timed(checkpoints);
	value[HEAL_METRIC_CHECKPOINTS_REQUESTED] =
		heal_checkpoints_requested(checkpoints);
	value[HEAL_METRIC_CHECKPOINT_WRITE_TIME] =
		heal_checkpoint_write_time(checkpoints);
	value[HEAL_METRIC_CHECKPOINT_SYNC_TIME] =
		heal_checkpoint_sync_time(checkpoints);
	value[HEAL_METRIC_BUFFERS_CHECKPOINT] =
		heal_checkpoint_buffers(checkpoints);
	value[HEAL_METRIC_BUFFERS_CLEAN] = writer->buf_written_clean;
	value[HEAL_METRIC_CLEAN_STOPS] = writer->maxwritten_clean;
	value[HEAL_METRIC_BUFFERS_ALLOCATED] = writer->buf_alloc;
	value[HEAL_METRIC_BUFFERS_BACKEND] = heal_backend_writes();
	value[HEAL_METRIC_BACKEND_FSYNCS] = heal_backend_fsyncs();
}

static void
read_wal(HealReading *reading)
{
	PgStat_WalStats *wal = pgstat_fetch_stat_wal();
	double *value = reading->value;

	value[HEAL_METRIC_WAL_BYTES] = heal_wal_count(wal, wal_bytes);
	value[HEAL_METRIC_WAL_RECORDS] = heal_wal_count(wal, wal_records);
	value[HEAL_METRIC_WAL_FULL_PAGE_IMAGES] = heal_wal_count(wal, wal_fpi);
	value[HEAL_METRIC_WAL_BUFFERS_FULL] = heal_wal_count(wal, wal_buffers_full);
	if (!RecoveryInProgress())
	{
		XLogRecPtr redo = GetRedoRecPtr();
		XLogRecPtr now = GetXLogWriteRecPtr();

		value[HEAL_METRIC_WAL_SINCE_CHECKPOINT] = now > redo ? now - redo : 0;
	}
}

static void
read_archiver(HealReading *reading)
{
	PgStat_ArchiverStats *archiver;
	double *value = reading->value;

	if (!XLogArchivingActive())
		return;
	archiver = pgstat_fetch_stat_archiver();
	value[HEAL_METRIC_WAL_ARCHIVED] = archiver->archived_count;
	value[HEAL_METRIC_ARCHIVE_FAILURES] = archiver->failed_count;
	if (archiver->last_archived_timestamp != 0)
		value[HEAL_METRIC_ARCHIVE_AGE] =
			seconds_since(reading, archiver->last_archived_timestamp);
}

/* Without a standby there is no lag, which is not a lag of zero. */
static void
read_standbys(HealReading *reading)
{
	XLogRecPtr here = current_wal();
	double *value = reading->value;

	value[HEAL_METRIC_STANDBYS] = 0;
	for (int i = 0; i < max_wal_senders; i++)
	{
		WalSnd *sender = &WalSndCtl->walsnds[i];
		bool counts;
		XLogRecPtr reached;
		TimeOffset lag;

		SpinLockAcquire(&sender->mutex);
		counts = sender->pid != 0 && sender->state != WALSNDSTATE_BACKUP;
		reached =
			sender->apply != InvalidXLogRecPtr ? sender->apply : sender->flush;
		lag = sender->applyLag;
		SpinLockRelease(&sender->mutex);

		if (!counts)
			continue;
		value[HEAL_METRIC_STANDBYS]++;
		if (reached != InvalidXLogRecPtr)
			keep_larger(&value[HEAL_METRIC_STANDBY_LAG_BYTES],
						here > reached ? here - reached : 0);
		/* the sender forgets the lag of a standby that has caught up */
		keep_larger(&value[HEAL_METRIC_STANDBY_LAG_SECONDS],
					lag >= 0 ? (double) lag / HEAL_SECOND : 0.0);
	}
}

static void
read_replication_slots(HealReading *reading)
{
	XLogRecPtr here = current_wal();
	TransactionId next = ReadNextTransactionId();
	double *value = reading->value;

	value[HEAL_METRIC_SLOTS] = 0;
	value[HEAL_METRIC_SLOTS_INACTIVE] = 0;
	value[HEAL_METRIC_SLOT_RETAINED_WAL] = 0;
	value[HEAL_METRIC_XMIN_AGE_SLOTS] = 0;
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		XLogRecPtr needed;
		TransactionId xmin;
		TransactionId catalog_xmin;
		bool active;
		bool valid;

		if (!slot->in_use)
			continue;
		SpinLockAcquire(&slot->mutex);
		active = slot->active_pid != 0;
		valid = heal_slot_is_valid(slot);
		needed = slot->data.restart_lsn;
		xmin = slot->data.xmin;
		catalog_xmin = slot->data.catalog_xmin;
		SpinLockRelease(&slot->mutex);

		value[HEAL_METRIC_SLOTS]++;
		if (!active)
			value[HEAL_METRIC_SLOTS_INACTIVE]++;
		/* an invalidated slot no longer holds anything */
		if (!valid)
			continue;
		if (needed != InvalidXLogRecPtr && here > needed)
			keep_larger(&value[HEAL_METRIC_SLOT_RETAINED_WAL], here - needed);
		keep_older(&value[HEAL_METRIC_XMIN_AGE_SLOTS], xmin, next);
		keep_older(&value[HEAL_METRIC_XMIN_AGE_SLOTS], catalog_xmin, next);
	}
	LWLockRelease(ReplicationSlotControlLock);
}

/* Time lag is meaningless while there is nothing to replay: then it is zero. */
static void
read_standby_role(HealReading *reading)
{
	XLogRecPtr received = GetWalRcvFlushRecPtr(NULL, NULL);
	XLogRecPtr replayed = GetXLogReplayRecPtr(NULL);
	TimestampTz commit = GetLatestXTime();
	TimestampTz heard;
	double *value = reading->value;

	SpinLockAcquire(&WalRcv->mutex);
	heard = WalRcv->lastMsgReceiptTime;
	SpinLockRelease(&WalRcv->mutex);

	value[HEAL_METRIC_RECEIVER_STREAMING] = WalRcvStreaming() ? 1 : 0;
	if (heard != 0)
		value[HEAL_METRIC_RECEIVER_SILENCE] = seconds_since(reading, heard);
	if (received != InvalidXLogRecPtr)
		value[HEAL_METRIC_REPLAY_LAG_BYTES] =
			received > replayed ? received - replayed : 0;
	if (commit == 0)
		return;
	value[HEAL_METRIC_REPLAY_COMMIT_AGE] = seconds_since(reading, commit);
	value[HEAL_METRIC_REPLAY_LAG_SECONDS] =
		received != InvalidXLogRecPtr && received <= replayed
			? 0
			: value[HEAL_METRIC_REPLAY_COMMIT_AGE];
}

/* Since when this engine knows each prepared transaction; 0 in unused places. */
typedef struct Prepared
{
	TransactionId xid;
	HealTime seen_at;
} Prepared;

static Prepared *
prepared_places(void)
{
	static Prepared *places;

	if (places == NULL)
		places = MemoryContextAllocZero(
			TopMemoryContext, mul_size(max_prepared_xacts, sizeof(Prepared)));
	return places;
}

/*
 * The list of prepared transactions is private to the server, and its SQL function
 * needs a database. What can be seen are the process entries that stand in for them,
 * without the time of PREPARE; an entry no longer used keeps its old id, hence the
 * question whether that is still running. A standby fills them at promotion.
 */
static void
read_prepared(HealReading *reading)
{
	TransactionId next = ReadNextTransactionId();
	double *value = reading->value;

	if (RecoveryInProgress())
		return;
	value[HEAL_METRIC_PREPARED_TRANSACTIONS] = 0;
	value[HEAL_METRIC_OLDEST_PREPARED] = 0;
	value[HEAL_METRIC_XMIN_AGE_PREPARED] = 0;
	for (int i = 0; i < max_prepared_xacts; i++)
	{
		TransactionId xid = PreparedXactProcs[i].xid;
		Prepared *place = &prepared_places()[i];

		if (!TransactionIdIsNormal(xid) || !TransactionIdIsInProgress(xid))
			continue;
		if (place->xid != xid)
			*place = (Prepared){xid, reading->taken_at};
		value[HEAL_METRIC_PREPARED_TRANSACTIONS]++;
		keep_older(&value[HEAL_METRIC_XMIN_AGE_PREPARED], xid, next);
		keep_larger(&value[HEAL_METRIC_OLDEST_PREPARED],
					seconds_since(reading, place->seen_at));
	}
}
