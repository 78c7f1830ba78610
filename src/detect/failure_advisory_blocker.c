/*
 * failure_advisory_blocker.c
 *		Lock pile-up behind an idle session that holds an advisory lock.
 *
 * A session outside of a transaction holds no lock but an advisory one it took for the session: an
 * application that forgot to give it back, or a pooler that gave the session to somebody else. Some
 * applications hold one as long as they live, to be the only one of their kind, and others wait for
 * their turn on purpose; hence the long patience.
 */
#include "detect/failure_proof.h"

int
heal_advisory_blocker_find(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   HealFinding *findings, int max)
{
	HealTime patience = limits->patience[HEAL_LOCK_PILEUP_ADVISORY];
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->waiters == 0 || session->waiting ||
			session->state != HEAL_SESSION_IDLE)
			continue;
		HealFinding finding = heal_pileup_finding(
			situation, HEAL_LOCK_PILEUP_ADVISORY, i, session->state_change);

		finding.since = heal_later(session->state_change, session->oldest_wait);
		finding.due =
			finding.since + heal_failure_patience(patience, session->waiters);
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}
