/*
 * statement_pg.c
 *		How long the statements of client sessions take.
 *
 * The clock runs around ExecutorRun, and around ExecutorFinish for what writes, as
 * that is where deferred triggers fire. From start to end of the executor would include
 * the client's thinking time, and what fails or is cancelled never comes to its end.
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
 */
#include "postgres.h"

#include <time.h>

#include "executor/executor.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/directory.h"
#include "gate/statement_pg.h"
#include "settings.h"

#define QUEUE 64 /* a power of two, as its counters wrap around */
#define RECENT HEAL_MINUTE
#define AGING (10 * HEAL_MINUTE)
#define OTHERS 0 /* the row of all databases that have none */

typedef struct Run
{
	uint64 query;
	uint64 ns;
} Run;

/* One per process number. */
typedef struct Slot
{
	/* whose counts these are; changed under lock, exclusive, by the owner or when there is none */
	Oid database;
	/* by the owner alone, read by anybody */
	pg_atomic_uint64 octaves; /* bit n: it has counts in octave n */
	pg_atomic_uint64 sum;
	pg_atomic_uint64 bucket[HEAL_BUCKETS];
	pg_atomic_uint32 queued; /* ever */
	Run queue[QUEUE];
	/* under query_lock, exclusive */
	pg_atomic_uint32 taken; /* of those queued */
} Slot;

typedef struct DatabaseRow
{
	Oid database;
	HealHistogram retired;		/* of slots that moved on to another database */
	HealHistogram minute_began; /* its total then */
	HealHistogram recent;
} DatabaseRow;

typedef struct StatementArea
{
	LWLock lock; /* rows, and whose the slots are: shared to add up */
	int rows;
	DatabaseRow row[HEAL_GATE_DATABASES];
	LWLock query_lock; /* queries, and taken of the slots */
	HealQueryTable queries;
	int slots;
	Slot slot[FLEXIBLE_ARRAY_MEMBER];
} StatementArea;

static StatementArea *area;

/* Of this session */
static Slot *mine;
static bool inside;			  /* a statement: what it runs is not top level */
static QueryDesc *unfinished; /* has run, and will finish */
static uint64 unfinished_ns;

static ExecutorRun_hook_type next_run;
static ExecutorFinish_hook_type next_finish;

static void install(void);
static Size area_size(void);
static void attach(void *address, bool found, int tranche);
static void read_part(HealReading *reading);

const HealGatePart heal_statement_part = {install, area_size, attach,
										  read_part};

/*
 * In client sessions
 */

static uint64
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64CONST(1000000000) + now.tv_nsec;
}

static void
increase(pg_atomic_uint64 *counter, uint64 by)
{
	pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + by);
}

/* Into the table of queries; holding query_lock. */
static void
take_queue(Slot *slot, TimestampTz now)
{
	uint32 queued = pg_atomic_read_u32(&slot->queued);
	uint32 taken = pg_atomic_read_u32(&slot->taken);

	pg_read_barrier();
	for (; taken != queued; taken++)
	{
		Run *run = &slot->queue[taken % QUEUE];

		heal_query_table_add(&area->queries, run->query, slot->database,
							 run->ns, now);
	}
	pg_memory_barrier();
	pg_atomic_write_u32(&slot->taken, taken);
}

/* wait: when the queue is full, unless something just failed and locks may be held. */
static bool
empty_queue(Slot *slot, bool wait)
{
	if (!LWLockConditionalAcquire(&area->query_lock, LW_EXCLUSIVE))
	{
		if (!wait)
			return false;
		LWLockAcquire(&area->query_lock, LW_EXCLUSIVE);
	}
	take_queue(slot, GetCurrentTimestamp());
	LWLockRelease(&area->query_lock);
	return true;
}

static void
enqueue(Slot *slot, uint64 query, uint64 ns, bool failed)
{
	uint32 queued = pg_atomic_read_u32(&slot->queued);
	uint32 length = queued - pg_atomic_read_u32(&slot->taken);

	if (length >= QUEUE / 2 && !empty_queue(slot, length == QUEUE && !failed) &&
		length == QUEUE)
		return;
	slot->queue[queued % QUEUE].query = query;
	slot->queue[queued % QUEUE].ns = ns;
	pg_write_barrier();
	pg_atomic_write_u32(&slot->queued, queued + 1);
}

