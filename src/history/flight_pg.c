/*
 * flight_pg.c
 *		The flight recorder: samples around a confirmed failure -> a table.
 *
 * A window reaches from some minutes before a failure began until some after it was
 * confirmed. The scribe opens it when it first meets the failure and copies what is in
 * memory, then goes on at each pass until the window is over; how far it has come is in
 * the window's row, so a crash costs what memory lost and no more. At most one row a
 * second: a failure takes a few hundred rows, whatever the sampling interval is. Where
 * memory has only minutes, minutes are kept.
 *
 * What is frozen is bounded: so many windows at once, and so many at all. When
 * everything fails at the same time, one window tells about all of it.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "db/shmem.h"
#include "history/flight_pg.h"
#include "history/ledger_pg.h"
#include "history/series_pg.h"
#include "sample/sampler_pg.h"

#define BEFORE (5 * HEAL_MINUTE)
#define AFTER (2 * HEAL_MINUTE)
#define AT_ONCE 4			/* windows open */
#define SPACING HEAL_SECOND /* between two rows */

typedef struct FlightShared
{
	pg_atomic_uint32 open;
	pg_atomic_uint64 rows_seen; /* of samples, at the last pass */
} FlightShared;

typedef struct Window
{
	int64 failure;
	TimestampTz kept_until;
	TimestampTz until;
	HealSeriesLayout layout; /* as it was when the window was opened */
} Window;

static FlightShared *shared = NULL;

static Size
flight_size(void)
{
	return sizeof(FlightShared);
}

static void
flight_attach(void *address, bool found)
{
	shared = address;
	if (found)
		return;
	/* one may have been open when the server ended: the first pass finds out */
	pg_atomic_init_u32(&shared->open, 1);
	pg_atomic_init_u64(&shared->rows_seen, 0);
}

const HealSegment heal_flight_segment = {"selfheal flight", flight_size,
										 flight_attach};

bool
heal_flight_is_due(void)
{
	return pg_atomic_read_u32(&shared->open) > 0 &&
		   heal_sample_rows_taken() - pg_atomic_read_u64(&shared->rows_seen) >=
			   HEAL_WINDOW / 2;
}

/* Unless there is one of this failure, or too many are open. */
static void
open_window(const HealFailure *failure, int32 layout)
{
	Oid types[] = {INT8OID,		   INT8OID, TIMESTAMPTZOID,
				   TIMESTAMPTZOID, INT4OID, INT8OID};
	TimestampTz begun = failure->since != 0
							? Min(failure->since, failure->confirmed_at)
							: failure->confirmed_at;
	Datum values[] = {Int64GetDatum(heal_journal_id()),
					  Int64GetDatum(failure->id),
					  TimestampTzGetDatum(
						  Max(begun, failure->confirmed_at - BEFORE) - BEFORE),
					  TimestampTzGetDatum(failure->confirmed_at + AFTER),
					  Int32GetDatum(layout),
					  Int64GetDatum(AT_ONCE)};

	heal_query(
		"INSERT INTO selfheal.failure_window (journal, failure, from_at, kept_until, until_at, layout) "
		"SELECT $1, $2, $3, $3, $4, $5 WHERE $6 > "
		"(SELECT count(*) FROM selfheal.failure_window w WHERE w.journal = $1 AND w.kept_until < w.until_at) "
		"ON CONFLICT DO NOTHING",
		lengthof(types), types, values);
}

/* For failures confirmed lately; older ones have their window, or never get one. */
static void
open_windows(int32 layout)
{
	HealLedger *ledger = heal_ledger_copy();
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		const HealFailure *failure = &ledger->failure[i];

		if (failure->id != 0 && failure->confirmed_at != 0 &&
			failure->confirmed_at + AFTER > now)
			open_window(failure, layout);
	}
	pfree(ledger);
}

/* One whose layout cannot be read, as another library has left it, ends where it is. */
static void
end_window(int64 failure)
{
	Oid types[] = {INT8OID, INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id()), Int64GetDatum(failure)};

	heal_query("UPDATE selfheal.failure_window SET until_at = kept_until "
			   "WHERE journal = $1 AND failure = $2",
			   lengthof(types), types, values);
}

/* Drops those that are not to go on; returns how many do. */
static int
read_layouts(Window windows[AT_ONCE], const int32 layout[AT_ONCE], int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
	{
		windows[kept] = windows[i];
		if (heal_series_layout_read(layout[i], &windows[kept].layout))
			kept++;
		else
			end_window(windows[i].failure);
	}
	return kept;
}

