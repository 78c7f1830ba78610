/*
 * spill_pg.c
 *		Statements that spilled to temporary files, per role and database.
 *
 * Written by sessions at the end of a statement that spilled, and never by others: what does not spill does not come
 * here. Everything is an atomic of its own, so nobody waits; an entry says by its state when it is being written, as
 * those of refused writes do. A row belongs to a role and a database; whoever finds none of theirs takes a free one,
 * or that of somebody who has not spilled for long. When there is none they are not kept.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "gate/spill_pg.h"
#include "sample/spiller_pg.h"

#define SILENT (30 * HEAL_MINUTE) /* after that its row may be another's */

/* State is twice the number of the spill in it, counted from 1, and one more while that is being written. */
typedef struct Entry
{
	pg_atomic_uint64 state;
	HealSpill spill;
} Entry;

typedef struct Row
{
	pg_atomic_uint64 whose;	  /* role and database; 0 = nobody's */
	pg_atomic_uint64 last_at; /* newest spill */
	pg_atomic_uint64 pushed;  /* ever */
	pg_atomic_uint64 bytes;
	/* by the engine alone */
	pg_atomic_uint64 work_mem; /* kB */
	pg_atomic_uint64 work_mem_before;
	pg_atomic_uint64 work_mem_since;
	pg_atomic_uint64 fresh_since;
	pg_atomic_uint64 fresh_at;
	Entry entry[HEAL_SPILLS_KEPT];
} Row;

typedef struct SpillArea
{
	Row row[HEAL_SPILL_ROWS];
} SpillArea;

static SpillArea *area;
static Row *mine; /* of this session; another's when that does not fit */

static Size area_size(void);
static void attach(void *address, bool found);

const HealSegment heal_spill_segment = {"selfheal spills", area_size, attach};

static uint64
whose(Oid role, Oid database)
{
	return ((uint64) role << 32) | database;
}

static void
clear(Row *row, HealTime now)
{
	pg_atomic_write_u64(&row->last_at, now);
	pg_atomic_write_u64(&row->pushed, 0);
	pg_atomic_write_u64(&row->bytes, 0);
	pg_atomic_write_u64(&row->work_mem, 0);
	pg_atomic_write_u64(&row->work_mem_before, 0);
	pg_atomic_write_u64(&row->work_mem_since, 0);
	pg_atomic_write_u64(&row->fresh_since, 0);
	pg_atomic_write_u64(&row->fresh_at, 0);
	for (int i = 0; i < HEAL_SPILLS_KEPT; i++)
		pg_atomic_write_u64(&row->entry[i].state, 0);
}

/* The row of ours, else one that can be had; NULL when there is none. */
static Row *
candidate(uint64 us, HealTime now, uint64 *theirs)
{
	Row *best = NULL;

	for (int i = 0; i < HEAL_SPILL_ROWS; i++)
	{
		Row *row = &area->row[i];
		uint64 owner = pg_atomic_read_u64(&row->whose);
		HealTime age = now - (HealTime) pg_atomic_read_u64(&row->last_at);

		if (owner == us)
		{
			*theirs = owner;
			return row;
		}
		if (best == NULL && (owner == 0 || age > SILENT))
		{
			best = row;
			*theirs = owner;
		}
	}
	return best;
}

/* Who comes first has it; who comes second looks again and finds it. */
static Row *
find_row(uint64 us, HealTime now)
{
	for (int attempt = 0; attempt < 4; attempt++)
	{
		uint64 theirs = 0;
		Row *row = candidate(us, now, &theirs);

		if (row == NULL || theirs == us)
			return row;
		if (pg_atomic_compare_exchange_u64(&row->whose, &theirs, us))
		{
			clear(row, now);
			return row;
		}
	}
	return NULL;
}

static void
push(Row *row, const HealSpill *spill)
{
	uint64 number = pg_atomic_fetch_add_u64(&row->pushed, 1) + 1;
	Entry *entry = &row->entry[number % HEAL_SPILLS_KEPT];
	uint64 state = pg_atomic_read_u64(&entry->state);

	pg_atomic_fetch_add_u64(&row->bytes, spill->bytes);
	pg_atomic_write_u64(&row->last_at, spill->at);
	if (state % 2 != 0 || state >= 2 * number ||
		!pg_atomic_compare_exchange_u64(&entry->state, &state, 2 * number + 1))
		return;
	entry->spill = *spill;
	pg_write_barrier();
	pg_atomic_write_u64(&entry->state, 2 * number);
}

void
heal_spill_note(uint64 blocks, uint64 ns)
{
	HealSpill spill = {
		.at = GetCurrentTimestamp(),
		.bytes = blocks * BLCKSZ,
		.ns = ns,
		.work_mem = work_mem,
	};
	uint64 us;

	if (area == NULL || MyProc == NULL)
		return;
	us = whose(MyProc->roleId, MyDatabaseId);
	if (mine == NULL || pg_atomic_read_u64(&mine->whose) != us)
		mine = find_row(us, spill.at);
	if (mine != NULL)
		push(mine, &spill);
}

