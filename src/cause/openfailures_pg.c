/*
 * openfailures_pg.c
 *		The open failures, and what they show of the causal graph.
 */
#include "postgres.h"

#include "cause/default_graph.h"
#include "cause/openfailures_pg.h"
#include "history/ledger_pg.h"

HealOpenFailures *
heal_open_failures_copy(void)
{
	HealOpenFailures *open = palloc(sizeof(HealOpenFailures));

	open->count = heal_ledger_copy_open_failures(open->failure);
	return open;
}

bool
heal_open_failures_have(const HealOpenFailures *open, int64 id)
{
	for (int i = 0; i < open->count; i++)
		if (open->failure[i].id == id)
			return true;
	return false;
}

/* NULL = it may be none: nothing is known of it for certain yet. */
static const char *
symptom_of(const HealFailure *failure)
{
	return failure->status == HEAL_FAILURE_WATCHING
			   ? NULL
			   : heal_default_failures[failure->kind].symptom;
}

bool
heal_open_failures_show(const HealOpenFailures *open, const char *node)
{
	for (int i = 0; i < open->count; i++)
	{
		const char *symptom = symptom_of(&open->failure[i]);

		if (symptom != NULL && strcmp(symptom, node) == 0)
			return true;
	}
	return false;
}

bool
heal_node_is_there(const HealSeen *seen, const HealOpenFailures *open,
				   const char *node)
{
	return seen->says == 1 || heal_open_failures_show(open, node);
}

void
heal_open_failures_reach(const HealOpenFailures *open, const HealGraph *graph,
						 bool *of_failure)
{
	bool reached[HEAL_GRAPH_NODES];

	memset(of_failure, 0, sizeof(bool) * HEAL_GRAPH_NODES);
	for (int i = 0; i < open->count; i++)
	{
		const char *shown = symptom_of(&open->failure[i]);
		int symptom = shown == NULL ? -1 : heal_graph_find(graph, shown);

		if (symptom < 0)
			continue;
		heal_graph_downstream(graph, symptom, reached);
		for (int node = 0; node < graph->nodes; node++)
			of_failure[node] |= reached[node];
	}
}
