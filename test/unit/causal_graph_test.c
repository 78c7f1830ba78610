/*
 * causal_graph_test.c
 *		A causal graph refuses what is wrong, and stays as it was.
 */
#include "cause/graph.h"

#include "tap.h"

static HealGraph graph;

static HealNode
node_of(const char *id, double leak)
{
	HealNode node = {.leak = leak, .type = HEAL_NODE_RESOURCE};

	snprintf(node.id, sizeof(node.id), "%s", id);
	return node;
}

static HealGraphError
add_node(const char *id, double leak)
{
	HealNode node = node_of(id, leak);

	return heal_graph_add_node(&graph, &node);
}

static HealGraphError
add_edge(int from, int to, double probability)
{
	HealEdge edge = {.from = from, .to = to, .probability = probability};

	return heal_graph_add_edge(&graph, &edge);
}

static void
chain(int nodes)
{
	char id[16];

	heal_graph_clear(&graph);
	for (int i = 0; i < nodes; i++)
	{
		snprintf(id, sizeof(id), "n%d", i);
		add_node(id, 0.1);
		if (i > 0)
			add_edge(i - 1, i, 0.5);
	}
}

static void
refuses_wrong_nodes(void)
{
	HealNode node;
	uint64_t version;

	heal_graph_clear(&graph);
	is_int(add_node("a", 0.5), HEAL_GRAPH_OK, "a node is added");
	version = graph.version;
	is_int(add_node("a", 0.5), HEAL_GRAPH_NODE_EXISTS, "but only once");
	is_int(add_node("", 0.5), HEAL_GRAPH_NO_ID, "one without an id is not");
	is_int(add_node("b", -0.1), HEAL_GRAPH_NO_PROBABILITY,
		   "nor a leak below 0");
	is_int(add_node("b", 1.1), HEAL_GRAPH_NO_PROBABILITY, "nor one above 1");
	is_int(add_node("b", (double) NAN), HEAL_GRAPH_NO_PROBABILITY,
		   "nor one that is not a number");
	node = node_of("b", 0.5);
	memset(node.id, 'x', sizeof(node.id));
	is_int(heal_graph_add_node(&graph, &node), HEAL_GRAPH_NO_ID,
		   "nor an id without an end");
	node = node_of("b", 0.5);
	memset(node.name, 'x', sizeof(node.name));
	is_int(heal_graph_add_node(&graph, &node), HEAL_GRAPH_LONG_NAME,
		   "nor a name without an end");
	node = node_of("b", 0.5);
	node.type = HEAL_NODE_TYPES;
	is_int(heal_graph_add_node(&graph, &node), HEAL_GRAPH_NO_TYPE,
		   "nor a type there is not");
	is_int(heal_graph_update_node(&graph, &node), HEAL_GRAPH_NO_TYPE,
		   "an update is judged in the same way");
	node.type = HEAL_NODE_COMPONENT;
	is_int(heal_graph_update_node(&graph, &node), HEAL_GRAPH_NODE_UNKNOWN,
		   "and needs a node");
	ok(graph.nodes == 1 && graph.version == version,
	   "what was refused left no trace");
}

static void
refuses_wrong_edges(void)
{
	HealEdge edge;

	chain(3);
	is_int(add_edge(0, 2, 0.5), HEAL_GRAPH_OK, "an edge is added");
	is_int(add_edge(0, 2, 0.4), HEAL_GRAPH_EDGE_EXISTS, "but only once");
	is_int(add_edge(1, 1, 0.5), HEAL_GRAPH_SELF_EDGE, "none to itself");
	is_int(add_edge(2, 0, 0.5), HEAL_GRAPH_CYCLE, "none that closes a cycle");
	is_int(add_edge(0, 3, 0.5), HEAL_GRAPH_NODE_UNKNOWN, "none to nowhere");
	is_int(add_edge(-1, 2, 0.5), HEAL_GRAPH_NODE_UNKNOWN, "none from nowhere");
	is_int(add_edge(2, 1, (double) NAN), HEAL_GRAPH_NO_PROBABILITY,
		   "none with a probability that is no number");
	edge = (HealEdge){.from = 0, .to = 2, .lag = -1};
	is_int(heal_graph_update_edge(&graph, &edge), HEAL_GRAPH_NO_LAG,
		   "none with a lag below 0");
	edge.lag = 1;
	edge.type = HEAL_EDGE_TYPES;
	is_int(heal_graph_update_edge(&graph, &edge), HEAL_GRAPH_NO_TYPE,
		   "none of a type there is not");
	edge = (HealEdge){
		.from = 0, .to = 2, .probability = 0.5, .type = HEAL_EDGE_CORRELATION};
	is_int(heal_graph_update_edge(&graph, &edge), HEAL_GRAPH_OK,
		   "an edge is changed");
	is_double(
		heal_edge_strength(&graph.edge[heal_graph_find_edge(&graph, 0, 2)]),
		0.25, 1e-15, "its strength is probability times weight");
	is_int(heal_graph_remove_edge(&graph, 2, 0), HEAL_GRAPH_EDGE_UNKNOWN,
		   "what is not there cannot be removed");
}

