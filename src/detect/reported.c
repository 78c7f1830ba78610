/*
 * reported.c
 *		A metric whose values come with calls of selfheal.detect().
 */
#include "detect/reported.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FENCE 1.5 /* interquartile ranges, where the threshold is 3 */
#define FENCE_AT 3.0
#define QUARTILES_OF_ONE 1.349 /* interquartile range of a deviation of 1 */
#define QUARTILE_AT 0.6745	   /* deviations from the mean of what is normal */
#define FLOOR_SHARE 0.05 /* of the level: a smaller change matters to nobody */
#define FLOOR_COUNT 1.0	 /* of what is counted */
#define LEARNING_LIMIT \
	3.0 /* deviations a value may be away and be learnt as it is */
#define MEDIUM_HEIGHT 1.5 /* thresholds */
#define HIGH_HEIGHT 3.0
#define CRITICAL_HEIGHT 6.0
#define CALM 5 /* values in a row below the lower mark: no longer strange */
#define CALM_SHARE 0.7 /* of the threshold: the lower mark */
#define NUMBER_SIZE 40

bool
heal_reported_ready(const HealReported *reported)
{
	return reported->running.samples >= HEAL_REPORTED_MINIMUM;
}

/* What has always been zero has no level: then the value's own is taken. */
static double
floor_of(const HealReported *reported, double value)
{
	double mean = reported->running.mean;
	double level = FLOOR_SHARE * fabs(mean != 0 ? mean : value);

	if (!reported->fractional && value == rint(value))
		level = fmax(level, FLOOR_COUNT);
	return level > 0 ? level : FLOOR_COUNT;
}

double
heal_reported_deviation(const HealReported *reported, double value)
{
	if (reported->running.samples == 0)
		return NAN;
	return fmax(heal_running_deviation(&reported->running),
				floor_of(reported, value));
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/* sorted: [count], count > 0; share 0..1 */
static double
quantile(const double *sorted, int count, double share)
{
	double place = share * (count - 1);
	int below = (int) place;
	int above = below + 1 < count ? below + 1 : below;

	return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/* How many interquartile ranges the value is outside of the quartiles; 0 = it is within. */
static double
outside_of_quartiles(const HealReported *reported, double value, double floor)
{
	double sorted[HEAL_REPORTED_VALUES];
	double low, high, range;

	memcpy(sorted, reported->value, reported->kept * sizeof(double));
	qsort(sorted, reported->kept, sizeof(double), by_size);
	low = quantile(sorted, reported->kept, 0.25);
	high = quantile(sorted, reported->kept, 0.75);
	range = fmax(high - low, QUARTILES_OF_ONE * floor);
	return fmax(fmax(value - high, low - value), 0) / range;
}

static HealSeverity
severity_at(double height)
{
	return height >= CRITICAL_HEIGHT ? HEAL_CRITICAL
		   : height >= HIGH_HEIGHT	 ? HEAL_HIGH
		   : height >= MEDIUM_HEIGHT ? HEAL_MEDIUM
									 : HEAL_LOW;
}

HealReport
heal_reported_judge(const HealReported *reported, double value,
					const HealDetection *rule)
{
	HealReport report = {
		.value = value,
		.mean = reported->running.samples > 0 ? reported->running.mean : NAN,
		.deviation = heal_reported_deviation(reported, value),
		.method = "z_score",
	};
	double samples = (double) reported->running.samples;
	double height, outside;

	if (!heal_reported_ready(reported))
		return report;
	report.z = (value - report.mean) / report.deviation;
	height = fabs(report.z) / rule->threshold;
	outside = outside_of_quartiles(reported, value, floor_of(reported, value));
	/* on the scale of the z-score, where what is normal would make both the same */
	if (outside * QUARTILES_OF_ONE + QUARTILE_AT > fabs(report.z))
		report.method = "iqr";
	report.score = 1 - exp2(-height);
	/* as with anomalies: .7 at the threshold with the least of samples */
	report.confidence = (1 - exp(-1.5 * height)) * (samples / (samples + 3));
	report.severity = severity_at(height);
	report.unusual = height >= 1 &&
					 outside >= FENCE * rule->threshold / FENCE_AT &&
					 report.confidence >= rule->min_confidence;
	return report;
}

static void
keep(HealReported *reported, double value)
{
	reported->value[reported->next] = value;
	reported->next = (reported->next + 1) % HEAL_REPORTED_VALUES;
	if (reported->kept < HEAL_REPORTED_VALUES)
		reported->kept++;
	if (value != rint(value))
		reported->fractional = true;
}

/* True when the state has been strange for long enough to be the new normal. */
static bool
has_settled(HealReported *reported, double value, double distance,
			double threshold)
{
	if (reported->strange == 0)
	{
		if (distance < threshold)
			return false;
		memset(&reported->candidate, 0, sizeof(reported->candidate));
		reported->familiar = 0;
	}
	reported->strange++;
	heal_running_learn(&reported->candidate, value, HEAL_WINDOW);
	reported->familiar =
		distance < CALM_SHARE * threshold ? reported->familiar + 1 : 0;
	if (reported->familiar >= CALM)
		reported->strange = 0;
	return reported->strange >= HEAL_REPORTED_SETTLED;
}

void
heal_reported_learn(HealReported *reported, double value,
					const HealDetection *rule)
{
	double deviation = heal_reported_deviation(reported, value);
	double mean = reported->running.mean;
	double reach = fmax(rule->threshold, LEARNING_LIMIT) * deviation;
	double distance = fabs(value - mean) / deviation;

	if (!heal_reported_ready(reported))
		heal_running_learn(&reported->running, value, HEAL_WINDOW);
	else if (has_settled(reported, value, distance, rule->threshold))
	{
		reported->running = reported->candidate;
		reported->strange = 0;
	}
	/* of a strange state only the first value, so that no long trouble becomes noise */
	else if (reported->strange <= 1 || distance < rule->threshold)
		heal_running_learn(&reported->running,
						   fmin(fmax(value, mean - reach), mean + reach),
						   HEAL_WINDOW);
	keep(reported, value);
}

/* Two digits as the guide has it; more where that would be nothing, fewer where it is too many. */
static void
print_number(char text[NUMBER_SIZE], double number)
{
	double size = fabs(number);

	snprintf(text, NUMBER_SIZE,
			 size >= 1e9				? "%.4g"
			 : size >= 1 || number == 0 ? "%.2f"
										: "%.3g",
			 number);
}

void
heal_report_describe(const HealReport *report, const char *category,
					 const char *metric, char *text, size_t size)
{
	char value[NUMBER_SIZE];
	char z[NUMBER_SIZE];
	char mean[NUMBER_SIZE];
	char deviation[NUMBER_SIZE];

	print_number(value, report->value);
	print_number(z, report->z);
	print_number(mean, report->mean);
	print_number(deviation, report->deviation);
	snprintf(text, size,
			 "%s anomaly detected: %s = %s (z-score: %s, baseline: %s +- %s)",
			 category, metric, value, z, mean, deviation);
}
