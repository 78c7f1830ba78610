/*
 * elimination.h
 *		In which order to sum out variables, and the cliques that come of it.
 */
#ifndef HEAL_ELIMINATION_H
#define HEAL_ELIMINATION_H

#include "cause/factor.h"

/* Nobody has the memory for a table of more; an int counts its places. */
#define HEAL_WIDEST 30

/*
 * Variables that are in one table at some time. The ones eliminated last come first, so the first
 * "shared" of them are those shared with the parent, in the same order as there.
 */
typedef struct HealClique
{
	int variables;
	int *variable; /* [variables] */
	int shared;
	int parent; /* -1 = none; parents have lower numbers than their children */
	uint32_t
		in_parent; /* places of the shared variables in the parent, as bits */
} HealClique;

typedef struct HealElimination
{
	int cliques;
	HealClique *clique;
	int *clique_of; /* [variables] clique in which it is summed out */
	int *position;	/* [variables] in the order of elimination */
	int widest;		/* variables of the largest clique */
	double places;	/* of all tables together */
} HealElimination;

typedef enum HealEliminationResult
{
	HEAL_ELIMINATED,
	HEAL_TOO_WIDE, /* some clique would have more than "limit" variables */
	HEAL_NO_MEMORY
} HealEliminationResult;

/*
 * Min-fill: next is always a variable that makes the fewest pairs of others neighbours that are
 * none yet; among equals the one with the fewest neighbours, and then by lot, the same lot for the
 * same seed. limit is at most HEAL_WIDEST.
 */
extern HealEliminationResult
heal_eliminate(HealElimination *result, HealArena *arena,
			   const HealFactors *factors, int limit, uint64_t seed);

#endif
