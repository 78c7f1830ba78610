/*
 * failure_connection_slots.c
 *		Connection slots nearly exhausted.
 *
 * What frees slots without harm is ending sessions that are plainly idle:
 * outside a transaction, for long, and not protected. No more than needed to
 * come HEAL_SLOTS_TO_FREE under the threshold, those idle longest first. Where there are
 * none, it is a finding without targets.
 *
 * One situation cannot say since when the share is that high: since is the
 * moment of the picture, and the caller who keeps the failure open remembers
 * the first.
 */
#include "detect/failure_proof.h"

#include <stdio.h>

#define HYSTERESIS 0.05 /* below the threshold: what counts as cured */

static double share_used(const HealSituation *situation);
static int pick_targets(const HealSituation *situation,
						const HealFailureLimits *limits, int *target);
static int sessions_to_end(const HealSituation *situation, double threshold);
static bool is_plainly_idle(const HealSituation *situation,
							const HealSession *session, HealTime age);

int
heal_connection_slots_find(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   HealFinding *findings, int max)
{
	double share = share_used(situation);

	if (share < limits->connection_slots_threshold || max < 1)
		return 0;
	HealFinding finding = {
		.kind = HEAL_CONNECTION_SLOTS,
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_CONNECTION_SLOTS],
		.culprit = -1,
	};
	char age[HEAL_DURATION_SIZE];

	finding.targets = pick_targets(situation, limits, finding.target);
	if (finding.targets > 0)
		finding.culprit = finding.target[0];
	snprintf(finding.evidence, sizeof(finding.evidence),
			 "%d of %d connection slots are in use (%.0f %%); %d unprotected "
			 "%s idle for %s or longer could be ended",
			 situation->slots_used, situation->slots_total, 100 * share,
			 finding.targets, finding.targets == 1 ? "session" : "sessions",
			 heal_duration_format(limits->idle_session_age, age));
	findings[0] = finding;
	return 1;
}

bool
heal_connection_slots_gone(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   const HealSubject *subject)
{
	(void) subject;
	return share_used(situation) <
		   limits->connection_slots_threshold - HYSTERESIS;
}

/* Above 1 when superusers sit in the slots reserved for them. */
static double
share_used(const HealSituation *situation)
{
	if (situation->slots_total <= 0)
		return 0;
	return (double) situation->slots_used / situation->slots_total;
}

/* Those idle longest, in order. */
static int
pick_targets(const HealSituation *situation, const HealFailureLimits *limits,
			 int *target)
{
	int most = sessions_to_end(situation, limits->connection_slots_threshold);
	int targets = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];
		int at = targets;

		if (!is_plainly_idle(situation, session, limits->idle_session_age))
			continue;
		while (at > 0 && session->state_change <
							 situation->session[target[at - 1]].state_change)
			at--;
		if (at >= most)
			continue;
		if (targets < most)
			targets++;
		for (int move = targets - 1; move > at; move--)
			target[move] = target[move - 1];
		target[at] = i;
	}
	return targets;
}

/* The least number that brings the share under the threshold less HEAL_SLOTS_TO_FREE. */
static int
sessions_to_end(const HealSituation *situation, double threshold)
{
	double goal = (threshold - HEAL_SLOTS_TO_FREE) * situation->slots_total;
	int most = 0;

	while (most < HEAL_MAX_TARGETS && situation->slots_used - most >= goal)
		most++;
	return most;
}

static bool
is_plainly_idle(const HealSituation *situation, const HealSession *session,
				HealTime age)
{
	return session->client && session->protection == HEAL_PROTECTED_NOT &&
		   session->state == HEAL_SESSION_IDLE &&
		   situation->taken_at - session->state_change >= age;
}
