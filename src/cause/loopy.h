/*
 * loopy.h
 *		Posteriors by loopy belief propagation: an approximation, for graphs too wide for cliques.
 *
 * A family of a noisy-OR answers all of its members in a time proportional to their number, so the
 * number of parents does not matter. On graphs without undirected cycles it is exact; on others
 * nobody can say how wrong it is, and it may not settle.
 */
#ifndef HEAL_LOOPY_H
#define HEAL_LOOPY_H

#include "base/arena.h"
#include "cause/observation.h"

typedef struct HealLoopy
{
	double *active;		 /* [nodes] posteriors, of known ones as well */
	double log_evidence; /* Bethe's approximation */
	int rounds;
	bool settled; /* the messages no longer changed */
} HealLoopy;

/* state[nodes] as heal_observations_settle leaves it. False when the arena is too small. */
extern bool
heal_loopy_run(const HealGraph *graph, const double *strength,
			   const HealObservations *seen, const signed char *state,
			   HealArena *arena, HealLoopy *result);

#endif
