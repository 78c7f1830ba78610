/*
 * give_back_pg.c
 *		Settings that were raised, given back when nothing needs them any more.
 *
 * What was raised is in the ledger, so it is known after a restart; since when nothing has needed it is not, so
 * that time begins anew. One that is needed again after it was given back stays, or it would go up and down:
 * then a human is told to make it permanent.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "decide/plan_pg.h"
#include "detect/failure_proof.h"
#include "history/escalation_pg.h"
#include "history/ledger_pg.h"
#include "recover/action_setting_pg.h"
#include "recover/give_back_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

/* A role that is never at rest would keep it for ever, and nobody would know. */
#define ASK_AFTER HEAL_DAY

/* Of this engine process. */
static struct
{
	int64 recovery;
	TimestampTz needed_at; /* last */
} need[HEAL_MAX_RECOVERIES];

static double
value_before(const HealRecovery *loan)
{
	int flags = GetConfigOptionFlags(loan->subject.name, true) & GUC_UNIT;
	double value;

	return parse_real(loan->change.before, &value, flags, NULL) ? value : 0;
}

static bool
failure_is_open(HealLedger *ledger, const HealRecovery *loan)
{
	return loan->kind >= 0 &&
		   heal_ledger_open_failure(ledger, loan->kind, &loan->subject) != NULL;
}

/*
 * What a role's statements would spill with less is not seen while they do not spill. So it is needed while they run, and
 * given back when there are none.
 */
static bool
is_needed(const HealRecovery *loan, const HealSituation *situation)
{
	if (loan->remedy == HEAL_REMEDY_RAISE_ROLE_SETTING)
		return heal_spill_role_at_work(situation, &loan->subject);
	return heal_pressure_needs_more(&situation->pressure, loan->subject.name,
									value_before(loan));
}

/* When it was needed last, as far as this process knows. */
static TimestampTz
needed_until(int slot, HealLedger *ledger, const HealSituation *situation,
			 TimestampTz now)
{
	const HealRecovery *loan = &ledger->recovery[slot];

	if (need[slot].recovery != loan->id || failure_is_open(ledger, loan) ||
		is_needed(loan, situation))
	{
		need[slot].recovery = loan->id;
		need[slot].needed_at = now;
	}
	return need[slot].needed_at;
}

/* The newest try to give it back. */
static const HealRecovery *
last_try(const HealLedger *ledger, const HealRecovery *loan)
{
	const HealRecovery *last = NULL;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (ledger->recovery[i].id != 0 &&
			ledger->recovery[i].undoes == loan->id &&
			(last == NULL || ledger->recovery[i].id > last->id))
			last = &ledger->recovery[i];
	return last;
}

/* One that failed or was withdrawn is tried again after a while; one that a human rejected is not. */
static bool
may_be_tried(const HealLedger *ledger, const HealRecovery *loan,
			 TimestampTz now)
{
	const HealRecovery *last = last_try(ledger, loan);

	if (last == NULL)
		return true;
	return heal_stage_is_final((HealStage) last->stage) &&
		   last->stage != HEAL_REJECTED &&
		   now - last->finished_at >=
			   Min(heal_scale_give_back * HEAL_SECOND, HEAL_MINUTE);
}

/* What it was raised for may come back; that the server is ended for lack of memory is worse. */
static bool
costs_too_much(const HealRecovery *loan, const HealSituation *situation)
{
	return loan->remedy == HEAL_REMEDY_RAISE_ROLE_SETTING &&
		   heal_memory_is_short(&situation->memory);
}

static HealRecovery
draft(const HealRecovery *loan, TimestampTz unneeded_for, bool short_of_memory,
	  TimestampTz now)
{
	HealRecovery recovery = {
		.kind = -1,
		.subject = loan->subject,
		.undoes = loan->id,
		.remedy = HEAL_REMEDY_GIVE_BACK,
		.stage = HEAL_PROPOSED,
		.origin = HEAL_BY_ENGINE,
		.max_attempts = 1,
		.proposed_at = now,
		.expires_at = now + heal_proposal_expiry * HEAL_SECOND,
	};
	char duration[HEAL_DURATION_SIZE];

	strlcpy(recovery.component, loan->component, sizeof(recovery.component));
	strlcpy(recovery.requested_by, "selfheal", sizeof(recovery.requested_by));
	if (short_of_memory)
		snprintf(recovery.evidence, sizeof(recovery.evidence),
				 "memory is short, and recovery %lld has raised %s",
				 (long long) loan->id, loan->subject.name);
	else
		snprintf(recovery.evidence, sizeof(recovery.evidence),
				 "nothing has needed the %s of recovery %lld for %s",
				 loan->subject.name, (long long) loan->id,
				 heal_duration_format(unneeded_for, duration));
	recovery.plan_hash = heal_plan_hash(&recovery);
	return recovery;
}

/* Rails that pass by waiting are no reason to ask anybody. */
static bool
passes(const HealJudgement *verdict)
{
	return strcmp(verdict->rail, "cooldown") == 0 ||
		   strcmp(verdict->rail, "cap_reached") == 0 ||
		   strcmp(verdict->rail, "many_at_once") == 0;
}

static void
give_back(const HealLedger *ledger, const HealSituation *situation,
		  HealRecovery *recovery)
{
	HealGuardFacts facts = heal_plan_facts(ledger, recovery, situation, false);
	HealJudgement verdict = heal_guard_judge(&facts);

	if (verdict.kind == HEAL_REFUSE || passes(&verdict))
		return;
	(void) heal_plan_propose(recovery, &verdict);
}

static void
ask_to_make_permanent(const HealLedger *ledger, const HealRecovery *loan,
					  const char *because)
{
	HealRecovery told = *loan;

	if (heal_ledger_escalated(ledger, loan->failure, loan->id))
		return;
	snprintf(told.message, sizeof(told.message),
			 "%s %s, so it stays at %s: "
			 "set it yourself, or give_back with target %lld",
			 loan->subject.name, because, loan->change.after,
			 (long long) loan->id);
	heal_escalate_recovery(&told);
}

static void
look_after(int slot, HealLedger *ledger, const HealSituation *situation)
{
	const HealRecovery *loan = &ledger->recovery[slot];
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz unneeded_for = now - needed_until(slot, ledger, situation, now);
	bool too_much = costs_too_much(loan, situation);
	HealRecovery recovery;

	if ((loan->change.number & HEAL_STAYS) && !too_much)
		ask_to_make_permanent(ledger, loan,
							  "was needed again after it had been given back");
	else if (heal_scale_give_back > 0 &&
			 (too_much || unneeded_for >= heal_scale_give_back * HEAL_SECOND) &&
			 heal_ledger_is_topmost_loan(ledger, loan) &&
			 may_be_tried(ledger, loan, now))
	{
		recovery = draft(loan, unneeded_for, too_much, now);
		give_back(ledger, situation, &recovery);
	}
	else if (loan->remedy == HEAL_REMEDY_RAISE_ROLE_SETTING &&
			 now - loan->acted_at > ASK_AFTER)
		ask_to_make_permanent(ledger, loan, "has been needed for a day");
}

void
heal_give_back_stage(void)
{
	const HealSituation *situation = heal_situation_current();
	HealLedger *ledger;

	if (situation == NULL || situation->in_recovery ||
		!heal_ledger_ready(NULL) || !heal_ledger_has_loans())
		return;
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (heal_recovery_is_a_loan(&ledger->recovery[i]))
			look_after(i, ledger, situation);
	}
}
