/*
 * blame.c
 *		Our own last act is among the suspects of the next failure.
 */
#include "decide/blame.h"

#include <string.h>

/* Done, and at its end: one on its way has a verdict of its own to come to. */
static bool
was_done(const HealRecovery *recovery)
{
	return recovery->id != 0 && recovery->acted_at != 0 &&
		   (recovery->stage == HEAL_SUCCEEDED ||
			recovery->stage == HEAL_FAILED || recovery->stage == HEAL_UNKNOWN);
}

static HealBlameKind
suspicion(const HealRecovery *recovery, const char *component, HealTime before,
		  HealTime window, HealAsked can_be_undone, HealAsked is_over)
{
	if (heal_remedies[recovery->remedy].temporary &&
		(before >= recovery->change.number * HEAL_SECOND ||
		 strcmp(recovery->component, component) != 0 || is_over(recovery)))
		return HEAL_BLAME_NONE;
	if (can_be_undone(recovery))
		return recovery->change.done == HEAL_TARGET_SIGNALLED &&
					   before <= HEAL_BLAME_REVERSIBLE
				   ? HEAL_BLAME_UNDO
				   : HEAL_BLAME_NONE;
	return recovery->autonomous && before < window &&
				   strcmp(recovery->component, component) == 0
			   ? HEAL_BLAME_ASK
			   : HEAL_BLAME_NONE;
}

HealBlame
heal_blame(const HealLedger *ledger, int64_t failure, const char *component,
		   HealTime since, HealTime window, HealAsked can_be_undone,
		   HealAsked is_over)
{
	HealBlame blame = {.kind = HEAL_BLAME_NONE};

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];
		HealTime before = since - recovery->acted_at;
		HealBlameKind kind;

		if (!was_done(recovery) || recovery->failure == failure || before < 0)
			continue;
		kind = suspicion(recovery, component, before, window, can_be_undone,
						 is_over);
		if (kind == HEAL_BLAME_NONE || kind < blame.kind ||
			(kind == blame.kind && recovery->id < blame.recovery))
			continue;
		blame = (HealBlame){.kind = kind,
							.recovery = recovery->id,
							.remedy = recovery->remedy,
							.before = before};
	}
	return blame;
}
