/*
 * draw.h
 *		Incidents drawn from a causal graph, and what detectors that err say of them.
 */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include "base/random.h"
#include "cause/graph.h"
#include "cause/observation.h"

static uint64_t lot; /* the seed is put here */

static inline double
draw(void)
{
	return heal_random_uniform(&lot);
}

/* Probability that the node stays inactive when these are active and its leak is this. */
static inline double
quiet(const HealGraph *graph, int node, double leak, const bool *active)
{
	double inactive = 1 - leak;

	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		if (active[graph->edge[i].from])
			inactive *= 1 - heal_edge_strength(&graph->edge[i]);
	return inactive;
}

/* What is active, at least one node without parents among it. */
static inline void
draw_active(const HealGraph *graph, const int *order, bool *active)
{
	int causes = 0;

	while (causes == 0)
		for (int i = 0; i < graph->nodes; i++)
		{
			int node = order[i];

			active[node] =
				draw() >= quiet(graph, node, graph->node[node].leak, active);
			causes += active[node] && graph->first_in[node] < 0;
		}
}

#define MOST_NODES 0.85 /* share of the nodes that have a detector */

/* What a detector says of a node: 1, 0, or nothing where there is none. */
static inline int
draw_report(const HealClue *detector, double looked_at, bool active)
{
	if (draw() >= looked_at)
		return HEAL_HIDDEN;
	return draw() < (active ? detector->hit : detector->false_alarm);
}

#endif
