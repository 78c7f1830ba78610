/*
 * failure_idle_blocker.c
 *		Lock pile-up behind an idle transaction.
 *
 * Only the root of a queue counts: a session that waits itself cannot be idle.
 * The condition holds since the later of two moments, as a session idle for an
 * hour is no harm until somebody waits, and one that has just gone idle may go
 * on at once.
 *
 * An aborted transaction has given its locks back, but for advisory locks of
 * the session.
 */
#include "detect/failure_proof.h"

static bool is_idle_in_transaction(const HealSession *session);

int
heal_idle_blocker_find(const HealSituation *situation,
					   const HealFailureLimits *limits, HealFinding *findings,
					   int max)
{
	HealTime patience = limits->patience[HEAL_LOCK_PILEUP_IDLE];
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->waiters == 0 || session->waiting ||
			!is_idle_in_transaction(session))
			continue;
		HealFinding finding = heal_pileup_finding(
			situation, HEAL_LOCK_PILEUP_IDLE, i, session->state_change);

		finding.since = heal_later(session->state_change, session->oldest_wait);
		finding.due =
			finding.since + heal_failure_patience(patience, session->waiters);
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

static bool
is_idle_in_transaction(const HealSession *session)
{
	return session->state == HEAL_SESSION_IDLE_IN_TRANSACTION ||
		   session->state == HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED;
}
