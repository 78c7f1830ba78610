/*
 * infer_test.c
 *		Posteriors are what counting every possible world gives.
 */
#include "cause/infer.h"

#include <stdlib.h>

#include "base/random.h"
#include "cause/loopy.h"
#include "cause/propagate.h"
#include "tap.h"

#define MOST_NODES 15
#define MEMORY ((size_t) 64 << 20)

static HealGraph graph;
static HealObservations seen;
static HealInference inference;
static HealPosteriors posteriors;
static uint64_t lot = 1;

/* What counting gives. */
static struct
{
	double total;
	double active[MOST_NODES];
	double edge[HEAL_GRAPH_EDGES];
	double leak[MOST_NODES];
} counted;

static double
draw(void)
{
	return heal_random_uniform(&lot);
}

static int
add_node(double leak)
{
	HealNode node = {.leak = leak};

	snprintf(node.id, sizeof(node.id), "n%d", graph.nodes);
	heal_graph_add_node(&graph, &node);
	return graph.nodes - 1;
}

static HealGraphError
add_edge(int from, int to, double probability)
{
	HealEdge edge = {.from = from, .to = to, .probability = probability};

	return heal_graph_add_edge(&graph, &edge);
}

/* Probability that the node is active when these are. */
static double
noisy(int node, unsigned world)
{
	double log_quiet = log1p(-graph.node[node].leak);

	for (int i = graph.first_in[node]; i >= 0; i = graph.next_in[i])
		if (world >> graph.edge[i].from & 1)
			log_quiet += log1p(-heal_edge_strength(&graph.edge[i]));
	return -expm1(log_quiet);
}

static double
weight_of(unsigned world)
{
	double weight = 1;

	for (int i = 0; i < graph.nodes; i++)
	{
		int active = world >> i & 1;
		double chance = noisy(i, world);

		if (seen.known[i] != HEAL_HIDDEN && seen.known[i] != active)
			return 0;
		weight *= (active ? chance : 1 - chance) * seen.likelihood[i][active];
	}
	return weight;
}

static void
count_worlds(void)
{
	memset(&counted, 0, sizeof(counted));
	for (unsigned world = 0; world < 1u << graph.nodes; world++)
	{
		double weight = weight_of(world);

		counted.total += weight;
		for (int i = 0; i < graph.nodes; i++)
		{
			if (weight == 0 || !(world >> i & 1))
				continue;
			counted.active[i] += weight;
			counted.leak[i] += weight * graph.node[i].leak / noisy(i, world);
			for (int e = graph.first_in[i]; e >= 0; e = graph.next_in[e])
				if (world >> graph.edge[e].from & 1)
					counted.edge[e] += weight *
									   heal_edge_strength(&graph.edge[e]) /
									   noisy(i, world);
		}
	}
}

static void
make_random(int nodes, int parents, double leak)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < nodes; i++)
	{
		add_node(leak > 0 ? leak : draw() < 0.25 ? 0 : draw());
		for (int j = 0; j < parents && i > 0; j++)
			add_edge((int) (draw() * i), i, draw() < 0.15 ? 1 : draw());
		graph.edge[graph.edges > 0 ? graph.edges - 1 : 0].type =
			(HealEdgeType) (draw() * HEAL_EDGE_TYPES);
	}
	for (int i = 0; i < nodes; i++)
	{
		double kind = draw();

		if (kind < 0.2)
			seen.known[i] = draw() < 0.5;
		else if (kind < 0.6)
			heal_observe_likelihood(&seen, i, draw(), draw());
	}
}

static double
worst_of(const double *got, const double *expected, int count, double total)
{
	double worst = 0;

	for (int i = 0; i < count; i++)
	{
		double off = fabs(got[i] - expected[i] / total);

		worst = off <= worst ? worst : off;
	}
	return worst;
}

