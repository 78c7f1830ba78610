/*
 * baseline.c
 *		What is normal for one metric, as it is kept over a restart.
 */
#include "detect/baseline.h"

#include <math.h>
#include <string.h>

/* Surprise at which a row is learnt that is farther out. */
#define STRANGE 4.5

static bool
is_low(const HealBaseline *baseline)
{
	return baseline->detector.traits.bad == HEAL_LOW_IS_BAD;
}

void
heal_baseline_init(HealBaseline *baseline, HealMetricId metric)
{
	HealDetectorTraits traits = heal_detector_traits(metric);

	memset(baseline, 0, sizeof(*baseline));
	heal_detector_init(&baseline->detector, &traits, (uint64_t) metric + 1);
}

bool
heal_baseline_fits(const HealBaseline *baseline, HealMetricId metric)
{
	HealDetectorTraits traits = heal_detector_traits(metric);
	const HealDetectorTraits *learnt = &baseline->detector.traits;

	return baseline->detector.version == HEAL_DETECTOR_VERSION &&
		   learnt->bad == traits.bad && learnt->floor == traits.floor &&
		   learnt->share == traits.share &&
		   learnt->has_limit == traits.has_limit &&
		   learnt->limit == traits.limit;
}

/* Of peaks close to each other the spread of the means says more. */
static double
width_of(const HealBaseline *baseline)
{
	return fmax(heal_peaks_width(&baseline->peaks),
				heal_detector_spread(&baseline->detector));
}

HealSurprise
heal_baseline_feed(HealBaseline *baseline, double mean, double extreme,
				   HealTime at)
{
	HealDetector *detector = &baseline->detector;
	bool adopts = detector->adopting > 0;
	HealSurprise surprise = heal_detector_feed(detector, mean, at);
	double row = extreme - detector->origin;

	if (!isfinite((float) mean) || !isfinite((float) row))
		return surprise;
	/* as with means: of a strange state the first block only, until it is adopted */
	if (!adopts && detector->strange > 1 && detector->familiar == 0)
		return surprise;
	if (!adopts && heal_peaks_ready(&baseline->peaks))
	{
		double border = heal_peaks_border(&baseline->peaks, width_of(baseline),
										  STRANGE, !is_low(baseline));

		row = is_low(baseline) ? fmax(row, border) : fmin(row, border);
	}
	heal_peaks_learn(&baseline->peaks, row, !is_low(baseline), adopts,
					 detector->rows, &detector->random);
	return surprise;
}

double
heal_baseline_row_border(const HealBaseline *baseline, double score)
{
	if (!heal_peaks_ready(&baseline->peaks))
		return NAN;
	return baseline->detector.origin +
		   heal_peaks_border(&baseline->peaks, width_of(baseline), score,
							 !is_low(baseline));
}

double
heal_baseline_row_score(const HealBaseline *baseline, double row)
{
	if (!heal_peaks_ready(&baseline->peaks))
		return NAN;
	return heal_peaks_score(&baseline->peaks, width_of(baseline),
							baseline->detector.rows,
							row - baseline->detector.origin, !is_low(baseline));
}

void
heal_baseline_seal(HealBaseline *baseline)
{
	heal_peaks_seal(&baseline->peaks);
	heal_detector_seal(&baseline->detector);
}

bool
heal_baseline_intact(const HealBaseline *baseline)
{
	return heal_detector_intact(&baseline->detector) &&
		   heal_peaks_intact(&baseline->peaks);
}
