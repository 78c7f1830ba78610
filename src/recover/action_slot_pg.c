/*
 * action_slot_pg.c
 *		Limit what replication slots may keep, or drop one.
 *
 * The limit is a setting like others. To drop a slot takes the right to replicate, which is the right to read
 * everything; the acting role is not given it. So the recoverer drops it itself, after its own last
 * look, and the server refuses one that somebody reads.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "postmaster/bgwriter.h"
#include "replication/slot.h"

#include "decide/plan_pg.h"
#include "detect/failure_slot.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/server_move_pg.h"
#include "sample/disk_pg.h"
#include "sample/situation_pg.h"

#define BOUND "max_slot_wal_keep_size"

/* Both: by hand the target is the name of a slot that nobody reads. */
static void
aim_at_slot(HealRecovery *recovery, const char *target,
			const HealSituation *situation)
{
	const char *remedy = heal_remedies[recovery->remedy].name;
	const HealSlots *slots = &situation->slots;
	const HealSlot *found = NULL;

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"%s\" needs a target", remedy),
				errhint("Give the name of a replication slot."));
	for (int i = 0; i < slots->count; i++)
		if (strcmp(slots->slot[i].name, target) == 0)
			found = &slots->slot[i];
	if (found == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no replication slot \"%s\" that keeps WAL",
					   target),
				errhint("pg_replication_slots shows those there are."));
	if (found->active)
		ereport(ERROR, errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("replication slot \"%s\" is in use", target));
	strlcpy(recovery->component, "replication", sizeof(recovery->component));
	recovery->subject = (HealSubject){.kind = HEAL_SUBJECT_SLOT,
									  .database = found->database,
									  .number = found->needed};
	strlcpy(recovery->subject.name, target, sizeof(recovery->subject.name));
}

/* Limiting */

/* Why there is no limit for it, or NULL and the limit in the recovery. */
static const char *
choose_bound(HealRecovery *recovery, const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();
	int megabytes = 0;
	const char *problem =
		heal_slot_bound(situation, &limits, &recovery->subject, &megabytes);

	recovery->change.was_set = heal_server_move_planned(
		BOUND, recovery->change.before, sizeof(recovery->change.before));
	if (problem == NULL)
		snprintf(recovery->change.after, sizeof(recovery->change.after), "%dMB",
				 megabytes);
	return problem;
}

static void
bound_plan(HealRecovery *recovery, const HealSituation *situation)
{
	(void) choose_bound(recovery, situation);
}

static const char *
bound_unfit(const HealRecovery *recovery, const HealSituation *situation)
{
	HealRecovery again = *recovery;

	return choose_bound(&again, situation);
}

static void
bound_aim(HealRecovery *recovery, const char *target,
		  const HealSituation *situation)
{
	const char *problem;

	aim_at_slot(recovery, target, situation);
	problem = choose_bound(recovery, situation);
	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("there is no limit that would help with slot \"%s\"",
					   target),
				errdetail("The reason is: %s.", problem));
}

static const char *
before(const HealRecovery *recovery)
{
	return recovery->change.was_set ? recovery->change.before : NULL;
}

static const char *
bound_statement(const HealRecovery *recovery)
{
	return heal_server_move_statement(BOUND, recovery->change.after);
}

static const char *
bound_undo_statement(const HealRecovery *recovery)
{
	return heal_server_move_statement(BOUND, before(recovery));
}

static HealChanged
bound_changed(const HealRecovery *recovery)
{
	return heal_server_move_changed(BOUND, before(recovery),
									recovery->change.after);
}

static const char *
keep_bound(void *argument)
{
	HealRecovery *recovery = argument;
	const char *now = heal_server_move_now(BOUND);

	if (heal_server_move_on_command_line(BOUND))
		return BOUND
			" is set on the server's command line, which only a restart changes";
	if (now != NULL && strlen(now) >= sizeof(recovery->change.before))
		return BOUND " is too long to be kept and put back";
	recovery->change.was_set = now != NULL;
	strlcpy(recovery->change.before, now ? now : "",
			sizeof(recovery->change.before));
	return NULL;
}

