/*
 * sessions_sql.c
 *		Sessions, connection slots and who holds back the cleaning up, as SQL rows.
 *
 * The sessions come from the same picture that failures are proven by, so what a human
 * sees is what the engine acts upon.
 */
#include "postgres.h"

#include "access/transam.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "postmaster/postmaster.h"
#include "replication/slot.h"
#include "replication/walsender.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/directory.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "sample/situation_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_sessions);
PG_FUNCTION_INFO_V1(selfheal_read_connection_slots);
PG_FUNCTION_INFO_V1(selfheal_read_horizon);

/* Who they are */

static void
put_names(HealRow *row, Oid role, Oid database)
{
	const HealRole *known = heal_directory_role(role);

	heal_row_text(row, known != NULL ? NameStr(known->name) : NULL);
	heal_row_text(row, heal_directory_database(database));
}

static void
put_pid_of(HealRow *row, const HealSituation *situation, int session)
{
	heal_row_int8_or_null(row, session >= 0 ? situation->session[session].id.pid
											: 0);
}

/* What of a lock has no OID: the rest of its name. */
static const char *
lock_detail(const LOCKTAG *tag)
{
	switch ((LockTagType) tag->locktag_type)
	{
		case LOCKTAG_PAGE:
			return psprintf("page %u", tag->locktag_field3);
		case LOCKTAG_TUPLE:
			return psprintf("row (%u,%u)", tag->locktag_field3,
							tag->locktag_field4);
		case LOCKTAG_TRANSACTION:
			return psprintf("%u", tag->locktag_field1);
		case LOCKTAG_VIRTUALTRANSACTION:
			return psprintf("%u/%u", tag->locktag_field1, tag->locktag_field2);
		case LOCKTAG_OBJECT:
			return psprintf("object %u of catalog %u", tag->locktag_field3,
							tag->locktag_field2);
		case LOCKTAG_ADVISORY:
			return tag->locktag_field4 == 2
					   ? psprintf("(%d, %d)", (int) tag->locktag_field2,
								  (int) tag->locktag_field3)
					   : psprintf(
							 "%lld",
							 (long long) (((uint64) tag->locktag_field2 << 32) |
										  tag->locktag_field3));
		default:
			return NULL;
	}
}

static bool
is_of_relation(const LOCKTAG *tag)
{
	return tag->locktag_type == LOCKTAG_RELATION ||
		   tag->locktag_type == LOCKTAG_RELATION_EXTEND ||
		   tag->locktag_type == LOCKTAG_PAGE ||
		   tag->locktag_type == LOCKTAG_TUPLE;
}

static void
put_lock(HealRow *row, const HealSession *session)
{
	LOCKTAG tag;

	if (session->wait_mode == 0)
	{
		for (int i = 0; i < 5; i++)
			heal_row_null(row);
		return;
	}
	memcpy(&tag, session->wait_tag, sizeof(tag));
	heal_row_text(
		row, GetLockmodeName(tag.locktag_lockmethodid, session->wait_mode));
	heal_row_text(row, tag.locktag_type <= LOCKTAG_LAST_TYPE
						   ? LockTagTypeNames[tag.locktag_type]
						   : NULL);
	if (is_of_relation(&tag))
	{
		heal_row_int4(row, (int32) tag.locktag_field1);
		heal_row_int4(row, (int32) tag.locktag_field2);
	}
	else
	{
		heal_row_null(row);
		heal_row_null(row);
	}
	heal_row_text(row, lock_detail(&tag));
}