/* Returns how many; at most AT_ONCE. */
static int
read_open_windows(Window windows[AT_ONCE])
{
	int32 layout[AT_ONCE];
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id())};
	int count = (int) heal_query(
		"SELECT w.failure, w.kept_until, w.until_at, w.layout FROM selfheal.failure_window w "
		"WHERE w.journal = $1 AND w.kept_until < w.until_at ORDER BY w.failure LIMIT 4",
		lengthof(types), types, values);

	for (int i = 0; i < count; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc descriptor = SPI_tuptable->tupdesc;
		bool null;

		windows[i].failure =
			DatumGetInt64(SPI_getbinval(tuple, descriptor, 1, &null));
		windows[i].kept_until =
			DatumGetTimestampTz(SPI_getbinval(tuple, descriptor, 2, &null));
		windows[i].until =
			DatumGetTimestampTz(SPI_getbinval(tuple, descriptor, 3, &null));
		layout[i] = DatumGetInt32(SPI_getbinval(tuple, descriptor, 4, &null));
	}
	return read_layouts(windows, layout, count);
}

static void
write_row(const Window *window, HealTime at, bool is_minute,
		  const double *value)
{
	Oid types[] = {INT8OID, INT8OID, TIMESTAMPTZOID, BOOLOID, FLOAT8ARRAYOID};
	int32 known[HEAL_METRICS];
	Datum values[lengthof(types)];

	for (int i = 0; i < HEAL_METRICS; i++)
		known[i] = !isnan(value[i]);
	values[0] = Int64GetDatum(heal_journal_id());
	values[1] = Int64GetDatum(window->failure);
	values[2] = TimestampTzGetDatum(at);
	values[3] = BoolGetDatum(is_minute);
	values[4] = heal_series_figures(&window->layout, value, known);
	heal_query(
		"INSERT INTO selfheal.failure_sample (journal, failure, at, minute, value) "
		"VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
		lengthof(types), types, values);
}

/* What lies before the oldest row in memory. */
static void
keep_minutes(const Window *window, const HealSeries *series)
{
	uint64 first_row = heal_series_first_row(series);
	HealTime rows_begin =
		series->pushed > 0 ? series->at[first_row % HEAL_WINDOW] : DT_NOEND;

	for (uint64 n = heal_series_first_minute(series); n < series->minutes; n++)
	{
		const HealMinute *minute = &series->minute[n % HEAL_MINUTES];
		double value[HEAL_METRICS];

		if (minute->at <= window->kept_until ||
			minute->at + HEAL_MINUTE > rows_begin || minute->at > window->until)
			continue;
		for (int i = 0; i < HEAL_METRICS; i++)
			value[i] = minute->samples[i] > 0
						   ? minute->sum[i] / minute->samples[i]
						   : NAN;
		write_row(window, minute->at, true, value);
	}
}

/* Returns the time of the newest row that was in the window, or where it had come. */
static TimestampTz
keep_rows(const Window *window, const HealSeries *series)
{
	TimestampTz newest = window->kept_until;
	TimestampTz next = window->kept_until + SPACING;

	for (uint64 n = heal_series_first_row(series); n < series->pushed; n++)
	{
		int place = n % HEAL_WINDOW;
		HealTime at = series->at[place];
		double value[HEAL_METRICS];

		if (at < next || at > window->until)
			continue;
		for (int i = 0; i < HEAL_METRICS; i++)
			value[i] = series->value[i][place];
		write_row(window, at, false, value);
		next = at + SPACING;
		newest = at;
	}
	return newest;
}

static void
keep(const Window *window, const HealSeries *series, TimestampTz now)
{
	Oid types[] = {INT8OID, INT8OID, TIMESTAMPTZOID};
	TimestampTz newest;
	Datum values[lengthof(types)];

	keep_minutes(window, series);
	newest = keep_rows(window, series);
	if (now > window->until)
		newest = window->until;
	values[0] = Int64GetDatum(heal_journal_id());
	values[1] = Int64GetDatum(window->failure);
	values[2] = TimestampTzGetDatum(newest);
	heal_query(
		"UPDATE selfheal.failure_window SET kept_until = $3 WHERE journal = $1 AND failure = $2",
		lengthof(types), types, values);
}

static int
keep_open_windows(void)
{
	Window *windows = palloc(sizeof(Window) * AT_ONCE);
	int count = read_open_windows(windows);
	TimestampTz now = GetCurrentTimestamp();
	HealSeries *series;
	int open = 0;

	if (count == 0)
		return 0;
	series = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(HealSeries));
	heal_sample_copy(series);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		keep(&windows[i], series, now);
		open += now <= windows[i].until;
	}
	pfree(series);
	return open;
}

void
heal_flight_write(void)
{
	uint64 rows = heal_sample_rows_taken();
	HealSeriesLayout layout;
	int open;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING,
						   "selfheal: keeping samples around failures");
	heal_series_layout(&layout);
	open_windows(layout.id);
	open = keep_open_windows();
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	pg_atomic_write_u32(&shared->open, open);
	pg_atomic_write_u64(&shared->rows_seen, rows);
}
