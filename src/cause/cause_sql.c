/*
 * cause_sql.c
 *		Where a symptom comes from and what a cause leads to, asked in SQL.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "cause/model_pg.h"
#include "cause/network_sql.h"
#include "cause/question_pg.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_infer_root_cause);
PG_FUNCTION_INFO_V1(selfheal_predict_cascade);
PG_FUNCTION_INFO_V1(selfheal_causal_graph_dot);

#define WORTH_DRAWING 0.05 /* probability of a node */
#define TIME_LIMIT 30	   /* s, of an answer */

static TimestampTz answer_until;

/* Every now and then while something is computed. */
static void
check_time(void)
{
	CHECK_FOR_INTERRUPTS();
	if (GetCurrentTimestamp() > answer_until)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("the causal graph takes longer than %d s to compute",
					   TIME_LIMIT),
				errhint("Nodes with many causes that share their causes make "
						"it wide; remove some edges with "
						"selfheal.remove_causal_edge()."));
}

/* What the caller says of a node is certain. */
static void
take_given(HealQuestion *question, Jsonb *given)
{
	JsonbIterator *iterator = JsonbIteratorInit(&given->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int node = -1;

	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("what is given must be an object"),
				errhint("Give the states of nodes, such as "
						"'{\"disk_full\": true, \"io_saturated\": false}'."));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			node = heal_network_node(
				&question->model.graph,
				pnstrdup(value.val.string.val, value.val.string.len));
		else if (token == WJB_VALUE && value.type == jbvBool)
			question->observations.known[node] = value.val.boolean ? 1 : 0;
		else if (token == WJB_VALUE && value.type != jbvNull)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the state of node \"%s\" must be true or false",
						   question->model.graph.node[node].id),
					errhint("true = it is active, false = it is not; leave out "
							"what is not known."));
	}
}

/* given may be NULL. */
static HealQuestion *
begin(bool observe, Jsonb *given)
{
	HealQuestion *question = heal_question_begin();

	if (question == NULL)
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory for an answer about causes"),
				errhint("Free some memory of the machine, and ask again."));
	answer_until = GetCurrentTimestamp() + TIME_LIMIT * HEAL_SECOND;
	question->answerer.inference.arena.pause = check_time;
	question->answerer.other.arena.pause = check_time;
	heal_network_read(&question->model);
	if (observe)
	{
		heal_shmem_require();
		heal_question_look(question);
	}
	else
		heal_question_see_nothing(question);
	if (given != NULL)
		take_given(question, given);
	return question;
}

static void
require_exact(HealInferStatus status, const char *node)
{
	if (status == HEAL_INFER_IMPOSSIBLE)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("what is given is impossible in this causal graph"),
				errdetail("Node \"%s\" would be active with nothing that could "
						  "have made it so, or is given as not active.",
						  node),
				errhint("Give a node that has no cause a probability, or leave "
						"out some of what is given."));
	if (status != HEAL_INFER_EXACT)
		ereport(
			ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("the causal graph is too wide to be computed exactly"),
			errhint("Nodes with many causes that share their causes make it "
					"wide; remove some edges with "
					"selfheal.remove_causal_edge()."));
}

/* What was seen of a node, with since when; NULL = nothing. */
static char *
evidence_of(const HealQuestion *question, int node)
{
	const HealSeen *seen = &question->seen[node];
	char text[256];

	if (question->observations.known[node] != HEAL_HIDDEN)
		return psprintf("given as %s", question->observations.known[node]
										   ? "active"
										   : "not active");
	if (seen->says != 1)
		return NULL;
	heal_evidence_text(&question->facts, &seen->by, text, sizeof(text));
	if (seen->since == 0)
		return pstrdup(text);
	return psprintf("%s, since %s", text, timestamptz_to_str(seen->since));
}

/* infer_root_cause() */

