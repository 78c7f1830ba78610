/*
 * refusal_pg.c
 *		Writes that were refused because transactions are read-only by default.
 *
 * The counter of errors says that there are some, not whose. A setting of a role is to blame only for what
 * that role's sessions were refused, so the newest are kept here with role and database. What was refused in
 * a transaction that somebody began as READ ONLY is not among them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "gate/refusal_pg.h"

/*
 * State is twice the number of the refusal in it, counted from 1, and one more while that is being written.
 */
typedef struct Entry
{
	pg_atomic_uint64 state;
	HealRefusal refusal;
} Entry;

typedef struct RefusalArea
{
	pg_atomic_uint64 pushed; /* ever */
	Entry entry[HEAL_REFUSALS];
} RefusalArea;

static RefusalArea *area;

static Size area_size(void);
static void attach(void *address, bool found);

const HealSegment heal_refusal_segment = {"selfheal refusals", area_size,
										  attach};

void
heal_refusal_note(void)
{
	uint64 number;
	uint64 state;
	Entry *entry;

	if (area == NULL || MyProc == NULL || !DefaultXactReadOnly)
		return;
	number = pg_atomic_fetch_add_u64(&area->pushed, 1) + 1;
	entry = &area->entry[number % HEAL_REFUSALS];
	state = pg_atomic_read_u64(&entry->state);
	if (state % 2 != 0 || state >= 2 * number ||
		!pg_atomic_compare_exchange_u64(&entry->state, &state, 2 * number + 1))
		return;
	entry->refusal = (HealRefusal){
		.at = GetCurrentTimestamp(),
		.session_start = MyStartTimestamp,
		.database = MyDatabaseId,
		.role = MyProc->roleId,
	};
	pg_write_barrier();
	pg_atomic_write_u64(&entry->state, 2 * number);
}

int
heal_refusal_copy(HealRefusal refusal[HEAL_REFUSALS])
{
	int count = 0;

	for (int i = 0; i < HEAL_REFUSALS; i++)
	{
		Entry *entry = &area->entry[i];
		uint64 state = pg_atomic_read_u64(&entry->state);

		if (state == 0 || state % 2 != 0)
			continue;
		pg_read_barrier();
		refusal[count] = entry->refusal;
		pg_read_barrier();
		if (pg_atomic_read_u64(&entry->state) == state)
			count++;
	}
	return count;
}

static Size
area_size(void)
{
	return sizeof(RefusalArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (found)
		return;
	memset(area, 0, sizeof(RefusalArea));
	pg_atomic_init_u64(&area->pushed, 0);
	for (int i = 0; i < HEAL_REFUSALS; i++)
		pg_atomic_init_u64(&area->entry[i].state, 0);
}
