/*
 * action_throttle_pg.c
 *		Slow or refuse, for a while, what a source does.
 *
 * A throttle is a rule in shared memory, so this needs no role, no database and no transaction id, and works on a
 * standby. It ends by itself, also when nobody is left to end it, and a restart of the server lifts it: what is in
 * the record is how long it was to last, and whether it still does is looked up. Each time the same source has to be
 * throttled again it is for twice as long, and after three times within two hours a human decides.
 *
 * Whom it must never slow is looked at in every single statement and login by the gate. Here a source is refused
 * that is mostly made of those.
 */
#include "postgres.h"

#include <math.h>
#include <unistd.h>

#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "decide/plan_pg.h"
#include "detect/failure_proof.h"
#include "gate/throttle_pg.h"
#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/remedy.h"
#include "sample/situation_pg.h"
#include "sample/source_pg.h"

#define FIRST_SECONDS \
	300 /* long enough for a batch to be noticed and stopped */
#define LONGEST_SECONDS 3600
#define RATE 1.0		  /* statements a second, of those who took all */
#define DEADLOCK_RATE 2.0 /* transactions a second: they hardly ever meet */
#define LOGINS 2.5		  /* answered a second */
#define LEAST_DELAY_MS 1000.0

/* What a recovery's change says in words, and back. */

static HealThrottleKind
kind_of(const HealRecovery *recovery)
{
	switch (recovery->remedy)
	{
		case HEAL_REMEDY_SLOW_SOURCE:
			return HEAL_THROTTLE_RATE;
		case HEAL_REMEDY_QUARANTINE_SOURCE:
			return HEAL_THROTTLE_QUARANTINE;
		case HEAL_REMEDY_DELAY_LOGINS:
			return HEAL_THROTTLE_LOGIN_DELAY;
		default:
			return HEAL_THROTTLE_SLOTS;
	}
}

static void
set_limit(HealRecovery *recovery, double limit)
{
	snprintf(recovery->change.after, sizeof(recovery->change.after), "%s %.0f",
			 heal_throttle_kind_name(kind_of(recovery)), limit);
}

static double
limit_of(const HealRecovery *recovery)
{
	const char *number = strrchr(recovery->change.after, ' ');

	return number != NULL ? strtod(number, NULL) : 0;
}

static HealThrottle
rule_of(const HealRecovery *recovery)
{
	const HealSubject *subject = &recovery->subject;
	HealThrottle rule = {
		.recovery = recovery->id,
		.kind = kind_of(recovery),
		/* statements that take long would fill the slots of those let through */
		.refuse = recovery->remedy != HEAL_REMEDY_THROTTLE_SOURCE,
		.limit = limit_of(recovery),
		.scope = {.role = subject->role,
				  .database = subject->database,
				  .query = subject->number},
	};
	HealSource source = heal_subject_source(subject);

	strlcpy(rule.scope.application, subject->name,
			sizeof(rule.scope.application));
	(void) heal_network_parse(subject->schema, &rule.scope.network);
	heal_source_name(&source);
	strlcpy(rule.scope_text, source.words, sizeof(rule.scope_text));
	strlcpy(rule.by, recovery->decided_by, sizeof(rule.by));
	strlcpy(rule.reason, recovery->evidence, sizeof(rule.reason));
	rule.since = GetCurrentTimestamp();
	rule.until = rule.since + recovery->change.number * HEAL_SECOND;
	return rule;
}

/* Statements, as somebody would do the same by hand */

static void
append_argument(StringInfo text, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		appendStringInfo(text, "%s => %s, ", name, quote_literal_cstr(value));
}

static const char *
function_of(HealThrottleKind kind)
{
	switch (kind)
	{
		case HEAL_THROTTLE_QUARANTINE:
			return "quarantine";
		case HEAL_THROTTLE_LOGIN_DELAY:
			return "delay_logins";
		default:
			return "throttle";
	}
}

