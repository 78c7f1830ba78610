/*
 * watch.h
 *		One metric under watch: its rows -> blocks -> surprises -> anomalies.
 *
 * In shared memory one per metric, under 20 KB; zeroed = nothing is known yet.
 */
#ifndef HEAL_WATCH_H
#define HEAL_WATCH_H

#include "detect/anomaly.h"
#include "detect/baseline.h"

/* Rows of a block that is not full yet. */
typedef struct HealBlock
{
	int32_t rows;
	int32_t most; /* rows of this one; 0 = there was none before */
	double sum;
	double extreme; /* in the bad direction */
	HealTime begun_at;
	HealTime at; /* newest row */
} HealBlock;

typedef struct HealWatch
{
	HealBlock block;
	double border; /* of single rows; NaN or 0 = none yet */
	int32_t gross; /* rows in a row beyond it */
	int32_t
		view;  /* HealView that opened the episode, or the loudest fast one */
	bool open; /* an anomaly was told and is not over */
	double
		marked; /* how far out what was closed by hand was, in the metric's unit; 0 = the rest is of no such */
	HealEpisode episode;
	HealAnomaly anomaly;
	HealBaseline baseline;
} HealWatch;

/*
 * The next row of one metric. `breadth` is how many metrics of its component are away,
 * itself included. Fills watch->anomaly, all but its id. A metric of which neither
 * direction is bad is learnt and never told.
 */
extern HealVerdict
heal_watch_feed(HealWatch *watch, HealMetricId metric, double value,
				HealTime at, int breadth, const HealDetection *rule);
/* Whether a row is farther out than single rows are: what many do at once is doubted. */
extern bool heal_watch_beyond(const HealWatch *watch, double value);
/* Ends the open anomaly, whatever the rows say; what was learnt stays. */
extern void heal_watch_close(HealWatch *watch, HealTime at);
/* Forgets what was learnt; true when an anomaly was open and is closed by it. */
extern bool heal_watch_reset(HealWatch *watch, HealTime at);

/* The borders that hold for a metric: a young baseline has farther ones. */
extern HealEpisodeRule
heal_watch_rule(const HealBaseline *baseline, const HealDetection *rule);
/* Rows of a block, for a metric read that often. */
extern int heal_block_rows(HealTime cadence);

#endif
