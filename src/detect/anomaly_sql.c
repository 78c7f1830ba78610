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
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_anomalies);
PG_FUNCTION_INFO_V1(selfheal_read_baselines);
PG_FUNCTION_INFO_V1(selfheal_reset_baselines);
PG_FUNCTION_INFO_V1(selfheal_order_false_positive);
PG_FUNCTION_INFO_V1(selfheal_read_alarm_budget);

/* Columns of baselines that only the server's own metrics have. */
#define JUDGED_COLUMNS 8

static void
put_baseline(FunctionCallInfo fcinfo, int metric, const HealBaseline *baseline,
			 const HealDetection *rule, double newest, HealTime at);

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
state_of_reported(int64 samples)
{
	return samples >= HEAL_REPORTED_MINIMUM
			   ? "ready"
			   : psprintf("learning (%d of %d)", (int) samples,
						  HEAL_REPORTED_MINIMUM);
}

/* A database that is gone has only its number left. */
static void
put_reported(FunctionCallInfo fcinfo, const HealReported *reported,
			 const HealSaid *said)
{
	char *database = get_database_name(reported->database);
	HealRow row = {0};

	heal_row_text(&row, reported->name);
	heal_row_text(&row, state_of_reported(reported->running.samples));
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
	for (int i = 0; i < JUDGED_COLUMNS; i++)
		heal_row_null(&row);
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
	HealBaseline *baseline = palloc(sizeof(HealBaseline));
	HealDetection *rules = palloc(sizeof(HealDetection) * HEAL_METRICS);
	double newest[HEAL_METRICS];
	HealTime at;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_load();
	heal_detection_rules(rules, heal_alarm_record().budget.raised);
	at = heal_sample_newest(newest);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!heal_metric_exists(i))
			continue;
		heal_baseline_copy(i, baseline);
		/* it may be another metric than the one that was learnt, or none yet */
		if (!heal_baseline_fits(baseline, i))
			heal_baseline_init(baseline, i);
		put_baseline(fcinfo, i, baseline, &rules[i], newest[i], at);
	}
	put_reported_ones(fcinfo);
	return (Datum) 0;
}

/* read_alarm_budget() -> one row */
Datum
selfheal_read_alarm_budget(PG_FUNCTION_ARGS)
{
	HealAlarmRecord record;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	record = heal_alarm_record();
	heal_row_float8(&row, HEAL_ALARMS_A_DAY);
	heal_row_float8(&row, record.budget.raised);
	heal_row_int8(&row, record.spells);
	heal_row_int8(&row, record.unconfirmed);
	heal_row_int8(&row, record.marked);
	heal_row_time(&row, record.begun_at);
	heal_row_time(&row, record.ended_at);
	heal_row_int8(&row, record.doubted);
	heal_row_emit(fcinfo, &row);
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
 * distance double precision, reason text): of an anomaly as the caller, selfheal.mark_false_positive(), has found it
 */
Datum
selfheal_order_false_positive(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealFalsePositive *mark = &request.mark;

	heal_argument_require_ledger();
	heal_user_metrics_load();
	request = heal_argument_request(HEAL_REQUEST_FALSE_POSITIVE, fcinfo, 6);
	mark->journal = PG_GETARG_INT64(0);
	mark->anomaly = PG_GETARG_INT64(1);
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(2), mark->metric,
						   sizeof(mark->metric));
	mark->low = PG_GETARG_BOOL(3);
	mark->height = PG_GETARG_FLOAT8(4);
	mark->distance = PG_GETARG_FLOAT8(5);
	heal_request_add(&request);
	PG_RETURN_VOID();
}

/* Where the level alone alarms, in the directions that are bad. */
static void
put_tails(HealRow *row, const HealDetector *detector, HealBadDirection bad,
		  double border)
{
	heal_row_float8(row, heal_detector_quantile(detector, 0.01));
	heal_row_float8(row, heal_detector_quantile(detector, 0.99));
	heal_row_float8(row, bad == HEAL_LOW_IS_BAD
							 ? heal_detector_border(detector, border, false)
							 : NAN);
	heal_row_float8(row, bad == HEAL_HIGH_IS_BAD
							 ? heal_detector_border(detector, border, true)
							 : NAN);
}

static void
put_baseline(FunctionCallInfo fcinfo, int metric, const HealBaseline *baseline,
			 const HealDetection *rule, double newest, HealTime at)
{
	const HealMetric *about = &heal_metrics[metric];
	const HealDetector *detector = &baseline->detector;
	double border = heal_watch_rule(baseline, rule).strong;
	HealSurprise surprise = heal_detector_judge(detector, newest, at);
	char state[64];
	HealRow row = {0};

	heal_detector_describe(detector, state, sizeof(state));
	heal_row_text(&row, about->name);
	heal_row_text(&row, state);
	heal_row_float8(&row, heal_detector_location(detector));
	heal_row_float8(&row, heal_detector_spread(detector));
	heal_row_int8(&row, detector->rows);
	heal_row_text(&row, about->category);
	heal_row_float8(&row, rule->threshold);
	heal_row_float8(
		&row, rule->bar > 0
				  ? heal_detection_bar(rule, heal_detector_spread(detector))
				  : NAN);
	heal_row_null(&row);
	heal_row_null(&row);
	put_tails(&row, detector, about->bad, border);
	heal_row_float8(&row, heal_detector_seasonality(detector));
	heal_row_float8(&row, border);
	heal_row_float8(&row, surprise.score);
	heal_row_text(&row,
				  isnan(surprise.score) ? NULL : heal_view_name(surprise.view));
	heal_row_emit(fcinfo, &row);
}
