/*
 * growth_test.c
 *		Growth is told when there is some, and time to full only when it is certain.
 */
#include <math.h>
#include <stdlib.h>

#include "sample/growth.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND)
#define MOST 240
#define GB 1e9

static HealTime at[MOST];
static double value[MOST];

/* A value per minute; noise between -1 and 1 times as much. */
static HealGrowth
grow(int count, double from, double per_hour, double noise)
{
	srand(7);
	for (int i = 0; i < count; i++)
	{
		at[i] = START + i * HEAL_MINUTE;
		value[i] =
			from + per_hour * i / 60 + noise * (2.0 * rand() / RAND_MAX - 1);
	}
	return heal_growth_of(at, value, count);
}

static void
test_steady(void)
{
	HealGrowth growth = grow(60, 500 * GB, 2 * GB, 0);

	is_double(growth.per_hour, 2 * GB, 1, "steady growth is told exactly");
	ok(growth.certain, "and is certain");
	ok(llabs(heal_growth_time_to(&growth, 10 * GB) - 5 * HEAL_HOUR) <
		   HEAL_SECOND,
	   "so is the time until 10 GB more");
	ok(heal_growth_time_to(&growth, 0) > 0, "full already is now, not never");
	ok(heal_growth_time_to(&growth, NAN) == 0,
	   "until an unknown amount it is unknown");
	ok(heal_growth_time_to(&growth, 1e9 * GB) == 0,
	   "in a thousand years is not foreseeable");
}

static void
test_shrinking_and_still(void)
{
	HealGrowth growth = grow(60, 500 * GB, -2 * GB, 0);

	is_double(growth.per_hour, -2 * GB, 1, "shrinking is told");
	ok(heal_growth_time_to(&growth, GB) == 0, "but never ends in full");
	growth = grow(60, 500 * GB, 0, 0);
	is_double(growth.per_hour, 0, 0, "standing still is a growth of zero");
	ok(heal_growth_time_to(&growth, GB) == 0, "and never ends in full");
}

static void
test_noise(void)
{
	HealGrowth growth = grow(240, 500 * GB, 0, 5 * GB);

	ok(!growth.certain, "what comes and goes is no growth");
	ok(heal_growth_time_to(&growth, GB) == 0, "and foresees nothing");
	growth = grow(240, 500 * GB, 2 * GB, 1 * GB);
	ok(growth.certain && fabs(growth.per_hour - 2 * GB) < 0.3 * GB,
	   "growth is found in noise half as large as an hour of it");
}

/* One large sort: up within a minute, and down again. */
static void
test_bump(void)
{
	HealGrowth growth;

	grow(60, 500 * GB, 0, 0.01 * GB);
	for (int i = 40; i < 50; i++)
		value[i] += 50 * GB;
	growth = heal_growth_of(at, value, 60);
	ok(!growth.certain, "a bump is no growth");
	grow(60, 500 * GB, 0, 0.01 * GB);
	for (int i = 40; i < 60; i++)
		value[i] += 50 * GB;
	growth = heal_growth_of(at, value, 60);
	ok(!growth.certain, "nor is a step");
}

static void
test_too_little(void)
{
	HealGrowth growth = grow(9, 500 * GB, 2 * GB, 0);

	ok(isnan(growth.per_hour) && !growth.certain, "a few minutes tell nothing");
	ok(heal_growth_time_to(&growth, GB) == 0, "and foresee nothing");
	growth = heal_growth_of(at, value, 0);
	ok(isnan(growth.per_hour), "nor does nothing");
	grow(60, 500 * GB, 2 * GB, 0);
	for (int i = 0; i < 55; i++)
		value[i] = NAN;
	growth = heal_growth_of(at, value, 60);
	ok(isnan(growth.per_hour), "nor do values that are mostly missing");
	grow(60, 500 * GB, 2 * GB, 0);
	for (int i = 0; i < 60; i += 3)
		value[i] = NAN;
	growth = heal_growth_of(at, value, 60);
	is_double(growth.per_hour, 2 * GB, 1, "some missing do no harm");
	for (int i = 0; i < 60; i++)
		at[i] = START;
	growth = heal_growth_of(at, value, 60);
	ok(isnan(growth.per_hour), "nor does a clock that stands still");
}

int
main(void)
{
	test_steady();
	test_shrinking_and_still();
	test_noise();
	test_bump();
	test_too_little();
	return done_testing();
}
