/*
 * action_sync_pg.c
 *		Let commits wait for fewer standbys, and for all of them again.
 *
 * synchronous_standby_names is on no list of what selfheal may change, so no other remedy and no rollback of a
 * snapshot touches it. Here it is changed in two ways only: to the same names with as many of them wanted as
 * stream, and back. Both work while no commit returns: ALTER SYSTEM writes a file, and a transaction without
 * an id of its own waits for nobody.
 */
#include "postgres.h"

#include "replication/syncrep.h"

#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/server_move_pg.h"

StaticAssertDecl(HEAL_SYNC_TEXT <= HEAL_VALUE_SIZE,
				 "what is given up fits into a change");

/* Forward for the one is backward for the other: only what was there before degrade_sync may have been nothing. */
static const char *
with_names(const HealRecovery *recovery)
{
	const char *names = recovery->remedy == HEAL_REMEDY_DEGRADE_SYNC
							? recovery->change.before
							: recovery->change.after;

	return recovery->change.was_set ? names : NULL;
}

static const char *
without(const HealRecovery *recovery)
{
	return recovery->remedy == HEAL_REMEDY_DEGRADE_SYNC
			   ? recovery->change.after
			   : recovery->change.before;
}

static const char *
statement_without(const HealRecovery *recovery)
{
	return heal_server_move_statement(HEAL_SYNC_SETTING, without(recovery));
}

static const char *
statement_with(const HealRecovery *recovery)
{
	return heal_server_move_statement(HEAL_SYNC_SETTING, with_names(recovery));
}

static HealChanged
degrade_changed(const HealRecovery *recovery)
{
	return heal_server_move_changed(HEAL_SYNC_SETTING, with_names(recovery),
									without(recovery));
}

static const char *
names_in_force(void)
{
	return SyncRepStandbyNames != NULL ? SyncRepStandbyNames : "";
}

/* degrade_sync */

static void
degrade_plan(HealRecovery *recovery, const HealSituation *situation)
{
	const HealSync *sync = &situation->sync;

	strlcpy(recovery->change.before, sync->names,
			sizeof(recovery->change.before));
	strlcpy(recovery->change.after, sync->instead,
			sizeof(recovery->change.after));
	recovery->change.was_set =
		heal_server_move_planned(HEAL_SYNC_SETTING, NULL, 0);
	recovery->change.kept = sync->known && sync->keepable;
}

static void
check_degrade(const HealSync *sync, const char *target)
{
	if (target != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("remedy \"degrade_sync\" takes no target"),
				errhint("Give NULL: it is about " HEAL_SYNC_SETTING "."));
	if (!sync->known || !sync->keepable)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg(HEAL_SYNC_SETTING " cannot be kept to be put back"),
				errdetail("It is longer than %d bytes, has more names than "
						  "selfheal can hold, or other than plain letters.",
						  HEAL_SYNC_TEXT - 1));
	if (sync->present >= sync->wanted)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no synchronous standby is missing"),
				errdetail(HEAL_SYNC_SETTING
						  " asks for %d, and %d of those it names stream.",
						  sync->wanted, sync->present));
}

static void
degrade_aim(HealRecovery *recovery, const char *target,
			const HealSituation *situation)
{
	check_degrade(&situation->sync, target);
	strlcpy(recovery->component, "replication", sizeof(recovery->component));
	recovery->subject = (HealSubject){.kind = HEAL_SUBJECT_SETTING};
	strlcpy(recovery->subject.name, HEAL_SYNC_SETTING,
			sizeof(recovery->subject.name));
	degrade_plan(recovery, situation);
}

/* What an ALTER SYSTEM cannot reach, or must not because somebody is just at it. */
static const char *
keep_names(void *argument)
{
	HealRecovery *recovery = argument;
	const char *now = heal_server_move_now(HEAL_SYNC_SETTING);

	if (heal_server_move_on_command_line(HEAL_SYNC_SETTING))
		return HEAL_SYNC_SETTING
			" is set on the server's command line, which only a restart changes";
	if (!heal_server_move_same(names_in_force(), recovery->change.before) ||
		(now != NULL && !heal_server_move_same(now, recovery->change.before)))
		return "somebody is changing " HEAL_SYNC_SETTING;
	recovery->change.was_set = now != NULL;
	return NULL;
}