static void
record(uint64 query, uint64 ns, bool failed)
{
	int bucket = heal_histogram_bucket(ns);
	uint64 octave = UINT64CONST(1) << heal_bucket_octave(bucket);
	uint64 octaves = pg_atomic_read_u64(&mine->octaves);

	if ((octaves & octave) == 0)
		pg_atomic_write_u64(&mine->octaves, octaves | octave);
	increase(&mine->sum, ns);
	increase(&mine->bucket[bucket], 1);
	if (query != 0)
		enqueue(mine, query, ns, failed);
}

/* The row of a database, a new one if need be; holding lock, exclusive. */
static int
row_for(Oid database)
{
	for (int i = OTHERS + 1; i < area->rows; i++)
		if (area->row[i].database == database)
			return i;
	if (area->rows == HEAL_GATE_DATABASES)
		return OTHERS;
	memset(&area->row[area->rows], 0, sizeof(DatabaseRow));
	area->row[area->rows].database = database;
	return area->rows++;
}

static const DatabaseRow *
row_of(Oid database)
{
	for (int i = OTHERS + 1; i < area->rows; i++)
		if (area->row[i].database == database)
			return &area->row[i];
	return &area->row[OTHERS];
}

static void
add_slot(HealHistogram *into, Slot *slot)
{
	uint64 octaves = pg_atomic_read_u64(&slot->octaves);

	into->sum += pg_atomic_read_u64(&slot->sum);
	for (; octaves != 0; octaves &= octaves - 1)
	{
		int octave = pg_rightmost_one_pos64(octaves);
		int end = Min(1 + (octave + 1) * HEAL_OCTAVE_STEPS, HEAL_BUCKETS);

		for (int i = octave == 0 ? 0 : 1 + octave * HEAL_OCTAVE_STEPS; i < end;
			 i++)
		{
			uint64 count = pg_atomic_read_u64(&slot->bucket[i]);

			into->count += count;
			into->bucket[i] += count;
		}
	}
}

/* Its counts become the database's; holding lock, exclusive, and nobody writes it. */
static void
retire(Slot *slot)
{
	if (OidIsValid(slot->database))
		add_slot(&area->row[row_for(slot->database)].retired, slot);
	pg_atomic_write_u64(&slot->octaves, 0);
	pg_atomic_write_u64(&slot->sum, 0);
	for (int i = 0; i < HEAL_BUCKETS; i++)
		pg_atomic_write_u64(&slot->bucket[i], 0);
	slot->database = InvalidOid;
}

static void
claim_slot(void)
{
	Slot *slot = &area->slot[heal_process_number()];

	if (slot->database != MyDatabaseId)
	{
		empty_queue(slot, true);
		LWLockAcquire(&area->lock, LW_EXCLUSIVE);
		retire(slot);
		slot->database = MyDatabaseId;
		row_for(MyDatabaseId);
		LWLockRelease(&area->lock);
	}
	mine = slot;
}

/* Parallel workers and background workers are no client sessions. */
static bool
is_client_session(void)
{
	return MyBackendType == B_BACKEND && MyProc != NULL &&
		   heal_process_number() < area->slots && OidIsValid(MyDatabaseId);
}

static bool
is_measured(void)
{
	if (!heal_gate || inside || area == NULL)
		return false;
	if (mine == NULL && is_client_session())
		claim_slot();
	return mine != NULL;
}

static void
run_next(HEAL_RUN_PARAMETERS)
{
	if (next_run)
		next_run(HEAL_RUN_ARGUMENTS);
	else
		standard_ExecutorRun(HEAL_RUN_ARGUMENTS);
}

static void
finish_next(QueryDesc *query)
{
	if (next_finish)
		next_finish(query);
	else
		standard_ExecutorFinish(query);
}

static bool
has_triggers(const List *relations)
{
	ListCell *cell;

	foreach(cell, relations)
		if (((const ResultRelInfo *) lfirst(cell))->ri_TrigDesc != NULL)
			return true;
	return false;
}

/*
 * Whether finishing is part of the work. Of others it is not worth a second look at the
 * clock; and what only reads finishes when the client comes again.
 */