static void
equals_counting(void)
{
	static double edge_acted[HEAL_GRAPH_EDGES], leak_acted[HEAL_GRAPH_NODES];
	double worst = 0, worst_log = 0, worst_acted = 0, worst_evidence = 0;
	int impossible = 0, wrong = 0;

	for (int round = 0; round < 150; round++)
	{
		HealInferStatus status;
		double log_evidence;

		make_random(3 + round % (MOST_NODES - 4), 1 + round % 7, 0);
		count_worlds();
		status = heal_infer(&inference, &graph, NULL, &seen, &posteriors);
		if (counted.total == 0)
		{
			impossible++;
			wrong += status != HEAL_INFER_IMPOSSIBLE;
			continue;
		}
		wrong += status != HEAL_INFER_EXACT;
		worst = fmax(worst, worst_of(posteriors.active, counted.active,
									 graph.nodes, counted.total));
		worst_log =
			fmax(worst_log, fabs(posteriors.log_evidence - log(counted.total)));
		heal_infer_evidence(&inference, &graph, NULL, &seen, &log_evidence);
		worst_evidence =
			fmax(worst_evidence, fabs(log_evidence - log(counted.total)));
		heal_infer_acted(&inference, &graph, NULL, &seen, &posteriors,
						 edge_acted, leak_acted);
		worst_acted = fmax(worst_acted, worst_of(edge_acted, counted.edge,
												 graph.edges, counted.total));
		worst_acted = fmax(worst_acted, worst_of(leak_acted, counted.leak,
												 graph.nodes, counted.total));
	}
	is_double(worst, 0, 1e-11, "every posterior is what counting gives");
	is_double(worst_log, 0, 1e-11, "so is the evidence");
	is_double(worst_evidence, 0, 1e-11, "also when nothing else is asked for");
	is_double(worst_acted, 0, 1e-11,
			  "so is how probably each edge and each leak acted");
	is_int(wrong, 0, "what is impossible is found out, and nothing else");
	ok(impossible > 3 && impossible < 75, "some of them were impossible");
}

/* Fifteen nodes, the most that is counted; whole families beside split ones. */
static void
does_not_depend_on_how(void)
{
	double worst = 0;

	for (int round = 0; round < 4; round++)
	{
		make_random(MOST_NODES, 2 + 2 * round, 0.02);
		count_worlds();
		if (counted.total == 0)
			continue;
		for (inference.whole = 0; inference.whole <= 2; inference.whole++)
		{
			heal_infer(&inference, &graph, NULL, &seen, &posteriors);
			worst = fmax(worst, worst_of(posteriors.active, counted.active,
										 graph.nodes, counted.total));
		}
	}
	inference.whole = 2;
	is_double(worst, 0, 1e-11, "split or whole, fifteen nodes are right");
}

/*
 * Many symptoms of rare causes: when all of them are active, with doubles the minus signs of split
 * families would leave nothing.
 */
static void
make_rare(void)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < 6; i++)
		add_node(1e-4);
	for (int i = 6; i < MOST_NODES; i++)
	{
		add_node(1e-9);
		for (int j = 0; j < 6; j++)
			add_edge(j, i, 1e-3 * (1 + i + j));
	}
}

static void
keeps_its_digits(void)
{
	static HealPropagation found;
	double log_total = 0, log_evidence;
	double posterior[HEAL_GRAPH_NODES];
	HealCliqueTree tree;
	HealArena arena;

	make_rare();
	for (int i = 6; i < MOST_NODES; i++)
		seen.known[i] = 1;
	count_worlds();
	log_total = log(counted.total);
	ok(heal_infer(&inference, &graph, NULL, &seen, &posteriors) ==
		   HEAL_INFER_EXACT,
	   "evidence as improbable as this is no trouble");
	is_double(posteriors.log_evidence, log_total, 1e-10,
			  "its logarithm is right");
	heal_infer_evidence(&inference, &graph, NULL, &seen, &log_evidence);
	is_double(log_evidence, log_total, 1e-10,
			  "also when nothing else is asked for");
	is_double(
		worst_of(posteriors.active, counted.active, graph.nodes, counted.total),
		0, 1e-10, "so are the posteriors");
	{
		double strength[HEAL_GRAPH_EDGES];
		signed char state[HEAL_GRAPH_NODES];
		void *memory = malloc(MEMORY);

		for (int i = 0; i < graph.edges; i++)
			strength[i] = heal_edge_strength(&graph.edge[i]);
		heal_arena_init(&arena, memory, MEMORY);
		heal_observations_settle(&graph, strength, &seen, state);
		heal_clique_tree_make(&tree, &arena, &graph, strength, state, 2, 18);
		found.posterior = posterior;
		heal_propagate(&tree, seen.likelihood, &arena, &found);
		ok(found.disagreement > 1e-9 ||
			   fabs(found.log_evidence - log_total) < 1e-10,
		   "where doubles are wrong, the cliques disagree");
		free(memory);
	}
}