static const char *
throttle_statement(const HealRecovery *recovery)
{
	const HealSubject *subject = &recovery->subject;
	const HealRole *role = heal_directory_role(subject->role);
	HealThrottleKind kind = kind_of(recovery);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "selfheal.%s(", function_of(kind));
	append_argument(&text, "role", role ? NameStr(role->name) : NULL);
	append_argument(&text, "database",
					heal_directory_database(subject->database));
	append_argument(&text, "application", subject->name);
	append_argument(&text, "address", subject->schema);
	if (subject->number != 0)
		appendStringInfo(&text, "query_id => %lld, ",
						 (long long) subject->number);
	if (kind == HEAL_THROTTLE_SLOTS)
		appendStringInfo(&text, "slots => %.0f, ", limit_of(recovery));
	if (kind == HEAL_THROTTLE_RATE)
		appendStringInfo(&text, "per_second => %g, overflow => 'refuse', ",
						 limit_of(recovery));
	if (kind == HEAL_THROTTLE_LOGIN_DELAY)
		appendStringInfo(&text, "delay => '%.0f ms', overflow => 'refuse', ",
						 limit_of(recovery));
	appendStringInfo(&text, "duration => '%d s')", recovery->change.number);
	return text.data;
}

/* The throttle of this recovery; false when it is not in force any more. */
static bool
find_own(const HealRecovery *recovery, HealThrottleEffect *found)
{
	HealThrottleEffect *effect =
		palloc(sizeof(HealThrottleEffect) * HEAL_THROTTLES);
	bool there =
		recovery->id != 0 && heal_throttle_copy_recovery(recovery->id, effect);

	if (there)
		*found = effect[0];
	pfree(effect);
	return there;
}

static const char *
throttle_undo_statement(const HealRecovery *recovery)
{
	HealThrottleEffect own;

	if (find_own(recovery, &own))
		return psprintf("selfheal.unthrottle(%lld)", (long long) own.rule.id);
	return psprintf(
		"selfheal.unthrottle() of that throttle; by itself after %d s",
		recovery->change.number);
}

static HealChanged
throttle_changed(const HealRecovery *recovery)
{
	HealSource source = heal_subject_source(&recovery->subject);

	heal_source_name(&source);
	return (HealChanged){
		.level = "throttle",
		.name = pstrdup(source.words),
		.parameter = "",
		.after = recovery->change.after,
	};
}

/* Planning */

/* One where they must not meet. Else half of what it runs at a time, and no more than half of the processors could run. */
static double
slots_for(const HealRecovery *recovery, const HealSituation *situation)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	const HealSource *source =
		heal_source_lookup(situation, HEAL_SOURCE_OF_LOAD, &recovery->subject);
	double slots = recovery->kind != HEAL_DEADLOCK_STORM && processors > 0
					   ? (double) (processors / 2)
					   : 1;

	if (source != NULL)
		slots = Min(slots, floor(source->rate / 2));
	return Max(slots, 1);
}

/* So long that those who find a place to wait get fewer answers than are a storm. */
static double
delay_for(void)
{
	double delay = heal_login_places() / LOGINS * 1000;

	return Max(LEAST_DELAY_MS, Min(delay, HEAL_THROTTLE_MOST_DELAY));
}

static void
plan_limit(HealRecovery *recovery, const HealSituation *situation)
{
	switch (kind_of(recovery))
	{
		case HEAL_THROTTLE_SLOTS:
			set_limit(recovery, slots_for(recovery, situation));
			break;
		case HEAL_THROTTLE_RATE:
			set_limit(recovery, recovery->kind == HEAL_DEADLOCK_STORM
									? DEADLOCK_RATE
									: RATE);
			break;
		case HEAL_THROTTLE_LOGIN_DELAY:
			set_limit(recovery, delay_for());
			break;
		default:
			set_limit(recovery, 0);
			break;
	}
}

/* Twice as long each time that it came back. */
static int
seconds_for(const HealRecovery *recovery)
{
	int seconds = FIRST_SECONDS;
	int before =
		heal_ledger_throttled(heal_ledger_copy(), &recovery->subject,
							  GetCurrentTimestamp() - HEAL_COMES_BACK_WITHIN);

	while (before-- > 0 && seconds < LONGEST_SECONDS)
		seconds *= 2;
	return Min(seconds, LONGEST_SECONDS);
}

