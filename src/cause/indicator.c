/*
 * indicator.c
 *		Leading indicators: an anomaly of what leads to others, before anything has failed.
 */
#include "cause/indicator.h"

#include <math.h>
#include <string.h>

static bool
leads_to_others(const HealGraph *graph, int node)
{
	for (int i = 0; i < graph->edges; i++)
		if (graph->edge[i].from == node)
			return true;
	return false;
}

/* The proof of a failure shows the cause that it names, too. */
static bool
is_named_by_proof(const HealFacts *facts, const char *node)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		if (facts->failure[kind].says == 1 &&
			strcmp(heal_default_failures[kind].cause, node) == 0)
			return true;
	return false;
}

static bool
is_told_already(HealSignalKind kind)
{
	return kind == HEAL_SIGNAL_FAILURE || kind == HEAL_SIGNAL_PREDICTION;
}

static bool
is_anomaly(const HealSignal *signal, const HealFact *fact, HealTime now)
{
	return (signal->kind == HEAL_SIGNAL_HIGH ||
			signal->kind == HEAL_SIGNAL_LOW) &&
		   fact->confidence > 0 && fact->since != 0 && fact->since <= now &&
		   fact->value != fact->usual;
}

bool
heal_indicator_find(const HealCausalModel *model, const HealFacts *facts,
					int node, HealTime now, HealIndicator *indicator)
{
	HealSignal signal[HEAL_NODE_SIGNALS];
	int count = heal_node_signals(&model->signs[node], signal);

	indicator->confidence = 0;
	if (!leads_to_others(&model->graph, node) ||
		is_named_by_proof(facts, model->graph.node[node].id))
		return false;
	for (int i = 0; i < count; i++)
	{
		const HealFact *fact;

		if (heal_signal_says(facts, &signal[i], &fact) != 1)
			continue;
		if (is_told_already(signal[i].kind))
			return false;
		if (is_anomaly(&signal[i], fact, now) &&
			fact->confidence > indicator->confidence)
			*indicator = (HealIndicator){.by = signal[i],
										 .since = fact->since,
										 .confidence = fact->confidence};
	}
	return indicator->confidence > 0;
}

bool
heal_indicator_lasts(double now, double was, double usual)
{
	return !(fabs(now - was) >= fabs(now - usual));
}