/* Causes and effects in pairs, so rare that a split family leaves doubles four digits. */
static void
make_pairs(void)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < 14; i += 2)
	{
		add_node(1e-9);
		add_node(1e-13);
		add_edge(i, i + 1, 1e-3);
		seen.known[i + 1] = 1;
	}
}

/* Asked for alone it is as exact as beside the posteriors. */
static void
checks_evidence(void)
{
	double log_evidence;

	make_pairs();
	count_worlds();
	inference.whole = 0;
	heal_infer_evidence(&inference, &graph, NULL, &seen, &log_evidence);
	inference.whole = 2;
	is_double(log_evidence, log(counted.total), 1e-10,
			  "evidence that is asked for alone keeps its digits, too");
}

/* Memory for doubles is there before there is some for numbers of twice the digits. */
static void
is_exact_or_says_so(void)
{
	void *memory = malloc(MEMORY);
	double worst = 0, worst_evidence = 0;
	int exact = 0;

	make_pairs();
	count_worlds();
	for (size_t size = 4096; size < MEMORY / 64; size += 512)
	{
		HealInference narrow;
		double log_evidence;

		heal_inference_init(&narrow, memory, size);
		narrow.whole = 0;
		if (heal_infer_evidence(&narrow, &graph, NULL, &seen, &log_evidence) ==
			HEAL_INFER_EXACT)
			worst_evidence =
				fmax(worst_evidence, fabs(log_evidence - log(counted.total)));
		if (heal_infer(&narrow, &graph, NULL, &seen, &posteriors) !=
			HEAL_INFER_EXACT)
			continue;
		exact++;
		worst = fmax(worst, worst_of(posteriors.active, counted.active,
									 graph.nodes, counted.total));
	}
	ok(exact > 0, "with enough memory posteriors are exact");
	is_double(worst, 0, 1e-6, "with too little they are not said to be");
	is_double(worst_evidence, 0, 1e-6, "nor is the evidence");
	free(memory);
}

/* What digits do not suffice for is a matter of the likelihoods, and no reason to give up the graph. */
static void
forgets_lost_digits(void)
{
	void *memory = malloc(MEMORY);
	int lost = 0, exact_again = 0;

	make_pairs();
	for (size_t size = 4096; size < MEMORY / 64; size += 512)
	{
		HealInference narrow;

		heal_observations_clear(&seen);
		heal_inference_init(&narrow, memory, size);
		narrow.whole = 0;
		if (heal_infer(&narrow, &graph, NULL, &seen, &posteriors) !=
			HEAL_INFER_EXACT)
			continue;
		for (int i = 1; i < 14; i += 2)
			heal_observe_likelihood(&seen, i, 1e-300, 1);
		if (heal_infer(&narrow, &graph, NULL, &seen, &posteriors) !=
			HEAL_INFER_APPROXIMATE)
			continue;
		lost++;
		heal_observations_clear(&seen);
		exact_again += heal_infer(&narrow, &graph, NULL, &seen, &posteriors) ==
					   HEAL_INFER_EXACT;
	}
	ok(lost > 0, "with little memory some likelihoods leave no digits");
	is_int(exact_again, lost, "and after them the same graph is exact again");
	free(memory);
}

/* A family of its own has one clique, which nothing disagrees with. */
static void
keeps_its_digits_alone(void)
{
	static double edge_acted[HEAL_GRAPH_EDGES], leak_acted[HEAL_GRAPH_NODES];

	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	add_node(1e-9);
	add_node(1e-13);
	add_edge(0, 1, 1e-3);
	seen.known[1] = 1;
	count_worlds();
	is_int(heal_infer_acted(&inference, &graph, NULL, &seen, &posteriors,
							edge_acted, leak_acted),
		   HEAL_INFER_EXACT, "what hardly ever happens has a cause as well");
	is_double(posteriors.active[0], counted.active[0] / counted.total, 1e-10,
			  "as probably as counting says");
	is_double(edge_acted[0], counted.edge[0] / counted.total, 1e-10,
			  "that acted as probably");
	ok(posteriors.error >= 0x1p-53, "and no result claims to have no error");
}

