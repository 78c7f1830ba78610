/*
 * metric_test.c
 *		The catalogue is sound, and totals become rates.
 */
#include "sample/metric.h"

#include <stdlib.h>

#include "detect/component.h"

#include "tap.h"

static const char *const categories[] = {
	"performance",
	"security",
	"data_quality",
	"resource",
};

static HealReading before;
static HealReading now;

static bool
is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static void
catalogue(void)
{
	int twice = 0;
	int unknown = 0;
	int unlike_sql = 0;
	int without_meaning = 0;
	int ratios_with_other_unit = 0;
	int wrong_lookups = 0;

	for (int i = 0; i < HEAL_BUILT_IN_METRICS; i++)
	{
		const HealMetric *metric = &heal_metrics[i];

		for (int j = 0; j < i; j++)
			twice += strcmp(metric->name, heal_metrics[j].name) == 0;
		unknown +=
			!heal_component_exists(metric->component) ||
			!is_one_of(metric->category, categories, heal_lengthof(categories));
		unlike_sql +=
			strspn(metric->name, "abcdefghijklmnopqrstuvwxyz_"
								 "0123456789") != strlen(metric->name);
		without_meaning += strlen(metric->meaning) < 8;
		ratios_with_other_unit +=
			metric->kind == HEAL_RATIO && metric->unit != HEAL_SHARE;
		wrong_lookups += heal_metric_lookup(metric->name) != i;
	}
	ok(HEAL_BUILT_IN_METRICS >= 80, "there are at least 80 metrics");
	is_int(twice, 0, "no two metrics have the same name");
	is_int(unknown, 0, "every component and category is a known one");
	is_int(unlike_sql, 0, "names are plain words");
	is_int(without_meaning, 0, "every metric says what it counts");
	is_int(ratios_with_other_unit, 0, "every ratio is a share");
	is_int(wrong_lookups, 0, "every metric is found by its name");
	is_int(heal_metric_lookup("no_such_metric"), -1, "an unknown name is not");
	is_int(heal_metric_lookup(""), -1, "nor is the empty one");
	is_string(heal_unit_name(HEAL_MILLISECONDS_PER_SECOND),
			  "milliseconds per second", "units have names");
	is_string(heal_metric_kind_name(HEAL_RATIO), "ratio", "kinds have names");
	is_int(heal_metric_since(HEAL_METRIC_LOAD), 0, "most are on all servers");
	is_int(heal_metric_since(HEAL_METRIC_IO_EVICTIONS), 16, "some are not");
	is_string(heal_bad_direction_name(HEAL_LOW_IS_BAD), "low",
			  "directions have names");
}

/* Two readings two seconds apart, everything missing. */
static void
start(void)
{
	heal_reading_clear(&before);
	heal_reading_clear(&now);
	before.taken_at = 1000 * HEAL_SECOND;
	now.taken_at = 1002 * HEAL_SECOND;
}

static double
gauge(double value)
{
	start();
	now.value[HEAL_METRIC_LOAD] = value;
	return heal_reading_difference(&before, &now, HEAL_METRIC_LOAD);
}

static double
counter(double first, double second)
{
	start();
	before.value[HEAL_METRIC_COMMITS] = first;
	now.value[HEAL_METRIC_COMMITS] = second;
	return heal_reading_difference(&before, &now, HEAL_METRIC_COMMITS);
}

static double
ratio(double part, double more_part, double whole, double more_whole)
{
	start();
	before.value[HEAL_METRIC_CACHE_HIT_RATIO] = part;
	before.whole[HEAL_METRIC_CACHE_HIT_RATIO] = whole;
	now.value[HEAL_METRIC_CACHE_HIT_RATIO] = more_part;
	now.whole[HEAL_METRIC_CACHE_HIT_RATIO] = more_whole;
	return heal_reading_difference(&before, &now, HEAL_METRIC_CACHE_HIT_RATIO);
}

static double
mean(double cost, double more_cost, double times, double more_times)
{
	start();
	before.value[HEAL_METRIC_DISK_READ_LATENCY] = cost;
	before.whole[HEAL_METRIC_DISK_READ_LATENCY] = times;
	now.value[HEAL_METRIC_DISK_READ_LATENCY] = more_cost;
	now.whole[HEAL_METRIC_DISK_READ_LATENCY] = more_times;
	return heal_reading_difference(&before, &now,
								   HEAL_METRIC_DISK_READ_LATENCY);
}

static void
differences(void)
{
	is_double(gauge(3.5), 3.5, 0, "a gauge is shown as it was read");
	is_double(gauge(NAN), NAN, 0, "a missing gauge stays missing");

	is_double(counter(100, 150), 25, 1e-9, "a counter becomes a rate");
	is_double(counter(100, 100), 0, 0, "a counter that stands still is zero");
	is_double(counter(1e15, 1e15 + 3), 1.5, 1e-9, "a huge total is no trouble");
	is_double(counter(100, 40), NAN, 0, "a reset is missing, not a spike");
	is_double(counter(NAN, 40), NAN, 0, "after a gap there is no rate");
	is_double(counter(40, NAN), NAN, 0, "in a gap there is no rate");

	is_double(ratio(10, 19, 20, 30), .9, 1e-9, "a ratio is of the interval");
	is_double(ratio(10, 10, 20, 20), NAN, 0, "of nothing there is no share");
	is_double(ratio(10, 10, 20, 30), 0, 0, "none of something is zero");
	is_double(ratio(10, 21, 20, 30), 1, 0, "a share is never above one");
	is_double(ratio(10, 5, 20, 30), NAN, 0, "a reset part gives no share");
	is_double(ratio(10, 15, 20, 2), NAN, 0, "nor does a reset whole");

	is_double(mean(100, 150, 10, 14), 12.5, 1e-9, "a mean may be above one");
	is_double(mean(100, 100, 10, 10), NAN, 0, "of nothing there is no mean");
	is_double(mean(100, 100, 10, 12), 0, 0, "what cost nothing is zero");
	is_double(mean(100, 5, 10, 12), NAN, 0, "a reset gives no mean");
}

static void
clocks(void)
{
	start();
	before.taken_at = 0;
	before.value[HEAL_METRIC_COMMITS] = 1;
	now.value[HEAL_METRIC_COMMITS] = 2;
	is_double(heal_reading_difference(&before, &now, HEAL_METRIC_COMMITS), NAN,
			  0, "the first reading has nothing to compare with");

	before.taken_at = now.taken_at;
	is_double(heal_reading_difference(&before, &now, HEAL_METRIC_COMMITS), NAN,
			  0, "no time passed is no rate, not an infinite one");

	before.taken_at = now.taken_at + HEAL_SECOND;
	now.value[HEAL_METRIC_LOAD] = 2;
	is_double(heal_reading_difference(&before, &now, HEAL_METRIC_COMMITS), NAN,
			  0, "a clock set back is no rate, not a negative one");
	is_double(heal_reading_difference(&before, &now, HEAL_METRIC_LOAD), 2, 0,
			  "gauges do not mind the clock");
}

static void
category_list(void)
{
	char text[HEAL_CATEGORY_LIST_SIZE];

	is_string(heal_category_list(text),
			  "performance, security, data_quality and resource",
			  "the categories, for a message");
}

int
main(void)
{
	catalogue();
	category_list();
	differences();
	clocks();
	return done_testing();
}
