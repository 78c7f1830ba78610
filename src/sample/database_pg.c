/*
 * database_pg.c
 *		Figures of each database, in shared memory.
 *
 * The engine keeps marks of every database by itself; what is shared is only what is
 * told, of the busiest ones and of all others together.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#include "base/intmap.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "sample/database_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_databases);

typedef struct DatabaseArea
{
	LWLock lock; /* protects all below */
	int tranche;
	HealTime at; /* of the counters; 0 = none yet */
	int count;
	HealDatabaseFigures figures[HEAL_DATABASES + 1];
} DatabaseArea;

static DatabaseArea *area;

/* Of the engine alone */
static HealDatabases known;
static HealIntMap places; /* OID -> place in it, from 1 */

static Size
area_size(void)
{
	return sizeof(DatabaseArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(*area));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_databases");
}

const HealSegment heal_database_segment = {"selfheal databases", area_size,
										   attach};

HealDatabases *
heal_databases_known(void)
{
	return &known;
}

HealDatabase *
heal_databases_enter(uint32 oid)
{
	HealDatabase *database;

	while ((database = heal_databases_place(&known, oid)) == NULL)
	{
		int capacity = known.capacity > 0 ? known.capacity * 2 : 64;
		Size bytes = mul_size(capacity, sizeof(HealDatabase));

		known.database = known.database != NULL
							 ? repalloc_huge(known.database, bytes)
							 : MemoryContextAlloc(TopMemoryContext, bytes);
		known.capacity = capacity;
	}
	return database;
}

/* Before sessions are counted: many of them, in few databases. */
void
heal_databases_index(void)
{
	int size = heal_intmap_size(known.capacity);

	if (size > places.size)
	{
		if (places.entry != NULL)
			pfree(places.entry);
		places.entry = NULL;
		places.size = 0;
		places.entry = MemoryContextAllocHuge(
			TopMemoryContext, mul_size(size, sizeof(HealIntEntry)));
		places.size = size;
	}
	heal_intmap_clear(&places);
	for (int i = 0; i < known.databases; i++)
		heal_intmap_put(&places, (int32) known.database[i].oid, i + 1);
}

HealDatabase *
heal_databases_of(uint32 oid)
{
	uint32 place = heal_intmap_get(&places, (int32) oid);

	if (place > 0)
		return &known.database[place - 1];
	/* the map has no room for OIDs beyond two thousand million */
	return (int32) oid < 0 ? heal_databases_find(&known, oid) : NULL;
}

void
heal_databases_publish(HealTime counted_at)
{
	HealDatabaseFigures figures[HEAL_DATABASES + 1];
	double *scratch = palloc(Max(known.databases, 1) * sizeof(double));
	int count = heal_databases_tell(&known, counted_at, figures, scratch);

	pfree(scratch);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memcpy(area->figures, figures, count * sizeof(figures[0]));
	area->count = count;
	area->at = counted_at;
	LWLockRelease(&area->lock);
}

int
heal_databases_copy(HealDatabaseFigures figures[HEAL_DATABASES + 1])
{
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = area->count;
	memcpy(figures, area->figures, count * sizeof(figures[0]));
	LWLockRelease(&area->lock);
	return count;
}

/* As SQL rows */

/* The two counters are not of the same instant. */
static void
put_blocks_read(HealRow *row, const HealDatabaseFigures *figures)
{
	double read = figures->rate[HEAL_DB_BLOCKS_FETCHED] -
				  figures->rate[HEAL_DB_BLOCKS_HIT];

	heal_row_float8(row, read < 0 ? 0 : read);
}

static void
put_hit_ratio(HealRow *row, const HealDatabaseFigures *figures)
{
	double fetched = figures->rate[HEAL_DB_BLOCKS_FETCHED];

	if (fetched > 0)
		heal_row_float8(row,
						Min(figures->rate[HEAL_DB_BLOCKS_HIT] / fetched, 1.0));
	else
		heal_row_null(row);
}

static void
put_age(HealRow *row, double age)
{
	if (isnan(age))
		heal_row_null(row);
	else
		heal_row_int8(row, (int64) age);
}

static void
put_figures(FunctionCallInfo fcinfo, const HealDatabaseFigures *figures)
{
	static const HealDatabaseCounter rates[] = {
		HEAL_DB_TEMP_FILES,			HEAL_DB_TEMP_BYTES,
		HEAL_DB_DEADLOCKS,			HEAL_DB_CONFLICTS,
		HEAL_DB_CHECKSUM_FAILURES,	HEAL_DB_SESSIONS_OPENED,
		HEAL_DB_SESSIONS_ABANDONED, HEAL_DB_SESSIONS_FATAL,
		HEAL_DB_SESSIONS_KILLED,
	};
	HealRow row = {0};

	heal_row_oid(&row, figures->oid);
	heal_row_int4(&row, figures->databases);
	for (int i = 0; i < HEAL_DB_SESSION_KINDS; i++)
		heal_row_int4(&row, figures->sessions[i]);
	heal_row_float8(&row, figures->rate[HEAL_DB_COMMITS]);
	heal_row_float8(&row, figures->rate[HEAL_DB_ROLLBACKS]);
	put_blocks_read(&row, figures);
	heal_row_float8(&row, figures->rate[HEAL_DB_BLOCKS_HIT]);
	put_hit_ratio(&row, figures);
	for (int i = 0; i < lengthof(rates); i++)
		heal_row_float8(&row, figures->rate[rates[i]]);
	put_age(&row, figures->xid_age);
	put_age(&row, figures->multixact_age);
	if (figures->span > 0)
		heal_row_interval(&row, figures->span);
	else
		heal_row_null(&row);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_databases(PG_FUNCTION_ARGS)
{
	HealDatabaseFigures figures[HEAL_DATABASES + 1];
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	count = heal_databases_copy(figures);
	for (int i = 0; i < count; i++)
		put_figures(fcinfo, &figures[i]);
	return (Datum) 0;
}
