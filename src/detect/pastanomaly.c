/*
 * pastanomaly.c
 *		An anomaly as it goes on record.
 */
#include "detect/pastanomaly.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const end_names[HEAL_ENDS] = {
	[HEAL_END_OVER] = "over",
	[HEAL_END_ACCEPTED] = "new normal",
	[HEAL_END_RESET] = "baseline reset",
	[HEAL_END_REMOVED] = "metric removed",
	[HEAL_END_FALSE] = "false positive",
};

/* What is said of it in a sentence about the past. */
static const char *const end_phrases[HEAL_ENDS] = {
	[HEAL_END_OVER] = "over",
	[HEAL_END_ACCEPTED] = "accepted as the new normal",
	[HEAL_END_RESET] = "closed because its baseline was reset",
	[HEAL_END_REMOVED] = "closed because its metric was removed",
	[HEAL_END_FALSE] = "closed as a false positive",
};

static void
copy_text(char *place, size_t size, const char *text)
{
	snprintf(place, size, "%s", text);
}

HealPastAnomaly
heal_anomaly_record(const HealAnomaly *anomaly, HealAnomalyEnd end)
{
	const HealMetric *metric = &heal_metrics[anomaly->metric];
	HealPastAnomaly past = {
		.id = anomaly->id,
		.severity = anomaly->severity,
		.end = end,
		.opened_at = anomaly->opened_at,
		.peak_at = anomaly->peak_at,
		.closed_at = anomaly->closed_at,
		.value = anomaly->value,
		.peak_value = anomaly->peak_value,
		.peak_z = anomaly->peak_z,
		.location = anomaly->location,
		.spread = anomaly->spread,
		.expected = anomaly->expected,
		.surprise = anomaly->surprise,
		.confidence = anomaly->confidence,
	};

	copy_text(past.metric, sizeof(past.metric), metric->name);
	copy_text(past.component, sizeof(past.component), metric->component);
	copy_text(past.category, sizeof(past.category), metric->category);
	copy_text(past.method, sizeof(past.method),
			  heal_anomaly_method_name((HealAnomalyMethod) anomaly->method));
	copy_text(past.view, sizeof(past.view),
			  heal_view_name((HealView) anomaly->view));
	heal_anomaly_describe(anomaly, past.description, sizeof(past.description));
	return past;
}

const char *
heal_anomaly_end_name(HealAnomalyEnd end)
{
	return end_names[end];
}

static bool
is_text(const char *text, size_t size)
{
	return text[0] != '\0' && heal_text_terminated(text, size);
}

bool
heal_past_anomaly_valid(const HealPastAnomaly *past)
{
	return past->id > 0 && past->severity >= HEAL_LOW &&
		   past->severity <= HEAL_CRITICAL && past->end >= HEAL_END_NONE &&
		   past->end < HEAL_ENDS &&
		   (past->closed_at == 0) == (past->end == HEAL_END_NONE) &&
		   is_text(past->metric, sizeof(past->metric)) &&
		   is_text(past->component, sizeof(past->component)) &&
		   is_text(past->category, sizeof(past->category)) &&
		   is_text(past->method, sizeof(past->method)) &&
		   is_text(past->view, sizeof(past->view)) &&
		   is_text(past->description, sizeof(past->description));
}

void
heal_past_anomaly_tell(const HealPastAnomaly *past, char *text, size_t size)
{
	if (past->closed_at == 0)
		snprintf(text, size, "%s", past->description);
	else
		snprintf(text, size, "%s after %.0f s: %s", end_phrases[past->end],
				 (double) (past->closed_at - past->opened_at) / HEAL_SECOND,
				 past->description);
}
