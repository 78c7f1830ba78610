/*
 * failure_setting.c
 *		Statements are slower since a setting changed.
 *
 * A change is a suspect for a quarter of an hour. That things went wrong after it proves little by itself: a
 * batch may have begun at the same moment. So two signals must agree: most statements take several times as
 * long as in the minutes before, and no more of them are run than before. Of several changes the newest is
 * put back first.
 */
#include "detect/failure_proof.h"

#include <stdio.h>

#define SLOWER 3.0		 /* times as long as before */
#define NOT_WORTH_MS 2.0 /* differences below are nobody's outage */
#define RECOVERED 1.5	 /* times as long as before is as good as before */
#define BUSIER 1.2		 /* times as many statements: that is more load */

/* False for NaN: what is not known proves nothing. */
static bool
went_wrong(const HealSuspect *suspect)
{
	return suspect->latency_now >= SLOWER * suspect->latency_before &&
		   suspect->latency_now - suspect->latency_before >= NOT_WORTH_MS &&
		   suspect->rate_now <= BUSIER * suspect->rate_before;
}

HealSubject
heal_suspect_subject(const HealSuspect *suspect)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_SETTING,
		.database = suspect->database,
		.role = suspect->role,
	};

	snprintf(subject.name, sizeof(subject.name), "%s", suspect->name);
	return subject;
}

const HealSuspect *
heal_suspect_lookup(const HealSituation *situation, const HealSubject *subject)
{
	for (int i = 0; i < situation->suspects; i++)
	{
		HealSubject other = heal_suspect_subject(&situation->suspect[i]);

		if (heal_subject_same(&other, subject))
			return &situation->suspect[i];
	}
	return NULL;
}

int
heal_setting_find(const HealSituation *situation,
				  const HealFailureLimits *limits, HealFinding *findings,
				  int max)
{
	for (int i = 0; i < situation->suspects && max > 0; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];
		HealFinding finding = {
			.kind = HEAL_SETTING_MADE_SLOW,
			.subject = heal_suspect_subject(suspect),
			.since = suspect->at,
			.due =
				situation->taken_at + limits->patience[HEAL_SETTING_MADE_SLOW],
			.culprit = -1,
		};
		char ago[HEAL_DURATION_SIZE];

		/* a switch of the planner is a failure of its own kind */
		if (!went_wrong(suspect) || heal_suspect_is_planner_switch(suspect))
			continue;
		snprintf(
			finding.evidence, sizeof(finding.evidence),
			"%s was changed %s ago; since then 95 %% of the statements take up "
			"to %.1f ms instead of %.1f ms, at %.0f a second instead of %.0f",
			suspect->name,
			heal_duration_format(situation->taken_at - suspect->at, ago),
			suspect->latency_now, suspect->latency_before, suspect->rate_now,
			suspect->rate_before);
		findings[0] = finding;
		return 1;
	}
	return 0;
}

/* Not "the setting is as it was": what the user feels is how long statements take. */
bool
heal_setting_gone(const HealSituation *situation,
				  const HealFailureLimits *limits, const HealSubject *subject)
{
	const HealSuspect *suspect = heal_suspect_lookup(situation, subject);

	(void) limits;
	return suspect == NULL ||
		   suspect->latency_now < RECOVERED * suspect->latency_before ||
		   suspect->latency_now - suspect->latency_before < NOT_WORTH_MS;
}
