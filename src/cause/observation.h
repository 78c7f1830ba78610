/*
 * observation.h
 *		What is known of the nodes of a causal graph, and what follows from it without any arithmetic.
 */
#ifndef HEAL_OBSERVATION_H
#define HEAL_OBSERVATION_H

#include "cause/graph.h"

#define HEAL_HIDDEN (-1)

/*
 * A node is hidden, or known for certain. What a detector says of a node is no certainty but a
 * likelihood: how probable its answer is when the node is not active, and when it is. A node that
 * nothing is said of has the likelihood 1, 1: missing is not the same as healthy.
 */
typedef struct HealObservations
{
	signed char known[HEAL_GRAPH_NODES]; /* HEAL_HIDDEN, 0 or 1 */
	double likelihood[HEAL_GRAPH_NODES][2];
} HealObservations;

/* How a node of a graph is seen: two rates, both between 0 and 1. */
typedef struct HealClue
{
	double hit;			/* share of active nodes that it reports */
	double false_alarm; /* share of others that it reports */
} HealClue;

extern void heal_observations_clear(HealObservations *seen);
/* False, and nothing is changed, when a value is not a number from 0 to 1. */
extern bool heal_observe_likelihood(HealObservations *seen, int node,
									double if_not, double if_active);
/* What a clue says: 1 = it reports the node, 0 = it does not, HEAL_HIDDEN = it is missing. */
extern bool heal_observe_clue(HealObservations *seen, int node,
							  const HealClue *clue, int says);

/*
 * What must be so: state[nodes] gets what is known, and 0 where a node cannot be active beside it.
 * False when what was seen is impossible in this graph. Nothing else is: whatever passes has a
 * probability above zero. strength[edges] are those of the graph, or others.
 */
extern bool
heal_observations_settle(const HealGraph *graph, const double *strength,
						 const HealObservations *seen, signed char *state);

#endif
