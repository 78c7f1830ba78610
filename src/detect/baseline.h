/*
 * baseline.h
 *		What is normal for one metric.
 */
#ifndef HEAL_BASELINE_H
#define HEAL_BASELINE_H

#include "base/stats.h"
#include "sample/metric.h"

#define HEAL_BASELINE_MINIMUM 30 /* samples before it may judge */

typedef struct HealBaseline
{
	HealRunning running;
} HealBaseline;

extern bool heal_baseline_ready(const HealBaseline *baseline);
/* Both are NaN before the first sample. */
extern double heal_baseline_mean(const HealBaseline *baseline);
/* Never below the floor for this unit and level. */
extern double
heal_baseline_deviation(const HealBaseline *baseline, HealUnit unit);
/* Takes a value in; once ready, at most this many deviations from the mean. */
extern void heal_baseline_learn(HealBaseline *baseline, double value,
								HealUnit unit, double limit);

#endif
