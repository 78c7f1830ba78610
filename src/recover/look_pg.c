/*
 * look_pg.c
 *		What a recoverer sees, and what speaks against going on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "db/reload.h"
#include "decide/plan_pg.h"
#include "history/ledger_pg.h"
#include "recover/look_pg.h"
#include "sample/situation_pg.h"

static MemoryContext look_context;

void
heal_look_init(void)
{
	look_context = AllocSetContextCreate(TopMemoryContext, "selfheal recoverer",
										 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(look_context);
}

const HealSituation *
heal_look_here(void)
{
	HealSituation *situation;
	MemoryContext before;

	heal_reload_if_asked(); /* what protects or forbids may have changed */
	MemoryContextReset(look_context);
	before = MemoryContextSwitchTo(look_context);
	situation = heal_situation_take();
	MemoryContextSwitchTo(before);
	return situation;
}

const HealSituation *
heal_look(void)
{
	const HealSituation *situation;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	situation = heal_look_here();
	CommitTransactionCommand();
	MemoryContextSwitchTo(look_context);
	return situation;
}

bool
heal_look_failure_holds(const HealRecovery *recovery,
						const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();
	HealFinding *findings = palloc(sizeof(HealFinding) * HEAL_MAX_FINDINGS);
	int count;

	if (recovery->kind < 0)
		return true;
	count = heal_failures[recovery->kind].find(situation, &limits, findings,
											   HEAL_MAX_FINDINGS);
	for (int i = 0; i < count; i++)
		if (heal_subject_same(&findings[i].subject, &recovery->subject))
			return true;
	return false;
}

bool
heal_look_is_needed(const HealRecovery *recovery,
					const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();

	if (recovery->kind != HEAL_CONNECTION_SLOTS)
		return heal_look_failure_holds(recovery, situation);
	return situation->slots_used >
		   (limits.connection_slots_threshold - HEAL_SLOTS_TO_FREE) *
			   situation->slots_total;
}

const char *
heal_look_rails(const HealRecovery *recovery, const HealSituation *situation)
{
	HealLedger *ledger = heal_ledger_copy();
	HealGuardFacts facts =
		heal_plan_facts(ledger, recovery, situation, !recovery->autonomous);
	HealJudgement verdict = heal_guard_judge(&facts);

	if (verdict.kind == HEAL_REFUSE ||
		(verdict.kind == HEAL_ASK && recovery->autonomous))
		return pstrdup(verdict.reason);
	return NULL;
}

const char *
heal_look_objection(const HealRecovery *recovery,
					const HealSituation *situation)
{
	if (recovery->plan_hash != heal_plan_hash(recovery))
		return "the plan is not the one that was decided on";
	if (!heal_look_failure_holds(recovery, situation))
		return "the failure no longer holds at the last look";
	return heal_look_rails(recovery, situation);
}
