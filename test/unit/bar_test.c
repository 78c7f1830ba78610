/*
 * bar_test.c
 *		What was called a false positive does not alarm again, and not for ever.
 */
#include "detect/bar.h"

#include "detect/anomaly.h"
#include "tap.h"

#define NOW (100 * HEAL_DAY)

static HealBar bars[HEAL_MAX_BARS];

static void
mark(const char *metric, bool low, double height, HealTime at)
{
	HealFalsePositive mark = {
		.anomaly = 1, .at = at, .height = height, .low = low};

	strncpy(mark.metric, metric, sizeof(mark.metric) - 1);
	heal_bar_raise(bars, &mark);
}

static void
forget(void)
{
	heal_bar_clear(bars, NULL);
}

static void
raised_and_sinking(void)
{
	forget();
	is_double(heal_bar_height(bars, "load", false, NOW), 0, 0,
			  "nobody has said anything, there is no bar");
	mark("load", false, 8, NOW);
	is_double(heal_bar_height(bars, "load", false, NOW), 10, 1e-9,
			  "the bar is a quarter above what was wrong");
	is_double(heal_bar_height(bars, "load", true, NOW), 0, 0,
			  "only in that direction");
	is_double(heal_bar_height(bars, "cpu_used", false, NOW), 0, 0,
			  "and for that metric");
	ok(heal_bar_height(bars, "load", false, NOW + 9 * HEAL_DAY) > 8,
	   "the same height tells nothing for nine days");
	is_double(heal_bar_height(bars, "load", false, NOW + 30 * HEAL_DAY), 5,
			  1e-9, "after thirty it is half as high");
	is_double(heal_bar_height(bars, "load", false, NOW - HEAL_DAY), 10, 1e-9,
			  "a clock set back changes nothing");
}

static void
marked_again(void)
{
	forget();
	mark("load", false, 8, NOW);
	mark("load", false, 4, NOW);
	is_double(heal_bar_height(bars, "load", false, NOW), 10, 1e-9,
			  "a lower one does not lower it");
	is_double(heal_bar_height(bars, "load", false, NOW + 60 * HEAL_DAY), 5,
			  1e-9, "but it sinks half as fast");
	for (int i = 0; i < 100; i++)
		mark("load", false, 8, NOW);
	is_double(heal_bar_height(bars, "load", false, NOW + 180 * HEAL_DAY), 5,
			  1e-9, "and never so slowly that it is for ever");
	mark("load", false, 80, NOW + HEAL_DAY);
	is_double(heal_bar_height(bars, "load", false, NOW + HEAL_DAY), 100, 1e-9,
			  "a higher one raises it");
}

static void
room(void)
{
	char name[HEAL_NAME_SIZE];

	forget();
	for (int i = 0; i < HEAL_MAX_BARS; i++)
	{
		snprintf(name, sizeof(name), "metric_%d", i);
		mark(name, i % 2, 10 + i, NOW);
	}
	mark("load", false, 4, NOW);
	ok(heal_bar_height(bars, "load", false, NOW) > 0,
	   "a new one is always taken in");
	is_double(heal_bar_height(bars, "metric_0", false, NOW), 0, 0,
			  "the lowest gives way");
	ok(heal_bar_height(bars, "metric_1", true, NOW) > 0, "no other does");
	heal_bar_clear(bars, "metric_1");
	is_double(heal_bar_height(bars, "metric_1", true, NOW), 0, 0,
			  "one can be taken away");
	ok(heal_bar_height(bars, "metric_2", false, NOW) > 0, "and only that");
}

/* Of one metric that is at rest, learnt, and then goes up to so many deviations. */
static bool
opens_at(double deviations, double bar)
{
	HealDetection detection = {
		.threshold = 3, .min_confidence = 0.5, .bar = bar};
	HealWatch watch = {0};
	bool opened = false;

	for (int i = 0; i < 100; i++)
		heal_watch_feed(&watch, HEAL_METRIC_SLOTS_INACTIVE, 0, i + 1,
						&detection);
	for (int i = 0; i < HEAL_VOTES; i++)
		opened |=
			heal_watch_feed(&watch, HEAL_METRIC_SLOTS_INACTIVE, deviations,
							101 + i, &detection) == HEAL_OPENED;
	return opened;
}

static void
what_it_keeps_quiet(void)
{
	ok(opens_at(6, 0), "without a bar six deviations are an anomaly");
	ok(!opens_at(6, 7.5), "below the bar they are none");
	ok(opens_at(8, 7.5), "above it eight still are");
	ok(!opens_at(2.5, 1), "a low bar makes it no more sensitive");
}

static void
validity(void)
{
	HealFalsePositive good = {
		.anomaly = 3, .at = NOW, .height = 4, .metric = "load"};
	HealFalsePositive bad = good;

	ok(heal_false_positive_valid(&good), "a mark is valid");
	bad.height = NAN;
	ok(!heal_false_positive_valid(&bad), "not without a height");
	bad = good, bad.height = INFINITY;
	ok(!heal_false_positive_valid(&bad), "nor with an infinite one");
	bad = good, bad.height = -1;
	ok(!heal_false_positive_valid(&bad), "nor with a negative one");
	bad = good, bad.anomaly = 0;
	ok(!heal_false_positive_valid(&bad), "nor without an anomaly");
	bad = good, bad.metric[0] = '\0';
	ok(!heal_false_positive_valid(&bad), "nor without a metric");
	bad = good, memset(bad.reason, 'x', sizeof(bad.reason));
	ok(!heal_false_positive_valid(&bad), "nor with a text that does not end");
}

int
main(void)
{
	raised_and_sinking();
	marked_again();
	room();
	what_it_keeps_quiet();
	validity();
	return done_testing();
}
