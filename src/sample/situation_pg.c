/*
 * situation_pg.c
 *		Take a picture of the sessions and their lock queues.
 *
 * Two looks, one cheap and one dear: the process array and the status entries say
 * who is there, whether anybody waits for a lock or a standby and how many
 * connection slots are taken (no lock; see backends_pg.c); the lock table is
 * copied only when somebody waits, as that takes all its partition locks.
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
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

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

static void read_sessions(HealSituation *situation);
static void read_session(HealSession *session, const HealBackend *backend);
static HealProcess process_of(BackendType type);
static HealSessionState state_of(BackendState state);
static bool is_alike(const HealSession *session, const HealSession *other);
static HealProtection protection_of(const HealSession *session);
static void resolve_waits(HealSituation *situation);
static HealLockEntry *copy_lock_table(int *count);
static void read_conflicts(uint32 conflicts[HEAL_LOCK_MODES]);

HealSituation *
heal_situation_take(void)
{
	HealSituation *situation = palloc0(sizeof(*situation));

	situation->taken_at = GetCurrentTimestamp();
	situation->in_recovery = RecoveryInProgress();
	heal_directory_refresh(); /* when it fails everybody is protected */
	read_sessions(situation);
	situation->slots_used = heal_processes().slots_used;
	situation->slots_total =
		MaxConnections - SuperuserReservedConnections - ReservedConnections;
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
	if (heal_processes().lock_awaited)
		resolve_waits(situation);
	return situation;
}

static void
read_sessions(HealSituation *situation)
{
	situation->capacity = heal_backends_read();
	situation->session =
		palloc(Max(situation->capacity, 1) * sizeof(HealSession));

	for (int i = 0; i < situation->capacity; i++)
	{
		HealSession *session = &situation->session[i];

		CHECK_FOR_INTERRUPTS();
		read_session(session, heal_backend(i));
		session->protection = i > 0 && is_alike(session, session - 1)
								  ? session[-1].protection
								  : protection_of(session);
		situation->sessions++;
	}
}

static void
read_session(HealSession *session, const HealBackend *backend)
{
	*session = (HealSession){
		.id = {.pid = backend->pid, .backend_start = backend->started_at},
		.state = state_of(backend->state),
		.client = backend->type == B_BACKEND && backend->pid != MyProcPid,
		.process = process_of(backend->type),
		.wraparound = (backend->flags & PROC_VACUUM_FOR_WRAPAROUND) != 0,
		.role = backend->role,
		.database = backend->database,
		.transaction_start = backend->transaction_start,
		.statement_start = backend->statement_start,
		.state_change = backend->state_change,
		.query_id = backend->query_id,
		.waits_for_standby = backend->waits_for_standby,
		.root = -1,
		.blocker = -1,
	};
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

/* In all that protection goes by: sessions of a pool are, and they come one after the other. */
static bool
is_alike(const HealSession *session, const HealSession *other)
{
	return session->client == other->client && session->role == other->role &&
		   session->database == other->database &&
		   session->waits_for_standby == other->waits_for_standby &&
		   strcmp(session->application, other->application) == 0;
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
	/* of use to the list alone */
	if (facts.list != NULL && facts.list[0] != '\0')
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
