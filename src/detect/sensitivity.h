/*
 * sensitivity.h
 *		How easily a metric alarms: low, normal, high, or so many false alarms a day.
 *
 * Each category has a default; an administrator may say otherwise for a category and for
 * a metric, the metric's counting most. The words stand for rates of false alarms of one
 * metric: one in seven weeks, one in a week, one a day.
 *
 * For the server's own metrics a rate is what the borders of the detectors are calibrated
 * to. For metrics that are reported how far a z-score has to be out for a rate is an
 * assumption, not a measurement: tails in which the same factor of seven takes a sixth of
 * the threshold. That makes the words 3.5, 3 and 2.5 deviations where
 * selfheal.anomaly_threshold is 3, which are the numbers the guide gives for production
 * and for development; and it is how that setting moves the borders of the detectors.
 */
#ifndef HEAL_SENSITIVITY_H
#define HEAL_SENSITIVITY_H

#include "base/types.h"

#define HEAL_MAX_SENSITIVITIES 64
#define HEAL_LEAST_FALSE_ALARMS 0.001 /* a day */
#define HEAL_MOST_FALSE_ALARMS 1000.0

typedef enum HealSensitivityLevel
{
	HEAL_SENSITIVITY_LOW,
	HEAL_SENSITIVITY_NORMAL,
	HEAL_SENSITIVITY_HIGH,
	HEAL_SENSITIVITY_BY_RATE
} HealSensitivityLevel;

typedef struct HealSensitivity
{
	int32_t in_force; /* 0 = free slot; in a record: taken back */
	int32_t level;	  /* HealSensitivityLevel */
	double per_day;	  /* false alarms of one metric */
	HealTime at;
	char scope[HEAL_NAME_SIZE]; /* a category, or a metric */
	char by[HEAL_NAME_SIZE];
	char reason[256];
} HealSensitivity;

/* "low", "normal", "high"; NULL for by rate. */
extern const char *heal_sensitivity_name(HealSensitivityLevel level);
extern int heal_sensitivity_lookup(const char *name); /* -1 unknown */
/* False alarms a day of one metric that a word stands for; not for by rate. */
extern double heal_sensitivity_rate(HealSensitivityLevel level);
/* What a category has where nobody has said otherwise. */
extern HealSensitivityLevel heal_sensitivity_default(const char *category);

/* Exactly this scope, in force; NULL = none. list: [HEAL_MAX_SENSITIVITIES] */
extern const HealSensitivity *
heal_sensitivity_find(const HealSensitivity *list, const char *scope);
/* Set or take back; false when every slot is taken by another. */
extern bool heal_sensitivity_store(HealSensitivity *list,
								   const HealSensitivity *sensitivity);
/* False for numbers out of range, or texts that do not end. */
extern bool heal_sensitivity_valid(const HealSensitivity *sensitivity);
/* False alarms a day that a metric of this category may have; metric may be NULL. */
extern double
heal_sensitivity_per_day(const HealSensitivity *list, const char *category,
						 const char *metric);
/* The z-score that counts as abnormal at this rate, where it is threshold at normal. */
extern double heal_sensitivity_threshold(double threshold, double per_day);
/*
 * False alarms a day that count where the threshold is set to this: at 3 what was asked
 * for, and a factor of seven fewer for each half more, as far as 1e-9.
 */
extern double heal_sensitivity_allowed(double threshold, double per_day);

#endif
