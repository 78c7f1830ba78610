/*
 * predict_sql.c
 *		What is watched, what is predicted, and what became of it, as SQL rows.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "history/ledger_pg.h"
#include "predict/predict_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_resources);
PG_FUNCTION_INFO_V1(selfheal_read_predictions);
PG_FUNCTION_INFO_V1(selfheal_read_prediction_stats);
PG_FUNCTION_INFO_V1(selfheal_read_calibration);

/* resource, subject, component, unit */
static void
put_name(HealRow *row, int kind, const char *subject)
{
	heal_row_text(row, heal_bounded_kinds[kind].name);
	heal_row_text(row, subject);
	heal_row_text(row, heal_bounded_kinds[kind].component);
	heal_row_text(row, heal_bounded_kinds[kind].unit);
}

/* used, capacity, used_share */
static void
put_use(HealRow *row, double used, double limit)
{
	heal_row_float8(row, used);
	heal_row_float8(row, limit);
	heal_row_float8(row, limit > 0 ? used / limit : NAN);
}

static void
put_moment(HealRow *row, const HealBounded *bounded, double rows)
{
	heal_row_time(
		row, heal_bounded_moment(bounded->use.kind, rows, bounded->row_at));
}

static void
put_resource(FunctionCallInfo fcinfo, const HealBounded *bounded)
{
	HealOutlook outlook = heal_forecast_outlook(&bounded->forecast);
	bool known = outlook.rule != HEAL_FORECAST_NONE;
	char evidence[200];
	HealRow row = {0};

	heal_bounded_evidence(bounded->use.kind, &outlook, evidence,
						  sizeof(evidence));
	put_name(&row, bounded->use.kind, bounded->use.subject);
	put_use(&row, bounded->use.used, bounded->use.limit);
	put_moment(&row, bounded, outlook.eta);
	put_moment(&row, bounded, outlook.earliest);
	put_moment(&row, bounded, outlook.latest);
	heal_row_float8(&row, known ? outlook.probability : NAN);
	heal_row_interval(&row, heal_bounded_kinds[bounded->use.kind].row *
								HEAL_FORECAST_HORIZON);
	heal_row_text(&row, heal_forecast_rule_name(outlook.rule));
	heal_row_text(&row, evidence);
	heal_row_bool(&row, bounded->prediction.state == HEAL_PREDICTION_OPEN);
	heal_row_time(&row, bounded->row_at);
	heal_row_emit(fcinfo, &row);
}

/* read_resources() -> everything bounded that is watched */
Datum
selfheal_read_resources(PG_FUNCTION_ARGS)
{
	HealPredictionBook *book;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	book = heal_predict_copy();
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
		if (book->now.bounded[i].taken && book->now.bounded[i].row_at != 0)
			put_resource(fcinfo, &book->now.bounded[i]);
	return (Datum) 0;
}

static void
put_prediction(FunctionCallInfo fcinfo, const HealPrediction *prediction)
{
	char evidence[200];
	HealRow row = {0};

	heal_bounded_evidence(prediction->kind, &prediction->outlook, evidence,
						  sizeof(evidence));
	heal_row_int8(&row, prediction->id);
	put_name(&row, prediction->kind, prediction->subject);
	heal_row_text(&row, heal_prediction_state_name(prediction->state));
	heal_row_time(&row, prediction->opened_at);
	heal_row_time(&row, prediction->ended_at);
	put_use(&row, prediction->used, prediction->limit);
	heal_row_time(&row, prediction->expected);
	heal_row_time(&row, prediction->earliest);
	heal_row_time(&row, prediction->latest);
	heal_row_float8(&row, prediction->probability);
	heal_row_time(&row, prediction->expected_first);
	heal_row_float8(&row, prediction->probability_first);
	heal_row_text(&row, heal_forecast_rule_name(prediction->outlook.rule));
	heal_row_text(&row, evidence);
	heal_row_text(&row, "forecast");
	for (int i = 0; i < 4; i++)
		heal_row_null(&row);
	heal_row_emit(fcinfo, &row);
}