static void
names_the_cycle(void)
{
	char text[200];

	chain(4);
	heal_graph_cycle_text(&graph, 3, 1, text, sizeof(text));
	is_string(text, "n3 -> n1 -> n2 -> n3", "a cycle is named from its start");
	heal_graph_cycle_text(&graph, 3, 1, text, 12);
	is_string(text, "n3 -> n1...", "and shortened where there is no room");
	heal_graph_cycle_text(&graph, 0, 3, text, sizeof(text));
	is_string(text, "", "where there is none, none is named");
}

static void
has_limits(void)
{
	char id[16];

	heal_graph_clear(&graph);
	for (int i = 0; i < HEAL_GRAPH_NODES; i++)
	{
		snprintf(id, sizeof(id), "n%d", i);
		add_node(id, 0.1);
	}
	is_int(graph.nodes, HEAL_GRAPH_NODES, "as many nodes as promised");
	is_int(add_node("more", 0.1), HEAL_GRAPH_MANY_NODES, "and not one more");
	for (int i = 0; i < HEAL_GRAPH_PARENTS; i++)
		add_edge(i, 500, 0.1);
	is_int(graph.edges, HEAL_GRAPH_PARENTS, "as many parents as promised");
	is_int(add_edge(100, 500, 0.1), HEAL_GRAPH_MANY_PARENTS,
		   "and not one more");
	for (int to = 100; graph.edges < HEAL_GRAPH_EDGES; to++)
		for (int i = 0; i < 50 && graph.edges < HEAL_GRAPH_EDGES; i++)
			add_edge(i, to, 0.1);
	is_int(add_edge(200, 201, 0.1), HEAL_GRAPH_MANY_EDGES,
		   "as many edges as promised, and not one more");
}

static void
removes_what_it_should(void)
{
	int order[HEAL_GRAPH_NODES];
	bool reached[HEAL_GRAPH_NODES];
	HealEdge *edge;

	chain(5);
	add_edge(0, 4, 0.25);
	is_int(heal_graph_remove_node(&graph, 7), HEAL_GRAPH_NODE_UNKNOWN,
		   "a node that is not there cannot be removed");
	heal_graph_remove_node(&graph, 1);
	ok(graph.nodes == 4 && graph.edges == 3, "a node goes with its edges");
	edge = &graph.edge[heal_graph_find_edge(
		&graph, heal_graph_find(&graph, "n0"), heal_graph_find(&graph, "n4"))];
	is_double(edge->probability, 0.25, 0, "the others are still the same");
	heal_graph_downstream(&graph, heal_graph_find(&graph, "n2"), reached);
	ok(!reached[0] && reached[1] && reached[2] && reached[3],
	   "downstream is what edges lead to");
	heal_graph_upstream(&graph, heal_graph_find(&graph, "n4"), reached);
	ok(reached[0] && reached[1] && reached[2] && reached[3],
	   "upstream is what leads here");
	heal_graph_order(&graph, order);
	ok((order[0] == 0 || order[0] == 1) && order[3] == 3,
	   "parents come before children");
	is_int(add_edge(3, 1, 0.5), HEAL_GRAPH_CYCLE, "cycles are still refused");
	heal_graph_remove_edge(&graph, 2, 3);
	is_int(add_edge(3, 1, 0.5), HEAL_GRAPH_OK, "and what is none is not");
	ok(heal_graph_is_origin(&graph, 0) && !heal_graph_is_origin(&graph, 1),
	   "trouble begins where nothing leads to");
}

static void
has_names(void)
{
	for (int i = 0; i < HEAL_NODE_TYPES; i++)
		is_int(heal_node_type_of(heal_node_type_name(i)), i,
			   heal_node_type_name(i));
	for (int i = 0; i < HEAL_EDGE_TYPES; i++)
		is_int(heal_edge_type_of(heal_edge_type_name(i)), i,
			   heal_edge_type_name(i));
	is_int(heal_node_type_of("nothing"), -1, "nothing is no type");
	for (int i = 0; i < HEAL_GRAPH_ERRORS; i++)
		ok(heal_graph_error_text(i) != NULL, "every error has a text");
}

int
main(void)
{
	refuses_wrong_nodes();
	refuses_wrong_edges();
	names_the_cycle();
	has_limits();
	removes_what_it_should();
	has_names();
	return done_testing();
}
