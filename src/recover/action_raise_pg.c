/*
 * action_raise_pg.c
 *		Raise a resource setting within its bounds, and give it back.
 *
 * What is found at the level right before the act is what is given back: nothing, when nothing was set there.
 * A value that somebody has set since is theirs: giving back leaves it alone, says so, and is done with it.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "config/book_pg.h"
#include "detect/failure_proof.h"
#include "history/ledger_pg.h"
#include "recover/action_setting_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/raise_pg.h"
#include "recover/scale.h"

#define REMEMBERED HEAL_DAY /* that it was given back and needed again */

/* Planning */

double
heal_setting_number(const char *parameter, const char *value)
{
	double number;

	return parse_real(value, &number,
					  GetConfigOptionFlags(parameter, true) & GUC_UNIT, NULL)
			   ? number
			   : NAN;
}

/* What it was before the first raise that is in effect, and whether it was given back lately. */
void
heal_raise_past(const HealRecovery *recovery, double *original, bool *stays)
{
	HealLedger *ledger = heal_ledger_copy();
	HealTime lately = GetCurrentTimestamp() - REMEMBERED;
	int64 oldest = 0;

	*stays = false;
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *other = &ledger->recovery[i];

		if (other->id == 0 ||
			!heal_subject_same(&other->subject, &recovery->subject))
			continue;
		*stays |= other->remedy == HEAL_REMEDY_GIVE_BACK &&
				  other->stage == HEAL_SUCCEEDED && other->acted_at > lately;
		if (heal_recovery_is_a_loan(other) &&
			(oldest == 0 || other->id < oldest))
		{
			oldest = other->id;
			*original = heal_setting_number(recovery->subject.name,
											other->change.before);
		}
	}
}

/* What it is, has to be, and may be at most; NaN = not known. */
static void
read_need(const HealPressure *pressure, const char *parameter, double *now,
		  double *needed, double *room)
{
	if (strcmp(parameter, "max_wal_size") == 0)
	{
		*now = pressure->max_wal_size;
		*needed = heal_pressure_wal_needed(pressure);
		*room = pressure->max_wal_size + pressure->wal_free / 4;
	}
	else
	{
		*now = pressure->vacuum_cost_limit;
		*needed = 2 * pressure->vacuum_cost_limit;
		*room = INFINITY;
	}
}

/* False when there is no value that would do. A human who asks gets the next step whatever is needed. */
static bool
fill(HealRecovery *recovery, const HealSituation *situation, bool by_hand)
{
	const char *parameter = recovery->subject.name;
	const HealScale *scale = heal_scale_find(parameter);
	HealSetting set = heal_config_lookup(0, 0, parameter);
	double now;
	double needed;
	double room;
	double original;
	double value;
	bool stays;

	if (scale == NULL)
		return false;
	read_need(&situation->pressure, parameter, &now, &needed, &room);
	original = now;
	heal_raise_past(recovery, &original, &stays);
	value = heal_scale_next(scale, now, original, by_hand ? now : needed,
							isnan(room) ? 0 : room);
	if (value == 0)
		return false;
	recovery->change.kept = 1;
	recovery->change.number =
		(set.form == HEAL_SETTING_UNSET || set.is_default ? HEAL_BEFORE_IS_NONE
														  : 0) |
		(stays ? HEAL_STAYS : 0);
	snprintf(recovery->change.after, HEAL_VALUE_SIZE, "%.0f%s", value,
			 scale->unit);
	snprintf(recovery->change.before, HEAL_VALUE_SIZE, "%.0f%s", now,
			 scale->unit);
	return true;
}

static void
raise_plan(HealRecovery *recovery, const HealSituation *situation)
{
	(void) fill(recovery, situation, false);
}

static const char *
names_of_scales(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < heal_scale_count; i++)
		if (!heal_scales[i].of_role)
			appendStringInfo(&names, "%s%s", names.len ? ", " : "",
							 heal_scales[i].parameter);
	return names.data;
}