static HealAnswerLimits
limits_argument(FunctionCallInfo fcinfo)
{
	HealAnswerLimits limits = {.min_confidence = PG_GETARG_FLOAT8(1),
							   .max_path_depth = PG_GETARG_INT32(2),
							   .min_edge_probability = PG_GETARG_FLOAT8(3),
							   .multi_hop = PG_GETARG_BOOL(4)};

	if (!(limits.min_confidence >= 0 && limits.min_confidence <= 1))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("min_confidence must be between 0 and 1"));
	if (limits.max_path_depth < 1 || limits.max_path_depth > HEAL_LONGEST_PATH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("max_path_depth must be between 1 and %d",
					   HEAL_LONGEST_PATH));
	if (!(limits.min_edge_probability >= 0 && limits.min_edge_probability <= 1))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("min_edge_probability must be between 0 and 1"));
	return limits;
}

static Datum
path_array(const HealGraph *graph, const HealCausePath *path)
{
	Datum names[HEAL_LONGEST_PATH + 1];

	for (int i = 0; i <= path->edges; i++)
		names[i] = CStringGetTextDatum(graph->node[path->node[i]].id);
	return PointerGetDatum(construct_array(names, path->edges + 1, TEXTOID, -1,
										   false, TYPALIGN_INT));
}

/* Of every node on the way, from the cause to the symptom. */
static char *
evidence_along(const HealQuestion *question, const HealCandidate *candidate)
{
	const HealGraph *graph = &question->model.graph;
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i <= Max(candidate->path.edges, 0); i++)
	{
		int node = candidate->path.edges >= 0 ? candidate->path.node[i]
											  : candidate->node;
		char *one = evidence_of(question, node);

		if (one != NULL)
			appendStringInfo(&text, "%s%s: %s", text.len > 0 ? "; " : "",
							 graph->node[node].id, one);
	}
	return text.data;
}

static void
put_path(HealRow *row, const HealGraph *graph, const HealCausePath *path)
{
	if (path->edges < 0)
	{
		heal_row_null(row);
		heal_row_null(row);
		heal_row_null(row);
		return;
	}
	row->value[row->count] = path_array(graph, path);
	row->null[row->count++] = false;
	heal_row_float8(row, path->strength);
	heal_row_interval(row, (HealTime) (path->lag * HEAL_SECOND));
}

static bool
is_in_set(const HealCauseAnswer *answer, int node)
{
	for (int i = 0; i < answer->set_size; i++)
		if (answer->set[i] == node)
			return true;
	return false;
}

static void
put_candidate(FunctionCallInfo fcinfo, const HealQuestion *question,
			  const HealCauseAnswer *answer, int rank)
{
	const HealCandidate *candidate = &answer->candidate[rank];
	const HealGraph *graph = &question->model.graph;
	const HealNode *node = &graph->node[candidate->node];
	HealRow row = {0};

	heal_row_int4(&row, rank + 1);
	heal_row_text(&row, node->id);
	heal_row_text(&row, node->name);
	heal_row_text(&row, heal_node_type_name(node->type));
	heal_row_text(&row,
				  rank == 0 ? heal_cause_verdict_name(answer->verdict) : NULL);
	heal_row_float8(&row, candidate->confidence);
	heal_row_float8(&row, candidate->prior);
	heal_row_bool(&row, is_in_set(answer, candidate->node));
	put_path(&row, graph, &candidate->path);
	heal_row_text(&row, evidence_along(question, candidate));
	heal_row_emit(fcinfo, &row);
}

/* That no cause in the graph began it. */
static void
put_unexplained(FunctionCallInfo fcinfo, const HealCauseAnswer *answer)
{
	HealRow row = {0};

	heal_row_int4(&row, answer->candidates + 1);
	heal_row_null(&row);
	heal_row_text(&row, "nothing that the graph knows");
	heal_row_null(&row);
	heal_row_text(&row, answer->candidates == 0
							? heal_cause_verdict_name(answer->verdict)
							: NULL);
	heal_row_float8(&row, answer->unexplained);
	heal_row_null(&row);
	heal_row_bool(&row, answer->set_size == 0);
	for (int i = 0; i < 4; i++)
		heal_row_null(&row);
	heal_row_emit(fcinfo, &row);
}

static void
require_symptom(FunctionCallInfo fcinfo, const char *what)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the %s must not be null", what),
				errhint("selfheal.causal_nodes lists the nodes of the graph."));
}

