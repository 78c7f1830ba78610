/*
 * learn.c
 *		How well strengths are learned from incidents, beside counting.
 *
 *   infer-learn SEED MOST_SEEN MOST_KNOWN
 *
 * The truth is the default graph with every strength moved at random by up to 0.3; what is shipped is the
 * default graph. Incidents are drawn from the truth. Prints the mean error of the strengths after
 * 30, 300 and 5000 incidents: as far as MOST_KNOWN where afterwards everything is known of them, and as
 * far as MOST_SEEN where all there is are detectors that err.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cause/default_graph.h"
#include "cause/learn.h"
#include "draw.h"

#define ROUNDS 40
#define TRUTHS 5 /* where everything is known, which is fast */

static HealGraph shipped, truth, learned;
static HealClue shipped_clue[HEAL_GRAPH_NODES], learned_clue[HEAL_GRAPH_NODES];
static HealCounts counts;
static HealInference inference;
static const HealClue detector = {0.9, 0.05};

static void
make_truth(void)
{
	heal_default_graph(&shipped);
	truth = shipped;
	for (int i = 0; i < truth.edges; i++)
	{
		double weight = heal_edge_type_weight(truth.edge[i].type);
		double strength = heal_edge_strength(&truth.edge[i]);

		strength += (draw() - 0.5) * 0.6;
		strength = fmin(fmax(strength, 0.05), 0.95 * weight);
		truth.edge[i].probability = strength / weight;
	}
	for (int i = 0; i < shipped.nodes; i++)
		shipped_clue[i] = detector;
}

/* At least one cause is active; detectors on 85 % of the nodes, or everything known afterwards. */
static void
make_incident(const int *order, bool all_known, HealIncident *incident)
{
	bool active[HEAL_GRAPH_NODES];

	draw_active(&truth, order, active);
	heal_incident_clear(incident);
	incident->weight = 1;
	for (int i = 0; i < truth.nodes; i++)
		if (all_known)
			incident->known[i] = active[i];
		else
			incident->says[i] =
				(signed char) draw_report(&detector, MOST_NODES, active[i]);
}

static double
error_of(const HealGraph *graph)
{
	double sum = 0;

	for (int i = 0; i < truth.edges; i++)
		sum += fabs(heal_edge_strength(&graph->edge[i]) -
					heal_edge_strength(&truth.edge[i]));
	return sum / truth.edges;
}

/* What plain counting says: of the incidents in which the parent is reported, the share in which the child is. */
static double
error_of_counting(const HealIncident *incident, int incidents)
{
	double sum = 0;

	for (int i = 0; i < truth.edges; i++)
	{
		const HealEdge *edge = &shipped.edge[i];
		double both = HEAL_PRIOR_WEIGHT * heal_edge_strength(edge);
		double parent = HEAL_PRIOR_WEIGHT;

		for (int j = 0; j < incidents; j++)
		{
			const signed char *says = incident[j].says;
			const signed char *known = incident[j].known;

			if ((says[edge->from] != 1 && known[edge->from] != 1) ||
				(says[edge->to] == HEAL_HIDDEN &&
				 known[edge->to] == HEAL_HIDDEN))
				continue;
			parent++;
			both += says[edge->to] == 1 || known[edge->to] == 1;
		}
		sum += fabs(both / parent - heal_edge_strength(&truth.edge[i]));
	}
	return sum / truth.edges;
}

/* Mean errors over some truths: learned, counted, shipped; and the rounds it took. */
static void
score(HealIncident *incident, int incidents, bool all_known, const char *goal)
{
	int order[HEAL_GRAPH_NODES];
	int truths = all_known ? TRUTHS : 1;
	double sum[3] = {0};
	int rounds = 0;

	for (int i = 0; i < truths; i++)
	{
		make_truth();
		heal_graph_order(&truth, order);
		for (int j = 0; j < incidents; j++)
			make_incident(order, all_known, &incident[j]);
		learned = shipped;
		memcpy(learned_clue, shipped_clue, sizeof(learned_clue));
		rounds +=
			heal_learn(&inference, &counts, &shipped, shipped_clue, incident,
					   incidents, ROUNDS, &learned, learned_clue);
		sum[0] += error_of(&learned) / truths;
		sum[1] += error_of_counting(incident, incidents) / truths;
		sum[2] += error_of(&shipped) / truths;
	}
	printf("| %d incidents, %s | %.3f | %s | %.3f | %.3f | %d |\n", incidents,
		   all_known ? "everything known" : "by detectors", sum[0], goal,
		   sum[1], sum[2], rounds / truths);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const int sizes[] = {30, 300, 5000};
	static const char *const goals[] = {".12", ".075", ".03"};
	int most[2] = {0};
	void *memory = malloc(HEAL_INFER_MEMORY);
	HealIncident *incident = calloc(sizes[2], sizeof(HealIncident));

	for (int i = 0; i < 2; i++)
		most[i] = argc > i + 2 ? atoi(argv[i + 2]) : -1;
	if (most[0] < 0 || most[1] < 0 || memory == NULL || incident == NULL)
	{
		fprintf(stderr, "usage: infer-learn SEED MOST_SEEN MOST_KNOWN\n");
		return 2;
	}
	lot = strtoull(argv[1], NULL, 10);
	heal_inference_init(&inference, memory, HEAL_INFER_MEMORY);
	heal_default_graph(&truth);
	printf("Mean error of %d strengths:\n\n", truth.edges);
	printf("| | selfheal | goal | counting | as shipped | rounds |\n"
		   "| --- | --- | --- | --- | --- | --- |\n");
	for (int all_known = 1; all_known >= 0; all_known--)
		for (size_t i = 0; i < heal_lengthof(sizes); i++)
			if (sizes[i] <= most[all_known])
				score(incident, sizes[i], all_known, goals[i]);
	free(incident);
	free(memory);
	return 0;
}
