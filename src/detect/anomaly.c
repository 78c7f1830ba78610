/*
 * anomaly.c
 *		A metric away from what is normal for it: what is told of it.
 */
#include "detect/anomaly.h"

#include <math.h>
#include <stdio.h>

#define NUMBER_SIZE 40

const char *
heal_severity_name(HealSeverity severity)
{
	static const char *const names[] = {
		[HEAL_LOW] = "low",
		[HEAL_MEDIUM] = "medium",
		[HEAL_HIGH] = "high",
		[HEAL_CRITICAL] = "critical",
	};

	return names[severity];
}

const char *
heal_anomaly_method_name(HealAnomalyMethod method)
{
	static const char *const names[] = {
		[HEAL_BY_STACK] = "stack",
		[HEAL_BY_PEAK] = "peak",
	};

	return names[method];
}

double
heal_anomaly_height(const HealAnomaly *anomaly)
{
	double off = (anomaly->peak_value - anomaly->expected) / anomaly->spread;

	if (heal_metrics[anomaly->metric].bad == HEAL_LOW_IS_BAD)
		off = -off;
	return fmax(fmax(anomaly->peak_z, off), HEAL_LEAST_HEIGHT);
}

/* From the middle or from what was expected, whichever is more. */
static double
distance_of(const HealAnomaly *anomaly, double value)
{
	double from_middle = value - anomaly->location;
	double from_expected = value - anomaly->expected;

	if (heal_metrics[anomaly->metric].bad == HEAL_LOW_IS_BAD)
		return fmax(-from_middle, -from_expected);
	return fmax(from_middle, from_expected);
}

double
heal_anomaly_distance(const HealAnomaly *anomaly)
{
	double seen = fmax(distance_of(anomaly, anomaly->peak_value),
					   distance_of(anomaly, anomaly->value));

	return fmax(seen, HEAL_LEAST_HEIGHT * anomaly->spread);
}

double
heal_detection_bar(const HealDetection *rule, double spread)
{
	if (!(rule->bar > 0) || !(rule->bar_distance > 0))
		return rule->bar;
	return fmin(rule->bar, rule->bar_distance / spread);
}

/* Three digits for a small number, whole ones for a large: no reader likes 8.4e+10. */
static void
print_number(char text[NUMBER_SIZE], double number)
{
	snprintf(text, NUMBER_SIZE, fabs(number) < 100 ? "%.3g" : "%.0f", number);
}

void
heal_anomaly_describe(const HealAnomaly *anomaly, char *text, size_t size)
{
	char value[NUMBER_SIZE];
	char location[NUMBER_SIZE];
	char spread[NUMBER_SIZE];

	print_number(value, anomaly->peak_value);
	print_number(location, anomaly->location);
	print_number(spread, anomaly->spread);
	snprintf(text, size, "%s = %s (z-score %.1f, baseline %s +- %s)",
			 heal_metrics[anomaly->metric].name, value, anomaly->peak_z,
			 location, spread);
}
