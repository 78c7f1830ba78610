/*
 * factor.h
 *		A causal graph with observations, as a product of small tables.
 *
 * The probability of a node given its parents is a table over all of them: 64 parents would need
 * 2^65 numbers. A noisy-OR needs none of that. With one two-valued auxiliary variable a
 *
 *		P(v | u1 ... un) = sum over a of g(v, a) h1(a, u1) ... hn(a, un)
 *
 *		h(0, u) = 1, h(1, u) = 1 - w u;  g(0, .) = 0, q;  g(1, .) = 1, -q
 *
 * where w is the strength of the edge and q = 1 - leak (Diez and Galan 2003): tables over two
 * variables only. The price is a minus sign, and with it digits that cancel; propagate.h says
 * what is done about that. Families of few parents are left whole.
 *
 * What is known for certain is not a variable: it is folded into the tables of its neighbours. A
 * node known to be inactive even falls into a table for each parent.
 */
#ifndef HEAL_FACTOR_H
#define HEAL_FACTOR_H

#include "base/arena.h"
#include "base/twofold.h"
#include "cause/observation.h"

#define HEAL_FACTOR_VARIABLES 3

typedef struct HealFactor
{
	int node; /* of whose family it is */
	int edge; /* that it stands for in a split family, otherwise -1 */
	int variables;
	int variable[HEAL_FACTOR_VARIABLES];
	HealTwofold value[1 << HEAL_FACTOR_VARIABLES]; /* bit i: variable[i] */
} HealFactor;

typedef struct HealFactors
{
	int nodes;			/* of the graph */
	int hidden;			/* variables that are nodes come first, */
	int variables;		/* the auxiliary ones after them */
	int *node_of;		/* [hidden] */
	int *hidden_of;		/* [nodes] variable of the node, -1 it is known */
	int *auxiliary_of;	/* [nodes] auxiliary variable of its family, -1 none */
	signed char *state; /* [nodes] HEAL_HIDDEN, 0 or 1 */
	int factors;
	HealFactor *factor;
	double log_constant; /* logarithm of what was folded away altogether */
} HealFactors;

/*
 * The tables. Families with more hidden parents than "whole", from 0 to 2, are split. What
 * likelihoods say of hidden nodes is not in them, so they serve as long as no certainty changes.
 * False when the arena is too small.
 */
extern bool heal_factors_make(HealFactors *factors, HealArena *arena,
							  const HealGraph *graph, const double *strength,
							  const signed char *state, int whole);

#endif
