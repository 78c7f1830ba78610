/*
 * backends_pg.c
 *		Every process that has a status entry, without its texts.
 *
 * The server's own copy brings along each one's statement, client and progress: kilobytes
 * from memory that is in no cache of this process, for which it also allocates and frees a
 * megabyte each time. That was a third of a heartbeat with 500 sessions. Here the two or
 * three cache lines that matter are copied, by the same protocol, into memory that is kept.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "compat.h"
#include "sample/backends_pg.h"

#define AHEAD 4 /* entries, about the time memory takes */

static HealBackend *backends; /* [heal_status_places()], kept */
static int *index_of_place; /* [heal_status_places()] of backends; -1 = free */
static int backend_count;

static void make_room(void);
static void fetch_ahead(const PgBackendStatus *status, int place);
static bool copy_status(const PgBackendStatus *status, HealBackend *backend);
static void add_processes(void);

int
heal_backends_read(void)
{
	const PgBackendStatus *status = heal_status_array();

	Assert(MyBEEntry != NULL);
	if (backends == NULL)
		make_room();
	backend_count = 0;
	for (int place = 0; place < heal_status_places(); place++)
	{
		bool used;

		fetch_ahead(status, place);
		used = copy_status(&status[place], &backends[backend_count]);

		index_of_place[place] = used ? backend_count++ : -1;
	}
	add_processes();
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

static void
make_room(void)
{
	int places = heal_status_places();

	index_of_place =
		MemoryContextAlloc(TopMemoryContext, mul_size(places, sizeof(int)));
	backends = MemoryContextAlloc(TopMemoryContext,
								  mul_size(places, sizeof(HealBackend)));
}

/* An entry that will be copied soon, while there is work to do with this one. */
static void
fetch_ahead(const PgBackendStatus *status, int place)
{
	const PgBackendStatus *entry = &status[place + AHEAD];

	if (place + AHEAD >= heal_status_places())
		return;
	__builtin_prefetch(entry);
	__builtin_prefetch(&entry->st_state);
	__builtin_prefetch(&entry->st_query_id);
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
	return backend->pid > 0;
}

/* Without a lock, as pg_stat_activity does: each field is read in one piece. */
static void
add_processes(void)
{
	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
	{
		const PGPROC *process = &ProcGlobal->allProcs[i];
		int place = heal_status_place(process, i);
		HealBackend *backend;

		if (place < 0 || place >= heal_status_places() ||
			index_of_place[place] < 0)
			continue;
		backend = &backends[index_of_place[place]];
		if (backend->pid != process->pid)
			continue;
		backend->wait = process->wait_event_info;
		backend->xmin = process->xmin;
		backend->flags = process->statusFlags;
	}
}
