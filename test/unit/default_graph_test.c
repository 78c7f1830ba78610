/*
 * default_graph_test.c
 *		The causal graph that selfheal comes with: every cause can be told apart, every failure explained.
 */
#include "cause/default_graph.h"

#include <stdlib.h>

#include "cause/infer.h"
#include "predict/bounded.h"
#include "sample/metric.h"
#include "scan/finding.h"
#include "tap.h"

static HealGraph graph;
static const HealDefaultNode *nodes;
static int count;

static bool
is_valid(const HealSignal *signal)
{
	static const int most[HEAL_SIGNAL_KINDS] = {
		[HEAL_SIGNAL_NONE] = 1,
		[HEAL_SIGNAL_HIGH] = HEAL_BUILT_IN_METRICS,
		[HEAL_SIGNAL_LOW] = HEAL_BUILT_IN_METRICS,
		[HEAL_SIGNAL_FAILURE] = HEAL_FAILURE_KINDS,
		[HEAL_SIGNAL_FINDING] = HEAL_SCAN_KINDS,
		[HEAL_SIGNAL_PREDICTION] = HEAL_BOUNDED_KINDS,
		[HEAL_SIGNAL_EVENT] = HEAL_CAUSE_EVENTS,
		[HEAL_SIGNAL_STATE] = HEAL_CAUSE_EVENTS,
	};

	return (unsigned) signal->kind < HEAL_SIGNAL_KINDS && signal->which >= 0 &&
		   signal->which < most[signal->kind];
}

/* How many nodes have this signal among theirs. */
static int
nodes_with(const HealSignal *signal)
{
	int found = 0;

	for (int i = 0; i < count; i++)
		for (int j = 0; j < HEAL_NODE_SIGNALS; j++)
			found += nodes[i].signal[j].kind == signal->kind &&
					 nodes[i].signal[j].which == signal->which;
	return found;
}

static void
tells_causes_apart(void)
{
	int without = 0, shared = 0, invalid = 0, origins = 0;

	for (int i = 0; i < count; i++)
	{
		const HealSignal *first = &nodes[i].signal[0];

		without += first->kind == HEAL_SIGNAL_NONE;
		origins += nodes[i].origin;
		if (nodes[i].origin && nodes_with(first) != 1)
		{
			shared++;
			printf("# %s has no signal of its own\n", nodes[i].id);
		}
		for (int j = 0; j < HEAL_NODE_SIGNALS; j++)
			invalid += !is_valid(&nodes[i].signal[j]);
	}
	is_int(without, 0, "every node has a signal");
	is_int(invalid, 0, "which is one that there is");
	is_int(shared, 0, "every cause has one that no other node has");
	ok(origins > 25 && origins < count, "some nodes are causes, some not");
}

static void
explains_failures(void)
{
	int nowhere = 0, unexplained = 0, unnamed = 0;

	for (int i = 0; i < HEAL_FAILURE_KINDS; i++)
	{
		const HealDefaultFailure *failure = &heal_default_failures[i];
		int symptom = failure->symptom != NULL
						  ? heal_graph_find(&graph, failure->symptom)
						  : -1;
		bool reached[HEAL_GRAPH_NODES];
		int origins = 0;

		if (symptom < 0)
		{
			nowhere++;
			printf("# %s shows in no node\n", heal_failures[i].name);
			continue;
		}
		heal_graph_upstream(&graph, symptom, reached);
		for (int j = 0; j < graph.nodes; j++)
			origins += reached[j] && heal_graph_is_origin(&graph, j);
		unexplained += origins == 0;
		if (failure->cause[0] != '\0')
		{
			int cause = heal_graph_find(&graph, failure->cause);

			unnamed += cause < 0 || !reached[cause] ||
					   !heal_graph_is_origin(&graph, cause);
		}
	}
	is_int(nowhere, 0, "every failure of the catalogue shows in a node");
	is_int(unexplained, 0, "which some cause leads to");
	is_int(unnamed, 0, "as does the one that its proof names");
}

static void
fits_the_engine(void)
{
	static HealInference inference;
	static HealObservations seen;
	static HealPosteriors posteriors;
	void *memory = malloc(HEAL_INFER_MEMORY);
	double sum = 0;

	heal_inference_init(&inference, memory, HEAL_INFER_MEMORY);
	heal_observations_clear(&seen);
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_EXACT, "all of it hidden, it is answered exactly");
	is_double(posteriors.log_evidence, 0, 1e-12, "nothing seen is certain");
	ok(posteriors.widest <= HEAL_ENGINE_WIDTH,
	   "and no clique is wider than the engine computes");
	for (int i = 0; i < graph.nodes; i++)
		sum += posteriors.active[i];
	ok(sum > 2 && sum < 20, "what is usual is that little is the matter");
	free(memory);
}

int
main(void)
{
	nodes = heal_default_nodes(&count);
	is_int(heal_default_graph(&graph), HEAL_GRAPH_OK, "the tables are sound");
	is_int(graph.nodes, count, "all nodes are there");
	tells_causes_apart();
	explains_failures();
	fits_the_engine();
	return done_testing();
}
