/*
 * action_table_option_pg.c
 *		Let autovacuum see to a table again that has it switched off.
 *
 * As the table's owner, and only if the lock for it is free. Its option is reset and not set: what holds for
 * the server then holds for the table.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "decide/plan_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/change_setting_pg.h"
#include "recover/relation_pg.h"
#include "scan/ailment_pg.h"

#define TIMEOUT_MS 5000
#define OPTION "autovacuum_enabled"

static const char *
option_statement(const HealRecovery *recovery)
{
	return psprintf("ALTER TABLE %s RESET (" OPTION ")",
					heal_relation_name(&recovery->subject));
}

static const char *
option_undo_statement(const HealRecovery *recovery)
{
	return psprintf("ALTER TABLE %s SET (" OPTION " = off)",
					heal_relation_name(&recovery->subject));
}

static HealChanged
option_changed(const HealRecovery *recovery)
{
	return (HealChanged){
		.level = heal_level_name(HEAL_LEVEL_TABLE),
		.name = heal_relation_name(&recovery->subject),
		.parameter = OPTION,
		.before = "off",
	};
}

static void
option_aim(HealRecovery *recovery, const char *target,
		   const HealSituation *situation)
{
	strlcpy(recovery->component, "maintenance", sizeof(recovery->component));
	recovery->subject =
		heal_relation_parse(target, "rm", heal_remedies[recovery->remedy].name);
	heal_plan_name_database(recovery, MyDatabaseId);
}

/* In a transaction: NULL when it is off. */
static const char *
not_off(void *argument)
{
	const HealRecovery *recovery = argument;
	char *value = heal_relation_ask(
		"SELECT o.option_value FROM pg_catalog.pg_class AS c, "
		"pg_catalog.pg_options_to_table(c.reloptions) AS o "
		"WHERE c.oid OPERATOR(pg_catalog.=) $1 "
		"AND o.option_name OPERATOR(pg_catalog.=) '" OPTION "'",
		recovery->subject.relation);
	bool on;

	return value != NULL && parse_bool(value, &on) && !on
			   ? NULL
			   : "the table does not switch autovacuum off any more";
}

static const char *
option_keep(HealRecovery *recovery)
{
	const char *reason = heal_attempt(not_off, recovery);

	if (reason != NULL)
		heal_ailments_forget(HEAL_AILMENT_AUTOVACUUM_OFF, &recovery->subject);
	return reason;
}

static HealDone
option_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealHeld held = {0};
	HealSettingOrder order = {.level = HEAL_LEVEL_TABLE,
							  .object = recovery->subject.relation,
							  .parameter = OPTION};
	const char *problem = heal_attempt(not_off, recovery);
	bool done;

	if (again && problem != NULL)
	{
		strlcpy(outcome, problem, size);
		return HEAL_DONE_TWICE;
	}
	if (problem == NULL)
		problem = heal_relation_take_hold(recovery, &held);
	if (problem != NULL)
	{
		strlcpy(outcome, problem, size);
		heal_ailments_put_off(HEAL_AILMENT_AUTOVACUUM_OFF, &recovery->subject);
		return HEAL_NOT_DONE;
	}
	heal_ailments_acted(HEAL_AILMENT_AUTOVACUUM_OFF);
	done = heal_change_apply(&order, TIMEOUT_MS, outcome, size);
	if (!done)
	{
		heal_ailments_put_off(HEAL_AILMENT_AUTOVACUUM_OFF, &recovery->subject);
		return HEAL_NOT_DONE;
	}
	heal_relation_release(&held);
	snprintf(outcome, size, "autovacuum is no longer off for the table");
	return HEAL_DONE;
}

static const char *
option_effect(const HealRecovery *recovery)
{
	if (heal_attempt(not_off, (void *) recovery) == NULL)
		return "the option is still off";
	heal_ailments_forget(HEAL_AILMENT_AUTOVACUUM_OFF, &recovery->subject);
	return NULL;
}

const HealAction heal_action_table_option = {
	.in_database = true,
	.statement = option_statement,
	.undo_statement = option_undo_statement,
	.changed = option_changed,
	.aim = option_aim,
	.keep = option_keep,
	.act = option_act,
	.effect = option_effect,
};
