/*
 * action_raise_role_pg.c
 *		Double the work_mem of a role for its new sessions, within what memory there is.
 *
 * One step at a time: what that does not hold is for a human. Promises made to other roles count against the memory,
 * as they may not have been used yet.
 */
#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "config/book_pg.h"
#include "db/directory.h"
#include "detect/failure_proof.h"
#include "gate/spill_pg.h"
#include "history/ledger_pg.h"
#include "recover/action_setting_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/raise_pg.h"
#include "recover/scale.h"
#include "sample/spiller_pg.h"

#define STILL (3 * HEAL_SECOND) /* ago */

/* Planning */

/* Bytes that loans to other roles may still take. */
static double
promised(const HealRecovery *recovery, const HealSituation *situation)
{
	HealLedger *ledger = heal_ledger_copy();
	double bytes = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *other = &ledger->recovery[i];

		if (heal_recovery_is_a_loan(other) &&
			other->remedy == HEAL_REMEDY_RAISE_ROLE_SETTING &&
			!heal_subject_same(&other->subject, &recovery->subject))
			bytes += heal_work_mem_needs(
				&situation->memory,
				heal_setting_number("work_mem", other->change.after),
				heal_situation_sessions_of(situation, other->subject.role,
										   other->subject.database));
	}
	return bytes;
}

/* False when there is no value that would do. */
static bool
fill(HealRecovery *recovery, const HealSituation *situation, double now)
{
	const HealSubject *subject = &recovery->subject;
	const HealScale *scale = heal_scale_find("work_mem");
	HealSetting set =
		heal_config_lookup(subject->database, subject->role, subject->name);
	double room = heal_work_mem_room(
		&situation->memory,
		heal_situation_sessions_of(situation, subject->role, subject->database),
		promised(recovery, situation));
	double original = now;
	double value;
	bool stays;

	heal_raise_past(recovery, &original, &stays);
	value = heal_scale_next(scale, now, original, now, room);
	if (value < scale->step * now || now <= 0)
		return false;
	recovery->change.kept = 1;
	recovery->change.number =
		(set.form == HEAL_SETTING_UNSET ? HEAL_BEFORE_IS_NONE : 0) |
		(stays ? HEAL_STAYS : 0);
	snprintf(recovery->change.after, HEAL_VALUE_SIZE, "%.0f%s", value,
			 scale->unit);
	snprintf(recovery->change.before, HEAL_VALUE_SIZE, "%.0f%s", now,
			 scale->unit);
	return true;
}

static void
name_target(HealRecovery *recovery)
{
	const HealRole *role = heal_directory_role(recovery->subject.role);
	const char *database = heal_directory_database(recovery->subject.database);

	strlcpy(recovery->target_role, role ? NameStr(role->name) : "",
			sizeof(recovery->target_role));
	strlcpy(recovery->target_database, database ? database : "",
			sizeof(recovery->target_database));
}

static void
raise_role_plan(HealRecovery *recovery, const HealSituation *situation)
{
	const HealSpiller *spiller =
		heal_spiller_lookup(situation, &recovery->subject);

	name_target(recovery);
	if (spiller != NULL && heal_spiller_may_be_raised(situation, spiller))
		(void) fill(recovery, situation, spiller->work_mem);
}

/* Of a role that does not spill just now: what a session gets in the database of whoever asks. */
static double
aim_at(HealRecovery *recovery, const HealRole *role,
	   const HealSituation *situation)
{
	Oid database = MyDatabaseId;

	for (int i = 0; i < situation->spillers; i++)
		if (situation->spiller[i].role == role->oid)
		{
			recovery->subject = heal_spiller_subject(&situation->spiller[i]);
			return situation->spiller[i].work_mem;
		}
	recovery->subject =
		(HealSubject){.kind = HEAL_SUBJECT_SETTING,
					  .role = role->oid,
					  .database = heal_work_mem_level(role->oid, database),
					  .name = "work_mem"};
	return heal_work_mem_in_force(role->oid, database);
}

/* By hand the target is the name of a role. */
static void
raise_role_aim(HealRecovery *recovery, const char *target,
			   const HealSituation *situation)
{
	const HealRole *role;
	double now;

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"raise_role_setting\" needs a target"),
				errhint("Give the name of a role; selfheal.spills shows those "
						"that spill."));
	role = heal_directory_role_named(target);
	if (role == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("role \"%s\" does not exist", target),
				errhint("selfheal.spills shows roles that spill."));
	if (role->superuser || role->oid < FirstNormalObjectId)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("settings of role \"%s\" are not changed by selfheal",
					   target),
				errdetail("It is a superuser or a role of the server itself."));
	strlcpy(recovery->component, "memory", sizeof(recovery->component));
	now = aim_at(recovery, role, situation);
	name_target(recovery);
	if (!fill(recovery, situation, now))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("there is no room to double \"work_mem\" of role \"%s\"",
				   target),
			errdetail(
				"It is %.0f kB; the role has %d sessions, each of which may take %.0f times that, and %.0f MB are available%s. It goes to at most %.0f times what it was before the first raise; and %s.",
				now,
				heal_situation_sessions_of(situation, recovery->subject.role,
										   recovery->subject.database),
				situation->memory.copies,
				situation->memory.available / (1024.0 * 1024.0),
				heal_memory_is_short(&situation->memory)
					? ", while memory is short"
					: "",
				heal_scale_find("work_mem")->most,
				heal_scale_find("work_mem")->bound));
}

/* Acting */

