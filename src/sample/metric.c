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
#include <string.h>

const HealMetric heal_metrics[HEAL_METRICS] = {
#define METRIC(id, name, unit, kind, bad, ...)                                 \
	[HEAL_METRIC_##id] = {name, HEAL_##unit, HEAL_##kind, HEAL_##bad##_IS_BAD, \
						  __VA_ARGS__},
#include "sample/metric_list.h"
#undef METRIC
};

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

static const char *const kind_names[] = {
	[HEAL_GAUGE] = "gauge",
	[HEAL_COUNTER] = "counter",
	[HEAL_RATIO] = "ratio",
};

static const char *const bad_direction_names[] = {
	[HEAL_NEITHER_IS_BAD] = "neither",
	[HEAL_HIGH_IS_BAD] = "high",
	[HEAL_LOW_IS_BAD] = "low",
};

static double increase(double before, double now);
static double share_of(double part, double whole);

const char *
heal_unit_name(HealUnit unit)
{
	return unit_names[unit];
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
heal_metric_lookup(const char *name)
{
	for (int i = 0; i < HEAL_METRICS; i++)
		if (strcmp(heal_metrics[i].name, name) == 0)
			return i;
	return -1;
}

void
heal_reading_clear(HealReading *reading)
{
	reading->taken_at = 0;
	for (int i = 0; i < HEAL_METRICS; i++)
		reading->value[i] = reading->whole[i] = NAN;
}

void
heal_reading_difference(const HealReading *before, const HealReading *now,
						double sample[HEAL_METRICS])
{
	double seconds = NAN;

	/* A clock set back leaves no interval to divide by. */
	if (before->taken_at != 0 && now->taken_at > before->taken_at)
		seconds = (double) (now->taken_at - before->taken_at) / HEAL_SECOND;

	for (int i = 0; i < HEAL_METRICS; i++)
	{
		double part = increase(before->value[i], now->value[i]);

		switch (heal_metrics[i].kind)
		{
			case HEAL_GAUGE:
				sample[i] = now->value[i];
				break;
			case HEAL_COUNTER:
				sample[i] = part / seconds;
				break;
			case HEAL_RATIO:
				sample[i] =
					share_of(part, increase(before->whole[i], now->whole[i]));
				break;
		}
	}
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
