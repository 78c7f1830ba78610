/*
 * twofold.h
 *		Numbers of twice the digits of a double: the unevaluated sum of two of them.
 *
 * About 31 digits, at some ten times the time. After Dekker (1971) and Knuth (two-sum); the product
 * takes its error from a fused multiply-add, which C11 has.
 */
#ifndef HEAL_TWOFOLD_H
#define HEAL_TWOFOLD_H

#include <math.h>

typedef struct HealTwofold
{
	double high, low; /* low is at most half of the last digit of high */
} HealTwofold;

static inline HealTwofold
heal_twofold(double value)
{
	return (HealTwofold){value, 0};
}

/* Exact as long as nothing overflows. */
static inline HealTwofold
heal_twofold_sum(double a, double b)
{
	double sum = a + b;
	double b_used = sum - a;

	return (HealTwofold){sum, (a - (sum - b_used)) + (b - b_used)};
}

static inline HealTwofold
heal_twofold_add(HealTwofold a, HealTwofold b)
{
	HealTwofold high = heal_twofold_sum(a.high, b.high);
	HealTwofold low = heal_twofold_sum(a.low, b.low);

	high.low += low.high;
	high = heal_twofold_sum(high.high, high.low);
	high.low += low.low;
	return heal_twofold_sum(high.high, high.low);
}

static inline HealTwofold
heal_twofold_times(HealTwofold a, HealTwofold b)
{
	double product = a.high * b.high;
	double error = fma(a.high, b.high, -product);

	error += a.high * b.low + a.low * b.high;
	return heal_twofold_sum(product, error);
}

static inline HealTwofold
heal_twofold_minus(HealTwofold a)
{
	return (HealTwofold){-a.high, -a.low};
}

/* 1 - x, with all its digits. */
static inline HealTwofold
heal_twofold_complement(HealTwofold x)
{
	return heal_twofold_add(heal_twofold(1), heal_twofold_minus(x));
}

#endif
