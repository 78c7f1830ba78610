/*
 * propagate_template.h
 *		Two passes over a clique tree, for one kind of number.
 *
 * Included by propagate.c and propagate_precisely.c, which define what a Number is and
 * number_of(twofold), plus(), times(), scaled_by(power of two), high_of() and ROUNDING, the relative
 * error of one operation.
 *
 * Numbers are kept near one by powers of two, which cost no digit and are counted apart.
 */
#include <math.h>
#include <string.h>

#include "cause/clique_tree.h"
#include "cause/propagate.h"
#include "cause/table_template.h"

/* The state of a run. All tables are in the arena of the caller. */
typedef struct Run
{
	const HealCliqueTree *tree;
	const HealClique *clique;
	const double (*likelihood)[2];
	HealArena *arena;
	const Number *initial; /* [places] */
	Number *whole; /* [places] initial, likelihoods and what came from below */
	Number *up, *down; /* [message_places] */
	Number *own;	   /* likelihoods of one clique; room for the largest */
	/* [cliques] powers of two that were taken out of all that a message is made of */
	long *own_scale, *whole_scale, *up_scale, *down_scale;
	double
		*log_total; /* [cliques] of what is below a root; of others not set */
	int *root;		/* [cliques] */
} Run;

static int
place_of(const HealClique *clique, int variable)
{
	int place = 0;

	while (clique->variable[place] != variable)
		place++;
	return place;
}

/* The factor's own order of variables is any; the table's is that of the clique. */
static void
multiply_factor(Number *table, const HealClique *clique,
				const HealFactor *factor)
{
	Number value[1 << HEAL_FACTOR_VARIABLES];
	int place[HEAL_FACTOR_VARIABLES];
	uint32_t places = 0;

	for (int i = 0; i < factor->variables; i++)
	{
		place[i] = place_of(clique, factor->variable[i]);
		places |= UINT32_C(1) << place[i];
	}
	for (int index = 0; index < 1 << factor->variables; index++)
	{
		int to = 0;

		for (int i = 0; i < factor->variables; i++)
		{
			uint32_t before = places & ((UINT32_C(1) << place[i]) - 1);

			to |= (index >> i & 1) << __builtin_popcount(before);
		}
		value[to] = number_of(factor->value[index]);
	}
	multiply(table, clique->variables, value, places);
}

static void
fill_tables(const HealCliqueTree *tree, Number *table)
{
	for (size_t i = 0; i < tree->places; i++)
		table[i] = number_of(heal_twofold(1));
	for (int i = 0; i < tree->factors.factors; i++)
	{
		int clique = tree->factor_clique[i];

		multiply_factor(table + tree->table[clique],
						&tree->order.clique[clique], &tree->factors.factor[i]);
	}
}

/* A likelihood with the larger of its two near one; the power of two taken out. */
static long
take_likelihood(const double *likelihood, Number *value)
{
	int power;

	frexp(fmax(likelihood[0], likelihood[1]), &power);
	for (int i = 0; i < 2; i++)
		value[i] = number_of(heal_twofold(ldexp(likelihood[i], -power)));
	return power;
}

/*
 * The likelihoods of the nodes that are summed out in a clique, multiplied, as a table of these
 * variables alone; the power of two taken out. False in *any when nothing is said of them.
 */
static long
own_likelihoods(const Run *run, int clique, Number *own, bool *any)
{
	const HealFactors *factors = &run->tree->factors;
	const HealClique *about = &run->clique[clique];
	size_t size = 1;
	long scale = 0;

	*any = false;
	own[0] = number_of(heal_twofold(1));
	for (int i = about->shared; i < about->variables; i++, size *= 2)
	{
		int variable = about->variable[i];
		const double *likelihood =
			variable < factors->hidden
				? run->likelihood[factors->node_of[variable]]
				: NULL;
		Number value[2];

		memcpy(own + size, own, sizeof(Number) * size);
		if (likelihood == NULL || (likelihood[0] == 1 && likelihood[1] == 1))
			continue;
		*any = true;
		scale += take_likelihood(likelihood, value);
		for (size_t j = 0; j < size; j++)
		{
			own[j] = times(own[j], value[0]);
			own[size + j] = times(own[size + j], value[1]);
		}
	}
	return scale;
}

/* The factors of a clique and the likelihoods of its own nodes; the power of two taken out. */
static long
begin_table(const Run *run, int clique, Number *table)
{
	const HealClique *about = &run->clique[clique];
	uint32_t places =
		first_places(about->variables) ^ first_places(about->shared);
	bool any;
	long scale = own_likelihoods(run, clique, run->own, &any);

	memcpy(table, run->initial + run->tree->table[clique],
		   sizeof(Number) << about->variables);
	if (any)
		multiply(table, about->variables, run->own, places);
	return scale;
}

