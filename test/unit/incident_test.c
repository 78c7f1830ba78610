/*
 * incident_test.c
 *		What was seen goes into lists of names, and from there back to the nodes of whatever graph there is then.
 */
#include "cause/incident.h"

#include <math.h>
#include <string.h>

#include "cause/answer.h"
#include "tap.h"

#define NOW (1000 * HEAL_HOUR)

static HealCausalModel model;
static HealFacts facts;
static HealObservations observations;
static HealSeen seen[HEAL_GRAPH_NODES];
static HealIncidentNote note;
static HealIncident incident;
static double began_at[HEAL_GRAPH_NODES];

static void
see(void)
{
	heal_model_default(&model);
	heal_facts_clear(&facts);
	facts.failure[HEAL_LOCK_PILEUP_IDLE] =
		(HealFact){.says = 1, .since = NOW - HEAL_HOUR};
	facts.metric[HEAL_METRIC_BASE_BACKUPS_RUNNING] =
		(HealFact){.says = 1, .since = NOW - HEAL_HOUR};
	facts.metric[HEAL_METRIC_SESSIONS_IDLE] = (HealFact){.says = 0};
	heal_evidence_gather(&model, &facts, &observations, seen);
	heal_evidence_onsets(&model, seen, NOW, began_at);
}

static int
node(const char *id)
{
	return heal_graph_find(&model.graph, id);
}

static int
state(const signed char *states, const char *id)
{
	return states[heal_graph_find(&model.graph, id)];
}

static void
there_and_back(void)
{
	see();
	note = (HealIncidentNote){.id = 3};
	heal_incident_note_seen(&note, &model.graph, node("lock_waits"), seen,
							began_at);
	ok(strstr(note.proven, "idle_in_transaction") != NULL,
	   "what a proof names is proven");
	is_string(note.active, "backup_running", "what a metric shows is active");
	is_string(note.quiet, "connection_leak", "what it does not show is quiet");
	ok(heal_incident_note_valid(&note), "such a note can be kept");

	heal_graph_remove_node(&model.graph,
						   heal_graph_find(&model.graph, "connection_leak"));
	heal_incident_clear(&incident);
	heal_incident_take_proven(&incident, &model.graph, note.proven);
	heal_incident_take_clues(&incident, &model.graph, note.active, 1);
	heal_incident_take_clues(&incident, &model.graph,
							 "connection_leak  lock_waits", 0);
	is_int(state(incident.known, "idle_in_transaction"), 1,
		   "what is proven is known");
	is_int(state(incident.says, "idle_in_transaction"), HEAL_HIDDEN,
		   "and has no clue besides");
	is_int(state(incident.says, "backup_running"), 1,
		   "what is active has its clue");
	is_int(state(incident.says, "lock_waits"), 0,
		   "what is quiet too, and a node that is gone is left out");
	heal_incident_take_clues(&incident, &model.graph, "xmin_held", 0);
	heal_incident_hide_effects(&incident, &model.graph,
							   node("idle_in_transaction"));
	is_int(state(incident.says, "xmin_held"), HEAL_HIDDEN,
		   "of a cause since nobody knows when the effects are not expected");
	is_int(state(incident.known, "disk_full"), HEAL_HIDDEN,
		   "of the rest nothing is known");
}

static bool
is_quiet(const char *id)
{
	char spaced[sizeof(note.quiet) + 2], name[HEAL_NODE_ID + 2];

	snprintf(spaced, sizeof(spaced), " %s ", note.quiet);
	snprintf(name, sizeof(name), " %s ", id);
	return strstr(spaced, name) != NULL;
}

/* Everything else is quiet so many seconds after the pile-up and its cause began. */
static void
look_after(double seconds)
{
	see();
	for (int i = 0; i < model.graph.nodes; i++)
	{
		if (seen[i].says != 1 || i == node("backup_running"))
			seen[i] = (HealSeen){.says = 0};
		began_at[i] = seen[i].says == 1 || i == node("lock_waits")
						  ? -seconds
						  : (double) NAN;
	}
	note = (HealIncidentNote){.id = 3};
	heal_incident_note_seen(&note, &model.graph, node("lock_waits"), seen,
							began_at);
}

static void
waits_for_effects(void)
{
	const HealGraph *graph = &model.graph;
	int edge, after;

	look_after(0);
	edge = heal_graph_find_edge(graph, node("idle_in_transaction"),
								node("xmin_held"));
	ok(edge >= 0 && !is_quiet("xmin_held"),
	   "what had no time to come is not quiet");
	after = graph->edge[graph->first_out[node("xmin_held")]].to;
	ok(!is_quiet(graph->node[after].id), "nor is what would come of that");
	ok(is_quiet("connection_leak") && is_quiet("bulk_load"),
	   "what nothing active leads to is");
	look_after(graph->edge[edge].lag + HEAL_ONSET_LATE - 1);
	ok(!is_quiet("xmin_held"), "until it would have come and shown");
	look_after(graph->edge[edge].lag + HEAL_ONSET_LATE + 1);
	ok(is_quiet("xmin_held"), "then its absence says something");
	ok(strstr(note.proven, "lock_waits") != NULL,
	   "the symptom is there, whatever shows");
}

static void
bears_much(void)
{
	char id[HEAL_NODE_ID];
	size_t length;

	heal_graph_clear(&model.graph);
	for (int i = 0; i < 100; i++)
	{
		HealNode node = {.type = HEAL_NODE_COMPONENT, .leak = 0.1};

		snprintf(node.id, sizeof(node.id), "a_node_with_a_name_that_is_long_%d",
				 i);
		snprintf(node.name, sizeof(node.name), "%s", node.id);
		heal_graph_add_node(&model.graph, &node);
		seen[i] = (HealSeen){.says = 0};
	}
	note = (HealIncidentNote){.id = 3};
	heal_incident_note_seen(&note, &model.graph, 0, seen, began_at);
	length = strlen(note.quiet);
	ok(length < sizeof(note.quiet) && length > sizeof(note.quiet) - 64,
	   "as many as fit");
	snprintf(id, sizeof(id), "%s", strrchr(note.quiet, ' ') + 1);
	ok(heal_graph_find(&model.graph, id) >= 0, "none of them cut");
	memset(note.quiet, 'x', sizeof(note.quiet));
	ok(!heal_incident_note_valid(&note), "a text that does not end is refused");
	note = (HealIncidentNote){.id = 0};
	ok(!heal_incident_note_valid(&note), "so is one of no failure");
}

int
main(void)
{
	there_and_back();
	waits_for_effects();
	bears_much();
	return done_testing();
}
