/*
 * failure_runaway.c
 *		A statement that has run very long while the machine has no CPU left for others.
 *
 * Age alone is no failure: reports and index builds run for hours. Only when the processors have been
 * busy for half a minute is the longest statement that is computing and not waiting a culprit, one at a
 * time.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>

static bool
is_saturated(const HealSituation *situation)
{
	return situation->cpu_used >= HEAL_CPU_SATURATED; /* false for NaN */
}

static HealTime
age(const HealSituation *situation, const HealSession *session)
{
	return situation->taken_at - session->statement_start;
}

static bool
is_running_long(const HealSituation *situation, const HealSession *session,
				HealTime limit)
{
	return session->client && session->state == HEAL_SESSION_ACTIVE &&
		   !session->waiting && session->statement_start != 0 &&
		   age(situation, session) >= limit;
}

static int
longest(const HealSituation *situation, HealTime limit)
{
	int found = -1;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (is_running_long(situation, session, limit) &&
			(found < 0 || session->statement_start <
							  situation->session[found].statement_start))
			found = i;
	}
	return found;
}

int
heal_runaway_find(const HealSituation *situation,
				  const HealFailureLimits *limits, HealFinding *findings,
				  int max)
{
	int culprit = limits->runaway_age > 0 && is_saturated(situation) && max > 0
					  ? longest(situation, limits->runaway_age)
					  : -1;
	char runs[HEAL_DURATION_SIZE];

	if (culprit < 0)
		return 0;
	const HealSession *session = &situation->session[culprit];
	HealFinding finding = heal_pileup_finding(situation, HEAL_RUNAWAY_STATEMENT,
											  culprit, session->state_change);

	finding.subject.number = (uint64_t) session->statement_start;
	finding.since = session->statement_start + limits->runaway_age;
	finding.due =
		situation->taken_at + limits->patience[HEAL_RUNAWAY_STATEMENT];
	snprintf(finding.evidence, sizeof(finding.evidence),
			 "the statement of session %" PRId32 " (application \"%s\") has "
			 "run for %s, and %.0f %% of the CPU time is used%s%s",
			 session->id.pid, session->application,
			 heal_duration_format(age(situation, session), runs),
			 100 * situation->cpu_used,
			 session->protection == HEAL_PROTECTED_NOT ? ""
													   : "; protected: it ",
			 session->protection == HEAL_PROTECTED_NOT
				 ? ""
				 : heal_protection_reason(session->protection));
	findings[0] = finding;
	return 1;
}

/* Another statement of the same session is another matter. */
bool
heal_runaway_gone(const HealSituation *situation,
				  const HealFailureLimits *limits, const HealSubject *subject)
{
	int index = heal_situation_lookup(situation, subject->session);

	(void) limits;
	return index < 0 ||
		   situation->session[index].state != HEAL_SESSION_ACTIVE ||
		   (uint64_t) situation->session[index].statement_start !=
			   subject->number;
}
