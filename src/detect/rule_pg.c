/*
 * rule_pg.c
 *		By what each metric is judged: the settings, and what people have said.
 *
 * Made anew from the ledger at every heartbeat: a bar sinks with time, and what somebody
 * says holds from the next row on.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "detect/rule_pg.h"
#include "history/ledger_pg.h"
#include "settings.h"

void
heal_detection_rules(HealDetection rules[HEAL_METRICS])
{
	HealSaid *said = palloc(sizeof(HealSaid));
	HealTime now = GetCurrentTimestamp();

	heal_ledger_copy_said(said);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		const HealMetric *metric = &heal_metrics[i];

		rules[i] = (HealDetection){
			.threshold = heal_anomaly_threshold(),
			.min_confidence = heal_min_confidence,
		};
		if (!heal_metric_exists(i))
			continue;
		rules[i].threshold = heal_sensitivity_threshold(
			rules[i].threshold,
			heal_sensitivity_per_day(said->sensitivity, metric->category,
									 metric->name));
		rules[i].bar = heal_bar_height(said->bar, metric->name,
									   metric->bad == HEAL_LOW_IS_BAD, now);
	}
	pfree(said);
}