static void
put_foresight(FunctionCallInfo fcinfo, const HealForesight *foresight)
{
	bool of_indicator = heal_foresight_is_of_indicator(foresight);
	char evidence[HEAL_FORESIGHT_EVIDENCE];
	HealRow row = {0};

	if (foresight->id == 0)
		return;
	heal_foresight_evidence(foresight, evidence, sizeof(evidence));
	heal_row_int8(&row, foresight->id);
	heal_row_null(&row); /* resource */
	heal_row_text(&row, foresight->effect_name);
	heal_row_null(&row); /* component, unit */
	heal_row_null(&row);
	heal_row_text(&row, heal_prediction_state_name(
							(HealPredictionState) foresight->state));
	heal_row_time(&row, foresight->opened_at);
	heal_row_time(&row, foresight->ended_at);
	for (int i = 0; i < 3; i++)
		heal_row_null(&row); /* how much is used */
	heal_row_time(&row, foresight->expected);
	heal_row_null(&row); /* earliest, latest */
	heal_row_null(&row);
	heal_row_float8(&row, foresight->probability);
	heal_row_time(&row, foresight->expected_first);
	heal_row_float8(&row, foresight->probability_first);
	heal_row_null(&row); /* rule */
	heal_row_text(&row, evidence);
	heal_row_text(&row, of_indicator ? "indicator" : "cascade");
	heal_row_text(&row, foresight->effect);
	heal_row_text(&row, foresight->cause);
	if (of_indicator)
	{
		heal_row_null(&row); /* failure, journal */
		heal_row_null(&row);
	}
	else
	{
		heal_row_int8(&row, foresight->failure);
		heal_row_int8(&row, (int64) heal_journal_id());
	}
	heal_row_emit(fcinfo, &row);
}

static void
put_foresights(FunctionCallInfo fcinfo, const HealForesightBook *book)
{
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		put_foresight(fcinfo, &book->open[i]);
	for (int i = 0; i < HEAL_PAST_FORESIGHTS; i++)
		put_foresight(fcinfo, &book->past[i]);
	for (int i = 0; i < HEAL_PAST_INDICATORS; i++)
		put_foresight(fcinfo, &book->indicator_past[i]);
}

/* read_predictions() -> those that stand, and the newest of those that ended */
Datum
selfheal_read_predictions(PG_FUNCTION_ARGS)
{
	HealPredictionBook *book;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	book = heal_predict_copy();
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
		if (book->now.bounded[i].taken &&
			book->now.bounded[i].prediction.state == HEAL_PREDICTION_OPEN)
			put_prediction(fcinfo, &book->now.bounded[i].prediction);
	for (uint64 n = 0; n < Min(book->ended, HEAL_PAST_PREDICTIONS); n++)
		put_prediction(fcinfo, &book->past[n]);
	put_foresights(fcinfo, &book->foresights);
	return (Datum) 0;
}

static void
put_stats(FunctionCallInfo fcinfo, const char *name,
		  const HealPredictionStats *stats, HealTime since)
{
	HealRow row = {0};

	heal_row_text(&row, name);
	heal_row_int8(&row, stats->opened);
	heal_row_int8(&row, stats->came_true);
	heal_row_int8(&row, stats->averted);
	heal_row_int8(&row, stats->passed);
	heal_row_int8(&row, stats->gone);
	heal_row_int8(&row, stats->missed);
	if (stats->came_true > 0)
		heal_row_interval(
			&row, (HealTime) (stats->lead / stats->came_true * HEAL_SECOND));
	else
		heal_row_null(&row);
	heal_row_time(&row, since);
	heal_row_emit(fcinfo, &row);
}

/* read_prediction_stats() -> a row per kind of resource, one of what follows from failures, one from indicators */
Datum
selfheal_read_prediction_stats(PG_FUNCTION_ARGS)
{
	HealPredictionBook *book;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	book = heal_predict_copy();
	for (int kind = 0; kind < HEAL_BOUNDED_KINDS; kind++)
		put_stats(fcinfo, heal_bounded_kinds[kind].name, &book->now.stats[kind],
				  book->now.since);
	put_stats(fcinfo, "cascade", &book->foresights.stats, book->now.since);
	put_stats(fcinfo, "indicator", &book->foresights.indicator_stats,
			  book->now.since);
	return (Datum) 0;
}

/* read_calibration() -> a row per tenth of probability */
Datum
selfheal_read_calibration(PG_FUNCTION_ARGS)
{
	HealPredictionBook *book;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	book = heal_predict_copy();
	for (int tenth = 0; tenth < HEAL_SAID; tenth++)
	{
		const HealCalibration *calibration = &book->now.calibration;
		double said = (double) calibration->said[tenth];
		HealRow row = {0};

		heal_row_float8(&row, tenth / (double) HEAL_SAID);
		heal_row_float8(&row, (tenth + 1) / (double) HEAL_SAID);
		heal_row_int8(&row, calibration->said[tenth]);
		heal_row_int8(&row, calibration->came[tenth]);
		heal_row_float8(&row, said > 0 ? calibration->sum[tenth] / said : NAN);
		heal_row_float8(&row, said > 0 ? calibration->came[tenth] / said : NAN);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}
