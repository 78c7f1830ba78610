/*
 * sensitivity_sql.c
 *		How easily metrics alarm, in SQL: look, set, take back.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "detect/sensitivity.h"
#include "history/ledger_pg.h"
#include "recover/argument_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_sensitivity);
PG_FUNCTION_INFO_V1(selfheal_set_sensitivity);
PG_FUNCTION_INFO_V1(selfheal_reset_sensitivity);

static const char *const categories[] = {"performance", "security",
										 "data_quality", "resource"};

/* Looking */

/* said may be NULL: then it is the category's default. */
static void
emit(FunctionCallInfo fcinfo, const char *scope, const char *kind,
	 const HealSensitivity *said)
{
	HealSensitivityLevel level = said ? (HealSensitivityLevel) said->level
									  : heal_sensitivity_default(scope);
	double per_day = said ? said->per_day : heal_sensitivity_rate(level);
	HealRow row = {0};

	heal_row_text(&row, scope);
	heal_row_text(&row, kind);
	heal_row_text(&row, heal_sensitivity_name(level));
	heal_row_float8(&row, per_day);
	heal_row_float8(
		&row, heal_sensitivity_threshold(heal_anomaly_threshold(), per_day));
	heal_row_bool(&row, said == NULL);
	heal_row_text(&row, said ? said->by : NULL);
	heal_row_time(&row, said ? said->at : 0);
	heal_row_text(&row, said ? said->reason : NULL);
	heal_row_emit(fcinfo, &row);
}

/* Every category, and every metric of which somebody has said something. */
Datum
selfheal_read_sensitivity(PG_FUNCTION_ARGS)
{
	HealSaid *said = palloc(sizeof(HealSaid));

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_load();
	heal_ledger_copy_said(said);
	for (int i = 0; i < lengthof(categories); i++)
		emit(fcinfo, categories[i], "category",
			 heal_sensitivity_find(said->sensitivity, categories[i]));
	for (int i = 0; i < HEAL_MAX_SENSITIVITIES; i++)
	{
		const HealSensitivity *one = &said->sensitivity[i];

		if (one->in_force && heal_category_lookup(one->scope) == NULL)
			emit(fcinfo, one->scope,
				 heal_metric_lookup(one->scope) < 0 ? "metric that is gone"
													: "metric",
				 one);
	}
	return (Datum) 0;
}

/* Giving orders */

/* What is in force can be taken back also when its metric is gone. */
static void
read_scope(FunctionCallInfo fcinfo, HealSensitivity *sensitivity)
{
	char categories[HEAL_CATEGORY_LIST_SIZE];

	if (PG_ARGISNULL(0))
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("the scope must not be null"),
			errhint("It is one of the categories %s, or the name of a metric.",
					heal_category_list(categories)));
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(0), sensitivity->scope,
						   sizeof(sensitivity->scope));
}

static void
require_scope(const HealSensitivity *sensitivity)
{
	char categories[HEAL_CATEGORY_LIST_SIZE];

	heal_user_metrics_load();
	if (heal_category_lookup(sensitivity->scope) == NULL &&
		heal_metric_lookup(sensitivity->scope) < 0)
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no category or metric \"%s\"", sensitivity->scope),
			errhint("The categories are %s; selfheal.metrics lists "
					"the metrics.",
					heal_category_list(categories)));
}

static void
read_level(FunctionCallInfo fcinfo, HealSensitivity *sensitivity)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	sensitivity->level = heal_sensitivity_lookup(name);
	if (sensitivity->level < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no sensitivity \"%s\"", name),
				errhint("There are: low, normal, high; or give "
						"false_alarms_per_day."));
	sensitivity->per_day =
		heal_sensitivity_rate((HealSensitivityLevel) sensitivity->level);
}

static void
read_rate(FunctionCallInfo fcinfo, HealSensitivity *sensitivity)
{
	sensitivity->level = HEAL_SENSITIVITY_BY_RATE;
	sensitivity->per_day = PG_GETARG_FLOAT8(2);
	if (!(sensitivity->per_day >= HEAL_LEAST_FALSE_ALARMS &&
		  sensitivity->per_day <= HEAL_MOST_FALSE_ALARMS))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("false_alarms_per_day must be between %g and %g",
					   HEAL_LEAST_FALSE_ALARMS, HEAL_MOST_FALSE_ALARMS),
				errhint("It is the number for one metric: 1 is what \"high\" "
						"means, 0.02 is about \"low\"."));
}

static void
give(HealRequest *request)
{
	HealSensitivity *sensitivity = &request->sensitivity;

	sensitivity->at = GetCurrentTimestamp();
	strlcpy(sensitivity->by, request->by, sizeof(sensitivity->by));
	strlcpy(sensitivity->reason, request->reason, sizeof(sensitivity->reason));
	heal_request_add(request);
}

Datum
selfheal_set_sensitivity(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealSensitivity *sensitivity = &request.sensitivity;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_SENSITIVITY, fcinfo, 3);
	read_scope(fcinfo, sensitivity);
	require_scope(sensitivity);
	if (PG_ARGISNULL(1) == PG_ARGISNULL(2))
		ereport(ERROR,
				errcode(PG_ARGISNULL(1) ? ERRCODE_NULL_VALUE_NOT_ALLOWED
										: ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("give a sensitivity or a number of false alarms per "
					   "day, one of both"),
				errhint("selfheal.reset_sensitivity() takes back what was "
						"said."));
	if (!PG_ARGISNULL(1))
		read_level(fcinfo, sensitivity);
	else
		read_rate(fcinfo, sensitivity);
	sensitivity->in_force = 1;
	give(&request);
	PG_RETURN_TEXT_P(cstring_to_text(
		"the sensitivity is in force when this transaction commits"));
}

Datum
selfheal_reset_sensitivity(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealSensitivity *sensitivity = &request.sensitivity;
	HealSaid *said = palloc(sizeof(HealSaid));
	const HealSensitivity *now;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_SENSITIVITY, fcinfo, 1);
	read_scope(fcinfo, sensitivity);
	heal_ledger_copy_said(said);
	now = heal_sensitivity_find(said->sensitivity, sensitivity->scope);
	if (now == NULL)
	{
		require_scope(sensitivity);
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("nobody has set a sensitivity of \"%s\"",
					   sensitivity->scope),
				errhint("selfheal.sensitivity shows what was set."));
	}
	sensitivity->level = now->level;
	sensitivity->per_day = now->per_day;
	give(&request);
	PG_RETURN_TEXT_P(cstring_to_text(
		"the sensitivity is taken back when this transaction commits"));
}
