/*
 * reported.h
 *		A metric whose values come with calls of selfheal.detect().
 *
 * Nothing is known of it but its values: no unit, no direction that is bad. So both ways
 * are judged, and each value by itself, as its caller wants an answer now: it is unusual
 * when a z-score and the quartiles agree. What replaces them has to fill heal_reported_judge()
 * and heal_reported_learn() only.
 *
 * Strange values are learnt as moderately strange ones, and a state that lasts a hundred
 * values is the new normal. The detector of the server's own metrics is not used: it takes
 * 18 KB each, anybody may invent names, and calls come at any distance in time.
 */
#ifndef HEAL_REPORTED_H
#define HEAL_REPORTED_H

#include "base/stats.h"
#include "detect/anomaly.h"

#define HEAL_REPORTED_MINIMUM 30  /* values before it may judge */
#define HEAL_REPORTED_SETTLED 100 /* values before a state is the new normal */
#define HEAL_REPORTED_VALUES 250  /* kept for the quartiles */
#define HEAL_REPORTED_MOST 1e100  /* larger values are no measurements */

typedef struct HealReported
{
	uint32_t database; /* 0 = free */
	uint32_t hash;	   /* of the name, for finding it */
	char name[HEAL_NAME_SIZE];
	char category[16];
	HealTime used_at;
	HealRunning running;
	HealRunning candidate; /* learnt since the state became strange */
	int32_t strange;	   /* values since then, 0 = it is not */
	int32_t familiar;	   /* in a row near the baseline since then */
	bool fractional;	   /* some value was no whole number */
	int32_t kept;
	int32_t next;
	double value[HEAL_REPORTED_VALUES]; /* in a ring */
} HealReported;

typedef struct HealReport
{
	bool unusual;
	HealSeverity severity;
	const char
		*method;	   /* "z_score" or "iqr": which of the two is further out */
	double score;	   /* 0..1: half at the threshold, .98 at six times it */
	double confidence; /* 0..1 */
	double value;
	double z; /* deviations from the mean, sign kept */
	double mean;
	double deviation;
} HealReport;

extern bool heal_reported_ready(const HealReported *reported);
/* Deviation that a value is measured in; NaN before the first. */
extern double
heal_reported_deviation(const HealReported *reported, double value);
/*
 * What the values before say of this one, which must be finite and no larger than
 * HEAL_REPORTED_MOST. Never unusual while learning.
 */
extern HealReport heal_reported_judge(const HealReported *reported,
									  double value, const HealDetection *rule);
extern void heal_reported_learn(HealReported *reported, double value,
								const HealDetection *rule);
/* "performance anomaly detected: latency_ms = 500.00 (z-score: 155.24, baseline: 54.50 +- 2.87)" */
extern void heal_report_describe(const HealReport *report, const char *category,
								 const char *metric, char *text, size_t size);

#endif
