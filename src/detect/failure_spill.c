/*
 * failure_spill.c
 *		A role's statements spill to temporary files again and again, as its work_mem is too small for them.
 *
 * A report that spills once is none, nor are small sorts that spill and are done in a moment, nor long ones that
 * spill a little. Whether twice as much would help is known by what was written; whether there is the memory for it
 * is reckoned as if every session of the role used all it may at the same time. A mistake here ends the server for
 * lack of memory, so what is not known, and every sign of memory running short, means no: then a human is told why.
 */
#include "detect/failure_proof.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OFTEN 10.0 /* spills in a minute; so many at least have to be seen */
#define SELDOM 3.0 /* in a minute: it is over */
#define FELT \
	0.1 /* of the time a statement that spills is at work: less is no harm */
#define LITTLE (1024.0 * 1024.0) /* bytes a second: less is nobody's outage */
#define MOSTLY 0.8	 /* share of spills that twice as much would hold */
#define SHARE 0.25	 /* of the memory available, for all sessions of one role */
#define PRESSED 0.05 /* share of time somebody waits for memory */
#define SWAPPING \
	(1024.0 *    \
	 1024.0) /* bytes a second: pages nobody used for long go in good health, too */
#define PROVEN_AFTER (3 * HEAL_SECOND) /* without spills, at least */
#define INTERVALS \
	5 /* usual ones, without a spill: none is left out by chance */
#define AT_WORK (5 * HEAL_SECOND) /* ago: it is still at work */
#define KILOBYTE 1024.0
#define MEGABYTE (1024.0 * 1024.0)

HealSubject
heal_spiller_subject(const HealSpiller *spiller)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SETTING,
						   .role = spiller->role,
						   .database = spiller->database,
						   .name = "work_mem"};

	return subject;
}

const HealSpiller *
heal_spiller_lookup(const HealSituation *situation, const HealSubject *subject)
{
	for (int i = 0; i < situation->spillers; i++)
		if (situation->spiller[i].role == subject->role &&
			situation->spiller[i].database == subject->database)
			return &situation->spiller[i];
	return NULL;
}

/* Memory */

bool
heal_memory_is_short(const HealMemory *memory)
{
	return memory->swapped_out > SWAPPING || memory->pressure > PRESSED;
}

double
heal_work_mem_needs(const HealMemory *memory, double kb, int sessions)
{
	return kb * KILOBYTE * memory->copies * (sessions > 1 ? sessions : 1);
}

double
heal_work_mem_room(const HealMemory *memory, int sessions, double promised)
{
	double one = heal_work_mem_needs(memory, 1, sessions);
	double room = (memory->available * SHARE - promised) / one;

	/* written so that what is not known is no room */
	return !heal_memory_is_short(memory) && room > 0 && one > 0 ? floor(room)
																: 0;
}

/* Proof */

/* Of long statements that spill a little the files are the least part: with more memory they take as long. */
static bool
is_felt(const HealSpiller *spiller)
{
	return spiller->at_once >= FELT &&
		   spiller->bytes * spiller->rate / 60 >= LITTLE;
}

static bool
is_proven(const HealSpiller *spiller)
{
	return spiller->work_mem > 0 && spiller->spills >= OFTEN &&
		   spiller->rate >= OFTEN && is_felt(spiller);
}

/* Why it is for a human, for the evidence; "" when it is not. */
static void
explain(const HealSituation *situation, const HealSpiller *spiller, char *why,
		size_t size)
{
	const HealMemory *memory = &situation->memory;
	double twice = 2 * spiller->work_mem;

	why[0] = '\0';
	if (spiller->fitting < MOSTLY)
		snprintf(why, size, "; twice as much would not hold that");
	else if (heal_memory_is_short(memory))
		snprintf(why, size, "; memory is short");
	else if (isnan(memory->available))
		snprintf(why, size, "; how much memory is free is not known");
	else if (heal_work_mem_room(memory, spiller->sessions, 0) < twice)
		snprintf(why, size,
				 "; twice as much could take %.0f MB in %d sessions, more "
				 "than a quarter of the %.0f MB available",
				 heal_work_mem_needs(memory, twice, spiller->sessions) /
					 MEGABYTE,
				 spiller->sessions, memory->available / MEGABYTE);
}

