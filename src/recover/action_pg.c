/*
 * action_pg.c
 *		The kinds of acts, and the one that does nothing.
 */
#include "postgres.h"

#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/remedy.h"

static const HealAction *const actions[HEAL_ACTIONS] = {
	[HEAL_ACTION_WATCH] = &heal_action_watch,
	[HEAL_ACTION_SIGNAL] = &heal_action_signal,
	[HEAL_ACTION_PREPARED] = &heal_action_prepared,
	[HEAL_ACTION_SETTING] = &heal_action_setting,
	[HEAL_ACTION_INDEX] = &heal_action_index,
	[HEAL_ACTION_MAINTAIN] = &heal_action_maintain,
	[HEAL_ACTION_PROCESS] = &heal_action_process,
	[HEAL_ACTION_HAND_OVER] = &heal_action_hand_over,
	[HEAL_ACTION_UNDO] = &heal_action_undo,
	[HEAL_ACTION_THROTTLE] = &heal_action_throttle,
	[HEAL_ACTION_RAISE] = &heal_action_raise,
	[HEAL_ACTION_GIVE_BACK] = &heal_action_give_back,
	[HEAL_ACTION_DEGRADE] = &heal_action_degrade,
	[HEAL_ACTION_RESTORE] = &heal_action_restore,
	[HEAL_ACTION_TABLE_OPTION] = &heal_action_table_option,
	[HEAL_ACTION_BOUND] = &heal_action_bound,
	[HEAL_ACTION_SLOT] = &heal_action_slot,
	[HEAL_ACTION_USER] = &heal_action_user,
	[HEAL_ACTION_RAISE_ROLE] = &heal_action_raise_role,
};

const HealAction *
heal_action_of(const HealRecovery *recovery)
{
	return actions[heal_remedies[recovery->remedy].action];
}

void
heal_action_note(HealRecovery *recovery, HealDone done)
{
	switch (done)
	{
		case HEAL_DONE:
		case HEAL_DONE_TWICE:
			recovery->change.done = HEAL_TARGET_SIGNALLED;
			break;
		case HEAL_BROKEN_OFF:
			recovery->change.done = HEAL_TARGET_SKIPPED;
			break;
		case HEAL_LEFT_ALONE:
			recovery->change.done = HEAL_TARGET_LEFT;
			break;
		case HEAL_NOT_IN_EFFECT:
			recovery->change.done = HEAL_TARGET_NOT_IN_EFFECT;
			break;
		case HEAL_NOT_DONE:
			break;
	}
}

const char *
heal_action_undone(HealRecovery *recovery, bool put_back, const char *problem)
{
	if (problem == NULL)
		recovery->change.done = HEAL_TARGET_UNDONE;
	else if (put_back)
	{
		recovery->change.done = HEAL_TARGET_NOT_IN_EFFECT;
		return psprintf("put back, but not in effect: %s", problem);
	}
	return problem;
}

/* Watching */

static const char *
watch_statement(const HealRecovery *recovery)
{
	return "nothing is called";
}

/* 0, which is nothing's, when it is not a number. */
static int64
parse_id(const char *text)
{
	char *end;
	int64 id = strtoll(text, &end, 10);

	return end == text || *end != '\0' ? 0 : id;
}

static void
watch_aim(HealRecovery *recovery, const char *target,
		  const HealSituation *situation)
{
	HealFailure *failure =
		target ? heal_ledger_failure(heal_ledger_copy(), parse_id(target))
			   : NULL;

	if (failure == NULL || failure->status == HEAL_FAILURE_CLOSED)
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no open failure to monitor"),
			errhint(
				"The target of \"monitor\" is the id of an open failure in selfheal.failures."));
	recovery->failure = failure->id;
	recovery->kind = failure->kind;
	recovery->subject = failure->subject;
	strlcpy(recovery->component, heal_failures[failure->kind].component,
			sizeof(recovery->component));
}

static HealDone
watch_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	strlcpy(outcome, "nothing was called", size);
	return HEAL_DONE;
}

const HealAction heal_action_watch = {
	.statement = watch_statement,
	.aim = watch_aim,
	.act = watch_act,
};
