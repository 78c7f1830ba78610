/*
 * reservoir_test.c
 *		A sorted sample whose ages are spread.
 */
#include "detect/reservoir.h"

#include "tap.h"

#define CAPACITY 100

static float values[CAPACITY];
static int32_t count;
static uint64_t randomness = 1;

static bool
sorted(void)
{
	for (int i = 1; i < count; i++)
		if (values[i] < values[i - 1])
			return false;
	return true;
}

int
main(void)
{
	bool always_sorted = true;
	int old = 0;
	double sum = 0;

	is_double(heal_reservoir_quantile(values, 0, 0.5), NAN, 0,
			  "an empty sample has no quantile");
	for (int i = 0; i < 20000; i++)
	{
		heal_reservoir_learn(values, &count, CAPACITY, (float) i, i,
							 &randomness);
		always_sorted &= sorted();
	}
	ok(always_sorted, "it is sorted after every value");
	is_int(count, CAPACITY, "it is full");
	for (int i = 0; i < count; i++)
		old += values[i] < 10000;
	ok(old > 30 && old < 70, "half of it is from the first half");
	ok(heal_reservoir_rank(values, count, -1) == 0 &&
		   heal_reservoir_rank(values, count, 30000) == count,
	   "ranks go from none to all");
	is_int(heal_reservoir_rank(values, count, values[40]), 40,
		   "the rank of a value is how many are smaller");
	is_double(heal_reservoir_quantile(values, count, 1), values[count - 1], 0,
			  "the last quantile is the largest");

	for (int i = 0; i < 150; i++)
		heal_reservoir_insert(values, &count, CAPACITY, 7, &randomness);
	ok(heal_reservoir_quantile(values, count, 0.5) == 7 && sorted(),
	   "what is inserted for certain takes over");

	for (int i = 0; i < 10000; i++)
		sum += heal_random_uniform(&randomness);
	is_double(sum / 10000, 0.5, 0.02, "randomness is uniform");
	return done_testing();
}
