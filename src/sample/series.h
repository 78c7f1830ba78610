/*
 * series.h
 *		The samples of every metric over time: newest rows as taken, and minutes of them.
 *
 * Each row of samples goes into a ring of rows and into the minute it falls in. So a
 * minute's figures are exact whatever the sampling interval is, and whoever writes
 * minutes to tables may come late. What is missing (NaN) counts nowhere: a minute
 * without a value has none, which is not zero.
 */
#ifndef HEAL_SERIES_H
#define HEAL_SERIES_H

#include "sample/metric.h"

#define HEAL_MINUTES 120 /* finished minutes kept */

/* What one minute was like, for every metric; nothing in it says anything where samples is 0. */
typedef struct HealMinute
{
	HealTime at; /* its start; 0 = there is none */
	double sum[HEAL_METRICS];
	double least[HEAL_METRICS];
	double greatest[HEAL_METRICS];
	int32_t samples[HEAL_METRICS];
} HealMinute;

typedef struct HealSeries
{
	uint64_t pushed; /* rows ever; row n stands at n modulo HEAL_WINDOW */
	uint64_t
		restored; /* of those, how many are from before the server started */
	HealTime at[HEAL_WINDOW];
	double value[HEAL_METRICS][HEAL_WINDOW];
	uint64_t
		minutes; /* finished ever; number n stands at n modulo HEAL_MINUTES */
	HealMinute minute[HEAL_MINUTES];
	HealMinute current; /* not finished */
} HealSeries;

extern HealTime heal_minute_start(HealTime at);
extern HealTime heal_hour_start(HealTime at);

extern void heal_series_clear(HealSeries *series);
extern void heal_series_push(HealSeries *series, HealTime at,
							 const double row[HEAL_METRICS]);

/* As if the metric had never been sampled. */
extern void heal_series_forget(HealSeries *series, int metric);

/* Rows and minutes still there: from these numbers up to series->pushed and series->minutes. */
extern uint64_t heal_series_first_row(const HealSeries *series);
extern uint64_t heal_series_first_minute(const HealSeries *series);

/* Copies finished minutes that began after the one time and not after the other, in order; returns how many. */
extern int heal_series_minutes(const HealSeries *series, HealTime after,
							   HealTime until, HealMinute *minutes, int most);
/*
 * Average of the rows from one time to another; NaN when fewer than half of them have a value, or there
 * are fewer than 5.
 */
extern double heal_series_between(const HealSeries *series, HealMetricId metric,
								  HealTime since, HealTime until);
/* The median likewise, which a few odd rows do not move. */
extern double heal_series_median(const HealSeries *series, HealMetricId metric,
								 HealTime since, HealTime until);

/* Times of the newest rows in which it is above zero, the newest first, not older than since; returns how many. */
extern int heal_series_pulses(const HealSeries *series, HealMetricId metric,
							  HealTime since, HealTime *at, int most);

/* One point of one metric: a row as taken, or a minute. */
typedef struct HealPoint
{
	HealTime at;
	HealTime resolution; /* 0 = one row */
	double value;		 /* average; NaN = missing */
	double least;
	double greatest;
	int32_t samples;
} HealPoint;

#define HEAL_POINTS (HEAL_WINDOW + HEAL_MINUTES)

/*
 * The points of one metric not older than since, oldest first: rows, and before them
 * the minutes they do not reach back to. Returns how many.
 */
extern int heal_series_points(const HealSeries *series, HealMetricId metric,
							  HealTime since, HealPoint points[HEAL_POINTS]);

#endif
