/*
 * answer_test.c
 *		A symptom gets its cause, the way there, and "unknown" where nothing explains it.
 */
#include "cause/answer.h"

#include <stdlib.h>

#include "cause/default_graph.h"
#include "tap.h"

#define MEMORY ((size_t) 64 << 20)

static HealGraph graph;
static HealObservations seen;
static HealAnswerer answerer;
static HealCauseAnswer answer;
static const HealClue clue = {0.9, 0.05};

static int
node(const char *id)
{
	return heal_graph_find(&graph, id);
}

static void
ask(const char *symptom, const HealAnswerLimits *limits)
{
	heal_answer_cause(&answerer, &graph, NULL, &seen, node(symptom),
					  limits != NULL ? limits : &heal_answer_defaults, &answer);
}

static const char *
first(void)
{
	return answer.candidates > 0 ? graph.node[answer.candidate[0].node].id
								 : "nothing";
}

/* All detectors are there and report these nodes, up to a NULL, and no others. */
static void
report(const char *const *ids)
{
	heal_observations_clear(&seen);
	for (int i = 0; i < graph.nodes; i++)
		heal_observe_clue(&seen, i, &clue, 0);
	for (; *ids != NULL; ids++)
		heal_observe_clue(&seen, node(*ids), &clue, 1);
}

static void
finds_a_cause(void)
{
	const char *const reported[] = {"idle_in_transaction", "lock_waits",
									"query_latency_high", NULL};
	HealCausePath *path = &answer.candidate[0].path;

	heal_default_graph(&graph);
	report(reported);
	ask("query_latency_high", NULL);
	is_int(answer.verdict, HEAL_CAUSE_FOUND, "slow queries are explained");
	is_string(first(), "idle_in_transaction",
			  "by a session idle in transaction");
	ok(path->edges == 2 && path->node[1] == node("lock_waits") &&
		   !path->doubtful,
	   "that others wait for");
	is_double(path->strength, 0.45 * 0.75, 1e-12,
			  "the strength of the path is the product of its edges'");
	is_double(path->lag, 40, 0, "its lag their sum");
	ok(answer.set_size == 1 && answer.set[0] == answer.candidate[0].node,
	   "by it alone");
	ok(answer.set_probability > 0.5 &&
		   answer.set_probability <= answer.candidate[0].confidence + 1e-9,
	   "and alone is less probable than at all");
	ok(answer.unexplained < 0.1, "hardly by anything else");
	ok(answer.candidate[0].confidence > answer.candidate[1].confidence,
	   "others come after it");
}

static void
finds_two_causes(void)
{
	const char *const reported[] = {
		"idle_in_transaction", "lock_waits",	   "query_latency_high",
		"archive_failing",	   "wal_accumulation", "data_loss_risk",
		"disk_space_low",	   "xmin_held",		   "disk_slow",
		"io_saturated",		   "wal_write_slow",   NULL};

	heal_default_graph(&graph);
	report(reported);
	ask("query_latency_high", NULL);
	is_int(answer.set_size, 2, "two causes at once are a set of two");
	ok((answer.set[0] == node("idle_in_transaction") &&
		answer.set[1] == node("disk_slow")) ||
		   (answer.set[1] == node("idle_in_transaction") &&
			answer.set[0] == node("disk_slow")),
	   "of those that lead to the symptom");
	ask("disk_space_low", NULL);
	is_string(first(), "archive_failing",
			  "and another symptom has another cause");
}

/* Where little is looked at, the most frequent cause is likely, and that is all that speaks for it. */
static void
names_no_unseen_suspect(void)
{
	heal_observations_clear(&seen);
	seen.known[node("deadlocks")] = 1;
	seen.known[node("lock_order")] = 0;
	ask("deadlocks", NULL);
	ok(answer.candidate[0].confidence > 0.2 &&
		   answer.candidate[0].confidence < 0.7,
	   "one is more probable than others");
	is_int(answer.verdict, HEAL_CAUSE_UNKNOWN,
		   "but is not named while nothing is seen of it");
	heal_observe_likelihood(&seen, node(first()), 0.8, 0.9);
	ask("deadlocks", NULL);
	ok(answer.candidate[0].confidence < 0.7,
	   "seen a little it is still likely");
	is_int(answer.verdict, HEAL_CAUSE_UNSURE, "and is named");
}

/* A setting was changed, and commits wait: the one hardly leads to the other. */
static void
names_no_bystander(void)
{
	heal_default_graph(&graph);
	heal_observations_clear(&seen);
	seen.known[node("replica_down")] = 0;
	seen.known[node("network_fault")] = 0;
	heal_observe_likelihood(&seen, node("config_change"), 0.02, 0.9);
	ask("sync_commit_stall", NULL);
	is_string(first(), "config_change", "the most probable is what is seen");
	ok(answer.candidate[0].confidence > 0.2 &&
		   answer.candidate[0].confidence < 0.7,
	   "and it is likely that it is there");
	is_int(answer.verdict, HEAL_CAUSE_UNKNOWN,
		   "but not that it has to do with the symptom");
}

