/*
 * infer.c
 *		The causal inference of the extension as a program: graphs and observations in, posteriors out.
 *
 *   infer < questions > answers
 *
 * One JSON object a line:
 *
 *   {"id":"q1","nodes":[{"id":"a","leak":0.1},...],"edges":[{"from":"a","to":"b","p":0.7,"type":"direct"},...],
 *    "evidence":{"b":1},"likelihood":{"c":[0.05,0.9]}}
 *   -> {"id":"q1","posterior":{"a":0.9,...},"logz":-2.1,"us":40,"method":"exact","width":3}
 *
 * What cannot be answered gets {"id":"q1","error":"..."}. As the extension does, it computes the
 * order of elimination once for a graph: a line with the graph of the line before uses it again.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "cause/infer.h"
#include "json.h"

#define WIDTH 24 /* a table of 128 MB: slow, but still exact */
#define MEMORY \
	((size_t) 1536 << 20) /* of which only what is used is ever there */

static HealGraph graph[2]; /* the one in use and the one being read */
static HealObservations seen;
static HealInference inference;
static HealPosteriors posteriors;
static char reason[512];

static bool
refuse(const char *what, const char *text)
{
	snprintf(reason, sizeof(reason), "%s%s%.200s%s", what,
			 text != NULL ? ": \"" : "", text != NULL ? text : "",
			 text != NULL ? "\"" : "");
	return false;
}

static const char *
text_of(const Json *object, const char *key)
{
	const Json *member = json_member(object, key);

	return member != NULL && member->type == JSON_STRING ? member->text : NULL;
}

static double
number_of(const Json *object, const char *key)
{
	const Json *member = json_member(object, key);

	return member != NULL && member->type == JSON_NUMBER ? member->number
														 : (double) NAN;
}

static bool
read_node(HealGraph *to, const Json *json)
{
	const char *id = text_of(json, "id");
	HealNode node = {.leak = number_of(json, "leak")};
	HealGraphError error;

	if (id == NULL)
		return refuse("a node has no id", NULL);
	if (strlen(id) >= sizeof(node.id))
		return refuse(heal_graph_error_text(HEAL_GRAPH_NO_ID), id);
	strcpy(node.id, id);
	strcpy(node.name, id);
	error = heal_graph_add_node(to, &node);
	return error == HEAL_GRAPH_OK || refuse(heal_graph_error_text(error), id);
}

