/*
 * memory_sql.c
 *		What incidents teach, asked for in SQL: new numbers for the causal graph, and which earlier ones are like this one.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cause/learn_pg.h"
#include "cause/memorytable_pg.h"
#include "db/owner.h"
#include "db/query.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "sample/usermetric_pg.h"

PG_FUNCTION_INFO_V1(selfheal_learn_numbers);
PG_FUNCTION_INFO_V1(selfheal_similar_incidents);

#define COMPARED 1000 /* earlier incidents, the newest ones */
#define NAMED 3		  /* metrics that both have moved */

/* learn_numbers(): version, incidents, confirmed, moved, largest */
Datum
selfheal_learn_numbers(PG_FUNCTION_ARGS)
{
	char *by = GetUserNameFromId(GetSessionUserId(), false);
	HealRow row = {0};
	HealLesson lesson;
	HealCaller caller;

	heal_refuse_restricted();
	PreventCommandDuringRecovery("learning about causes");
	if (IsolationUsesXactSnapshot())
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("causes cannot be learned in a transaction that is %s",
				   XactIsoLevel == XACT_SERIALIZABLE ? "serializable"
													 : "repeatable read"),
			errdetail("It would not see what others have learned."),
			errhint("SET TRANSACTION ISOLATION LEVEL READ COMMITTED first."));
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	caller = heal_become_table_owner("causal_version");
	lesson = heal_learn_incidents(by, false);
	heal_become_caller(caller);
	SPI_finish();
	heal_row_int4_or_null(&row, lesson.version);
	heal_row_int4(&row, lesson.incidents);
	heal_row_int4(&row, lesson.confirmed);
	heal_row_int4(&row, lesson.moved);
	heal_row_float8(&row, lesson.largest);
	heal_row_emit(fcinfo, &row);
	return (Datum) 0;
}

/* similar_incidents(failure bigint, most integer) */

typedef struct Earlier
{
	int64 failure;
	HealTime at;
	char symptom[HEAL_NODE_ID];
	char cause[HEAL_NODE_ID];
	char confirmed_by[NAMEDATALEN];
	double distance;
	HealImprint imprint;
} Earlier;

static HealImprint *
read_asked(int64 failure)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(failure)};
	HealImprint *imprint = palloc(sizeof(HealImprint));

	if (heal_query("SELECT i.changes FROM selfheal.incident i WHERE i.id = $1 "
				   "ORDER BY i.at DESC LIMIT 1",
				   1, types, values) == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("nothing is kept of failure %lld", (long long) failure),
				errdetail("What was seen is kept of confirmed failures, from "
						  "a second or two after they were."),
				errhint("selfheal.incidents lists them."));
	heal_column_imprint(imprint, SPI_tuptable->vals[0], 1);
	return imprint;
}

static Earlier *
read_earlier(int64 failure, int *count)
{
	Oid types[] = {INT8OID, INT4OID};
	Datum values[] = {Int64GetDatum(failure), Int32GetDatum(COMPARED)};
	Earlier *earlier;

	heal_query(
		"SELECT i.failure, i.at, i.symptom, i.confirmed, i.confirmed_by, i.changes "
		"FROM selfheal.incidents i WHERE i.failure <> $1 "
		"ORDER BY i.at DESC LIMIT $2",
		2, types, values);
	*count = (int) SPI_processed;
	earlier = palloc0(sizeof(Earlier) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];

		CHECK_FOR_INTERRUPTS();
		earlier[i].failure = heal_column_int8(row, 1);
		earlier[i].at = heal_column_int8(row, 2);
		heal_column_text(earlier[i].symptom, HEAL_NODE_ID, row, 3);
		heal_column_text(earlier[i].cause, HEAL_NODE_ID, row, 4);
		heal_column_text(earlier[i].confirmed_by, NAMEDATALEN, row, 5);
		heal_column_imprint(&earlier[i].imprint, row, 6);
	}
	return earlier;
}

static int
compare(const void *one, const void *other)
{
	double a = ((const Earlier *) one)->distance;
	double b = ((const Earlier *) other)->distance;

	return a < b ? -1 : a > b ? 1 : 0;
}

/* The metrics that speak most for their being alike: "lock_waiters 12 times, load 3 times". */
static char *
in_common(const HealImprint *a, const HealImprint *b)
{
	bool used[HEAL_IMPRINT_METRICS] = {false};
	StringInfoData text;

	initStringInfo(&text);
	for (int n = 0; n < NAMED; n++)
	{
		int best = -1;

		for (int i = 0; i < HEAL_IMPRINT_METRICS; i++)
			if (!used[i] && a->change[i] * b->change[i] > 0.01 &&
				(best < 0 || a->change[i] * b->change[i] >
								 a->change[best] * b->change[best]))
				best = i;
		if (best < 0)
			break;
		used[best] = true;
		appendStringInfo(&text, "%s%s %.3g times", n > 0 ? ", " : "",
						 heal_metrics[best].name, exp(a->change[best]));
	}
	return text.data;
}

static void
tell(FunctionCallInfo fcinfo, const Earlier *earlier, const HealImprint *of)
{
	HealRow row = {0};

	heal_row_int8(&row, earlier->failure);
	heal_row_time(&row, earlier->at);
	heal_row_text(&row, earlier->symptom);
	heal_row_text(&row, earlier->cause);
	heal_row_text(&row, earlier->confirmed_by);
	heal_row_float8(&row, earlier->distance);
	heal_row_text(&row, in_common(of, &earlier->imprint));
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_similar_incidents(PG_FUNCTION_ARGS)
{
	int64 failure = PG_GETARG_INT64(0);
	int most = PG_GETARG_INT32(1);
	HealCaller caller;
	HealImprint *of;
	Earlier *earlier;
	int count, comparable = 0;

	if (most < 1)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("most must be at least 1"),
			errhint(
				"It is how many incidents to show; leave it out for five."));
	InitMaterializedSRF(fcinfo, 0);
	if (heal_shmem_ready())
		heal_user_metrics_load();
	SPI_connect();
	caller = heal_become_table_owner("incident");
	of = read_asked(failure);
	earlier = read_earlier(failure, &count);
	heal_become_caller(caller);
	for (int i = 0; i < count; i++)
	{
		earlier[i].distance = heal_imprint_distance(of, &earlier[i].imprint);
		if (!isnan(earlier[i].distance))
			earlier[comparable++] = earlier[i];
	}
	qsort(earlier, comparable, sizeof(Earlier), compare);
	for (int i = 0; i < comparable && i < most; i++)
		tell(fcinfo, &earlier[i], of);
	SPI_finish();
	return (Datum) 0;
}
