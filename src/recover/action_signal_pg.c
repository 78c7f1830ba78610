/*
 * action_signal_pg.c
 *		Cancel a statement or end a session, with the rights of the acting role only.
 *
 * The role is a member of pg_signal_backend and nothing else, so the server itself refuses to
 * signal a superuser's session, whatever bug or order brought us here.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "decide/plan_pg.h"
#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/action_signal_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "settings.h"

Oid
heal_acting_role(void)
{
	Oid role = get_role_oid(HEAL_ACTING_ROLE, true);

	if (!OidIsValid(role))
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("the acting role \"%s\" does not exist", HEAL_ACTING_ROLE));
	if (superuser_arg(role))
		ereport(
			ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg(
				"the acting role \"%s\" is a superuser, so the server would not hold it back",
				HEAL_ACTING_ROLE));
	return role;
}

void
heal_become_acting_role(void)
{
	Oid role = heal_acting_role();
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(role, context | SECURITY_RESTRICTED_OPERATION);
}

/*
 * With everything looked up that the server will ask for: these look-ups wait for catalog locks, and
 * after the last look nothing may wait.
 */
static void
become_signaller(void)
{
	heal_become_acting_role();
	if (!has_privs_of_role(GetUserId(), ROLE_PG_SIGNAL_BACKEND))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("the acting role \"%s\" may not signal sessions",
					   HEAL_ACTING_ROLE));
}

static bool
send(bool cancel, int pid)
{
	if (cancel)
		return DatumGetBool(
			DirectFunctionCall1(pg_cancel_backend, Int32GetDatum(pid)));
	return DatumGetBool(DirectFunctionCall2(
		pg_terminate_backend, Int32GetDatum(pid), Int64GetDatum(0)));
}

typedef struct Aim
{
	const HealRecovery *recovery;
	const HealTarget *target;
} Aim;

/* The last look: the target is still what it was, the failure still needs it, the rails still allow it. */
static const char *
last_look(const Aim *aim)
{
	const HealRecovery *recovery = aim->recovery;
	const HealTarget *target = aim->target;
	const HealSituation *situation = heal_look_here();
	int found = heal_situation_lookup(situation, target->id);
	const HealSession *session;

	if (found < 0)
		return "it is gone";
	session = &situation->session[found];
	if (session->transaction_start != target->transaction_start)
		return "its transaction is another one by now";
	if (session->protection != HEAL_PROTECTED_NOT)
		return psprintf("it %s", heal_protection_reason(session->protection));
	if (recovery->remedy == HEAL_REMEDY_TERMINATE_IDLE_SESSIONS &&
		(session->state != HEAL_SESSION_IDLE ||
		 session->state_change != target->idle_since))
		return "it is no longer idle, or has been in use since";
	if (!heal_look_is_needed(recovery, situation))
		return "the failure no longer holds at the last look";
	return heal_look_rails(recovery, situation);
}

/*
 * Whatever may have to wait comes before the last look, and nothing but the signal after it.
 */
static const char *
look_and_send(void *argument)
{
	const Aim *aim = argument;
	const char *objection;

	become_signaller();
	objection = last_look(aim);
	if (objection != NULL)
		return objection;
	return send(heal_remedies[aim->recovery->remedy].cancels,
				aim->target->id.pid)
			   ? NULL
			   : "it is gone";
}

/* Returns why it was left alone, or NULL. */
static const char *
act_on(const HealRecovery *recovery, const HealTarget *target)
{
	Aim aim = {recovery, target};

	return heal_attempt(look_and_send, &aim);
}

static HealDone
signal_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	const char *reason = "there was nobody to act on";
	int signalled = 0;

	for (int i = 0; i < recovery->targets; i++)
	{
		HealTarget *target = &recovery->target[i];
		const char *left_alone;

		CHECK_FOR_INTERRUPTS();
		left_alone = act_on(recovery, target);
		if (left_alone == NULL)
			target->state = HEAL_TARGET_SIGNALLED;
		else if (!again) /* else the intent is all that is known */
			target->state = HEAL_TARGET_SKIPPED;
		if (left_alone)
			reason = pstrdup(left_alone);
		else
			signalled++;
	}
	if (signalled > 0)
		snprintf(outcome, size, "attempt %d: %d of %d sessions signalled",
				 recovery->attempt, signalled, recovery->targets);
	else if (recovery->attempt > 1)
		snprintf(outcome, size, "attempt %d: nobody left to signal: %s",
				 recovery->attempt, reason);
	else if (again)
		snprintf(
			outcome, size,
			"the recoverer before this one may have sent the signal; now nobody is left to signal: %s",
			reason);
	else
		snprintf(outcome, size, "%s", reason);
	return signalled > 0 ? HEAL_DONE : HEAL_NOT_DONE;
}

