/*
 * metric.c
 *		The metric catalogue, and how two readings become one row of samples.
 *
 * Running totals are only ever compared with the reading before: a total that went
 * backwards was reset (crash, pg_stat_reset, reboot) and says nothing about this
 * interval, so the sample is missing once. It is never a spike and never a zero.
 */
#include "sample/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"

#define MEANING_SIZE 256

static HealMetric catalogue[HEAL_METRICS] = {
#define METRIC(id, name, unit, kind, bad, ...)                                 \
	[HEAL_METRIC_##id] = {name, HEAL_##unit, HEAL_##kind, HEAL_##bad##_IS_BAD, \
						  __VA_ARGS__},
#include "sample/metric_list.h"
#undef METRIC
};

const HealMetric *const heal_metrics = catalogue;

/* What the names of bound rows point to. */
static struct
{
	char name[HEAL_NAME_SIZE];
	char component[HEAL_NAME_SIZE];
	char meaning[MEANING_SIZE];
} bound[HEAL_USER_METRICS];

static const char *const unit_names[] = {
	[HEAL_COUNT] = "count",
	[HEAL_PER_SECOND] = "per second",
	[HEAL_BYTES] = "bytes",
	[HEAL_BYTES_PER_SECOND] = "bytes per second",
	[HEAL_SECONDS] = "seconds",
	[HEAL_MILLISECONDS] = "milliseconds",
	[HEAL_MILLISECONDS_PER_SECOND] = "milliseconds per second",
	[HEAL_SHARE] = "share",
	[HEAL_TRANSACTIONS] = "transactions",
};

static const double unit_floor[] = {
	[HEAL_COUNT] = 1,
	[HEAL_PER_SECOND] = 1,
	[HEAL_BYTES] = 16.0 * 1024 * 1024, /* one WAL file */
	[HEAL_BYTES_PER_SECOND] = 1024.0 * 1024,
	[HEAL_SECONDS] = 2,
	[HEAL_MILLISECONDS] = 0.1,
	[HEAL_MILLISECONDS_PER_SECOND] = 20, /* one core for 2 % of the time */
	[HEAL_SHARE] = 0.05,
	[HEAL_TRANSACTIONS] = 10000,
};

static const char *const kind_names[] = {
	[HEAL_GAUGE] = "gauge",
	[HEAL_COUNTER] = "counter",
	[HEAL_RATIO] = "ratio",
	[HEAL_MEAN] = "mean",
};

static const char *const bad_direction_names[] = {
	[HEAL_NEITHER_IS_BAD] = "neither",
	[HEAL_HIGH_IS_BAD] = "high",
	[HEAL_LOW_IS_BAD] = "low",
};

static const char *const categories[] = {"performance", "security",
										 "data_quality", "resource"};

static const char *keep(char *place, size_t size, const char *text);
/* What not every server has. */
static const struct
{
	HealMetricId metric;
	int version;
} metric_since[] = {
	{HEAL_METRIC_IO_READS, 16},
	{HEAL_METRIC_IO_WRITES, 16},
	{HEAL_METRIC_IO_EXTENDS, 16},
	{HEAL_METRIC_IO_EVICTIONS, 16},
};

static double seconds_between(HealTime before, HealTime now);
static double increase(double before, double now);
static double share_of(double part, double whole);
static double mean_of(double part, double whole);

const char *
heal_unit_name(HealUnit unit)
{
	return unit_names[unit];
}

double
heal_unit_floor(HealUnit unit)
{
	return unit_floor[unit];
}

const char *
heal_metric_kind_name(HealMetricKind kind)
{
	return kind_names[kind];
}

const char *
heal_bad_direction_name(HealBadDirection bad)
{
	return bad_direction_names[bad];
}

int
heal_unit_lookup(const char *name)
{
	return heal_name_lookup(unit_names, heal_lengthof(unit_names), name);
}