static const char *
bound_keep(HealRecovery *recovery)
{
	const char *problem = heal_attempt(keep_bound, recovery);

	heal_disk_look_at_wal(); /* what was seen may be a minute old */
	recovery->change.kept = problem == NULL;
	return problem;
}

static double
bound_of(const HealRecovery *recovery)
{
	return strtol(recovery->change.after, NULL, 10) * 1024.0 * 1024.0;
}

/* It has kept more since, and others may have come. */
static const char *
object_to_bound(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSlot *slot = heal_slot_of(situation, &recovery->subject);
	const char *problem = bound_unfit(recovery, situation);

	if (problem != NULL)
		return problem;
	if (slot->retained + situation->slots.segment > bound_of(recovery))
		return "it keeps nearly as much by now";
	return heal_slot_fits(situation, slot, bound_of(recovery))
			   ? NULL
			   : "there is less room by now";
}

static HealDone
bound_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealServerMove move = {recovery, BOUND, before(recovery),
						   recovery->change.after, object_to_bound};

	return heal_server_move_act(&move, again, outcome, size);
}

static const char *
bound_effect(const HealRecovery *recovery)
{
	return max_slot_wal_keep_size_mb * 1024.0 * 1024.0 == bound_of(recovery)
			   ? NULL
			   : BOUND " is another";
}

static const char *
bound_undo(HealRecovery *recovery)
{
	HealServerMove move = {recovery, BOUND, recovery->change.after,
						   before(recovery), NULL};

	return heal_server_move_undo(&move, recovery);
}

const HealAction heal_action_bound = {
	.in_database = true,
	.at_home = true,
	.statement = bound_statement,
	.undo_statement = bound_undo_statement,
	.changed = bound_changed,
	.plan = bound_plan,
	.unfit = bound_unfit,
	.aim = bound_aim,
	.keep = bound_keep,
	.act = bound_act,
	.effect = bound_effect,
	.undo = bound_undo,
};

/* Dropping */

static const char *
slot_statement(const HealRecovery *recovery)
{
	return psprintf("pg_drop_replication_slot('%s')", recovery->subject.name);
}

/* By hand everybody may. */
static const char *
drop_unfit(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSlot *slot = heal_slot_of(situation, &recovery->subject);
	HealFailureLimits limits = heal_plan_limits();

	if (recovery->kind < 0 || slot == NULL ||
		heal_slot_may_be_lost(situation, slot, &limits))
		return NULL;
	return "that its volume will be full is foreseen only, and a slot does not come back";
}

/* The last look, and the drop. Its name says nothing else than what it is: lower-case letters, digits and underscores. */
static const char *
drop(void *argument)
{
	const HealRecovery *recovery = argument;
	const HealSituation *situation = heal_look_here();
	const HealSlot *slot = heal_slot_of(situation, &recovery->subject);
	const char *objection;

	if (slot == NULL)
		return "the slot is gone, or somebody has read from it";
	if (slot->active)
		return "somebody reads the slot";
	objection = heal_look_objection(recovery, situation);
	if (objection == NULL)
		objection = drop_unfit(recovery, situation);
	if (objection != NULL)
		return objection;
	ReplicationSlotDrop(recovery->subject.name, true);
	/* what it kept is removed by a checkpoint, and there is no time to lose */
	RequestCheckpoint(CHECKPOINT_FORCE | CHECKPOINT_IMMEDIATE);
	return NULL;
}

static HealDone
slot_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	const char *problem = heal_attempt(drop, recovery);

	snprintf(outcome, size, "%s",
			 problem ? problem : "the replication slot was dropped");
	return problem == NULL ? HEAL_DONE : HEAL_NOT_DONE;
}

static const char *
slot_effect(const HealRecovery *recovery)
{
	return SearchNamedReplicationSlot(recovery->subject.name, true) == NULL
			   ? NULL
			   : "there is a slot of that name";
}

const HealAction heal_action_slot = {
	.in_database = true,
	.at_home = true,
	.statement = slot_statement,
	.unfit = drop_unfit,
	.aim = aim_at_slot,
	.act = slot_act,
	.effect = slot_effect,
};
