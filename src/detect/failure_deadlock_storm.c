/*
 * failure_deadlock_storm.c
 *		The same statements deadlock again and again.
 *
 * A deadlock now and then is what retries are for. When one after the other has to be broken, the same few
 * transactions meet in the wrong order all the time, and each waits for deadlock_timeout first, with all it has
 * locked. Let fewer of them run at a time and they do not meet.
 *
 * The query is the culprit if most victims are of it and it is alone in its transaction: a throttle holds up
 * nothing but first statements. Otherwise it is the application, the role or the database that most of them are of;
 * the last two only to be told of, as those who suffer are among them.
 */
#include "detect/failure_proof.h"
#include "sample/source.h"

#include <stdio.h>

#define STORM 0.5 /* a second */
#define MOST 0.8

static const HealSource *
find_culprit(const HealSituation *situation)
{
	for (int i = 0; i < situation->sources; i++)
	{
		const HealSource *source = &situation->source[i];

		if (source->trouble == HEAL_SOURCE_OF_DEADLOCKS &&
			source->rate >= STORM && source->share >= MOST)
			return source;
	}
	return NULL;
}

int
heal_deadlock_storm_find(const HealSituation *situation,
						 const HealFailureLimits *limits, HealFinding *findings,
						 int max)
{
	const HealSource *source = find_culprit(situation);

	if (source == NULL || max < 1)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_DEADLOCK_STORM,
		.subject = heal_subject_of_source(source),
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_DEADLOCK_STORM],
		.culprit = -1,
	};
	/* one name is given, which is shorter than that */
	snprintf(
		findings[0].evidence, sizeof(findings[0].evidence),
		"%.80s is in %.0f %% of the deadlocks, %.1f of them in a second%s%s",
		source->words, 100 * source->share, source->rate,
		source->protection == HEAL_PROTECTED_NOT ? "" : "; protected: it ",
		source->protection == HEAL_PROTECTED_NOT
			? ""
			: heal_protection_reason(source->protection));
	return 1;
}

bool
heal_deadlock_storm_gone(const HealSituation *situation,
						 const HealFailureLimits *limits,
						 const HealSubject *subject)
{
	const HealSource *source =
		heal_source_lookup(situation, HEAL_SOURCE_OF_DEADLOCKS, subject);

	(void) limits;
	return source == NULL || source->rate < HEAL_DEADLOCKS_CALM;
}
