/*
 * network_sql.c
 *		The causal graph in SQL, as it is. See networkchange_sql.c for changing it.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"

#include "cause/model_pg.h"
#include "cause/modeltable_pg.h"
#include "cause/network_sql.h"
#include "db/owner.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "predict/bounded.h"
#include "sample/metric.h"
#include "scan/finding.h"

PG_FUNCTION_INFO_V1(selfheal_read_causal_nodes);
PG_FUNCTION_INFO_V1(selfheal_read_causal_edges);
PG_FUNCTION_INFO_V1(selfheal_read_causal_stats);

void
heal_network_read(HealCausalModel *model)
{
	HealCaller caller;
	char *problem;

	SPI_connect();
	caller = heal_become_table_owner("causal_node_change");
	(void) heal_model_read(model, &problem);
	heal_become_caller(caller);
	SPI_finish();
}

int
heal_network_node(const HealGraph *graph, const char *id)
{
	int node = heal_graph_find(graph, id);

	if (node < 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("the causal graph has no node \"%s\"", id),
				errhint("selfheal.causal_nodes lists them."));
	return node;
}

static const char *
signal_text(const HealSignal *signal)
{
	switch (signal->kind)
	{
		case HEAL_SIGNAL_HIGH:
			return psprintf("%s high", heal_metrics[signal->which].name);
		case HEAL_SIGNAL_LOW:
			return psprintf("%s low", heal_metrics[signal->which].name);
		case HEAL_SIGNAL_FAILURE:
			return psprintf("failure %s", heal_failures[signal->which].name);
		case HEAL_SIGNAL_FINDING:
			return psprintf("finding %s", heal_scan_kinds[signal->which].name);
		case HEAL_SIGNAL_PREDICTION:
			return psprintf("prediction %s",
							heal_bounded_kinds[signal->which].name);
		case HEAL_SIGNAL_EVENT:
		case HEAL_SIGNAL_STATE:
			return psprintf("event %s", heal_cause_events[signal->which].name);
		case HEAL_SIGNAL_NONE:
		case HEAL_SIGNAL_KINDS:
			break;
	}
	return NULL;
}

static const char *
signs_text(const HealNodeSigns *signs)
{
	StringInfoData text;

	if (signs->metric[0] != '\0')
		return psprintf("%s %s", signs->metric, signs->low ? "low" : "high");
	initStringInfo(&text);
	for (int i = 0; i < HEAL_NODE_SIGNALS; i++)
	{
		const char *one = signal_text(&signs->signal[i]);

		if (one != NULL)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", one);
	}
	return text.data;
}

Datum
selfheal_read_causal_nodes(PG_FUNCTION_ARGS)
{
	HealCausalModel *model = palloc(sizeof(HealCausalModel));
	HealRow row = {0};

	InitMaterializedSRF(fcinfo, 0);
	heal_network_read(model);
	for (int i = 0; i < model->graph.nodes; i++)
	{
		const HealNode *node = &model->graph.node[i];

		heal_row_text(&row, node->id);
		heal_row_text(&row, node->name);
		heal_row_text(&row, heal_node_type_name(node->type));
		heal_row_bool(&row, heal_graph_is_origin(&model->graph, i));
		heal_row_float8(&row, node->leak);
		heal_row_text(&row, signs_text(&model->signs[i]));
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

Datum
selfheal_read_causal_edges(PG_FUNCTION_ARGS)
{
	HealCausalModel *model = palloc(sizeof(HealCausalModel));
	HealRow row = {0};

	InitMaterializedSRF(fcinfo, 0);
	heal_network_read(model);
	for (int i = 0; i < model->graph.edges; i++)
	{
		const HealEdge *edge = &model->graph.edge[i];

		heal_row_text(&row, model->graph.node[edge->from].id);
		heal_row_text(&row, model->graph.node[edge->to].id);
		heal_row_text(&row, heal_edge_type_name(edge->type));
		heal_row_float8(&row, edge->probability);
		heal_row_float8(&row, heal_edge_strength(edge));
		heal_row_interval(&row, (HealTime) (edge->lag * HEAL_SECOND));
		heal_row_int8(&row, (int64) rint(edge->observed));
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* Reads the graph itself, for what does not fit it; the words are in SPI's memory. */
static void
put_graph(HealRow *row)
{
	HealCausalModel *model = palloc(sizeof(HealCausalModel));
	HealCaller caller;
	char *problem;
	int left_out;

	SPI_connect();
	caller = heal_become_table_owner("causal_node_change");
	left_out = heal_model_read(model, &problem);
	heal_become_caller(caller);
	if (problem != NULL)
	{
		char *kept = SPI_palloc(strlen(problem) + 1);

		problem = strcpy(kept, problem);
	}
	SPI_finish();
	heal_row_int4(row, model->graph.nodes);
	heal_row_int4(row, model->graph.edges);
	heal_row_int4(row, left_out);
	heal_row_text(row, problem);
}

Datum
selfheal_read_causal_stats(PG_FUNCTION_ARGS)
{
	HealCauseCounts counts;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	put_graph(&row);
	counts = heal_cause_counts();
	heal_row_int8(&row, counts.asked);
	heal_row_int8(&row, counts.found);
	heal_row_int8(&row, counts.unsure);
	heal_row_int8(&row, counts.asked - counts.found - counts.unsure);
	heal_row_float8(&row,
					counts.found > 0 ? counts.confidence / counts.found : NAN);
	heal_row_float8(
		&row, counts.found > 0 ? (double) counts.steps / counts.found : NAN);
	heal_row_emit(fcinfo, &row);
	return (Datum) 0;
}
