/*
 * anomaly.c
 *		When a deviation is worth telling, and when it is over.
 *
 * One strange row proves nothing: three of the last five must agree before an anomaly
 * opens, and it takes five calm ones in a row, calm by a lower mark, before it closes,
 * so that a value that hovers at the threshold is one story and not twenty. A state
 * that lasts a hundred rows is what the server is like now: the anomaly closes and the
 * baseline becomes what was learnt meanwhile.
 *
 * Missing rows neither vote nor learn nor count.
 */
#include "detect/anomaly.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detect/zscore.h"

/* Severity by how many thresholds high the peak is; lasting long adds one step. */
#define MEDIUM_HEIGHT 1.5
#define HIGH_HEIGHT 3.0
#define LONG_ROWS 30

/* Deviations a value may be away and still be learnt as it is. */
#define LEARNING_LIMIT 3.0

#define NUMBER_SIZE 40

/* One row, as the baseline of before it sees it. */
typedef struct Look
{
	HealMetricId metric;
	double value;
	HealTime at;
	double z;		 /* in the bad direction */
	double distance; /* in whichever direction */
} Look;

static void print_number(char text[NUMBER_SIZE], double number);
static Look
look_at(const HealWatch *watch, HealMetricId metric, double value, HealTime at);
static HealVerdict
judge(HealWatch *watch, const Look *look, const HealDetection *detection);
static bool
has_settled(HealWatch *watch, const Look *look, const HealDetection *detection);
static HealVerdict
accept_state(HealWatch *watch, HealTime at, HealVerdict verdict);
static bool teaches(const HealWatch *watch, double distance,
					const HealDetection *detection);
static void vote(HealWatch *watch, double z);
static int agreement(const HealWatch *watch, double threshold, double *mean_z);
static double
confidence_of(const HealWatch *watch, double z, const HealDetection *detection);
static void open_anomaly(HealWatch *watch, const Look *look);
static void update_anomaly(HealWatch *watch, const Look *look,
						   const HealDetection *detection);
static HealSeverity severity_of(const HealAnomaly *anomaly, double threshold);

HealVerdict
heal_watch_feed(HealWatch *watch, HealMetricId metric, double value,
				HealTime at, const HealDetection *detection)
{
	HealVerdict verdict = HEAL_NOTHING_NEW;
	Look look;

	if (!isfinite(value))
		return HEAL_NOTHING_NEW;
	look = look_at(watch, metric, value, at);
	if (heal_baseline_ready(&watch->baseline))
	{
		if (heal_metrics[metric].bad != HEAL_NEITHER_IS_BAD)
			verdict = judge(watch, &look, detection);
		if (has_settled(watch, &look, detection))
			return accept_state(watch, at, verdict);
	}
	if (teaches(watch, look.distance, detection))
		heal_baseline_learn(&watch->baseline, value, heal_metrics[metric].unit,
							fmax(detection->threshold, LEARNING_LIMIT));
	return verdict;
}

void
heal_watch_close(HealWatch *watch, HealTime at)
{
	watch->open = false;
	watch->calm = 0;
	watch->votes = 0;
	watch->anomaly.closed_at = at;
}

bool
heal_watch_reset(HealWatch *watch, HealTime at)
{
	bool was_open = watch->open;

	if (was_open)
		heal_watch_close(watch, at);
	memset(&watch->baseline, 0, sizeof(watch->baseline));
	watch->strange = 0;
	watch->votes = 0;
	return was_open;
}

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

void
heal_anomaly_describe(const HealAnomaly *anomaly, char *text, size_t size)
{
	char value[NUMBER_SIZE];
	char mean[NUMBER_SIZE];
	char deviation[NUMBER_SIZE];

	print_number(value, anomaly->peak_value);
	print_number(mean, anomaly->mean);
	print_number(deviation, anomaly->deviation);
	snprintf(text, size, "%s = %s (z-score %.1f, baseline %s +- %s)",
			 heal_metrics[anomaly->metric].name, value, anomaly->peak_z, mean,
			 deviation);
}

/* Three digits for a small number, whole ones for a large: no reader likes 8.4e+10. */
static void
print_number(char text[NUMBER_SIZE], double number)
{
	snprintf(text, NUMBER_SIZE, fabs(number) < 100 ? "%.3g" : "%.0f", number);
}

static Look
look_at(const HealWatch *watch, HealMetricId metric, double value, HealTime at)
{
	const HealMetric *about = &heal_metrics[metric];
	double mean = heal_baseline_mean(&watch->baseline);
	double deviation = heal_baseline_deviation(&watch->baseline, about->unit);

	return (Look){
		.metric = metric,
		.value = value,
		.at = at,
		.z = heal_zscore(value, mean, deviation, about->bad),
		.distance = heal_zscore(value, mean, deviation, HEAL_NEITHER_IS_BAD),
	};
}

static HealVerdict
judge(HealWatch *watch, const Look *look, const HealDetection *detection)
{
	double threshold = detection->threshold;
	double mean_z;

	vote(watch, look->z);
	if (watch->open)
	{
		update_anomaly(watch, look, detection);
		watch->calm =
			look->z < HEAL_CALM_SHARE * threshold ? watch->calm + 1 : 0;
		if (watch->calm < HEAL_CALM)
			return HEAL_NOTHING_NEW;
		heal_watch_close(watch, look->at);
		return HEAL_CLOSED;
	}
	if (agreement(watch, fmax(threshold, detection->bar), &mean_z) <
			HEAL_AGREEMENT ||
		confidence_of(watch, mean_z, detection) < detection->min_confidence)
		return HEAL_NOTHING_NEW;
	open_anomaly(watch, look);
	update_anomaly(watch, look, detection);
	return HEAL_OPENED;
}

