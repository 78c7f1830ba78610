/*
 * watch_pg.c
 *		What an act has brought those who suffered.
 */
#include "postgres.h"

#include "db/clock.h"
#include "decide/plan_pg.h"
#include "recover/action_pg.h"
#include "recover/look_pg.h"
#include "recover/wait_pg.h"
#include "recover/watch_pg.h"

#define LOOK_EVERY_MS 50

/* Known to this process beyond the record: lost with it, and not needed to go on. */
static HealSufferer sufferers[HEAL_MAX_SUFFERERS];
static int sufferer_count = 0;

void
heal_watch_sufferers(HealRecovery *recovery, const HealSituation *situation)
{
	sufferer_count = heal_verify_sufferers(situation, &recovery->subject,
										   sufferers, HEAL_MAX_SUFFERERS);
	if (sufferer_count == 0)
		return;
	recovery->waiters_before = sufferer_count;
	recovery->oldest_wait_before = sufferers[0].wait_start;
	for (int i = 1; i < sufferer_count; i++)
		recovery->oldest_wait_before =
			Min(recovery->oldest_wait_before, sufferers[i].wait_start);
}

bool
heal_watch_target_left(const HealRecovery *recovery,
					   const HealSituation *situation)
{
	for (int i = 0; i < recovery->targets; i++)
	{
		int found = heal_situation_lookup(situation, recovery->target[i].id);

		if (found >= 0 && situation->session[found].transaction_start ==
							  recovery->target[i].transaction_start)
			return true;
	}
	return false;
}

/* What one look says about the act's effect. */
static HealEffect
effect_now(const HealRecovery *recovery, const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();
	const HealAction *action = heal_action_of(recovery);
	HealEffect effect =
		heal_verify_effect(situation, &limits, recovery->kind,
						   &recovery->subject, sufferers, sufferer_count);

	if (action->effect != NULL)
	{
		bool there = action->effect(recovery) == NULL;

		effect.gone = there && (recovery->kind < 0 || effect.gone ||
								!heal_failures[recovery->kind].in_picture);
	}
	else if (recovery->kind < 0 && recovery->targets > 0 &&
			 !heal_remedies[recovery->remedy].cancels)
		effect.gone = !heal_watch_target_left(
			recovery, situation); /* all that were named, and nothing else */
	return effect;
}

HealEffect
heal_watch(const HealRecovery *recovery, int64 until_us,
		   const HealSituation **last)
{
	int64 settle_us =
		heal_remedies[recovery->remedy].settle_ms * HEAL_MILLISECOND;
	int64 healed_since = 0;
	HealEffect effect;

	for (;;)
	{
		int64 now;

		*last = heal_look();
		effect = effect_now(recovery, *last);
		now = heal_monotonic_us();
		if (!heal_verify_healed(&effect))
			healed_since = 0;
		else if (healed_since == 0)
			healed_since = now;
		if (healed_since != 0 && now - healed_since >= settle_us)
			return effect;
		if (now >= until_us && healed_since == 0)
			return effect;
		heal_wait_ms(LOOK_EVERY_MS);
	}
}
