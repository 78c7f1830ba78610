/*
 * score.c
 *		How good the causal inference is, beside counting all worlds and the best path.
 *
 *   infer-score SEED INCIDENTS
 *
 * Prints tables: error against counting on random networks; how often the first cause named is
 * truly active, in incidents drawn from the default graph and seen through detectors that err;
 * and times.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "cause/default_graph.h"
#include "cause/infer.h"
#include "draw.h"

#define MEMORY HEAL_INFER_MEMORY
#define COUNTED 15 /* nodes at most, where all worlds are counted */

static HealGraph graph;
static HealObservations seen;
static HealInference inference;
static HealPosteriors posteriors;
static const HealClue detector = {0.9, 0.05};

static int
compare(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return (left > right) - (left < right);
}

static double
quantile(double *value, int count, double share)
{
	int place = (int) (count * share);

	qsort(value, count, sizeof(double), compare);
	return count > 0 ? value[place < count ? place : count - 1] : (double) NAN;
}

static void
print_times(const char *what, double *us, int count, const char *goal)
{
	printf("| %s | %.2f | %.2f | %s |\n", what, quantile(us, count, 0.5) / 1e3,
		   quantile(us, count, 0.99) / 1e3, goal);
}

static void
make_network(int nodes)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < nodes; i++)
	{
		HealNode node = {.leak = draw() * (draw() < 0.5 ? 0.05 : 0.5)};
		int parents = (int) (draw() * 6);

		snprintf(node.id, sizeof(node.id), "n%d", i);
		heal_graph_add_node(&graph, &node);
		for (int j = 0; j < parents && i > 0; j++)
		{
			HealEdge edge = {.from = (int) (draw() * i),
							 .to = i,
							 .type = (HealEdgeType) (draw() * HEAL_EDGE_TYPES),
							 .probability = draw()};

			heal_graph_add_edge(&graph, &edge);
		}
		if (draw() < 0.2)
			seen.known[i] = draw() < 0.5;
		else if (draw() < 0.5)
			heal_observe_clue(&seen, i, &detector, draw() < 0.3);
	}
}

/* Goes through all worlds; the total, and active[nodes]. */
static double
count_worlds(double *active)
{
	double total = 0;
	bool world[COUNTED];

	memset(active, 0, sizeof(double) * graph.nodes);
	for (unsigned number = 0; number < 1u << graph.nodes; number++)
	{
		double weight = 1;

		for (int i = 0; i < graph.nodes; i++)
			world[i] = number >> i & 1;
		for (int i = 0; i < graph.nodes && weight > 0; i++)
		{
			double inactive = quiet(&graph, i, graph.node[i].leak, world);

			weight *= world[i] ? 1 - inactive : inactive;
			weight *= seen.likelihood[i][world[i]];
			if (seen.known[i] != HEAL_HIDDEN && seen.known[i] != world[i])
				weight = 0;
		}
		total += weight;
		for (int i = 0; i < graph.nodes; i++)
			active[i] += world[i] ? weight : 0;
	}
	return total;
}

static void
score_against_counting(int networks)
{
	double worst = 0, worst_log = 0, ours = 0, theirs = 0;
	int answered = 0;

	for (int i = 0; i < networks; i++)
	{
		double active[COUNTED];
		double total, begun;

		make_network(3 + i % (COUNTED - 2));
		begun = now_us(CLOCK_PROCESS_CPUTIME_ID);
		total = count_worlds(active);
		theirs += now_us(CLOCK_PROCESS_CPUTIME_ID) - begun;
		begun = now_us(CLOCK_PROCESS_CPUTIME_ID);
		if (heal_infer(&inference, &graph, NULL, &seen, &posteriors) !=
			HEAL_INFER_EXACT)
			continue;
		ours += now_us(CLOCK_PROCESS_CPUTIME_ID) - begun;
		answered++;
		worst_log = fmax(worst_log, fabs(posteriors.log_evidence - log(total)));
		for (int j = 0; j < graph.nodes; j++)
			worst = fmax(worst, fabs(posteriors.active[j] - active[j] / total));
	}
	printf("Random networks of 3 to %d nodes, %d of them:\n\n", COUNTED,
		   networks);
	printf("| | selfheal | goal | counting all worlds |\n"
		   "| --- | --- | --- | --- |\n");
	printf("| answered exactly | %d | %d | %d |\n", answered, networks,
		   networks);
	printf("| largest error of a posterior | %.1g | 1e-9 | |\n", worst);
	printf("| largest error of the log evidence | %.1g | 1e-9 | |\n",
		   worst_log);
	printf("| processor time of one, us | %.0f | | %.0f |\n\n", ours / networks,
		   theirs / networks);
}

/* An incident: what is active, at least one cause among it, and what detectors say of most nodes. */
static void
make_incident(const int *order, bool *active)
{
	draw_active(&graph, order, active);
	heal_observations_clear(&seen);
	for (int i = 0; i < graph.nodes; i++)
		heal_observe_clue(&seen, i, &detector,
						  draw_report(&detector, MOST_NODES, active[i]));
}

