/*
 * stats.c
 *		Running mean and variance.
 *
 * One formula serves both phases: with the weight 1/n it is Welford's, with a fixed
 * weight it is exponential smoothing. It only ever squares a distance from the mean,
 * so it is as exact at 1e12 as near zero, where a sum of squares would be noise. The
 * fixed weight 2/(window+1) gives samples the mean age they have in a flat window.
 */
#include "base/stats.h"

#include <math.h>

void
heal_running_learn(HealRunning *running, double value, int window)
{
	double weight;
	double distance;

	if (!isfinite(value))
		return;
	running->samples++;
	weight = fmax(1.0 / (double) running->samples, 2.0 / (window + 1.0));
	distance = value - running->mean;
	running->mean += weight * distance;
	running->variance =
		(1 - weight) * (running->variance + weight * distance * distance);
}

double
heal_running_deviation(const HealRunning *running)
{
	return sqrt(running->variance);
}
