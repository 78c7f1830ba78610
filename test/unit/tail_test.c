/*
 * tail_test.c
 *		Tail probabilities are what was put in, inside and beyond what was seen.
 */
#include "detect/tail.h"

#include "detect/reservoir.h"
#include "tap.h"

#define CAPACITY 1000

static float values[CAPACITY];
static int32_t count;
static HealTail tail;
static uint64_t randomness = 7;

/* An exponential distribution: -log10 of its tail is value / ln 10. */
static void
learn_exponential(int rows)
{
	count = 0;
	tail = (HealTail){0};
	for (int i = 0; i < rows; i++)
	{
		double value = -log(heal_random_uniform(&randomness));

		heal_tail_learn(&tail, values, count, value, true);
		heal_reservoir_learn(values, &count, CAPACITY, (float) value, i,
							 &randomness);
	}
}

static double
score(double value, bool upper)
{
	return heal_tail_score(&tail, values, count, 1, 20000, value, upper);
}

int
main(void)
{
	double before = 0;
	bool rising = true;

	is_double(score(5, true), 0, 0, "with nothing known nothing is surprising");
	learn_exponential(20000);
	is_double(score(log(2), true), 0.301, 0.06, "the median is one in two");
	is_double(score(log(20), true), 1.301, 0.15, "one in twenty");
	is_double(score(log(1000), true), 3, 0.5, "one in a thousand, by the tail");
	is_double(score(log(1e5), true), 5, 1.2,
			  "one in a hundred thousand, never seen");
	for (double value = 0; value < 20; value += 0.01)
	{
		double now = score(value, true);

		rising &= now >= before - 1e-9;
		before = now;
	}
	ok(rising, "farther out is never less surprising");
	is_double(score(heal_tail_border(&tail, values, count, 1, 4, true), true),
			  4, 1e-3, "the border has the score it is asked for");
	ok(score(-1, false) > 2, "below all that was seen is surprising as well");

	count = 0;
	tail = (HealTail){0};
	for (int i = 0; i < CAPACITY; i++)
		values[count++] = 5;
	is_double(heal_tail_score(&tail, values, count, 1e-9, 9999, 6, true), 4,
			  1e-6, "of a constant only the number of rows speaks");
	is_double(heal_tail_score(&tail, values, count, 1e-9, 9999, 5, true), 0,
			  0.01, "and that it is constant is no news");
	return done_testing();
}
