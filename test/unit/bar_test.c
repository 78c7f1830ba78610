/*
 * bar_test.c
 *		What was called a false positive does not alarm again, and not for ever.
 */
#include "detect/bar.h"

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
mark_at_distance(double height, double distance, HealTime at)
{
	HealFalsePositive mark = {.anomaly = 1,
							  .at = at,
							  .height = height,
							  .distance = distance,
							  .metric = "load"};

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

/* Deviations grow and shrink: six of two, three of five. */
static void
distances(void)
{
	forget();
	mark_at_distance(6, 12, NOW);
	is_double(heal_bar_distance(bars, "load", false, NOW), 15, 1e-9,
			  "it is known in the metric's unit, too");
	is_double(heal_bar_distance(bars, "load", true, NOW), 0, 0,
			  "only in that direction");
	is_double(heal_bar_distance(bars, "load", false, NOW + 30 * HEAL_DAY), 7.5,
			  1e-9, "and sinks as fast");
	mark_at_distance(3, 16, NOW);
	is_double(heal_bar_height(bars, "load", false, NOW), 7.5, 1e-9,
			  "fewer deviations do not lower it");
	is_double(heal_bar_distance(bars, "load", false, NOW), 20, 1e-9,
			  "and if farther out raise it");
	mark("load", false, 2, NOW);
	is_double(
		heal_bar_distance(bars, "load", false, NOW), 0, 0,
		"with one of which it is not known there is none that is above both");
	mark_at_distance(6, 12, NOW);
	is_double(heal_bar_distance(bars, "load", false, NOW), 0, 0,
			  "nor with others after it");
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
	bad = good, bad.distance = NAN;
	ok(!heal_false_positive_valid(&bad), "nor with a distance that is none");
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
	distances();
	room();
	validity();
	return done_testing();
}
