/*
 * histogram.h
 *		How long things took: counts in buckets that grow with the duration.
 */
#ifndef HEAL_HISTOGRAM_H
#define HEAL_HISTOGRAM_H

#include "base/types.h"

#define HEAL_OCTAVES 35				/* doublings, from HEAL_SHORTEST on */
#define HEAL_OCTAVE_STEPS 16		/* buckets in each */
#define HEAL_SHORTEST UINT64_C(256) /* ns; all below share the first bucket */
#define HEAL_LONGEST (HEAL_SHORTEST << HEAL_OCTAVES) /* 2.4 hours: the last */
#define HEAL_BUCKETS (HEAL_OCTAVES * HEAL_OCTAVE_STEPS + 2)

typedef struct HealHistogram
{
	uint64_t count;
	uint64_t sum; /* ns */
	uint64_t bucket[HEAL_BUCKETS];
} HealHistogram;

extern int heal_histogram_bucket(uint64_t ns);
/* Which doubling a bucket belongs to, 0 .. HEAL_OCTAVES; for whoever scans parts of it. */
extern int heal_bucket_octave(int bucket);
extern void heal_histogram_add(HealHistogram *histogram, uint64_t ns);
extern void
heal_histogram_merge(HealHistogram *into, const HealHistogram *from);
/*
 * What came between two states of the same histogram. False, and nothing in it, when
 * one is not a later state of the other.
 */
extern bool
heal_histogram_difference(const HealHistogram *before, const HealHistogram *now,
						  HealHistogram *between);
/*
 * The duration that a share of all did not exceed, in ns and at most 3.2 % off; NaN
 * when there are none. At the ends only a bound is known: half of HEAL_SHORTEST,
 * HEAL_LONGEST.
 */
extern double
heal_histogram_quantile(const HealHistogram *histogram, double share);
/* ns; NaN when there are none. */
extern double heal_histogram_mean(const HealHistogram *histogram);

#endif