int
heal_bad_direction_lookup(const char *name)
{
	return heal_name_lookup(bad_direction_names,
							heal_lengthof(bad_direction_names), name);
}

const char *
heal_category_lookup(const char *name)
{
	int place = heal_name_lookup(categories, heal_lengthof(categories), name);

	return place < 0 ? NULL : categories[place];
}

const char *
heal_category_list(char text[HEAL_CATEGORY_LIST_SIZE])
{
	const size_t count = heal_lengthof(categories);
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && length < HEAL_CATEGORY_LIST_SIZE; i++)
		length += (size_t) snprintf(text + length,
									HEAL_CATEGORY_LIST_SIZE - length, "%s%s",
									i == 0			 ? ""
									: i == count - 1 ? " and "
													 : ", ",
									categories[i]);
	return text;
}

int
heal_metric_lookup(const char *name)
{
	for (int i = 0; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i) && strcmp(heal_metrics[i].name, name) == 0)
			return i;
	return -1;
}

int
heal_metric_built_in(const char *name)
{
	int metric = heal_metric_lookup(name);

	return metric < HEAL_BUILT_IN_METRICS ? metric : -1;
}

bool
heal_metric_exists(int metric)
{
	return catalogue[metric].name != NULL;
}

int
heal_metric_list(int metric[HEAL_METRICS])
{
	int count = 0;

	for (int i = 0; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i))
			metric[count++] = i;
	return count;
}

void
heal_metric_bind(int slot, const HealMetric *metric)
{
	HealMetric *row = &catalogue[HEAL_BUILT_IN_METRICS + slot];

	memset(row, 0, sizeof(*row));
	if (metric == NULL)
		return;
	*row = *metric;
	row->name = keep(bound[slot].name, sizeof(bound[slot].name), metric->name);
	row->component = keep(bound[slot].component, sizeof(bound[slot].component),
						  metric->component);
	row->meaning =
		keep(bound[slot].meaning, sizeof(bound[slot].meaning), metric->meaning);
}

static const char *
keep(char *place, size_t size, const char *text)
{
	strncpy(place, text, size - 1);
	place[size - 1] = '\0';
	return place;
}

int
heal_metric_since(HealMetricId metric)
{
	for (size_t i = 0; i < heal_lengthof(metric_since); i++)
		if (metric_since[i].metric == metric)
			return metric_since[i].version;
	return 0;
}

void
heal_reading_clear(HealReading *reading)
{
	reading->taken_at = 0;
	for (int i = 0; i < HEAL_METRICS; i++)
		reading->value[i] = reading->whole[i] = NAN;
}

double
heal_reading_difference(const HealReading *before, const HealReading *now,
						HealMetricId metric)
{
	double part = increase(before->value[metric], now->value[metric]);

	switch (heal_metrics[metric].kind)
	{
		case HEAL_GAUGE:
			return now->value[metric];
		case HEAL_COUNTER:
			return part / seconds_between(before->taken_at, now->taken_at);
		case HEAL_RATIO:
			return share_of(
				part, increase(before->whole[metric], now->whole[metric]));
		case HEAL_MEAN:
			return mean_of(part,
						   increase(before->whole[metric], now->whole[metric]));
	}
	return NAN;
}

/* NaN when there is none: a clock set back leaves no interval to divide by. */
static double
seconds_between(HealTime before, HealTime now)
{
	if (before == 0 || now <= before)
		return NAN;
	return (double) (now - before) / HEAL_SECOND;
}

/* NaN when either total is missing or the total was reset in between. */
static double
increase(double before, double now)
{
	return now >= before ? now - before : NAN;
}

/* NaN when nothing happened. Totals read a moment apart may overlap a little, hence the bound. */
static double
share_of(double part, double whole)
{
	if (!(whole > 0) || isnan(part))
		return NAN;
	return part < whole ? part / whole : 1.0;
}

/* NaN when there was none. */
static double
mean_of(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}