static void
put_session(FunctionCallInfo fcinfo, const HealSituation *situation, int at)
{
	const HealSession *session = &situation->session[at];
	bool client = session->client || session->id.pid == MyProcPid;
	HealRow row = {0};

	heal_row_int4(&row, session->id.pid);
	put_names(&row, session->role, session->database);
	heal_row_text(&row, session->application);
	heal_row_bool(&row, client);
	heal_row_text(&row, heal_session_state_name(session->state));
	heal_row_time(&row, session->id.backend_start);
	heal_row_time(&row, session->transaction_start);
	heal_row_time(&row, session->state_change);
	heal_row_time(&row, session->waiting ? session->wait_start : 0);
	put_pid_of(&row, situation, session->blocker);
	heal_row_bool(&row, session->behind_prepared);
	put_pid_of(&row, situation, session->root);
	heal_row_int4(&row, session->waiters);
	put_lock(&row, session);
	heal_row_text(&row, session->id.pid == MyProcPid ? "is the one that asks"
						: session->protection != HEAL_PROTECTED_NOT
							? heal_protection_reason(session->protection)
							: NULL);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_sessions(PG_FUNCTION_ARGS)
{
	HealSituation *situation;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	situation = heal_situation_take();
	for (int i = 0; i < situation->sessions; i++)
		put_session(fcinfo, situation, i);
	return (Datum) 0;
}

/* Slots */

typedef struct SlotCounts
{
	int clients;
	int walsenders;
	int workers;
	int autovacuum;
} SlotCounts;

/* As the situation counts them: by whose slot a process has taken, logging in or not. */
static SlotCounts
count_slots(void)
{
	PROC_HDR *array = ProcGlobal;
	SlotCounts counts = {0};

	for (uint32 i = 0; i < array->allProcCount; i++)
	{
		PGPROC *process = &array->allProcs[i];

		if (process->procLatch.owner_pid == 0)
			continue;
		counts.clients += process->procgloballist == &array->freeProcs;
		counts.walsenders +=
			process->procgloballist == &array->walsenderFreeProcs;
		counts.workers += process->procgloballist == &array->bgworkerFreeProcs;
		/* the launcher, and since 17 one more, share that list but not the slots */
		counts.autovacuum +=
			process->procgloballist == &array->autovacFreeProcs &&
			(process->statusFlags & PROC_IS_AUTOVACUUM) != 0;
	}
	return counts;
}

static void
put_slots(FunctionCallInfo fcinfo, const char *kind, int used, int total,
		  int available)
{
	HealRow row = {0};

	heal_row_text(&row, kind);
	heal_row_int4(&row, used);
	heal_row_int4(&row, total);
	heal_row_int4(&row, available);
	heal_row_emit(fcinfo, &row);
}

/* Slots kept for some: they are the last ones, whoever comes first. */
static void
put_reserved(FunctionCallInfo fcinfo, const char *kind, int kept, int free)
{
	int available = Max(Min(free, kept), 0);

	put_slots(fcinfo, kind, kept - available, kept, available);
}

Datum
selfheal_read_connection_slots(PG_FUNCTION_ARGS)
{
	SlotCounts counts;
	int reserved = SuperuserReservedConnections + ReservedConnections;
	int free;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	counts = count_slots();
	free = Max(MaxConnections - counts.clients, 0);
	put_slots(fcinfo, "client", counts.clients, MaxConnections, free);
	put_slots(fcinfo, "ordinary roles",
			  Min(counts.clients, MaxConnections - reserved),
			  MaxConnections - reserved, Max(free - reserved, 0));
	if (ReservedConnections > 0)
		put_reserved(fcinfo, "reserved for pg_use_reserved_connections",
					 ReservedConnections, free - SuperuserReservedConnections);
	put_reserved(fcinfo, "reserved for superusers",
				 SuperuserReservedConnections, free);
	put_slots(fcinfo, "walsender", counts.walsenders, max_wal_senders,
			  max_wal_senders - counts.walsenders);
	put_slots(fcinfo, "background worker", counts.workers, max_worker_processes,
			  max_worker_processes - counts.workers);
	put_slots(fcinfo, "autovacuum worker", counts.autovacuum,
			  heal_autovacuum_slots(),
			  heal_autovacuum_slots() - counts.autovacuum);
	return (Datum) 0;
}

/* The horizon */

static void
put_holder(FunctionCallInfo fcinfo, const LocalPgBackendStatus *entry,
		   TransactionId xid, TransactionId next)
{
	const PgBackendStatus *status = &entry->backendStatus;
	HealRow row = {0};

	heal_row_text(&row, status->st_backendType == B_BACKEND		 ? "session"
						: status->st_backendType == B_WAL_SENDER ? "standby"
																 : "worker");
	heal_row_text(&row, status->st_backendType == B_WAL_SENDER ||
								status->st_backendType == B_BACKEND
							? status->st_appname
							: GetBackendTypeDesc(status->st_backendType));
	heal_row_int8(&row, status->st_procpid);
	put_names(&row, status->st_userid, status->st_databaseid);
	heal_row_int8(&row, (int32) (next - xid));
	heal_row_time(&row, status->st_xact_start_timestamp);
	heal_row_emit(fcinfo, &row);
}

/* Vacuum does not hold back vacuum, and logical decoding does it by its slot. */
static bool
holds_nothing(int pid)
{
	PGPROC *process = BackendPidGetProc(pid);

	return process != NULL &&
		   (process->statusFlags &
			(PROC_IN_VACUUM | PROC_IN_LOGICAL_DECODING)) != 0;
}

static TransactionId
older(TransactionId a, TransactionId b)
{
	if (!TransactionIdIsNormal(a))
		return b;
	if (!TransactionIdIsNormal(b))
		return a;
	return TransactionIdPrecedes(a, b) ? a : b;
}

static void
put_processes(FunctionCallInfo fcinfo, TransactionId next)
{
	int count;

	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *entry = pgstat_get_local_beentry_by_index(i);
		TransactionId xid = older(entry->backend_xmin, entry->backend_xid);
		int pid = entry->backendStatus.st_procpid;

		/* whoever asks holds a snapshot only to ask */
		if (TransactionIdIsNormal(xid) && pid != MyProcPid &&
			!holds_nothing(pid))
			put_holder(fcinfo, entry, xid, next);
	}
}

