/*
 * baseline.c
 *		What is normal for one metric.
 *
 * A strange value is learnt as a moderately strange one: left out, a lasting change
 * would never be learnt; taken whole, one spike would widen the deviation and hide
 * everything after it for a thousand samples.
 */
#include "detect/baseline.h"

#include <math.h>

#include "detect/zscore.h"

bool
heal_baseline_ready(const HealBaseline *baseline)
{
	return baseline->running.samples >= HEAL_BASELINE_MINIMUM;
}

double
heal_baseline_mean(const HealBaseline *baseline)
{
	return baseline->running.samples > 0 ? baseline->running.mean : NAN;
}

double
heal_baseline_deviation(const HealBaseline *baseline, HealUnit unit)
{
	if (baseline->running.samples == 0)
		return NAN;
	return fmax(heal_running_deviation(&baseline->running),
				heal_zscore_floor(unit, baseline->running.mean));
}

void
heal_baseline_learn(HealBaseline *baseline, double value, HealUnit unit,
					double limit)
{
	if (heal_baseline_ready(baseline) && isfinite(value))
	{
		double reach = limit * heal_baseline_deviation(baseline, unit);

		value = fmin(value, baseline->running.mean + reach);
		value = fmax(value, baseline->running.mean - reach);
	}
	heal_running_learn(&baseline->running, value, HEAL_WINDOW);
}
