/*
 * situation_pg.c
 *		Take a picture of the sessions and their lock queues.
 *
 * Three looks, from cheap to dear: the process array says whether anybody waits
 * for a lock, who waits for a standby and how many connection slots are taken
 * (a few microseconds, no lock); the backend status entries say who is there;
 * the lock table is copied only when somebody waits, as that takes all its
 * partition locks.
 *
 * The looks are not of the same instant. That is harmless: no proof rests on
 * less than seconds, and a lock's owner that is missing among the sessions
 * counts as unknown.
 *
 * Works in a process without a database; see db/directory.h.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "replication/syncrep.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "db/directory.h"
#include "decide/protect.h"
#include "sample/backends_pg.h"
#include "sample/prepared_pg.h"
#include "sample/pressure_pg.h"
#include "sample/receiver_pg.h"
#include "sample/sampler_pg.h"
#include "sample/situation_pg.h"
#include "sample/slot_pg.h"
#include "sample/source_pg.h"
#include "sample/spiller_pg.h"
#include "sample/suspect_pg.h"
#include "sample/sync_pg.h"
#include "sample/waitgraph.h"
#include "scan/ailment_pg.h"
#include "settings.h"

StaticAssertDecl(sizeof(LOCKTAG) == sizeof(((HealLockEntry *) NULL)->tag),
				 "HealLockEntry has room for exactly one LOCKTAG");
StaticAssertDecl(NAMEDATALEN <= HEAL_NAME_SIZE,
				 "names of the server fit into ours");

#define CPU_OVER \
	(30 * HEAL_SECOND) /* what comes and goes faster is no shortage */

/* What the process array says. */
typedef struct Processes
{
	bool waiting; /* somebody waits for a heavyweight lock */
	int slots_used;
	int sync_waiters;
	int *sync_waiter; /* [sync_waiters] pids, ascending */
} Processes;

static void look_at_processes(Processes *processes);
static bool waits_for_standby(const PGPROC *process);
static void read_sessions(HealSituation *situation, const Processes *processes);
static void read_session(HealSession *session, const HealBackend *backend);
static HealProcess process_of(BackendType type);
static HealSessionState state_of(BackendState state);
static bool
is_sync_waiter(const HealSession *session, const Processes *processes);
static HealProtection protection_of(const HealSession *session);
static void resolve_waits(HealSituation *situation);
static HealLockEntry *copy_lock_table(int *count);
static void read_conflicts(uint32 conflicts[HEAL_LOCK_MODES]);
static int compare_pids(const void *a, const void *b);

HealSituation *
heal_situation_take(void)
{
	HealSituation *situation = palloc0(sizeof(*situation));
	Processes processes;

	situation->taken_at = GetCurrentTimestamp();
	situation->in_recovery = RecoveryInProgress();
	heal_directory_refresh(); /* when it fails everybody is protected */
	look_at_processes(&processes);
	situation->slots_used = processes.slots_used;
	situation->slots_total =
		MaxConnections - SuperuserReservedConnections - ReservedConnections;
	read_sessions(situation, &processes);
	heal_prepared_read(situation);
	heal_receiver_read(situation);
	heal_sync_read(situation);
	heal_slots_read(situation);
	situation->ailments = heal_ailments_copy(situation->ailment);
	situation->cpu_used = heal_sample_between(HEAL_METRIC_CPU_USED,
											  situation->taken_at - CPU_OVER,
											  situation->taken_at);
	heal_suspects_read(situation);
	heal_sources_read(situation);
	heal_pressure_read(situation);
	heal_spillers_read(situation);
	if (processes.waiting)
		resolve_waits(situation);
	pfree(processes.sync_waiter);
	return situation;
}

/*
 * Without a lock: each field is read once, and a process that comes or goes
 * meanwhile is seen at the next look. Slots are counted here and not by the
 * sessions, as one that is still logging in has taken its slot already.
 */
static void
look_at_processes(Processes *processes)
{
	PROC_HDR *array = ProcGlobal;

	memset(processes, 0, sizeof(*processes));
	processes->sync_waiter = palloc(array->allProcCount * sizeof(int));
	for (uint32 i = 0; i < array->allProcCount; i++)
	{
		PGPROC *process = &array->allProcs[i];
		int pid = process->procLatch.owner_pid;

		/*
		 * The entry's own pid remains when a process has ended; who owns the
		 * latch does not.
		 */
		if (pid == 0)
			continue;
		if (process->procgloballist == &array->freeProcs)
			processes->slots_used++;
		if (pg_atomic_read_u64(&process->waitStart) != 0)
			processes->waiting = true;
		if (waits_for_standby(process))
			processes->sync_waiter[processes->sync_waiters++] = pid;
	}
	qsort(processes->sync_waiter, processes->sync_waiters, sizeof(int),
		  compare_pids);
}

/* Either sign will do: the wait event outlives the queue entry by a moment. */
static bool
waits_for_standby(const PGPROC *process)
{
	return process->syncRepState == SYNC_REP_WAITING ||
		   process->wait_event_info == WAIT_EVENT_SYNC_REP;
}