static void
knows_what_is_impossible(void)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	add_node(0);
	add_node(0);
	add_edge(0, 1, 1);
	seen.known[1] = 1;
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_IMPOSSIBLE, "nothing comes of what never happens");
	ok(isinf(posteriors.log_evidence) && isnan(posteriors.active[0]),
	   "and nothing is said of it");
	heal_graph_clear(&graph);
	add_node(0.5);
	add_node(0);
	add_edge(0, 1, 1);
	seen.known[0] = 1;
	seen.known[1] = 0;
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_IMPOSSIBLE, "what always follows cannot be missing");
	seen.known[0] = HEAL_HIDDEN;
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_EXACT, "unless its cause is missing too");
	is_double(posteriors.active[0], 0, 0, "which then is certain");
	heal_observe_likelihood(&seen, 0, 0, 0.3);
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_IMPOSSIBLE, "a likelihood of zero is a certainty");
	heal_observations_clear(&seen);
	heal_observe_likelihood(&seen, 0, 0, 0);
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_IMPOSSIBLE, "what is said to be neither, is neither");
	ok(!heal_observe_likelihood(&seen, 0, (double) NAN, 0.5) &&
		   !heal_observe_likelihood(&seen, 0, 0.5, 1.5) &&
		   !heal_observe_likelihood(&seen, 0, -0.1, 0.5),
	   "likelihoods are probabilities");
}

static void
answers_the_smallest(void)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_EXACT, "an empty graph has an answer");
	is_double(posteriors.log_evidence, 0, 0, "that nothing is certain");
	add_node(0.25);
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[0], 0.25, 1e-15, "a node alone has its prior");
	heal_observe_clue(&seen, 0, &(HealClue){0.9, 0.05}, 1);
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[0], 0.225 / (0.225 + 0.0375), 1e-15,
			  "a clue that reports it makes it more probable");
	heal_observe_clue(&seen, 0, &(HealClue){0.9, 0.05}, HEAL_HIDDEN);
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[0], 0.25, 1e-15,
			  "one that is missing says nothing");
}

/* Sixty-four parents: a table over all of them would have 2^65 places. */
static void
bears_many_parents(void)
{
	double quiet = 1;

	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < HEAL_GRAPH_PARENTS; i++)
		add_node(0.01);
	add_node(0.001);
	for (int i = 0; i < HEAL_GRAPH_PARENTS; i++)
		add_edge(i, HEAL_GRAPH_PARENTS, 0.5);
	seen.known[HEAL_GRAPH_PARENTS] = 1;
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_EXACT, "a family of 65 is exact");
	quiet = 0.999 * pow(1 - 0.01 * 0.5, HEAL_GRAPH_PARENTS);
	is_double(posteriors.log_evidence, log(1 - quiet), 1e-12,
			  "and what it says is right");
	is_double(posteriors.active[0],
			  0.01 * (1 - 0.5 * quiet / 0.995) / (1 - quiet), 1e-12,
			  "also of a parent");
}

