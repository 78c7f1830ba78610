/*
 * verify.c
 *		Did it help?
 *
 * A blocker that is gone proves nothing: the next in line may have taken its place. A pile-up is
 * healed when the failure's own condition no longer holds and every session that waited before the
 * act has left that wait; a wait is named by session and start, so a new wait is not the old one.
 */
#include "recover/verify.h"

static int
youngest(const HealSufferer *sufferers, int count)
{
	int index = 0;

	for (int i = 1; i < count; i++)
		if (sufferers[i].wait_start > sufferers[index].wait_start)
			index = i;
	return index;
}

int
heal_verify_sufferers(const HealSituation *situation,
					  const HealSubject *subject, HealSufferer *sufferers,
					  int max)
{
	int root = heal_situation_lookup(situation, subject->session);
	int count = 0;

	if (root < 0)
		return 0;
	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];
		HealSufferer sufferer = {session->id, session->wait_start};

		if (!session->waiting || session->root != root)
			continue;
		if (count < max)
			sufferers[count++] = sufferer;
		else if (max > 0)
		{
			int index = youngest(sufferers, count);

			if (sufferers[index].wait_start > sufferer.wait_start)
				sufferers[index] = sufferer;
		}
	}
	return count;
}

HealEffect
heal_verify_effect(const HealSituation *situation,
				   const HealFailureLimits *limits, int kind,
				   const HealSubject *subject, const HealSufferer *sufferers,
				   int count)
{
	HealEffect effect = {.sufferers = count};

	if (kind >= 0 && kind < HEAL_FAILURE_KINDS)
		effect.gone = heal_failures[kind].gone(situation, limits, subject);
	else
	{
		int index = heal_situation_lookup(situation, subject->session);

		/* asked for by a human without a failure: the session ended or got out of the way */
		effect.gone = index < 0 ||
					  (!situation->session[index].waiters &&
					   situation->session[index].state != HEAL_SESSION_ACTIVE);
	}
	for (int i = 0; i < count; i++)
		for (int j = 0; j < situation->sessions; j++)
		{
			const HealSession *session = &situation->session[j];

			if (heal_same_identity(session->id, sufferers[i].id) &&
				session->waiting &&
				session->wait_start == sufferers[i].wait_start)
				effect.still_waiting++;
		}
	return effect;
}

bool
heal_verify_healed(const HealEffect *effect)
{
	return effect->gone && effect->still_waiting == 0;
}
