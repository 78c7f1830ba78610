/*
 * reported_sql.c
 *		selfheal.detect(): a user's own metrics, judged as they come.
 *
 * The whole object is read and checked before anything is learnt from it, so bad input
 * changes nothing. It needs no table and no transaction id.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "detect/reported_pg.h"
#include "history/ledger_pg.h"
#include "settings.h"

#define MOST_AT_ONCE \
	128 /* a quarter of the table, so that one call cannot empty it */

PG_FUNCTION_INFO_V1(selfheal_detect);

typedef struct Value
{
	char *name;
	double value; /* NaN = missing */
} Value;

static const char *
category_argument(FunctionCallInfo fcinfo)
{
	const char *category;
	char categories[HEAL_CATEGORY_LIST_SIZE];
	char *name;

	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the category must not be null"),
				errhint("There are: %s.", heal_category_list(categories)));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	category = heal_category_lookup(name);
	if (category == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no category \"%s\"", name),
				errhint("There are: %s.", heal_category_list(categories)));
	return category;
}

static Jsonb *
object_argument(FunctionCallInfo fcinfo)
{
	Jsonb *object;

	if (PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the metrics must not be null"),
				errhint("Give an object such as {\"latency_ms\": 12.5}."));
	object = PG_GETARG_JSONB_P(1);
	if (!JB_ROOT_IS_OBJECT(object) || JB_ROOT_COUNT(object) == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the metrics must be an object of names and numbers"),
				errdetail("It is %s.", JB_ROOT_IS_SCALAR(object)
										   ? "a single value"
									   : JB_ROOT_IS_ARRAY(object) ? "an array"
																  : "empty"),
				errhint("Give an object such as {\"latency_ms\": 12.5}."));
	if (JB_ROOT_COUNT(object) > MOST_AT_ONCE)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("there are too many metrics: %d",
					   (int) JB_ROOT_COUNT(object)),
				errdetail("At most %d can be given at once.", MOST_AT_ONCE),
				errhint("Give them in several calls; %d are remembered, those "
						"used last.",
						HEAL_REPORTED_METRICS));
	return object;
}

static char *
name_of(const JsonbValue *key)
{
	int length = key->val.string.len;

	if (length == 0 || length >= HEAL_NAME_SIZE)
		ereport(ERROR, errcode(ERRCODE_INVALID_NAME),
				errmsg("the name of a metric must have 1 to %d bytes",
					   HEAL_NAME_SIZE - 1),
				errdetail("One of %d bytes was given.", length));
	return pnstrdup(key->val.string.val, length);
}

static double
number_of(const char *name, const JsonbValue *value)
{
	double number;

	if (value->type == jbvNull)
		return NAN;
	if (value->type != jbvNumeric)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("metric \"%s\" is not a number", name),
				errdetail("It is %s.", value->type == jbvString ? "a text"
									   : value->type == jbvBool ? "a boolean"
																: "nested"),
				errhint("Leave out what is missing, or give null."));
	number = DatumGetFloat8(DirectFunctionCall1(
		numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	if (!(fabs(number) <= HEAL_REPORTED_MOST))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("metric \"%s\" is out of range", name),
				errdetail("Values are numbers between -%g and %g.",
						  HEAL_REPORTED_MOST, HEAL_REPORTED_MOST));
	return number;
}

/* values: [MOST_AT_ONCE] */
static int
read_values(Jsonb *object, Value *values)
{
	JsonbIterator *iterator = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue item;
	int count = 0;

	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
			values[count].name = name_of(&item);
		else if (token == WJB_VALUE)
		{
			values[count].value = number_of(values[count].name, &item);
			count++;
		}
	}
	return count;
}

static HealDetection
rule_for(const char *category)
{
	HealSaid *said = palloc(sizeof(HealSaid));

	heal_ledger_copy_said(said);
	return (HealDetection){
		.threshold = heal_sensitivity_threshold(
			heal_anomaly_threshold(),
			heal_sensitivity_per_day(said->sensitivity, category, NULL)),
		.min_confidence = heal_min_confidence,
	};
}

static void
emit(FunctionCallInfo fcinfo, const char *category, const char *name,
	 const HealReport *report)
{
	char text[320];
	HealRow row = {0};

	heal_report_describe(report, category, name, text, sizeof(text));
	heal_row_text(&row, name);
	heal_row_text(&row, category);
	heal_row_text(&row, heal_severity_name(report->severity));
	heal_row_float8(&row, report->score);
	heal_row_text(&row, report->method);
	heal_row_text(&row, text);
	heal_row_float8(&row, report->confidence);
	heal_row_float8(&row, report->value);
	heal_row_float8(&row, report->z);
	heal_row_float8(&row, report->mean);
	heal_row_float8(&row, report->deviation);
	heal_row_emit(fcinfo, &row);
}

/* detect(category text, metrics jsonb) -> one row for each metric that is unusual */
Datum
selfheal_detect(PG_FUNCTION_ARGS)
{
	HealReported *before = palloc(sizeof(HealReported));
	Value *values = palloc(sizeof(Value) * MOST_AT_ONCE);
	const char *category;
	HealDetection rule;
	int count;

	heal_shmem_require();
	category = category_argument(fcinfo);
	count = read_values(object_argument(fcinfo), values);
	InitMaterializedSRF(fcinfo, 0);
	rule = rule_for(category);
	for (int i = 0; i < count; i++)
	{
		HealReport report;

		if (isnan(values[i].value))
			continue;
		heal_reported_take(MyDatabaseId, category, values[i].name,
						   values[i].value, &rule, before);
		report = heal_reported_judge(before, values[i].value, &rule);
		if (report.unusual)
			emit(fcinfo, category, values[i].name, &report);
	}
	return (Datum) 0;
}
