/*
 * usermetric_sql.c
 *		Adding, removing and showing metrics of users.
 *
 * The table is nobody's to write but its owner's, so what is asked for is checked with the rights
 * of who asks, and written with those of the owner. The statements name everything by its schema,
 * operators too: the search path is the caller's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "db/owner.h"
#include "db/query.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "sample/userfunction_pg.h"
#include "sample/usermetric_pg.h"

PG_FUNCTION_INFO_V1(selfheal_add_metric);
PG_FUNCTION_INFO_V1(selfheal_remove_metric);
PG_FUNCTION_INFO_V1(selfheal_user_metrics_changed);
PG_FUNCTION_INFO_V1(selfheal_read_user_metrics);

/* What is asked for */

static void
take_name(char *to, const char *name, const char *what)
{
	const char *problem = heal_user_name_problem(name);

	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is no valid name of a %s", name, what),
				errdetail("%s", problem),
				errhint("Choose a name such as \"orders_waiting\"."));
	strlcpy(to, name, HEAL_NAME_SIZE);
}

static void
take_metric_name(HealUserDefinition *metric, const char *name)
{
	take_name(metric->name, name, "metric");
	if (heal_metric_built_in(name) >= 0)
		ereport(ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("there is a metric \"%s\" of selfheal's own", name),
				errhint("Choose another name."));
}

/* "schema.function", or "schema.function()" */
static void
take_function(HealUserDefinition *metric, char *function)
{
	size_t length = strlen(function);
	List *names = NIL;

	if (length > 2 && strcmp(function + length - 2, "()") == 0)
		function[length - 2] = '\0';
	if (function[0] != '\0' && strpbrk(function, "(),") == NULL)
		names = textToQualifiedNameList(cstring_to_text(function));
	if (list_length(names) != 2)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("\"%s\" does not name a function without arguments",
				   function),
			errdetail("A metric is a function that takes nothing and returns "
					  "a number."),
			errhint(
				"Name it with its schema, such as 'app.orders_waiting()'."));
	strlcpy(metric->schema, strVal(linitial(names)), HEAL_NAME_SIZE);
	strlcpy(metric->function, strVal(lsecond(names)), HEAL_NAME_SIZE);
}

static void
take_unit(HealUserDefinition *metric, const char *unit)
{
	metric->unit = heal_unit_lookup(unit);
	if (metric->unit < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no unit \"%s\"", unit),
			errdetail(
				"Deviations that are too small to matter depend on the unit, so it must be a known one."),
			errhint(
				"Units are count, per second, bytes, bytes per second, seconds, milliseconds, milliseconds per second, share and transactions."));
}

static void
take_category(HealUserDefinition *metric, const char *category)
{
	char categories[HEAL_CATEGORY_LIST_SIZE];

	if (heal_category_lookup(category) == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no category \"%s\"", category),
				errhint("Categories are %s.", heal_category_list(categories)));
	strlcpy(metric->category, category, HEAL_NAME_SIZE);
}

static void
take_direction(HealUserDefinition *metric, const char *direction)
{
	metric->bad = heal_bad_direction_lookup(direction);
	if (metric->bad < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no direction \"%s\"", direction),
			errhint(
				"Directions that are bad are high, low and neither; a metric that is bad in neither is shown and not judged."));
}

static void
take_interval(HealUserDefinition *metric, const Interval *interval)
{
	/* too large a one in months to be counted is too large anyway */
	metric->interval = interval->month == 0 && abs(interval->day) <= 1
						   ? interval->time + interval->day * USECS_PER_DAY
						   : -1;
	if (!heal_user_interval_is_valid(metric->interval))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a metric is sampled every second at most and once a "
					   "day at least"),
				errhint("Say how often to run it, such as '1 minute'."));
}

/* Elsewhere it can be looked at only when it is run. */
static void
check_function(const HealUserDefinition *metric)
{
	HealUserFunction function;

	if (strcmp(metric->database, get_database_name(MyDatabaseId)) != 0)
		return;
	function =
		heal_user_function_find(metric->schema, metric->function, GetUserId());
	if (function.problem[0] == '\0')
		return;
	ereport(
		ERROR,
		errcode(function.gone ? ERRCODE_UNDEFINED_FUNCTION
							  : ERRCODE_INVALID_PARAMETER_VALUE),
		errmsg("function %s.%s() cannot be a metric", metric->schema,
			   metric->function),
		errdetail("It is refused because %s.", function.problem),
		errhint(
			"A metric is a function without arguments that returns one number; it runs as its owner, an ordinary role, in a read-only transaction."));
}

static void
take_database(HealUserDefinition *metric, FunctionCallInfo fcinfo, int number)
{
	char *name;

	if (PG_ARGISNULL(number))
	{
		strlcpy(metric->database, get_database_name(MyDatabaseId),
				HEAL_NAME_SIZE);
		return;
	}
	name = text_to_cstring(PG_GETARG_TEXT_PP(number));
	(void) get_database_oid(name, false);
	strlcpy(metric->database, name, HEAL_NAME_SIZE);
}

/* The table */

static void
check_room(void)
{
	int64 count =
		heal_query_int8("SELECT pg_catalog.count(*) FROM selfheal.user_metric",
						0, NULL, NULL, 0);

	if (count >= HEAL_USER_METRICS)
		ereport(
			ERROR, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			errmsg("there is room for %d metrics of users", HEAL_USER_METRICS),
			errdetail("There are %lld.", (long long) count),
			errhint("Remove one with selfheal.remove_metric()."));
}