/*
 * True when the metric has been away from its baseline, in whichever direction, for
 * long enough. Good news must be learnt as well: a server that has become calmer is to
 * be judged by its new calm.
 */
static bool
has_settled(HealWatch *watch, const Look *look, const HealDetection *detection)
{
	double threshold = detection->threshold;

	if (watch->strange == 0)
	{
		if (look->distance < threshold)
			return false;
		memset(&watch->candidate, 0, sizeof(watch->candidate));
		watch->familiar = 0;
	}
	watch->strange++;
	heal_baseline_learn(&watch->candidate, look->value,
						heal_metrics[look->metric].unit,
						fmax(threshold, LEARNING_LIMIT));
	watch->familiar =
		look->distance < HEAL_CALM_SHARE * threshold ? watch->familiar + 1 : 0;
	if (watch->familiar >= HEAL_CALM)
		watch->strange = 0;
	return watch->strange >= HEAL_SETTLED;
}

/* The state is the new normal: judge by it from now on, and close what is open. */
static HealVerdict
accept_state(HealWatch *watch, HealTime at, HealVerdict verdict)
{
	watch->baseline = watch->candidate;
	watch->strange = 0;
	watch->votes = 0;
	if (!watch->open)
		return verdict;
	watch->anomaly.accepted = true;
	heal_watch_close(watch, at);
	/* opened and accepted by the same row: there is nothing to tell */
	return verdict == HEAL_OPENED ? HEAL_NOTHING_NEW : HEAL_CLOSED;
}

/*
 * Whether the baseline learns from a row at this distance: of a strange state only the
 * first row, so that neither many short troubles nor a long one is taken for noise.
 */
static bool
teaches(const HealWatch *watch, double distance, const HealDetection *detection)
{
	return watch->strange <= 1 || distance < detection->threshold;
}

static void
vote(HealWatch *watch, double z)
{
	memmove(&watch->vote[0], &watch->vote[1],
			(HEAL_VOTES - 1) * sizeof(watch->vote[0]));
	watch->vote[HEAL_VOTES - 1] = z;
	if (watch->votes < HEAL_VOTES)
		watch->votes++;
}

/* How many of the last rows are beyond the threshold, and how far on average. */
static int
agreement(const HealWatch *watch, double threshold, double *mean_z)
{
	int beyond = 0;
	double sum = 0;

	for (int i = HEAL_VOTES - watch->votes; i < HEAL_VOTES; i++)
		if (watch->vote[i] >= threshold)
		{
			beyond++;
			sum += watch->vote[i];
		}
	*mean_z = beyond > 0 ? sum / beyond : 0;
	return beyond;
}

/*
 * How sure we are, 0..1: grows with the height over the threshold and with what the
 * baseline has seen. At the threshold itself it is .7 with the least of samples and
 * .78 with many; at twice the threshold .86 and .95.
 */
static double
confidence_of(const HealWatch *watch, double z, const HealDetection *detection)
{
	double samples = (double) watch->baseline.running.samples;

	return (1 - exp(-1.5 * fmax(z, 0) / detection->threshold)) *
		   (samples / (samples + 3));
}

static void
open_anomaly(HealWatch *watch, const Look *look)
{
	HealUnit unit = heal_metrics[look->metric].unit;

	watch->open = true;
	watch->calm = 0;
	watch->anomaly = (HealAnomaly){
		.metric = look->metric,
		.opened_at = look->at,
		.peak_at = look->at,
		.peak_value = look->value,
		.peak_z = look->z,
		.mean = heal_baseline_mean(&watch->baseline),
		.deviation = heal_baseline_deviation(&watch->baseline, unit),
	};
}

/* Severity and confidence only rise: they are about the worst that was seen. */
static void
update_anomaly(HealWatch *watch, const Look *look,
			   const HealDetection *detection)
{
	HealAnomaly *anomaly = &watch->anomaly;
	HealSeverity severity;
	double mean_z;

	anomaly->rows++;
	anomaly->value = look->value;
	anomaly->z = look->z;
	if (look->z > anomaly->peak_z)
	{
		anomaly->peak_z = look->z;
		anomaly->peak_value = look->value;
		anomaly->peak_at = look->at;
	}
	severity = severity_of(anomaly, detection->threshold);
	if ((int) severity > anomaly->severity)
		anomaly->severity = severity;
	if (agreement(watch, detection->threshold, &mean_z) >= HEAL_AGREEMENT)
		anomaly->confidence =
			fmax(anomaly->confidence, confidence_of(watch, mean_z, detection));
}

static HealSeverity
severity_of(const HealAnomaly *anomaly, double threshold)
{
	double height = anomaly->peak_z / threshold;
	HealSeverity severity = height >= HIGH_HEIGHT	  ? HEAL_HIGH
							: height >= MEDIUM_HEIGHT ? HEAL_MEDIUM
													  : HEAL_LOW;

	return anomaly->rows >= LONG_ROWS ? severity + 1 : severity;
}
