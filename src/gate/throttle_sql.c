/*
 * throttle_sql.c
 *		Throttles in SQL: put in force, lift, show.
 *
 * At once, whatever becomes of the transaction, like stop() and pause(): they are for an
 * emergency, and lifting one is for the emergency it may have made.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "db/owner.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "gate/throttle_area.h"
#include "gate/throttle_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"

PG_FUNCTION_INFO_V1(selfheal_throttle);
PG_FUNCTION_INFO_V1(selfheal_quarantine);
PG_FUNCTION_INFO_V1(selfheal_delay_logins);
PG_FUNCTION_INFO_V1(selfheal_unthrottle);
PG_FUNCTION_INFO_V1(selfheal_read_throttles);

/* The names of a scope, for its words. */
typedef struct Names
{
	const char *role;
	const char *database;
	const char *address;
} Names;

static const char *
caller(void)
{
	return GetUserNameFromId(GetSessionUserId(), false);
}

static void
bad_argument(const char *message, const char *hint)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("%s", message), errhint("%s", hint));
}

static void
require_ledger(void)
{
	const char *problem;

	heal_shmem_require();
	if (!heal_ledger_ready(&problem))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal has no usable journal"), errdetail("%s.", problem),
			errhint(
				"It does nothing in this state. Repair that and restart the server."));
}

/*
 * Arguments
 */

/* Microseconds; months and days as the calendar has them on average. */
static double
interval_argument(FunctionCallInfo fcinfo, int argument, const char *what)
{
	Interval *interval;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("%s must not be null", what));
	interval = PG_GETARG_INTERVAL_P(argument);
	return interval->time +
		   (interval->day + interval->month * 30.0) * (double) HEAL_DAY;
}

static void
role_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule,
			  Names *names)
{
	if (PG_ARGISNULL(argument))
		return;
	names->role = NameStr(*PG_GETARG_NAME(argument));
	rule->scope.role = get_role_oid(names->role, false);
	if (heal_throttle_exempts(rule->scope.role, "", ""))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("role \"%s\" is never throttled", names->role),
				errdetail("Superusers, members of selfheal_admin and "
						  "selfheal_operator, reserved roles and whatever "
						  "selfheal.protected_sessions names are exempt."));
}

static void
database_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule,
				  Names *names)
{
	if (PG_ARGISNULL(argument))
		return;
	names->database = NameStr(*PG_GETARG_NAME(argument));
	rule->scope.database = get_database_oid(names->database, false);
}

static void
application_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule)
{
	char *application;

	if (PG_ARGISNULL(argument))
		return;
	application = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (application[0] == '\0' || strlen(application) >= NAMEDATALEN)
		bad_argument("an application name has 1 to 63 bytes",
					 "A trailing * stands for any ending.");
	strlcpy(rule->scope.application, application,
			sizeof(rule->scope.application));
}

static void
address_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule,
				 Names *names)
{
	if (PG_ARGISNULL(argument))
		return;
	names->address = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (strlen(names->address) >= HEAL_NAME_SIZE ||
		!heal_network_parse(names->address, &rule->scope.network))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is no address", names->address),
				errhint("Use an address such as 10.0.0.7, a network such as "
						"10.0.0.0/8, or [local] for sockets."));
}

static void
query_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule)
{
	if (PG_ARGISNULL(argument))
		return;
	rule->scope.query = (uint64) PG_GETARG_INT64(argument);
	if (rule->scope.query == 0)
		bad_argument("no query has the id 0",
					 "See selfheal.top_queries and pg_stat_activity.");
}

/* The five that statements can be told apart by. */
static void
scope_arguments(FunctionCallInfo fcinfo, HealThrottle *rule, Names *names)
{
	role_argument(fcinfo, 0, rule, names);
	database_argument(fcinfo, 1, rule, names);
	application_argument(fcinfo, 2, rule);
	address_argument(fcinfo, 3, rule, names);
	query_argument(fcinfo, 4, rule);
}