/* In SPI, by the catalogs: what the plan rests on was looked up seconds ago. NULL = none of its own. */
static char *
set_at(HealLevel level, const HealSubject *subject, MemoryContext context)
{
	HealSettingOrder order = {
		.level = level,
		.database = level == HEAL_LEVEL_ROLE ? InvalidOid : subject->database,
		.object = level == HEAL_LEVEL_DATABASE ? InvalidOid : subject->role,
		.parameter = subject->name,
	};

	return heal_setting_now(&order, context);
}

/* In a transaction. Where nothing is set for the role or its database it is the server's, which counts for all. */
static const char *
in_force(const HealSubject *subject)
{
	MemoryContext context = CurrentMemoryContext;
	HealSubject everybody = *subject;
	HealSetting of_server = heal_config_lookup(0, 0, subject->name);
	char *value = NULL;

	everybody.role = InvalidOid; /* ALTER ROLE ALL */
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (OidIsValid(subject->database))
		value = set_at(HEAL_LEVEL_ROLE_IN_DATABASE, subject, context);
	if (value == NULL)
		value = set_at(HEAL_LEVEL_ROLE, subject, context);
	if (value == NULL && OidIsValid(subject->database))
		value = set_at(HEAL_LEVEL_DATABASE, subject, context);
	if (value == NULL)
		value = set_at(HEAL_LEVEL_ROLE, &everybody, context);
	SPI_finish();
	PopActiveSnapshot();
	return value != NULL ? value : pstrdup(of_server.value);
}

/* Twice what it was before somebody lowered it would be more than twice. */
static const char *
is_as_planned(void *argument)
{
	const HealRecovery *recovery = argument;
	const char *now = in_force(&recovery->subject);

	return heal_setting_same(recovery->subject.name, now,
							 recovery->change.before)
			   ? NULL
			   : psprintf(
					 "%s is %s by now, and it was %s when this was decided",
					 recovery->subject.name, now, recovery->change.before);
}

static const char *
raise_role_keep(HealRecovery *recovery)
{
	const char *problem = heal_attempt(is_as_planned, recovery);

	return problem != NULL ? problem : heal_raise_keep(recovery);
}

/* Whoever approved it may have taken his time. */
static bool
has_room(const HealRecovery *recovery)
{
	const HealSituation *situation = heal_look();
	const HealSpiller *spiller =
		heal_spiller_lookup(situation, &recovery->subject);
	double room = heal_work_mem_room(
		&situation->memory,
		heal_situation_sessions_of(situation, recovery->subject.role,
								   recovery->subject.database),
		promised(recovery, situation));

	return heal_setting_number("work_mem", recovery->change.after) <= room &&
		   (recovery->kind < 0 ||
			(spiller != NULL &&
			 heal_spiller_may_be_raised(situation, spiller)));
}

static HealDone
raise_role_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	if (again || has_room(recovery))
		return heal_setting_act(recovery, again, outcome, size);
	strlcpy(
		outcome,
		"at the last look there is no memory for it, or it would not hold what is spilled",
		size);
	return HEAL_NOT_DONE;
}

/* Seeing */

/* As last looked at: this is asked many times a second, for minutes. */
static bool
is_set(const HealRecovery *recovery)
{
	HealSetting set =
		heal_config_lookup(recovery->subject.database, recovery->subject.role,
						   recovery->subject.name);

	return set.form == HEAL_SETTING_CLEAR &&
		   heal_setting_same(recovery->subject.name, set.value,
							 recovery->change.after);
}

/* What is known of its sessions wherever the setting counts. */
static HealSpiller
seen(const HealRecovery *recovery)
{
	HealSpillRow *row = palloc(sizeof(HealSpillRow) * HEAL_SPILL_ROWS);
	int count = heal_spill_copy(row);
	HealSpiller spiller = {0};

	for (int i = 0; i < count; i++)
		if (row[i].role == recovery->subject.role &&
			(recovery->subject.database == 0 ||
			 row[i].database == recovery->subject.database) &&
			row[i].work_mem ==
				heal_setting_number("work_mem", recovery->change.after))
			heal_spiller_add(&spiller, &row[i], GetCurrentTimestamp());
	pfree(row);
	return spiller;
}

static const char *
raise_role_effect(const HealRecovery *recovery)
{
	HealSpiller spiller;

	if (!is_set(recovery))
		return "the setting is not what it was raised to";
	if (recovery->kind < 0)
		return NULL;
	spiller = seen(recovery);
	if (spiller.fresh_since == 0)
		return "no session of the role that began since has run anything: its clients have to connect anew";
	if (GetCurrentTimestamp() - spiller.stale_at < STILL)
		return "sessions of the role that began before still spill: its clients have to connect anew";
	return NULL;
}

static const char *
raise_role_verified(const HealRecovery *recovery,
					const HealSituation *situation)
{
	const HealSpiller *spiller =
		heal_spiller_lookup(situation, &recovery->subject);

	if (recovery->kind < 0)
		return psprintf("work_mem is %s for sessions that begin from now on",
						recovery->change.after);
	return psprintf(
		"healed: sessions of role %s that have work_mem %s spilled %d times in the last minute",
		recovery->target_role, recovery->change.after,
		spiller != NULL ? spiller->spills : 0);
}

const HealAction heal_action_raise_role = {
	.in_database = true,
	.at_home = true,
	.statement = heal_setting_statement,
	.undo_statement = heal_setting_undo_statement,
	.changed = heal_setting_changed,
	.plan = raise_role_plan,
	.aim = raise_role_aim,
	.keep = raise_role_keep,
	.act = raise_role_act,
	.effect = raise_role_effect,
	.verified = raise_role_verified,
	.undo = heal_setting_undo,
};
