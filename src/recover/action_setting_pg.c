/*
 * action_setting_pg.c
 *		Give a setting the value it had before it was changed.
 *
 * Whoever changed it may have had a reason, so this is done for a failure only when two signals say that it did
 * harm, is undone when it did not help, and never touches a value that somebody has changed since. What may
 * be changed at all, and within which bounds, is the allow-list of parameter.c; the server's own grants to the
 * acting role are made from the same list. What stands in a file other than postgresql.auto.conf is for whoever
 * edits that file.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "config/setting.h"
#include "db/directory.h"
#include "recover/action_pg.h"
#include "recover/action_setting_pg.h"
#include "recover/attempt_pg.h"
#include "recover/change_setting_pg.h"
#include "recover/look_pg.h"
#include "recover/look_setting_pg.h"
#include "sample/situation_pg.h"

#define TIMEOUT_MS 5000

StaticAssertDecl(HEAL_SUSPECT_VALUE <= HEAL_VALUE_SIZE,
				 "a suspect's values fit into a change");

static HealLevel
level_of(const HealSubject *subject)
{
	if (OidIsValid(subject->database) && OidIsValid(subject->role))
		return HEAL_LEVEL_ROLE_IN_DATABASE;
	if (OidIsValid(subject->database))
		return HEAL_LEVEL_DATABASE;
	return OidIsValid(subject->role) ? HEAL_LEVEL_ROLE : HEAL_LEVEL_SERVER;
}

static HealSettingOrder
order_for(const HealRecovery *recovery, const char *value, bool none)
{
	HealSettingOrder order = {
		.level = level_of(&recovery->subject),
		.database = recovery->subject.database,
		.object = recovery->subject.role == HEAL_ALL_ROLES
					  ? InvalidOid
					  : recovery->subject.role,
		.parameter = recovery->subject.name,
		.value = none ? NULL : value,
	};

	return order;
}

HealSettingOrder
heal_setting_forward(const HealRecovery *recovery)
{
	return order_for(recovery, recovery->change.after,
					 recovery->change.number & HEAL_AFTER_IS_NONE);
}

HealSettingOrder
heal_setting_backward(const HealRecovery *recovery)
{
	return order_for(recovery, recovery->change.before,
					 recovery->change.number & HEAL_BEFORE_IS_NONE);
}

/* Without a catalog: the engine has none. A name that is not known is told by its number. */
static const char *
role_name(Oid role)
{
	const HealRole *known = heal_directory_role(role);

	if (!OidIsValid(role))
		return "ALL";
	return known ? quote_identifier(NameStr(known->name))
				 : psprintf("%u", role);
}

static const char *
database_name(Oid database)
{
	const char *known = heal_directory_database(database);

	return known ? quote_identifier(known) : psprintf("%u", database);
}

/* As selfheal.configuration names them; "" = the server. */
static const char *
name_of(const HealSettingOrder *order)
{
	switch (order->level)
	{
		case HEAL_LEVEL_DATABASE:
			return database_name(order->database);
		case HEAL_LEVEL_ROLE:
			return role_name(order->object);
		case HEAL_LEVEL_ROLE_IN_DATABASE:
			return psprintf("%s in database %s", role_name(order->object),
							database_name(order->database));
		default:
			return "";
	}
}

static const char *
sentence(const HealSettingOrder *order)
{
	StringInfoData text;

	initStringInfo(&text);
	if (order->level == HEAL_LEVEL_SERVER)
		appendStringInfoString(&text, "ALTER SYSTEM ");
	else if (order->level == HEAL_LEVEL_DATABASE)
		appendStringInfo(&text, "ALTER DATABASE %s ",
						 database_name(order->database));
	else
		appendStringInfo(&text, "ALTER ROLE %s ", role_name(order->object));
	if (order->level == HEAL_LEVEL_ROLE_IN_DATABASE)
		appendStringInfo(&text, "IN DATABASE %s ",
						 database_name(order->database));
	if (order->value == NULL)
		appendStringInfo(&text, "RESET %s", quote_identifier(order->parameter));
	else
		appendStringInfo(&text, "SET %s TO %s",
						 quote_identifier(order->parameter),
						 quote_literal_cstr(order->value));
	return text.data;
}

const char *
heal_setting_statement(const HealRecovery *recovery)
{
	HealSettingOrder order = heal_setting_forward(recovery);

	if (!recovery->change.kept)
		return psprintf("nothing: no value of %s is known that would do",
						recovery->subject.name);
	return sentence(&order);
}

const char *
heal_setting_undo_statement(const HealRecovery *recovery)
{
	HealSettingOrder order = heal_setting_backward(recovery);

	return sentence(&order);
}

HealChanged
heal_setting_changed(const HealRecovery *recovery)
{
	HealSettingOrder forward = heal_setting_forward(recovery);
	HealSettingOrder backward = heal_setting_backward(recovery);

	return (HealChanged){
		.level = heal_level_name(forward.level),
		.name = name_of(&forward),
		.parameter = forward.parameter,
		.before = backward.value,
		.after = forward.value,
	};
}

/* Planning */

static void
fill(HealRecovery *recovery, const HealSuspect *suspect)
{
	recovery->change.number = (suspect->was_default ? HEAL_AFTER_IS_NONE : 0) |
							  (suspect->is_default ? HEAL_BEFORE_IS_NONE : 0);
	strlcpy(recovery->change.after, suspect->old_value,
			sizeof(recovery->change.after));
	strlcpy(recovery->change.before, suspect->new_value,
			sizeof(recovery->change.before));
	recovery->change.kept = suspect->may_be_put_back;
}