/* From the leaves to the roots. */
static void
collect(Run *run)
{
	const HealCliqueTree *tree = run->tree;

	for (int i = tree->order.cliques - 1; i >= 0; i--)
	{
		const HealClique *about = &run->clique[i];
		Number *whole = run->whole + tree->table[i];
		Number *up = run->up + tree->message[i];

		heal_arena_pause(run->arena);
		run->own_scale[i] = begin_table(run, i, whole);
		run->whole_scale[i] = run->own_scale[i];
		for (int child = tree->first_child[i]; child >= 0;
			 child = tree->next_child[child])
		{
			multiply(whole, about->variables, run->up + tree->message[child],
					 run->clique[child].in_parent);
			run->whole_scale[i] += run->up_scale[child];
		}
		project(whole, about->variables, up, first_places(about->shared));
		run->up_scale[i] = run->whole_scale[i] + rescale(up, about->shared);
	}
}

/* Natural logarithm of a number with a power of two taken out. */
static double
log_of(Number number, long power)
{
	double high = high_of(number);

	return high > 0 ? log(high) + (double) power * 0.693147180559945309417
					: (double) NAN;
}

/*
 * What each of these children is told by the rest. The table holds what all others say; half of
 * them at a time are multiplied in, until only one is left out. Uses the table up. False without memory.
 */
static bool
distribute(Run *run, const HealClique *about, Number *table,
		   const int *children, int count, long scale)
{
	const HealCliqueTree *tree = run->tree;
	size_t used = run->arena->used;
	int half = count / 2;
	Number *copy;

	if (count == 1)
	{
		Number *down = run->down + tree->message[children[0]];

		project(table, about->variables, down,
				run->clique[children[0]].in_parent);
		run->down_scale[children[0]] =
			scale + rescale(down, run->clique[children[0]].shared);
		return true;
	}
	copy = heal_arena_take_raw(run->arena, (size_t) 1 << about->variables,
							   sizeof(Number));
	if (copy == NULL)
		return false;
	for (int side = 0; side < 2; side++)
	{
		/* first those of the second half into the copy, then the others into the table itself */
		Number *into = side == 0 ? copy : table;
		int from = side == 0 ? half : 0;
		int to = side == 0 ? count : half;
		long sum = scale;

		if (side == 0)
			memcpy(copy, table, sizeof(Number) << about->variables);
		for (int i = from; i < to; i++)
		{
			multiply(into, about->variables,
					 run->up + tree->message[children[i]],
					 run->clique[children[i]].in_parent);
			sum += run->up_scale[children[i]];
		}
		if (!distribute(run, about, into,
						side == 0 ? children : children + half,
						side == 0 ? half : count - half, sum))
			return false;
	}
	run->arena->used = used;
	return true;
}

/* Tells the children of a clique what everybody else has said. */
static bool
tell_children(Run *run, int clique)
{
	const HealCliqueTree *tree = run->tree;
	const HealClique *about = &run->clique[clique];
	size_t used = run->arena->used;
	int count = 0;
	int *children;
	Number *table;
	bool told;

	for (int i = tree->first_child[clique]; i >= 0; i = tree->next_child[i])
		count++;
	if (count == 0)
		return true;
	children = heal_arena_take(run->arena, count, sizeof(int));
	table = heal_arena_take_raw(run->arena, (size_t) 1 << about->variables,
								sizeof(Number));
	if (children == NULL || table == NULL)
		return false;
	count = 0;
	for (int i = tree->first_child[clique]; i >= 0; i = tree->next_child[i])
		children[count++] = i;
	begin_table(run, clique, table);
	if (about->parent >= 0)
		multiply(table, about->variables, run->down + tree->message[clique],
				 first_places(about->shared));
	told = distribute(run, about, table, children, count,
					  run->down_scale[clique] + run->own_scale[clique]);
	run->arena->used = used;
	return told;
}

/* Share of the table with this variable, and perhaps another, at a value. */
static double
share_of(const Number *table, int variables, uint32_t places, uint32_t values,
		 double total)
{
	uint32_t size = UINT32_C(1) << variables;
	Number sum = number_of(heal_twofold(0));

	for (uint32_t i = values; i < size; i = ((i | places) + 1) & ~places)
	{
		i |= values;
		sum = plus(sum, table[i]);
	}
	return high_of(sum) / total;
}

/* See HealPropagation.together. */
static void
read_together(const Run *run, int clique, const Number *belief, double total,
			  double *together)
{
	const HealCliqueTree *tree = run->tree;
	const HealClique *about = &run->clique[clique];

	for (int i = 0; i < tree->factors.factors; i++)
	{
		const HealFactor *factor = &tree->factors.factor[i];
		int auxiliary = tree->factors.auxiliary_of[factor->node];
		uint32_t places = 0, values = 0;

		if (tree->factor_clique[i] != clique || auxiliary < 0)
			continue;
		for (int j = 0; j < factor->variables; j++)
		{
			uint32_t bit = UINT32_C(1) << place_of(about, factor->variable[j]);

			places |= bit;
			if (factor->variable[j] != auxiliary)
				values |= bit;
		}
		together[i] = share_of(belief, about->variables, places, values, total);
	}
}

