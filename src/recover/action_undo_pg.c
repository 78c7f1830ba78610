/*
 * action_undo_pg.c
 *		Take back what a recovery of ours has changed.
 *
 * How is the business of that recovery's kind of act; here is only which one, and whether it is still to be
 * undone. The process is attached to the database that the other act needed.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/change_setting_pg.h"
#include "recover/look_pg.h"
#include "recover/userremedy.h"

/* Why it cannot be undone, or NULL and the recovery. */
static const char *
find_undoable(int64 id, HealRecovery *undone)
{
	if (!heal_ledger_copy_recovery(id, undone))
		return "it is no longer known what was changed";
	if (!heal_recovery_can_be_undone(undone) ||
		heal_action_of(undone)->undo == NULL)
		return "what it did cannot be put back";
	if (undone->change.done == HEAL_TARGET_UNDONE ||
		undone->stage == HEAL_ROLLED_BACK)
		return "it has been undone";
	if (undone->change.done == HEAL_TARGET_LEFT)
		return "somebody has changed it since, so it was left to them";
	if (heal_remedies[undone->remedy].temporary &&
		GetCurrentTimestamp() - undone->acted_at >=
			undone->change.number * HEAL_SECOND)
		return "its time is over, so it has ended by itself";
	/* one that was interrupted and could not be undone may have; whether it has is seen by who undoes it */
	if (undone->change.done != HEAL_TARGET_SIGNALLED &&
		undone->change.done != HEAL_TARGET_NOT_IN_EFFECT &&
		(undone->change.done != HEAL_TARGET_INTENDED ||
		 (undone->stage != HEAL_FAILED && undone->stage != HEAL_UNKNOWN)))
		return "it has changed nothing";
	return NULL;
}

/* Whether what it changed may still be as it left it. */
static bool
stands(const HealRecovery *recovery)
{
	if (recovery->change.done == HEAL_TARGET_INTENDED)
		return !heal_stage_is_final((HealStage) recovery->stage) ||
			   recovery->stage == HEAL_FAILED ||
			   recovery->stage == HEAL_UNKNOWN;
	return recovery->change.done == HEAL_TARGET_SIGNALLED &&
		   recovery->stage != HEAL_ROLLED_BACK;
}

/* The same setting at the same level. What has no parameter, as a throttle, is another thing each time. */
static bool
changed_the_same(const HealRecovery *a, const HealRecovery *b)
{
	HealChanged one;
	HealChanged other;

	if (heal_action_of(a)->changed == NULL ||
		heal_action_of(b)->changed == NULL)
		return false;
	one = heal_action_of(a)->changed(a);
	other = heal_action_of(b)->changed(b);
	return one.parameter[0] != '\0' && strcmp(one.level, other.level) == 0 &&
		   strcmp(one.name, other.name) == 0 &&
		   strcmp(one.parameter, other.parameter) == 0 &&
		   (strcmp(one.level, heal_level_name(HEAL_LEVEL_TABLE)) != 0 ||
			a->subject.database == b->subject.database);
}

/*
 * The newest recovery that has changed the same since and has not been taken back; 0 = none. Whatever it began with: where
 * somebody has set the value in between, going back to what was before that would pass over both.
 */
static int64
changed_again_by(const HealRecovery *undone)
{
	HealLedger *ledger = heal_ledger_copy();
	int64 newest = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *other = &ledger->recovery[i];

		if (other->id > undone->id && other->id > newest && stands(other) &&
			changed_the_same(undone, other))
			newest = other->id;
	}
	pfree(ledger);
	return newest;
}

static const char *
undo_statement(const HealRecovery *recovery)
{
	HealRecovery undone;

	if (find_undoable(recovery->undoes, &undone) != NULL)
		return psprintf("undo recovery %lld", (long long) recovery->undoes);
	return heal_action_of(&undone)->undo_statement(&undone);
}

/* By hand the target is the recovery's number. */
static void
undo_aim(HealRecovery *recovery, const char *target,
		 const HealSituation *situation)
{
	HealRecovery undone;
	const char *problem;
	int64 later;
	char *end;

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"undo_own_act\" needs a target"),
				errhint("Give the number of a recovery."));
	errno = 0;
	recovery->undoes = strtoll(target, &end, 10);
	if (end == target || *end != '\0' || errno != 0 || recovery->undoes <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not the number of a recovery", target),
				errhint("selfheal.recoveries shows them."));
	problem = find_undoable(recovery->undoes, &undone);
	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("recovery %lld cannot be undone",
					   (long long) recovery->undoes),
				errdetail("The reason is: %s.", problem),
				errhint("selfheal.remedies shows whose acts can be."));
	later = changed_again_by(&undone);
	if (later != 0)
		ereport(ERROR, errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				errmsg("recovery %lld cannot be undone yet",
					   (long long) recovery->undoes),
				errdetail("Recovery %lld has changed the same setting since.",
						  (long long) later),
				errhint("Undo that one first: SELECT * FROM "
						"selfheal.trigger('undo_own_act', '%lld');",
						(long long) later));
	strlcpy(recovery->component, undone.component, sizeof(recovery->component));
}

static HealDone
undo_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealRecovery undone;
	const char *problem = heal_look_objection(recovery, heal_look());

	if (problem == NULL)
		problem = find_undoable(recovery->undoes, &undone);
	if (problem == NULL)
	{
		int64 later = changed_again_by(&undone);

		if (later != 0)
			problem = psprintf(
				"recovery %lld has changed the same since, and is undone first",
				(long long) later);
	}
	if (problem == NULL)
	{
		undone.change.done = HEAL_TARGET_SIGNALLED;
		problem = heal_action_of(&undone)->undo(&undone);
	}
	if (problem == NULL)
		snprintf(outcome, size, "recovery %lld was undone: %s",
				 (long long) recovery->undoes,
				 heal_action_of(&undone)->undo_statement(&undone));
	else
		strlcpy(outcome, problem, size);
	if (problem == NULL)
		return HEAL_DONE;
	return undone.change.done == HEAL_TARGET_NOT_IN_EFFECT ? HEAL_NOT_IN_EFFECT
														   : HEAL_NOT_DONE;
}

/* Undone is what is no longer in effect. Of a user's act only its own functions know. */
static const char *
undo_effect(const HealRecovery *recovery)
{
	HealRecovery undone;

	if (!heal_ledger_copy_recovery(recovery->undoes, &undone) ||
		heal_remedy_is_user(undone.remedy) ||
		heal_action_of(&undone)->effect == NULL)
		return NULL;
	return heal_action_of(&undone)->effect(&undone) == NULL
			   ? "what was to be undone is still in effect"
			   : NULL;
}

const HealAction heal_action_undo = {
	.in_database = true,
	.statement = undo_statement,
	.aim = undo_aim,
	.act = undo_act,
	.effect = undo_effect,
};