static void
put_slot(FunctionCallInfo fcinfo, const char *kind, const NameData *name,
		 int pid, Oid database, TransactionId xid, TransactionId next)
{
	HealRow row = {0};

	if (!TransactionIdIsNormal(xid))
		return;
	heal_row_text(&row, kind);
	heal_row_text(&row, NameStr(*name));
	heal_row_int8_or_null(&row, pid);
	put_names(&row, InvalidOid, database);
	heal_row_int8(&row, (int32) (next - xid));
	heal_row_null(&row); /* since when is known to nobody */
	heal_row_emit(fcinfo, &row);
}

/* Copied one by one: the lock on all of them is not held while rows are made. */
static void
put_replication_slots(FunctionCallInfo fcinfo, TransactionId next)
{
	for (int i = 0; i < max_replication_slots; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		ReplicationSlotPersistentData data;
		int pid = 0;
		bool used;

		LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
		used = slot->in_use;
		if (used)
		{
			SpinLockAcquire(&slot->mutex);
			data = slot->data;
			data.xmin = slot->effective_xmin;
			data.catalog_xmin = slot->effective_catalog_xmin;
			pid = slot->active_pid;
			SpinLockRelease(&slot->mutex);
		}
		LWLockRelease(ReplicationSlotControlLock);
		if (!used)
			continue;
		put_slot(fcinfo, "slot", &data.name, pid, data.database, data.xmin,
				 next);
		put_slot(fcinfo, "slot, catalogs only", &data.name, pid, data.database,
				 data.catalog_xmin, next);
	}
}

Datum
selfheal_read_horizon(PG_FUNCTION_ARGS)
{
	TransactionId next = ReadNextTransactionId();

	heal_shmem_require();
	heal_directory_refresh();
	InitMaterializedSRF(fcinfo, 0);
	put_processes(fcinfo, next);
	put_replication_slots(fcinfo, next);
	return (Datum) 0;
}
