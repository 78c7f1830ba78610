/*
 * evidence_test.c
 *		Facts about the server are seen at the right nodes of the causal graph, as users changed it; what is missing is not seen.
 */
#include "cause/evidence.h"

#include <math.h>
#include <string.h>

#include "cause/answer.h"
#include "tap.h"

static HealCausalModel model;
static HealFacts facts;
static HealObservations observations;
static HealSeen seen[HEAL_GRAPH_NODES];
static char text[256];

static int
node(const char *id)
{
	return heal_graph_find(&model.graph, id);
}

static int
says(const char *id)
{
	return seen[node(id)].says;
}

static void
gather(void)
{
	heal_evidence_gather(&model, &facts, &observations, seen);
}

static void
begin(void)
{
	heal_model_default(&model);
	heal_facts_clear(&facts);
}

static void
is_text(const HealSignal *by, const char *expected, const char *name)
{
	heal_evidence_text(&facts, by, text, sizeof(text));
	is_string(text, expected, name);
}

static void
what_is_missing_is_not_seen(void)
{
	int visible = 0;

	begin();
	gather();
	for (int i = 0; i < model.graph.nodes; i++)
		visible += seen[i].says != HEAL_HIDDEN ||
				   observations.likelihood[i][0] != 1 ||
				   observations.likelihood[i][1] != 1;
	is_int(visible, 0, "no facts, nothing seen");
}

static void
metrics_are_seen_by_their_direction(void)
{
	begin();
	facts.metric[HEAL_METRIC_COMMITS] = (HealFact){
		.says = 1, .low = true, .since = 500, .value = 3, .usual = 812.4};
	gather();
	is_int(says("throughput_drop"), 1, "few commits: less throughput");
	is_int(says("traffic_spike"), 0, "and no spike of traffic");
	ok(seen[node("throughput_drop")].since == 500, "since then");
	is_text(&seen[node("throughput_drop")].by, "commits is 3, usually 812",
			"in words");
	facts.metric[HEAL_METRIC_COMMITS].low = false;
	gather();
	is_int(says("throughput_drop"), 0, "many commits are no drop");
	is_int(says("traffic_spike"), 1, "but a spike");
	facts.metric[HEAL_METRIC_COMMITS].says = 0;
	facts.metric[HEAL_METRIC_STATEMENTS] = (HealFact){.says = 1};
	gather();
	is_int(says("traffic_spike"), 1, "one signal of several is enough");
	is_int(seen[node("traffic_spike")].by.which, HEAL_METRIC_STATEMENTS,
		   "and it is that one");
	is_double(observations.likelihood[node("traffic_spike")][0], 0.05, 0,
			  "it may be a false alarm");
	is_double(observations.likelihood[node("throughput_drop")][1], 0.1, 1e-12,
			  "what is not reported may be there all the same");
}

static void
proofs_speak_for_symptom_and_cause(void)
{
	begin();
	facts.failure[HEAL_LOCK_PILEUP_IDLE] = (HealFact){.says = 1, .since = 7};
	facts.metric[HEAL_METRIC_LONGEST_IDLE_IN_TRANSACTION] =
		(HealFact){.says = 1, .since = 3};
	facts.metric[HEAL_METRIC_SESSIONS_IDLE_IN_TRANSACTION] =
		(HealFact){.says = 0};
	gather();
	is_int(says("idle_in_transaction"), 1, "the cause that a proof names");
	is_int(seen[node("idle_in_transaction")].by.kind, HEAL_SIGNAL_FAILURE,
		   "is seen by the proof rather than by a metric");
	ok(seen[node("idle_in_transaction")].since == 3,
	   "since the first of the two");
	is_text(&seen[node("idle_in_transaction")].by,
			"proven: lock pile-up behind an idle transaction", "in words");
	facts.failure[HEAL_LOCK_PILEUP_IDLE] = (HealFact){.says = 0};
	facts.metric[HEAL_METRIC_LONGEST_IDLE_IN_TRANSACTION].says = HEAL_HIDDEN;
	facts.metric[HEAL_METRIC_SESSIONS_IDLE_IN_TRANSACTION].says = HEAL_HIDDEN;
	gather();
	is_int(says("idle_in_transaction"), HEAL_HIDDEN,
		   "without that failure its cause may be there all the same");
}

