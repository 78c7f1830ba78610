/*
 * peaks.h
 *		How far out a single row is when nothing is wrong.
 *
 * Of each block of rows the one farthest out, in a reservoir of its own: what a single row
 * may do cannot be told from means. Values are relative to the caller's origin.
 */
#ifndef HEAL_PEAKS_H
#define HEAL_PEAKS_H

#include "detect/tail.h"

#define HEAL_PEAK_VALUES 250
#define HEAL_PEAK_MINIMUM 30 /* blocks before they speak */

typedef struct HealPeaks
{
	uint32_t checksum; /* see heal_peaks_seal() */
	int32_t count;
	HealTail tail;
	float value[HEAL_PEAK_VALUES]; /* sorted */
} HealPeaks;

extern bool heal_peaks_ready(const HealPeaks *peaks);
/* Robust deviation; NaN when there are none. */
extern double heal_peaks_width(const HealPeaks *peaks);
/* -log10 of the probability that a block has a row this far out. Ready ones only. */
extern double heal_peaks_score(const HealPeaks *peaks, double width,
							   int64_t blocks, double row, bool upper);
/* The row at which that score is reached. Ready ones only. */
extern double heal_peaks_border(const HealPeaks *peaks, double width,
								double score, bool upper);
/* Takes a finite value in: `whole` = for certain, else by chance. */
extern void heal_peaks_learn(HealPeaks *peaks, double row, bool upper,
							 bool whole, int64_t blocks, uint64_t *random);

/* As heal_detector_seal() and heal_detector_intact(). */
extern void heal_peaks_seal(HealPeaks *peaks);
extern bool heal_peaks_intact(const HealPeaks *peaks);

#endif