bool
heal_spiller_may_be_raised(const HealSituation *situation,
						   const HealSpiller *spiller)
{
	char why[HEAL_SPILL_WHY];

	explain(situation, spiller, why, sizeof(why));
	return spiller->work_mem > 0 && why[0] == '\0';
}

/* With names of the greatest length the reason may be cut; it is told in short words for that. */
static void
describe(const HealSituation *situation, const HealSpiller *spiller,
		 char *evidence, size_t size)
{
	char why[HEAL_SPILL_WHY];
	int used =
		snprintf(evidence, size,
				 "%.120s: %.0f statements a minute write %.1f MB each to "
				 "temporary files, with work_mem %.0f kB",
				 spiller->words, spiller->rate, spiller->bytes / MEGABYTE,
				 spiller->work_mem);

	explain(situation, spiller, why, sizeof(why));
	if (used > 0 && (size_t) used < size)
		snprintf(evidence + used, size - (size_t) used, "%s", why);
}

int
heal_temp_spills_find(const HealSituation *situation,
					  const HealFailureLimits *limits, HealFinding *findings,
					  int max)
{
	int count = 0;

	/* on a standby nobody's setting can be changed */
	for (int i = 0;
		 !situation->in_recovery && i < situation->spillers && count < max; i++)
	{
		const HealSpiller *spiller = &situation->spiller[i];
		HealFinding *finding = &findings[count];

		if (!is_proven(spiller))
			continue;
		*finding = (HealFinding){
			.kind = HEAL_TEMP_SPILLS,
			.subject = heal_spiller_subject(spiller),
			.since = situation->taken_at,
			.due = situation->taken_at + limits->patience[HEAL_TEMP_SPILLS],
			.culprit = -1,
		};
		describe(situation, spiller, finding->evidence,
				 sizeof(finding->evidence));
		count++;
	}
	return count;
}

/* Those that began before work_mem was what it is now say nothing about it. */
static HealTime
proving_time(const HealSpiller *spiller)
{
	return heal_later(PROVEN_AFTER, INTERVALS * spiller->interval);
}

/*
 * Only statements that run and do not spill prove something: a role that does nothing has not been helped, nor one whose
 * sessions from before the change go on as before, whatever the others do. The rate is of the time since the first of its new sessions was seen, when that is not a minute ago.
 */
bool
heal_temp_spills_gone(const HealSituation *situation,
					  const HealFailureLimits *limits,
					  const HealSubject *subject)
{
	const HealSpiller *spiller = heal_spiller_lookup(situation, subject);
	HealTime now = situation->taken_at;
	HealTime watched;

	(void) limits;
	if (spiller == NULL || spiller->work_mem <= 0 ||
		spiller->fresh_since == 0 ||
		now - spiller->fresh_at > HEAL_SPILL_WINDOW)
		return false;
	watched = spiller->fresh_at - spiller->fresh_since;
	if (watched < proving_time(spiller) ||
		now - spiller->stale_at < proving_time(spiller))
		return false;
	if (watched > HEAL_SPILL_WINDOW)
		watched = HEAL_SPILL_WINDOW;
	return spiller->spills * (double) HEAL_MINUTE / (double) watched < SELDOM;
}

bool
heal_spill_role_at_work(const HealSituation *situation,
						const HealSubject *subject)
{
	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->client && session->role == subject->role &&
			(subject->database == 0 ||
			 session->database == subject->database) &&
			session->statement_start != 0 &&
			(session->state == HEAL_SESSION_ACTIVE ||
			 situation->taken_at - session->state_change < AT_WORK))
			return true;
	}
	return false;
}