static void
all_kinds_are_told(void)
{
	begin();
	facts.finding[HEAL_SCAN_SEQUENTIAL_SCANS] = (HealFact){.says = 1};
	facts.prediction[HEAL_BOUNDED_CONNECTIONS] = (HealFact){.says = 1};
	facts.event[HEAL_CAUSE_SETTING_CHANGED] = (HealFact){.says = 1};
	gather();
	ok(says("missing_index") == 1 && says("max_connections_low") == 1 &&
		   says("config_change") == 1,
	   "a finding, a prediction and an event are seen");
	for (int i = 0; i < model.graph.nodes; i++)
		for (int j = 0; j < HEAL_NODE_SIGNALS; j++)
		{
			const HealSignal *by = &model.signs[i].signal[j];

			heal_evidence_text(&facts, by, text, sizeof(text));
			if (by->kind != HEAL_SIGNAL_NONE && text[0] == '\0')
				ok(false, model.graph.node[i].id);
		}
	ok(true, "every signal has words");
}

static void
users_choose_signals(void)
{
	HealNodeChange queue = {
		.node = {.id = "queue_stuck", .name = "Queue stuck", .leak = 0.02},
		.metric = "sessions_active",
		.low = true};
	HealEdgeChange edge = {.from = "queue_stuck",
						   .to = "query_latency_high",
						   .probability = 0.8,
						   .lag = 10};

	begin();
	is_int(heal_model_change_edge(&model, &edge), HEAL_GRAPH_NODE_UNKNOWN,
		   "an edge needs its ends");
	is_int(heal_model_change_node(&model, &queue), HEAL_GRAPH_OK,
		   "a node of a user");
	is_int(heal_model_change_edge(&model, &edge), HEAL_GRAPH_OK,
		   "then the edge");
	facts.metric[HEAL_METRIC_SESSIONS_ACTIVE] =
		(HealFact){.says = 1, .low = true};
	gather();
	is_int(says("queue_stuck"), 1, "is seen by the metric it names");
	is_int(says("backends_piling_up"), 0, "which others read in their way");
	strcpy(queue.metric, "gone");
	heal_model_change_node(&model, &queue);
	gather();
	is_int(says("queue_stuck"), HEAL_HIDDEN,
		   "a metric that is gone is missing");
	is_int(model.graph.edges, 162, "changing a node keeps its edges");
	edge.probability = 0.3;
	heal_model_change_edge(&model, &edge);
	is_double(model.graph
				  .edge[heal_graph_find_edge(&model.graph, node("queue_stuck"),
											 node("query_latency_high"))]
				  .probability,
			  0.3, 0, "an edge is changed in place");
}

static void
signals_follow_their_nodes(void)
{
	HealNodeChange change = {.removed = true, .node = {.id = "traffic_spike"}};
	HealEdgeChange edge = {
		.from = "disk_slow", .to = "io_saturated", .removed = true};
	HealGraph *graph = &model.graph;
	int edges;

	begin();
	edges = graph->edges;
	is_int(heal_model_change_node(&model, &change), HEAL_GRAPH_OK,
		   "a shipped node is taken out");
	is_int(graph->edges, edges - 6, "with its edges");
	is_int(heal_model_change_node(&model, &change), HEAL_GRAPH_OK,
		   "taking it out again is no error");
	is_int(heal_model_change_edge(&model, &edge), HEAL_GRAPH_OK,
		   "nor is taking out an edge");
	is_int(heal_model_change_edge(&model, &edge), HEAL_GRAPH_OK, "twice");
	is_int(graph->edges, edges - 7, "it is gone");
	facts.event[HEAL_CAUSE_CRASHED] = (HealFact){.says = 1};
	gather();
	is_int(says("crash_restart"), 1, "the others keep their signals");
}

static void
directions(void)
{
	is_int(heal_fact_direction(10, 2, 1, 0), 1, "eight spreads above");
	is_int(heal_fact_direction(5, 2, 1, 0), 0, "three are not far");
	is_int(heal_fact_direction(-4, 2, 1, 0), -1, "six below");
	is_int(heal_fact_direction(104, 100, 0, 1), 0,
		   "of what is usually 100, four are no difference");
	is_int(heal_fact_direction(1, 0, 0, 1), 0, "nor one of a constant 0");
	is_int(heal_fact_direction(2, 0, 0, 1), 1, "but two");
	is_int(heal_fact_direction(NAN, 0, 0, 1), 0, "nothing is not away");
}

