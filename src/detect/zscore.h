/*
 * zscore.h
 *		How unusual a value is, in standard deviations of its baseline.
 */
#ifndef HEAL_ZSCORE_H
#define HEAL_ZSCORE_H

#include "sample/metric.h"

/* The smallest deviation that a metric of this unit and level is taken to have. */
extern double heal_zscore_floor(HealUnit unit, double mean);
/*
 * Distance from the mean in deviations, positive in the bad direction. Of a metric
 * with no bad direction both ways count as positive. NaN for a missing value.
 */
extern double
heal_zscore(double value, double mean, double deviation, HealBadDirection bad);

#endif
