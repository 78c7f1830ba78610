/*
 * userremedy_sql.c
 *		Adding and removing remedies of users, and why one would not be run now.
 *
 * The table is nobody's to write but its owner's, so what is asked for is checked with the rights of who asks,
 * and written with those of the owner. The statements name everything by its schema, operators too: the
 * search path is the caller's.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "compat.h"
#include "db/owner.h"
#include "db/query.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "recover/argument_pg.h"
#include "recover/remedyfunction_pg.h"
#include "recover/request_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/usermetric.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_add_remedy);
PG_FUNCTION_INFO_V1(selfheal_remove_remedy);
PG_FUNCTION_INFO_V1(selfheal_read_user_remedies);

/* What is asked for */

static void
take_name(HealUserRemedy *remedy, const char *name)
{
	const char *problem = heal_user_name_problem(name);

	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is no valid name of a remedy", name),
				errdetail("%s", problem),
				errhint("Choose a name such as \"flush_queue\"."));
	for (int i = 0; i < HEAL_REMEDIES; i++)
		if (strcmp(heal_remedies[i].name, name) == 0)
			ereport(ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
					errmsg("there is a remedy \"%s\" of selfheal's own", name),
					errhint("Choose another name."));
	strlcpy(remedy->name, name, sizeof(remedy->name));
}

/* "schema.function", with or without the types of its arguments */
static void
take_function(HealUserFunctionName *to, char *function)
{
	char *bracket = strchr(function, '(');
	List *names = NIL;

	if (bracket != NULL && (strcmp(bracket, HEAL_REMEDY_ARGUMENTS) == 0 ||
							strcmp(bracket, "(bigint,text,jsonb)") == 0))
		*bracket = '\0';
	if (function[0] != '\0' && strpbrk(function, "(),") == NULL)
		names = textToQualifiedNameList(cstring_to_text(function));
	if (list_length(names) != 2)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("\"%s\" does not name a function for a remedy", function),
			errdetail(
				"The functions of a remedy take the number of a recovery, the name of a failure and what it is about: " HEAL_REMEDY_ARGUMENTS
				"."),
			errhint("Name it with its schema, such as 'app.flush_queue'."));
	strlcpy(to->schema, strVal(linitial(names)), HEAL_NAME_SIZE);
	strlcpy(to->name, strVal(lsecond(names)), HEAL_NAME_SIZE);
}

static int
failure_argument(const char *name)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		if (!heal_user_may_treat(kind))
			continue;
		if (strcmp(heal_failures[kind].name, name) == 0)
			return kind;
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
						 heal_failures[kind].name);
	}
	ereport(
		ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
		errmsg("there is no failure \"%s\" that a remedy of a user can treat",
			   name),
		errhint("There are: %s.", names.data));
}

/* None at all: it is there to be asked for by name only. */
static void
take_treats(HealUserRemedy *remedy, ArrayType *array)
{
	Datum *names;
	bool *nulls;
	int count;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("treats must be a list of failures"));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("treats must not hold a null"));
		remedy->treats |= UINT64CONST(1)
						  << failure_argument(TextDatumGetCString(names[i]));
	}
}

static void
take_strategy(HealUserRemedy *remedy, const char *name)
{
	if (!heal_strategy_exists(name))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no strategy \"%s\"", name),
			errhint(
				"Strategies are restart, failover, scale, reconfigure, clear, throttle and monitor."));
	strlcpy(remedy->strategy, name, sizeof(remedy->strategy));
}

static void
take_risk(HealUserRemedy *remedy, const char *name)
{
	remedy->risk = heal_user_risk_lookup(name);
	if (remedy->risk < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no risk \"%s\" of a remedy", name),
			errhint(
				"Risks are low, medium and high; what is high always asks a human, unless it is granted by name."));
}

static HealTime
time_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	const Interval *interval;
	HealTime time;

	if (PG_ARGISNULL(number))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("%s must not be null", what));
	interval = PG_GETARG_INTERVAL_P(number);
	time = interval->month == 0 && interval->day == 0 ? interval->time : -1;
	if (!heal_user_time_is_valid(time))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("%s must be between 100 milliseconds and 5 minutes", what));
	return time;
}

static void
take_description(HealUserRemedy *remedy, FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number))
		snprintf(
			remedy->description, sizeof(remedy->description), "run %s",
			quote_qualified_identifier(remedy->function[HEAL_USER_ACT].schema,
									   remedy->function[HEAL_USER_ACT].name));
	else
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(number), remedy->description,
							   sizeof(remedy->description));
	if (remedy->description[0] == '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("description must not be empty"),
				errhint("Say what it does, such as 'flush the queue'."));
}

