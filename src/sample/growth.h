/*
 * growth.h
 *		How fast something grows, when that can be told.
 */
#ifndef HEAL_GROWTH_H
#define HEAL_GROWTH_H

#include "base/types.h"

#define HEAL_GROWTH_SPAN (10 * HEAL_MINUTE) /* shorter, nothing is told */
#define HEAL_GROWTH_POINTS 8
#define HEAL_FORESEEABLE (INT64_C(366) * HEAL_DAY) /* nobody sees further */

typedef struct HealGrowth
{
	double per_hour; /* NaN = cannot be told */
	bool certain;	 /* the trend stands out of the noise around it */
} HealGrowth;

/* A line through the points, oldest first; NaN among the values is skipped. */
extern HealGrowth
heal_growth_of(const HealTime *at, const double *value, int count);
/* Time until so much more is there; 0 = not foreseeable. */
extern HealTime heal_growth_time_to(const HealGrowth *growth, double more);

#endif