/* The same incident in a graph that does not know its cause. */
static void
does_not_know_everything(void)
{
	const char *const reported[] = {"lock_waits", "query_latency_high", NULL};

	heal_default_graph(&graph);
	heal_graph_remove_node(&graph, node("idle_in_transaction"));
	report(reported);
	ask("lock_waits", NULL);
	is_int(answer.verdict, HEAL_CAUSE_UNKNOWN,
		   "without its cause in the graph an incident has none");
	ok(answer.unexplained > 0.3, "and is said to be unexplained");
	heal_observations_clear(&seen);
	ask("query_latency_high", NULL);
	is_int(answer.verdict, HEAL_CAUSE_UNKNOWN,
		   "nor is one named when nothing is seen at all");
	names_no_unseen_suspect();
	seen.known[node("query_latency_high")] = 0;
	ask("query_latency_high", NULL);
	ok(answer.verdict == HEAL_CAUSE_UNKNOWN && answer.candidates == 0,
	   "what is known not to be there has no cause");
	is_int(answer.status, HEAL_INFER_IMPOSSIBLE,
		   "and cannot be asked for at all");
}

/* The graph in which some causes are ruled out is another one, and may be too wide where the first is not. */
static void
fails_as_a_whole(void)
{
	const char *const reported[] = {"idle_in_transaction", "lock_waits",
									"query_latency_high", NULL};
	int limit = answerer.other.limit;

	heal_default_graph(&graph);
	report(reported);
	answerer.other.limit = 1;
	ask("query_latency_high", NULL);
	answerer.other.limit = limit;
	is_int(answer.verdict, HEAL_CAUSE_UNKNOWN,
		   "what cannot be computed is not held to be improbable");
	is_int(answer.status, HEAL_INFER_NO_MEMORY, "the answer says so");
	ok(answer.candidates == 0 && answer.set_size == 0 &&
		   answer.unexplained == 1,
	   "and nothing else");
	ask("query_latency_high", NULL);
	is_int(answer.verdict, HEAL_CAUSE_FOUND, "until it can be computed again");
}

static void
limits_what_is_told(void)
{
	const char *const reported[] = {"idle_in_transaction", "lock_waits",
									"query_latency_high", NULL};
	HealAnswerLimits limits = heal_answer_defaults;
	double confidence;

	heal_default_graph(&graph);
	report(reported);
	ask("query_latency_high", NULL);
	confidence = answer.candidate[0].confidence;
	limits.multi_hop = false;
	ask("query_latency_high", &limits);
	is_int(answer.candidate[0].path.edges, -1,
		   "without hops there is no path over another node");
	is_double(answer.candidate[0].confidence, confidence, 1e-12,
			  "but the cause is as probable as before");
	limits = heal_answer_defaults;
	limits.min_edge_probability = 0.8;
	ask("query_latency_high", &limits);
	is_int(answer.candidate[0].path.edges, -1, "nor one over weak edges");
	limits = heal_answer_defaults;
	limits.max_path_depth = 1000;
	ask("query_latency_high", &limits);
	is_int(answer.candidate[0].path.edges, 2, "a limit too high is none");
	limits.min_confidence = 1;
	ask("query_latency_high", &limits);
	is_int(answer.verdict, HEAL_CAUSE_UNSURE,
		   "who wants certainty is told that there is none");
}

/* The first example of the seeds. Nothing is seen but the symptom, so it rests on the leaks alone. */
static void
answers_the_guide(void)
{
	HealNode nodes[] = {
		{.id = "disk_full", .type = HEAL_NODE_RESOURCE, .leak = 0.05},
		{.id = "write_failure", .leak = 0.01},
		{.id = "query_timeout", .leak = 0.01},
	};
	HealEdge edges[] = {
		{.from = 0, .to = 1, .probability = 0.95},
		{.from = 1,
		 .to = 2,
		 .probability = 0.85,
		 .type = HEAL_EDGE_CONTRIBUTING},
	};
	/* P(write failure), and given the disk is full; then P(timeout) likewise */
	double failure_if = 1 - 0.99 * 0.05;
	double timeout_if = 1 - 0.99 * (1 - 0.68 * failure_if);
	double timeout_not = 1 - 0.99 * (1 - 0.68 * 0.01);

	heal_graph_clear(&graph);
	for (int i = 0; i < 3; i++)
		heal_graph_add_node(&graph, &nodes[i]);
	for (int i = 0; i < 2; i++)
		heal_graph_add_edge(&graph, &edges[i]);
	heal_observations_clear(&seen);
	ask("query_timeout", NULL);
	is_string(first(), "disk_full", "timeouts come from a full disk");
	is_double(answer.candidate[0].confidence,
			  0.05 * timeout_if / (0.05 * timeout_if + 0.95 * timeout_not),
			  1e-12, "as probably as Bayes says");
	is_double(answer.candidate[0].path.strength, 0.95 * 0.68, 1e-12,
			  "over a path of 0.646");
	is_double(answer.unexplained, 1 - answer.candidate[0].confidence, 1e-12,
			  "or from nothing that is known");
	is_double(answer.set_probability,
			  fmax(answer.unexplained, answer.candidate[0].confidence), 1e-12,
			  "there are no other combinations");
}