static const char *
degrade_keep(HealRecovery *recovery)
{
	if (!recovery->change.kept)
		return HEAL_SYNC_SETTING
			" is too long or not plain enough to be kept and put back";
	return heal_attempt(keep_names, recovery);
}

static const char *
object_to_degrade(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSync *sync = &situation->sync;

	if (sync->present >= sync->wanted)
		return "no synchronous standby is missing any more";
	if (strcmp(sync->names, recovery->change.before) != 0)
		return "somebody has changed " HEAL_SYNC_SETTING " since";
	if (strcmp(sync->instead, recovery->change.after) != 0)
		return "other standbys stream now than when this was decided";
	return NULL;
}

static HealDone
degrade_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealServerMove move = {recovery, HEAL_SYNC_SETTING, with_names(recovery),
						   without(recovery), object_to_degrade};

	return heal_server_move_act(&move, again, outcome, size);
}

static const char *
degrade_effect(const HealRecovery *recovery)
{
	return heal_server_move_same(names_in_force(), recovery->change.after)
			   ? NULL
			   : HEAL_SYNC_SETTING " is another";
}

const HealAction heal_action_degrade = {
	.in_database = true,
	.at_home = true,
	.statement = statement_without,
	.undo_statement = statement_with,
	.changed = degrade_changed,
	.plan = degrade_plan,
	.aim = degrade_aim,
	.keep = degrade_keep,
	.act = degrade_act,
	.effect = degrade_effect,
};

/* restore_sync */

static void
restore_plan(HealRecovery *recovery, const HealSituation *situation)
{
	HealRecovery lent;

	if (!heal_ledger_copy_recovery(situation->sync.given_up_by, &lent))
		return;
	recovery->undoes = lent.id;
	recovery->change.kept = 1;
	recovery->change.was_set = lent.change.was_set;
	strlcpy(recovery->change.before, lent.change.after,
			sizeof(recovery->change.before));
	strlcpy(recovery->change.after, lent.change.before,
			sizeof(recovery->change.after));
}

static const char *
object_to_restore(const HealRecovery *recovery, const HealSituation *situation)
{
	const HealSync *sync = &situation->sync;

	if (recovery->undoes == 0 || sync->given_up_by != recovery->undoes)
		return "what degrade_sync has set is no longer in force";
	if (sync->back_since == 0)
		return psprintf(
			"commits would hang: %d of %d standbys stream, or they do not keep up",
			sync->given_up_present, sync->given_up_wanted);
	return NULL;
}

static void
restore_aim(HealRecovery *recovery, const char *target,
			const HealSituation *situation)
{
	const char *objection;

	if (target != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("remedy \"restore_sync\" takes no target"),
				errhint("Give NULL: it gives back what degrade_sync has set."));
	restore_plan(recovery, situation);
	objection = object_to_restore(recovery, situation);
	if (objection != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("synchronous replication cannot be given back"),
				errdetail("The reason is: %s.", objection));
	strlcpy(recovery->component, "replication", sizeof(recovery->component));
	recovery->subject =
		(HealSubject){.kind = HEAL_SUBJECT_SETTING, .number = recovery->undoes};
	strlcpy(recovery->subject.name, HEAL_SYNC_SETTING,
			sizeof(recovery->subject.name));
}

static HealDone
restore_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealServerMove move = {recovery, HEAL_SYNC_SETTING, without(recovery),
						   with_names(recovery), object_to_restore};

	return heal_server_move_act(&move, again, outcome, size);
}

/* Without a value of its own at the server, whatever the other files say counts again. */
static const char *
restore_effect(const HealRecovery *recovery)
{
	return !recovery->change.was_set ||
				   heal_server_move_same(names_in_force(),
										 recovery->change.after)
			   ? NULL
			   : HEAL_SYNC_SETTING " is another";
}

const HealAction heal_action_restore = {
	.in_database = true,
	.at_home = true,
	.statement = statement_with,
	.plan = restore_plan,
	.aim = restore_aim,
	.act = restore_act,
	.effect = restore_effect,
};