static void
order_arguments(FunctionCallInfo fcinfo, int duration, int reason,
				HealThrottle *rule)
{
	double length =
		interval_argument(fcinfo, duration, "the duration of a throttle");

	if (length < HEAL_SECOND || length > HEAL_THROTTLE_LONGEST)
		bad_argument("a throttle lasts between a second and 24 hours",
					 "What is needed for longer is a case for ALTER ROLE, "
					 "pg_hba.conf or the application.");
	rule->since = GetCurrentTimestamp();
	rule->until = rule->since + (HealTime) length;
	strlcpy(rule->by, caller(), sizeof(rule->by));
	if (!PG_ARGISNULL(reason))
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(reason), rule->reason,
							   sizeof(rule->reason));
	if (rule->reason[0] == '\0')
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("a reason must be given"),
				errhint("It is shown to those who are slowed."));
}

static void
overflow_argument(FunctionCallInfo fcinfo, int argument, HealThrottle *rule)
{
	char *overflow = PG_ARGISNULL(argument)
						 ? ""
						 : text_to_cstring(PG_GETARG_TEXT_PP(argument));

	rule->refuse = strcmp(overflow, "refuse") == 0;
	if (!rule->refuse && strcmp(overflow, "let through") != 0)
		bad_argument(
			"overflow is \"let through\" or \"refuse\"",
			"It is what becomes of a statement that has waited as long "
			"as it may, or of a login that finds no place to wait.");
}

/* Exactly one of the two. */
static void
limit_arguments(FunctionCallInfo fcinfo, HealThrottle *rule)
{
	if (PG_ARGISNULL(5) == PG_ARGISNULL(6))
		bad_argument("give either slots or per_second",
					 "slots is how many statements may run at a time, "
					 "per_second how many may begin in a second; to let none "
					 "run use selfheal.quarantine().");
	if (!PG_ARGISNULL(5))
	{
		rule->kind = HEAL_THROTTLE_SLOTS;
		rule->limit = PG_GETARG_INT32(5);
	}
	else
	{
		rule->kind = HEAL_THROTTLE_RATE;
		rule->limit = PG_GETARG_FLOAT8(6);
	}
}

/*
 * Into force
 */

/* Whoever called for it could not lift it any more. */
static void
refuse_own_session(const HealThrottle *rule)
{
	HealVisitor visitor = {
		.role = GetSessionUserId(),
		.database = MyDatabaseId,
		.query = rule->scope.query,
		.application = application_name ? application_name : "",
		.network = heal_throttle_address(MyProcPort),
	};

	if (rule->scope.query == 0 && heal_scope_matches(&rule->scope, &visitor) &&
		!heal_throttle_exempts(visitor.role,
							   get_database_name(visitor.database),
							   visitor.application))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("this throttle would hold up your own session"),
				errhint("Members of selfheal_admin and selfheal_operator are "
						"exempt; name a narrower scope, or become one."));
}

static void
report_problem(HealThrottleProblem problem)
{
	switch (problem)
	{
		case HEAL_THROTTLE_FINE:
			break;
		case HEAL_THROTTLE_NO_SCOPE:
			bad_argument("a throttle of everybody is refused",
						 "Name a role, a database, an application, an address "
						 "or a query id.");
			break;
		case HEAL_THROTTLE_BAD_LIMIT:
			bad_argument("the limit of the throttle is out of bounds",
						 "There may be 1 to 10000 slots, 0.1 to 1000000 "
						 "statements per second, and 1 ms to 10 s of delay.");
			break;
		case HEAL_THROTTLE_TABLE_FULL:
			ereport(ERROR, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					errmsg("there are %d throttles already", HEAL_THROTTLES),
					errhint("See selfheal.throttles, and lift one with "
							"selfheal.unthrottle()."));
			break;
		default:
			elog(ERROR, "unexpected problem %d of a throttle", (int) problem);
	}
}

static void
record(const char *kind, const HealThrottle *rule, const char *reason)
{
	char subject[HEAL_NAME_SIZE];
	char *message = psprintf("%s: %s", heal_throttle_sentence(rule), reason);

	snprintf(subject, sizeof(subject), "throttle %lld", (long long) rule->id);
	heal_event_audit(kind, caller(), subject, message);
	ereport(LOG, errmsg("%s %s by %s: %s", subject, kind, caller(), message));
}

