/*
 * propagate.c
 *		Two passes over a clique tree, with doubles.
 */
#include "cause/propagate.h"

typedef double Number;

static inline double
number_of(HealTwofold value)
{
	return value.high;
}

static inline double
plus(double a, double b)
{
	return a + b;
}

static inline double
times(double a, double b)
{
	return a * b;
}

static inline double
scaled_by(double value, int power)
{
	return ldexp(value, power);
}

static inline double
high_of(double value)
{
	return value;
}

#define ROUNDING 0x1p-53

#include "cause/propagate_template.h"

void
heal_fill_tables(const HealCliqueTree *tree, double *table)
{
	fill_tables(tree, table);
}

bool
heal_propagate(const HealCliqueTree *tree, const double (*likelihood)[2],
			   HealArena *arena, HealPropagation *result)
{
	size_t used = arena->used;
	Run run = {.tree = tree,
			   .likelihood = likelihood,
			   .arena = arena,
			   .initial = tree->initial};
	bool done = begin_run(&run) && run_all(&run, result);

	arena->used = used;
	return done;
}
