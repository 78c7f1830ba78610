/*
 * clique_tree.h
 *		What is computed once for a version of a causal graph: order, cliques and their tables.
 *
 * It holds as long as neither the graph nor what is known for certain changes; likelihoods come
 * with each question (propagate.h).
 */
#ifndef HEAL_CLIQUE_TREE_H
#define HEAL_CLIQUE_TREE_H

#include "cause/elimination.h"

typedef struct HealCliqueTree
{
	HealFactors factors;
	HealElimination order;
	int *factor_clique; /* [factors] where its values are multiplied in */
	int *first_child;	/* [cliques] -1 = none */
	int *next_child;	/* [cliques] */
	size_t *table;		/* [cliques] where its table begins among all places */
	size_t *
		message; /* [cliques] the same for the messages to and from its parent */
	size_t places; /* of all tables */
	size_t message_places;
	double *initial; /* [places] the factors of each clique, multiplied */
} HealCliqueTree;

/*
 * Makes the tree in the arena, which must stay as it is while the tree is in use. "limit" is the
 * most variables in a clique, up to HEAL_WIDEST; "whole" as in factor.h. Several orders are tried
 * where the first is a wide one.
 */
extern HealEliminationResult
heal_clique_tree_make(HealCliqueTree *tree, HealArena *arena,
					  const HealGraph *graph, const double *strength,
					  const signed char *state, int whole, int limit);

#endif
