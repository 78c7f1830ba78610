/*
 * stats.h
 *		Running mean and variance.
 */
#ifndef HEAL_STATS_H
#define HEAL_STATS_H

#include "base/types.h"

typedef struct HealRunning
{
	int64_t samples;
	double mean;
	double variance;
} HealRunning;

/*
 * Takes a value in. While there are few samples all weigh the same; from half the
 * window on, old ones fade as if only a window of them were looked at.
 */
extern void heal_running_learn(HealRunning *running, double value, int window);
extern double heal_running_deviation(const HealRunning *running);

#endif
