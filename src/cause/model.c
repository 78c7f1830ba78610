/*
 * model.c
 *		The causal graph as it is in force.
 */
#include "cause/model.h"

#include <math.h>
#include <string.h>

#include "base/names.h"

void
heal_model_default(HealCausalModel *model)
{
	const HealDefaultNode *nodes;
	int count;

	memset(model->signs, 0, sizeof(model->signs));
	nodes = heal_default_nodes(&count);
	/* a mistake in the table is found by its test: then the graph ends before it */
	heal_default_graph(&model->graph);
	for (int i = 0; i < count && i < model->graph.nodes; i++)
		memcpy(model->signs[i].signal, nodes[i].signal,
			   sizeof(model->signs[i].signal));
}

static HealGraphError
remove_node(HealCausalModel *model, int node)
{
	HealGraphError error;

	if (node < 0)
		return HEAL_GRAPH_OK;
	error = heal_graph_remove_node(&model->graph, node);
	if (error == HEAL_GRAPH_OK)
		memmove(&model->signs[node], &model->signs[node + 1],
				sizeof(HealNodeSigns) * (model->graph.nodes - node));
	return error;
}

HealGraphError
heal_model_change_node(HealCausalModel *model, const HealNodeChange *change)
{
	int node = heal_graph_find(&model->graph, change->node.id);
	HealGraphError error;
	HealNodeSigns *signs;

	if (change->removed)
		return remove_node(model, node);
	error = node < 0 ? heal_graph_add_node(&model->graph, &change->node)
					 : heal_graph_update_node(&model->graph, &change->node);
	if (error != HEAL_GRAPH_OK)
		return error;
	if (node < 0)
	{
		node = model->graph.nodes - 1;
		memset(&model->signs[node], 0, sizeof(model->signs[node]));
	}
	signs = &model->signs[node];
	memcpy(signs->metric, change->metric, sizeof(signs->metric));
	signs->low = change->low;
	return HEAL_GRAPH_OK;
}

HealGraphError
heal_model_change_edge(HealCausalModel *model, const HealEdgeChange *change)
{
	HealEdge edge = {.from = heal_graph_find(&model->graph, change->from),
					 .to = heal_graph_find(&model->graph, change->to),
					 .type = change->type,
					 .probability = change->probability,
					 .lag = change->lag,
					 .observed = change->observed};
	bool is_there;

	if (edge.from < 0 || edge.to < 0)
		return change->removed ? HEAL_GRAPH_OK : HEAL_GRAPH_NODE_UNKNOWN;
	is_there = heal_graph_find_edge(&model->graph, edge.from, edge.to) >= 0;
	if (change->removed)
		return is_there
				   ? heal_graph_remove_edge(&model->graph, edge.from, edge.to)
				   : HEAL_GRAPH_OK;
	return is_there ? heal_graph_update_edge(&model->graph, &edge)
					: heal_graph_add_edge(&model->graph, &edge);
}

HealSignalKind
heal_node_first_kind(const HealNodeSigns *signs)
{
	if (signs->metric[0] != '\0')
		return signs->low ? HEAL_SIGNAL_LOW : HEAL_SIGNAL_HIGH;
	return signs->signal[0].kind;
}

const HealClue *
heal_node_clue(const HealNodeSigns *signs, HealSignalKind kind)
{
	if (signs->learned && kind == heal_node_first_kind(signs))
		return &signs->clue;
	return heal_signal_clue(kind);
}

/* Numbers that went through text and back are the same. */
static bool
is_another(double number, double before)
{
	return !(fabs(number - before) <= 1e-9);
}

static bool
take_probability(HealGraph *graph, const HealLearned *learned)
{
	int number =
		heal_graph_find_edge(graph, heal_graph_find(graph, learned->node),
							 heal_graph_find(graph, learned->to_node));
	HealEdge edge;

	if (number < 0 ||
		is_another(graph->edge[number].probability, learned->before))
		return false;
	edge = graph->edge[number];
	edge.probability = learned->value;
	edge.observed = learned->observed;
	return heal_graph_update_edge(graph, &edge) == HEAL_GRAPH_OK;
}

static bool
take_leak(HealGraph *graph, int number, const HealLearned *learned)
{
	HealNode node = graph->node[number];

	if (is_another(node.leak, learned->before))
		return false;
	node.leak = learned->value;
	return heal_graph_update_node(graph, &node) == HEAL_GRAPH_OK;
}

static bool
take_rate(HealNodeSigns *signs, const HealLearned *learned)
{
	const HealClue *taught = heal_signal_clue(heal_node_first_kind(signs));
	bool is_hit = learned->kind == HEAL_LEARNED_HIT;

	if (is_another(is_hit ? taught->hit : taught->false_alarm, learned->before))
		return false;
	if (!signs->learned)
		signs->clue = *taught;
	signs->learned = true;
	if (is_hit)
		signs->clue.hit = learned->value;
	else
		signs->clue.false_alarm = learned->value;
	return true;
}

bool
heal_model_take_learned(HealCausalModel *model, const HealLearned *learned)
{
	int node = heal_graph_find(&model->graph, learned->node);

	if (node < 0 || !(learned->value >= 0 && learned->value <= 1) ||
		!(learned->observed >= 0))
		return false;
	if (learned->kind == HEAL_LEARNED_PROBABILITY)
		return take_probability(&model->graph, learned);
	if (learned->kind == HEAL_LEARNED_LEAK)
		return take_leak(&model->graph, node, learned);
	return take_rate(&model->signs[node], learned);
}

static const char *const learned_kind_names[HEAL_LEARNED_KINDS] = {
	[HEAL_LEARNED_PROBABILITY] = "probability",
	[HEAL_LEARNED_LEAK] = "leak",
	[HEAL_LEARNED_HIT] = "hit rate",
	[HEAL_LEARNED_FALSE_ALARM] = "false alarm rate",
};

const char *
heal_learned_kind_name(HealLearnedKind kind)
{
	return learned_kind_names[kind];
}

int
heal_learned_kind_lookup(const char *name)
{
	return heal_name_lookup(learned_kind_names, HEAL_LEARNED_KINDS, name);
}