static void
onsets(void)
{
	double began_at[HEAL_GRAPH_NODES];

	begin();
	facts.event[HEAL_CAUSE_CRASHED] =
		(HealFact){.says = 1, .since = 100 * HEAL_SECOND};
	facts.metric[HEAL_METRIC_CPU_USED] =
		(HealFact){.says = 0, .since = 90 * HEAL_SECOND};
	gather();
	heal_evidence_onsets(&model, seen, 160 * HEAL_SECOND, began_at);
	is_double(began_at[node("crash_restart")], -60, 0, "a minute ago");
	ok(isnan(began_at[node("cpu_saturated")]), "what is not so has not begun");
}

static HealAnswerer answerer;
static HealCauseAnswer answer;

/* Nobody stands still at the head of a queue, as far as is known. */
static void
queue_up(void)
{
	begin();
	facts.metric[HEAL_METRIC_LOCK_DEPTH] = (HealFact){.says = 1, .since = 5};
	for (int i = 0; i < HEAL_FAILURE_KINDS; i++)
		facts.failure[i].says = 0;
}

static void
queues_with_nobody_at_the_head_are_for_hot_rows(void)
{
	queue_up();
	heal_facts_conclude(&facts);
	gather();
	is_int(says("hot_row_contention"), 1, "a queue that moves is for hot rows");
	ok(seen[node("hot_row_contention")].since == 5, "since it is there");
	is_text(&seen[node("hot_row_contention")].by,
			"sessions queue for locks that change hands all the time",
			"in words");
	facts.failure[HEAL_LOCK_PILEUP_PREPARED].says = HEAL_HIDDEN;
	heal_facts_conclude(&facts);
	gather();
	is_int(says("hot_row_contention"), HEAL_HIDDEN,
		   "while somebody is suspected at its head nobody knows");
	facts.failure[HEAL_DDL_QUEUE].says = 1;
	heal_facts_conclude(&facts);
	gather();
	is_int(says("hot_row_contention"), 0,
		   "behind one that is proven it is not");
	queue_up();
	facts.metric[HEAL_METRIC_LOCK_DEPTH].low = true;
	heal_facts_conclude(&facts);
	is_int(facts.event[HEAL_CAUSE_HOT_ROWS].says, 0, "nor without a queue");
	heal_facts_clear(&facts);
	heal_facts_conclude(&facts);
	is_int(facts.event[HEAL_CAUSE_HOT_ROWS].says, HEAL_HIDDEN,
		   "of what was not measured nothing follows");
}

static void
a_proof_is_its_own_explanation(void)
{
	static char memory[(size_t) 16 << 20];

	begin();
	facts.failure[HEAL_LOCK_PILEUP_IDLE] = (HealFact){.says = 1};
	gather();
	heal_answerer_init(&answerer, memory, sizeof(memory));
	heal_answer_cause(&answerer, &model.graph, NULL, &observations,
					  node("lock_waits"), &heal_answer_defaults, &answer);
	is_int(answer.verdict, HEAL_CAUSE_FOUND,
		   "with nothing but the proof the cause is found");
	is_string(model.graph.node[answer.candidate[0].node].id,
			  "idle_in_transaction", "which it names");
}

/* Autovacuum is off, nobody has proven that it was switched off lately, and a table fills up with dead rows. */
static void
a_state_is_no_guess(void)
{
	static char memory[(size_t) 16 << 20];

	begin();
	for (int i = 0; i < HEAL_FAILURE_KINDS; i++)
		facts.failure[i].says = 0;
	facts.failure[HEAL_OVERDUE_VACUUM].says = 1;
	facts.event[HEAL_CAUSE_AUTOVACUUM_OFF].says = 1;
	gather();
	heal_answerer_init(&answerer, memory, sizeof(memory));
	heal_answer_cause(&answerer, &model.graph, NULL, &observations,
					  node("table_bloat"), &heal_answer_defaults, &answer);
	is_int(answer.verdict, HEAL_CAUSE_FOUND, "it is the cause");
	is_string(model.graph.node[answer.candidate[0].node].id, "autovacuum_off",
			  "that autovacuum is off");
	is_text(&seen[node("autovacuum_off")].by, "autovacuum is switched off",
			"as the server says");
}