static void
require_observe(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("observe must not be null"),
				errhint("true = look at the server, false = only what is given "
						"counts."));
}

/* infer_root_cause(symptom, min_confidence, max_path_depth, min_edge_probability, multi_hop, given, observe) */
Datum
selfheal_infer_root_cause(PG_FUNCTION_ARGS)
{
	HealAnswerLimits limits;
	HealCauseAnswer answer;
	HealQuestion *question;
	int symptom;

	require_symptom(fcinfo, "symptom");
	for (int i = 1; i <= 4; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("no limit must be null"),
					errhint("Leave it out for its default."));
	require_observe(fcinfo, 6);
	limits = limits_argument(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	question =
		begin(PG_GETARG_BOOL(6), PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5));
	symptom = heal_network_node(&question->model.graph,
								text_to_cstring(PG_GETARG_TEXT_PP(0)));
	heal_answer_cause(&question->answerer, &question->model.graph,
					  question->strength, &question->observations, symptom,
					  &limits, &answer);
	require_exact(answer.status, question->model.graph.node[symptom].id);
	if (heal_shmem_ready())
		heal_cause_count(
			answer.verdict,
			answer.candidates > 0 ? answer.candidate[0].confidence : 0,
			answer.candidates > 0 ? answer.candidate[0].path.edges : 0);
	for (int i = 0; i < answer.candidates; i++)
		if (i == 0 || answer.candidate[i].confidence >= HEAL_NOTABLE)
			put_candidate(fcinfo, question, &answer, i);
	put_unexplained(fcinfo, &answer);
	return (Datum) 0;
}

/* Seconds since a node is seen to be active; 0 = it is not, or nobody knows. */
static double
active_for(const HealQuestion *question, int node)
{
	double began_at = question->began_at[node];

	return began_at < 0 ? -began_at : 0;
}

/* predict_cascade(cause, given, observe) */
Datum
selfheal_predict_cascade(PG_FUNCTION_ARGS)
{
	HealConsequence consequence[HEAL_GRAPH_NODES];
	HealQuestion *question;
	HealRow row = {0};
	int cause;
	int count;

	require_symptom(fcinfo, "cause");
	require_observe(fcinfo, 2);
	InitMaterializedSRF(fcinfo, 0);
	question =
		begin(PG_GETARG_BOOL(2), PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	cause = heal_network_node(&question->model.graph,
							  text_to_cstring(PG_GETARG_TEXT_PP(0)));
	count = heal_answer_cascade(&question->answerer, &question->model.graph,
								&question->observations, cause,
								active_for(question, cause), consequence);
	if (count < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("what follows from \"%s\" cannot be computed",
					   question->model.graph.node[cause].id),
				errdetail("What is given or seen excludes it, or the causal "
						  "graph is too wide."));
	for (int i = 0; i < count; i++)
	{
		const HealNode *node = &question->model.graph.node[consequence[i].node];

		heal_row_text(&row, node->id);
		heal_row_text(&row, node->name);
		heal_row_float8(&row, consequence[i].probability);
		heal_row_interval(&row, (HealTime) (consequence[i].lag * HEAL_SECOND));
		heal_row_bool(
			&row, question->seen[consequence[i].node].says == 1 ||
					  question->observations.known[consequence[i].node] == 1);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* causal_graph_dot() */

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
	char *evidence = evidence_of(question, node);

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
	require_exact(answer.status, graph->node[symptom].id);
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

	require_observe(fcinfo, 2);
	question =
		begin(PG_GETARG_BOOL(2), PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	graph = &question->model.graph;
	memset(drawn, true, sizeof(drawn));
	if (PG_ARGISNULL(0))
		require_exact(heal_infer(&question->answerer.inference, graph,
								 question->strength, &question->observations,
								 &question->answerer.posteriors),
					  graph->nodes > 0 ? graph->node[0].id : "");
	else
		choose(question,
			   heal_network_node(graph, text_to_cstring(PG_GETARG_TEXT_PP(0))),
			   drawn, &path);
	initStringInfo(&dot);
	draw(&dot, question, drawn, &path);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(dot.data, dot.len));
}
