/*
 * covariance.h
 *		Mahalanobis distance under a shrunk covariance, made in small steps.
 */
#ifndef HEAL_COVARIANCE_H
#define HEAL_COVARIANCE_H

#include "base/types.h"

#define HEAL_COVARIANCE_METRICS 256 /* at most */

/*
 * A view of the caller's arrays. The factor is a lower triangle by lines, its diagonal
 * inverted once it is done.
 */
typedef struct HealCovariance
{
	int metrics;
	float *center; /* [metrics] */
	float *
		inverse; /* [metrics] 1 / deviation; 0 = it never moved and adds nothing */
	float *factor; /* [metrics * (metrics + 1) / 2] */
} HealCovariance;

/* Floats that the three arrays need together. */
extern size_t heal_covariance_floats(int metrics);
extern HealCovariance heal_covariance_at(float *memory, int metrics);

/* In this order: each metric once, each row once, each line once. */
extern void heal_covariance_scale(const HealCovariance *covariance, int metric,
								  const float *rows, int count);
extern void
heal_covariance_add(const HealCovariance *covariance, const float *row);
/* `ridge` 0..1 is the weight of "unrelated" against what `count` rows say. */
extern void heal_covariance_factor(const HealCovariance *covariance, int line,
								   int count, double ridge);

/* Squared distance; a value that is NaN counts as usual. */
extern double
heal_covariance_distance(const HealCovariance *covariance, const float *row);

#endif
