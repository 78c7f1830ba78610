/*
 * graph.c
 *		The causal graph: nodes and edges come, change and go.
 */
#include "cause/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/text.h"

static void
link_edge(HealGraph *graph, int number)
{
	const HealEdge *edge = &graph->edge[number];

	graph->next_in[number] = graph->first_in[edge->to];
	graph->first_in[edge->to] = number;
	graph->next_out[number] = graph->first_out[edge->from];
	graph->first_out[edge->from] = number;
}

/* In the order in which they were added, so that the lists are as they would be without what was removed. */
static void
link_all(HealGraph *graph)
{
	for (int i = 0; i < graph->nodes; i++)
		graph->first_in[i] = graph->first_out[i] = -1;
	for (int i = 0; i < graph->edges; i++)
		link_edge(graph, i);
}

static bool
is_probability(double value)
{
	return value >= 0 && value <= 1; /* false for NaN */
}

void
heal_graph_clear(HealGraph *graph)
{
	graph->version++;
	graph->nodes = graph->edges = 0;
}

static HealGraphError
check_node(const HealNode *node)
{
	if (!heal_text_terminated(node->id, sizeof(node->id)) ||
		node->id[0] == '\0')
		return HEAL_GRAPH_NO_ID;
	if (!heal_text_terminated(node->name, sizeof(node->name)))
		return HEAL_GRAPH_LONG_NAME;
	if ((unsigned) node->type >= HEAL_NODE_TYPES)
		return HEAL_GRAPH_NO_TYPE;
	return is_probability(node->leak) ? HEAL_GRAPH_OK
									  : HEAL_GRAPH_NO_PROBABILITY;
}

HealGraphError
heal_graph_add_node(HealGraph *graph, const HealNode *node)
{
	HealGraphError error = check_node(node);

	if (error != HEAL_GRAPH_OK)
		return error;
	if (heal_graph_find(graph, node->id) >= 0)
		return HEAL_GRAPH_NODE_EXISTS;
	if (graph->nodes == HEAL_GRAPH_NODES)
		return HEAL_GRAPH_MANY_NODES;
	graph->first_in[graph->nodes] = graph->first_out[graph->nodes] = -1;
	graph->node[graph->nodes++] = *node;
	graph->version++;
	return HEAL_GRAPH_OK;
}

HealGraphError
heal_graph_remove_node(HealGraph *graph, int node)
{
	int kept = 0;

	if (node < 0 || node >= graph->nodes)
		return HEAL_GRAPH_NODE_UNKNOWN;
	for (int i = 0; i < graph->edges; i++)
	{
		HealEdge edge = graph->edge[i];

		if (edge.from == node || edge.to == node)
			continue;
		edge.from -= edge.from > node;
		edge.to -= edge.to > node;
		graph->edge[kept++] = edge;
	}
	graph->edges = kept;
	graph->nodes--;
	memmove(&graph->node[node], &graph->node[node + 1],
			sizeof(HealNode) * (graph->nodes - node));
	link_all(graph);
	graph->version++;
	return HEAL_GRAPH_OK;
}

HealGraphError
heal_graph_update_node(HealGraph *graph, const HealNode *node)
{
	HealGraphError error = check_node(node);
	int number;

	if (error != HEAL_GRAPH_OK)
		return error;
	number = heal_graph_find(graph, node->id);
	if (number < 0)
		return HEAL_GRAPH_NODE_UNKNOWN;
	graph->node[number] = *node;
	graph->version++;
	return HEAL_GRAPH_OK;
}

static HealGraphError
check_edge(const HealGraph *graph, const HealEdge *edge)
{
	if (edge->from < 0 || edge->from >= graph->nodes || edge->to < 0 ||
		edge->to >= graph->nodes)
		return HEAL_GRAPH_NODE_UNKNOWN;
	if ((unsigned) edge->type >= HEAL_EDGE_TYPES)
		return HEAL_GRAPH_NO_TYPE;
	if (!is_probability(edge->probability))
		return HEAL_GRAPH_NO_PROBABILITY;
	if (!(edge->lag >= 0 && edge->lag <= HEAL_LONGEST_LAG))
		return HEAL_GRAPH_NO_LAG;
	return edge->from == edge->to ? HEAL_GRAPH_SELF_EDGE : HEAL_GRAPH_OK;
}

static int
parents_of(const HealGraph *graph, int node)
{
	int count = 0;

	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		count++;
	return count;
}

HealGraphError
heal_graph_add_edge(HealGraph *graph, const HealEdge *edge)
{
	HealGraphError error = check_edge(graph, edge);
	bool reached[HEAL_GRAPH_NODES];

	if (error != HEAL_GRAPH_OK)
		return error;
	if (heal_graph_find_edge(graph, edge->from, edge->to) >= 0)
		return HEAL_GRAPH_EDGE_EXISTS;
	if (graph->edges == HEAL_GRAPH_EDGES)
		return HEAL_GRAPH_MANY_EDGES;
	if (parents_of(graph, edge->to) == HEAL_GRAPH_PARENTS)
		return HEAL_GRAPH_MANY_PARENTS;
	heal_graph_downstream(graph, edge->to, reached);
	if (reached[edge->from])
		return HEAL_GRAPH_CYCLE;
	graph->edge[graph->edges] = *edge;
	if (!(edge->observed >= 0))
		graph->edge[graph->edges].observed = 0;
	link_edge(graph, graph->edges++);
	graph->version++;
	return HEAL_GRAPH_OK;
}

