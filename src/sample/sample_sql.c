/*
 * sample_sql.c
 *		Metrics and their samples as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "sample/round.h"
#include "sample/sample_sql.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

#define SUGGESTIONS 3

PG_FUNCTION_INFO_V1(selfheal_read_metrics);
PG_FUNCTION_INFO_V1(selfheal_read_samples);

static void put_metric(FunctionCallInfo fcinfo, const HealMetric *metric,
					   double value, HealTime at, HealTime cadence);
static void put_user_metrics(FunctionCallInfo fcinfo);
static void put_point(FunctionCallInfo fcinfo, const HealPoint *point);
static char *close_names(const char *name);
static int unlikeness(const char *name, const char *other);

/* read_metrics() -> one row per metric, with its newest value */
Datum
selfheal_read_metrics(PG_FUNCTION_ARGS)
{
	HealTime interval = heal_sample_interval * HEAL_MILLISECOND;
	double row[HEAL_METRICS];
	HealTime at;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_load();
	at = heal_sample_newest(row);
	for (int i = 0; i < HEAL_BUILT_IN_METRICS; i++)
		put_metric(fcinfo, &heal_metrics[i], row[i], at,
				   heal_metric_cadence(i, interval));
	put_user_metrics(fcinfo);
	return (Datum) 0;
}

/*
 * read_samples(metric text, since interval) -> points in memory, oldest first. From the
 * start of the hour that since falls in, so that the caller can tell which hours and
 * minutes of the tables are known better here.
 */
Datum
selfheal_read_samples(PG_FUNCTION_ARGS)
{
	HealPoint *points = palloc(sizeof(HealPoint) * HEAL_POINTS);
	HealMetricId metric;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz since;
	int count;

	heal_shmem_require();
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("metric must not be null"),
				errhint("See selfheal.metrics for their names."));
	if (PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("since must not be null"),
				errhint("Say how far back to look, such as '10 minutes'."));
	metric = heal_metric_require(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	since = DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_mi_interval, TimestampTzGetDatum(now), PG_GETARG_DATUM(1)));
	if (since > now)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("since must not be negative"),
				errdetail("Samples of the future are not known."),
				errhint("Say how far back to look, such as '10 minutes'."));

	InitMaterializedSRF(fcinfo, 0);
	count = heal_sample_points(
		metric, since == DT_NOBEGIN ? since : heal_hour_start(since), points);
	for (int i = 0; i < count; i++)
		put_point(fcinfo, &points[i]);
	return (Datum) 0;
}

HealMetricId
heal_metric_require(const char *name)
{
	int metric;

	heal_user_metrics_load();
	metric = heal_metric_lookup(name);
	if (metric < 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no metric \"%s\"", name),
				errhint("The closest names are %s. See selfheal.metrics for "
						"all of them.",
						close_names(name)));
	return metric;
}

static void
put_metric(FunctionCallInfo fcinfo, const HealMetric *metric, double value,
		   HealTime at, HealTime cadence)
{
	HealRow row = {0};

	heal_row_text(&row, metric->name);
	heal_row_float8(&row, value);
	heal_row_text(&row, heal_unit_name(metric->unit));
	heal_row_time(&row, at);
	heal_row_text(&row, metric->component);
	heal_row_text(&row, metric->category);
	heal_row_text(&row, heal_metric_kind_name(metric->kind));
	heal_row_text(&row, heal_bad_direction_name(metric->bad));
	heal_row_text(&row, metric->meaning);
	heal_row_int4_or_null(&row, heal_metric_since(metric - heal_metrics));
	heal_row_interval(&row, cadence);
	heal_row_emit(fcinfo, &row);
}

/* With the value of their last run, as most rows of samples have none of theirs. */
static void
put_user_metrics(FunctionCallInfo fcinfo)
{
	HealUserSlot *slots = palloc(sizeof(HealUserSlot) * HEAL_USER_METRICS);

	heal_user_metrics_copy(slots);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		const HealUserRuns *runs = &slots[i].runs;

		if (slots[i].state == HEAL_USER_BOUND &&
			heal_metric_exists(HEAL_BUILT_IN_METRICS + i))
			put_metric(fcinfo, &heal_metrics[HEAL_BUILT_IN_METRICS + i],
					   runs->value, runs->value_at,
					   slots[i].definition.interval);
	}
	pfree(slots);
}

static void
put_point(FunctionCallInfo fcinfo, const HealPoint *point)
{
	HealRow row = {0};

	heal_row_time(&row, point->at);
	heal_row_float8(&row, point->value);
	if (point->resolution == 0)
		heal_row_null(&row);
	else
		heal_row_interval(&row, point->resolution);
	heal_row_float8(&row, point->least);
	heal_row_float8(&row, point->greatest);
	heal_row_int4(&row, point->samples);
	heal_row_emit(fcinfo, &row);
}

/* "a", "b", "c": the names most like this one, most alike first */
static char *
close_names(const char *name)
{
	StringInfoData text;
	bool used[HEAL_METRICS] = {0};

	initStringInfo(&text);
	for (int n = 0; n < SUGGESTIONS; n++)
	{
		int best = -1;
		int least = 0;

		for (int i = 0; i < HEAL_METRICS; i++)
		{
			int distance;

			if (used[i] || !heal_metric_exists(i))
				continue;
			distance = unlikeness(name, heal_metrics[i].name);
			if (best < 0 || distance < least)
			{
				best = i;
				least = distance;
			}
		}
		used[best] = true;
		appendStringInfo(&text, "%s\"%s\"", n > 0 ? ", " : "",
						 heal_metrics[best].name);
	}
	return text.data;
}

/* Edits between two names; one that contains the other counts as nearly the same. */
static int
unlikeness(const char *name, const char *other)
{
	int length = strlen(name);

	if (length > 0 && strstr(other, name) != NULL)
		return 1;
	/* long arguments are slow to compare, and unlike every name of ours */
	if (length > NAMEDATALEN)
		length = pg_mbcliplen(name, length, NAMEDATALEN);
	return varstr_levenshtein(name, length, other, strlen(other), 1, 1, 1,
							  true);
}