static bool
read_edge(HealGraph *to, const Json *json)
{
	const char *from_id = text_of(json, "from");
	const char *to_id = text_of(json, "to");
	const char *type = text_of(json, "type");
	HealEdge edge = {.probability = number_of(json, "p")};
	HealGraphError error;
	char text[400];
	int kind = type == NULL ? (int) HEAL_EDGE_DIRECT : heal_edge_type_of(type);

	if (from_id == NULL || to_id == NULL)
		return refuse("an edge needs \"from\" and \"to\"", NULL);
	if (kind < 0)
		return refuse("an edge is direct, contributing or correlation", type);
	edge.type = (HealEdgeType) kind;
	edge.from = heal_graph_find(to, from_id);
	edge.to = heal_graph_find(to, to_id);
	if (edge.from < 0 || edge.to < 0)
		return refuse(heal_graph_error_text(HEAL_GRAPH_NODE_UNKNOWN),
					  edge.from < 0 ? from_id : to_id);
	error = heal_graph_add_edge(to, &edge);
	if (error == HEAL_GRAPH_CYCLE)
		heal_graph_cycle_text(to, edge.from, edge.to, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s -> %s", from_id, to_id);
	return error == HEAL_GRAPH_OK || refuse(heal_graph_error_text(error), text);
}

static bool
read_graph(HealGraph *to, const Json *question)
{
	const Json *nodes = json_member(question, "nodes");
	const Json *edges = json_member(question, "edges");

	heal_graph_clear(to);
	if (nodes == NULL || nodes->type != JSON_ARRAY)
		return refuse("\"nodes\" must be an array", NULL);
	if (edges != NULL && edges->type != JSON_ARRAY)
		return refuse("\"edges\" must be an array", NULL);
	for (const Json *node = nodes->first; node != NULL; node = node->next)
		if (!read_node(to, node))
			return false;
	for (const Json *edge = edges != NULL ? edges->first : NULL; edge != NULL;
		 edge = edge->next)
		if (!read_edge(to, edge))
			return false;
	return true;
}

static bool
read_certain(const HealGraph *about, const Json *member)
{
	int node = heal_graph_find(about, member->key);

	if (node < 0)
		return refuse("evidence for a node that does not exist", member->key);
	if ((member->type != JSON_NUMBER && member->type != JSON_BOOL) ||
		(member->number != 0 && member->number != 1))
		return refuse("evidence is 0 or 1", member->key);
	if (seen.known[node] != HEAL_HIDDEN &&
		seen.known[node] != (int) member->number)
		return refuse("evidence contradicts itself", member->key);
	seen.known[node] = (signed char) member->number;
	return true;
}

static bool
read_likelihood(const HealGraph *about, const Json *member)
{
	int node = heal_graph_find(about, member->key);
	const Json *first = member->type == JSON_ARRAY ? member->first : NULL;
	const Json *second = first != NULL ? first->next : NULL;

	if (node < 0)
		return refuse("likelihood of a node that does not exist", member->key);
	if (second == NULL || second->next != NULL || first->type != JSON_NUMBER ||
		second->type != JSON_NUMBER ||
		!heal_observe_likelihood(&seen, node, first->number, second->number))
		return refuse("a likelihood is two numbers from 0 to 1", member->key);
	return true;
}

static bool
read_observations(const HealGraph *about, const Json *question)
{
	const Json *evidence = json_member(question, "evidence");
	const Json *likelihood = json_member(question, "likelihood");

	heal_observations_clear(&seen);
	if (evidence != NULL && evidence->type != JSON_OBJECT)
		return refuse("\"evidence\" must be an object", NULL);
	if (likelihood != NULL && likelihood->type != JSON_OBJECT)
		return refuse("\"likelihood\" must be an object", NULL);
	for (const Json *member = evidence != NULL ? evidence->first : NULL;
		 member != NULL; member = member->next)
		if (!read_certain(about, member))
			return false;
	for (const Json *member = likelihood != NULL ? likelihood->first : NULL;
		 member != NULL; member = member->next)
		if (!read_likelihood(about, member))
			return false;
	return true;
}

static bool
is_same_graph(const HealGraph *a, const HealGraph *b)
{
	return a->nodes == b->nodes && a->edges == b->edges &&
		   memcmp(a->node, b->node, sizeof(HealNode) * a->nodes) == 0 &&
		   memcmp(a->edge, b->edge, sizeof(HealEdge) * a->edges) == 0;
}

static void
print_answer(const HealGraph *about, HealInferStatus status, double us)
{
	printf("\"posterior\":{");
	for (int i = 0; i < about->nodes; i++)
	{
		printf("%s", i > 0 ? "," : "");
		json_print_text(about->node[i].id);
		printf(":%.17g", posteriors.active[i]);
	}
	printf("},\"logz\":%.17g,\"us\":%.1f,", posteriors.log_evidence, us);
	if (status == HEAL_INFER_EXACT)
		printf("\"method\":\"exact\",\"width\":%d,\"doubt\":%.2g}\n",
			   posteriors.widest, posteriors.error);
	else
		printf("\"method\":\"loopy\",\"settled\":%s}\n",
			   posteriors.settled ? "true" : "false");
}

static void
print_error(const char *text)
{
	printf("\"error\":");
	json_print_text(text);
	printf("}\n");
}

/* The number of the graph in use from now on. */
static int
answer(const Json *question, int used)
{
	HealGraph *read = &graph[1 - used];
	const char *id = text_of(question, "id");
	HealInferStatus status;
	double begun;

	printf("{");
	if (id != NULL)
	{
		printf("\"id\":");
		json_print_text(id);
		printf(",");
	}
	if (!read_graph(read, question) || !read_observations(read, question))
	{
		print_error(reason);
		return used;
	}
	if (!is_same_graph(read, &graph[used]))
		used = 1 - used;
	begun = now_us(CLOCK_MONOTONIC);
	status = heal_infer(&inference, &graph[used], NULL, &seen, &posteriors);
	begun = now_us(CLOCK_MONOTONIC) - begun;
	if (status == HEAL_INFER_IMPOSSIBLE)
		print_error("what was seen has probability zero in this graph");
	else if (status == HEAL_INFER_NO_MEMORY)
		print_error("not enough memory");
	else
		print_answer(&graph[used], status, begun);
	return used;
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	int used = 0;
	void *memory = malloc(MEMORY);
	JsonReader reader = {0};

	if (memory == NULL)
	{
		fprintf(stderr, "infer: not enough memory\n");
		return 1;
	}
	heal_inference_init(&inference, memory, MEMORY);
	inference.limit = WIDTH;
	while (getline(&line, &size, stdin) > 0)
	{
		Json *question;

		/* every value but the first follows a byte that is none itself */
		if (reader.size < size + 1)
		{
			free(reader.value);
			reader.size = size + 1;
			reader.value = malloc(reader.size * sizeof(Json));
		}
		question = reader.value != NULL ? json_read(&reader, line) : NULL;
		if (question != NULL && question->type == JSON_OBJECT)
			used = answer(question, used);
		else
		{
			printf("{");
			print_error(reader.error != NULL ? reader.error
											 : "not a JSON object");
		}
		fflush(stdout);
	}
	free(reader.value);
	free(line);
	free(memory);
	return 0;
}
