/*
 * growth.c
 *		How fast something grows, when that can be told.
 *
 * Least squares, and the usual test of its slope: what comes and goes - temporary
 * files, WAL that is recycled - is not growth. Nor is a step, which that test takes for
 * a steep line: both halves must rise as well. "Full in two hours" after every large
 * sort would soon be read by nobody.
 */
#include "sample/growth.h"

#include <math.h>

#define STANDS_OUT 5.0	 /* times the slope's own deviation */
#define HALF_AS_WELL 0.3 /* of the whole slope, in each half */

/* Sums around the means, which the first pass finds: times are large numbers. */
typedef struct Sums
{
	int count;
	double mean_x; /* hours since the first point */
	double mean_y;
	double xx;
	double xy;
	double yy;
} Sums;

static double
hours(const HealTime *at, int i)
{
	return (double) (at[i] - at[0]) / HEAL_HOUR;
}

static Sums
sums_of(const HealTime *at, const double *value, int count)
{
	Sums sums = {0};

	for (int i = 0; i < count; i++)
	{
		if (!isfinite(value[i]))
			continue;
		sums.count++;
		sums.mean_x += (hours(at, i) - sums.mean_x) / sums.count;
		sums.mean_y += (value[i] - sums.mean_y) / sums.count;
	}
	for (int i = 0; i < count; i++)
	{
		double x = hours(at, i) - sums.mean_x;
		double y = value[i] - sums.mean_y;

		if (!isfinite(value[i]))
			continue;
		sums.xx += x * x;
		sums.xy += x * y;
		sums.yy += y * y;
	}
	return sums;
}

/* Between the first and the last that has a value. */
static HealTime
span_of(const HealTime *at, const double *value, int count)
{
	int first = 0;
	int last = count - 1;

	while (first < count && !isfinite(value[first]))
		first++;
	while (last >= 0 && !isfinite(value[last]))
		last--;
	return last > first ? at[last] - at[first] : 0;
}

/* In units per hour; NaN when there are not two times. */
static double
slope_of(const HealTime *at, const double *value, int count)
{
	Sums sums = sums_of(at, value, count);

	return sums.xx > 0 ? sums.xy / sums.xx : NAN;
}

static bool
halves_agree(const HealTime *at, const double *value, int count, double slope)
{
	int half = count / 2;
	double first = slope_of(at, value, half) / slope;
	double second = slope_of(at + half, value + half, count - half) / slope;

	return first > HALF_AS_WELL && second > HALF_AS_WELL;
}

HealGrowth
heal_growth_of(const HealTime *at, const double *value, int count)
{
	HealGrowth growth = {.per_hour = NAN};
	Sums sums;
	double rest;

	if (span_of(at, value, count) < HEAL_GROWTH_SPAN)
		return growth;
	sums = sums_of(at, value, count);
	if (sums.count < HEAL_GROWTH_POINTS || !(sums.xx > 0))
		return growth;
	growth.per_hour = sums.xy / sums.xx;
	/* what the line leaves unexplained; rounding may leave less than nothing */
	rest = sums.yy - growth.per_hour * sums.xy;
	rest = rest > 0 ? rest : 0;
	growth.certain = fabs(growth.per_hour) >
						 STANDS_OUT * sqrt(rest / (sums.count - 2) / sums.xx) &&
					 halves_agree(at, value, count, growth.per_hour);
	return growth;
}

HealTime
heal_growth_time_to(const HealGrowth *growth, double more)
{
	double length;

	if (!growth->certain || !(growth->per_hour > 0) || !(more >= 0))
		return 0;
	length = more / growth->per_hour * HEAL_HOUR;
	if (!(length < (double) HEAL_FORESEEABLE))
		return 0;
	return length < 1 ? 1 : (HealTime) length;
}
