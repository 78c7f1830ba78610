/*
 * cause_sql.c
 *		Where a symptom comes from and what a cause leads to, asked in SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "cause/ask_sql.h"
#include "cause/model_pg.h"
#include "cause/network_sql.h"
#include "db/rows.h"
#include "db/shmem.h"

PG_FUNCTION_INFO_V1(selfheal_infer_root_cause);
PG_FUNCTION_INFO_V1(selfheal_predict_cascade);

static HealAnswerLimits
limits_argument(FunctionCallInfo fcinfo)
{
	HealAnswerLimits limits = {.min_confidence = PG_GETARG_FLOAT8(1),
							   .max_path_depth = PG_GETARG_INT32(2),
							   .min_edge_probability = PG_GETARG_FLOAT8(3),
							   .multi_hop = PG_GETARG_BOOL(4)};

	if (!(limits.min_confidence >= 0 && limits.min_confidence <= 1))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("min_confidence must be between 0 and 1"),
				errhint("It is a probability; leave it out for %g.",
						heal_answer_defaults.min_confidence));
	if (limits.max_path_depth < 1 || limits.max_path_depth > HEAL_LONGEST_PATH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("max_path_depth must be between 1 and %d",
					   HEAL_LONGEST_PATH),
				errhint("It counts edges; leave it out for %d.",
						heal_answer_defaults.max_path_depth));
	if (!(limits.min_edge_probability >= 0 && limits.min_edge_probability <= 1))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("min_edge_probability must be between 0 and 1"),
			errhint(
				"Weaker edges are in no path that is told; leave it out for %g.",
				heal_answer_defaults.min_edge_probability));
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
		char *one = heal_ask_evidence(question, node);

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
require_node(FunctionCallInfo fcinfo, const char *what)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the %s must not be null", what),
				errhint("selfheal.causal_nodes lists the nodes of the graph."));
}

/* infer_root_cause(symptom, min_confidence, max_path_depth, min_edge_probability, multi_hop, given, observe) */
Datum
selfheal_infer_root_cause(PG_FUNCTION_ARGS)
{
	HealAnswerLimits limits;
	HealCauseAnswer answer;
	HealQuestion *question;
	int symptom;

	require_node(fcinfo, "symptom");
	for (int i = 1; i <= 4; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("no limit must be null"),
					errhint("Leave it out for its default."));
	heal_ask_require_observe(fcinfo, 6);
	limits = limits_argument(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	question = heal_ask_begin(PG_GETARG_BOOL(6),
							  PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5));
	symptom = heal_network_node(&question->model.graph,
								text_to_cstring(PG_GETARG_TEXT_PP(0)));
	heal_answer_cause(&question->answerer, &question->model.graph,
					  question->strength, &question->observations, symptom,
					  &limits, &answer);
	heal_ask_require_exact(answer.status,
						   question->model.graph.node[symptom].id);
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

	require_node(fcinfo, "cause");
	heal_ask_require_observe(fcinfo, 2);
	InitMaterializedSRF(fcinfo, 0);
	question = heal_ask_begin(PG_GETARG_BOOL(2),
							  PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	cause = heal_network_node(&question->model.graph,
							  text_to_cstring(PG_GETARG_TEXT_PP(0)));
	heal_ask_require_exact(
		heal_answer_cascade(&question->answerer, &question->model.graph,
							&question->observations, cause,
							active_for(question, cause), consequence, &count),
		question->model.graph.node[cause].id);
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