static void
read_sessions(HealSituation *situation, const Processes *processes)
{
	situation->capacity = heal_backends_read();
	situation->session =
		palloc0(Max(situation->capacity, 1) * sizeof(HealSession));

	for (int i = 0; i < situation->capacity; i++)
	{
		HealSession *session = &situation->session[i];

		CHECK_FOR_INTERRUPTS();
		read_session(session, heal_backend(i));
		session->waits_for_standby = is_sync_waiter(session, processes);
		session->protection = protection_of(session);
		situation->sessions++;
	}
}

static void
read_session(HealSession *session, const HealBackend *backend)
{
	session->id.pid = backend->pid;
	session->id.backend_start = backend->started_at;
	session->state = state_of(backend->state);
	session->client = backend->type == B_BACKEND && backend->pid != MyProcPid;
	session->process = process_of(backend->type);
	session->wraparound = (backend->flags & PROC_VACUUM_FOR_WRAPAROUND) != 0;
	session->role = backend->role;
	session->database = backend->database;
	session->transaction_start = backend->transaction_start;
	session->statement_start = backend->statement_start;
	session->state_change = backend->state_change;
	session->query_id = backend->query_id;
	session->root = -1;
	session->blocker = -1;
	strlcpy(session->application, backend->application,
			sizeof(session->application));
}

static HealProcess
process_of(BackendType type)
{
	switch (type)
	{
		case B_AUTOVAC_WORKER:
			return HEAL_PROCESS_AUTOVACUUM;
		case B_WAL_SENDER:
			return HEAL_PROCESS_WAL_SENDER;
		case B_WAL_RECEIVER:
			return HEAL_PROCESS_WAL_RECEIVER;
		default:
			return HEAL_PROCESS_OTHER;
	}
}

static HealSessionState
state_of(BackendState state)
{
	switch (state)
	{
		case STATE_RUNNING:
			return HEAL_SESSION_ACTIVE;
		case STATE_IDLE:
			return HEAL_SESSION_IDLE;
		case STATE_IDLEINTRANSACTION:
			return HEAL_SESSION_IDLE_IN_TRANSACTION;
		case STATE_IDLEINTRANSACTION_ABORTED:
			return HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED;
		default:
			return HEAL_SESSION_OTHER;
	}
}

static bool
is_sync_waiter(const HealSession *session, const Processes *processes)
{
	return bsearch(&session->id.pid, processes->sync_waiter,
				   processes->sync_waiters, sizeof(int), compare_pids) != NULL;
}

static HealProtection
protection_of(const HealSession *session)
{
	HealSessionFacts facts = {
		.client = session->client,
		.application = session->application,
		.list = heal_protected_sessions,
	};
	const HealRole *role;

	if (!session->client)
		return heal_protect_decide(&facts);
	role = heal_directory_role(session->role);
	if (role != NULL)
	{
		facts.superuser = role->superuser;
		facts.responder = role->responder;
		facts.role = NameStr(role->name);
	}
	facts.database = heal_directory_database(session->database);
	facts.waits_for_standby = session->waits_for_standby;
	return heal_protect_decide(&facts);
}

static void
resolve_waits(HealSituation *situation)
{
	int count;
	HealLockEntry *entries = copy_lock_table(&count);
	uint32 conflicts[HEAL_LOCK_MODES];
	int *scratch = palloc(HEAL_WAITGRAPH_SCRATCH(count, situation->sessions) *
						  sizeof(int));

	read_conflicts(conflicts);
	heal_waitgraph_resolve(situation, entries, count, conflicts, scratch);
	pfree(scratch);
	pfree(entries);
}

static HealLockEntry *
copy_lock_table(int *count)
{
	LockData *table = GetLockStatusData();
	HealLockEntry *entries =
		palloc(Max(table->nelements, 1) * sizeof(HealLockEntry));

	for (int i = 0; i < table->nelements; i++)
	{
		const LockInstanceData *lock = &table->locks[i];
		HealLockEntry *entry = &entries[i];

		memcpy(entry->tag, &lock->locktag, sizeof(entry->tag));
		entry->hold_mask = lock->holdMask;
		entry->wait_mode = lock->waitLockMode;
		entry->pid = lock->pid;
		entry->prepared = heal_prepared_of_lock(lock);
		entry->leader_pid = lock->leaderPid;
		entry->wait_start = lock->waitStart;
	}
	*count = table->nelements;
	pfree(table->locks);
	pfree(table);
	return entries;
}

static void
read_conflicts(uint32 conflicts[HEAL_LOCK_MODES])
{
	memset(conflicts, 0, HEAL_LOCK_MODES * sizeof(*conflicts));
	for (int mode = 1; mode <= MaxLockMode; mode++)
		for (int other = 1; other <= MaxLockMode; other++)
			if (DoLockModesConflict(mode, other))
				conflicts[mode] |= UINT32_C(1) << other;
}

static int
compare_pids(const void *a, const void *b)
{
	int left = *(const int *) a;
	int right = *(const int *) b;

	return (left > right) - (left < right);
}