static void
setting_plan(HealRecovery *recovery, const HealSituation *situation)
{
	for (int i = 0; i < situation->suspects; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];

		if (suspect->database == recovery->subject.database &&
			suspect->role == recovery->subject.role &&
			strcmp(suspect->name, recovery->subject.name) == 0)
		{
			fill(recovery, suspect);
			return;
		}
	}
}

/* By hand the target is the name of a setting that changed lately. */
static void
setting_aim(HealRecovery *recovery, const char *target,
			const HealSituation *situation)
{
	if (target == NULL)
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("remedy \"restore_setting\" needs a target"),
			errhint("Give the name of a setting in selfheal.setting_changes."));
	for (int i = 0; i < situation->suspects; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];

		if (strcmp(suspect->name, target) != 0)
			continue;
		if (!suspect->may_be_put_back)
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("setting \"%s\" cannot be put back by selfheal", target),
				errdetail(
					"It is not in selfheal.parameters, or its value before is not known."));
		strlcpy(recovery->component, "configuration",
				sizeof(recovery->component));
		recovery->subject = (HealSubject){
			.kind = HEAL_SUBJECT_SETTING,
			.database = suspect->database,
			.role = suspect->role,
		};
		strlcpy(recovery->subject.name, target, sizeof(recovery->subject.name));
		fill(recovery, suspect);
		return;
	}
	ereport(
		ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
		errmsg("setting \"%s\" did not change in the last 15 minutes", target),
		errhint("selfheal.setting_changes shows those that did."));
}

/* Looking */

/* Why the setting is not what an act on it relies on, or NULL. In a transaction. */
const char *
heal_setting_not_as_expected(const HealSettingOrder *expected)
{
	MemoryContext context = CurrentMemoryContext;
	char *now;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	now = heal_setting_now(expected, context);
	SPI_finish();
	PopActiveSnapshot();
	if (now == NULL && expected->value == NULL)
		return NULL;
	if (now != NULL && expected->value != NULL &&
		heal_setting_same(expected->parameter, now, expected->value))
		return NULL;
	if (now == NULL)
		return "nothing is set there, so a configuration file says so or somebody has reset it";
	return psprintf("somebody has changed it since: it is %s",
					quote_literal_cstr(now));
}

typedef struct Step
{
	const HealRecovery *recovery;
	HealSettingOrder from; /* what must be there */
	HealSettingOrder to;
	bool undo;
} Step;

static const char *
last_look(void *argument)
{
	const Step *step = argument;
	const char *reason = heal_setting_not_as_expected(&step->from);

	if (reason == NULL)
		reason = heal_change_objection(&step->to);
	if (reason == NULL && !step->undo)
		reason = heal_look_objection(step->recovery, heal_look_here());
	return reason;
}

static const char *
keep_value(void *argument)
{
	const HealRecovery *recovery = argument;
	HealSettingOrder to = heal_setting_forward(recovery);
	HealSettingOrder from = heal_setting_backward(recovery);
	const char *reason = heal_setting_not_as_expected(&from);

	return reason ? reason : heal_change_objection(&to);
}

static const char *
setting_keep(HealRecovery *recovery)
{
	if (!recovery->change.kept)
		return "the setting is not in selfheal.parameters, or its value before is not known";
	return heal_attempt(keep_value, recovery);
}

/* Acting */

/* NULL when it is done and in effect; *changed also when it is done and not in effect. */
static const char *
carry_out(Step *step, bool *changed)
{
	static char why[HEAL_SENTENCE];
	const char *reason = heal_attempt(last_look, step);

	*changed = false;
	if (reason != NULL)
		return reason;
	if (!heal_change_apply(&step->to, TIMEOUT_MS, why, sizeof(why)))
		return why;
	*changed = true;
	return heal_change_bring_into_effect(&step->to);
}

HealDone
heal_setting_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	Step step = {recovery, heal_setting_backward(recovery),
				 heal_setting_forward(recovery), false};
	HealSettingOrder done = heal_setting_forward(recovery);
	bool changed;
	const char *problem;

	if (again &&
		heal_attempt((HealAttempt) heal_setting_not_as_expected, &done) == NULL)
	{
		(void) heal_change_bring_into_effect(&done);
		snprintf(outcome, size, "the recoverer before this one has done it");
		return HEAL_DONE_TWICE;
	}
	problem = carry_out(&step, &changed);
	if (problem == NULL)
		snprintf(outcome, size, "done, and in effect%s: %s",
				 done.level == HEAL_LEVEL_SERVER
					 ? ""
					 : " for sessions that begin from now on",
				 sentence(&done));
	else
		snprintf(outcome, size, "%s%s",
				 changed ? "done, but not in effect: " : "", problem);
	return changed ? HEAL_DONE : HEAL_NOT_DONE;
}

const char *
heal_setting_undo(HealRecovery *recovery)
{
	Step step = {recovery, heal_setting_forward(recovery),
				 heal_setting_backward(recovery), true};
	bool put_back = true;
	const char *problem;

	/* undone already, by us or by somebody who wanted the same */
	if (heal_attempt((HealAttempt) heal_setting_not_as_expected, &step.to) ==
		NULL)
		problem = heal_change_bring_into_effect(&step.to);
	else
		problem = carry_out(&step, &put_back);
	return heal_action_undone(recovery, put_back, problem);
}

const HealAction heal_action_setting = {
	.in_database = true,
	.at_home = true,
	.statement = heal_setting_statement,
	.undo_statement = heal_setting_undo_statement,
	.changed = heal_setting_changed,
	.plan = setting_plan,
	.aim = setting_aim,
	.keep = setting_keep,
	.act = heal_setting_act,
	.undo = heal_setting_undo,
};
