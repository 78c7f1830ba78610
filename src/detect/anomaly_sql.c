/*
 * anomaly_sql.c
 *		Anomalies and baselines as SQL rows.
 */
#include "postgres.h"

#include <math.h>

#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "detect/reported_pg.h"
#include "detect/rule_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "sample/sample_sql.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_anomalies);
PG_FUNCTION_INFO_V1(selfheal_read_baselines);
PG_FUNCTION_INFO_V1(selfheal_reset_baselines);
PG_FUNCTION_INFO_V1(selfheal_order_false_positive);

static void
put_baseline(FunctionCallInfo fcinfo, const HealMetric *metric,
			 const HealBaseline *baseline, const HealDetection *rule);

/* read_anomalies() -> the open ones and those closed lately */
Datum
selfheal_read_anomalies(PG_FUNCTION_ARGS)
{
	HealPastAnomaly *anomalies =
		palloc(sizeof(HealPastAnomaly) * HEAL_MAX_ANOMALIES);
	HealRow row = {0};
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_load();
	count = heal_anomaly_copy(anomalies);
	for (int i = 0; i < count; i++)
	{
		heal_anomaly_row(&row, heal_journal_id(), &anomalies[i]);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

static const char *
state_of(int64 samples)
{
	return samples >= HEAL_BASELINE_MINIMUM
			   ? "ready"
			   : psprintf("learning (%d of %d)", (int) samples,
						  HEAL_BASELINE_MINIMUM);
}

/* A database that is gone has only its number left. */
static void
put_reported(FunctionCallInfo fcinfo, const HealReported *reported,
			 const HealSaid *said)
{
	char *database = get_database_name(reported->database);
	HealRow row = {0};

	heal_row_text(&row, reported->name);
	heal_row_text(&row, state_of(reported->running.samples));
	heal_row_float8(&row, reported->running.mean);
	heal_row_float8(&row,
					heal_reported_deviation(reported, reported->running.mean));
	heal_row_int8(&row, reported->running.samples);
	heal_row_text(&row, reported->category);
	heal_row_float8(&row,
					heal_sensitivity_threshold(
						heal_anomaly_threshold(),
						heal_sensitivity_per_day(said->sensitivity,
												 reported->category, NULL)));
	heal_row_null(&row);
	heal_row_text(&row,
				  database ? database : psprintf("%u", reported->database));
	heal_row_time(&row, reported->used_at);
	heal_row_emit(fcinfo, &row);
}

static void
put_reported_ones(FunctionCallInfo fcinfo)
{
	HealReported *reported =
		palloc(sizeof(HealReported) * HEAL_REPORTED_METRICS);
	HealSaid *said = palloc(sizeof(HealSaid));
	int count = heal_reported_copy(reported);

	heal_ledger_copy_said(said);
	for (int i = 0; i < count; i++)
		put_reported(fcinfo, &reported[i], said);
}

/* read_baselines() -> one row per metric, and per reported one */
Datum
selfheal_read_baselines(PG_FUNCTION_ARGS)
{
	HealBaseline *baselines = palloc(sizeof(HealBaseline) * HEAL_METRICS);
	HealDetection *rules = palloc(sizeof(HealDetection) * HEAL_METRICS);

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_load();
	heal_baseline_copy(baselines);
	heal_detection_rules(rules);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i))
			put_baseline(fcinfo, &heal_metrics[i], &baselines[i], &rules[i]);
	put_reported_ones(fcinfo);
	return (Datum) 0;
}

/* Not every slot for users' metrics is in use. */
static int
metrics_there(const char *category)
{
	int count = 0;

	for (int i = 0; i < HEAL_METRICS; i++)
		count += heal_metric_exists(i) &&
				 (category == NULL ||
				  strcmp(heal_metrics[i].category, category) == 0);
	return count;
}

/*
 * Returns how many there are of this name: one of the server's, those that are reported here, or both.
 * Which they are goes into the request.
 */
static int
aim(HealRequest *request, const char *name)
{
	int metric = heal_metric_lookup(name);
	int reported = heal_reported_reset(MyDatabaseId, NULL, name, false);

	if (metric < 0 && reported == 0)
		(void) heal_metric_require(name); /* says which there are */
	request->metric = metric < 0 ? HEAL_METRICS : metric;
	request->database = MyDatabaseId;
	strlcpy(request->subject, name, sizeof(request->subject));
	return reported + (metric >= 0);
}

/* reset_baselines(scope text) -> how many are reset at commit; NULL = all */
Datum
selfheal_reset_baselines(PG_FUNCTION_ARGS)
{
	HealRequest request = {.kind = HEAL_REQUEST_RESET_BASELINES, .metric = -1};
	char *scope =
		PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	int count;

	heal_shmem_require();
	heal_user_metrics_load();
	if (scope != NULL)
		request.category = heal_category_lookup(scope);
	if (scope == NULL || request.category != NULL)
		count = metrics_there(request.category) +
				heal_reported_reset(InvalidOid, request.category, NULL, false);
	else
		count = aim(&request, scope);
	strlcpy(request.by, GetUserNameFromId(GetSessionUserId(), false),
			sizeof(request.by));
	heal_request_add(&request);
	PG_RETURN_INT32(count);
}

/*
 * order_false_positive(journal bigint, id bigint, metric text, low boolean, height double precision,
 * reason text): of an anomaly as the caller, selfheal.mark_false_positive(), has found it
 */
Datum
selfheal_order_false_positive(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealFalsePositive *mark = &request.mark;

	heal_argument_require_ledger();
	heal_user_metrics_load();
	request = heal_argument_request(HEAL_REQUEST_FALSE_POSITIVE, fcinfo, 5);
	mark->journal = PG_GETARG_INT64(0);
	mark->anomaly = PG_GETARG_INT64(1);
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(2), mark->metric,
						   sizeof(mark->metric));
	mark->low = PG_GETARG_BOOL(3);
	mark->height = PG_GETARG_FLOAT8(4);
	heal_request_add(&request);
	PG_RETURN_VOID();
}

static void
put_baseline(FunctionCallInfo fcinfo, const HealMetric *metric,
			 const HealBaseline *baseline, const HealDetection *rule)
{
	int64 samples = baseline->running.samples;
	HealRow row = {0};

	heal_row_text(&row, metric->name);
	heal_row_text(&row, state_of(samples));
	heal_row_float8(&row, heal_baseline_mean(baseline));
	heal_row_float8(&row, heal_baseline_deviation(baseline, metric->unit));
	heal_row_int8(&row, samples);
	heal_row_text(&row, metric->category);
	heal_row_float8(&row, rule->threshold);
	heal_row_float8(&row, rule->bar > 0 ? rule->bar : NAN);
	heal_row_null(&row);
	heal_row_null(&row);
	heal_row_emit(fcinfo, &row);
}
