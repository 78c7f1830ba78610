/*
 * detector.h
 *		How surprising a value of one metric is, on one scale for all metrics.
 *
 * The scale is -log10 of the probability that a healthy metric is as far out: 3 is one
 * row in a thousand, 4 one in ten thousand. Fixed size, no pointers, no allocation: it
 * may stand in shared memory, be copied with memcpy and be written to a file.
 *
 * Use: heal_detector_init() once, then heal_detector_feed() per row; the surprise goes to
 * heal_episode_feed() (episode.h), or, of many metrics of a component, to
 * heal_panel_feed() (panel.h).
 */
#ifndef HEAL_DETECTOR_H
#define HEAL_DETECTOR_H

#include "base/types.h"
#include "detect/tail.h"
#include "sample/metric.h"

#define HEAL_DETECTOR_VERSION 3
#define HEAL_DETECTOR_MINIMUM 30	  /* rows before it speaks */
#define HEAL_DETECTOR_PROVISIONAL 250 /* rows before its word counts fully */
#define HEAL_DAY_PARTS 288
#define HEAL_WEEK_HOURS 168
#define HEAL_PAST_HEIGHTS 24

/* What of a metric spoke. */
typedef enum HealView
{
	HEAL_VIEW_LEVEL,   /* the value itself */
	HEAL_VIEW_CONTEXT, /* what is left after the best cheap prediction */
	HEAL_VIEW_SLOW,	   /* mean of six rows */
	HEAL_VIEW_DRIFT,   /* mean of sixty rows */
	HEAL_VIEW_CUSUM,   /* sum of small deviations */
	HEAL_VIEWS
} HealView;

/* The cheap predictions. */
typedef enum HealPredictor
{
	HEAL_PREDICT_LEVEL, /* slow mean */
	HEAL_PREDICT_LAST,
	HEAL_PREDICT_DAY,  /* the same five minutes of the days before */
	HEAL_PREDICT_WEEK, /* the same hour of the weeks before */
	HEAL_PREDICTORS
} HealPredictor;

/* What cannot be learnt from data. {0} is a metric nothing is known about. */
typedef struct HealDetectorTraits
{
	HealBadDirection bad; /* NEITHER: both ways are judged */
	double floor; /* smallest change that matters, in the metric's unit; 0 */
	double share; /* the same, of the level; 0 */
	bool has_limit;
	double limit; /* beyond it in the bad direction is certain: surprise 9 */
} HealDetectorTraits;

/*
 * The traits of a row of the catalogue: direction and floor; of what is left of something (bytes, of which few are bad)
 * a share as well: that a fiftieth of it is gone is nobody's concern, however steady it was.
 */
extern HealDetectorTraits heal_detector_traits(HealMetricId metric);

typedef struct HealSurprise
{
	double score;	  /* -log10 p; NaN = missing or still learning */
	HealView view;	  /* that spoke loudest */
	bool high;		  /* above what is usual, else below */
	bool provisional; /* of a young baseline */
	bool recurrent;	  /* as far out before, so the observed rate was taken */
	double expected;  /* what the view compares with, in the metric's unit */
	double location;  /* median of the baseline */
	double spread;	  /* robust deviation: width of the middle half / 1.349 */
	double z;		  /* (value - location) / spread, sign kept */
	double fence; /* interquartile ranges outside the quartiles; 0 = within */
} HealSurprise;

#define HEAL_LEVEL_VALUES 1000
#define HEAL_CONTEXT_VALUES 600
#define HEAL_SLOW_VALUES 400
#define HEAL_DRIFT_VALUES 300
#define HEAL_CUSUM_VALUES 300
#define HEAL_RECENT_ROWS 60

/* An episode that is over, so that its like is known when it comes again. */
typedef struct HealPastHeight
{
	float height; /* over the median of the view, sign kept */
	int32_t view; /* HealView */
} HealPastHeight;

