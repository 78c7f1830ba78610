/*
 * picture_sql.c
 *		The causal graph as a picture for Graphviz: what may bring a symptom about.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "cause/ask_sql.h"
#include "cause/network_sql.h"

PG_FUNCTION_INFO_V1(selfheal_causal_graph_dot);

#define WORTH_DRAWING 0.05 /* probability of a node */

static const char *
quoted(const char *text)
{
	StringInfoData quoted;

	initStringInfo(&quoted);
	for (; *text != '\0'; text++)
	{
		if (*text == '"' || *text == '\\')
			appendStringInfoChar(&quoted, '\\');
		appendStringInfoChar(&quoted, *text);
	}
	return quoted.data;
}

static bool
is_on_path(const HealCausePath *path, int node)
{
	for (int i = 0; i <= path->edges; i++)
		if (path->node[i] == node)
			return true;
	return false;
}

static bool
is_step_of_path(const HealCausePath *path, const HealEdge *edge)
{
	for (int i = 0; i < path->edges; i++)
		if (path->node[i] == edge->from && path->node[i + 1] == edge->to)
			return true;
	return false;
}

static void
draw_node(StringInfo dot, const HealQuestion *question, int node,
		  const HealCausePath *path)
{
	const HealNode *about = &question->model.graph.node[node];
	double active = question->answerer.posteriors.active[node];
	char *evidence = heal_ask_evidence(question, node);

	appendStringInfo(dot, "\t\"%s\" [label=\"%s\\n%.0f %%", about->id,
					 quoted(about->name), 100 * active);
	if (evidence != NULL)
		appendStringInfo(dot, "\\n%s", quoted(evidence));
	/* the darker the more probable */
	appendStringInfo(dot, "\", fillcolor=\"0.08 %.2f 1.0\"%s];\n", 0.8 * active,
					 is_on_path(path, node) ? ", penwidth=3" : "");
}

static void
draw(StringInfo dot, const HealQuestion *question, const bool *drawn,
	 const HealCausePath *path)
{
	const HealGraph *graph = &question->model.graph;

	appendStringInfoString(
		dot,
		"digraph selfheal {\n\trankdir=LR;\n"
		"\tnode [shape=box, style=\"rounded,filled\", fontname=\"sans\"];\n");
	for (int i = 0; i < graph->nodes; i++)
		if (drawn[i])
			draw_node(dot, question, i, path);
	for (int i = 0; i < graph->edges; i++)
	{
		const HealEdge *edge = &graph->edge[i];

		if (drawn[edge->from] && drawn[edge->to])
			appendStringInfo(dot, "\t\"%s\" -> \"%s\" [label=\"%.2f\"%s%s];\n",
							 graph->node[edge->from].id,
							 graph->node[edge->to].id, edge->probability,
							 edge->type == HEAL_EDGE_DIRECT ? ""
							 : edge->type == HEAL_EDGE_CONTRIBUTING
								 ? ", style=dashed"
								 : ", style=dotted",
							 is_step_of_path(path, edge)
								 ? ", penwidth=3, color=\"firebrick\""
								 : "");
	}
	appendStringInfoString(dot, "}\n");
}

/* What may have brought the symptom about and is worth drawing, and the path that explains it. */
static void
choose(HealQuestion *question, int symptom, bool *drawn, HealCausePath *path)
{
	const HealGraph *graph = &question->model.graph;
	HealCauseAnswer answer;

	heal_answer_cause(&question->answerer, graph, question->strength,
					  &question->observations, symptom, &heal_answer_defaults,
					  &answer);
	heal_ask_require_exact(answer.status, graph->node[symptom].id);
	if (answer.candidates > 0)
		*path = answer.candidate[0].path;
	heal_graph_upstream(graph, symptom, drawn);
	for (int i = 0; i < graph->nodes; i++)
		drawn[i] = drawn[i] &&
				   (is_on_path(path, i) ||
					question->answerer.posteriors.active[i] >= WORTH_DRAWING);
}

/* causal_graph_dot(symptom, given, observe): what may bring it about, or with NULL the whole graph */
Datum
selfheal_causal_graph_dot(PG_FUNCTION_ARGS)
{
	HealQuestion *question;
	const HealGraph *graph;
	HealCausePath path = {.edges = -1};
	bool drawn[HEAL_GRAPH_NODES];
	StringInfoData dot;

	heal_ask_require_observe(fcinfo, 2);
	question = heal_ask_begin(PG_GETARG_BOOL(2),
							  PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	graph = &question->model.graph;
	memset(drawn, true, sizeof(drawn));
	if (PG_ARGISNULL(0))
		heal_ask_require_exact(
			heal_infer(&question->answerer.inference, graph, question->strength,
					   &question->observations, &question->answerer.posteriors),
			NULL);
	else
		choose(question,
			   heal_network_node(graph, text_to_cstring(PG_GETARG_TEXT_PP(0))),
			   drawn, &path);
	initStringInfo(&dot);
	draw(&dot, question, drawn, &path);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(dot.data, dot.len));
}