/* Every pair of two layers connected: no order is narrow. */
static void
says_when_it_is_not_exact(void)
{
	void *memory = malloc(MEMORY);
	HealInference narrow;
	double exact[HEAL_GRAPH_NODES];
	double log_evidence;

	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < 10; i++)
		add_node(0.05);
	for (int i = 10; i < 20; i++)
	{
		add_node(0.01);
		for (int j = 0; j < 10; j++)
			add_edge(j, i, 0.1 + 0.08 * ((i + j) % 10));
		heal_observe_clue(&seen, i, &(HealClue){0.9, 0.05}, i % 3 == 0);
	}
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_EXACT, "eleven wide is exact");
	memcpy(exact, posteriors.active, sizeof(exact));
	log_evidence = posteriors.log_evidence;
	heal_inference_init(&narrow, memory, MEMORY);
	narrow.limit = 8;
	is_int(heal_infer(&narrow, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_APPROXIMATE,
		   "with a limit of eight it is said not to be");
	ok(isnan(posteriors.error) && posteriors.settled,
	   "nobody knows how wrong that is");
	is_double(worst_of(posteriors.active, exact, 20, 1), 0, 0.2,
			  "though it is near");
	is_double(posteriors.log_evidence, log_evidence, 0.5, "as the evidence is");
	heal_inference_init(&narrow, memory, 100000);
	is_int(heal_infer(&narrow, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_APPROXIMATE, "too little memory is said in the same way");
	heal_inference_init(&narrow, memory, 100);
	is_int(heal_infer(&narrow, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_NO_MEMORY, "next to none as well");
	ok(heal_infer_evidence(&narrow, &graph, NULL, &seen, &log_evidence) ==
			   HEAL_INFER_NO_MEMORY &&
		   isnan(log_evidence),
	   "and evidence that was not computed is no number");
	free(memory);
}

/* On a tree the messages are exact. */
static void
approximates_trees_exactly(void)
{
	void *memory = malloc(MEMORY);
	HealInference narrow;
	double worst = 0, worst_log = 0;

	heal_inference_init(&narrow, memory, MEMORY);
	narrow.limit = 1;
	for (int round = 0; round < 20; round++)
	{
		heal_graph_clear(&graph);
		heal_observations_clear(&seen);
		for (int i = 0; i < 12; i++)
		{
			add_node(0.02 + 0.2 * draw());
			if (i > 0 && i % 3 != 0)
				add_edge((int) (draw() * i), i, draw());
			heal_observe_likelihood(&seen, i, 0.1 + 0.9 * draw(),
									0.1 + 0.9 * draw());
		}
		seen.known[11] = 1;
		count_worlds();
		if (heal_infer(&narrow, &graph, NULL, &seen, &posteriors) !=
			HEAL_INFER_APPROXIMATE)
			worst = 1;
		worst = fmax(worst, worst_of(posteriors.active, counted.active,
									 graph.nodes, counted.total));
		worst_log =
			fmax(worst_log, fabs(posteriors.log_evidence - log(counted.total)));
	}
	is_double(worst, 0, 1e-6, "messages on a tree are exact");
	is_double(worst_log, 0, 1e-6, "and so is their evidence");
	free(memory);
}

/* Five hundred nodes with three parents each: too wide for anything. */
static void
bears_large_graphs(void)
{
	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < 500; i++)
	{
		add_node(0.01);
		for (int j = 0; j < 3 && i > 0; j++)
			add_edge((int) (draw() * i), i, 0.5);
		if (i % 2 == 0)
			heal_observe_clue(&seen, i, &(HealClue){0.9, 0.05}, i % 10 == 0);
	}
	is_int(heal_infer(&inference, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_APPROXIMATE, "five hundred nodes get an answer");
	ok(posteriors.active[0] >= 0 && posteriors.active[0] <= 1 &&
		   isfinite(posteriors.log_evidence),
	   "which is a probability");
}

static int pauses;

static void
pause_once(void)
{
	pauses++;
}

/* A chain of nodes, exactly and by messages. */
static void
pauses_now_and_then(void)
{
	void *memory = malloc(MEMORY);
	HealInference paused;

	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	for (int i = 0; i < 40; i++)
	{
		add_node(0.1);
		if (i > 0)
			add_edge(i - 1, i, 0.5);
	}
	heal_inference_init(&paused, memory, MEMORY);
	paused.arena.pause = pause_once;
	pauses = 0;
	heal_infer(&paused, &graph, NULL, &seen, &posteriors);
	ok(pauses >= 3 * 39, "who waits is asked at every variable, up and down");
	paused.limit = 1;
	pauses = 0;
	is_int(heal_infer(&paused, &graph, NULL, &seen, &posteriors),
		   HEAL_INFER_APPROXIMATE, "a limit makes it messages");
	ok(pauses >= 2, "then at every round");
	free(memory);
}

/* The tree of the last question is used again, but never for another. */
static void
notices_changes(void)
{
	HealEdge edge;
	double strength[1] = {0.1};

	heal_graph_clear(&graph);
	heal_observations_clear(&seen);
	add_node(0.1);
	add_node(0);
	add_edge(0, 1, 0.5);
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[1], 0.05, 1e-15, "a graph as it is");
	heal_infer(&inference, &graph, strength, &seen, &posteriors);
	is_double(posteriors.active[1], 0.01, 1e-15, "with other strengths");
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[1], 0.05, 1e-15, "as it is again");
	edge = graph.edge[0];
	edge.probability = 1;
	heal_graph_update_edge(&graph, &edge);
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[1], 0.1, 1e-15, "with a change");
	seen.known[0] = 1;
	heal_infer(&inference, &graph, NULL, &seen, &posteriors);
	is_double(posteriors.active[1], 1, 1e-15, "with a certainty");
}

int
main(void)
{
	void *memory = malloc(MEMORY);

	heal_inference_init(&inference, memory, MEMORY);
	equals_counting();
	does_not_depend_on_how();
	keeps_its_digits();
	keeps_its_digits_alone();
	checks_evidence();
	is_exact_or_says_so();
	forgets_lost_digits();
	knows_what_is_impossible();
	answers_the_smallest();
	bears_many_parents();
	says_when_it_is_not_exact();
	approximates_trees_exactly();
	bears_large_graphs();
	pauses_now_and_then();
	notices_changes();
	free(memory);
	return done_testing();
}
