/*
 * learn_test.c
 *		Strengths are learned from incidents; counting would never get there.
 */
#include "cause/learn.h"

#include <stdlib.h>

#include "base/random.h"
#include "tap.h"

#define MEMORY ((size_t) 16 << 20)
#define INCIDENTS 3000

static HealGraph shipped, learned;
static HealClue shipped_clue[HEAL_GRAPH_NODES], learned_clue[HEAL_GRAPH_NODES];
static HealCounts counts;
static HealInference inference;
static HealIncident incident[INCIDENTS];
static uint64_t lot = 7;

static double
draw(void)
{
	return heal_random_uniform(&lot);
}

/* Two causes of one symptom, which also happens by itself. */
static void
make_graph(double leak, double first, double second)
{
	HealNode nodes[] = {{.id = "a", .leak = 0.4},
						{.id = "b", .leak = 0.4},
						{.id = "symptom", .leak = leak}};
	HealEdge edges[] = {{.from = 0, .to = 2, .probability = first},
						{.from = 1,
						 .to = 2,
						 .probability = second,
						 .type = HEAL_EDGE_CONTRIBUTING}};

	heal_graph_clear(&shipped);
	for (int i = 0; i < 3; i++)
	{
		heal_graph_add_node(&shipped, &nodes[i]);
		shipped_clue[i] = (HealClue){0.9, 0.05};
	}
	for (int i = 0; i < 2; i++)
		heal_graph_add_edge(&shipped, &edges[i]);
	learned = shipped;
	memcpy(learned_clue, shipped_clue, sizeof(learned_clue));
}

/* Truth: strengths .9 and .2, leak .1; clues report .8 of what is active and .1 of what is not. */
static void
draw_incidents(bool known)
{
	for (int i = 0; i < INCIDENTS; i++)
	{
		bool active[3];
		double quiet = 0.9;

		active[0] = draw() < 0.4;
		active[1] = draw() < 0.4;
		quiet *= active[0] ? 0.1 : 1;
		quiet *= active[1] ? 0.8 : 1;
		active[2] = draw() >= quiet;
		heal_incident_clear(&incident[i]);
		incident[i].weight = 1;
		for (int j = 0; j < 3; j++)
		{
			if (known)
				incident[i].known[j] = active[j];
			incident[i].says[j] = draw() < (active[j] ? 0.8 : 0.1);
		}
	}
}

static int
learn(int incidents, int rounds)
{
	return heal_learn(&inference, &counts, &shipped, shipped_clue, incident,
					  incidents, rounds, &learned, learned_clue);
}

static void
learns_the_truth(void)
{
	int both = 0, first = 0;

	make_graph(0.3, 0.5, 0.5);
	draw_incidents(true);
	for (int i = 0; i < INCIDENTS; i++)
	{
		first += incident[i].known[1];
		both += incident[i].known[1] && incident[i].known[2];
	}
	ok((double) both / first > 0.4,
	   "counting takes what others did for the edge's own");
	ok(learn(INCIDENTS, 200) < 200, "learning comes to rest");
	is_double(heal_edge_strength(&learned.edge[0]), 0.9, 0.04,
			  "a strong edge is found");
	is_double(heal_edge_strength(&learned.edge[1]), 0.2, 0.05,
			  "and a weak one, from the same incidents");
	is_double(learned.node[2].leak, 0.1, 0.03, "and what happens by itself");
	is_double(learned_clue[2].hit, 0.8, 0.03, "what a clue reports");
	is_double(learned_clue[2].false_alarm, 0.1, 0.03, "and what it imagines");
	is_double(learned.edge[0].observed, 0.9 * 0.4 * INCIDENTS, 0.05 * INCIDENTS,
			  "how often the edge acted is counted");
	ok(learned.version != shipped.version, "the graph is another one");
	is_int(counts.skipped, 0, "no incident was left out");
}

static void
learns_from_clues(void)
{
	make_graph(0.1, 0.7, 0.4);
	for (int i = 0; i < 3; i++)
		shipped_clue[i] = learned_clue[i] = (HealClue){0.8, 0.1};
	draw_incidents(false);
	learn(INCIDENTS, 60);
	ok(fabs(heal_edge_strength(&learned.edge[0]) - 0.9) < 0.15 &&
		   fabs(heal_edge_strength(&learned.edge[1]) - 0.2) < 0.15,
	   "clues that err are enough, if there are many");
}

static void
keeps_what_was_shipped(void)
{
	make_graph(0.3, 0.5, 0.5);
	learn(0, 5);
	is_double(heal_edge_strength(&learned.edge[0]), 0.5, 1e-12,
			  "without incidents nothing changes");
	make_graph(0.3, 0.5, 0.5);
	heal_incident_clear(&incident[0]);
	incident[0].weight = 1;
	incident[0].known[0] = 1;
	incident[0].known[1] = 0;
	incident[0].known[2] = 0;
	learn(1, 5);
	is_double(heal_edge_strength(&learned.edge[0]), 6 * 0.5 / 7, 1e-9,
			  "one incident weighs a sixth of what was shipped");
	is_double(learned.edge[1].probability, 0.5, 1e-9,
			  "and says nothing of other edges");
	make_graph(0.3, 0.5, 0.5);
	incident[0].weight = HEAL_UNCONFIRMED_WEIGHT;
	learn(1, 5);
	is_double(heal_edge_strength(&learned.edge[0]), 6 * 0.5 / 6.3, 1e-9,
			  "unconfirmed it weighs less");
}

/* Incidents that are ones because the symptom is there say nothing of how often it comes of its causes. */
static void
knows_why_there_is_an_incident(void)
{
	make_graph(0.3, 0.5, 0.5);
	for (int i = 0; i < 10; i++)
	{
		heal_incident_clear(&incident[i]);
		incident[i].weight = 1;
		incident[i].symptom = 2;
		incident[i].known[0] = 1;
		incident[i].known[1] = 0;
		incident[i].known[2] = 1;
	}
	learn(10, 20);
	is_double(heal_edge_strength(&learned.edge[0]), 0.5, 1e-9,
			  "an edge to the symptom stays");
	is_double(learned.node[2].leak, 0.3, 1e-9, "and how it comes by itself");
	ok(learned.node[0].leak > 0.6 && learned.node[1].leak < 0.2,
	   "what is learned is which cause it was");
}

static void
bears_the_impossible(void)
{
	make_graph(0, 1, 0.5);
	heal_incident_clear(&incident[0]);
	incident[0].known[0] = 1;
	incident[0].known[2] = 0;
	learn(1, 1);
	is_int(counts.skipped, 1, "an incident that cannot be is left out");
	is_int(counts.counted, 0, "and does not count");
	is_double(heal_edge_strength(&learned.edge[0]), 1, 1e-12,
			  "and nothing is learned from it");
	ok(learned.node[2].leak == 0, "what never happens by itself stays so");
}

int
main(void)
{
	void *memory = malloc(MEMORY);

	heal_inference_init(&inference, memory, MEMORY);
	learns_the_truth();
	learns_from_clues();
	keeps_what_was_shipped();
	knows_why_there_is_an_incident();
	bears_the_impossible();
	free(memory);
	return done_testing();
}