/*
 * The text of the seeds: the best product of strengths along a path to a node that is reported. The
 * kinder reading walks over no node that was looked at and not reported.
 */
static void
score_paths(const int *order, bool kinder, double *score)
{
	for (int i = 0; i < graph.nodes; i++)
		score[i] = seen.likelihood[i][1] > seen.likelihood[i][0];
	for (int i = graph.nodes - 1; i >= 0; i--)
	{
		int node = order[i];

		for (int j = graph.first_out[node]; j >= 0; j = graph.next_out[j])
			score[node] = fmax(score[node], heal_edge_strength(&graph.edge[j]) *
												score[graph.edge[j].to]);
		if (kinder && seen.likelihood[node][1] < seen.likelihood[node][0])
			score[node] = 0;
	}
}

/* The origin that scores highest; among equals the more probable one beforehand. */
static int
best_cause(const double *score)
{
	int best = -1;

	for (int i = 0; i < graph.nodes; i++)
		if (graph.first_in[i] < 0 &&
			(best < 0 || score[i] > score[best] ||
			 (score[i] == score[best] &&
			  graph.node[i].leak > graph.node[best].leak)))
			best = i;
	return best;
}

static void
score_incidents(int incidents)
{
	int order[HEAL_GRAPH_NODES];
	bool active[HEAL_GRAPH_NODES];
	double prior[HEAL_GRAPH_NODES], score[HEAL_GRAPH_NODES];
	double *soft = malloc(sizeof(double) * incidents);
	double *cpu = malloc(sizeof(double) * incidents);
	int exact = 0, paths = 0, kinder = 0, priors = 0, widest = 0;

	heal_default_graph(&graph);
	heal_graph_order(&graph, order);
	for (int i = 0; i < graph.nodes; i++)
		prior[i] = graph.node[i].leak;
	for (int i = 0; i < incidents; i++)
	{
		double begun, begun_cpu;

		make_incident(order, active);
		begun = now_us(CLOCK_MONOTONIC);
		begun_cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
		heal_infer(&inference, &graph, NULL, &seen, &posteriors);
		soft[i] = now_us(CLOCK_MONOTONIC) - begun;
		cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID) - begun_cpu;
		widest = posteriors.widest;
		exact += active[best_cause(posteriors.active)];
		score_paths(order, false, score);
		paths += active[best_cause(score)];
		score_paths(order, true, score);
		kinder += active[best_cause(score)];
		priors += active[best_cause(prior)];
	}
	printf(
		"Default graph (%d nodes, %d edges, cliques of up to %d), %d incidents drawn from it, detectors on 85 %% "
		"of the nodes:\n\n",
		graph.nodes, graph.edges, widest, incidents);
	printf(
		"| | selfheal | goal | best path | best path, not over healthy nodes | prior |\n"
		"| --- | --- | --- | --- | --- | --- |\n");
	printf(
		"| first cause named is active, %% | %.1f | 90 | %.1f | %.1f | %.1f |\n\n",
		100.0 * exact / incidents, 100.0 * paths / incidents,
		100.0 * kinder / incidents, 100.0 * priors / incidents);
	printf("| all posteriors, ms | median | 99th percentile | goal |\n"
		   "| --- | --- | --- | --- |\n");
	print_times("by the clock", soft, incidents, "2, 5");
	print_times("processor time", cpu, incidents, "");
	free(soft);
	free(cpu);
}

/* Some nodes are known for certain, another set each time, so the order is found anew each time. */
static void
score_certain(int incidents, double share)
{
	int order[HEAL_GRAPH_NODES];
	bool active[HEAL_GRAPH_NODES];
	char what[64];
	double *clock = malloc(sizeof(double) * incidents);
	double *cpu = malloc(sizeof(double) * incidents);

	heal_graph_order(&graph, order);
	for (int i = 0; i < incidents; i++)
	{
		double begun, begun_cpu;

		make_incident(order, active);
		heal_observations_clear(&seen);
		for (int j = 0; j < graph.nodes; j++)
			if (draw() < share)
				seen.known[j] = active[j];
		begun = now_us(CLOCK_MONOTONIC);
		begun_cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
		heal_infer(&inference, &graph, NULL, &seen, &posteriors);
		clock[i] = now_us(CLOCK_MONOTONIC) - begun;
		cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID) - begun_cpu;
	}
	snprintf(what, sizeof(what), "%.0f %% known for certain, by the clock",
			 100 * share);
	print_times(what, clock, incidents, "-, 1");
	print_times("the same, processor time", cpu, incidents, "");
	free(clock);
	free(cpu);
}

int
main(int argc, char **argv)
{
	void *memory = malloc(MEMORY);
	int incidents = argc > 2 ? atoi(argv[2]) : 0;

	if (incidents <= 0 || memory == NULL)
	{
		fprintf(stderr, "usage: infer-score SEED INCIDENTS\n");
		return 2;
	}
	lot = strtoull(argv[1], NULL, 10);
	heal_inference_init(&inference, memory, MEMORY);
	score_against_counting(130);
	score_incidents(incidents);
	score_certain(incidents, 0.5);
	score_certain(incidents, 0.1);
	free(memory);
	return 0;
}
