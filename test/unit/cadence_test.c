/*
 * cadence_test.c
 *		Whatever a heartbeat costs, a minute stays within the budget or says that it does not.
 */
#include <math.h>

#include "sample/cadence.h"
#include "tap.h"

#define INTERVAL HEAL_SECOND
#define BUDGET 0.01 /* 600 ms a minute */

static HealCadence cadence;
static HealTime now;
static int lowered;
static int raised;
static int looked;

/*
 * Lives for so long as the engine does, with heartbeats that cost so much; returns the
 * share of one core used.
 */
static double
live(HealTime length, int64_t sample_us, int64_t look_us, double budget)
{
	HealTime end = now + length;
	HealTime next_sample = now;
	HealTime next_look = now;
	int64_t used = 0;

	lowered = raised = looked = 0;
	while (now < end)
	{
		bool sampled = now >= next_sample;
		bool looks = cadence.slowdown > 1 && now >= next_look &&
					 heal_cadence_may_look(&cadence, budget);
		int64_t cost = sampled ? sample_us : looks ? look_us : 0;

		if (cost > 0)
		{
			HealCadenceChange change = heal_cadence_account(
				&cadence, now, cost, sampled, INTERVAL, budget);

			used += cost;
			looked += !sampled;
			lowered += change == HEAL_CADENCE_LOWERED;
			raised += change == HEAL_CADENCE_RAISED;
			next_look = now + INTERVAL;
		}
		if (sampled)
			next_sample =
				now + heal_cadence_interval(INTERVAL, cadence.slowdown);
		now += 100 * HEAL_MILLISECOND;
	}
	return (double) used / length;
}

static void
start(void)
{
	now = 1000 * HEAL_SECOND;
	heal_cadence_reset(&cadence, now);
}

static void
test_cheap(void)
{
	start();
	ok(isnan(cadence.share), "before the first minute nothing is known");
	live(10 * HEAL_MINUTE, 200, 100, BUDGET);
	is_int(cadence.slowdown, 1, "what is cheap is never slowed");
	is_int(lowered + raised, 0, "nor is anything told");
	is_double(cadence.share, 0.0002, 0.00001, "its share is told");
}

static void
test_dear(void)
{
	double share;

	start();
	live(3 * HEAL_MINUTE, 40000, 200, BUDGET);
	ok(lowered >= 2, "what is dear is slowed");
	share = live(20 * HEAL_MINUTE, 40000, 200, BUDGET);
	ok(share <= BUDGET, "until it fits");
	is_int(cadence.slowdown, 8, "and no more than it must");
	is_int(lowered + raised, 0, "then it stays so");
	ok(!cadence.overdrawn, "and is not overdrawn");
	is_int(looked, 20 * 60 - 20 * 60 / 8,
		   "between samples there is a look at every interval");
}

/* Even looks that cost as much as a sample. */
static void
test_looks_are_bounded(void)
{
	start();
	live(5 * HEAL_MINUTE, 40000, 40000, BUDGET);
	ok(live(20 * HEAL_MINUTE, 40000, 40000, BUDGET) <= BUDGET * 1.15,
	   "looks do not break the budget by more than the one that ends it");
	is_int(cadence.slowdown, 8, "nor do they make samples rarer");
	ok(looked >= 20 * 3, "but there are as many as fit");
}

static void
test_recovers(void)
{
	start();
	live(5 * HEAL_MINUTE, 40000, 200, BUDGET);
	live(5 * HEAL_MINUTE, 200, 100, BUDGET);
	is_int(raised, 3, "when it is cheap again it recovers step by step");
	is_int(cadence.slowdown, 1, "all the way");
	is_int(lowered, 0, "without going back");
}

static void
test_does_not_flap(void)
{
	start();
	/* 1.02 % of a core: too much, and half of it would be allowed comfortably */
	live(60 * HEAL_MINUTE, 10200, 0, BUDGET);
	is_int(lowered, 1, "just above the budget it is slowed once");
	is_int(raised, 0, "and not tried again, as it would not fit");
}

static void
test_hopeless(void)
{
	start();
	live(10 * HEAL_MINUTE, 900000, 1000, BUDGET);
	is_int(cadence.slowdown, HEAL_SLOWEST, "there is a slowest");
	ok(cadence.overdrawn, "and when that does not fit it is said");
	live(10 * HEAL_MINUTE, 200, 100, BUDGET);
	ok(cadence.slowdown == 1 && !cadence.overdrawn, "that, too, ends");
}

static void
test_early(void)
{
	start();
	live(2 * HEAL_SECOND, 400000, 0, BUDGET);
	is_int(lowered, 1, "a minute's allowance used up is noticed at once");
}

static void
test_interval(void)
{
	ok(heal_cadence_interval(10000, 16) == 160000,
	   "so many times the interval");
	ok(heal_cadence_interval(10 * HEAL_SECOND, 16) == HEAL_MINUTE,
	   "but never more than a minute");
	ok(heal_cadence_interval(2 * HEAL_MINUTE, 16) == 2 * HEAL_MINUTE,
	   "unless asked for");
	start();
	ok(heal_cadence_account(&cadence, now, HEAL_MINUTE, true, HEAL_MINUTE,
							BUDGET) == HEAL_CADENCE_KEPT &&
		   cadence.slowdown == 1,
	   "what cannot be slower is not said to be");
}

int
main(void)
{
	test_cheap();
	test_dear();
	test_looks_are_bounded();
	test_recovers();
	test_does_not_flap();
	test_hopeless();
	test_early();
	test_interval();
	return done_testing();
}
