/*
 * peaks.c
 *		How far out a single row is when nothing is wrong.
 */
#include "detect/peaks.h"

#include <math.h>

#include "detect/kept.h"
#include "detect/reservoir.h"

#define QUARTILES_OF_ONE 1.349 /* between the quartiles of a deviation of 1 */

bool
heal_peaks_ready(const HealPeaks *peaks)
{
	return peaks->count >= HEAL_PEAK_MINIMUM;
}

double
heal_peaks_width(const HealPeaks *peaks)
{
	return (heal_reservoir_quantile(peaks->value, peaks->count, 0.75) -
			heal_reservoir_quantile(peaks->value, peaks->count, 0.25)) /
		   QUARTILES_OF_ONE;
}

double
heal_peaks_score(const HealPeaks *peaks, double width, int64_t blocks,
				 double row, bool upper)
{
	return heal_tail_score(&peaks->tail, peaks->value, peaks->count, width,
						   blocks, row, upper);
}

double
heal_peaks_border(const HealPeaks *peaks, double width, double score,
				  bool upper)
{
	return heal_tail_border(&peaks->tail, peaks->value, peaks->count, width,
							score, upper);
}

void
heal_peaks_learn(HealPeaks *peaks, double row, bool upper, bool whole,
				 int64_t blocks, uint64_t *random)
{
	heal_tail_learn(&peaks->tail, peaks->value, peaks->count, row, upper);
	if (whole)
		heal_reservoir_insert(peaks->value, &peaks->count, HEAL_PEAK_VALUES,
							  (float) row, random);
	else
		heal_reservoir_learn(peaks->value, &peaks->count, HEAL_PEAK_VALUES,
							 (float) row, blocks, random);
}

void
heal_peaks_seal(HealPeaks *peaks)
{
	peaks->checksum = heal_kept_checksum(peaks, sizeof(*peaks),
										 offsetof(HealPeaks, checksum));
}

bool
heal_peaks_intact(const HealPeaks *peaks)
{
	return peaks->checksum ==
			   heal_kept_checksum(peaks, sizeof(*peaks),
								  offsetof(HealPeaks, checksum)) &&
		   heal_kept_sorted(peaks->value, peaks->count, HEAL_PEAK_VALUES) &&
		   heal_kept_tail(&peaks->tail);
}