/* "SELECT pg_catalog.pg_terminate_backend(4711)", one for each target. */
static const char *
signal_statement(const HealRecovery *recovery)
{
	const HealRemedy *remedy = &heal_remedies[recovery->remedy];
	StringInfoData text;

	if (recovery->targets == 0)
		return "nothing is called";
	initStringInfo(&text);
	for (int i = 0; i < recovery->targets; i++)
	{
		appendStringInfoString(&text, i ? "; SELECT " : "SELECT ");
		appendStringInfo(&text, remedy->call, recovery->target[i].id.pid);
	}
	return text.data;
}

/* By hand */

static int
session_of_pid(const HealSituation *situation, int pid)
{
	for (int i = 0; i < situation->sessions; i++)
		if (situation->session[i].id.pid == pid)
			return i;
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no session with process id %d", pid),
			errhint("pg_stat_activity shows the sessions there are."));
}

/* "4711" or "4711, 4712" -> indexes of sessions. */
static int
parse_pids(const char *target, const HealSituation *situation, int *sessions)
{
	char *copy = pstrdup(target);
	int count = 0;

	for (char *word = strtok(copy, ","); word != NULL; word = strtok(NULL, ","))
	{
		char *end;
		long pid = strtol(word, &end, 10);

		while (*end == ' ')
			end++;
		if (end == word || *end != '\0' || pid <= 0 || pid > PG_INT32_MAX)
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not a process id", word),
				errhint(
					"The target is the process id of a session, or several separated by commas."));
		if (count == HEAL_MAX_TARGETS)
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("at most %d sessions can be named", HEAL_MAX_TARGETS));
		sessions[count] = session_of_pid(situation, (int) pid);
		for (int i = 0; i < count; i++)
			if (sessions[i] == sessions[count])
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("session %ld is named twice", pid));
		count++;
	}
	if (count == 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("the target \"%s\" names nobody", target),
			errhint(
				"The target is the process id of a session, or several separated by commas."));
	return count;
}

static int
choose_idle_sessions(const HealSituation *situation, int *sessions, int max)
{
	HealFailureLimits limits = heal_plan_limits();
	HealFinding finding = {0};

	limits.connection_slots_threshold = 0;
	if (heal_failures[HEAL_CONNECTION_SLOTS].find(situation, &limits, &finding,
												  1) == 0 ||
		finding.targets == 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no session qualifies as a target"),
			errdetail(
				"None that may be ended has been idle outside a transaction for %d s (selfheal.idle_session_age).",
				heal_idle_session_age));
	memcpy(sessions, finding.target, sizeof(int) * Min(finding.targets, max));
	return Min(finding.targets, max);
}

/* The remedy promises that no transaction is lost. */
static void
check_idle(const HealSituation *situation, const int *sessions, int count)
{
	for (int i = 0; i < count; i++)
	{
		const HealSession *session = &situation->session[sessions[i]];

		if (session->state != HEAL_SESSION_IDLE)
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("session %d is not idle outside a transaction",
					   session->id.pid),
				errdetail("Its state is: %s.",
						  heal_session_state_name(session->state)),
				errhint(
					"\"terminate_blocker\" ends a session whatever it does."));
	}
}

static void
signal_aim(HealRecovery *recovery, const char *target,
		   const HealSituation *situation)
{
	const HealRemedy *remedy = &heal_remedies[recovery->remedy];
	int sessions[HEAL_MAX_TARGETS];
	int count;

	strlcpy(recovery->component, "sessions", sizeof(recovery->component));
	if (target != NULL)
		count = parse_pids(target, situation, sessions);
	else if (recovery->remedy == HEAL_REMEDY_TERMINATE_IDLE_SESSIONS)
		count = choose_idle_sessions(situation, sessions, remedy->max_targets);
	else
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"%s\" needs a target", remedy->name),
				errhint("Give the process id of the session, as text."));
	if (recovery->remedy == HEAL_REMEDY_TERMINATE_IDLE_SESSIONS)
		check_idle(situation, sessions, count);
	else
		recovery->subject =
			heal_subject_of_session(&situation->session[sessions[0]]);
	heal_plan_aim(recovery, situation, sessions, count);
}

const HealAction heal_action_signal = {
	.in_database = true,
	.statement = signal_statement,
	.aim = signal_aim,
	.act = signal_act,
};