static void
throttle_plan(HealRecovery *recovery, const HealSituation *situation)
{
	plan_limit(recovery, situation);
	recovery->change.number = seconds_for(recovery);
	recovery->change.kept = 1;
	strlcpy(recovery->change.before, "no throttle",
			sizeof(recovery->change.before));
	heal_plan_name_source(&recovery->subject, recovery->target_role,
						  recovery->target_database,
						  recovery->target_application);
}

/* By hand: "role:batch", "query:123", ... */

static const char *const forms =
	"Give role:NAME, application:NAME, database:NAME, address:ADDRESS or query:ID.";

static void
bad_target(const char *message, const char *target)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg(message, target), errhint("%s", forms));
}

static uint64
parse_query(const char *text)
{
	char *end;
	int64 id;

	errno = 0;
	id = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || id == 0)
		bad_target("\"%s\" is not the id of a query", text);
	return (uint64) id;
}

static void
check_address(const char *text)
{
	HealNetwork network;

	if (strlen(text) >= HEAL_NAME_SIZE || !heal_network_parse(text, &network))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is no address", text),
				errhint("Use an address such as 10.0.0.7, a network such as "
						"10.0.0.0/8, or [local] for sockets."));
}

static void
check_application(const char *text)
{
	if (strlen(text) >= NAMEDATALEN || strcmp(text, "*") == 0)
		bad_target("\"%s\" is not the name of an application", text);
}

static HealSubject
parse_target(const char *target)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SOURCE};
	const char *colon = strchr(target, ':');
	const char *name = colon != NULL ? colon + 1 : "";
	char *kind = pnstrdup(target, colon != NULL ? colon - target : 0);

	if (name[0] == '\0')
		bad_target("\"%s\" names no source of load", target);
	if (strcmp(kind, "role") == 0)
		subject.role = get_role_oid(name, false);
	else if (strcmp(kind, "database") == 0)
		subject.database = get_database_oid(name, false);
	else if (strcmp(kind, "query") == 0)
		subject.number = parse_query(name);
	else if (strcmp(kind, "application") == 0)
	{
		check_application(name);
		strlcpy(subject.name, name, sizeof(subject.name));
	}
	else if (strcmp(kind, "address") == 0)
	{
		check_address(name);
		strlcpy(subject.schema, name, sizeof(subject.schema));
	}
	else
		bad_target("\"%s\" names no source of load", target);
	return subject;
}

static void
check_login_scope(const HealSubject *subject, const char *target)
{
	if (subject->database != 0 || subject->number != 0 ||
		subject->name[0] != '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("logins of \"%s\" cannot be delayed", target),
				errdetail("Of a login only its role and address are known."),
				errhint("Give role:NAME or address:ADDRESS."));
}

/*
 * Of a storm whose victims share neither query nor application, those who would be served again are held up as
 * well. Slots hold statements apart: of transactions that deadlock between their statements only a rate lets fewer
 * meet.
 */
static const char *
throttle_unfit(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSubject *subject = &recovery->subject;

	(void) situation;
	if (recovery->kind != HEAL_DEADLOCK_STORM || subject->number != 0)
		return NULL;
	if (subject->name[0] == '\0')
		return "it would hold up whoever works there, those who suffer as well";
	return kind_of(recovery) == HEAL_THROTTLE_SLOTS
			   ? "it keeps statements apart, and these transactions deadlock between theirs"
			   : NULL;
}

static void
throttle_aim(HealRecovery *recovery, const char *target,
			 const HealSituation *situation)
{
	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"%s\" needs a target",
					   heal_remedies[recovery->remedy].name),
				errhint("%s", forms));
	recovery->subject = parse_target(target);
	if (kind_of(recovery) == HEAL_THROTTLE_LOGIN_DELAY)
		check_login_scope(&recovery->subject, target);
	strlcpy(recovery->component,
			kind_of(recovery) == HEAL_THROTTLE_LOGIN_DELAY ? "sessions"
														   : "statements",
			sizeof(recovery->component));
	throttle_plan(recovery, situation);
}

