/*
 * histogram.c
 *		How long things took: counts in buckets that grow with the duration.
 *
 * Each doubling is cut into sixteen equal steps. A value is told as the middle of its
 * step, which is off by a thirty-second at most: the same precision for a microsecond
 * and for an hour. Two histograms are added and subtracted bucket by bucket, which
 * nothing that keeps quantiles only can do.
 */
#include "gate/histogram.h"

#include <math.h>
#include <string.h>

#define STEP_BITS 4		/* of HEAL_OCTAVE_STEPS */
#define SHORTEST_BITS 8 /* of HEAL_SHORTEST */

static double middle_of(int bucket);

int
heal_histogram_bucket(uint64_t ns)
{
	int octave;
	int step;

	if (ns < HEAL_SHORTEST)
		return 0;
	if (ns >= HEAL_LONGEST)
		return HEAL_BUCKETS - 1;
	octave = 63 - __builtin_clzll(ns);
	step = (ns >> (octave - STEP_BITS)) & (HEAL_OCTAVE_STEPS - 1);
	return 1 + (octave - SHORTEST_BITS) * HEAL_OCTAVE_STEPS + step;
}

int
heal_bucket_octave(int bucket)
{
	return bucket == 0 ? 0 : (bucket - 1) / HEAL_OCTAVE_STEPS;
}

void
heal_histogram_add(HealHistogram *histogram, uint64_t ns)
{
	histogram->count++;
	histogram->sum += ns;
	histogram->bucket[heal_histogram_bucket(ns)]++;
}

void
heal_histogram_merge(HealHistogram *into, const HealHistogram *from)
{
	into->count += from->count;
	into->sum += from->sum;
	for (int i = 0; i < HEAL_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

bool
heal_histogram_difference(const HealHistogram *before, const HealHistogram *now,
						  HealHistogram *between)
{
	bool later = now->count >= before->count && now->sum >= before->sum;

	for (int i = 0; i < HEAL_BUCKETS && later; i++)
	{
		later = now->bucket[i] >= before->bucket[i];
		between->bucket[i] = now->bucket[i] - before->bucket[i];
	}
	between->count = now->count - before->count;
	between->sum = now->sum - before->sum;
	if (!later)
		memset(between, 0, sizeof(*between));
	return later;
}

double
heal_histogram_quantile(const HealHistogram *histogram, double share)
{
	double rank = fmax(ceil(share * (double) histogram->count), 1);
	uint64_t seen = 0;

	for (int i = 0; i < HEAL_BUCKETS; i++)
	{
		seen += histogram->bucket[i];
		if ((double) seen >= rank)
			return middle_of(i);
	}
	return NAN;
}

double
heal_histogram_mean(const HealHistogram *histogram)
{
	if (histogram->count == 0)
		return NAN;
	return (double) histogram->sum / (double) histogram->count;
}

static double
middle_of(int bucket)
{
	int octave = heal_bucket_octave(bucket);
	int step = (bucket - 1) % HEAL_OCTAVE_STEPS;

	if (bucket == 0)
		return HEAL_SHORTEST / 2.0;
	if (bucket == HEAL_BUCKETS - 1)
		return (double) HEAL_LONGEST;
	return ldexp(HEAL_OCTAVE_STEPS + step + 0.5,
				 octave + SHORTEST_BITS - STEP_BITS);
}
