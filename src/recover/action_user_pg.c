/*
 * action_user_pg.c
 *		Run the function of a remedy that a user has added.
 *
 * What it says about itself is on record and believed by nobody: whether it helped is judged by the failure's own
 * condition, and by the remedy's verify function on top. It is run once: a function that was ended half way may
 * not be one that can be begun again.
 */
#include "postgres.h"

#include "catalog/index.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "db/clock.h"
#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/relation_pg.h"
#include "recover/remedyfunction_pg.h"
#include "recover/userremedy_pg.h"

#define VERIFY_EVERY_US (500 * HEAL_MILLISECOND)

static const char *const removed =
	"the remedy was removed, or is not the one that was decided on";

static const char *
user_statement(const HealRecovery *recovery)
{
	const HealUserRemedy *remedy = heal_user_remedy_of(recovery);

	if (remedy == NULL)
		return removed;
	return psprintf("%s, for %lld ms at most",
					heal_remedy_call_text(remedy, HEAL_USER_ACT, recovery),
					(long long) (remedy->time_limit / HEAL_MILLISECOND));
}

static const char *
user_undo_statement(const HealRecovery *recovery)
{
	const HealUserRemedy *remedy = heal_user_remedy_of(recovery);

	if (remedy == NULL)
		return removed;
	if (!heal_user_remedy_has(remedy, HEAL_USER_UNDO))
		return heal_remedies[recovery->remedy].undo;
	return heal_remedy_call_text(remedy, HEAL_USER_UNDO, recovery);
}

static void
user_plan(HealRecovery *recovery, const HealSituation *situation)
{
	heal_user_remedies_load();
	heal_user_remedy_plan(
		recovery,
		&heal_user_remedies()[recovery->remedy - HEAL_FIRST_USER_REMEDY]);
}

/* By hand */

static void
aim_at_failure(HealRecovery *recovery, const char *target,
			   const HealUserRemedy *remedy)
{
	int64 id = strtoll(target, NULL, 10);
	const HealFailure *failure = heal_ledger_failure(heal_ledger_copy(), id);

	if (failure == NULL || failure->status == HEAL_FAILURE_CLOSED)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no open failure %s", target),
				errhint("selfheal.failures shows those that are open."));
	if ((remedy->treats & (UINT64CONST(1) << failure->kind)) == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("remedy \"%s\" does not treat failure %s", remedy->name,
					   target),
				errdetail("That is a %s.", heal_failures[failure->kind].name),
				errhint("selfheal.remedies shows what each one treats."));
	recovery->failure = failure->id;
	recovery->kind = failure->kind;
	recovery->subject = failure->subject;
	strlcpy(recovery->component, heal_failures[failure->kind].component,
			sizeof(recovery->component));
}

/* The number of an open failure, or what the function makes something of; or nothing. */
static void
user_aim(HealRecovery *recovery, const char *target,
		 const HealSituation *situation)
{
	const HealUserRemedy *remedy;

	user_plan(recovery, situation);
	remedy = heal_user_remedy_of(recovery);
	if (remedy == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("the remedy has just been removed"));
	strlcpy(recovery->component, "user", sizeof(recovery->component));
	if (target == NULL || target[0] == '\0')
		return;
	if (strspn(target, "0123456789") == strlen(target))
	{
		aim_at_failure(recovery, target, remedy);
		return;
	}
	if (strlen(target) >= sizeof(recovery->subject.name))
		ereport(ERROR, errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("the target is too long"),
				errdetail("It may have %d bytes.",
						  (int) sizeof(recovery->subject.name) - 1));
	strlcpy(recovery->subject.name, target, sizeof(recovery->subject.name));
}

/* Before the act */

typedef struct Check
{
	HealRecovery *recovery;
	const HealUserRemedy *remedy;
} Check;

/* The last look, right before it is run and checked once more. */
static const char *
objection(void *argument)
{
	const Check *check = argument;
	HealRemedyFunctions found;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	found = heal_remedy_functions_check(check->remedy);
	SPI_finish();
	PopActiveSnapshot();
	if (found.problem[0] != '\0')
		return pstrdup(found.problem);
	return NULL;
}

/* One that may not be run is as one that was tried: the next rung is next. */
static const char *
user_keep(HealRecovery *recovery)
{
	Check check = {recovery, heal_user_remedy_of(recovery)};
	const char *problem =
		check.remedy != NULL ? heal_attempt(objection, &check) : removed;

	if (problem != NULL)
		recovery->change.done = HEAL_TARGET_SKIPPED;
	return problem;
}

/* The act */

