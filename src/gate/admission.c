/*
 * admission.c
 *		Who may go on under the rules that fit, who waits, and who is next.
 *
 * Holders are counted afresh each time, over all places: a counter that goes up and down
 * would be wrong for good after the first process that could not take itself off. A
 * thousand places are read in about a microsecond, and only by sessions a rule fits.
 *
 * All rules that fit let a statement go on together or none does. So nobody keeps a slot
 * of one rule while waiting for another.
 */
#include "gate/admission.h"

#define BURST 0.1 /* s; what a quiet while may save up for */
#define DEBT \
	1.0 /* s; most that those who are not held up take from the others */

static bool has_bit(uint32_t mask, int rule);
static bool has_room(HealAdmission *admission, int me, int rule,
					 const HealThrottle *limit, HealTime now);
static int ahead_of(const HealAdmission *admission, int me, int rule);
static double at_least_one(double tokens);
static void fill(HealBucket *bucket, double rate, HealTime now);
static void take(HealBucket *bucket, double rate);

void
heal_admission_arrive(HealAdmission *admission, int me, int32_t pid)
{
	HealPlace *place = &admission->place[me];

	place->holding = place->waiting = 0;
	place->pid = pid;
	place->ticket = ++admission->last_ticket;
}

uint32_t
heal_admission_ask(HealAdmission *admission, int me, uint32_t mask,
				   const HealThrottle rule[HEAL_THROTTLES], HealTime now)
{
	uint32_t blocked = 0;

	/* before looking: who leaves meanwhile must see that somebody is to be told */
	admission->place[me].waiting = mask;
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (has_bit(mask, i) && !has_room(admission, me, i, &rule[i], now))
			blocked |= UINT32_C(1) << i;
	if (blocked == 0)
		heal_admission_pass(admission, me, mask, rule, now);
	else
		admission->place[me].waiting = blocked;
	return blocked;
}

void
heal_admission_wait(HealAdmission *admission, int me, uint32_t mask)
{
	admission->place[me].waiting = mask;
}

void
heal_admission_pass(HealAdmission *admission, int me, uint32_t mask,
					const HealThrottle rule[HEAL_THROTTLES], HealTime now)
{
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (has_bit(mask, i) && rule[i].kind == HEAL_THROTTLE_RATE)
		{
			fill(&admission->bucket[i], rule[i].limit, now);
			take(&admission->bucket[i], rule[i].limit);
		}
	admission->place[me].waiting = 0;
	admission->place[me].holding = mask;
}

HealTime
heal_admission_patience(const HealAdmission *admission, int me,
						uint32_t blocked,
						const HealThrottle rule[HEAL_THROTTLES],
						HealTime longest)
{
	HealTime least = 0;

	for (int i = 0; i < HEAL_THROTTLES; i++)
	{
		double tokens;
		double wait;

		if (!has_bit(blocked, i) || rule[i].kind != HEAL_THROTTLE_RATE)
			continue;
		tokens = ahead_of(admission, me, i) + 1 - admission->bucket[i].tokens;
		wait = tokens / rule[i].limit * HEAL_SECOND;
		if (wait > (double) longest)
			return longest;
		if (wait > (double) least)
			least = (HealTime) wait;
	}
	/* of slots alone: somebody will tell */
	return least > 0 ? least : longest;
}

uint32_t
heal_admission_leave(HealAdmission *admission, int me)
{
	HealPlace *place = &admission->place[me];
	uint32_t held = place->holding;

	place->holding = place->waiting = 0;
	place->ticket = 0;
	return held;
}

int
heal_admission_next(const HealAdmission *admission, int rule)
{
	int next = -1;
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < admission->places; i++)
		if (has_bit(admission->place[i].waiting, rule) &&
			admission->place[i].ticket < first)
		{
			next = i;
			first = admission->place[i].ticket;
		}
	return next;
}

int
heal_admission_holding(const HealAdmission *admission, int rule)
{
	int count = 0;

	for (int i = 0; i < admission->places; i++)
		count += has_bit(admission->place[i].holding, rule);
	return count;
}

int
heal_admission_waiting(const HealAdmission *admission, int rule)
{
	int count = 0;

	for (int i = 0; i < admission->places; i++)
		count += has_bit(admission->place[i].waiting, rule);
	return count;
}

uint32_t
heal_admission_in_use(const HealAdmission *admission)
{
	uint32_t mask = 0;

	for (int i = 0; i < admission->places; i++)
		mask |= admission->place[i].holding;
	return mask;
}

static bool
has_bit(uint32_t mask, int rule)
{
	return (mask & UINT32_C(1) << rule) != 0;
}

static bool
has_room(HealAdmission *admission, int me, int rule, const HealThrottle *limit,
		 HealTime now)
{
	int ahead = ahead_of(admission, me, rule);

	switch (limit->kind)
	{
		case HEAL_THROTTLE_SLOTS:
			return heal_admission_holding(admission, rule) + ahead <
				   limit->limit;
		case HEAL_THROTTLE_RATE:
			fill(&admission->bucket[rule], limit->limit, now);
			return admission->bucket[rule].tokens >= ahead + 1;
		default:
			return true;
	}
}

/* How many wait for the rule that came before. */
static int
ahead_of(const HealAdmission *admission, int me, int rule)
{
	uint64_t mine = admission->place[me].ticket;
	int count = 0;

	for (int i = 0; i < admission->places; i++)
		count += has_bit(admission->place[i].waiting, rule) &&
				 admission->place[i].ticket < mine;
	return count;
}

static double
at_least_one(double tokens)
{
	return tokens > 1 ? tokens : 1;
}

/* The clock may be set: then nothing has been saved up meanwhile. */
static void
fill(HealBucket *bucket, double rate, HealTime now)
{
	double most = at_least_one(rate * BURST);

	if (bucket->filled_at == 0)
		bucket->tokens = most;
	else if (now > bucket->filled_at)
		bucket->tokens +=
			(double) (now - bucket->filled_at) / HEAL_SECOND * rate;
	if (bucket->tokens > most)
		bucket->tokens = most;
	bucket->filled_at = now;
}

static void
take(HealBucket *bucket, double rate)
{
	double least = -at_least_one(rate * DEBT);

	bucket->tokens -= 1;
	if (bucket->tokens < least)
		bucket->tokens = least;
}