/* By hand the target is the setting's name. */
static void
raise_aim(HealRecovery *recovery, const char *target,
		  const HealSituation *situation)
{
	const HealScale *scale = target ? heal_scale_find(target) : NULL;

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"raise_setting\" needs a target"),
				errhint("Give one of: %s.", names_of_scales()));
	if (scale != NULL && scale->of_role)
		ereport(
			ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
			errmsg("setting \"%s\" is raised for a role and not for the server",
				   target),
			errhint("Use raise_role_setting with the name of the role."));
	if (scale == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("setting \"%s\" is not raised by selfheal", target),
				errhint("Those that are: %s.", names_of_scales()));
	strlcpy(recovery->component, "configuration", sizeof(recovery->component));
	recovery->subject = (HealSubject){.kind = HEAL_SUBJECT_SETTING};
	strlcpy(recovery->subject.name, target, sizeof(recovery->subject.name));
	if (!fill(recovery, situation, true))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("there is no room to raise \"%s\"", target),
			errdetail(
				"It goes to at most %.0f times what it was before the first raise; and %s.",
				scale->most, scale->bound));
}

/* Acting */

/* In a transaction. What stands at the level now is what is given back. */
static const char *
keep_now(void *argument)
{
	HealRecovery *recovery = argument;
	HealSettingOrder to = heal_setting_forward(recovery);
	MemoryContext context = CurrentMemoryContext;
	char *now;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	now = heal_setting_now(&to, context);
	SPI_finish();
	PopActiveSnapshot();
	if (now != NULL && strlen(now) >= HEAL_VALUE_SIZE)
		return "its value is too long to be kept";
	recovery->change.number &= ~HEAL_BEFORE_IS_NONE;
	if (now == NULL)
		recovery->change.number |= HEAL_BEFORE_IS_NONE;
	else
		strlcpy(recovery->change.before, now, HEAL_VALUE_SIZE);
	return heal_change_objection(&to);
}

const char *
heal_raise_keep(HealRecovery *recovery)
{
	return heal_attempt(keep_now, recovery);
}

const HealAction heal_action_raise = {
	.in_database = true,
	.at_home = true,
	.statement = heal_setting_statement,
	.undo_statement = heal_setting_undo_statement,
	.changed = heal_setting_changed,
	.plan = raise_plan,
	.aim = raise_aim,
	.keep = heal_raise_keep,
	.act = heal_setting_act,
	.undo = heal_setting_undo,
};

/* Giving back */

static const char *
find_loan(int64 id, HealRecovery *loan)
{
	if (!heal_ledger_copy_recovery(id, loan))
		return "it is no longer known what was raised";
	return heal_recovery_is_a_loan(loan) ||
				   loan->change.done == HEAL_TARGET_UNDONE
			   ? NULL
			   : "there is nothing to give back";
}

static const char *
give_back_statement(const HealRecovery *recovery)
{
	HealRecovery loan;

	if (find_loan(recovery->undoes, &loan) != NULL)
		return psprintf("give back recovery %lld",
						(long long) recovery->undoes);
	return heal_setting_undo_statement(&loan);
}

/* By hand the target is the number of the recovery that raised it. */
static void
give_back_aim(HealRecovery *recovery, const char *target,
			  const HealSituation *situation)
{
	HealRecovery loan;
	char *end;

	if (target == NULL)
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("remedy \"give_back\" needs a target"),
			errhint("Give the number of a recovery that raised a setting."));
	errno = 0;
	recovery->undoes = strtoll(target, &end, 10);
	if (end == target || *end != '\0' || errno != 0 || recovery->undoes <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not the number of a recovery", target),
				errhint("selfheal.recoveries shows them."));
	if (!heal_ledger_copy_recovery(recovery->undoes, &loan) ||
		!heal_recovery_is_a_loan(&loan))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("recovery %lld has raised nothing that is in effect",
					   (long long) recovery->undoes),
				errhint("selfheal.recoveries shows what was raised."));
	if (!heal_ledger_is_topmost_loan(heal_ledger_copy(), &loan))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("setting \"%s\" was raised again since recovery %lld",
					   loan.subject.name, (long long) recovery->undoes),
				errhint("Give back the newest raise first; selfheal.recoveries "
						"shows them."));
	recovery->subject = loan.subject;
	strlcpy(recovery->component, loan.component, sizeof(recovery->component));
}

