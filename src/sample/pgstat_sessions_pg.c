/*
 * pgstat_sessions_pg.c
 *		Processes of the server: their states, what they wait for, the slots they take.
 *
 * Sessions are those of the situation: backends_pg.c has just read them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/autovacuum.h"
#include "postmaster/bgworker.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "sample/backends_pg.h"
#include "sample/database_pg.h"
#include "sample/pgstat_part.h"

#define WAIT_CLASS_MASK 0xFF000000U

static void read_processes(HealReading *reading);
static void read_locks(HealReading *reading, const HealSituation *situation);
static void
read_slots_used(HealReading *reading, const HealSituation *situation);

void
heal_pgstat_read_sessions(HealReading *reading, const HealSituation *situation)
{
	if (situation == NULL)
		return;
	read_processes(reading);
	read_locks(reading, situation);
	read_slots_used(reading, situation);
}

/* Where an active session counts, for the server and for its database. */
static void
count_wait(double *value, int32 *kind, uint32 wait)
{
	static const struct
	{
		uint32 class;
		HealMetricId metric;
		HealDatabaseSessions kind;
	} classes[] = {
		{0, HEAL_METRIC_SESSIONS_ON_CPU, HEAL_DB_ON_CPU},
		{PG_WAIT_LWLOCK, HEAL_METRIC_SESSIONS_WAITING_LWLOCK,
		 HEAL_DB_WAITING_LWLOCK},
		{PG_WAIT_LOCK, HEAL_METRIC_SESSIONS_WAITING_LOCK, HEAL_DB_WAITING_LOCK},
		{PG_WAIT_BUFFERPIN, HEAL_METRIC_SESSIONS_WAITING_BUFFER_PIN,
		 HEAL_DB_WAITING_OTHER},
		{PG_WAIT_IO, HEAL_METRIC_SESSIONS_WAITING_IO, HEAL_DB_WAITING_IO},
		{PG_WAIT_IPC, HEAL_METRIC_SESSIONS_WAITING_IPC, HEAL_DB_WAITING_IPC},
		{PG_WAIT_CLIENT, HEAL_METRIC_SESSIONS_WAITING_CLIENT,
		 HEAL_DB_WAITING_CLIENT},
		{PG_WAIT_TIMEOUT, HEAL_METRIC_SESSIONS_WAITING_TIMEOUT,
		 HEAL_DB_WAITING_OTHER},
		{PG_WAIT_EXTENSION, HEAL_METRIC_SESSIONS_WAITING_EXTENSION,
		 HEAL_DB_WAITING_OTHER},
	};

	for (int i = 0; i < lengthof(classes); i++)
		if (classes[i].class == (wait & WAIT_CLASS_MASK))
		{
			value[classes[i].metric]++;
			kind[classes[i].kind]++;
			break;
		}
	if (wait == WAIT_EVENT_SYNC_REP)
		value[HEAL_METRIC_SESSIONS_WAITING_SYNC]++;
}

static void
count_session(HealReading *reading, const HealBackend *session)
{
	double *value = reading->value;
	int32 nowhere[HEAL_DB_SESSION_KINDS] = {0}; /* still logging in */
	HealDatabase *database = heal_databases_of(session->database);
	int32 *kind = database != NULL ? database->sessions : nowhere;

	value[HEAL_METRIC_SESSIONS]++;
	kind[HEAL_DB_SESSIONS]++;
	if (session->transaction_start != 0)
		keep_larger(&value[HEAL_METRIC_OLDEST_TRANSACTION],
					seconds_since(reading, session->transaction_start));
	switch (session->state)
	{
		case STATE_IDLE:
			value[HEAL_METRIC_SESSIONS_IDLE]++;
			kind[HEAL_DB_IDLE]++;
			break;
		case STATE_RUNNING:
			value[HEAL_METRIC_SESSIONS_ACTIVE]++;
			kind[HEAL_DB_ACTIVE]++;
			count_wait(value, kind, session->wait);
			keep_larger(&value[HEAL_METRIC_LONGEST_STATEMENT],
						seconds_since(reading, session->statement_start));
			break;
		case STATE_IDLEINTRANSACTION:
		case STATE_IDLEINTRANSACTION_ABORTED:
			value[session->state == STATE_IDLEINTRANSACTION
					  ? HEAL_METRIC_SESSIONS_IDLE_IN_TRANSACTION
					  : HEAL_METRIC_SESSIONS_IDLE_ABORTED]++;
			kind[HEAL_DB_IDLE_IN_TRANSACTION]++;
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
		HEAL_METRIC_VACUUMS_RUNNING,
		HEAL_METRIC_ANALYZES_RUNNING,
		HEAL_METRIC_INDEX_BUILDS_RUNNING,
		HEAL_METRIC_REWRITES_RUNNING,
		HEAL_METRIC_COPIES_RUNNING,
		HEAL_METRIC_BASE_BACKUPS_RUNNING,
		HEAL_METRIC_LOGICAL_WORKERS,
	};

	for (int i = 0; i < lengthof(counted); i++)
		value[counted[i]] = 0;
}

