/*
 * anomaly_sql.c
 *		Anomalies and baselines as SQL rows.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "detect/rule_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "sample/sample_sql.h"
#include "sample/usermetric_pg.h"

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

/* read_baselines() -> one row per metric */
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

/* reset_baselines(scope text) -> how many are reset at commit; NULL = all */
Datum
selfheal_reset_baselines(PG_FUNCTION_ARGS)
{
	HealRequest request = {.kind = HEAL_REQUEST_RESET_BASELINES, .metric = -1};

	heal_shmem_require();
	heal_user_metrics_load();
	if (!PG_ARGISNULL(0))
	{
		char *scope = text_to_cstring(PG_GETARG_TEXT_PP(0));

		request.category = heal_category_lookup(scope);
		if (request.category == NULL)
			request.metric = heal_metric_require(scope);
	}
	strlcpy(request.by, GetUserNameFromId(GetSessionUserId(), false),
			sizeof(request.by));
	heal_request_add(&request);
	PG_RETURN_INT32(request.metric < 0 ? metrics_there(request.category) : 1);
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
	heal_row_text(&row, heal_baseline_ready(baseline)
							? "ready"
							: psprintf("learning (%d of %d)", (int) samples,
									   HEAL_BASELINE_MINIMUM));
	heal_row_float8(&row, heal_baseline_mean(baseline));
	heal_row_float8(&row, heal_baseline_deviation(baseline, metric->unit));
	heal_row_int8(&row, samples);
	heal_row_text(&row, metric->category);
	heal_row_float8(&row, rule->threshold);
	heal_row_float8(&row, rule->bar > 0 ? rule->bar : NAN);
	heal_row_emit(fcinfo, &row);
}