/* Reading */

static int
copy_entries(Row *row, HealSpill *spill)
{
	int count = 0;

	for (int i = 0; i < HEAL_SPILLS_KEPT; i++)
	{
		Entry *entry = &row->entry[i];
		uint64 state = pg_atomic_read_u64(&entry->state);

		if (state == 0 || state % 2 != 0)
			continue;
		pg_read_barrier();
		spill[count] = entry->spill;
		pg_read_barrier();
		if (pg_atomic_read_u64(&entry->state) == state)
			count++;
	}
	return count;
}

int
heal_spill_copy(HealSpillRow copy[HEAL_SPILL_ROWS])
{
	int count = 0;

	for (int i = 0; area != NULL && i < HEAL_SPILL_ROWS; i++)
	{
		Row *row = &area->row[i];
		uint64 owner = pg_atomic_read_u64(&row->whose);

		if (owner == 0)
			continue;
		copy[count].role = (Oid) (owner >> 32);
		copy[count].database = (Oid) owner;
		copy[count].statements = pg_atomic_read_u64(&row->pushed);
		copy[count].bytes = pg_atomic_read_u64(&row->bytes);
		copy[count].work_mem = (double) pg_atomic_read_u64(&row->work_mem);
		copy[count].work_mem_before =
			(double) pg_atomic_read_u64(&row->work_mem_before);
		copy[count].work_mem_since =
			(HealTime) pg_atomic_read_u64(&row->work_mem_since);
		copy[count].fresh_since =
			(HealTime) pg_atomic_read_u64(&row->fresh_since);
		copy[count].fresh_at = (HealTime) pg_atomic_read_u64(&row->fresh_at);
		copy[count].count = copy_entries(row, copy[count].spill);
		count++;
	}
	return count;
}

/* Watching, by the engine */

static void
watch_work_mem(Row *row, Oid role, Oid database, HealTime now)
{
	uint64 kb = (uint64) heal_work_mem_in_force(role, database);
	uint64 before = pg_atomic_read_u64(&row->work_mem);

	if (kb == before)
		return;
	pg_atomic_write_u64(&row->work_mem_before, before);
	pg_atomic_write_u64(&row->fresh_since, 0);
	pg_atomic_write_u64(&row->fresh_at, 0);
	pg_atomic_write_u64(&row->work_mem_since, now);
	pg_write_barrier();
	pg_atomic_write_u64(&row->work_mem, kb);
}

/* What they ran may be over already when we look. */
static void
watch_session(Row *row, const HealSession *session)
{
	HealTime since = (HealTime) pg_atomic_read_u64(&row->work_mem_since);
	HealTime last = Max(session->statement_start, session->state_change);

	if (session->id.backend_start < since || session->statement_start == 0)
		return;
	if (pg_atomic_read_u64(&row->fresh_since) == 0)
		pg_atomic_write_u64(&row->fresh_since, session->statement_start);
	if (last > (HealTime) pg_atomic_read_u64(&row->fresh_at))
		pg_atomic_write_u64(&row->fresh_at, last);
}

/* Who is silent for so long is not verified any more, and his row may be another's in the next moment. */
static bool
is_watched(Row *row, HealTime now)
{
	return pg_atomic_read_u64(&row->whose) != 0 &&
		   now - (HealTime) pg_atomic_read_u64(&row->last_at) <= SILENT;
}

void
heal_spill_watch(const HealSituation *situation)
{
	for (int i = 0; situation != NULL && i < HEAL_SPILL_ROWS; i++)
	{
		Row *row = &area->row[i];
		uint64 owner = pg_atomic_read_u64(&row->whose);
		Oid role = (Oid) (owner >> 32);
		Oid database = (Oid) owner;

		if (!is_watched(row, situation->taken_at))
			continue;
		watch_work_mem(row, role, database, situation->taken_at);
		for (int j = 0; j < situation->sessions; j++)
			if (situation->session[j].client &&
				situation->session[j].role == role &&
				situation->session[j].database == database)
				watch_session(row, &situation->session[j]);
	}
}

/* The segment */

static Size
area_size(void)
{
	return sizeof(SpillArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (found)
		return;
	memset(area, 0, sizeof(SpillArea));
	for (int i = 0; i < HEAL_SPILL_ROWS; i++)
	{
		Row *row = &area->row[i];

		pg_atomic_init_u64(&row->whose, 0);
		pg_atomic_init_u64(&row->last_at, 0);
		pg_atomic_init_u64(&row->pushed, 0);
		pg_atomic_init_u64(&row->bytes, 0);
		pg_atomic_init_u64(&row->work_mem, 0);
		pg_atomic_init_u64(&row->work_mem_before, 0);
		pg_atomic_init_u64(&row->work_mem_since, 0);
		pg_atomic_init_u64(&row->fresh_since, 0);
		pg_atomic_init_u64(&row->fresh_at, 0);
		for (int j = 0; j < HEAL_SPILLS_KEPT; j++)
			pg_atomic_init_u64(&row->entry[j].state, 0);
	}
}
