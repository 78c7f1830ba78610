/*
 * series_pg.c
 *		Minutes of samples -> tables of the home database, and hours of those.
 *
 * Where to go on is what the tables say themselves: the newest minute in them. A pass
 * that was interrupted left nothing behind, and one that comes again after a crash
 * finds its minutes there. What is written once stays, so a clock set back rewrites no
 * history.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "pgstat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "db/shmem.h"
#include "history/series_pg.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

/* Work of one pass; the next one comes within a minute. */
#define MOST_MINUTES 60
#define MOST_HOURS 6
#define MOST_FORGOTTEN 500

typedef struct SeriesShared
{
	pg_atomic_uint64 seen; /* finished minutes the scribe has looked at */
} SeriesShared;

static SeriesShared *shared = NULL;

static Size
series_size(void)
{
	return sizeof(SeriesShared);
}

static void
series_attach(void *address, bool found)
{
	shared = address;
	if (!found)
		pg_atomic_init_u64(&shared->seen, 0);
}

const HealSegment heal_series_segment = {"selfheal series", series_size,
										 series_attach};

bool
heal_series_is_due(void)
{
	return heal_sample_minutes_finished() != pg_atomic_read_u64(&shared->seen);
}

static Datum
names_array(const HealSeriesLayout *layout)
{
	Datum *names = palloc(sizeof(Datum) * layout->count);

	for (int i = 0; i < layout->count; i++)
		names[i] = CStringGetTextDatum(heal_metrics[layout->metric[i]].name);
	return PointerGetDatum(construct_array(names, layout->count, TEXTOID, -1,
										   false, TYPALIGN_INT));
}

/*
 * Of the metrics there are now, those of users included. Put on record when it is new. Its
 * number is made of the names: counted ones would mean something else in another cluster,
 * and a dump may be restored beside what is there already.
 */
void
heal_series_layout(HealSeriesLayout *layout)
{
	Oid types[] = {INT4OID, TEXTARRAYOID};
	Datum values[2];
	uint64 hash = 0;

	heal_user_metrics_load();
	layout->count = heal_metric_list(layout->metric);
	for (int i = 0; i < layout->count; i++)
	{
		const char *name = heal_metrics[layout->metric[i]].name;

		hash = hash_bytes_extended((const unsigned char *) name,
								   strlen(name) + 1, hash);
	}
	layout->id = (int32) (hash & PG_INT32_MAX);
	values[0] = Int32GetDatum(layout->id);
	values[1] = names_array(layout);
	heal_query("INSERT INTO selfheal.metric_layout VALUES ($1, $2) "
			   "ON CONFLICT DO NOTHING",
			   2, types, values);
}

bool
heal_series_layout_read(int32 id, HealSeriesLayout *layout)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(id)};
	uint64 count = heal_query(
		"SELECT n.metric FROM selfheal.metric_layout l "
		"CROSS JOIN LATERAL unnest(l.metrics) WITH ORDINALITY AS n (metric, position) "
		"WHERE l.id = $1 ORDER BY n.position",
		1, types, values);

	if (count == 0 || count > HEAL_METRICS)
		return false;
	layout->id = id;
	layout->count = (int) count;
	for (int i = 0; i < layout->count; i++)
	{
		char *name =
			SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		layout->metric[i] = name != NULL ? heal_metric_lookup(name) : -1;
	}
	return true;
}

Datum
heal_series_figures(const HealSeriesLayout *layout, const double *figure,
					const int32 *samples)
{
	Datum *values = palloc(sizeof(Datum) * layout->count);
	bool *nulls = palloc(sizeof(bool) * layout->count);
	int size = layout->count;
	int from = 1;

	for (int i = 0; i < layout->count; i++)
	{
		int metric = layout->metric[i];

		nulls[i] = metric < 0 || samples[metric] == 0;
		values[i] = Float8GetDatum(nulls[i] ? 0 : figure[metric]);
	}
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, &size, &from, FLOAT8OID,
						   sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
counts_array(const HealSeriesLayout *layout, const int32 *samples)
{
	Datum *values = palloc(sizeof(Datum) * layout->count);

	for (int i = 0; i < layout->count; i++)
		values[i] = Int32GetDatum(samples[layout->metric[i]]);
	return PointerGetDatum(construct_array(values, layout->count, INT4OID,
										   sizeof(int32), true, TYPALIGN_INT));
}

static void
write_minute(const HealMinute *minute, const HealSeriesLayout *layout)
{
	Oid types[] = {TIMESTAMPTZOID, INT4OID,		   FLOAT8ARRAYOID,
				   FLOAT8ARRAYOID, FLOAT8ARRAYOID, INT4ARRAYOID};
	double average[HEAL_METRICS];
	Datum values[lengthof(types)];

	for (int i = 0; i < HEAL_METRICS; i++)
		average[i] =
			minute->samples[i] > 0 ? minute->sum[i] / minute->samples[i] : 0;
	values[0] = TimestampTzGetDatum(minute->at);
	values[1] = Int32GetDatum(layout->id);
	values[2] = heal_series_figures(layout, average, minute->samples);
	values[3] = heal_series_figures(layout, minute->least, minute->samples);
	values[4] = heal_series_figures(layout, minute->greatest, minute->samples);
	values[5] = counts_array(layout, minute->samples);
	heal_query(
		"INSERT INTO selfheal.metric_minute (at, layout, average, minimum, maximum, samples) "
		"VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		lengthof(types), types, values);
}

/* The start of the newest minute in the tables. */
static TimestampTz
newest_written(TimestampTz now)
{
	Oid types[] = {TIMESTAMPTZOID};
	Datum values[] = {TimestampTzGetDatum(now)};

	return heal_query_int8(
		"SELECT max(m.at) FROM selfheal.metric_minute m WHERE m.at <= $1", 1,
		types, values, DT_NOBEGIN);
}

/*
 * True when there may be more of them. What lies in the future, in the tables or in memory, is of
 * a clock that was wrong, and would otherwise be what is written first again and again.
 */
static bool
write_minutes(void)
{
	HealMinute *minutes = palloc(sizeof(HealMinute) * MOST_MINUTES);
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz newest = newest_written(now);
	HealSeriesLayout layout;
	int count;

	/* names first: see usermetric_pg.c */
	heal_series_layout(&layout);
	count = heal_sample_minutes(newest, now, minutes, MOST_MINUTES);
	for (int i = 0; i < count; i++)
		write_minute(&minutes[i], &layout);
	pfree(minutes);
	return count == MOST_MINUTES;
}

static void
forget(void)
{
	Oid types[] = {INT8OID, INT8OID, INT4OID};
	Datum values[] = {Int64GetDatum(heal_minute_retention),
					  Int64GetDatum(heal_hour_retention),
					  Int32GetDatum(MOST_FORGOTTEN)};

	heal_query("SELECT selfheal.forget_samples($1, $2, $3)", lengthof(types),
			   types, values);
	values[0] = Int64GetDatum(heal_history_retention);
	heal_query("SELECT selfheal.forget_windows($1, 50)", 1, types, values);
}

void
heal_series_write(void)
{
	uint64 finished = heal_sample_minutes_finished();
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(MOST_HOURS)};
	bool more;

	if (!heal_series_is_due())
		return;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING,
						   "selfheal: writing minutes and hours");
	more = write_minutes();
	heal_query("SELECT selfheal.keep_hours($1)", lengthof(types), types,
			   values);
	forget();
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	if (!more)
		pg_atomic_write_u64(&shared->seen, finished);
}
