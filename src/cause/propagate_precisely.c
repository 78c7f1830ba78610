/*
 * propagate_precisely.c
 *		Two passes over a clique tree, with numbers of twice the digits.
 */
#include "cause/propagate.h"

typedef HealTwofold Number;

static inline Number
number_of(HealTwofold value)
{
	return value;
}

static inline Number
plus(Number a, Number b)
{
	return heal_twofold_add(a, b);
}

static inline Number
times(Number a, Number b)
{
	return heal_twofold_times(a, b);
}

static inline Number
scaled_by(Number value, int power)
{
	return (Number){ldexp(value.high, power), ldexp(value.low, power)};
}

static inline double
high_of(Number value)
{
	return value.high;
}

#define ROUNDING 0x1p-104

#include "cause/propagate_template.h"

bool
heal_propagate_precisely(const HealCliqueTree *tree,
						 const double (*likelihood)[2], HealArena *arena,
						 HealPropagation *result)
{
	size_t used = arena->used;
	Run run = {.tree = tree, .likelihood = likelihood, .arena = arena};
	Number *initial = heal_arena_take_raw(arena, tree->places, sizeof(Number));
	bool done = initial != NULL;

	if (done)
	{
		fill_tables(tree, initial);
		run.initial = initial;
		done = begin_run(&run) && run_all(&run, result);
	}
	arena->used = used;
	return done;
}