HealGraphError
heal_graph_remove_edge(HealGraph *graph, int from, int to)
{
	int number = heal_graph_find_edge(graph, from, to);

	if (number < 0)
		return HEAL_GRAPH_EDGE_UNKNOWN;
	graph->edges--;
	memmove(&graph->edge[number], &graph->edge[number + 1],
			sizeof(HealEdge) * (graph->edges - number));
	link_all(graph);
	graph->version++;
	return HEAL_GRAPH_OK;
}

HealGraphError
heal_graph_update_edge(HealGraph *graph, const HealEdge *edge)
{
	HealGraphError error = check_edge(graph, edge);
	int number;

	if (error != HEAL_GRAPH_OK)
		return error;
	number = heal_graph_find_edge(graph, edge->from, edge->to);
	if (number < 0)
		return HEAL_GRAPH_EDGE_UNKNOWN;
	graph->edge[number] = *edge;
	graph->version++;
	return HEAL_GRAPH_OK;
}

int
heal_graph_find(const HealGraph *graph, const char *id)
{
	for (int i = 0; i < graph->nodes; i++)
		if (strcmp(graph->node[i].id, id) == 0)
			return i;
	return -1;
}

int
heal_graph_find_edge(const HealGraph *graph, int from, int to)
{
	if (from < 0 || from >= graph->nodes)
		return -1;
	for (int i = graph->first_out[from]; i >= 0; i = graph->next_out[i])
		if (graph->edge[i].to == to)
			return i;
	return -1;
}

double
heal_edge_type_weight(HealEdgeType type)
{
	static const double weight[HEAL_EDGE_TYPES] = {
		[HEAL_EDGE_DIRECT] = 1.0,
		[HEAL_EDGE_CONTRIBUTING] = 0.8,
		[HEAL_EDGE_CORRELATION] = 0.5,
	};

	return weight[type];
}

double
heal_edge_strength(const HealEdge *edge)
{
	return edge->probability * heal_edge_type_weight(edge->type);
}

bool
heal_graph_is_origin(const HealGraph *graph, int node)
{
	return graph->node[node].origin || graph->first_in[node] < 0;
}

/*
 * Everything reachable from the node, nearest first, into found[]; before[] says over which edge, -1 for the node
 * itself. Returns how many.
 */
static int
search(const HealGraph *graph, int node, bool down, bool *reached, int *found,
	   int *before)
{
	const int *first = down ? graph->first_out : graph->first_in;
	const int *next = down ? graph->next_out : graph->next_in;
	int count = 0;

	memset(reached, 0, sizeof(bool) * graph->nodes);
	reached[node] = true;
	before[node] = -1;
	found[count++] = node;
	for (int done = 0; done < count; done++)
		for (int i = first[found[done]]; i >= 0; i = next[i])
		{
			int other = down ? graph->edge[i].to : graph->edge[i].from;

			if (reached[other])
				continue;
			reached[other] = true;
			before[other] = i;
			found[count++] = other;
		}
	return count;
}

void
heal_graph_downstream(const HealGraph *graph, int node, bool *reached)
{
	int found[HEAL_GRAPH_NODES];
	int before[HEAL_GRAPH_NODES];

	search(graph, node, true, reached, found, before);
}

void
heal_graph_upstream(const HealGraph *graph, int node, bool *reached)
{
	int found[HEAL_GRAPH_NODES];
	int before[HEAL_GRAPH_NODES];

	search(graph, node, false, reached, found, before);
}

void
heal_graph_order(const HealGraph *graph, int *order)
{
	int waits[HEAL_GRAPH_NODES] = {0};
	int count = 0;

	for (int i = 0; i < graph->edges; i++)
		waits[graph->edge[i].to]++;
	for (int i = 0; i < graph->nodes; i++)
		if (waits[i] == 0)
			order[count++] = i;
	for (int done = 0; done < count; done++)
		for (int i = graph->first_out[order[done]]; i >= 0;
			 i = graph->next_out[i])
			if (--waits[graph->edge[i].to] == 0)
				order[count++] = graph->edge[i].to;
}

static size_t
append(char *text, size_t used, size_t size, const char *what)
{
	int length = snprintf(text + used, size - used, "%s", what);

	return length < 0 || (size_t) length >= size - used ? size : used + length;
}

void
heal_graph_cycle_text(const HealGraph *graph, int from, int to, char *text,
					  size_t size)
{
	bool reached[HEAL_GRAPH_NODES];
	int found[HEAL_GRAPH_NODES];
	int before[HEAL_GRAPH_NODES];
	size_t used = 0;

	if (size == 0)
		return;
	text[0] = '\0';
	/* Backwards from where the edge begins, so that the way there can be read off forwards. */
	search(graph, from, false, reached, found, before);
	if (!reached[to])
		return;
	used = append(text, used, size, graph->node[from].id);
	for (int node = to; used < size; node = graph->edge[before[node]].to)
	{
		used = append(text, used, size, " -> ");
		if (used < size)
			used = append(text, used, size, graph->node[node].id);
		if (node == from)
			break;
	}
	if (used >= size && size > 3)
		memcpy(text + size - 4, "...", 4);
}

