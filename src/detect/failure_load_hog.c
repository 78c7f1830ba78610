/*
 * failure_load_hog.c
 *		One source takes what all others need.
 *
 * A large share is no harm: somebody is always the largest, and most of the time there is room for all.
 * Four things must agree. Something is used up; one source takes most of the time in statements; it does not usually;
 * and the same statements of others take several times as long as they usually do. Where the usual is
 * not known nobody is accused, nor is who has always been most of the load: if that is too much
 * for the machine, a throttle is not what helps.
 *
 * The narrowest source that fits is the one: of an application with ten queries only the bad one. Where two
 * are the same sessions a role goes first, as it is not for its owner to choose. Its only query has a little less than
 * it has, as a statement that is being parsed has no query id yet; on a busy machine that takes some hundredths.
 */
#include "detect/failure_proof.h"

#include <stdio.h>
#include <string.h>

#define MOST 0.6		 /* share that is most of the load */
#define MORE 2.0		 /* times its usual share */
#define THE_SAME 0.05	 /* difference of shares that is none */
#define SLOWER 2.0		 /* times as long as usual */
#define NOT_WORTH_MS 2.0 /* differences below are nobody's outage */
#define EVIDENCE 4.0	 /* calls of others, within the last seconds */
#define RATHER_IDLE 0.2	 /* statements at a time: it is no load any more */

static bool
is_used_up(const HealSituation *situation, const HealFailureLimits *limits)
{
	return heal_is_used_up(situation, limits->connection_slots_threshold);
}

static bool
others_are_slow(const HealSource *source)
{
	return source->others_calls >= EVIDENCE &&
		   source->others_now >= SLOWER * source->others_usual &&
		   source->others_now - source->others_usual >= NOT_WORTH_MS;
}

/* Of a source alone on the machine nobody suffers. */
static bool
takes_too_much(const HealSource *source)
{
	return source->trouble == HEAL_SOURCE_OF_LOAD && source->share >= MOST &&
		   source->rate >= 1 && source->share >= MORE * source->usual_share &&
		   others_are_slow(source);
}

static int
rank(const HealSource *source)
{
	return source->role != 0				? 0
		   : source->application[0] != '\0' ? 1
		   : source->query != 0				? 2
											: 3;
}

static bool
fits_better(const HealSource *a, const HealSource *b)
{
	double difference = a->share - b->share;

	if (difference > THE_SAME || difference < -THE_SAME)
		return difference < 0;
	return rank(a) < rank(b);
}

const HealSource *
heal_source_lookup(const HealSituation *situation, HealSourceTrouble trouble,
				   const HealSubject *subject)
{
	for (int i = 0; i < situation->sources; i++)
	{
		HealSubject other = heal_subject_of_source(&situation->source[i]);

		if (situation->source[i].trouble == trouble &&
			heal_subject_same(&other, subject))
			return &situation->source[i];
	}
	return NULL;
}

int
heal_load_hog_find(const HealSituation *situation,
				   const HealFailureLimits *limits, HealFinding *findings,
				   int max)
{
	const HealSource *hog = NULL;

	if (max < 1 || !is_used_up(situation, limits))
		return 0;
	for (int i = 0; i < situation->sources; i++)
		if (takes_too_much(&situation->source[i]) &&
			(hog == NULL || fits_better(&situation->source[i], hog)))
			hog = &situation->source[i];
	if (hog == NULL)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_LOAD_HOG,
		.subject = heal_subject_of_source(hog),
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_LOAD_HOG],
		.culprit = -1,
	};
	/* of a source of load one name is given, which is shorter than that */
	snprintf(findings[0].evidence, sizeof(findings[0].evidence),
			 "%.80s takes %.0f %% of the time in statements, %.1f of them at a "
			 "time; those of others take %.1f ms instead of %.1f ms%s%s",
			 hog->words, 100 * hog->share, hog->rate, hog->others_now,
			 hog->others_usual,
			 hog->protection == HEAL_PROTECTED_NOT ? "" : "; protected: it ",
			 hog->protection == HEAL_PROTECTED_NOT
				 ? ""
				 : heal_protection_reason(hog->protection));
	return 1;
}

/*
 * Not "its share is small again": who has the machine to himself takes all of it and harms nobody. Others who
 * get nothing done at all are not served.
 */
bool
heal_load_hog_gone(const HealSituation *situation,
				   const HealFailureLimits *limits, const HealSubject *subject)
{
	const HealSource *source =
		heal_source_lookup(situation, HEAL_SOURCE_OF_LOAD, subject);

	return !is_used_up(situation, limits) || source == NULL ||
		   source->rate < RATHER_IDLE ||
		   source->others_now < HEAL_SERVED * source->others_usual ||
		   source->others_now - source->others_usual < NOT_WORTH_MS;
}
