/*
 * failure_active_blocker.c
 *		Lock pile-up behind an active statement.
 *
 * The condition holds since the longest wait began, not since the statement
 * did: a transaction of many short statements blocks as well as one of a long
 * one. But the longest wait may have begun behind an earlier holder of the same lock, whose turn is
 * over: in a busy queue everybody is at its head for a moment. So this one's
 * patience counts from when it was first seen there. Who holds up nobody but those that want an exclusive lock
 * is no culprit: either they wait alone, which is their own affair, or others queue up behind them, which is
 * failure_ddl_queue's. Its patience is not shortened by the number of waiters, as here
 * something is being done that would be lost.
 */
#include "detect/failure_proof.h"

static bool
holds_up_only_exclusive(const HealSituation *situation, int root)
{
	bool any = false;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (!session->waiting || session->blocker != root)
			continue;
		if (session->wait_mode != HEAL_ACCESS_EXCLUSIVE)
			return false;
		any = true;
	}
	return any;
}

int
heal_active_blocker_find(const HealSituation *situation,
						 const HealFailureLimits *limits, HealFinding *findings,
						 int max)
{
	HealTime patience = limits->patience[HEAL_LOCK_PILEUP_ACTIVE];
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->waiters == 0 || session->waiting ||
			session->state != HEAL_SESSION_ACTIVE ||
			holds_up_only_exclusive(situation, i))
			continue;
		HealFinding finding = heal_pileup_finding(
			situation, HEAL_LOCK_PILEUP_ACTIVE, i, session->state_change);

		finding.since = session->oldest_wait;
		finding.due = finding.since + patience;
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}
