/*
 * bounded.h
 *		What can run out: its forecast, the prediction that stands, and what became of those before.
 *
 * A prediction is opened by the forecast's alarm and judged by what comes: it came true, it
 * was averted (room was made, or there is more of it now), it passed (it was wrong), or
 * what it is about is gone. What runs out without one was missed.
 */
#ifndef HEAL_BOUNDED_H
#define HEAL_BOUNDED_H

#include "predict/forecast.h"

#define HEAL_MAX_BOUNDED 64
#define HEAL_SUBJECT_NAME 64
#define HEAL_SAID 10 /* classes of probability, a tenth each */

typedef enum HealBoundedKind
{
	HEAL_BOUNDED_DISK,	 /* of the data directory, the WAL, a tablespace */
	HEAL_BOUNDED_INODES, /* likewise */
	HEAL_BOUNDED_CONNECTIONS,
	HEAL_BOUNDED_TRANSACTION_IDS,
	HEAL_BOUNDED_MULTIXACT_IDS,
	HEAL_BOUNDED_FREEZING, /* autovacuum's debt */
	HEAL_BOUNDED_SEQUENCE,
	HEAL_BOUNDED_SLOT_WAL,
	HEAL_BOUNDED_MEMORY,
	HEAL_BOUNDED_KINDS
} HealBoundedKind;

typedef struct HealBoundedKindRow
{
	const char *name;
	const char *component;
	const char *unit;
	HealTime row; /* time of one; the horizon is 240 of them */
	const char *meaning;
} HealBoundedKindRow;

extern const HealBoundedKindRow heal_bounded_kinds[HEAL_BOUNDED_KINDS];

/* What was measured. key and kind name it; NaN = could not be measured now. */
typedef struct HealUse
{
	int32_t kind; /* HealBoundedKind */
	uint64_t key;
	double used;
	double limit;
	char subject[HEAL_SUBJECT_NAME]; /* "" = there is only one */
} HealUse;

typedef enum HealPredictionState
{
	HEAL_PREDICTION_NONE,
	HEAL_PREDICTION_OPEN,
	HEAL_PREDICTION_CAME_TRUE,
	HEAL_PREDICTION_AVERTED,
	HEAL_PREDICTION_PASSED,
	HEAL_PREDICTION_GONE
} HealPredictionState;

typedef struct HealPrediction
{
	int64_t id;
	int32_t kind;
	int32_t state;
	char subject[HEAL_SUBJECT_NAME];
	HealTime opened_at;
	HealTime ended_at; /* 0 = open */
	/* As of the newest row while it was open. */
	double used;
	double limit;
	HealTime expected; /* 0 = not foreseen */
	HealTime earliest;
	HealTime latest; /* 0 = or never */
	double probability;
	HealOutlook outlook;
	/* As it was opened. */
	HealTime expected_first;
	double probability_first;
	double share_first;
	double limit_first;
} HealPrediction;

typedef struct HealBounded
{
	bool taken;
	HealUse use;	  /* newest */
	HealTime row_at;  /* of the newest row; 0 = none yet */
	HealTime seen_at; /* newest measurement */
	bool used_up;
	int32_t rows; /* ever; stops counting at a horizon */
	HealForecast forecast;
	HealPrediction prediction; /* state NONE = there is none */
	/* A probability waiting to be judged, for the calibration. */
	double said;
	HealTime said_until; /* 0 = none waits */
} HealBounded;

/* Since they began to be counted. */
typedef struct HealPredictionStats
{
	int64_t opened;
	int64_t came_true;
	int64_t averted;
	int64_t passed;
	int64_t gone;
	int64_t missed;
	double lead; /* seconds, of those that came true, added up */
} HealPredictionStats;

typedef struct HealCalibration
{
	int64_t said[HEAL_SAID]; /* probabilities in this tenth, judged */
	int64_t came[HEAL_SAID]; /* of them: it ran out within the horizon */
	double sum[HEAL_SAID];	 /* the probabilities, added up */
} HealCalibration;

typedef enum HealBoundedNews
{
	HEAL_BOUNDED_NOTHING,
	HEAL_BOUNDED_OPENED,
	HEAL_BOUNDED_ENDED,
	HEAL_BOUNDED_MISSED
} HealBoundedNews;

#define HEAL_BOUNDED_ASLEEP \
	HEAL_MINUTE /* so long without a look: nobody looked */

/* Everything there is, as one plain value. */
typedef struct HealPredictions
{
	int64_t last_id;
	HealBounded bounded[HEAL_MAX_BOUNDED];
	HealPredictionStats stats[HEAL_BOUNDED_KINDS];
	HealCalibration calibration;
	HealTime since; /* when the counting began */
} HealPredictions;

/*
 * The measurement of a resource at a moment; often is fine, a row is made of it when one is
 * due. Rows that were missed are missing, what was missed for long is forgotten. *ended is
 * filled with ENDED, and the news must be taken until it is NOTHING. NULL = no room.
 */
extern HealBounded *heal_bounded_find(HealPredictions *all, const HealUse *use);
extern HealBoundedNews
heal_bounded_feed(HealPredictions *all, HealBounded *bounded,
				  const HealUse *use, HealTime now, HealPrediction *ended);
/*
 * A look begins; the one before was at looked_at, 0 = none since the start. When nobody looked for a while nothing is
 * unseen because it is gone: what is missing counts from now.
 */
extern void
heal_bounded_begin(HealPredictions *all, HealTime looked_at, HealTime now);
/* Forgets what has not been measured for ten rows; ENDED when a prediction of it stood. */
extern HealBoundedNews
heal_bounded_age(HealPredictions *all, HealBounded *bounded, HealTime now,
				 HealPrediction *ended);

/* Rows ahead as a moment; 0 = not foreseen, or in more than a hundred years. */
extern HealTime heal_bounded_moment(int kind, double rows, HealTime from);
extern double heal_bounded_share(const HealUse *use);
extern const char *heal_prediction_state_name(HealPredictionState state);
/* "disk WAL" */
extern void
heal_bounded_name(int kind, const char *subject, char *text, size_t size);
/* "it grows in a line: +8.1 % of the capacity in 4.0 h, from 71 %, by the last 8.0 h" */
extern void heal_bounded_evidence(int kind, const HealOutlook *outlook,
								  char *text, size_t size);
/* "92 % used; used up in about 2 h 10 min (1 h 40 min to 3 h), 85 % likely: it grows ..." */
extern void heal_prediction_describe(const HealPrediction *prediction,
									 HealTime now, char *text, size_t size);

#endif
