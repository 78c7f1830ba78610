/*
 * incident.c
 *		What was seen when something had failed, as it is kept to learn from.
 */
#include "cause/incident.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cause/answer.h"

/* Whether what the edge begins at was active for long enough to show at its other end. Since when is often not known. */
static bool
had_time(const HealEdge *edge, const double *began_at)
{
	double began = began_at[edge->from];

	return !isnan(began) && -began >= edge->lag + HEAL_ONSET_LATE;
}

/* May still become active, by what is active, or may and is not seen to. not_yet[nodes] is filled parents first. */
static bool
may_come(const HealGraph *graph, int node, int symptom, const HealSeen *seen,
		 const double *began_at, const bool *not_yet)
{
	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
	{
		const HealEdge *edge = &graph->edge[i];
		bool active = seen[edge->from].says == 1 || edge->from == symptom;

		if (not_yet[edge->from] || (active && !had_time(edge, began_at)))
			return true;
	}
	return false;
}

void
heal_incident_note_seen(HealIncidentNote *note, const HealGraph *graph,
						int symptom, const HealSeen *seen,
						const double *began_at)
{
	int order[HEAL_GRAPH_NODES];
	bool not_yet[HEAL_GRAPH_NODES];

	heal_graph_order(graph, order);
	for (int i = 0; i < graph->nodes; i++)
	{
		int node = order[i];
		const char *id = graph->node[node].id;
		bool proven =
			seen[node].says == 1 && seen[node].by.kind == HEAL_SIGNAL_FAILURE;

		not_yet[node] = seen[node].says != 1 && node != symptom &&
						may_come(graph, node, symptom, seen, began_at, not_yet);
		if (proven || node == symptom)
			heal_text_add(note->proven, sizeof(note->proven), " ", id);
		else if (seen[node].says == 1)
			heal_text_add(note->active, sizeof(note->active), " ", id);
		else if (seen[node].says == 0 && !not_yet[node])
			heal_text_add(note->quiet, sizeof(note->quiet), " ", id);
	}
}

bool
heal_incident_note_valid(const HealIncidentNote *note)
{
	return note->id > 0 &&
		   heal_text_terminated(note->symptom, sizeof(note->symptom)) &&
		   heal_text_terminated(note->named, sizeof(note->named)) &&
		   heal_text_terminated(note->proven, sizeof(note->proven)) &&
		   heal_text_terminated(note->active, sizeof(note->active)) &&
		   heal_text_terminated(note->quiet, sizeof(note->quiet));
}

/* The next name of the list, and where it goes on; NULL = there is none. */
static const char *
next_id(const char *list, char id[HEAL_NODE_ID])
{
	size_t length;

	list += strspn(list, " ");
	length = strcspn(list, " ");
	if (length == 0)
		return NULL;
	snprintf(id, HEAL_NODE_ID, "%.*s", (int) length, list);
	return list + length;
}

static void
take(signed char *states, const HealGraph *graph, const char *list, int state)
{
	char id[HEAL_NODE_ID];

	while ((list = next_id(list, id)) != NULL)
	{
		int node = heal_graph_find(graph, id);

		if (node >= 0)
			states[node] = (signed char) state;
	}
}

void
heal_incident_take_proven(HealIncident *incident, const HealGraph *graph,
						  const char *list)
{
	take(incident->known, graph, list, 1);
}

void
heal_incident_take_clues(HealIncident *incident, const HealGraph *graph,
						 const char *list, int says)
{
	take(incident->says, graph, list, says);
}

void
heal_incident_hide_effects(HealIncident *incident, const HealGraph *graph,
						   int cause)
{
	int order[HEAL_GRAPH_NODES];
	bool comes_of_it[HEAL_GRAPH_NODES] = {false};

	comes_of_it[cause] = true;
	heal_graph_order(graph, order);
	for (int i = 0; i < graph->nodes; i++)
	{
		int node = order[i];

		for (int e = graph->first_in[node]; e >= 0; e = graph->next_in[e])
			comes_of_it[node] |= comes_of_it[graph->edge[e].from];
		if (comes_of_it[node] && node != cause && incident->says[node] == 0)
			incident->says[node] = HEAL_HIDDEN;
	}
}
