/*
 * failure_ddl_queue.c
 *		Sessions queue up behind one that waits for an exclusive lock.
 *
 * A schema change that has to wait for one long reader makes everybody who comes after it wait as well,
 * though the reader alone would let them in. Who is in the way is the one that waits for the exclusive
 * lock: without it the others go on at once, and it can try again. The reader has done nothing wrong.
 *
 * A migration that takes one lock after the other holds up others by those that it has already, so the longest of them
 * may have waited for longer than it has waited itself. It must have waited for some time as well, though: who gives up
 * after a second does as one should.
 *
 * Behind an idle transaction it is another thing: that one is in everybody's way for no reason, and
 * lock_pileup_idle ends it.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>

static bool
behind_someone_at_work(const HealSituation *situation,
					   const HealSession *session)
{
	return session->root >= 0 &&
		   situation->session[session->root].state == HEAL_SESSION_ACTIVE;
}

static HealFinding
describe(const HealSituation *situation, int index)
{
	const HealSession *session = &situation->session[index];
	HealFinding finding = heal_pileup_finding(situation, HEAL_DDL_QUEUE, index,
											  session->wait_start);
	char waited[HEAL_DURATION_SIZE];
	char held_up[HEAL_DURATION_SIZE];

	snprintf(
		finding.evidence, sizeof(finding.evidence),
		"%d %s behind session %" PRId32 " (application \"%s\"), which has "
		"waited %s for an exclusive lock that session %" PRId32
		" is in the way of; the longest of them for %s",
		session->waiters,
		session->waiters == 1 ? "session queues" : "sessions queue",
		session->id.pid, session->application,
		heal_duration_format(situation->taken_at - session->wait_start, waited),
		situation->session[session->root].id.pid,
		heal_duration_format(situation->taken_at - session->oldest_wait,
							 held_up));
	return finding;
}

int
heal_ddl_queue_find(const HealSituation *situation,
					const HealFailureLimits *limits, HealFinding *findings,
					int max)
{
	HealTime patience = limits->patience[HEAL_DDL_QUEUE];
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (!heal_leads_a_queue(session) ||
			!behind_someone_at_work(situation, session))
			continue;
		HealFinding finding = describe(situation, i);

		finding.since = session->oldest_wait;
		finding.due = heal_later(
			finding.since + heal_failure_patience(patience, session->waiters),
			session->wait_start + heal_failure_least_patience(patience));
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

bool
heal_leads_a_queue(const HealSession *session)
{
	return session->waiting && session->waiters > 0 &&
		   session->wait_mode == HEAL_ACCESS_EXCLUSIVE;
}
