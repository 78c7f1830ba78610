/*
 * propagate.h
 *		Two passes over a clique tree: all posteriors, and the probability of what was seen.
 *
 * Messages as of Shafer and Shenoy (1990): nothing is ever divided, because the minus signs of
 * split families make sums that should be small and are zero or wrong in their last digits. How
 * many digits were lost is known afterwards: every clique computes the probability of the same
 * observations in its own way, so they disagree by as much as they err, and within a clique the
 * terms of a sum are known that cancel. Who finds that too much runs it again with numbers of twice
 * the digits.
 */
#ifndef HEAL_PROPAGATE_H
#define HEAL_PROPAGATE_H

#include "cause/clique_tree.h"

typedef struct HealPropagation
{
	double *posterior; /* [hidden] of each variable that is a node */
	/*
	 * [factors], or NULL. In a split family: for the factor of an edge, the probability that the parent is
	 * active and the rest of the family does not matter (auxiliary variable 0); for that of the node, that
	 * the node is active and the rest does not matter. Times the strength, or the leak, it is the probability
	 * that this edge, or leak, acted. Of other factors: not set.
	 */
	double *together;
	double log_evidence; /* natural logarithm; NaN = all digits were lost */
	/*
	 * The largest: of cliques about it, relative; of posteriors with 0..1, absolute; of a clique's sum with what
	 * rounding its terms may have made of it, relative.
	 */
	double disagreement;
} HealPropagation;

/* False when the arena has too little left; it is as before in any case. likelihood[nodes]. */
extern bool
heal_propagate(const HealCliqueTree *tree, const double (*likelihood)[2],
			   HealArena *arena, HealPropagation *result);
/* The same with about 31 digits: ten times slower, three times the memory. */
extern bool heal_propagate_precisely(const HealCliqueTree *tree,
									 const double (*likelihood)[2],
									 HealArena *arena, HealPropagation *result);
/* The factors of each clique, multiplied, into table[places]. */
extern void heal_fill_tables(const HealCliqueTree *tree, double *table);

#endif
