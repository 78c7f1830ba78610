/*
 * tail.h
 *		The probability of being as far out, from a sorted sample and past peaks.
 */
#ifndef HEAL_TAIL_H
#define HEAL_TAIL_H

#include "base/types.h"

#define HEAL_TAIL_PEAKS 100
#define HEAL_TAIL_SHARE 0.02 /* of the values is beyond the threshold */

/* One side of a distribution, beyond its threshold: a generalised Pareto. */
typedef struct HealTail
{
	float peak[HEAL_TAIL_PEAKS]; /* heights over the threshold, in a ring */
	int32_t peaks;				 /* ever */
	int32_t fitted;				 /* peaks when it was last fitted */
	float mean;					 /* of the peaks */
	float weighted;				 /* mean of peak x share of higher ones */
} HealTail;

/*
 * -log10 of the probability that a value is at least this large. Sorted sample of
 * `count`, `width` > 0 its robust width, `rows` how many were seen ever: of what was
 * never seen to move only that number speaks. Empty: 0.
 */
extern double
heal_tail_score(const HealTail *tail, const float *values, int count,
				double width, int64_t rows, double value, bool upper);
/* The value at which that score is reached, at least the threshold's. */
extern double
heal_tail_border(const HealTail *tail, const float *values, int count,
				 double width, double score, bool upper);
/* Takes note of a value; only one beyond the threshold changes anything. */
extern void heal_tail_learn(HealTail *tail, const float *values, int count,
							double value, bool upper);

#endif
