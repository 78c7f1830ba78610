/*
 * metric.h
 *		The metric catalogue: one row per metric in metric_list.h, and after those a fixed
 *		number of rows for metrics of users.
 *
 * The user rows are bound at run time, by each process for itself: whoever uses names or
 * walks through all metrics calls heal_user_metrics_load() before. A row that is not
 * bound does not exist: it has no name, and its samples are missing.
 */
#ifndef HEAL_METRIC_H
#define HEAL_METRIC_H

#include "base/types.h"

typedef enum HealUnit
{
	HEAL_COUNT,
	HEAL_PER_SECOND,
	HEAL_BYTES,
	HEAL_BYTES_PER_SECOND,
	HEAL_SECONDS,
	HEAL_MILLISECONDS,
	HEAL_MILLISECONDS_PER_SECOND,
	HEAL_SHARE, /* 0..1 */
	HEAL_TRANSACTIONS
} HealUnit;

typedef enum HealMetricKind
{
	HEAL_GAUGE,
	HEAL_COUNTER, /* read as a running total, shown as a rate per second */
	HEAL_RATIO,	  /* two running totals, shown as their share in the interval */
	HEAL_MEAN	  /* two running totals, shown as what one of the second cost */
} HealMetricKind;

typedef enum HealBadDirection
{
	HEAL_NEITHER_IS_BAD,
	HEAL_HIGH_IS_BAD,
	HEAL_LOW_IS_BAD
} HealBadDirection;

#define HEAL_USER_METRICS 64

typedef enum HealMetricId
{
#define METRIC(id, ...) HEAL_METRIC_##id,
#include "sample/metric_list.h"
#undef METRIC
	HEAL_BUILT_IN_METRICS,
	HEAL_METRICS = HEAL_BUILT_IN_METRICS + HEAL_USER_METRICS
} HealMetricId;

typedef struct HealMetric
{
	const char *name; /* NULL = there is none */
	HealUnit unit;
	HealMetricKind kind;
	HealBadDirection bad;
	const char *component; /* of detect/component.c; a user's may be another */
	const char *category;  /* performance, security, data_quality or resource */
	const char *meaning;
} HealMetric;

extern const HealMetric *const heal_metrics; /* [HEAL_METRICS] */

#define HEAL_WINDOW 1000 /* samples kept of each metric */

/*
 * One reading of everything: gauges as they are, counters as running totals, ratios and
 * means as running totals of part (value) and whole. NaN = missing.
 */
typedef struct HealReading
{
	HealTime taken_at; /* 0 = never: nothing to compare with yet */
	double value[HEAL_METRICS];
	double whole[HEAL_METRICS];
} HealReading;

extern const char *heal_unit_name(HealUnit unit);
extern const char *heal_metric_kind_name(HealMetricKind kind);
extern const char *heal_bad_direction_name(HealBadDirection bad);
extern int heal_unit_lookup(const char *name);			/* -1 unknown */
extern int heal_bad_direction_lookup(const char *name); /* -1 unknown */
/* Smallest change that matters of a metric of this unit. */
extern double heal_unit_floor(HealUnit unit);
/* The constant of that name; NULL = unknown. */
extern const char *heal_category_lookup(const char *name);
/* "performance, security, ... and resource", for messages. */
#define HEAL_CATEGORY_LIST_SIZE 80
extern const char *heal_category_list(char text[HEAL_CATEGORY_LIST_SIZE]);

extern int heal_metric_lookup(const char *name); /* -1 unknown */
/* The same among those that are no user's. */
extern int heal_metric_built_in(const char *name);
extern bool heal_metric_exists(int metric);
/* Those that exist, ascending; returns how many. */
extern int heal_metric_list(int metric[HEAL_METRICS]);
/* Binds one of the user rows, from 0 on, to a copy of this; NULL frees it. */
extern void heal_metric_bind(int slot, const HealMetric *metric);

/* Major version of the server that has it first; 0 = all that we run on. */
extern int heal_metric_since(HealMetricId metric);
/* Everything missing. */
extern void heal_reading_clear(HealReading *reading);
/*
 * Two readings -> the sample of one metric: a gauge as it is, a counter as a rate, a ratio
 * as a share, a mean as a mean. A reset or a gap is NaN.
 */
extern double
heal_reading_difference(const HealReading *before, const HealReading *now,
						HealMetricId metric);

#endif
