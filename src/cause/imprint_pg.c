/*
 * imprint_pg.c
 *		How far every metric is from what is usual for it, now.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "cause/facts_pg.h"
#include "cause/imprint_pg.h"
#include "detect/anomaly_pg.h"
#include "sample/sampler_pg.h"

/* In the time of the failure, or where that has no sample yet, in the last time that has. */
static double
value_of(int metric, HealTime since, HealTime now)
{
	HealTime before = now - heal_fact_window(metric);
	double value =
		heal_sample_median((HealMetricId) metric, Max(since, before), now);

	return isfinite(value)
			   ? value
			   : heal_sample_median((HealMetricId) metric, before, now);
}

void
heal_imprint_read(HealImprint *imprint, HealTime since)
{
	HealUsual *usual = palloc(sizeof(HealUsual) * HEAL_METRICS);
	HealTime now = GetCurrentTimestamp();

	heal_imprint_clear(imprint);
	heal_anomaly_usual(usual);
	for (int i = 0; i < HEAL_METRICS && i < HEAL_IMPRINT_METRICS; i++)
	{
		const HealUsual *as = &usual[i];
		double value;

		if (!heal_metric_exists(i) || !as->known)
			continue;
		value = value_of(i, since, now);
		if (isfinite(value) &&
			heal_fact_direction(value, as->location, as->spread,
								as->difference) == 0)
			value = as->location;
		imprint->change[i] = heal_imprint_change(
			value, as->location, fmax(as->spread, as->difference));
	}
	pfree(usual);
}
