/*
 * reservoir.h
 *		A sorted sample of all values seen, whose ages reach over days.
 */
#ifndef HEAL_RESERVOIR_H
#define HEAL_RESERVOIR_H

#include "base/random.h"
#include "base/types.h"

/*
 * Rows over which ages spread: a value enters with probability capacity / (rows seen,
 * at most this) and a random old one leaves.
 */
#define HEAL_RESERVOIR_REACH 60000

/*
 * Sorted ascending, `count` of `capacity` used. `rows` is how many were seen before.
 * Values must be finite.
 */
extern void heal_reservoir_learn(float *values, int32_t *count, int capacity,
								 float value, int64_t rows, uint64_t *random);
/* Takes it in for certain, for a random old one. */
extern void heal_reservoir_insert(float *values, int32_t *count, int capacity,
								  float value, uint64_t *random);
/* How many are smaller than that. */
extern int heal_reservoir_rank(const float *values, int count, float value);
/* Share 0..1 of them is not larger than the answer; NaN when empty. */
extern double
heal_reservoir_quantile(const float *values, int count, double share);

#endif
