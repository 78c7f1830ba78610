/*
 * statement_area_pg.c
 *		What statements took, in shared memory: written by sessions, read by the engine.
 *
 * Each process has a slot in shared memory that it alone writes, without a lock: plain
 * increments of counters that never go back. They outlive it. The next process with the
 * same number goes on where it left off if it works in the same database; otherwise it
 * first adds them to what is kept of that database. So a sum over all never shrinks when a
 * session ends.
 *
 * Queries are different: there are too many for a table per process. The slot has a
 * short queue of (query, duration), emptied into one table by the engine at each
 * heartbeat, and by the owner whenever it is half full: a lock taken once in dozens of
 * statements, not waited for unless the queue is full.
 *
 * Whatever comes through the queues is also added to one histogram of all statements. What the
 * counters of all slots add up to is the same, but reading them takes some ten cache lines of
 * each session. Only what fails while its queue is full and somebody has the lock is missing in
 * the histogram, as it is in the table.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "compat.h"
#include "gate/statement_area_pg.h"

HealStatementArea *heal_statement_area;

void
heal_statement_take_queue(const HealStatementSlot *slot, TimestampTz now)
{
	uint32 queued = pg_atomic_read_u32(&slot->head->queued);
	uint32 taken = pg_atomic_read_u32(&slot->head->taken);

	pg_read_barrier();
	for (; taken != queued; taken++)
	{
		HealStatementRun *run =
			&slot->body->queue[taken % HEAL_STATEMENT_QUEUE];

		heal_histogram_add(&heal_statement_area->all, run->ns);
		if (run->query != 0)
			heal_query_table_add(&heal_statement_area->queries, run->query,
								 slot->head->database, run->ns, now);
	}
	pg_memory_barrier();
	pg_atomic_write_u32(&slot->head->taken, taken);
}

int
heal_statement_row_for(Oid database)
{
	for (int i = HEAL_STATEMENT_OTHERS + 1; i < heal_statement_area->rows; i++)
		if (heal_statement_area->row[i].database == database)
			return i;
	if (heal_statement_area->rows == HEAL_GATE_DATABASES)
		return HEAL_STATEMENT_OTHERS;
	memset(&heal_statement_area->row[heal_statement_area->rows], 0,
		   sizeof(HealStatementRow));
	heal_statement_area->row[heal_statement_area->rows].database = database;
	return heal_statement_area->rows++;
}

const HealStatementRow *
heal_statement_row_of(Oid database)
{
	for (int i = HEAL_STATEMENT_OTHERS + 1; i < heal_statement_area->rows; i++)
		if (heal_statement_area->row[i].database == database)
			return &heal_statement_area->row[i];
	return &heal_statement_area->row[HEAL_STATEMENT_OTHERS];
}

void
heal_statement_add_slot(HealHistogram *into, const HealStatementSlot *slot)
{
	uint64 octaves = pg_atomic_read_u64(&slot->head->octaves);

	into->sum += pg_atomic_read_u64(&slot->head->sum);
	for (; octaves != 0; octaves &= octaves - 1)
	{
		int octave = pg_rightmost_one_pos64(octaves);
		int end = Min(1 + (octave + 1) * HEAL_OCTAVE_STEPS, HEAL_BUCKETS);

		for (int i = octave == 0 ? 0 : 1 + octave * HEAL_OCTAVE_STEPS; i < end;
			 i++)
		{
			uint64 count = pg_atomic_read_u64(&slot->body->bucket[i]);

			into->count += count;
			into->bucket[i] += count;
		}
	}
}

void
heal_statement_retire(const HealStatementSlot *slot)
{
	if (OidIsValid(slot->head->database))
		heal_statement_add_slot(
			&heal_statement_area
				 ->row[heal_statement_row_for(slot->head->database)]
				 .retired,
			slot);
	pg_atomic_write_u64(&slot->head->octaves, 0);
	pg_atomic_write_u64(&slot->head->sum, 0);
	for (int i = 0; i < HEAL_BUCKETS; i++)
		pg_atomic_write_u64(&slot->body->bucket[i], 0);
	slot->head->database = InvalidOid;
}

/* Of all processes that can be client sessions. */
Size
heal_statement_area_size(void)
{
	return add_size(offsetof(HealStatementArea, head),
					mul_size(MaxBackends, sizeof(HealStatementHead) +
											  sizeof(HealStatementBody)));
}

void
heal_statement_area_attach(void *address, bool found, int tranche)
{
	heal_statement_area = address;
	if (found)
		return;
	memset(heal_statement_area, 0, heal_statement_area_size());
	LWLockInitialize(&heal_statement_area->lock, tranche);
	LWLockInitialize(&heal_statement_area->query_lock, tranche);
	heal_statement_area->rows = HEAL_STATEMENT_OTHERS + 1;
	heal_statement_area->slots = MaxBackends;
	for (int i = 0; i < heal_statement_area->slots; i++)
	{
		HealStatementSlot slot = heal_statement_slot(i);

		pg_atomic_init_u64(&slot.head->octaves, 0);
		pg_atomic_init_u64(&slot.head->sum, 0);
		for (int bucket = 0; bucket < HEAL_BUCKETS; bucket++)
			pg_atomic_init_u64(&slot.body->bucket[bucket], 0);
		pg_atomic_init_u32(&slot.head->queued, 0);
		pg_atomic_init_u32(&slot.head->taken, 0);
	}
}
