/*
 * learn.c
 *		Incidents -> strengths of edges, leaks, and the rates of clues.
 */
#include "cause/learn.h"

#include <math.h>
#include <string.h>

#define SETTLED 1e-4

void
heal_incident_clear(HealIncident *incident)
{
	memset(incident->says, HEAL_HIDDEN, sizeof(incident->says));
	memset(incident->known, HEAL_HIDDEN, sizeof(incident->known));
	incident->weight = HEAL_UNCONFIRMED_WEIGHT;
	incident->symptom = -1;
}

static void
clear_counts(HealCounts *counts)
{
	memset(counts, 0, sizeof(*counts));
}

static void
observe(const HealIncident *incident, const HealGraph *graph,
		const HealClue *clue, HealObservations *seen)
{
	heal_observations_clear(seen);
	for (int i = 0; i < graph->nodes; i++)
	{
		seen->known[i] = incident->known[i];
		heal_observe_clue(seen, i, &clue[i], incident->says[i]);
	}
}

static void
count_clues(HealCounts *counts, const HealGraph *graph,
			const HealIncident *incident, const double *active)
{
	for (int i = 0; i < graph->nodes; i++)
	{
		if (incident->says[i] == HEAL_HIDDEN)
			continue;
		counts->active_seen[i] += incident->weight * active[i];
		counts->quiet_seen[i] += incident->weight * (1 - active[i]);
		if (incident->says[i] == 0)
			continue;
		counts->active_hit[i] += incident->weight * active[i];
		counts->quiet_alarm[i] += incident->weight * (1 - active[i]);
	}
}

static void
count_incident(HealCounts *counts, HealInference *inference,
			   const HealGraph *graph, const HealClue *clue,
			   const HealIncident *incident)
{
	HealObservations seen;
	HealPosteriors posteriors;
	double edge_acted[HEAL_GRAPH_EDGES], leak_acted[HEAL_GRAPH_NODES];

	observe(incident, graph, clue, &seen);
	if (heal_infer_acted(inference, graph, NULL, &seen, &posteriors, edge_acted,
						 leak_acted) != HEAL_INFER_EXACT)
	{
		counts->skipped++;
		return;
	}
	counts->counted++;
	counts->confirmed += incident->weight == 1;
	for (int i = 0; i < graph->edges; i++)
	{
		if (graph->edge[i].to == incident->symptom)
			continue;
		counts->edge_acted[i] += incident->weight * edge_acted[i];
		counts->edge_could[i] +=
			incident->weight * posteriors.active[graph->edge[i].from];
	}
	for (int i = 0; i < graph->nodes; i++)
	{
		/* a symptom that is its own cause is one of the causes there are */
		if (i == incident->symptom && !heal_graph_is_origin(graph, i))
			continue;
		counts->leak_could[i] += incident->weight;
		counts->leak_acted[i] += incident->weight * leak_acted[i];
	}
	count_clues(counts, graph, incident, posteriors.active);
}

/* A rate as counted, and as shipped. */
static double
rate(double happened, double could, double shipped)
{
	double value =
		(happened + HEAL_PRIOR_WEIGHT * shipped) / (could + HEAL_PRIOR_WEIGHT);

	return fmin(fmax(value, 0), 1);
}

static void
draw_conclusions(const HealCounts *counts, const HealGraph *shipped,
				 const HealClue *shipped_clue, HealGraph *learned,
				 HealClue *learned_clue)
{
	for (int i = 0; i < shipped->edges; i++)
	{
		const HealEdge *edge = &shipped->edge[i];
		double strength = rate(counts->edge_acted[i], counts->edge_could[i],
							   heal_edge_strength(edge));

		/* the type is what somebody said of the edge; it bounds what its strength can become */
		learned->edge[i].probability =
			fmin(strength / heal_edge_type_weight(edge->type), 1);
		learned->edge[i].observed = edge->observed + counts->edge_acted[i];
	}
	for (int i = 0; i < shipped->nodes; i++)
	{
		learned->node[i].leak =
			rate(counts->leak_acted[i], counts->leak_could[i],
				 shipped->node[i].leak);
		learned_clue[i].hit = rate(counts->active_hit[i],
								   counts->active_seen[i], shipped_clue[i].hit);
		learned_clue[i].false_alarm =
			rate(counts->quiet_alarm[i], counts->quiet_seen[i],
				 shipped_clue[i].false_alarm);
	}
	learned->version++;
}

static double
largest_move(const HealGraph *graph, const double *before)
{
	double largest = 0;

	for (int i = 0; i < graph->edges; i++)
		largest = fmax(largest, fabs(graph->edge[i].probability - before[i]));
	return largest;
}

int
heal_learn(HealInference *inference, HealCounts *counts,
		   const HealGraph *shipped, const HealClue *shipped_clue,
		   const HealIncident *incident, int incidents, int rounds,
		   HealGraph *learned, HealClue *learned_clue)
{
	double before[HEAL_GRAPH_EDGES];
	int round = 0;

	while (round < rounds)
	{
		clear_counts(counts);
		for (int i = 0; i < incidents; i++)
			count_incident(counts, inference, learned, learned_clue,
						   &incident[i]);
		for (int i = 0; i < learned->edges; i++)
			before[i] = learned->edge[i].probability;
		draw_conclusions(counts, shipped, shipped_clue, learned, learned_clue);
		round++;
		if (largest_move(learned, before) < SETTLED)
			break;
	}
	return round;
}