static int64
put_in_force(HealThrottle *rule, const Names *names)
{
	heal_refuse_restricted();
	heal_scope_words(&rule->scope, names->role, names->database, names->address,
					 rule->scope_text, sizeof(rule->scope_text));
	refuse_own_session(rule);
	report_problem(heal_throttle_add(rule));
	record("throttled", rule, rule->reason);
	if (!heal_throttle_applies())
		ereport(WARNING, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the throttle has no effect now"),
				errdetail("selfheal.enabled or selfheal.gate is off."));
	return rule->id;
}

/* throttle(role, database, application, address, query_id, slots, per_second, ...) */
Datum
selfheal_throttle(PG_FUNCTION_ARGS)
{
	HealThrottle rule = {0};
	Names names = {0};

	require_ledger();
	scope_arguments(fcinfo, &rule, &names);
	limit_arguments(fcinfo, &rule);
	order_arguments(fcinfo, 7, 8, &rule);
	overflow_argument(fcinfo, 9, &rule);
	PG_RETURN_INT64(put_in_force(&rule, &names));
}

/* quarantine(role, database, application, address, query_id, duration, reason) */
Datum
selfheal_quarantine(PG_FUNCTION_ARGS)
{
	HealThrottle rule = {.kind = HEAL_THROTTLE_QUARANTINE, .refuse = true};
	Names names = {0};

	require_ledger();
	scope_arguments(fcinfo, &rule, &names);
	order_arguments(fcinfo, 5, 6, &rule);
	PG_RETURN_INT64(put_in_force(&rule, &names));
}

/* delay_logins(role, address, delay, duration, reason, overflow) */
Datum
selfheal_delay_logins(PG_FUNCTION_ARGS)
{
	HealThrottle rule = {.kind = HEAL_THROTTLE_LOGIN_DELAY};
	Names names = {0};

	require_ledger();
	role_argument(fcinfo, 0, &rule, &names);
	address_argument(fcinfo, 1, &rule, &names);
	rule.limit =
		interval_argument(fcinfo, 2, "the delay of a login") / HEAL_MILLISECOND;
	order_arguments(fcinfo, 3, 4, &rule);
	overflow_argument(fcinfo, 5, &rule);
	PG_RETURN_INT64(put_in_force(&rule, &names));
}

Datum
selfheal_unthrottle(PG_FUNCTION_ARGS)
{
	HealThrottle rule;
	char reason[HEAL_THROTTLE_REASON] = "";

	heal_refuse_restricted();
	require_ledger();
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the id of a throttle must not be null"));
	if (!PG_ARGISNULL(1))
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(1), reason, sizeof(reason));
	if (!heal_throttle_remove(PG_GETARG_INT64(0), &rule))
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no throttle %lld", (long long) PG_GETARG_INT64(0)),
			errhint("selfheal.throttles shows those in force."));
	record("unthrottled", &rule, reason);
	PG_RETURN_VOID();
}

/*
 * Shown
 */

static void
emit(FunctionCallInfo fcinfo, const HealThrottleEffect *effect)
{
	const HealThrottle *rule = &effect->rule;
	bool quarantine = rule->kind == HEAL_THROTTLE_QUARANTINE;
	HealRow row = {0};

	heal_row_int8(&row, rule->id);
	heal_row_text(&row, rule->scope_text);
	heal_row_text(&row, heal_throttle_kind_name(rule->kind));
	heal_row_float8(&row, quarantine ? get_float8_nan() : rule->limit);
	heal_row_text(&row, rule->refuse ? "refuse" : "let through");
	heal_row_time(&row, rule->since);
	heal_row_time(&row, rule->until);
	heal_row_text(&row, rule->by);
	heal_row_text(&row, rule->reason);
	heal_row_int8_or_null(&row, rule->recovery);
	heal_row_int4(&row, effect->waiting);
	heal_row_int4(&row, effect->holding);
	heal_row_int8(&row, effect->delayed);
	heal_row_int8(&row, effect->refused);
	heal_row_int8(&row, effect->let_through);
	heal_row_interval(&row, effect->waited);
	heal_row_interval(&row, effect->longest);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_throttles(PG_FUNCTION_ARGS)
{
	HealThrottleEffect *effect;
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	effect = palloc(sizeof(HealThrottleEffect) * HEAL_THROTTLES);
	count = heal_throttle_copy(effect);
	for (int i = 0; i < count; i++)
		emit(fcinfo, &effect[i]);
	return (Datum) 0;
}
