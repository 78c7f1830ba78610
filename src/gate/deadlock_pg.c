/*
 * deadlock_pg.c
 *		Whose statements were ended to break a deadlock.
 *
 * The server counts deadlocks by database and tells the rest to the log alone. As everywhere in the log's hook
 * (error_pg.c): no lock, no allocation, no catalog. Of a ring of the newest each entry has a number that is odd while
 * it is written; who finds that, or another one when it is done reading, leaves it out.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/pg_shmem.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "gate/deadlock_pg.h"
#include "settings.h"

#define QUIET_AFTER HEAL_MINUTE

typedef struct Entry
{
	pg_atomic_uint64 state;
	HealVictim victim;
} Entry;

typedef struct DeadlockArea
{
	pg_atomic_uint64 pushed; /* ever */
	pg_atomic_uint64 newest; /* when */
	Entry ring[HEAL_VICTIMS];
} DeadlockArea;

static DeadlockArea *area;
static emit_log_hook_type next_log;

static void install(void);
static Size area_size(void);
static void attach(void *address, bool found, int tranche);
static void read_part(HealReading *reading);

const HealGatePart heal_deadlock_part = {install, area_size, attach, read_part};

static HealVictim
myself(void)
{
	HealVictim victim = {
		.at = GetCurrentTimestamp(),
		.role = GetSessionUserId(),
		.database = MyDatabaseId,
		.query = pgstat_get_my_query_id(),
		.alone = !IsTransactionBlock(),
	};

	if (application_name != NULL)
		strlcpy(victim.application, application_name,
				sizeof(victim.application));
	return victim;
}

static void
push(const HealVictim *victim)
{
	uint64 number = pg_atomic_fetch_add_u64(&area->pushed, 1) + 1;
	Entry *entry = &area->ring[number % HEAL_VICTIMS];
	uint64 state = pg_atomic_read_u64(&entry->state);

	if (state % 2 != 0 || state >= 2 * number ||
		!pg_atomic_compare_exchange_u64(&entry->state, &state, 2 * number + 1))
		return;
	entry->victim = *victim;
	pg_write_barrier();
	pg_atomic_write_u64(&entry->state, 2 * number);
	pg_atomic_write_u64(&area->newest, (uint64) victim->at);
}

static void
see_log(ErrorData *error)
{
	if (error->elevel >= ERROR &&
		error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED && heal_gate &&
		area != NULL && UsedShmemSegAddr != NULL &&
		MyBackendType == B_BACKEND && IsNormalProcessingMode())
	{
		HealVictim victim = myself();

		push(&victim);
	}
	if (next_log)
		next_log(error);
}

static void
install(void)
{
	next_log = emit_log_hook;
	emit_log_hook = see_log;
}

static Size
area_size(void)
{
	return sizeof(DeadlockArea);
}

static void
attach(void *address, bool found, int tranche)
{
	area = address;
	if (found || address == NULL)
		return;
	memset(area, 0, sizeof(DeadlockArea));
	pg_atomic_init_u64(&area->pushed, 0);
	pg_atomic_init_u64(&area->newest, 0);
	for (int i = 0; i < HEAL_VICTIMS; i++)
		pg_atomic_init_u64(&area->ring[i].state, 0);
}

/* The metric is the server's own counter. */
static void
read_part(HealReading *reading)
{
}

static bool
copy_entry(Entry *entry, HealVictim *victim)
{
	uint64 state = pg_atomic_read_u64(&entry->state);

	if (state == 0 || state % 2 != 0)
		return false;
	pg_read_barrier();
	*victim = entry->victim;
	pg_read_barrier();
	return pg_atomic_read_u64(&entry->state) == state;
}

int
heal_deadlock_copy(HealVictim victim[HEAL_VICTIMS])
{
	TimestampTz newest = (TimestampTz) pg_atomic_read_u64(&area->newest);
	int count = 0;

	if (newest == 0 || GetCurrentTimestamp() - newest > QUIET_AFTER)
		return 0;
	for (int i = 0; i < HEAL_VICTIMS; i++)
		count += copy_entry(&area->ring[i], &victim[count]);
	return count;
}
