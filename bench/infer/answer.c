/*
 * answer.c
 *		How often the answers are right when one thing is the matter, or two, or one that the graph does not know.
 *
 *   infer-answer SEED INCIDENTS
 *
 * One or two origins of the default graph, each as likely as the others, begin; what follows is
 * drawn from the graph, and detectors that err look at 85 % of the nodes; then better ones at all of
 * them. Asked is for the cause of a node that is active and that all of them lead to.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cause/answer.h"
#include "cause/default_graph.h"
#include "draw.h"

static HealGraph graph;
static HealObservations seen;
static HealAnswerer answerer;
static HealCauseAnswer answer;
static bool active[HEAL_GRAPH_NODES]; /* in the incident at hand */
static HealClue detector;
static double looked_at; /* share of the nodes */

static int
draw_origin(void)
{
	int node;

	do
		node = (int) (draw() * graph.nodes);
	while (!heal_graph_is_origin(&graph, node));
	return node;
}

/* What follows when these begin and no other origin does. */
static void
draw_incident(const int *order, const int *begun, int count)
{
	for (int i = 0; i < graph.nodes; i++)
	{
		int node = order[i];
		double leak =
			heal_graph_is_origin(&graph, node) ? 0 : graph.node[node].leak;

		active[node] = draw() >= quiet(&graph, node, leak, active);
		for (int j = 0; j < count; j++)
			active[node] |= begun[j] == node;
	}
	heal_observations_clear(&seen);
	for (int i = 0; i < graph.nodes; i++)
		heal_observe_clue(&seen, i, &detector,
						  draw_report(&detector, looked_at, active[i]));
}

/* An active node, no origin, that all of these lead to; -1 = there is none. */
static int
draw_symptom(const int *begun, int count)
{
	bool led_to[HEAL_GRAPH_NODES], reached[HEAL_GRAPH_NODES];
	int found = 0, symptom = -1;

	memcpy(led_to, active, sizeof(led_to));
	for (int i = 0; i < count; i++)
	{
		heal_graph_downstream(&graph, begun[i], reached);
		for (int j = 0; j < graph.nodes; j++)
			led_to[j] = led_to[j] && reached[j];
	}
	for (int i = 0; i < graph.nodes; i++)
		if (led_to[i] && !heal_graph_is_origin(&graph, i) &&
			draw() < 1.0 / ++found)
			symptom = i;
	return symptom;
}

/* An incident with a symptom; what began is in begun[count]. */
static int
next_incident(const int *order, int *begun, int count)
{
	int symptom = -1;

	while (symptom < 0)
	{
		for (int i = 0; i < count; i++)
			begun[i] = draw_origin();
		if (count == 2 && begun[0] == begun[1])
			continue;
		draw_incident(order, begun, count);
		symptom = draw_symptom(begun, count);
	}
	return symptom;
}

static void
score_one(const int *order, int incidents)
{
	int first = 0, third = 0, found = 0, wrong = 0, unknown = 0;

	for (int i = 0; i < incidents; i++)
	{
		int begun;
		int symptom = next_incident(order, &begun, 1);
		int place = 0;

		heal_answer_cause(&answerer, &graph, NULL, &seen, symptom,
						  &heal_answer_defaults, &answer);
		while (place < answer.candidates &&
			   answer.candidate[place].node != begun)
			place++;
		first += place == 0 && answer.candidates > 0;
		third += place < 3 && place < answer.candidates;
		found += answer.verdict == HEAL_CAUSE_FOUND;
		wrong += answer.verdict == HEAL_CAUSE_FOUND &&
				 !active[answer.candidate[0].node];
		unknown += answer.verdict == HEAL_CAUSE_UNKNOWN;
	}
	printf("| one cause: first named | %.0f %% |\n", 100.0 * first / incidents);
	printf("| one cause: among the first three | %.0f %% |\n",
		   100.0 * third / incidents);
	printf("| one cause: said to be found | %.0f %% |\n",
		   100.0 * found / incidents);
	printf("| of these, one that is not even active | %.1f %% |\n",
		   found > 0 ? 100.0 * wrong / found : 0);
	printf("| one cause: said to be unknown | %.0f %% |\n",
		   100.0 * unknown / incidents);
}

static void
score_two(const int *order, int incidents)
{
	int both = 0;

	for (int i = 0; i < incidents; i++)
	{
		int begun[2];
		int symptom = next_incident(order, begun, 2);
		int right = 0;

		heal_answer_cause(&answerer, &graph, NULL, &seen, symptom,
						  &heal_answer_defaults, &answer);
		for (int j = 0; j < answer.set_size; j++)
			right += answer.set[j] == begun[0] || answer.set[j] == begun[1];
		both += right == 2;
	}
	printf("| two causes: both in the most probable set | %.0f %% |\n",
		   100.0 * both / incidents);
}

/* The cause leads nowhere as far as the graph knows, and nothing looks at it. */
static void
score_unknown(const int *order, int incidents)
{
	double strength[HEAL_GRAPH_EDGES];
	int unknown = 0, found = 0;

	for (int i = 0; i < incidents; i++)
	{
		int begun;
		int symptom = next_incident(order, &begun, 1);

		for (int j = 0; j < graph.edges; j++)
			strength[j] = graph.edge[j].from == begun
							  ? 0
							  : heal_edge_strength(&graph.edge[j]);
		heal_observe_likelihood(&seen, begun, 1, 1);
		heal_answer_cause(&answerer, &graph, strength, &seen, symptom,
						  &heal_answer_defaults, &answer);
		unknown += answer.verdict == HEAL_CAUSE_UNKNOWN;
		found += answer.verdict == HEAL_CAUSE_FOUND &&
				 !active[answer.candidate[0].node];
	}
	printf("| cause not in the graph: said to be unknown | %.0f %% |\n",
		   100.0 * unknown / incidents);
	printf(
		"| cause not in the graph: one said to be found that is not active | %.0f %% |\n",
		100.0 * found / incidents);
}

static void
score(const int *order, int incidents, double share, HealClue clue)
{
	looked_at = share;
	detector = clue;
	printf(
		"%d incidents each, detectors on %.0f %% of the nodes that report %.0f %% of what is active and %.0f %% of what "
		"is not:\n\n| | |\n| --- | --- |\n",
		incidents, 100 * share, 100 * clue.hit, 100 * clue.false_alarm);
	score_one(order, incidents);
	score_two(order, incidents);
	score_unknown(order, incidents);
}

int
main(int argc, char **argv)
{
	int incidents = argc > 2 ? atoi(argv[2]) : 0;
	void *memory = malloc(2 * HEAL_INFER_MEMORY);
	int order[HEAL_GRAPH_NODES];

	if (incidents <= 0 || memory == NULL)
	{
		fprintf(stderr, "usage: infer-answer SEED INCIDENTS\n");
		return 2;
	}
	lot = strtoull(argv[1], NULL, 10);
	heal_answerer_init(&answerer, memory, 2 * HEAL_INFER_MEMORY);
	heal_default_graph(&graph);
	heal_graph_order(&graph, order);
	score(order, incidents, MOST_NODES, (HealClue){0.9, 0.05});
	printf("\n");
	score(order, incidents, 1, (HealClue){0.97, 0.02});
	free(memory);
	return 0;
}