/* What runs long and reports how far it is. */
static void
count_command(double *value, ProgressCommandType command)
{
	static const struct
	{
		ProgressCommandType command;
		HealMetricId metric;
	} commands[] = {
		{PROGRESS_COMMAND_VACUUM, HEAL_METRIC_VACUUMS_RUNNING},
		{PROGRESS_COMMAND_ANALYZE, HEAL_METRIC_ANALYZES_RUNNING},
		{PROGRESS_COMMAND_CREATE_INDEX, HEAL_METRIC_INDEX_BUILDS_RUNNING},
		{PROGRESS_COMMAND_CLUSTER, HEAL_METRIC_REWRITES_RUNNING},
		{PROGRESS_COMMAND_COPY, HEAL_METRIC_COPIES_RUNNING},
		{PROGRESS_COMMAND_BASEBACKUP, HEAL_METRIC_BASE_BACKUPS_RUNNING},
	};

	if (command == PROGRESS_COMMAND_INVALID)
		return;
	for (int i = 0; i < lengthof(commands); i++)
		if (commands[i].command == command)
			value[commands[i].metric]++;
}

/* Of subscriptions, and not the one that starts them. */
static bool
is_logical_worker(int pid)
{
	const char *type = GetBackgroundWorkerTypeByPid(pid);

	return type != NULL && strncmp(type, "logical replication", 19) == 0 &&
		   strstr(type, "launcher") == NULL;
}

static void
read_processes(HealReading *reading)
{
	double *value = reading->value;
	TransactionId next = ReadNextTransactionId();
	int parallel = heal_processes().parallel;

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
				value[HEAL_METRIC_LOGICAL_WORKERS] +=
					is_logical_worker(backend->pid);
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
		count_command(value, backend->command);
		/* our own snapshot is as young as this heartbeat */
		if (backend->pid != MyProcPid)
			keep_older(horizon, backend->xmin, next);
	}
	value[HEAL_METRIC_PARALLEL_WORKERS] = parallel;
	if (autovacuum_max_workers > 0)
		value[HEAL_METRIC_AUTOVACUUM_USED_SHARE] =
			Min(value[HEAL_METRIC_AUTOVACUUM_WORKERS] / autovacuum_max_workers,
				1.0);
	value[HEAL_METRIC_BACKGROUND_WORKERS] =
		Max(value[HEAL_METRIC_BACKGROUND_WORKERS] - parallel, 0);
}

/* How many it waits behind, one after the other; a deadlock goes round. */
static int
queue_depth(const HealSituation *situation, int session)
{
	int depth = 0;

	while (session >= 0 && situation->session[session].waiting &&
		   depth < situation->sessions)
	{
		session = situation->session[session].blocker;
		depth++;
	}
	return depth;
}

static void
read_locks(HealReading *reading, const HealSituation *situation)
{
	double *value = reading->value;

	value[HEAL_METRIC_LOCK_WAITERS] = situation->waiters;
	value[HEAL_METRIC_WAITERS_ON_PREPARED] = situation->prepared_blockers;
	value[HEAL_METRIC_LONGEST_LOCK_WAIT] = 0;
	value[HEAL_METRIC_LOCK_BLOCKERS] = 0;
	value[HEAL_METRIC_LOCK_DEPTH] = 0;
	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->waiters > 0 && !session->waiting)
			value[HEAL_METRIC_LOCK_BLOCKERS]++;
		if (session->waiting)
			keep_larger(&value[HEAL_METRIC_LOCK_DEPTH],
						queue_depth(situation, i));
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
