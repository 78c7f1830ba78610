/*
 * failure_finding.c
 *		What the proofs of a situation find: all of it, the worst first, and what they have in common.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "detect/failure_proof.h"

static int worse(const HealFinding *a, const HealFinding *b);
static int order(int64_t a, int64_t b);

int
heal_failure_find_all(const HealSituation *situation,
					  const HealFailureLimits *limits, HealUrgency at_least,
					  HealFinding *findings, int max)
{
	HealFinding found[HEAL_MAX_FINDINGS];
	int count = 0;

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		if (heal_failures[kind].urgency < at_least)
			continue;
		int more = heal_failures[kind].find(situation, limits, found,
											HEAL_MAX_FINDINGS);

		for (int i = 0; i < more; i++)
			count = heal_finding_insert(findings, count, max, &found[i]);
	}
	return count;
}

/*
 * Deliberately not "the session is gone": one that lives on and no longer
 * blocks anybody is as good, and one that still blocks is no cure whatever it
 * does meanwhile.
 */
bool
heal_pileup_gone(const HealSituation *situation,
				 const HealFailureLimits *limits, const HealSubject *subject)
{
	int session = heal_situation_lookup(situation, subject->session);

	(void) limits;
	return session < 0 || situation->session[session].waiters == 0;
}

HealFinding
heal_pileup_finding(const HealSituation *situation, HealFailureKind kind,
					int root, HealTime state_since)
{
	const HealSession *culprit = &situation->session[root];
	bool touchable = culprit->protection == HEAL_PROTECTED_NOT;
	HealFinding finding = {
		.kind = kind,
		.subject = heal_subject_of_session(culprit),
		.culprit = root,
		.waiters = culprit->waiters,
		.oldest_wait = culprit->oldest_wait,
		.targets = touchable ? 1 : 0,
		.target = {root},
	};
	HealTime now = situation->taken_at;
	char in_state[HEAL_DURATION_SIZE];
	char waited[HEAL_DURATION_SIZE];
	bool named = culprit->application[0] != '\0';

	snprintf(finding.evidence, sizeof(finding.evidence),
			 "%d %s behind session %" PRId32 "%s%s%s, %s for %s; %s %s%s%s",
			 culprit->waiters,
			 culprit->waiters == 1 ? "session waits" : "sessions wait",
			 culprit->id.pid, named ? " (application \"" : "",
			 culprit->application, named ? "\")" : "",
			 heal_session_state_name(culprit->state),
			 heal_duration_format(now - state_since, in_state),
			 culprit->waiters == 1 ? "it waits" : "the longest for",
			 heal_duration_format(now - culprit->oldest_wait, waited),
			 touchable ? "" : "; protected: it ",
			 touchable ? "" : heal_protection_reason(culprit->protection));
	return finding;
}

int
heal_finding_insert(HealFinding *findings, int count, int max,
					const HealFinding *finding)
{
	int at = count;

	while (at > 0 && worse(finding, &findings[at - 1]) < 0)
		at--;
	if (at >= max)
		return count;
	if (count < max)
		count++;
	memmove(&findings[at + 1], &findings[at],
			(size_t) (count - 1 - at) * sizeof(*findings));
	findings[at] = *finding;
	return count;
}

/*
 * Negative when a is worse: urgent before routine, many waiters, then the
 * longest wait.
 */
static int
worse(const HealFinding *a, const HealFinding *b)
{
	int result =
		order(heal_failures[b->kind].urgency, heal_failures[a->kind].urgency);

	if (result == 0)
		result = order(b->waiters, a->waiters);
	return result != 0 ? result : order(a->oldest_wait, b->oldest_wait);
}

static int
order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

const char *
heal_duration_format(HealTime duration, char *text)
{
	if (duration < 0)
		duration = 0; /* a clock that went back */
	if (duration < 2 * HEAL_MINUTE)
		snprintf(text, HEAL_DURATION_SIZE, "%.1f s",
				 (double) duration / HEAL_SECOND);
	else if (duration < 2 * HEAL_HOUR)
		snprintf(text, HEAL_DURATION_SIZE, "%" PRId64 " min",
				 duration / HEAL_MINUTE);
	else
		snprintf(text, HEAL_DURATION_SIZE, "%.1f h",
				 (double) duration / HEAL_HOUR);
	return text;
}

HealTime
heal_later(HealTime a, HealTime b)
{
	return a > b ? a : b;
}
