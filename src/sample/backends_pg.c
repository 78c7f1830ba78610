/*
 * backends_pg.c
 *		Every process that has a status entry, without its texts.
 *
 * The server's own copy brings along each one's statement, client and progress: kilobytes
 * from memory that is in no cache of this process, for which it also allocates and frees a
 * megabyte each time. That was a third of a heartbeat with 500 sessions. Here the few cache
 * lines that matter are copied, by the same protocol, into memory that is kept.
 *
 * What costs is waiting for memory, as nothing of it is in a cache after a second: so a
 * place that nobody has taken is looked at by its first line only, and lines that will be
 * wanted are asked for ahead.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "replication/syncrep.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "sample/backends_pg.h"

#define PLACES_AHEAD 12 /* about the time memory takes, a line each */
#define ENTRIES_AHEAD 4 /* several lines each */
#define NAMES_AHEAD 2	/* of applications, which the entries point to */

/* A process that lives. */
typedef struct Live
{
	const PGPROC *process;
	int pid;
	int place; /* of its status entry; -1 = not known */
} Live;

static HealBackend *backends; /* [heal_status_places()], kept */
static int backend_count;
static Live *live; /* [ProcGlobal->allProcCount], kept */
static int live_count;
static HealProcesses processes;

static void make_room(void);
static void find_living(void);
static void note_process(const PGPROC *process);
static void fetch_ahead(const PgBackendStatus *status, int number);
static void fetch_name(const PgBackendStatus *status, int number);
static bool copy_status(const PgBackendStatus *status, HealBackend *backend);
static void add_process(HealBackend *backend, const PGPROC *process);
static void add_unnumbered(const PgBackendStatus *status);

int
heal_backends_read(void)
{
	const PgBackendStatus *status = heal_status_array();

	Assert(MyBEEntry != NULL);
	if (backends == NULL)
		make_room();
	find_living();
	memset(&processes, 0, sizeof(processes));
	backend_count = 0;
	for (int i = 0; i < live_count; i++)
	{
		HealBackend *backend = &backends[backend_count];

		fetch_ahead(status, i + ENTRIES_AHEAD);
		fetch_name(status, i + NAMES_AHEAD);
		note_process(live[i].process);
		if (live[i].place < 0 ||
			!copy_status(&status[live[i].place], backend) ||
			backend->pid != live[i].pid)
			continue;
		add_process(backend, live[i].process);
		backend_count++;
	}
	add_unnumbered(status);
	return backend_count;
}

const HealBackend *
heal_backend(int index)
{
	return &backends[index];
}

int
heal_backends_count(void)
{
	return backend_count;
}

HealProcesses
heal_processes(void)
{
	return processes;
}

static void
make_room(void)
{
	live = MemoryContextAlloc(TopMemoryContext,
							  mul_size(ProcGlobal->allProcCount, sizeof(Live)));
	backends = MemoryContextAlloc(
		TopMemoryContext, mul_size(heal_status_places(), sizeof(HealBackend)));
}

/*
 * Without a lock, here and below: each field is read in one piece, and who comes or goes
 * meanwhile is seen at the next look. The entry's own pid remains when a process has
 * ended; who owns the latch does not.
 */
static void
find_living(void)
{
	const PGPROC *all = ProcGlobal->allProcs;
	int count = (int) ProcGlobal->allProcCount;

	live_count = 0;
	for (int i = 0; i < count; i++)
	{
		int pid;
		int place;

		if (i + PLACES_AHEAD < count)
			__builtin_prefetch(&all[i + PLACES_AHEAD].procLatch.owner_pid);
		pid = all[i].procLatch.owner_pid;
		if (pid == 0)
			continue;
		place = heal_status_place(&all[i], i);
		live[live_count++] = (Live){
			.process = &all[i],
			.pid = pid,
			.place = place < heal_status_places() ? place : -1,
		};
	}
}

static void
note_process(const PGPROC *process)
{
	const PGPROC *leader = process->lockGroupLeader;

	processes.slots_used += process->procgloballist == &ProcGlobal->freeProcs;
	processes.parallel += leader != NULL && leader != process;
	processes.lock_awaited |=
		pg_atomic_read_u64((pg_atomic_uint64 *) &process->waitStart) != 0;
}

/* What will be read soon, while there is work to do with this one. */
static void
fetch_ahead(const PgBackendStatus *status, int number)
{
	const PGPROC *process;
	const PgBackendStatus *entry;

	if (number >= live_count)
		return;
	process = live[number].process;
	entry = &status[Max(live[number].place, 0)];
	__builtin_prefetch(&process->waitStart);
	__builtin_prefetch(&process->lockGroupLeader);
	__builtin_prefetch(&process->wait_event_info);
	__builtin_prefetch(entry);
	__builtin_prefetch(&entry->st_state);
	__builtin_prefetch(&entry->st_query_id);
}

/* Constant, as is where it points to. */
static void
fetch_name(const PgBackendStatus *status, int number)
{
	if (number < live_count && live[number].place >= 0)
		__builtin_prefetch(status[live[number].place].st_appname);
}

/* Once more when its owner was writing. False when there is nobody. */
static bool
copy_status(const PgBackendStatus *status, HealBackend *backend)
{
	for (;;)
	{
		int before;
		int after;

		pgstat_begin_read_activity(status, before);
		backend->pid = status->st_procpid;
		if (backend->pid > 0)
		{
			backend->type = status->st_backendType;
			backend->state = status->st_state;
			backend->database = status->st_databaseid;
			backend->role = status->st_userid;
			backend->started_at = status->st_proc_start_timestamp;
			backend->transaction_start = status->st_xact_start_timestamp;
			backend->statement_start = status->st_activity_start_timestamp;
			backend->state_change = status->st_state_start_timestamp;
			backend->query_id = status->st_query_id;
			backend->command = status->st_progress_command;
			strlcpy(backend->application, status->st_appname,
					sizeof(backend->application));
		}
		pgstat_end_read_activity(status, after);
		if (pgstat_read_activity_complete(before, after))
			break;
		CHECK_FOR_INTERRUPTS();
	}
	backend->wait = 0;
	backend->xmin = InvalidTransactionId;
	backend->flags = 0;
	backend->waits_for_standby = false;
	return backend->pid > 0;
}

/* For a standby, either sign will do: the wait event outlives the queue entry by a moment. */
static void
add_process(HealBackend *backend, const PGPROC *process)
{
	backend->wait = process->wait_event_info;
	backend->xmin = process->xmin;
	backend->flags = process->statusFlags;
	backend->waits_for_standby = process->syncRepState == SYNC_REP_WAITING ||
								 backend->wait == WAIT_EVENT_SYNC_REP;
}

/* Entries that are not numbered as processes are: some, of the server's own. */
static void
add_unnumbered(const PgBackendStatus *status)
{
	for (int place = heal_status_numbered(); place < heal_status_places();
		 place++)
		backend_count += copy_status(&status[place], &backends[backend_count]);
}
