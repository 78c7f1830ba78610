/*
 * change_setting_pg.c
 *		One setting of the server, a database, a role or a table, changed within the rails.
 *
 * With as few rights as each level can do with:
 *
 *		server				the acting role, which is granted ALTER SYSTEM on the allowed parameters only
 *		database, role		the acting role and the server's own function behind ALTER DATABASE and ALTER
 *							ROLE. It checks the right to the parameter, but not the ownership of the
 *							object: that would take CREATEROLE, or the owner's rights to everything else
 *		a table				the table's owner, restricted, as the server does for maintenance
 *		connection limits	the database's owner, restricted; for a role the first superuser,
 *							restricted, because nobody with less may do it on every version
 *
 * The statement is made here of OIDs, a parameter of the allow-list and a value within its bounds; text
 * that somebody has stored is never carried out.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_db_role_setting.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "db/execute_pg.h"
#include "db/reload.h"
#include "recover/attempt_pg.h"
#include "recover/change_setting_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/parameter.h"

static const struct
{
	const char *name;
	int place; /* HealParameterPlace; 0 = never changed */
} levels[HEAL_LEVELS] = {
	[HEAL_LEVEL_SERVER] = {"server", HEAL_AT_SERVER},
	[HEAL_LEVEL_FILE] = {"file", 0},
	[HEAL_LEVEL_DATABASE] = {"database", HEAL_AT_SESSION},
	[HEAL_LEVEL_ROLE] = {"role", HEAL_AT_SESSION},
	[HEAL_LEVEL_ROLE_IN_DATABASE] = {"role in database", HEAL_AT_SESSION},
	[HEAL_LEVEL_TABLE] = {"table", HEAL_AT_TABLE},
};

const char *
heal_level_name(HealLevel level)
{
	return levels[level].name;
}

HealLevel
heal_level_lookup(const char *name)
{
	int level = 0;

	while (level < HEAL_LEVELS && strcmp(levels[level].name, name) != 0)
		level++;
	return (HealLevel) level;
}

static bool
is_connection_limit(const HealSettingOrder *change)
{
	return (change->level == HEAL_LEVEL_DATABASE ||
			change->level == HEAL_LEVEL_ROLE) &&
		   strcmp(change->parameter, HEAL_CONNECTION_LIMIT) == 0;
}

/* Names */

static char *
database_name(Oid database)
{
	char *name = get_database_name(database);

	return name ? pstrdup(quote_identifier(name)) : NULL;
}

static char *
role_name(Oid role)
{
	char *name;

	if (!OidIsValid(role))
		return pstrdup("ALL");
	name = GetUserNameFromId(role, true);
	return name ? pstrdup(quote_identifier(name)) : NULL;
}

static char *
table_name(Oid table)
{
	char *name = get_rel_name(table);
	char *schema = name ? get_namespace_name(get_rel_namespace(table)) : NULL;

	return schema ? quote_qualified_identifier(schema, name) : NULL;
}

char *
heal_change_object(const HealSettingOrder *change)
{
	char *role;
	char *database;

	switch (change->level)
	{
		case HEAL_LEVEL_DATABASE:
			return database_name(change->database);
		case HEAL_LEVEL_ROLE:
			return role_name(change->object);
		case HEAL_LEVEL_ROLE_IN_DATABASE:
			role = role_name(change->object);
			database = database_name(change->database);
			return role && database
					   ? psprintf("%s in database %s", role, database)
					   : NULL;
		case HEAL_LEVEL_TABLE:
			return table_name(change->object);
		default:
			return pstrdup("");
	}
}

/* Statements */

/* What stands before SET or RESET; NULL when the object is gone or is never changed. */
static char *
alter_object(const HealSettingOrder *change)
{
	char *object = heal_change_object(change);

	if (object == NULL)
		return NULL;
	switch (change->level)
	{
		case HEAL_LEVEL_SERVER:
			return "ALTER SYSTEM";
		case HEAL_LEVEL_DATABASE:
			return psprintf("ALTER DATABASE %s", object);
		case HEAL_LEVEL_ROLE:
			return psprintf("ALTER ROLE %s", object);
		case HEAL_LEVEL_ROLE_IN_DATABASE:
			return psprintf("ALTER ROLE %s IN DATABASE %s",
							role_name(change->object),
							database_name(change->database));
		case HEAL_LEVEL_TABLE:
			return psprintf("ALTER TABLE %s", object);
		default:
			return NULL;
	}
}

