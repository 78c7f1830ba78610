/*
 * observation.c
 *		What is known of the nodes of a causal graph.
 */
#include "cause/observation.h"

#include <string.h>

void
heal_observations_clear(HealObservations *seen)
{
	memset(seen->known, HEAL_HIDDEN, sizeof(seen->known));
	for (int i = 0; i < HEAL_GRAPH_NODES; i++)
		seen->likelihood[i][0] = seen->likelihood[i][1] = 1;
}

bool
heal_observe_likelihood(HealObservations *seen, int node, double if_not,
						double if_active)
{
	if (!(if_not >= 0 && if_not <= 1 && if_active >= 0 && if_active <= 1))
		return false;
	seen->likelihood[node][0] = if_not;
	seen->likelihood[node][1] = if_active;
	return true;
}

bool
heal_observe_clue(HealObservations *seen, int node, const HealClue *clue,
				  int says)
{
	if (says == HEAL_HIDDEN)
		return heal_observe_likelihood(seen, node, 1, 1);
	if (says != 0)
		return heal_observe_likelihood(seen, node, clue->false_alarm,
									   clue->hit);
	return heal_observe_likelihood(seen, node, 1 - clue->false_alarm,
								   1 - clue->hit);
}

/* What was seen of the node alone; false when that contradicts itself. */
static bool
state_of(const HealObservations *seen, int node, signed char *state)
{
	const double *likelihood = seen->likelihood[node];

	*state = seen->known[node];
	if (*state != HEAL_HIDDEN)
		return likelihood[(int) *state] > 0;
	if (!(likelihood[0] > 0))
		*state = 1;
	else if (!(likelihood[1] > 0))
		*state = 0;
	return likelihood[0] > 0 || likelihood[1] > 0;
}

/* True when nothing is left that could activate the node. */
static bool
has_no_source(const HealGraph *graph, const double *strength,
			  const signed char *state, int node)
{
	if (graph->node[node].leak > 0)
		return false;
	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		if (strength[i] > 0 && state[graph->edge[i].from] != 0)
			return false;
	return true;
}

/* Makes the node inactive; false when it is known to be active. */
static bool
rule_out(signed char *state, int node, int *queue, int *queued)
{
	if (state[node] == 0)
		return true;
	if (state[node] == 1)
		return false;
	state[node] = 0;
	queue[(*queued)++] = node;
	return true;
}

/* What follows from the node not being active. */
static bool
follow(const HealGraph *graph, const double *strength, signed char *state,
	   int node, int *queue, int *queued)
{
	if (graph->node[node].leak >= 1)
		return false;
	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		if (strength[i] >= 1 &&
			!rule_out(state, graph->edge[i].from, queue, queued))
			return false;
	for (int i = graph->first_out[node]; i >= 0; i = graph->next_out[i])
		if (has_no_source(graph, strength, state, graph->edge[i].to) &&
			!rule_out(state, graph->edge[i].to, queue, queued))
			return false;
	return true;
}

/*
 * An inactive node rules out the parents that would be sure to activate it; a node without any
 * source that could still act is inactive. When both rules have nothing more to say, the world in
 * which all other nodes are active breaks neither, so it is possible.
 */
bool
heal_observations_settle(const HealGraph *graph, const double *strength,
						 const HealObservations *seen, signed char *state)
{
	int queue[HEAL_GRAPH_NODES];
	int queued = 0;

	for (int i = 0; i < graph->nodes; i++)
	{
		if (!state_of(seen, i, &state[i]))
			return false;
		if (state[i] == 0)
			queue[queued++] = i;
	}
	for (int i = 0; i < graph->nodes; i++)
		if (has_no_source(graph, strength, state, i) &&
			!rule_out(state, i, queue, &queued))
			return false;
	for (int done = 0; done < queued; done++)
		if (!follow(graph, strength, state, queue[done], queue, &queued))
			return false;
	return true;
}
