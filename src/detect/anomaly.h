/*
 * anomaly.h
 *		When a deviation is worth telling, and when it is over.
 */
#ifndef HEAL_ANOMALY_H
#define HEAL_ANOMALY_H

#include "detect/baseline.h"
#include "detect/episode.h"
#include "sample/metric.h"

#define HEAL_VOTES 5		/* rows looked back at */
#define HEAL_AGREEMENT 3	/* of them beyond the threshold open an anomaly */
#define HEAL_CALM 5			/* rows in a row below the lower mark close it */
#define HEAL_CALM_SHARE 0.7 /* of the threshold: the lower mark */
#define HEAL_SETTLED 100	/* rows a state lasts before it is the new normal */

typedef struct HealAnomaly
{
	int64_t id;
	int32_t metric;	  /* HealMetricId */
	int32_t severity; /* HealSeverity, the highest it ever had */
	int32_t rows;	  /* with a value since it opened */
	bool accepted;	  /* it closed because the state is the new normal */
	HealTime opened_at;
	HealTime peak_at;
	HealTime closed_at; /* 0 = open */
	double value;		/* newest, or the last before it closed */
	double z;
	double peak_value;
	double peak_z;
	double mean; /* the baseline it was judged by when it opened */
	double deviation;
	double confidence;
} HealAnomaly;

/* What is remembered of one metric between rows. */
typedef struct HealWatch
{
	HealBaseline baseline;
	HealBaseline candidate; /* learnt from strange rows only */
	int32_t strange;  /* rows since the state became strange, 0 = it is not */
	int32_t familiar; /* rows in a row near the baseline since then */
	double vote[HEAL_VOTES]; /* z-scores, newest last */
	int32_t votes;			 /* used, from the end */
	int32_t calm;			 /* rows in a row below the lower mark */
	bool open;
	HealAnomaly anomaly;
} HealWatch;

typedef struct HealDetection
{
	double threshold;	   /* z-score */
	double min_confidence; /* below it nothing is told */
	double bar; /* nor up to this z-score, see bar.h; 0 = there is none */
} HealDetection;

/* The next row of one metric. Fills watch->anomaly, all but its id. */
extern HealVerdict
heal_watch_feed(HealWatch *watch, HealMetricId metric, double value,
				HealTime at, const HealDetection *detection);
/* Ends the open anomaly, whatever the rows say; what was learnt stays. */
extern void heal_watch_close(HealWatch *watch, HealTime at);
/* Forgets what was learnt; true when an anomaly was open and is closed by it. */
extern bool heal_watch_reset(HealWatch *watch, HealTime at);

extern const char *heal_severity_name(HealSeverity severity);
/* "cpu_used = 0.97 (z-score 8.1, baseline 0.31 +- 0.08)" */
extern void
heal_anomaly_describe(const HealAnomaly *anomaly, char *text, size_t size);

#endif