static bool
works_in_finish(const QueryDesc *query)
{
	const EState *state = query->estate;

	if (query->plannedstmt->hasModifyingCTE)
		return true;
	return query->operation != CMD_SELECT &&
		   (has_triggers(state->es_opened_result_relations) ||
			has_triggers(state->es_tuple_routing_result_relations) ||
			has_triggers(state->es_trig_target_relations));
}

static void
end_run(QueryDesc *query, uint64 start, bool failed)
{
	uint64 ns = clock_ns() - start;

	inside = false;
	if (failed || !works_in_finish(query))
		record(query->plannedstmt->queryId, ns, failed);
	else
	{
		unfinished = query;
		unfinished_ns = ns;
	}
}

static void
end_finish(QueryDesc *query, uint64 start, bool failed)
{
	inside = false;
	record(query->plannedstmt->queryId, clock_ns() - start, failed);
}

/* Apart from the hook, so that passing through needs no large frame. */
static pg_noinline void
measure_run(HEAL_RUN_PARAMETERS)
{
	uint64 start = clock_ns();

	inside = true;
	unfinished = NULL;
	PG_TRY();
	{
		run_next(HEAL_RUN_ARGUMENTS);
	}
	PG_CATCH();
	{
		end_run(query, start, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	end_run(query, start, false);
}

static pg_noinline void
measure_finish(QueryDesc *query)
{
	uint64 start = clock_ns() - unfinished_ns;

	inside = true;
	unfinished = NULL;
	PG_TRY();
	{
		finish_next(query);
	}
	PG_CATCH();
	{
		end_finish(query, start, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	end_finish(query, start, false);
}

static void
run(HEAL_RUN_PARAMETERS)
{
	if (is_measured())
		measure_run(HEAL_RUN_ARGUMENTS);
	else
		run_next(HEAL_RUN_ARGUMENTS);
}

static void
finish(QueryDesc *query)
{
	if (!inside && unfinished == query)
		measure_finish(query);
	else
		finish_next(query);
}

static void
install(void)
{
	EnableQueryId();
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish;
}

/*
 * Shared memory
 */

/* Of all processes that can be client sessions. */
static Size
area_size(void)
{
	return add_size(offsetof(StatementArea, slot),
					mul_size(MaxBackends, sizeof(Slot)));
}

static void
attach(void *address, bool found, int tranche)
{
	area = address;
	if (found)
		return;
	memset(area, 0, area_size());
	LWLockInitialize(&area->lock, tranche);
	LWLockInitialize(&area->query_lock, tranche);
	area->rows = OTHERS + 1;
	area->slots = MaxBackends;
	for (int i = 0; i < area->slots; i++)
	{
		Slot *slot = &area->slot[i];

		pg_atomic_init_u64(&slot->octaves, 0);
		pg_atomic_init_u64(&slot->sum, 0);
		for (int bucket = 0; bucket < HEAL_BUCKETS; bucket++)
			pg_atomic_init_u64(&slot->bucket[bucket], 0);
		pg_atomic_init_u32(&slot->queued, 0);
		pg_atomic_init_u32(&slot->taken, 0);
	}
}

/*
 * In the engine
 */

static void
take_queues(HealTime now)
{
	for (int i = 0; i < area->slots; i++)
	{
		Slot *slot = &area->slot[i];

		if (pg_atomic_read_u32(&slot->queued) ==
			pg_atomic_read_u32(&slot->taken))
			continue;
		LWLockAcquire(&area->query_lock, LW_EXCLUSIVE);
		take_queue(slot, now);
		LWLockRelease(&area->query_lock);
	}
}

/* All that ever ran. */
static void
add_up(HealHistogram *all)
{
	memset(all, 0, sizeof(*all));
	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < area->rows; i++)
		heal_histogram_merge(all, &area->row[i].retired);
	for (int i = 0; i < area->slots; i++)
		add_slot(all, &area->slot[i]);
	LWLockRelease(&area->lock);
}

/* What ran in the database of a row; holding lock. */
static void
add_up_row(HealHistogram *total, const DatabaseRow *row)
{
	*total = row->retired;
	for (int i = 0; i < area->slots; i++)
		if (pg_atomic_read_u64(&area->slot[i].octaves) != 0 &&
			row_of(area->slot[i].database) == row)
			add_slot(total, &area->slot[i]);
}

static void
fill_in(HealReading *reading)
{
	static HealHistogram before, now, between;
	static bool begun = false;

	add_up(&now);
	reading->value[HEAL_METRIC_STATEMENTS] = (double) now.count;
	reading->value[HEAL_METRIC_STATEMENT_TIME] = (double) now.sum / 1e6;
	if (begun && heal_histogram_difference(&before, &now, &between))
	{
		reading->value[HEAL_METRIC_STATEMENT_P50] =
			heal_histogram_quantile(&between, 0.50) / 1e6;
		reading->value[HEAL_METRIC_STATEMENT_P95] =
			heal_histogram_quantile(&between, 0.95) / 1e6;
		reading->value[HEAL_METRIC_STATEMENT_P99] =
			heal_histogram_quantile(&between, 0.99) / 1e6;
	}
	before = now;
	begun = true;
}

static void
close_minute(void)
{
	static HealHistogram total;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < area->rows; i++)
	{
		DatabaseRow *row = &area->row[i];

		add_up_row(&total, row);
		heal_histogram_difference(&row->minute_began, &total, &row->recent);
		row->minute_began = total;
	}
	LWLockRelease(&area->lock);
}

static bool
somebody_is_in(Oid database)
{
	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
		if (ProcGlobal->allProcs[i].pid != 0 &&
			ProcGlobal->allProcs[i].databaseId == database)
			return true;
	return false;
}

/*
 * The row of a database that was dropped becomes part of the others, so that its place can
 * be had by another. Who might come into it would need the lock first, which we hold.
 */
static void
give_up_row(DatabaseRow *row)
{
	DatabaseRow *others = &area->row[OTHERS];

	for (int i = 0; i < area->slots; i++)
		if (area->slot[i].database == row->database)
			retire(&area->slot[i]);
	heal_histogram_merge(&others->retired, &row->retired);
	heal_histogram_merge(&others->minute_began, &row->minute_began);
	*row = area->row[--area->rows];
}

static void
forget_dropped(void)
{
	int known = 0;

	for (int i = OTHERS + 1; i < area->rows; i++)
		known += heal_directory_database(area->row[i].database) != NULL;
	/* none at all: the catalog cannot be read now */
	for (int i = area->rows - 1; i > OTHERS && known > 0; i--)
	{
		if (heal_directory_database(area->row[i].database) != NULL)
			continue;
		LWLockAcquire(&area->lock, LW_EXCLUSIVE);
		if (!somebody_is_in(area->row[i].database))
			give_up_row(&area->row[i]);
		LWLockRelease(&area->lock);
	}
}

static void
read_part(HealReading *reading)
{
	take_queues(reading->taken_at);
	if (heal_gate)
		fill_in(reading);
}

/* The clock may be set; a time in the future is as good as long ago. Not due at first. */
static bool
is_due(HealTime *last, HealTime now, HealTime interval)
{
	bool due = *last != 0 && (now < *last || now - *last >= interval);

	if (due || *last == 0)
		*last = now;
	return due;
}

void
heal_statement_tidy(void)
{
	static HealTime minute, aging;
	static int rows;
	TimestampTz now = GetCurrentTimestamp();
	bool minute_over = is_due(&minute, now, RECENT);

	if (is_due(&aging, now, AGING))
	{
		LWLockAcquire(&area->query_lock, LW_EXCLUSIVE);
		heal_query_table_age(&area->queries);
		LWLockRelease(&area->query_lock);
	}
	if (minute_over)
		close_minute();
	/* who comes may be in want of a place */
	if (minute_over || (rows != 0 && rows != area->rows))
		forget_dropped();
	rows = area->rows;
}

/*
 * For whoever asks
 */

int
heal_latency_copy(HealDatabaseLatency latency[HEAL_GATE_DATABASES])
{
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < area->rows; i++)
	{
		latency[count].database = area->row[i].database;
		latency[count].recent = area->row[i].recent;
		add_up_row(&latency[count].total, &area->row[i]);
		count += latency[count].total.count > 0;
	}
	LWLockRelease(&area->lock);
	return count;
}

bool
heal_top_query_copy(int place, HealTopQuery *query, HealHistogram *latency)
{
	LWLockAcquire(&area->query_lock, LW_SHARED);
	*query = area->queries.query[place];
	*latency = area->queries.latency[place];
	LWLockRelease(&area->query_lock);
	return query->id != 0;
}