void
heal_graph_strengths(const HealGraph *graph, const double *given,
					 double *strength)
{
	for (int i = 0; i < graph->edges; i++)
		strength[i] =
			given != NULL ? given[i] : heal_edge_strength(&graph->edge[i]);
}

static const char *const node_types[HEAL_NODE_TYPES] = {
	[HEAL_NODE_COMPONENT] = "component",
	[HEAL_NODE_RESOURCE] = "resource",
	[HEAL_NODE_DEPENDENCY] = "dependency",
	[HEAL_NODE_CONFIGURATION] = "configuration",
	[HEAL_NODE_USER_ACTION] = "user_action",
};

static const char *const edge_types[HEAL_EDGE_TYPES] = {
	[HEAL_EDGE_DIRECT] = "direct",
	[HEAL_EDGE_CONTRIBUTING] = "contributing",
	[HEAL_EDGE_CORRELATION] = "correlation",
};

const char *
heal_node_type_name(HealNodeType type)
{
	return node_types[type];
}

const char *
heal_edge_type_name(HealEdgeType type)
{
	return edge_types[type];
}

int
heal_node_type_of(const char *name)
{
	return heal_name_lookup(node_types, HEAL_NODE_TYPES, name);
}

int
heal_edge_type_of(const char *name)
{
	return heal_name_lookup(edge_types, HEAL_EDGE_TYPES, name);
}

/* The texts below say these in figures, and HEAL_LONGEST_LAG in days. */
_Static_assert(HEAL_NODE_ID == 64 && HEAL_NODE_NAME == 96 &&
				   HEAL_GRAPH_NODES == 512 && HEAL_GRAPH_EDGES == 4096 &&
				   HEAL_GRAPH_PARENTS == 64,
			   "the texts of heal_graph_error_text() are of other limits");

const char *
heal_graph_error_text(HealGraphError error)
{
	static const char *const text[HEAL_GRAPH_ERRORS] = {
		[HEAL_GRAPH_OK] = "nothing is wrong",
		[HEAL_GRAPH_NO_ID] = "the id of a node has 1 to 63 bytes",
		[HEAL_GRAPH_LONG_NAME] = "the name of a node has at most 95 bytes",
		[HEAL_GRAPH_NO_PROBABILITY] = "a probability is a number from 0 to 1",
		[HEAL_GRAPH_NO_LAG] = "a lag is a number of seconds from 0 to 30 days",
		[HEAL_GRAPH_NO_TYPE] = "there is no such type",
		[HEAL_GRAPH_NODE_UNKNOWN] = "there is no such node",
		[HEAL_GRAPH_NODE_EXISTS] = "there is a node with that id already",
		[HEAL_GRAPH_EDGE_UNKNOWN] = "there is no such edge",
		[HEAL_GRAPH_EDGE_EXISTS] =
			"there is an edge between these nodes already",
		[HEAL_GRAPH_SELF_EDGE] = "a node cannot be its own cause",
		[HEAL_GRAPH_CYCLE] = "the edge would close a cycle",
		[HEAL_GRAPH_MANY_NODES] = "a graph has at most 512 nodes",
		[HEAL_GRAPH_MANY_EDGES] = "a graph has at most 4096 edges",
		[HEAL_GRAPH_MANY_PARENTS] = "a node has at most 64 parents",
	};

	return text[error];
}

const char *
heal_graph_error_hint(HealGraphError error)
{
	static const char *const hint[HEAL_GRAPH_ERRORS] = {
		[HEAL_GRAPH_NODE_UNKNOWN] = "selfheal.causal_nodes lists the nodes.",
		[HEAL_GRAPH_NODE_EXISTS] =
			"Change it with selfheal.update_causal_node().",
		[HEAL_GRAPH_EDGE_UNKNOWN] = "selfheal.causal_edges lists the edges.",
		[HEAL_GRAPH_EDGE_EXISTS] =
			"Change it with selfheal.update_causal_edge().",
		[HEAL_GRAPH_SELF_EDGE] =
			"That a node becomes active by itself is its probability: "
			"selfheal.update_causal_node().",
		[HEAL_GRAPH_CYCLE] =
			"Keep the direction in which the trouble begins: remove the edge "
			"that leads back first.",
		[HEAL_GRAPH_MANY_NODES] = "Take out what is of no use here with "
								  "selfheal.remove_causal_node().",
		[HEAL_GRAPH_MANY_EDGES] =
			"Take out the weakest with selfheal.remove_causal_edge().",
		[HEAL_GRAPH_MANY_PARENTS] =
			"Take out its weakest causes with selfheal.remove_causal_edge(), "
			"or put a node between that some of them share.",
	};

	return hint[error];
}
