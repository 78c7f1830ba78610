/*
 * pace.c
 *		How long each of the top queries takes now, and how long it usually does.
 */
#include "sample/pace.h"

#include <math.h>
#include <string.h>

#define NOW_HALVES 2.0	   /* s */
#define USUAL_HALVES 600.0 /* s */

static void
add(HealPaceSum *sum, const HealPaceSum *more)
{
	sum->calls += more->calls;
	sum->ms += more->ms;
}

static void
fade(HealPaceSum *sum, double left)
{
	sum->calls *= left;
	sum->ms *= left;
}

/* What ran since the last look; nothing of a query that has only just got its place. */
static HealPaceSum
progress(HealPace *pace, const HealQueryTotal *total)
{
	HealPaceSum sum = {0};

	if (pace->seen.query != total->query ||
		pace->seen.database != total->database ||
		total->calls < pace->seen.calls || total->ns < pace->seen.ns)
		memset(pace, 0, sizeof(*pace));
	else
	{
		sum.calls = (double) (total->calls - pace->seen.calls);
		sum.ms = (double) (total->ns - pace->seen.ns) / 1e6;
	}
	pace->seen = *total;
	return sum;
}

/* The oldest step becomes usual, and its place is the new one's. */
static void
turn(HealPaces *paces, double seconds)
{
	double left = exp2(-seconds / USUAL_HALVES);

	paces->step = (paces->step + 1) % HEAL_PACE_STEPS;
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		HealPace *pace = &paces->pace[i];

		fade(&pace->usual, left);
		add(&pace->usual, &pace->waiting[paces->step]);
		memset(&pace->waiting[paces->step], 0, sizeof(HealPaceSum));
	}
}

static void
forget_waiting(HealPaces *paces)
{
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
		memset(paces->pace[i].waiting, 0, sizeof(paces->pace[i].waiting));
}

void
heal_paces_note(HealPaces *paces, const HealQueryTotal total[HEAL_TOP_QUERIES],
				bool learn, HealTime at)
{
	double seconds = (double) (at - paces->at) / HEAL_SECOND;
	double left;

	/* the first look, or a clock that was set */
	if (paces->at == 0 || seconds < 0)
		paces->step_at = at;
	if (seconds < 0)
		seconds = 0;
	left = exp2(-seconds / NOW_HALVES);
	paces->at = at;
	if (!learn)
		forget_waiting(paces);
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		HealPace *pace = &paces->pace[i];
		HealPaceSum sum;

		/* most places are free, and were */
		if (total[i].query == 0 && pace->seen.query == 0)
			continue;
		sum = progress(pace, &total[i]);
		fade(&pace->now, left);
		add(&pace->now, &sum);
		if (learn)
			add(&pace->waiting[paces->step], &sum);
	}
	if (learn && at - paces->step_at >= HEAL_PACE_STEP)
	{
		turn(paces, (double) (at - paces->step_at) / HEAL_SECOND);
		paces->step_at = at;
	}
	else if (!learn)
		paces->step_at = at;
}

int
heal_paces_find(const HealPaces *paces, uint64_t query, uint32_t database)
{
	for (int i = 0; query != 0 && i < HEAL_TOP_QUERIES; i++)
		if (paces->pace[i].seen.query == query &&
			paces->pace[i].seen.database == database)
			return i;
	return -1;
}

double
heal_paces_share(const HealPaces *paces, int place)
{
	double all = 0;

	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
		all += paces->pace[i].now.ms;
	return all > 0 ? paces->pace[place].now.ms / all : NAN;
}

/* What runs all the time adds up to what is left of all that was, as it fades. */
double
heal_pace_busy(const HealPace *pace)
{
	return pace->now.ms / (1000 * NOW_HALVES / log(2));
}

double
heal_pace_slowdown(const HealPace *pace)
{
	if (pace->seen.query == 0 || pace->now.calls < HEAL_PACE_NOW ||
		pace->usual.calls < HEAL_PACE_KNOWN || !(pace->usual.ms > 0))
		return NAN;
	return (pace->now.ms / pace->now.calls) /
		   (pace->usual.ms / pace->usual.calls);
}
