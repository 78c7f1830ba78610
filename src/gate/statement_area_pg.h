/*
 * statement_area_pg.h
 *		What statements took, in shared memory: written by sessions, read by the engine.
 */
#ifndef HEAL_STATEMENT_AREA_PG_H
#define HEAL_STATEMENT_AREA_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

#include "gate/query_table.h"
#include "gate/statement_pg.h"

#define HEAL_STATEMENT_QUEUE \
	64 /* a power of two, as its counters wrap around */
#define HEAL_CACHE_LINE 64
#define HEAL_STATEMENT_OTHERS 0 /* the row of all databases that have none */

typedef struct HealStatementRun
{
	uint64 query; /* 0 = not known */
	uint64 ns;
} HealStatementRun;

/*
 * One per process number. The engine looks at all of them each heartbeat, and most have
 * nothing new: so what tells that stands apart, a cache line each, one after the other.
 */
typedef struct HealStatementHead
{
	/* whose counts these are; changed under lock, exclusive, by the owner or when there is none */
	Oid database;
	/* by the owner alone, read by anybody */
	pg_atomic_uint32 queued; /* ever */
	/* under query_lock, exclusive */
	pg_atomic_uint32 taken; /* of those queued */
	/* all below by the owner alone, read by anybody */
	pg_atomic_uint64 octaves; /* bit n: it has counts in octave n */
	pg_atomic_uint64 sum;
} pg_attribute_aligned(HEAL_CACHE_LINE) HealStatementHead;

/* The rest of it, by the owner alone, read by anybody: a cache line or two of each octave in use, and one of the queue. */
typedef struct HealStatementBody
{
	char unused[HEAL_CACHE_LINE - sizeof(pg_atomic_uint64)];
	pg_atomic_uint64 bucket[HEAL_BUCKETS];
	HealStatementRun queue[HEAL_STATEMENT_QUEUE];
} pg_attribute_aligned(HEAL_CACHE_LINE) HealStatementBody;

StaticAssertDecl(offsetof(HealStatementBody, bucket) +
						 sizeof(pg_atomic_uint64) ==
					 HEAL_CACHE_LINE,
				 "the first octave begins with a cache line");

typedef struct HealStatementSlot
{
	HealStatementHead *head;
	HealStatementBody *body;
} HealStatementSlot;

typedef struct HealStatementRow
{
	Oid database;
	HealHistogram retired;		/* of slots that moved on to another database */
	HealHistogram minute_began; /* its total then */
	HealHistogram recent;
} HealStatementRow;

typedef struct HealStatementArea
{
	LWLock lock; /* rows, and whose the slots are: shared to add up */
	int rows;
	HealStatementRow row[HEAL_GATE_DATABASES];
	LWLock query_lock; /* all, queries, and taken of the slots */
	HealHistogram all; /* that ever came through the queues */
	HealQueryTable queries;
	int slots;
	HealStatementHead
		head[FLEXIBLE_ARRAY_MEMBER]; /* [slots], then the bodies */
} HealStatementArea;

extern HealStatementArea *heal_statement_area;

/* 0 .. slots - 1. */
static inline HealStatementSlot
heal_statement_slot(int number)
{
	HealStatementHead *heads = heal_statement_area->head;
	HealStatementBody *bodies =
		(HealStatementBody *) (heads + heal_statement_area->slots);

	return (HealStatementSlot){&heads[number], &bodies[number]};
}

extern Size heal_statement_area_size(void);
extern void heal_statement_area_attach(void *address, bool found, int tranche);

/* Into all, and the table of queries; holding query_lock. */
extern void
heal_statement_take_queue(const HealStatementSlot *slot, TimestampTz now);
extern void
heal_statement_add_slot(HealHistogram *into, const HealStatementSlot *slot);
/* Its counts become the database's; holding lock, exclusive, and nobody writes it. */
extern void heal_statement_retire(const HealStatementSlot *slot);
/* The row of a database, a new one if need be; holding lock, exclusive. */
extern int heal_statement_row_for(Oid database);
/* The one there is, or that of the others; holding lock. */
extern const HealStatementRow *heal_statement_row_of(Oid database);

#endif
