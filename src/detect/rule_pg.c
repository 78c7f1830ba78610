/*
 * rule_pg.c
 *		By what each metric is judged: the settings, and what people have said.
 *
 * Made anew from the ledger: a bar sinks with time, and what somebody says holds from the
 * next row on.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "detect/rule_pg.h"
#include "detect/watch.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "sample/round.h"
#include "settings.h"

/* Of a metric that a user adds before the rules are made anew. */
static const HealDetection newcomer = {
	.threshold = 3,
	.min_confidence = 1, /* nothing is told yet */
	.per_day = 1,
	.rows = 1,
};

/* Of a user's metric each run is one: how often it runs is its owner's choice. */
static int
rows_of_block(int metric)
{
	if (metric >= HEAL_BUILT_IN_METRICS)
		return 1;
	return heal_block_rows(heal_metric_cadence(metric, heal_engine_cadence()));
}

static HealDetection
rule_of(int metric, const HealSaid *said, TimestampTz now)
{
	const HealMetric *about = &heal_metrics[metric];
	double per_day = heal_sensitivity_per_day(said->sensitivity,
											  about->category, about->name);

	return (HealDetection){
		.threshold =
			heal_sensitivity_threshold(heal_anomaly_threshold(), per_day),
		.min_confidence = heal_min_confidence,
		.bar = heal_bar_height(said->bar, about->name,
							   about->bad == HEAL_LOW_IS_BAD, now),
		.bar_distance = heal_bar_distance(said->bar, about->name,
										  about->bad == HEAL_LOW_IS_BAD, now),
		.per_day = heal_sensitivity_allowed(heal_anomaly_threshold(), per_day),
		.rows = rows_of_block(metric),
	};
}

void
heal_detection_rules(HealDetection rules[HEAL_METRICS], double raised)
{
	HealSaid *said = palloc(sizeof(HealSaid));
	TimestampTz now = GetCurrentTimestamp();

	heal_ledger_copy_said(said);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		rules[i] = heal_metric_exists(i) ? rule_of(i, said, now) : newcomer;
		rules[i].raised = raised;
	}
	pfree(said);
}