/* Of a name that may have dots, as custom settings and options of TOAST tables do. */
static char *
quoted_parameter(const char *parameter)
{
	const char *dot = strchr(parameter, '.');

	if (dot == NULL)
		return pstrdup(quote_identifier(parameter));
	return psprintf("%s.%s",
					quote_identifier(pnstrdup(parameter, dot - parameter)),
					quoted_parameter(dot + 1));
}

char *
heal_change_statement(const HealSettingOrder *change)
{
	char *alter = change->secret ? NULL : alter_object(change);
	char *parameter;

	if (alter == NULL)
		return NULL;
	if (is_connection_limit(change))
		return change->value
				   ? psprintf("%s CONNECTION LIMIT %s", alter, change->value)
				   : NULL;
	parameter = quoted_parameter(change->parameter);
	if (change->level == HEAL_LEVEL_TABLE)
		return change->value ? psprintf("%s SET (%s = %s)", alter, parameter,
										quote_literal_cstr(change->value))
							 : psprintf("%s RESET (%s)", alter, parameter);
	return change->value ? psprintf("%s SET %s = %s", alter, parameter,
									quote_literal_cstr(change->value))
						 : psprintf("%s RESET %s", alter, parameter);
}

/* Rails */

/* The unit a setting is counted in; options of tables have none. */
static int
unit_flags(const char *parameter, HealLevel level)
{
	return level == HEAL_LEVEL_TABLE
			   ? 0
			   : GetConfigOptionFlags(parameter, true) & GUC_UNIT;
}

static const char *
object_to_value(const HealParameter *allowed, const HealSettingOrder *change)
{
	double number;

	if (change->value == NULL)
		return NULL;
	if (allowed->choices != NULL)
		return heal_parameter_allows_word(allowed, change->value)
				   ? NULL
				   : psprintf("selfheal sets it to nothing but: %s",
							  allowed->choices);
	if (!parse_real(change->value, &number,
					unit_flags(change->parameter, change->level), NULL))
		return psprintf("\"%s\" is not a number", change->value);
	return heal_parameter_allows_number(allowed, number)
			   ? NULL
			   : psprintf("%s is outside of the bounds %.15g to %.15g",
						  change->value, allowed->minimum, allowed->maximum);
}

static const char *
object_to_limit(const HealSettingOrder *change)
{
	char *end;
	long limit = change->value ? strtol(change->value, &end, 10) : -2;

	return limit < -1 || limit > PG_INT32_MAX || *end != '\0'
			   ? "that is not a connection limit"
			   : NULL;
}

/* Roles with power over selfheal or the server keep what they have. */
static const char *
object_to_role(Oid role)
{
	if (!OidIsValid(role))
		return NULL;
	if (superuser_arg(role))
		return "it is a superuser's";
	if (role < FirstNormalObjectId)
		return "it is a role of the server itself";
	return NULL;
}

static const char *
object_to_parameter(const HealSettingOrder *change)
{
	const HealParameter *allowed = heal_parameter_find(
		change->parameter, (HealParameterPlace) levels[change->level].place);

	if (allowed == NULL)
		return "selfheal does not change this setting";
	if (change->level != HEAL_LEVEL_TABLE &&
		GetConfigOptionFlags(change->parameter, true) == 0 &&
		GetConfigOption(change->parameter, true, false) == NULL)
		return "this server does not know the setting";
	return object_to_value(allowed, change);
}

bool
heal_alter_system_is_forbidden(void)
{
	const char *allowed = GetConfigOption("allow_alter_system", true, false);

	return allowed != NULL && strcmp(allowed, "off") == 0;
}

