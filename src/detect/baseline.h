/*
 * baseline.h
 *		What is normal for one metric, as it is kept over a restart.
 *
 * Rows of a second are too many and too restless to be judged one by one for a day. So the
 * detector judges blocks of about five seconds, by their means, and the peaks say how far
 * out a single row is when nothing is wrong. Plain values, no pointers: it stands in shared
 * memory and in a file.
 */
#ifndef HEAL_BASELINE_H
#define HEAL_BASELINE_H

#include "detect/detector.h"
#include "detect/peaks.h"

#define HEAL_BLOCK (5 * HEAL_SECOND)
#define HEAL_BLOCK_ROWS 5 /* at most; as many as take that long */

typedef struct HealBaseline
{
	HealDetector detector; /* of the means; version 0 = nothing is learnt yet */
	HealPeaks peaks;	   /* of the row farthest out in each block */
} HealBaseline;

/* Begins anew. */
extern void heal_baseline_init(HealBaseline *baseline, HealMetricId metric);
/* Whether it is one, and one of a metric of this kind. */
extern bool
heal_baseline_fits(const HealBaseline *baseline, HealMetricId metric);
/*
 * Judges a block by its mean and learns it; `extreme` is its row farthest out in the bad
 * direction. NaN changes nothing.
 */
extern HealSurprise heal_baseline_feed(HealBaseline *baseline, double mean,
									   double extreme, HealTime at);
/* The value at which a single row has this surprise; NaN while learning. */
extern double
heal_baseline_row_border(const HealBaseline *baseline, double score);
/* How surprising a single row is; NaN while learning. */
extern double heal_baseline_row_score(const HealBaseline *baseline, double row);

/* Before writing it to a disk. */
extern void heal_baseline_seal(HealBaseline *baseline);
/* After reading it: nothing in it can lead astray. Else begin anew. */
extern bool heal_baseline_intact(const HealBaseline *baseline);

#endif