/* Acting */

static const char *
put_in_force(HealRecovery *recovery)
{
	HealThrottle rule = rule_of(recovery);

	if (!heal_throttle_applies())
		return "selfheal.gate is off, so no throttle would have an effect";
	switch (heal_throttle_add(&rule))
	{
		case HEAL_THROTTLE_FINE:
			return NULL;
		case HEAL_THROTTLE_TABLE_FULL:
			return psprintf(
				"there are %d throttles already; lift one with selfheal.unthrottle(), see selfheal.throttles",
				HEAL_THROTTLES);
		default:
			return psprintf("the throttle is out of bounds: %s",
							throttle_statement(recovery));
	}
}

static HealDone
throttle_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealThrottleEffect own;
	const char *problem;

	if (again && find_own(recovery, &own))
	{
		strlcpy(outcome, "the recoverer before this one has done it", size);
		return HEAL_DONE_TWICE;
	}
	problem = heal_look_objection(recovery, heal_look());
	if (problem == NULL)
		problem = put_in_force(recovery);
	if (problem == NULL)
		snprintf(outcome, size, "in force: %s", throttle_statement(recovery));
	else
		strlcpy(outcome, problem, size);
	return problem == NULL ? HEAL_DONE : HEAL_NOT_DONE;
}

static const char *
throttle_effect(const HealRecovery *recovery)
{
	HealThrottleEffect own;

	if (!heal_throttle_applies())
		return "selfheal.gate is off, so the throttle has no effect";
	return find_own(recovery, &own)
			   ? NULL
			   : "the throttle is no longer in force: somebody lifted it, the "
				 "server was restarted, or its time is over";
}

/* What is not there any more is undone. */
static const char *
throttle_undo(HealRecovery *recovery)
{
	HealThrottleEffect own;

	while (find_own(recovery, &own))
	{
		CHECK_FOR_INTERRUPTS();
		heal_throttle_remove(own.rule.id, NULL);
	}
	return NULL;
}

static const char *
throttle_verified(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSource *source =
		heal_source_lookup(situation, HEAL_SOURCE_OF_LOAD, &recovery->subject);
	HealThrottleEffect own;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, recovery->kind >= 0 ? "healed: " : "done: ");
	if (recovery->kind == HEAL_LOAD_HOG && source != NULL &&
		source->others_now <= HEAL_SERVED * source->others_usual)
		appendStringInfo(&text,
						 "statements of others take %.1f ms, usual are %.1f ms",
						 source->others_now, source->others_usual);
	else if (recovery->kind == HEAL_LOAD_HOG)
		appendStringInfoString(
			&text,
			source != NULL &&
					heal_is_used_up(situation, heal_connection_slots_threshold)
				? "it is hardly at work any more, or others hardly slower than usual"
				: "nothing is used up by it any more");
	else if (recovery->kind == HEAL_LOGIN_STORM)
		appendStringInfoString(&text, "fewer logins fail there");
	else if (recovery->kind == HEAL_DEADLOCK_STORM)
		appendStringInfoString(&text, "there are no more deadlocks of it");
	if (find_own(recovery, &own))
		appendStringInfo(&text, "%sthrottle %lld is in force until %s",
						 recovery->kind >= 0 ? "; " : "",
						 (long long) own.rule.id,
						 timestamptz_to_str(own.rule.until));
	return text.data;
}

const HealAction heal_action_throttle = {
	.statement = throttle_statement,
	.undo_statement = throttle_undo_statement,
	.changed = throttle_changed,
	.plan = throttle_plan,
	.unfit = throttle_unfit,
	.aim = throttle_aim,
	.act = throttle_act,
	.effect = throttle_effect,
	.verified = throttle_verified,
	.undo = throttle_undo,
};