/* Inside SPI. */
static void
take_functions(HealUserRemedy *remedy)
{
	HealRemedyFunctions found = heal_remedy_functions_find(remedy, GetUserId());

	if (found.problem[0] != '\0')
		ereport(
			ERROR,
			errcode(found.gone ? ERRCODE_UNDEFINED_FUNCTION
							   : ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("\"%s\" cannot be a remedy", remedy->name),
			errdetail("It is refused because %s.", found.problem),
			errhint(
				"A remedy is a function " HEAL_REMEDY_ARGUMENTS
				" of this database, wherever its failure is, that returns text or void; it runs as its owner, an ordinary role."));
	strlcpy(remedy->owner, found.owner_name, sizeof(remedy->owner));
	strlcpy(remedy->fingerprint, found.fingerprint,
			sizeof(remedy->fingerprint));
}

/* The engine knows what the table of the home database says, and runs what is there. */
static void
require_home(void)
{
	char *here = get_database_name(MyDatabaseId);

	heal_shmem_require();
	if (here == NULL || strcmp(here, heal_database) != 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("remedies of users are kept in database \"%s\"",
				   heal_database),
			errdetail("You are connected to \"%s\".", here ? here : ""),
			errhint(
				"Connect there; selfheal.database says which database it is."));
}

/* The table */

/* A free row; who adds one at the same time waits for us. */
static int
free_row(void)
{
	int row;

	heal_query("LOCK TABLE selfheal.user_remedy IN SHARE ROW EXCLUSIVE MODE", 0,
			   NULL, NULL);
	row = (int) heal_query_int8(
		psprintf(
			"SELECT g::pg_catalog.int8 FROM pg_catalog.generate_series(0, %d) g "
			"WHERE NOT EXISTS (SELECT FROM selfheal.user_remedy r WHERE r.place OPERATOR(pg_catalog.=) g) "
			"ORDER BY g LIMIT 1",
			HEAL_USER_REMEDIES - 1),
		0, NULL, NULL, -1);
	if (row < 0)
		ereport(ERROR, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("there is room for %d remedies of users",
					   HEAL_USER_REMEDIES),
				errhint("Remove one with selfheal.remove_remedy()."));
	return row;
}

static Datum
text_or_null(const char *text, char *null)
{
	*null = text[0] != '\0' ? ' ' : 'n';
	return CStringGetTextDatum(text);
}

static Datum
treats_datum(const HealUserRemedy *remedy)
{
	Datum names[HEAL_FAILURE_KINDS];
	int count = 0;

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		if (remedy->treats & (UINT64CONST(1) << kind))
			names[count++] = CStringGetTextDatum(heal_failures[kind].name);
	return PointerGetDatum(
		construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
insert(int row, HealUserRemedy *remedy)
{
	const HealUserFunctionName *function = remedy->function;
	char nulls[18];
	Oid types[18] = {INT4OID, TEXTOID, TEXTOID,		  TEXTOID, TEXTOID,
					 TEXTOID, TEXTOID, TEXTOID,		  TEXTOID, TEXTOID,
					 TEXTOID, TEXTOID, TEXTOID,		  TEXTOID, TEXTARRAYOID,
					 INT8OID, INT8OID, TIMESTAMPTZOID};
	Datum values[18];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int32GetDatum(row);
	values[1] = CStringGetTextDatum(remedy->name);
	for (int use = 0; use < HEAL_USER_USES; use++)
	{
		values[2 + 2 * use] =
			text_or_null(function[use].schema, &nulls[2 + 2 * use]);
		values[3 + 2 * use] =
			text_or_null(function[use].name, &nulls[3 + 2 * use]);
	}
	values[8] = CStringGetTextDatum(remedy->strategy);
	values[9] = CStringGetTextDatum(remedy->owner);
	values[10] = CStringGetTextDatum(remedy->added_by);
	values[11] = CStringGetTextDatum(remedy->fingerprint);
	values[12] = CStringGetTextDatum(remedy->description);
	values[13] = CStringGetTextDatum(heal_risk_name((HealRisk) remedy->risk));
	values[14] = treats_datum(remedy);
	values[15] = Int64GetDatum(remedy->time_limit);
	values[16] = Int64GetDatum(remedy->verify_within);
	values[17] = TimestampTzGetDatum(remedy->added_at);
	if (heal_query_nulls(
			"INSERT INTO selfheal.user_remedy (place, name, schema_name, function_name, undo_schema_name, "
			"undo_function_name, verify_schema_name, verify_function_name, strategy, owner_name, added_by, fingerprint, "
			"description, risk, treats, time_limit, verify_within, added_at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
			"pg_catalog.make_interval(secs => $16::pg_catalog.float8 OPERATOR(pg_catalog./) 1000000), "
			"pg_catalog.make_interval(secs => $17::pg_catalog.float8 OPERATOR(pg_catalog./) 1000000), $18)",
			lengthof(types), types, values, nulls) == 0)
		ereport(ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("there is a remedy \"%s\" already", remedy->name),
				errhint("Remove it first with selfheal.remove_remedy()."));
}

static void
order(int row, const HealUserRemedy *remedy, const char *kind, const char *name,
	  const char *reason)
{
	HealRequest request = {
		.kind = HEAL_REQUEST_REMEDY,
		.remedy = HEAL_FIRST_USER_REMEDY + row,
		.audit = kind,
	};

	if (remedy != NULL)
	{
		HealUserRemedy *kept =
			MemoryContextAlloc(TopTransactionContext, sizeof(HealUserRemedy));

		*kept = *remedy;
		request.user_remedy = kept;
	}
	strlcpy(request.subject, name, sizeof(request.subject));
	strlcpy(request.by, GetUserNameFromId(GetUserId(), false),
			sizeof(request.by));
	strlcpy(request.reason, reason, sizeof(request.reason));
	heal_request_add(&request);
}

/*
 * add_remedy(name text, function text, treats text[], strategy text, risk text, undo_function text,
 * verify_function text, time_limit interval, verify_within interval, description text)
 */
Datum
selfheal_add_remedy(PG_FUNCTION_ARGS)
{
	HealUserRemedy remedy = {.added_at = GetCurrentTimestamp()};
	HealCaller caller;
	int row;

	require_home();
	take_name(&remedy, heal_argument_text(fcinfo, 0, "name"));
	take_function(&remedy.function[HEAL_USER_ACT],
				  heal_argument_text(fcinfo, 1, "function"));
	if (PG_ARGISNULL(2))
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("treats must not be null"),
			errhint("Give '{}' for a remedy that is only asked for by name."));
	take_treats(&remedy, PG_GETARG_ARRAYTYPE_P(2));
	take_strategy(&remedy, heal_argument_text(fcinfo, 3, "strategy"));
	take_risk(&remedy, heal_argument_text(fcinfo, 4, "risk"));
	if (!PG_ARGISNULL(5))
		take_function(&remedy.function[HEAL_USER_UNDO],
					  heal_argument_text(fcinfo, 5, "undo_function"));
	if (!PG_ARGISNULL(6))
		take_function(&remedy.function[HEAL_USER_VERIFY],
					  heal_argument_text(fcinfo, 6, "verify_function"));
	remedy.time_limit = time_argument(fcinfo, 7, "time_limit");
	remedy.verify_within = time_argument(fcinfo, 8, "verify_within");
	take_description(&remedy, fcinfo, 9);
	strlcpy(remedy.added_by, GetUserNameFromId(GetUserId(), false),
			sizeof(remedy.added_by));

	SPI_connect();
	take_functions(&remedy);
	caller = heal_become_table_owner("user_remedy");
	row = free_row();
	insert(row, &remedy);
	heal_become_caller(caller);
	SPI_finish();
	order(row, &remedy, "remedy_added", remedy.name,
		  psprintf("%s.%s" HEAL_REMEDY_ARGUMENTS " as %s",
				   remedy.function[HEAL_USER_ACT].schema,
				   remedy.function[HEAL_USER_ACT].name, remedy.owner));
	PG_RETURN_VOID();
}

/* remove_remedy(name text) */
Datum
selfheal_remove_remedy(PG_FUNCTION_ARGS)
{
	char *name = heal_argument_text(fcinfo, 0, "name");
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(name)};
	HealCaller caller;
	int row;

	require_home();
	SPI_connect();
	caller = heal_become_table_owner("user_remedy");
	row = (int) heal_query_int8(
		"DELETE FROM selfheal.user_remedy r WHERE r.name OPERATOR(pg_catalog.=) $1 RETURNING r.place::pg_catalog.int8",
		1, types, values, -1);
	heal_become_caller(caller);
	SPI_finish();
	if (row < 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no remedy \"%s\" of a user", name),
				errhint("See selfheal.user_remedies for those there are."));
	order(row, NULL, "remedy_removed", name, "it is not used any more");
	PG_RETURN_VOID();
}

/* read_user_remedies() -> why each would not be run now */
Datum
selfheal_read_user_remedies(PG_FUNCTION_ARGS)
{
	const HealUserRemedy *remedies = heal_user_remedies();

	heal_shmem_require();
	heal_user_remedies_load();
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < HEAL_USER_REMEDIES; i++)
	{
		HealRemedyFunctions found;
		HealRow row = {0};

		if (remedies[i].name[0] == '\0')
			continue;
		SPI_connect();
		found = heal_remedy_functions_check(&remedies[i]);
		SPI_finish();
		heal_row_text(&row, remedies[i].name);
		heal_row_time(&row, remedies[i].added_at);
		heal_row_text(&row, found.problem);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}