static void
insert(const HealUserDefinition *metric)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
				   TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID};
	Datum values[] = {
		CStringGetTextDatum(metric->name),
		CStringGetTextDatum(metric->schema),
		CStringGetTextDatum(metric->function),
		CStringGetTextDatum(metric->database),
		CStringGetTextDatum(heal_unit_name((HealUnit) metric->unit)),
		CStringGetTextDatum(metric->category),
		CStringGetTextDatum(metric->component),
		CStringGetTextDatum(
			heal_bad_direction_name((HealBadDirection) metric->bad)),
		CStringGetTextDatum(metric->added_by),
		Int64GetDatum(metric->interval),
	};

	check_room();
	if (heal_query(
			"INSERT INTO selfheal.user_metric (name, schema_name, function_name, database_name, "
			"unit, category, component, bad_direction, added_by, every, added_at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
			"pg_catalog.make_interval(secs => $10::pg_catalog.float8 OPERATOR(pg_catalog./) 1000000), "
			"pg_catalog.clock_timestamp())",
			lengthof(types), types, values) == 0)
		ereport(ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("there is a metric \"%s\" already", metric->name),
				errhint("Remove it first; what was learnt about it is then "
						"forgotten."));
}

static void
audit(const char *kind, const char *name, const char *reason)
{
	HealRequest request = {.kind = HEAL_REQUEST_METRICS, .audit = kind};

	strlcpy(request.subject, name, sizeof(request.subject));
	strlcpy(request.by, GetUserNameFromId(GetUserId(), false),
			sizeof(request.by));
	strlcpy(request.reason, reason, sizeof(request.reason));
	heal_request_add(&request);
}

/*
 * add_metric(name text, function text, unit text, category text, component text,
 * every interval, bad_direction text, database text)
 */
Datum
selfheal_add_metric(PG_FUNCTION_ARGS)
{
	HealUserDefinition metric = {0};
	HealCaller caller;

	heal_shmem_require();
	take_metric_name(&metric, heal_argument_text(fcinfo, 0, "name"));
	take_function(&metric, heal_argument_text(fcinfo, 1, "function"));
	take_unit(&metric, heal_argument_text(fcinfo, 2, "unit"));
	take_category(&metric, heal_argument_text(fcinfo, 3, "category"));
	take_name(metric.component, heal_argument_text(fcinfo, 4, "component"),
			  "component");
	if (PG_ARGISNULL(5))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("every must not be null"),
				errhint("Say how often to run it, such as '1 minute'."));
	take_interval(&metric, PG_GETARG_INTERVAL_P(5));
	take_direction(&metric, heal_argument_text(fcinfo, 6, "bad_direction"));
	take_database(&metric, fcinfo, 7);
	strlcpy(metric.added_by, GetUserNameFromId(GetUserId(), false),
			sizeof(metric.added_by));
	check_function(&metric);

	SPI_connect();
	caller = heal_become_table_owner("user_metric");
	insert(&metric);
	heal_become_caller(caller);
	SPI_finish();
	audit("metric_added", metric.name,
		  psprintf("%s.%s() in database %s", metric.schema, metric.function,
				   metric.database));
	PG_RETURN_VOID();
}

/* remove_metric(name text) */
Datum
selfheal_remove_metric(PG_FUNCTION_ARGS)
{
	char *name = heal_argument_text(fcinfo, 0, "name");
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(name)};
	HealCaller caller;
	uint64 count;

	heal_shmem_require();
	SPI_connect();
	caller = heal_become_table_owner("user_metric");
	count = heal_query(
		"DELETE FROM selfheal.user_metric m WHERE m.name OPERATOR(pg_catalog.=) $1",
		1, types, values);
	heal_become_caller(caller);
	SPI_finish();
	if (count == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no metric \"%s\" of a user", name),
				errhint("See selfheal.user_metrics for those there are."));
	audit("metric_removed", name, "it is not sampled any more");
	PG_RETURN_VOID();
}

/* After a change of the table, by whatever way it came. */
Datum
selfheal_user_metrics_changed(PG_FUNCTION_ARGS)
{
	HealRequest request = {.kind = HEAL_REQUEST_METRICS};

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("this is called by a trigger only"));
	if (heal_shmem_ready())
		heal_request_add(&request);
	return PointerGetDatum(NULL);
}

/* What is shown */

static void
put_metric(FunctionCallInfo fcinfo, const HealUserSlot *slot)
{
	const HealUserRuns *runs = &slot->runs;
	HealRow row = {0};

	heal_row_text(&row, slot->definition.name);
	heal_row_time(&row, slot->definition.added_at);
	heal_row_text(&row, heal_user_state_name(runs));
	heal_row_float8(&row, runs->value);
	heal_row_time(&row, runs->value_at);
	heal_row_text(&row, runs->error);
	heal_row_time(&row, runs->begun_at);
	heal_row_int8(&row, runs->begun);
	/* one that is being run counts as failed already */
	heal_row_int8(&row, runs->failures - (runs->running ? 1 : 0));
	heal_row_time(&row, runs->due_at);
	heal_row_float8(&row, runs->ended > 0
							  ? (double) runs->took / runs->ended / 1000
							  : get_float8_nan());
	heal_row_emit(fcinfo, &row);
}

/* read_user_metrics() -> those the engine knows */
Datum
selfheal_read_user_metrics(PG_FUNCTION_ARGS)
{
	HealUserSlot *slots = palloc(sizeof(HealUserSlot) * HEAL_USER_METRICS);

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_user_metrics_copy(slots);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (slots[i].state == HEAL_USER_BOUND)
			put_metric(fcinfo, &slots[i]);
	return (Datum) 0;
}
