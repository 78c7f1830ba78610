/*
 * userremedy.c
 *		Remedies of users: what they are, which failures they treat, when one is next.
 */
#include "recover/userremedy.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"

/* What the texts of bound rows point to. */
static HealUserRemedy bound[HEAL_USER_REMEDIES];
static struct
{
	char call[HEAL_SENTENCE];
	char undo[HEAL_SENTENCE];
	char expects[HEAL_SENTENCE];
} texts[HEAL_USER_REMEDIES];

bool
heal_user_remedy_has(const HealUserRemedy *remedy, HealUserFunctionUse use)
{
	return remedy->function[use].name[0] != '\0';
}

bool
heal_strategy_exists(const char *name)
{
	static const char *const names[] = {"restart",	   "failover", "scale",
										"reconfigure", "clear",	   "throttle",
										"monitor"};

	return heal_name_lookup(names, heal_lengthof(names), name) >= 0;
}

int
heal_user_risk_lookup(const char *name)
{
	for (HealRisk risk = HEAL_RISK_LOW; risk <= HEAL_RISK_HIGH; risk++)
		if (strcmp(heal_risk_name(risk), name) == 0)
			return (int) risk;
	return -1;
}

bool
heal_user_time_is_valid(HealTime time)
{
	return time >= HEAL_USER_LEAST_TIME && time <= HEAL_USER_MOST_TIME;
}

/* What the picture does not show is looked at by the checks of the scanner. */
bool
heal_user_may_treat(int kind)
{
	return heal_failures[kind].in_picture || kind == HEAL_INVALID_INDEX ||
		   kind == HEAL_STALE_STATISTICS || kind == HEAL_OVERDUE_VACUUM;
}

static void
describe(char *to, size_t size, const char *before,
		 const HealUserFunctionName *function)
{
	snprintf(to, size, "%s%s.%s(bigint, text, jsonb)", before, function->schema,
			 function->name);
}

void
heal_user_remedy_bind(int row, const HealUserRemedy *remedy)
{
	HealUserRemedy *kept = &bound[row];
	bool can_be_undone;

	if (remedy == NULL || remedy->name[0] == '\0')
	{
		heal_remedy_bind(row, NULL);
		return;
	}
	*kept = *remedy;
	can_be_undone = heal_user_remedy_has(kept, HEAL_USER_UNDO);
	describe(texts[row].call, sizeof(texts[row].call), "",
			 &kept->function[HEAL_USER_ACT]);
	if (can_be_undone)
		describe(texts[row].undo, sizeof(texts[row].undo), "",
				 &kept->function[HEAL_USER_UNDO]);
	else
		snprintf(texts[row].undo, sizeof(texts[row].undo),
				 "none: it was added without a function that undoes it");
	if (heal_user_remedy_has(kept, HEAL_USER_VERIFY))
		describe(texts[row].expects, sizeof(texts[row].expects),
				 "the failure's own condition no longer holds, and true from ",
				 &kept->function[HEAL_USER_VERIFY]);
	else
		snprintf(texts[row].expects, sizeof(texts[row].expects),
				 "the failure's own condition no longer holds");
	heal_remedy_bind(
		row,
		&(HealRemedy){
			.name = kept->name,
			.strategy = kept->strategy,
			.action = HEAL_ACTION_USER,
			.risk = (HealRisk) kept->risk,
			.reversible = can_be_undone,
			.slow = kept->time_limit > HEAL_USER_SLOW,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = (int) (kept->verify_within / HEAL_MILLISECOND),
			.settle_ms = 300,
			.acts_as = kept->owner,
			.does = kept->description,
			.needs = "its functions and their owner are as when it was added",
			.locks = "those that its function takes, each waited for 1 s",
			.undo = texts[row].undo,
			.expects = texts[row].expects,
			.call = texts[row].call,
		});
}

int
heal_user_remedy_next(const HealUserRemedy remedies[HEAL_USER_REMEDIES],
					  int kind, uint32_t skip)
{
	int next = -1;

	for (int row = 0; row < HEAL_USER_REMEDIES; row++)
	{
		const HealUserRemedy *remedy = &remedies[row];

		if (remedy->name[0] == '\0' || (skip & (UINT32_C(1) << row)) ||
			(remedy->treats & (UINT64_C(1) << kind)) == 0)
			continue;
		if (next < 0 || remedy->risk < remedies[next].risk ||
			(remedy->risk == remedies[next].risk &&
			 remedy->added_at < remedies[next].added_at))
			next = row;
	}
	return next;
}

static void
plan_text(char *text, size_t size, const HealUserRemedy *remedy)
{
	snprintf(text, size, "%s %s %s", remedy->name, remedy->fingerprint,
			 remedy->strategy);
}

void
heal_user_remedy_plan(HealRecovery *recovery, const HealUserRemedy *remedy)
{
	plan_text(recovery->change.after, sizeof(recovery->change.after), remedy);
	recovery->change.number = heal_user_remedy_has(remedy, HEAL_USER_UNDO)
								  ? HEAL_USER_CAN_BE_UNDONE
								  : 0;
}

bool
heal_user_remedy_is_planned(const HealRecovery *recovery,
							const HealUserRemedy *remedy)
{
	char text[HEAL_VALUE_SIZE];

	plan_text(text, sizeof(text), remedy);
	return remedy->name[0] != '\0' && strcmp(recovery->change.after, text) == 0;
}

const char *
heal_recovery_remedy_name(const HealRecovery *recovery, char *name)
{
	if (!heal_remedy_is_user(recovery->remedy))
		return heal_remedies[recovery->remedy].name;
	snprintf(name, HEAL_NAME_SIZE, "%.*s",
			 (int) strcspn(recovery->change.after, " "),
			 recovery->change.after);
	return name;
}

const char *
heal_recovery_strategy(const HealRecovery *recovery)
{
	const char *last = strrchr(recovery->change.after, ' ');

	return heal_remedy_is_user(recovery->remedy) && last != NULL
			   ? last + 1
			   : heal_remedies[recovery->remedy].strategy;
}

bool
heal_recovery_can_be_undone(const HealRecovery *recovery)
{
	return heal_remedy_is_user(recovery->remedy)
			   ? (recovery->change.number & HEAL_USER_CAN_BE_UNDONE) != 0
			   : heal_remedies[recovery->remedy].reversible;
}