const char *
heal_change_objection(const HealSettingOrder *change)
{
	char *object = heal_change_object(change);
	const char *objection = object_to_role(change->object);

	if (object == NULL)
		return "it does not exist any more";
	if (change->name != NULL && strcmp(change->name, object) != 0)
		return psprintf("it is called %s now", object);
	if (change->secret)
		return "it may hold a secret, of which no copy is kept: set it yourself";
	if (levels[change->level].place == 0)
		return "it stands in a file that selfheal does not edit: change it there";
	if (change->level != HEAL_LEVEL_TABLE && objection != NULL)
		return objection;
	if (is_connection_limit(change))
		return object_to_limit(change);
	objection = object_to_parameter(change);
	if (objection != NULL)
		return objection;
	return change->level == HEAL_LEVEL_SERVER &&
				   heal_alter_system_is_forbidden()
			   ? "ALTER SYSTEM is not allowed on this server (allow_alter_system is off)"
			   : NULL;
}

/* Acts */

static void
require_no_objection(const HealSettingOrder *change)
{
	const char *objection = heal_change_objection(change);

	if (objection != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg_internal("%s", objection));
}

/* The part of ALTER DATABASE or ALTER ROLE that says what to set. */
static VariableSetStmt *
parse_setting(const char *statement)
{
	Node *parsed = linitial_node(RawStmt, pg_parse_query(statement))->stmt;

	if (IsA(parsed, AlterDatabaseSetStmt))
		return castNode(AlterDatabaseSetStmt, parsed)->setstmt;
	return castNode(AlterRoleSetStmt, parsed)->setstmt;
}

/* Locked as the server's commands lock it, so that it does not go away meanwhile; then named and changed. */
static void
alter_setting(void *argument)
{
	const HealSettingOrder *change = argument;

	if (OidIsValid(change->database))
		shdepLockAndCheckObject(DatabaseRelationId, change->database);
	if (OidIsValid(change->object))
		shdepLockAndCheckObject(AuthIdRelationId, change->object);
	require_no_objection(change);
	AlterSetting(change->database, change->object,
				 parse_setting(heal_change_statement(change)));
}

static Oid
owner_of(const HealSettingOrder *change)
{
	HeapTuple tuple;
	Oid owner = InvalidOid;

	if (change->level == HEAL_LEVEL_ROLE)
		return BOOTSTRAP_SUPERUSERID;
	if (change->level == HEAL_LEVEL_TABLE)
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(change->object));
	else
		tuple =
			SearchSysCache1(DATABASEOID, ObjectIdGetDatum(change->database));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = change->level == HEAL_LEVEL_TABLE
				? ((Form_pg_class) GETSTRUCT(tuple))->relowner
				: ((Form_pg_database) GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);
	return owner;
}

typedef struct Preparation
{
	const HealSettingOrder *change;
	MemoryContext context; /* of the caller; what is found lives there */
	char *statement;
	Oid role;
} Preparation;

/* The statement and the role for it, looked up right before. */
static void
prepare(void *argument)
{
	Preparation *preparation = argument;
	const HealSettingOrder *change = preparation->change;

	require_no_objection(change);
	preparation->role =
		change->level == HEAL_LEVEL_SERVER ? InvalidOid : owner_of(change);
	preparation->statement = MemoryContextStrdup(preparation->context,
												 heal_change_statement(change));
}

bool
heal_change_apply(const HealSettingOrder *change, int timeout_ms, char *why,
				  size_t size)
{
	HealExecution how = {.statement_timeout_ms = timeout_ms};
	Preparation preparation = {.change = change,
							   .context = CurrentMemoryContext};

	if (levels[change->level].place == HEAL_AT_SESSION &&
		!is_connection_limit(change))
		return heal_execute_call(alter_setting, (void *) change, &how, why,
								 size);
	if (!heal_execute_call(prepare, &preparation, &how, why, size))
		return false;
	how.role = preparation.role;
	return heal_execute_top_level(preparation.statement, &how, why, size);
}

static const char *
not_in_effect(void *argument)
{
	const HealSettingOrder *order = argument;
	MemoryContext context = CurrentMemoryContext;
	const char *reason;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	reason = heal_setting_not_in_effect(order, context);
	SPI_finish();
	PopActiveSnapshot();
	return reason;
}

const char *
heal_change_bring_into_effect(const HealSettingOrder *change)
{
	if (change->level != HEAL_LEVEL_SERVER)
		return NULL;
	if (!heal_reload_server())
		return HEAL_NOT_RELOADED;
	return heal_attempt(not_in_effect, unconstify(HealSettingOrder *, change));
}