typedef struct Whose
{
	HealSettingOrder raised;
	HealSettingOrder before;
	bool raised_now; /* it is what we made it */
	bool before_now; /* it is what it was */
	bool theirs;	 /* it is neither: it is somebody else's by now */
} Whose;

/* NULL, or, when it is somebody else's, a clause that says how that shows. */
static const char *
look_whose(void *argument)
{
	Whose *whose = argument;
	const char *changed = "it does not exist any more";

	if (heal_change_object(&whose->raised) != NULL)
	{
		changed = heal_setting_not_as_expected(&whose->raised);
		whose->raised_now = changed == NULL;
		whose->before_now =
			heal_setting_not_as_expected(&whose->before) == NULL;
	}
	whose->theirs = !whose->raised_now && !whose->before_now;
	return whose->theirs ? changed : NULL;
}

static HealDone
give_back_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealRecovery loan = {0};
	Whose whose = {0};
	const char *problem = heal_look_objection(recovery, heal_look());

	if (problem == NULL)
		problem = find_loan(recovery->undoes, &loan);
	if (problem == NULL &&
		!heal_ledger_is_topmost_loan(heal_ledger_copy(), &loan))
		problem = "it was raised again since, which is given back first";
	if (problem == NULL)
	{
		whose =
			(Whose){heal_setting_forward(&loan), heal_setting_backward(&loan)};
		problem = heal_attempt(look_whose, &whose);
	}
	if (whose.theirs)
	{
		snprintf(outcome, size, "left alone: %s; it would have been: %s",
				 problem, heal_setting_undo_statement(&loan));
		return HEAL_LEFT_ALONE;
	}
	if (problem == NULL)
		problem = heal_setting_undo(&loan);
	if (problem != NULL)
	{
		strlcpy(outcome, problem, size);
		return loan.change.done == HEAL_TARGET_NOT_IN_EFFECT
				   ? HEAL_NOT_IN_EFFECT
				   : HEAL_NOT_DONE;
	}
	snprintf(outcome, size,
			 whose.raised_now ? "given back: %s" : "it was back already: %s",
			 heal_setting_undo_statement(&loan));
	return HEAL_DONE;
}

/* Given back, or somebody else's by now. */
static const char *
give_back_effect(const HealRecovery *recovery)
{
	HealRecovery loan;
	Whose whose;
	const char *problem = find_loan(recovery->undoes, &loan);

	if (problem != NULL)
		return problem;
	whose = (Whose){heal_setting_forward(&loan), heal_setting_backward(&loan)};
	problem = heal_attempt(look_whose, &whose);
	if (whose.theirs)
		return NULL;
	if (problem == NULL && whose.raised_now && !whose.before_now)
		problem = "the raised value is still set";
	return problem;
}

static const char *
give_back_verified(const HealRecovery *recovery, const HealSituation *situation)
{
	HealRecovery loan;
	Whose whose = {0};

	if (find_loan(recovery->undoes, &loan) != NULL)
		return "nothing of it is in effect";
	whose = (Whose){heal_setting_forward(&loan), heal_setting_backward(&loan)};
	if (heal_attempt(look_whose, &whose) == NULL && whose.before_now)
		return psprintf("%s is what it was before: %s", loan.subject.name,
						loan.change.before);
	return psprintf("%s was given back, and somebody has set it since",
					loan.subject.name);
}

const HealAction heal_action_give_back = {
	.in_database = true,
	.at_home = true,
	.statement = give_back_statement,
	.aim = give_back_aim,
	.act = give_back_act,
	.effect = give_back_effect,
	.verified = give_back_verified,
};
