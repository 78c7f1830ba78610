/*
 * bar.h
 *		How high a metric must be for an alarm, where somebody has called one false.
 *
 * What a human has called a false positive must not alarm again: the bar of that metric
 * and direction is raised to a quarter above what was wrong. It sinks by half every 30
 * days, and more slowly the more often it had to be raised, so that a mistake, or a
 * server that has changed, does not make it deaf for ever. A bar only keeps anomalies
 * from opening; what is learnt as normal it does not touch. It is kept in deviations and in
 * the metric's unit, see heal_detection_bar().
 */
#ifndef HEAL_BAR_H
#define HEAL_BAR_H

#include "base/types.h"

#define HEAL_MAX_BARS 64
#define HEAL_BAR_MARGIN 1.25
#define HEAL_BAR_HALF_LIFE (30 * HEAL_DAY) /* times the marks */
#define HEAL_BAR_MOST_MARKS 6			   /* more make it no slower */

typedef struct HealBar
{
	HealTime raised_at; /* 0 = free slot */
	double height;		/* deviations, when it was raised */
	double distance;	/* the same in the metric's unit; 0 = not known */
	int32_t low;		/* it is about a metric of which low is bad */
	int32_t marks;		/* since it was last gone */
	char metric[HEAL_NAME_SIZE];
} HealBar;

/* What a human said of an anomaly. */
typedef struct HealFalsePositive
{
	int64_t journal; /* of the anomaly */
	int64_t anomaly;
	HealTime at;
	double height;	 /* deviations, at its peak; see heal_anomaly_height() */
	double distance; /* see heal_anomaly_distance(); 0 = not known */
	int32_t low;
	int32_t spare;
	char metric[HEAL_NAME_SIZE];
	char by[HEAL_NAME_SIZE];
	char reason[256];
} HealFalsePositive;

/* Up to how many deviations nothing is told; 0 = there is no bar. */
extern double heal_bar_height(const HealBar bars[HEAL_MAX_BARS],
							  const char *metric, bool low, HealTime now);
/* The same in the metric's unit; 0 = there is no bar, or it is not known. */
extern double heal_bar_distance(const HealBar bars[HEAL_MAX_BARS],
								const char *metric, bool low, HealTime now);
/* Never lowers it. With every slot taken the bar that is lowest gives way. */
extern void
heal_bar_raise(HealBar bars[HEAL_MAX_BARS], const HealFalsePositive *mark);
/* Both bars of the metric; NULL = of all. */
extern void heal_bar_clear(HealBar bars[HEAL_MAX_BARS], const char *metric);
/* False for heights that are none, or texts that do not end. */
extern bool heal_false_positive_valid(const HealFalsePositive *mark);

#endif
