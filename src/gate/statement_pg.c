/*
 * statement_pg.c
 *		How long the statements of client sessions take.
 *
 * The clock runs around ExecutorRun, and around ExecutorFinish for what writes, as
 * that is where deferred triggers fire. From start to end of the executor would include
 * the client's thinking time, and what fails or is cancelled never comes to its end.
 *
 * The server counts the blocks that this process writes to temporary files, and adds those of parallel workers before
 * the leader comes to its end (when it fails they are missing). Only when that count has grown is anything more done.
 */
#include "postgres.h"

#include <time.h>

#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "gate/spill_pg.h"
#include "gate/statement_area_pg.h"
#include "settings.h"

/* Of this session */
static HealStatementSlot mine; /* {NULL, NULL} until it has one */
static bool inside;			   /* a statement: what it runs is not top level */
static QueryDesc *unfinished;  /* has run, and will finish */
static uint64 unfinished_ns;

static ExecutorRun_hook_type next_run;
static ExecutorFinish_hook_type next_finish;

static void install(void);

const HealGatePart heal_statement_part = {install, heal_statement_area_size,
										  heal_statement_area_attach,
										  heal_latency_read};

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

/* wait: when the queue is full, unless something just failed and locks may be held. */
static bool
empty_queue(const HealStatementSlot *slot, bool wait)
{
	if (!LWLockConditionalAcquire(&heal_statement_area->query_lock,
								  LW_EXCLUSIVE))
	{
		if (!wait)
			return false;
		LWLockAcquire(&heal_statement_area->query_lock, LW_EXCLUSIVE);
	}
	heal_statement_take_queue(slot, GetCurrentTimestamp());
	LWLockRelease(&heal_statement_area->query_lock);
	return true;
}

static void
enqueue(uint64 query, uint64 ns, bool failed)
{
	uint32 queued = pg_atomic_read_u32(&mine.head->queued);
	uint32 length = queued - pg_atomic_read_u32(&mine.head->taken);

	if (length >= HEAL_STATEMENT_QUEUE / 2 &&
		!empty_queue(&mine, length == HEAL_STATEMENT_QUEUE && !failed) &&
		length == HEAL_STATEMENT_QUEUE)
		return;
	mine.body->queue[queued % HEAL_STATEMENT_QUEUE].query = query;
	mine.body->queue[queued % HEAL_STATEMENT_QUEUE].ns = ns;
	pg_write_barrier();
	pg_atomic_write_u32(&mine.head->queued, queued + 1);
}

static void
record(uint64 query, uint64 ns, bool failed)
{
	int bucket = heal_histogram_bucket(ns);
	uint64 octave = UINT64CONST(1) << heal_bucket_octave(bucket);
	uint64 octaves = pg_atomic_read_u64(&mine.head->octaves);

	if ((octaves & octave) == 0)
		pg_atomic_write_u64(&mine.head->octaves, octaves | octave);
	increase(&mine.head->sum, ns);
	increase(&mine.body->bucket[bucket], 1);
	enqueue(query, ns, failed);
}

static void
claim_slot(void)
{
	HealStatementSlot slot = heal_statement_slot(heal_process_number());

	if (slot.head->database != MyDatabaseId)
	{
		empty_queue(&slot, true);
		LWLockAcquire(&heal_statement_area->lock, LW_EXCLUSIVE);
		heal_statement_retire(&slot);
		slot.head->database = MyDatabaseId;
		heal_statement_row_for(MyDatabaseId);
		LWLockRelease(&heal_statement_area->lock);
	}
	mine = slot;
}

/* Parallel workers and background workers are no client sessions. */
static bool
is_client_session(void)
{
	return MyBackendType == B_BACKEND && MyProc != NULL &&
		   heal_process_number() < heal_statement_area->slots &&
		   OidIsValid(MyDatabaseId);
}

static bool
is_measured(void)
{
	if (!heal_gate || inside || heal_statement_area == NULL)
		return false;
	if (mine.head == NULL && is_client_session())
		claim_slot();
	return mine.head != NULL;
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

/* spilled: the server's count from before. A cursor runs again for each fetch: it is one statement that spills. */
static inline void
note_spill(int64 spilled, uint64 ns, bool continued)
{
	if (unlikely(pgBufferUsage.temp_blks_written != spilled && !continued))
		heal_spill_note(pgBufferUsage.temp_blks_written - spilled, ns);
}

static void
end_run(QueryDesc *query, uint64 start, int64 spilled, bool continued,
		bool failed)
{
	uint64 ns = clock_ns() - start;

	inside = false;
	note_spill(spilled, ns, continued);
	if (failed || !works_in_finish(query))
		record(query->plannedstmt->queryId, ns, failed);
	else
	{
		unfinished = query;
		unfinished_ns = ns;
	}
}

static void
end_finish(QueryDesc *query, uint64 start, int64 spilled, bool failed)
{
	uint64 ns = clock_ns() - start;

	inside = false;
	note_spill(spilled, ns, false);
	record(query->plannedstmt->queryId, ns, failed);
}

/* Apart from the hook, so that passing through needs no large frame. */
static pg_noinline void
measure_run(HEAL_RUN_PARAMETERS)
{
	uint64 start = clock_ns();
	int64 spilled = pgBufferUsage.temp_blks_written;
	bool continued = query->already_executed;

	inside = true;
	unfinished = NULL;
	PG_TRY();
	{
		run_next(HEAL_RUN_ARGUMENTS);
	}
	PG_CATCH();
	{
		end_run(query, start, spilled, continued, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	end_run(query, start, spilled, continued, false);
}

static pg_noinline void
measure_finish(QueryDesc *query)
{
	uint64 start = clock_ns() - unfinished_ns;
	int64 spilled = pgBufferUsage.temp_blks_written;

	inside = true;
	unfinished = NULL;
	PG_TRY();
	{
		finish_next(query);
	}
	PG_CATCH();
	{
		end_finish(query, start, spilled, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	end_finish(query, start, spilled, false);
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