/* What is remembered of one metric; under 20 KB. Read it by the functions below. */
typedef struct HealDetector
{
	uint32_t version;  /* HEAL_DETECTOR_VERSION */
	uint32_t checksum; /* see heal_detector_seal() */
	HealDetectorTraits traits;
	uint64_t random;
	int64_t rows;	  /* with a value, ever */
	HealTime fed_at;  /* newest row with a value, 0 = none */
	HealTime cadence; /* usual time between rows */
	double origin;	  /* all values below are relative to it */
	double last;
	double slow_level;
	double move;   /* usual size of a move, where there is one */
	int32_t moves; /* that it is the mean of */
	double error[HEAL_PREDICTORS]; /* discounted absolute error; < 0 = none */
	double visit_sum[2]; /* of the present part of day and hour of week */
	int32_t visit_rows[2];
	int32_t visit_part[2];
	int32_t strange;  /* rows of the strange state, 0 = it is not */
	int32_t familiar; /* rows in a row that were not strange since */
	int32_t adopting; /* rows left in which a new normal is taken in whole */
	int32_t recent_at;
	int32_t recent_rows;
	float residual[HEAL_RECENT_ROWS]; /* from slow predictions, in a ring */
	float cusum[2];					  /* downwards, upwards, in spreads */
	int32_t count[HEAL_VIEWS];
	int32_t past; /* heights ever */
	HealPastHeight past_height[HEAL_PAST_HEIGHTS];
	HealPastHeight height;		  /* of the present episode */
	HealTail tail[HEAL_VIEWS][2]; /* [view][lower, upper] */
	float level[HEAL_LEVEL_VALUES];
	float context[HEAL_CONTEXT_VALUES];
	float slow[HEAL_SLOW_VALUES];
	float drift[HEAL_DRIFT_VALUES];
	float cusum_sum[HEAL_CUSUM_VALUES];
	float day[HEAL_DAY_PARTS];
	float week[HEAL_WEEK_HOURS];
	uint8_t day_seen[HEAL_DAY_PARTS]; /* visits, up to 255 */
	uint8_t week_seen[HEAL_WEEK_HOURS];
} HealDetector;

_Static_assert(sizeof(HealDetector) <= 20 * 1024, "20 KB a metric");

/* Knows nothing yet. `seed` makes two detectors sample differently. */
extern void heal_detector_init(HealDetector *detector,
							   const HealDetectorTraits *traits, uint64_t seed);
/*
 * Judges the next row, then learns from it. NaN and infinities are missing: they are
 * answered by NaN and change nothing. A time not after the one before is taken as the
 * same moment; after a long gap what is about neighbours starts anew.
 */
extern HealSurprise
heal_detector_feed(HealDetector *detector, double value, HealTime at);
/* Judges a value as the next row, and learns nothing. */
extern HealSurprise
heal_detector_judge(const HealDetector *detector, double value, HealTime at);

extern bool heal_detector_ready(const HealDetector *detector);
/* "learning (12 of 30)", "provisional (412 of 1000)" or "ready". */
extern void
heal_detector_describe(const HealDetector *detector, char *text, size_t size);
/* Median of the baseline; NaN before the first row. */
extern double heal_detector_location(const HealDetector *detector);
/* Robust deviation, never below what matters; NaN before the first row. */
extern double heal_detector_spread(const HealDetector *detector);
/* Share 0..1 -> value; NaN before the first row. */
extern double
heal_detector_quantile(const HealDetector *detector, double share);
/* The value at which the level alone has this surprise; NaN while learning. */
extern double
heal_detector_border(const HealDetector *detector, double score, bool upper);
/* How much better the time of day (or week) predicts than the slow level, 0..1. */
extern double heal_detector_seasonality(const HealDetector *detector);
extern const char *heal_view_name(HealView view);

/* Before writing it to a disk: fills in the checksum. */
extern void heal_detector_seal(HealDetector *detector);
/* After reading it: version, checksum and bounds are right. Else start anew. */
extern bool heal_detector_intact(const HealDetector *detector);

#endif
