/*
 * covariance.c
 *		Mahalanobis distance under a shrunk covariance, made in small steps.
 *
 * Rows are scaled to deviations and clipped, so that one wild metric does not hide the
 * others. The distance is the norm of L^-1 z, with L L' = (1 - ridge) C + ridge I (Ledoit
 * and Wolf's form of shrinkage towards the identity), so thirty rows of ninety metrics
 * still give a matrix that can be inverted.
 */
#include "detect/covariance.h"

#include <math.h>
#include <string.h>

#define CLIP 10.0f /* deviations: farther is not stranger */
#define LEAST_PIVOT \
	1e-6 /* of a correlation matrix with a ridge; only rounding is below */

static float scaled(const HealCovariance *covariance, int metric, float value);
static float *line_of(const HealCovariance *covariance, int line);

size_t
heal_covariance_floats(int metrics)
{
	size_t m = (size_t) metrics;

	return 2 * m + m * (m + 1) / 2;
}

HealCovariance
heal_covariance_at(float *memory, int metrics)
{
	return (HealCovariance){
		.metrics = metrics,
		.center = memory,
		.inverse = memory + metrics,
		.factor = memory + 2 * metrics,
	};
}

void
heal_covariance_scale(const HealCovariance *covariance, int metric,
					  const float *rows, int count)
{
	int m = covariance->metrics;
	double mean = 0;
	double variance = 0;

	for (int i = 0; i < count; i++)
	{
		double value = rows[(size_t) i * (size_t) m + (size_t) metric];
		double distance = value - mean;

		mean += distance / (i + 1);
		variance += distance * (value - mean);
	}
	variance /= count > 0 ? count : 1;
	covariance->center[metric] = (float) mean;
	/* what a float cannot tell from the mean has not moved */
	covariance->inverse[metric] =
		variance > 1e-12 * mean * mean && variance > 1e-24
			? (float) (1 / sqrt(variance))
			: 0;
	memset(line_of(covariance, metric), 0,
		   (size_t) (metric + 1) * sizeof(float));
}

void
heal_covariance_add(const HealCovariance *covariance, const float *row)
{
	float z[HEAL_COVARIANCE_METRICS];

	for (int i = 0; i < covariance->metrics; i++)
	{
		float *line = line_of(covariance, i);

		z[i] = scaled(covariance, i, row[i]);
		for (int j = 0; j <= i; j++)
			line[j] += z[i] * z[j];
	}
}

/* Cholesky in place; lines before this one are done. */
void
heal_covariance_factor(const HealCovariance *covariance, int line, int count,
					   double ridge)
{
	float *own = line_of(covariance, line);

	for (int j = 0; j <= line; j++)
	{
		const float *other = line_of(covariance, j);
		double sum = (1 - ridge) * own[j] / count;

		if (j == line)
			sum += ridge;
		for (int k = 0; k < j; k++)
			sum -= (double) own[k] * other[k];
		own[j] = j == line ? (float) (1 / sqrt(fmax(sum, LEAST_PIVOT)))
						   : (float) (sum * other[j]);
	}
}

double
heal_covariance_distance(const HealCovariance *covariance, const float *row)
{
	float solved[HEAL_COVARIANCE_METRICS];
	double square = 0;

	for (int i = 0; i < covariance->metrics; i++)
	{
		const float *line = line_of(covariance, i);
		float sum = scaled(covariance, i, row[i]);

		for (int j = 0; j < i; j++)
			sum -= line[j] * solved[j];
		solved[i] = sum * line[i];
		square += (double) solved[i] * solved[i];
	}
	return square;
}

static float
scaled(const HealCovariance *covariance, int metric, float value)
{
	if (isnan(value))
		return 0;
	value = (value - covariance->center[metric]) * covariance->inverse[metric];
	return fminf(fmaxf(value, -CLIP), CLIP);
}

static float *
line_of(const HealCovariance *covariance, int line)
{
	return covariance->factor + (size_t) line * (size_t) (line + 1) / 2;
}
