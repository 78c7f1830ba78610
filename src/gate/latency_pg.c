/*
 * latency_pg.c
 *		What statements took -> metrics, latency by database, top queries.
 *
 * The engine adds up at each heartbeat and tidies now and then; whoever asks in SQL gets
 * a copy.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "gate/statement_area_pg.h"
#include "settings.h"

#define RECENT HEAL_MINUTE
#define AGING (10 * HEAL_MINUTE)
#define BATCH 64 /* queues emptied while one lock is held */

static bool
has_queued(int number)
{
	HealStatementHead *head = &heal_statement_area->head[number];

	return pg_atomic_read_u32(&head->queued) !=
		   pg_atomic_read_u32(&head->taken);
}

static bool
has_counts(int number)
{
	return pg_atomic_read_u64(&heal_statement_area->head[number].octaves) != 0;
}

/* They are far apart, and in no cache: asked for together they come together. */
static void
fetch_queues(int first, int end)
{
	for (int i = first; i < end; i++)
	{
		HealStatementSlot slot = heal_statement_slot(i);

		if (has_queued(i))
			__builtin_prefetch(
				&slot.body->queue[pg_atomic_read_u32(&slot.head->taken) %
								  HEAL_STATEMENT_QUEUE]);
	}
}

static void
take_batch(int first, HealTime now)
{
	int end = Min(first + BATCH, heal_statement_area->slots);

	fetch_queues(first, end);
	LWLockAcquire(&heal_statement_area->query_lock, LW_EXCLUSIVE);
	for (int i = first; i < end; i++)
	{
		HealStatementSlot slot = heal_statement_slot(i);

		if (has_queued(i))
			heal_statement_take_queue(&slot, now);
	}
	LWLockRelease(&heal_statement_area->query_lock);
}

/* Whose counts are whose: the row of each slot, NULL where there are none; holding lock. */
static void
find_rows(const HealStatementRow **rows)
{
	for (int i = 0; i < heal_statement_area->slots; i++)
		rows[i] =
			has_counts(i)
				? heal_statement_row_of(heal_statement_slot(i).head->database)
				: NULL;
}

static const HealStatementRow **
make_rows(void)
{
	return palloc(sizeof(HealStatementRow *) * heal_statement_area->slots);
}

/* What ran in the database of a row; holding lock. */
static void
add_up_row(HealHistogram *total, const HealStatementRow *row,
		   const HealStatementRow *const *rows)
{
	*total = row->retired;
	for (int i = 0; i < heal_statement_area->slots; i++)
	{
		HealStatementSlot slot = heal_statement_slot(i);

		if (rows[i] == row)
			heal_statement_add_slot(total, &slot);
	}
}

static void
fill_in(HealReading *reading)
{
	static HealHistogram before, now, between;
	static bool begun = false;

	LWLockAcquire(&heal_statement_area->query_lock, LW_SHARED);
	now = heal_statement_area->all;
	LWLockRelease(&heal_statement_area->query_lock);
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
	const HealStatementRow **rows = make_rows();

	LWLockAcquire(&heal_statement_area->lock, LW_EXCLUSIVE);
	find_rows(rows);
	for (int i = 0; i < heal_statement_area->rows; i++)
	{
		HealStatementRow *row = &heal_statement_area->row[i];

		add_up_row(&total, row, rows);
		heal_histogram_difference(&row->minute_began, &total, &row->recent);
		row->minute_began = total;
	}
	LWLockRelease(&heal_statement_area->lock);
	pfree(rows);
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
give_up_row(HealStatementRow *row)
{
	HealStatementRow *others = &heal_statement_area->row[HEAL_STATEMENT_OTHERS];

	for (int i = 0; i < heal_statement_area->slots; i++)
	{
		HealStatementSlot slot = heal_statement_slot(i);

		if (slot.head->database == row->database)
			heal_statement_retire(&slot);
	}
	heal_histogram_merge(&others->retired, &row->retired);
	heal_histogram_merge(&others->minute_began, &row->minute_began);
	*row = heal_statement_area->row[--heal_statement_area->rows];
}

static void
forget_dropped(void)
{
	/* what is known of databases may be from before one was dropped */
	if (!heal_directory_refresh())
		return;
	for (int i = heal_statement_area->rows - 1; i > HEAL_STATEMENT_OTHERS; i--)
	{
		if (heal_directory_database(heal_statement_area->row[i].database) !=
			NULL)
			continue;
		LWLockAcquire(&heal_statement_area->lock, LW_EXCLUSIVE);
		if (!somebody_is_in(heal_statement_area->row[i].database))
			give_up_row(&heal_statement_area->row[i]);
		LWLockRelease(&heal_statement_area->lock);
	}
}

void
heal_latency_read(HealReading *reading)
{
	for (int first = 0; first < heal_statement_area->slots; first += BATCH)
		take_batch(first, reading->taken_at);
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
		LWLockAcquire(&heal_statement_area->query_lock, LW_EXCLUSIVE);
		heal_query_table_age(&heal_statement_area->queries);
		LWLockRelease(&heal_statement_area->query_lock);
	}
	if (minute_over)
		close_minute();
	/* who comes may be in want of a place */
	if (minute_over || (rows != 0 && rows != heal_statement_area->rows))
		forget_dropped();
	rows = heal_statement_area->rows;
}

int
heal_latency_copy(HealDatabaseLatency latency[HEAL_GATE_DATABASES])
{
	const HealStatementRow **rows = make_rows();
	int count = 0;

	LWLockAcquire(&heal_statement_area->lock, LW_SHARED);
	find_rows(rows);
	for (int i = 0; i < heal_statement_area->rows; i++)
	{
		latency[count].database = heal_statement_area->row[i].database;
		latency[count].recent = heal_statement_area->row[i].recent;
		add_up_row(&latency[count].total, &heal_statement_area->row[i], rows);
		count += latency[count].total.count > 0;
	}
	LWLockRelease(&heal_statement_area->lock);
	pfree(rows);
	return count;
}

void
heal_top_query_totals(HealQueryTotal total[HEAL_TOP_QUERIES])
{
	const HealQueryTable *queries = &heal_statement_area->queries;

	LWLockAcquire(&heal_statement_area->query_lock, LW_SHARED);
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		total[i] = (HealQueryTotal){.query = queries->query[i].id};
		/* each latency is on a page of its own, and most places are free */
		if (total[i].query == 0)
			continue;
		total[i].database = queries->query[i].database;
		total[i].calls = queries->latency[i].count;
		total[i].ns = queries->latency[i].sum;
	}
	LWLockRelease(&heal_statement_area->query_lock);
}

bool
heal_top_query_copy(int place, HealTopQuery *query, HealHistogram *latency)
{
	LWLockAcquire(&heal_statement_area->query_lock, LW_SHARED);
	*query = heal_statement_area->queries.query[place];
	*latency = heal_statement_area->queries.latency[place];
	LWLockRelease(&heal_statement_area->query_lock);
	return query->id != 0;
}

void
heal_top_query_since(uint64 query[HEAL_TOP_QUERIES],
					 HealTime since[HEAL_TOP_QUERIES])
{
	LWLockAcquire(&heal_statement_area->query_lock, LW_SHARED);
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		query[i] = heal_statement_area->queries.query[i].id;
		since[i] = heal_statement_area->queries.query[i].since;
	}
	LWLockRelease(&heal_statement_area->query_lock);
}