static void
certain_is_not_more_than_certain(void)
{
	static char memory[(size_t) 16 << 20];
	static const double leaks[] = {0.08, 0.09, 0.1, 0.2};
	int orphan;

	begin();
	orphan = node("orphan_prepared_xact");
	gather();
	heal_answerer_init(&answerer, memory, sizeof(memory));
	for (int i = 0; i < 4; i++)
	{
		model.graph.node[orphan].leak = leaks[i];
		model.graph.version++;
		heal_answer_cause(&answerer, &model.graph, NULL, &observations, orphan,
						  &heal_answer_defaults, &answer);
		ok(answer.candidate[0].confidence <= 1 &&
			   answer.candidate[0].confidence > 0.999,
		   "a symptom without causes is its own, for certain");
	}
}

/* What was learned changes the numbers of the graph, and how far the first signs of a node are believed. */
static void
takes_what_was_learned(void)
{
	HealLearned learned = {.kind = HEAL_LEARNED_PROBABILITY,
						   .before = 0.45,
						   .value = 0.25,
						   .observed = 7};
	const HealNodeSigns *signs;
	int edge;

	begin();
	strcpy(learned.node, "idle_in_transaction");
	strcpy(learned.to_node, "lock_waits");
	ok(heal_model_take_learned(&model, &learned), "a probability is taken");
	edge = heal_graph_find_edge(&model.graph, node("idle_in_transaction"),
								node("lock_waits"));
	ok(model.graph.edge[edge].probability == 0.25 &&
		   model.graph.edge[edge].observed == 7,
	   "with how often it acted");
	learned = (HealLearned){
		.kind = HEAL_LEARNED_LEAK, .before = 0.06, .value = 0.125};
	strcpy(learned.node, "idle_in_transaction");
	ok(heal_model_take_learned(&model, &learned) &&
		   model.graph.node[node("idle_in_transaction")].leak == 0.125,
	   "so is a leak");
	signs = &model.signs[node("idle_in_transaction")];
	ok(!heal_model_take_learned(&model, &learned),
	   "what is not as it was learned from stays as it is");
	learned.kind = HEAL_LEARNED_FALSE_ALARM;
	learned.before = 0.05;
	ok(heal_model_take_learned(&model, &learned) &&
		   heal_node_clue(signs, HEAL_SIGNAL_HIGH)->false_alarm == 0.125 &&
		   heal_node_clue(signs, HEAL_SIGNAL_HIGH)->hit ==
			   heal_signal_clue(HEAL_SIGNAL_HIGH)->hit,
	   "and a rate, the other one stays");
	ok(heal_node_clue(signs, HEAL_SIGNAL_FAILURE) ==
		   heal_signal_clue(HEAL_SIGNAL_FAILURE),
	   "a proof is believed as before");
	learned.value = NAN;
	ok(!heal_model_take_learned(&model, &learned),
	   "what is no number is refused");
	learned.value = 0.5;
	strcpy(learned.node, "nobody");
	ok(!heal_model_take_learned(&model, &learned), "and what is gone");
	for (int kind = 0; kind < HEAL_LEARNED_KINDS; kind++)
		is_int(heal_learned_kind_lookup(
				   heal_learned_kind_name((HealLearnedKind) kind)),
			   kind, "each kind has its name");
	is_int(heal_learned_kind_lookup("luck"), -1, "and no other is known");
}

int
main(void)
{
	what_is_missing_is_not_seen();
	metrics_are_seen_by_their_direction();
	proofs_speak_for_symptom_and_cause();
	all_kinds_are_told();
	users_choose_signals();
	signals_follow_their_nodes();
	directions();
	onsets();
	queues_with_nobody_at_the_head_are_for_hot_rows();
	a_proof_is_its_own_explanation();
	a_state_is_no_guess();
	certain_is_not_more_than_certain();
	takes_what_was_learned();
	return done_testing();
}