static void
note(HealPropagation *result, double off)
{
	/* NaN counts as the worst there is */
	if (!(off <= result->disagreement))
		result->disagreement = isnan(off) ? HUGE_VAL : off;
}

/*
 * What rounding alone makes of a sum whose terms cancel, relative to the sum. Where a clique has no
 * neighbour to disagree with, nothing else tells.
 */
static double
rounding_of(const Number *table, int variables, double sum)
{
	size_t half = (size_t) 1 << variables >> 1;
	double lower = 0, upper = 0; /* one alone would wait for each addition */

	for (size_t i = 0; i < half; i++)
	{
		lower += fabs(high_of(table[i]));
		upper += fabs(high_of(table[half + i]));
	}
	return ROUNDING * (lower + upper) / sum;
}

/*
 * Posteriors of the nodes that are summed out in a clique. The table is halved from the top, each
 * time adding the half where the variable is active to the other: all of them cost as much as one.
 * Uses the table up.
 */
static void
read_posteriors(const Run *run, int clique, Number *belief, double total,
				HealPropagation *result)
{
	const HealClique *about = &run->clique[clique];

	for (int i = about->variables - 1; i >= about->shared; i--)
	{
		size_t half = (size_t) 1 << i;
		int variable = about->variable[i];
		Number active = number_of(heal_twofold(0));
		double posterior;

		for (size_t j = 0; j < half; j++)
		{
			active = plus(active, belief[half + j]);
			belief[j] = plus(belief[j], belief[half + j]);
		}
		if (variable >= run->tree->factors.hidden)
			continue;
		posterior = high_of(active) / total;
		note(result, fmax(-posterior, posterior - 1));
		result->posterior[variable] = fmin(fmax(posterior, 0), 1);
	}
}

static void
read_clique(Run *run, int clique, HealPropagation *result)
{
	const HealCliqueTree *tree = run->tree;
	const HealClique *about = &run->clique[clique];
	Number *belief = run->whole + tree->table[clique];
	Number total = number_of(heal_twofold(0));
	long scale = run->whole_scale[clique] + run->down_scale[clique];

	if (about->parent >= 0)
		multiply(belief, about->variables, run->down + tree->message[clique],
				 first_places(about->shared));
	project(belief, about->variables, &total, 0);
	note(result,
		 fabs(expm1(log_of(total, scale) - run->log_total[run->root[clique]])));
	note(result, rounding_of(belief, about->variables, high_of(total)));
	if (result->together != NULL)
		read_together(run, clique, belief, high_of(total), result->together);
	read_posteriors(run, clique, belief, high_of(total), result);
}

static bool
begin_run(Run *run)
{
	const HealCliqueTree *tree = run->tree;
	size_t n = tree->order.cliques;

	run->clique = tree->order.clique;
	run->whole = heal_arena_take_raw(run->arena, tree->places, sizeof(Number));
	run->up =
		heal_arena_take_raw(run->arena, tree->message_places, sizeof(Number));
	run->down =
		heal_arena_take_raw(run->arena, tree->message_places, sizeof(Number));
	run->own = heal_arena_take_raw(run->arena, (size_t) 1 << tree->order.widest,
								   sizeof(Number));
	run->own_scale = heal_arena_take(run->arena, n, sizeof(long));
	run->whole_scale = heal_arena_take(run->arena, n, sizeof(long));
	run->up_scale = heal_arena_take(run->arena, n, sizeof(long));
	run->down_scale = heal_arena_take(run->arena, n, sizeof(long));
	run->log_total = heal_arena_take(run->arena, n, sizeof(double));
	run->root = heal_arena_take(run->arena, n, sizeof(int));
	return run->whole != NULL && run->up != NULL && run->down != NULL &&
		   run->own != NULL && run->own_scale != NULL &&
		   run->whole_scale != NULL && run->up_scale != NULL &&
		   run->down_scale != NULL && run->log_total != NULL &&
		   run->root != NULL;
}

/* Sums up what the roots have collected, each for its own part of the graph. */
static void
read_evidence(Run *run, HealPropagation *result)
{
	const HealCliqueTree *tree = run->tree;
	const HealFactors *factors = &tree->factors;

	result->log_evidence = factors->log_constant;
	for (int i = 0; i < tree->order.cliques; i++)
	{
		int parent = run->clique[i].parent;

		run->root[i] = parent < 0 ? i : run->root[parent];
		if (parent >= 0)
			continue;
		run->log_total[i] = log_of(run->up[tree->message[i]], run->up_scale[i]);
		result->log_evidence += run->log_total[i];
	}
}

static bool
run_all(Run *run, HealPropagation *result)
{
	result->disagreement = 0;
	collect(run);
	read_evidence(run, result);
	if (isnan(result->log_evidence))
		result->disagreement = HUGE_VAL;
	if (isnan(result->log_evidence))
		return true;
	for (int i = 0; i < run->tree->order.cliques; i++)
	{
		heal_arena_pause(run->arena);
		if (!tell_children(run, i))
			return false;
		read_clique(run, i, result);
	}
	return true;
}
