/*
 * anomaly.h
 *		A metric away from what is normal for it: what is told of it.
 */
#ifndef HEAL_ANOMALY_H
#define HEAL_ANOMALY_H

#include "detect/detector.h"
#include "detect/episode.h"
#include "sample/metric.h"

/* By what it was found. */
typedef enum HealAnomalyMethod
{
	HEAL_BY_STACK, /* blocks, by the views of the detector */
	HEAL_BY_PEAK   /* two rows in a row farther out than any should be */
} HealAnomalyMethod;

typedef struct HealAnomaly
{
	int64_t id;
	int32_t metric;	  /* HealMetricId */
	int32_t severity; /* HealSeverity, the highest it ever had */
	int32_t view;	  /* HealView that was loudest at its most surprising */
	int32_t method;	  /* HealAnomalyMethod that opened it */
	bool accepted;	  /* it closed because the state is the new normal */
	HealTime opened_at;
	HealTime peak_at;
	HealTime closed_at; /* 0 = open */
	double value;		/* newest, or the last before it closed */
	double z;
	double peak_value;
	double peak_z;
	double location; /* the baseline it was judged by when it opened */
	double spread;
	double expected; /* by the view, when it opened; in the metric's unit */
	double surprise; /* the highest, -log10 of the probability */
	double confidence;
} HealAnomaly;

/* By what one metric is judged. */
typedef struct HealDetection
{
	double threshold;	   /* z-score, of metrics that are reported */
	double min_confidence; /* below it nothing is told */
	double bar; /* nor up to this height, see bar.h; 0 = there is none */
	double bar_distance; /* the same in the metric's unit; 0 = not known */
	double per_day;		 /* false alarms of it that may be */
	double raised;		 /* of the borders of surprise, by the alarm budget */
	int rows;			 /* of a block, 1..HEAL_BLOCK_ROWS */
} HealDetection;

#define HEAL_LEAST_HEIGHT 1.0

/*
 * How far out it was at its peak, in deviations, as bars have it: from the middle of the baseline or from what was
 * expected when it opened, whichever is more, as what only its context gives away may be no higher than the middle.
 * At least HEAL_LEAST_HEIGHT: a slow drift may be improbable and not far out at all.
 */
extern double heal_anomaly_height(const HealAnomaly *anomaly);
/*
 * The same in the metric's unit, with deviations as they were when it opened. The newest value counts as well: it may
 * be farther out than the peak, where deviations have grown since.
 */
extern double heal_anomaly_distance(const HealAnomaly *anomaly);
/*
 * Up to how many deviations nothing is told; 0 = there is no bar. Deviations of what hardly ever moves grow by the
 * very moves that somebody has called false, so it is no more in the metric's unit than it was then. `spread` is what
 * a deviation is now; NaN = not known.
 */
extern double heal_detection_bar(const HealDetection *rule, double spread);
extern const char *heal_severity_name(HealSeverity severity);
extern const char *heal_anomaly_method_name(HealAnomalyMethod method);
/* "cpu_used = 0.97 (z-score 8.1, baseline 0.31 +- 0.08)" */
extern void
heal_anomaly_describe(const HealAnomaly *anomaly, char *text, size_t size);

#endif
