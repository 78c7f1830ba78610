/*
 * method.h
 *		The catalogue of detectors: how a row of metrics becomes a score and an alarm.
 *
 * The stack is what decides; the seeds' three are there because people know them.
 */
#ifndef HEAL_METHOD_H
#define HEAL_METHOD_H

#include "base/types.h"

typedef struct HealDetectRow
{
	double score; /* rises with strangeness; NaN = missing or learning */
	bool alarm;
} HealDetectRow;

typedef struct HealDetectMethod
{
	const char *name;
	const char *meaning;
	/* Bytes for this many metrics, 1..HEAL_PANEL_METRICS. */
	size_t (*size)(int metrics);
	void (*init)(void *state, int metrics);
	/* The next row, NaN = missing; work off the heartbeat is done as well. */
	HealDetectRow (*feed)(void *state, const double *value, HealTime at);
} HealDetectMethod;

extern const HealDetectMethod *heal_detect_method_lookup(const char *name);

/* One file each. */
extern const HealDetectMethod heal_method_stack;
extern const HealDetectMethod heal_method_each;
extern const HealDetectMethod heal_method_zscore;
extern const HealDetectMethod heal_method_iqr;
extern const HealDetectMethod heal_method_forest;

#endif