static HealDone
user_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	const HealUserRemedy *remedy = heal_user_remedy_of(recovery);
	const char *problem = remedy == NULL ? removed : NULL;
	char said[HEAL_SENTENCE] = "";

	if (again)
	{
		recovery->change.done = HEAL_TARGET_SKIPPED;
		snprintf(
			outcome, size,
			"the process that ran its function was ended, and it is not run again");
		return HEAL_NOT_DONE;
	}
	if (problem != NULL)
		recovery->change.done = HEAL_TARGET_SKIPPED;
	else
		problem = heal_look_objection(recovery, heal_look());
	if (problem != NULL)
	{
		snprintf(outcome, size, "%s", problem);
		return HEAL_NOT_DONE;
	}
	if (!heal_remedy_function_run(remedy, HEAL_USER_ACT, recovery, said,
								  sizeof(said)))
	{
		snprintf(outcome, size, "%s", said);
		return HEAL_BROKEN_OFF;
	}
	if (said[0] != '\0')
		snprintf(outcome, size, "its function says: %s", said);
	else
		snprintf(outcome, size, "its function came to its end");
	return HEAL_DONE;
}

/* Afterwards */

static HealAilmentKind
ailment_of(const HealRecovery *recovery)
{
	if (recovery->kind == HEAL_INVALID_INDEX)
		return HEAL_AILMENT_INDEX;
	if (recovery->kind == HEAL_STALE_STATISTICS)
		return HEAL_AILMENT_STATISTICS;
	return recovery->subject.number >= HEAL_VACUUM_FREEZE
			   ? HEAL_AILMENT_AGE
			   : HEAL_AILMENT_DEAD_ROWS;
}

/* What the picture does not show. */
static const char *
still_ails(void *argument)
{
	const HealRecovery *recovery = argument;
	Oid relation = recovery->subject.relation;
	Oid table = recovery->kind == HEAL_INVALID_INDEX
					? IndexGetRelation(relation, true)
					: relation;

	if (recovery->subject.database != MyDatabaseId)
		return "it cannot be verified from this database";
	return OidIsValid(table) &&
				   heal_relation_ails(ailment_of(recovery), relation, table)
			   ? "the failure still holds"
			   : NULL;
}

static const char *
ask_verify_function(const HealRecovery *recovery, const HealUserRemedy *remedy)
{
	char said[HEAL_SENTENCE] = "";

	if (!heal_remedy_function_run(remedy, HEAL_USER_VERIFY, recovery, said,
								  sizeof(said)))
		return psprintf("its verify function failed: %s", said);
	return strcmp(said, "t") == 0 ? NULL
								  : "its verify function does not say so";
}

/* Twice a second at most: it is asked again and again until the time is over. */
static const char *
verified_lately(const HealRecovery *recovery, const HealUserRemedy *remedy)
{
	static char answer[HEAL_SENTENCE];
	static int64 asked_at = 0;
	int64 now = heal_monotonic_us();

	if (asked_at == 0 || now - asked_at >= VERIFY_EVERY_US)
	{
		const char *missing = ask_verify_function(recovery, remedy);

		strlcpy(answer, missing ? missing : "", sizeof(answer));
		asked_at = heal_monotonic_us();
	}
	return answer[0] != '\0' ? answer : NULL;
}

static const char *
user_effect(const HealRecovery *recovery)
{
	const HealUserRemedy *remedy = heal_user_remedy_of(recovery);
	const char *missing = NULL;

	if (remedy == NULL)
		return removed;
	/* whatever has healed meanwhile, nobody can say that it was this */
	if (recovery->change.done != HEAL_TARGET_SIGNALLED)
		return "its function was ended half way";
	if (recovery->kind >= 0 && !heal_failures[recovery->kind].in_picture)
		missing = heal_attempt(still_ails, (void *) recovery);
	if (missing == NULL && heal_user_remedy_has(remedy, HEAL_USER_VERIFY))
		missing = verified_lately(recovery, remedy);
	return missing;
}

static const char *
user_undo(HealRecovery *recovery)
{
	const HealUserRemedy *remedy = heal_user_remedy_of(recovery);
	static char said[HEAL_SENTENCE];

	if (remedy == NULL)
		return removed;
	if (!heal_user_remedy_has(remedy, HEAL_USER_UNDO))
		return heal_remedies[recovery->remedy].undo;
	return heal_remedy_function_run(remedy, HEAL_USER_UNDO, recovery, said,
									sizeof(said))
			   ? NULL
			   : said;
}

/* From what to what only its own functions know. */
static HealChanged
user_changed(const HealRecovery *recovery)
{
	char *name = palloc(HEAL_NAME_SIZE);

	return (HealChanged){
		.level = "user remedy",
		.name = heal_recovery_remedy_name(recovery, name),
		.parameter = "",
	};
}

const HealAction heal_action_user = {
	.in_database = true,
	.at_home = true,
	.statement = user_statement,
	.undo_statement = user_undo_statement,
	.changed = user_changed,
	.plan = user_plan,
	.aim = user_aim,
	.keep = user_keep,
	.act = user_act,
	.effect = user_effect,
	.undo = user_undo,
};
