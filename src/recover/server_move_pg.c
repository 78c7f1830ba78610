/*
 * server_move_pg.c
 *		A setting of the server from one value in postgresql.auto.conf to another, and nowhere else.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "config/book_pg.h"
#include "db/execute_pg.h"
#include "db/query.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/server_move_pg.h"

#define TIMEOUT_MS 5000

const char *
heal_server_move_statement(const char *parameter, const char *value)
{
	return value == NULL ? psprintf("ALTER SYSTEM RESET %s", parameter)
						 : psprintf("ALTER SYSTEM SET %s = %s", parameter,
									quote_literal_cstr(value));
}

HealChanged
heal_server_move_changed(const char *parameter, const char *before,
						 const char *after)
{
	return (HealChanged){
		.level = heal_level_name(HEAL_LEVEL_SERVER),
		.name = "",
		.parameter = parameter,
		.before = before,
		.after = after,
	};
}

/* Looking */

static HealSettingOrder
order_for(const char *parameter, const char *value)
{
	HealSettingOrder order = {
		.level = HEAL_LEVEL_SERVER, .parameter = parameter, .value = value};

	return order;
}

const char *
heal_server_move_now(const char *parameter)
{
	HealSettingOrder order = order_for(parameter, NULL);
	MemoryContext context = CurrentMemoryContext;
	const char *value;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	value = heal_setting_now(&order, context);
	SPI_finish();
	PopActiveSnapshot();
	return value;
}

bool
heal_server_move_on_command_line(const char *parameter)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(parameter);
	bool answer;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	answer = heal_query_text(
				 "SELECT s.source FROM pg_settings s WHERE s.name = $1"
				 " AND s.source IN ('command line', 'environment variable')",
				 1, &type, &name) != NULL;
	SPI_finish();
	PopActiveSnapshot();
	return answer;
}

bool
heal_server_move_planned(const char *parameter, char *before, size_t size)
{
	HealSetting set = heal_config_lookup(InvalidOid, InvalidOid, parameter);
	bool is_set = set.form != HEAL_SETTING_UNSET && !set.is_default;

	if (before != NULL)
		strlcpy(before, is_set ? set.value : "", size);
	return is_set;
}

bool
heal_server_move_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* In a transaction, as an attempt. */
static const char *
is_there(void *argument)
{
	const HealServerMove *move = argument;

	return heal_server_move_same(heal_server_move_now(move->parameter),
								 move->to)
			   ? NULL
			   : "it is another";
}

static const char *
look(void *argument)
{
	const HealServerMove *move = argument;
	const HealSituation *situation;
	const char *objection;
	const char *now;

	if (move->objection != NULL)
	{
		situation = heal_look_here();
		objection = heal_look_objection(move->recovery, situation);
		if (objection == NULL)
			objection = move->objection(move->recovery, situation);
		if (objection != NULL)
			return objection;
	}
	now = heal_server_move_now(move->parameter);
	if (heal_server_move_same(now, move->from))
		return NULL;
	return now == NULL
			   ? psprintf("somebody has reset %s since", move->parameter)
			   : psprintf("somebody has changed %s since: it is %s",
						  move->parameter, quote_literal_cstr(now));
}

/* Moving */

static const char *
bring_into_effect(const HealServerMove *move)
{
	HealSettingOrder order = order_for(move->parameter, move->to);

	return heal_change_bring_into_effect(&order);
}

/* NULL when it is done and in effect; *changed also when it is done and not in effect. */
static const char *
carry_out(HealServerMove *move, bool *changed)
{
	static char why[HEAL_SENTENCE]; /* a look empties the memory context */
	HealExecution how = {.statement_timeout_ms = TIMEOUT_MS};
	const char *objection = heal_attempt(look, move);

	*changed = false;
	if (objection != NULL)
		return objection;
	if (!heal_execute_top_level(
			heal_server_move_statement(move->parameter, move->to), &how, why,
			sizeof(why)))
		return why;
	*changed = true;
	return bring_into_effect(move);
}

/* What is written and not in effect would be a surprise later. */
static void
take_back(const HealServerMove *move, const char *problem, char *outcome,
		  size_t size)
{
	HealServerMove back = {move->recovery, move->parameter, move->to,
						   move->from, NULL};
	bool changed;
	const char *failed = carry_out(&back, &changed);

	snprintf(outcome, size, "it is not in effect (%s) and %s", problem,
			 changed ? "was taken back"
					 : psprintf("could not be taken back: %s", failed));
}

HealDone
heal_server_move_act(HealServerMove *move, bool again, char *outcome,
					 size_t size)
{
	bool changed;
	const char *problem;

	if (again && heal_attempt(is_there, move) == NULL)
	{
		(void) bring_into_effect(move);
		snprintf(outcome, size, "the recoverer before this one has done it");
		return HEAL_DONE_TWICE;
	}
	problem = carry_out(move, &changed);
	if (problem != NULL && changed)
		take_back(move, problem, outcome, size);
	else
		snprintf(
			outcome, size, "%s%s", problem ? problem : "done, and in effect: ",
			problem ? ""
					: heal_server_move_statement(move->parameter, move->to));
	return problem == NULL ? HEAL_DONE : HEAL_NOT_DONE;
}

const char *
heal_server_move_undo(HealServerMove *move, HealRecovery *recovery)
{
	bool put_back = true;
	const char *problem;

	/* undone already, by us or by somebody who wanted the same */
	if (heal_attempt(is_there, move) == NULL)
		problem = bring_into_effect(move);
	else
		problem = carry_out(move, &put_back);
	return heal_action_undone(recovery, put_back, problem);
}
