/*
 * tail.c
 *		The probability of being as far out, from a sorted sample and past peaks.
 *
 * Where there are values the answer is their rank. Beyond the threshold, where hardly
 * any are, it is a generalised Pareto distribution fitted to the peaks over the
 * threshold by probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987),
 * of the form of Greenwood's: with b0 the mean of the peaks and b1 the mean of
 * peak x (1 - F), shape = 2 - b0 / (b0 - 2 b1) with a heavy tail positive, and
 * scale = 2 b0 b1 / (b0 - 2 b1). As long as peaks are few the moments are pulled towards
 * those of a prior that knows only the width of the whole.
 */
#include "detect/tail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/reservoir.h"

#define YOUNG_ROWS 250	/* in the sample; below, the threshold is lower */
#define YOUNG_SHARE 0.1 /* of the values beyond it then */
#define PRIOR_PEAKS 30	/* that many peaks weigh as much as the prior */
#define PRIOR_SHAPE 0.2
#define PRIOR_SCALE 0.7 /* of the width */
#define LARGEST_SHAPE 0.9
#define REFIT_EVERY 3 /* peaks */

typedef struct Pareto
{
	double shape;
	double scale;
} Pareto;

static const double ln10 = 2.302585092994046;

static double threshold_of(const float *values, int count, bool upper);
static double
share_beyond(const float *values, int count, double threshold, bool upper);
static Pareto pareto_of(const HealTail *tail, double width);
static void fit(HealTail *tail);

double
heal_tail_score(const HealTail *tail, const float *values, int count,
				double width, int64_t rows, double value, bool upper)
{
	double threshold;
	double beyond;
	double score;
	Pareto pareto;

	if (count == 0)
		return 0;
	threshold = threshold_of(values, count, upper);
	beyond = upper ? value - threshold : threshold - value;
	if (beyond <= 0)
	{
		int smaller = heal_reservoir_rank(values, count, (float) value);
		int reached;

		if (upper)
			reached = count - smaller;
		else
		{
			reached = smaller;
			while (reached < count && values[reached] <= (float) value)
				reached++;
		}
		return -log10(fmin((reached + 0.5) / (count + 1.0), 1));
	}
	pareto = pareto_of(tail, width);
	beyond /= pareto.scale;
	score = pareto.shape < 1e-6
				? beyond / ln10
				: log1p(pareto.shape * beyond) / (pareto.shape * ln10);
	score -= log10(share_beyond(values, count, threshold, upper));
	if (values[0] == values[count - 1])
		score = fmin(score, log10((double) rows + 1));
	return score;
}

double
heal_tail_border(const HealTail *tail, const float *values, int count,
				 double width, double score, bool upper)
{
	double threshold = threshold_of(values, count, upper);
	Pareto pareto = pareto_of(tail, width);
	double exponent =
		ln10 * (score + log10(share_beyond(values, count, threshold, upper)));
	double beyond;

	if (exponent <= 0)
		return threshold;
	beyond = pareto.shape < 1e-6
				 ? exponent
				 : expm1(pareto.shape * exponent) / pareto.shape;
	beyond *= pareto.scale;
	return upper ? threshold + beyond : threshold - beyond;
}

void
heal_tail_learn(HealTail *tail, const float *values, int count, double value,
				bool upper)
{
	double threshold;
	double beyond;

	if (count == 0)
		return;
	threshold = threshold_of(values, count, upper);
	beyond = upper ? value - threshold : threshold - value;
	if (beyond <= 0)
		return;
	tail->peak[tail->peaks % HEAL_TAIL_PEAKS] = (float) beyond;
	tail->peaks++;
	if (tail->peaks == INT32_MAX) /* the place in the ring is what matters */
		tail->peaks = HEAL_TAIL_PEAKS;
	if (tail->peaks - tail->fitted >= REFIT_EVERY || tail->peaks < tail->fitted)
		fit(tail);
}

static double
threshold_of(const float *values, int count, bool upper)
{
	double share = count < YOUNG_ROWS ? YOUNG_SHARE : HEAL_TAIL_SHARE;
	int away = (int) (share * count);

	if (count == 0)
		return NAN;
	return values[upper ? count - 1 - away : away];
}

/* Many equal values stand at the threshold of a metric with few of them: count. */
static double
share_beyond(const float *values, int count, double threshold, bool upper)
{
	int beyond = 0;

	if (upper)
		while (beyond < count && values[count - 1 - beyond] > threshold)
			beyond++;
	else
		while (beyond < count && values[beyond] < threshold)
			beyond++;
	return (beyond + 0.5) / (count + 1.0);
}

static Pareto
pareto_of(const HealTail *tail, double width)
{
	double peaks = fmin(tail->fitted, HEAL_TAIL_PEAKS);
	double prior_scale = PRIOR_SCALE * width;
	double mean = prior_scale / (1 - PRIOR_SHAPE);
	double weighted = prior_scale / (2 * (2 - PRIOR_SHAPE));
	double rest;
	Pareto pareto;

	mean = (peaks * tail->mean + PRIOR_PEAKS * mean) / (peaks + PRIOR_PEAKS);
	weighted = (peaks * tail->weighted + PRIOR_PEAKS * weighted) /
			   (peaks + PRIOR_PEAKS);
	rest = mean - 2 * weighted;
	pareto.shape = rest > 0 ? 2 - mean / rest : 0;
	pareto.shape = fmin(fmax(pareto.shape, 0), LARGEST_SHAPE);
	pareto.scale = fmax(mean * (1 - pareto.shape), 1e-300);
	return pareto;
}

static int
compare(const void *a, const void *b)
{
	float left = *(const float *) a;
	float right = *(const float *) b;

	return (left > right) - (left < right);
}

static void
fit(HealTail *tail)
{
	float sorted[HEAL_TAIL_PEAKS];
	int count = tail->peaks < HEAL_TAIL_PEAKS ? tail->peaks : HEAL_TAIL_PEAKS;
	double mean = 0;
	double weighted = 0;

	memcpy(sorted, tail->peak, (size_t) count * sizeof(float));
	qsort(sorted, (size_t) count, sizeof(float), compare);
	for (int i = 0; i < count; i++)
	{
		mean += sorted[i];
		weighted += sorted[i] * (count - i - 0.5) / count;
	}
	tail->mean = (float) (mean / count);
	tail->weighted = (float) (weighted / count);
	tail->fitted = tail->peaks;
}