/* A cause that has causes itself, and is known to be active, began there or further up. */
static void
finds_where_it_began(void)
{
	const char *const reported[] = {"config_change", "planner_switch_off",
									"plan_regression", NULL};

	heal_default_graph(&graph);
	report(reported);
	ask("plan_regression", NULL);
	is_string(first(), "config_change",
			  "a switch that a change has set began with the change");
	heal_observe_clue(&seen, node("config_change"), &clue, 0);
	ask("plan_regression", NULL);
	is_string(first(), "planner_switch_off",
			  "without a change it began with the switch");
}

static void
foresees_cascades(void)
{
	HealConsequence consequence[HEAL_GRAPH_NODES];
	int count, none, latency = -1;
	bool falls = true;

	heal_default_graph(&graph);
	heal_observations_clear(&seen);
	is_int(heal_answer_cascade(&answerer, &graph, &seen, node("disk_slow"), 0,
							   consequence, &count),
		   HEAL_INFER_EXACT, "what follows is computed exactly");
	ok(count > 5 && count < graph.nodes, "a slow disk has consequences");
	for (int i = 0; i < count; i++)
	{
		falls = falls && (i == 0 || consequence[i].probability <=
										consequence[i - 1].probability);
		if (consequence[i].node == node("query_latency_high"))
			latency = i;
	}
	ok(falls, "the most probable first");
	ok(latency >= 0 && consequence[latency].probability > 0.8,
	   "slow queries are very probable");
	is_double(consequence[latency].lag, 10, 0, "within ten seconds");
	is_int(heal_answer_cascade(&answerer, &graph, &seen,
							   node("throughput_drop"), 0, consequence, &none),
		   HEAL_INFER_EXACT, "so is what follows from what leads nowhere");
	is_int(none, 0, "which is nothing");
	seen.known[node("disk_slow")] = 0;
	is_int(heal_answer_cascade(&answerer, &graph, &seen, node("disk_slow"), 0,
							   consequence, &none),
		   HEAL_INFER_IMPOSSIBLE, "what is known not to be, cannot be assumed");
}

/* Probability of slow queries, of a disk that has been slow for so long. */
static double
latency_after(double active_for)
{
	HealConsequence consequence[HEAL_GRAPH_NODES];
	int count;

	(void) heal_answer_cascade(&answerer, &graph, &seen, node("disk_slow"),
							   active_for, consequence, &count);
	for (int i = 0; i < count; i++)
		if (consequence[i].node == node("query_latency_high"))
			return consequence[i].probability;
	return (double) NAN;
}

static void
gives_effects_time(void)
{
	double unseen;

	heal_default_graph(&graph);
	heal_observations_clear(&seen);
	unseen = latency_after(0);
	heal_observe_clue(&seen, node("query_latency_high"), &clue, 0);
	is_double(latency_after(0), unseen, 1e-9,
			  "that an effect has not come yet says nothing");
	is_double(latency_after(19), unseen, 1e-9, "until it has had time to");
	ok(latency_after(21) < unseen - 0.1, "then it does");
	heal_observe_clue(&seen, node("query_latency_high"), &clue, 1);
	heal_observe_clue(&seen, node("query_latency_high"), &clue, 1);
	ok(latency_after(0) > unseen, "that it is there counts at once");
	heal_observations_clear(&seen);
	seen.known[node("query_latency_high")] = 0;
	is_double(latency_after(0), 0, 0, "and what is known stays known");
}

static void
minds_the_order(void)
{
	double began[HEAL_GRAPH_NODES], strength[HEAL_GRAPH_EDGES];
	int edge;

	heal_default_graph(&graph);
	for (int i = 0; i < graph.nodes; i++)
		began[i] = (double) NAN;
	edge =
		heal_graph_find_edge(&graph, node("disk_slow"), node("io_saturated"));
	began[node("disk_slow")] = 100;
	began[node("io_saturated")] = 98;
	heal_order_strengths(&graph, began, 5, strength);
	is_double(strength[edge], 0.8, 1e-12,
			  "an effect as early as its cause may be one");
	heal_order_strengths(&graph, began, 1, strength);
	is_double(strength[edge], 0.24, 1e-12, "one that came before hardly is");
	began[node("io_saturated")] = (double) NAN;
	heal_order_strengths(&graph, began, 1, strength);
	is_double(strength[edge], 0.8, 1e-12, "what is not known changes nothing");
}

int
main(void)
{
	void *memory = malloc(MEMORY);

	heal_answerer_init(&answerer, memory, MEMORY);
	finds_a_cause();
	finds_two_causes();
	does_not_know_everything();
	names_no_bystander();
	fails_as_a_whole();
	limits_what_is_told();
	answers_the_guide();
	finds_where_it_began();
	foresees_cascades();
	gives_effects_time();
	minds_the_order();
	free(memory);
	return done_testing();
}
