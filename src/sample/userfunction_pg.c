/*
 * userfunction_pg.c
 *		The function behind a metric of a user: whether it may be run, and running it.
 *
 * It is somebody's code, and the process that runs it is a superuser's. So it runs as its owner,
 * in the restricted operation in which core runs the functions of indexes and materialized views:
 * it cannot become anybody else. An owner whose rights reach outside the database is refused, as
 * whoever may change the function would have a way to use them at any time, unseen.
 *
 * Who may call the function might learn things by its value, so whoever adds it must have the
 * right to call it, and keep it.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "recover/action_signal_pg.h"
#include "sample/userfunction_pg.h"

static const Oid types[] = {FLOAT8OID, FLOAT4OID, NUMERICOID,
							INT8OID,   INT4OID,	  INT2OID};

static bool
is_number(Oid type)
{
	for (int i = 0; i < lengthof(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

static bool
reaches_outside(Oid role)
{
	static const Oid groups[] = {ROLE_PG_READ_SERVER_FILES,
								 ROLE_PG_WRITE_SERVER_FILES,
								 ROLE_PG_EXECUTE_SERVER_PROGRAM};

	for (int i = 0; i < lengthof(groups); i++)
		if (is_member_of_role_nosuper(role, groups[i]))
			return true;
	return false;
}

const char *
heal_user_owner_problem(Oid owner)
{
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(owner));
	const char *problem = NULL;
	Form_pg_authid role;

	if (!HeapTupleIsValid(tuple))
		return "which does not exist any more";
	role = (Form_pg_authid) GETSTRUCT(tuple);
	if (role->rolsuper)
		problem = "a superuser";
	else if (role->rolcreaterole)
		problem = "which may create roles";
	else if (role->rolreplication)
		problem = "which may replicate";
	else if (role->rolbypassrls)
		problem = "which bypasses row security";
	else if (strncmp(NameStr(role->rolname), "pg_", 3) == 0)
		problem = "a role of the server's own";
	else if (strcmp(NameStr(role->rolname), HEAL_ACTING_ROLE) == 0)
		problem = "the role that acts for selfheal";
	ReleaseSysCache(tuple);
	if (problem == NULL && reaches_outside(owner))
		problem = "which may use files or programs of the server";
	return problem;
}

static const char *
shape_problem(Form_pg_proc function)
{
	if (function->prokind != PROKIND_FUNCTION)
		return "it is a procedure, an aggregate or a window function";
	if (function->proretset)
		return "it returns a set of rows";
	if (!is_number(function->prorettype))
		return "it does not return " HEAL_USER_FUNCTION_TYPES;
	return NULL;
}

const char *
heal_user_right_problem(Oid role, Oid function, Oid schema)
{
	if (heal_database_right(MyDatabaseId, role) != ACLCHECK_OK)
		return "connect to the database";
	if (heal_schema_right(schema, role) != ACLCHECK_OK)
		return "use its schema";
	if (heal_function_right(function, role) != ACLCHECK_OK)
		return "execute it";
	return NULL;
}

static void
judge(HealUserFunction *found, Form_pg_proc function, Oid added_by)
{
	const char *problem = shape_problem(function);

	if (problem != NULL)
	{
		strlcpy(found->problem, problem, sizeof(found->problem));
		return;
	}
	problem = heal_user_owner_problem(function->proowner);
	if (problem != NULL)
	{
		const char *name = GetUserNameFromId(function->proowner, true);

		snprintf(found->problem, sizeof(found->problem),
				 "it runs as its owner, %s, %s", name ? name : "a role",
				 problem);
		return;
	}
	problem = heal_user_right_problem(added_by, function->oid,
									  function->pronamespace);
	if (problem != NULL)
		snprintf(found->problem, sizeof(found->problem),
				 "role %s, who added it, may not %s",
				 GetUserNameFromId(added_by, false), problem);
}

HealUserFunction
heal_user_function_find(const char *schema, const char *name, Oid added_by)
{
	HealUserFunction found = {0};
	Oid namespace = get_namespace_oid(schema, true);
	oidvector *none = buildoidvector(NULL, 0);
	HeapTuple tuple = NULL;

	if (OidIsValid(namespace))
		tuple =
			SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum(name),
							PointerGetDatum(none), ObjectIdGetDatum(namespace));
	if (!HeapTupleIsValid(tuple))
	{
		found.gone = true;
		snprintf(found.problem, sizeof(found.problem),
				 OidIsValid(namespace)
					 ? "there is no function %s.%s without arguments"
					 : "there is no schema %s",
				 schema, name);
		return found;
	}
	found.oid = ((Form_pg_proc) GETSTRUCT(tuple))->oid;
	found.owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	judge(&found, (Form_pg_proc) GETSTRUCT(tuple), added_by);
	ReleaseSysCache(tuple);
	return found;
}

static double
to_double(Datum value, Oid type)
{
	switch (type)
	{
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case NUMERICOID:
			return DatumGetFloat8(
				DirectFunctionCall1(numeric_float8_no_overflow, value));
		case INT8OID:
			return (double) DatumGetInt64(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT2OID:
			return DatumGetInt16(value);
		default:
			ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("it does not return " HEAL_USER_FUNCTION_TYPES));
	}
	return NAN; /* keeps the compiler quiet */
}

static double
value_of_row(void)
{
	bool null;
	Datum value;
	double number;

	if (SPI_processed != 1)
		ereport(ERROR, errcode(ERRCODE_CARDINALITY_VIOLATION),
				errmsg("it returns a set of rows"));
	value =
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
	if (null)
		return NAN;
	number = to_double(value, SPI_gettypeid(SPI_tuptable->tupdesc, 1));
	if (!isfinite(number))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("it returned %s, which is no number",
					   isnan(number) ? "NaN" : "an infinity"));
	return number;
}

double
heal_user_function_call(const char *schema, const char *name, Oid owner)
{
	char *sql = psprintf("SELECT %s.%s()", quote_identifier(schema),
						 quote_identifier(name));
	int settings = NewGUCNestLevel();
	double number;
	Oid user;
	int security;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(owner, security | SECURITY_RESTRICTED_OPERATION);
	SPI_connect();
	if (SPI_execute(sql, true, 2) != SPI_OK_SELECT)
		elog(ERROR, "the function of a metric could not be called");
	number = value_of_row();
	SPI_finish();
	/* whatever it has set is of no concern to the next one */
	AtEOXact_GUC(false, settings);
	SetUserIdAndSecContext(user, security);
	pfree(sql);
	return number;
}
