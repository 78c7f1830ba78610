/*
 * networkchange_sql.c
 *		The causal graph in SQL: change it.
 *
 * The tables are nobody's to write but their owner's; who changes the graph at the same time waits, so that two changes
 * that close a cycle only together cannot both be made.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cause/modeltable_pg.h"
#include "cause/network_sql.h"
#include "db/owner.h"
#include "db/query.h"
#include "db/shmem.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "sample/usermetric_pg.h"

PG_FUNCTION_INFO_V1(selfheal_add_causal_node);
PG_FUNCTION_INFO_V1(selfheal_update_causal_node);
PG_FUNCTION_INFO_V1(selfheal_remove_causal_node);
PG_FUNCTION_INFO_V1(selfheal_add_causal_edge);
PG_FUNCTION_INFO_V1(selfheal_update_causal_edge);
PG_FUNCTION_INFO_V1(selfheal_remove_causal_edge);
PG_FUNCTION_INFO_V1(selfheal_reset_causal_graph);

/* Arguments */

static void
take_id(char id[HEAL_NODE_ID], const char *text)
{
	size_t good = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (text[0] == '\0' || text[good] != '\0' || strlen(text) >= HEAL_NODE_ID)
		ereport(ERROR, errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is no valid name of a node", text),
				errdetail("It has 1 to %d of the characters a-z, 0-9 and _.",
						  HEAL_NODE_ID - 1),
				errhint("Choose a name such as \"pool_exhausted\"."));
	strlcpy(id, text, HEAL_NODE_ID);
}

static int
type_argument(const char *name, int (*lookup)(const char *),
			  const char *(*name_of)(int), int types, const char *what)
{
	int type = lookup(name);
	StringInfoData names;

	if (type >= 0)
		return type;
	initStringInfo(&names);
	for (int i = 0; i < types; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", name_of(i));
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no type \"%s\" of %s", name, what),
			errhint("There are: %s.", names.data));
}

static const char *
node_type_name(int type)
{
	return heal_node_type_name((HealNodeType) type);
}

static const char *
edge_type_name(int type)
{
	return heal_edge_type_name((HealEdgeType) type);
}

static void
take_metric(HealNodeChange *change, FunctionCallInfo fcinfo)
{
	char *metric;
	char *direction;

	if (PG_ARGISNULL(5))
	{
		if (!PG_ARGISNULL(6))
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a direction needs a metric"),
				errhint(
					"Name the metric that shows the node; selfheal.metrics lists them."));
		return;
	}
	metric = text_to_cstring(PG_GETARG_TEXT_PP(5));
	direction =
		PG_ARGISNULL(6) ? "high" : text_to_cstring(PG_GETARG_TEXT_PP(6));
	if (heal_shmem_ready())
		heal_user_metrics_load();
	if (heal_metric_lookup(metric) < 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no metric \"%s\"", metric),
				errhint("selfheal.metrics lists them."));
	if (strcmp(direction, "high") != 0 && strcmp(direction, "low") != 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no direction \"%s\"", direction),
				errhint("There are: high, low."));
	strlcpy(change->metric, metric, sizeof(change->metric));
	change->low = strcmp(direction, "low") == 0;
}

static void
refuse(HealGraphError error, const char *what, const HealCausalModel *model,
	   const char *from, const char *to)
{
	char cycle[512] = "";

	if (error == HEAL_GRAPH_OK)
		return;
	if (error == HEAL_GRAPH_CYCLE)
		heal_graph_cycle_text(
			&model->graph, heal_graph_find(&model->graph, from),
			heal_graph_find(&model->graph, to), cycle, sizeof(cycle));
	ereport(ERROR,
			errcode(error == HEAL_GRAPH_NODE_UNKNOWN ||
							error == HEAL_GRAPH_EDGE_UNKNOWN
						? ERRCODE_UNDEFINED_OBJECT
					: error == HEAL_GRAPH_NODE_EXISTS ||
							error == HEAL_GRAPH_EDGE_EXISTS
						? ERRCODE_DUPLICATE_OBJECT
					: error == HEAL_GRAPH_MANY_NODES ||
							error == HEAL_GRAPH_MANY_EDGES ||
							error == HEAL_GRAPH_MANY_PARENTS
						? ERRCODE_CONFIGURATION_LIMIT_EXCEEDED
						: ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("%s: %s", what, heal_graph_error_text(error)),
			cycle[0] != '\0' ? errdetail("The cycle would be %s.", cycle) : 0,
			heal_graph_error_hint(error) != NULL
				? errhint("%s", heal_graph_error_hint(error))
				: 0);
}

/* Changing */

static char *
caller_name(void)
{
	return GetUserNameFromId(GetUserId(), false);
}

/* Who changes it at the same time waits for us; inside SPI, and from here on as the tables' owner. */
static HealCaller
begin_change(HealCausalModel **model)
{
	HealCaller caller;
	char *problem;

	heal_refuse_restricted();
	if (IsolationUsesXactSnapshot())
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("the causal graph cannot be changed in a transaction that "
				   "is %s",
				   XactIsoLevel == XACT_SERIALIZABLE ? "serializable"
													 : "repeatable read"),
			errdetail("It would not see what others have changed, and two "
					  "edges could close a cycle."),
			errhint("SET TRANSACTION ISOLATION LEVEL READ COMMITTED first."));
	SPI_connect();
	caller = heal_become_table_owner("causal_node_change");
	heal_query(
		"LOCK TABLE selfheal.causal_node_change, selfheal.causal_edge_change IN SHARE ROW EXCLUSIVE MODE",
		0, NULL, NULL);
	*model = palloc(sizeof(HealCausalModel));
	/* what is learned must not become what somebody is held to have said */
	(void) heal_model_read_taught(*model, &problem);
	return caller;
}

static void
end_change(HealCaller caller, const char *kind, const char *subject,
		   const char *what)
{
	HealRequest request = {.kind = HEAL_REQUEST_AUDIT};

	/* the texts are in the memory of SPI */
	strlcpy(request.event, kind, sizeof(request.event));
	strlcpy(request.subject, subject, sizeof(request.subject));
	strlcpy(request.reason, what, sizeof(request.reason));
	heal_become_caller(caller);
	SPI_finish();
	strlcpy(request.by, caller_name(), sizeof(request.by));
	if (heal_shmem_ready())
		heal_request_add(&request);
}

/* The shipped or changed one that is there, for what is null. */
static void
keep_node(HealNodeChange *change, const HealCausalModel *model)
{
	int node = heal_network_node(&model->graph, change->node.id);
	const HealNodeSigns *signs = &model->signs[node];

	change->node = model->graph.node[node];
	if (change->metric[0] != '\0')
		return;
	memcpy(change->metric, signs->metric, sizeof(change->metric));
	change->low = signs->low;
}

/* What is not null: name, type, probability, origin. */
static void
take_node(HealNode *node, FunctionCallInfo fcinfo, const HealCausalModel *model)
{
	if (!PG_ARGISNULL(1))
	{
		char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

		if (strlen(name) >= sizeof(node->name))
			refuse(HEAL_GRAPH_LONG_NAME, node->id, model, NULL, NULL);
		strlcpy(node->name, name, sizeof(node->name));
	}
	if (!PG_ARGISNULL(2))
		node->type = (HealNodeType) type_argument(
			text_to_cstring(PG_GETARG_TEXT_PP(2)), heal_node_type_of,
			node_type_name, HEAL_NODE_TYPES, "nodes");
	if (!PG_ARGISNULL(3))
		node->leak = PG_GETARG_FLOAT8(3);
	if (!PG_ARGISNULL(4))
		node->origin = PG_GETARG_BOOL(4);
}

/*
 * (node, name, type, probability, origin, metric, direction): as a new one, or in place of one that exists, of which
 * what is null stays as it is
 */
static void
put_node(FunctionCallInfo fcinfo, bool exists)
{
	char *by = caller_name();
	HealNodeChange change = {0};
	HealCausalModel *model;
	HealCaller caller;

	take_id(change.node.id,
			heal_argument_text(fcinfo, 0, "the name of the node"));
	take_metric(&change, fcinfo);
	caller = begin_change(&model);
	if (exists)
		keep_node(&change, model);
	else if (heal_graph_find(&model->graph, change.node.id) >= 0)
		refuse(HEAL_GRAPH_NODE_EXISTS, change.node.id, model, NULL, NULL);
	else
		strlcpy(change.node.name, change.node.id, sizeof(change.node.name));
	take_node(&change.node, fcinfo, model);
	refuse(heal_model_change_node(model, &change), change.node.id, model, NULL,
		   NULL);
	heal_model_write_node(&change, by);
	end_change(caller, exists ? "causal_node_changed" : "causal_node_added",
			   change.node.id,
			   psprintf("%s, %s, probability %g", change.node.name,
						heal_node_type_name(change.node.type),
						change.node.leak));
}

Datum
selfheal_add_causal_node(PG_FUNCTION_ARGS)
{
	put_node(fcinfo, false);
	PG_RETURN_VOID();
}

Datum
selfheal_update_causal_node(PG_FUNCTION_ARGS)
{
	put_node(fcinfo, true);
	PG_RETURN_VOID();
}

/* Shipped ones are written down as taken out, lest they come back when the node does. */
static void
remove_edges_of(const HealGraph *graph, int node, const char *by)
{
	for (int i = 0; i < graph->edges; i++)
	{
		const HealEdge *edge = &graph->edge[i];
		HealEdgeChange change = {.removed = true};

		if (edge->from != node && edge->to != node)
			continue;
		strlcpy(change.from, graph->node[edge->from].id, HEAL_NODE_ID);
		strlcpy(change.to, graph->node[edge->to].id, HEAL_NODE_ID);
		heal_model_remove_edge(&change, by);
	}
}

Datum
selfheal_remove_causal_node(PG_FUNCTION_ARGS)
{
	char *by = caller_name();
	char *id = heal_argument_text(fcinfo, 0, "the name of the node");
	HealNodeChange change = {.removed = true};
	HealCausalModel *model;
	HealCaller caller = begin_change(&model);

	remove_edges_of(&model->graph, heal_network_node(&model->graph, id), by);
	strlcpy(change.node.id, id, sizeof(change.node.id));
	heal_model_remove_node(&change, by);
	end_change(caller, "causal_node_removed", id, "with its edges");
	PG_RETURN_VOID();
}

/* Of an edge: a node there is. */
static void
take_end(char id[HEAL_NODE_ID], FunctionCallInfo fcinfo, int number,
		 const char *what, const HealGraph *graph)
{
	char *name = heal_argument_text(fcinfo, number, what);

	strlcpy(id, graph->node[heal_network_node(graph, name)].id, HEAL_NODE_ID);
}

/* The shipped or changed one that is there, for what is null. */
static void
keep_edge(HealEdgeChange *change, const HealGraph *graph)
{
	int number =
		heal_graph_find_edge(graph, heal_graph_find(graph, change->from),
							 heal_graph_find(graph, change->to));
	const HealEdge *edge;

	if (number < 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("the causal graph has no edge from \"%s\" to \"%s\"",
					   change->from, change->to),
				errhint("selfheal.causal_edges lists them."));
	edge = &graph->edge[number];
	change->type = edge->type;
	change->probability = edge->probability;
	change->lag = edge->lag;
	change->observed = edge->observed;
}

static double
lag_argument(const Interval *lag)
{
	return (double) lag->time / HEAL_SECOND +
		   86400.0 * (lag->day + 30.0 * lag->month);
}

/* What is not null: probability, type, lag, observed count. */
static void
take_edge(HealEdgeChange *change, FunctionCallInfo fcinfo)
{
	if (!PG_ARGISNULL(2))
		change->probability = PG_GETARG_FLOAT8(2);
	if (!PG_ARGISNULL(3))
		change->type = (HealEdgeType) type_argument(
			text_to_cstring(PG_GETARG_TEXT_PP(3)), heal_edge_type_of,
			edge_type_name, HEAL_EDGE_TYPES, "edges");
	if (!PG_ARGISNULL(4))
		change->lag = lag_argument(PG_GETARG_INTERVAL_P(4));
	if (!PG_ARGISNULL(5))
		change->observed = (double) PG_GETARG_INT64(5);
	if (change->observed < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("observed_count must not be negative"),
			errhint("It is the number of incidents in which the edge acted."));
}

/* (from_node, to_node, probability, type, lag, observed_count), likewise */
static void
put_edge(FunctionCallInfo fcinfo, bool exists)
{
	char *by = caller_name();
	HealEdgeChange change = {0};
	HealCausalModel *model;
	HealCaller caller;
	char *between;

	caller = begin_change(&model);
	take_end(change.from, fcinfo, 0, "the cause", &model->graph);
	take_end(change.to, fcinfo, 1, "the effect", &model->graph);
	between = psprintf("%s -> %s", change.from, change.to);
	if (exists)
		keep_edge(&change, &model->graph);
	else if (PG_ARGISNULL(2))
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("the probability must not be null"),
			errhint(
				"Say how often the cause brings the effect about, from 0 to 1."));
	else if (heal_graph_find_edge(
				 &model->graph, heal_graph_find(&model->graph, change.from),
				 heal_graph_find(&model->graph, change.to)) >= 0)
		refuse(HEAL_GRAPH_EDGE_EXISTS, between, model, NULL, NULL);
	take_edge(&change, fcinfo);
	refuse(heal_model_change_edge(model, &change), between, model, change.from,
		   change.to);
	heal_model_write_edge(&change, by);
	end_change(caller, exists ? "causal_edge_changed" : "causal_edge_added",
			   between,
			   psprintf("%s, probability %g", heal_edge_type_name(change.type),
						change.probability));
}

Datum
selfheal_add_causal_edge(PG_FUNCTION_ARGS)
{
	put_edge(fcinfo, false);
	PG_RETURN_VOID();
}

Datum
selfheal_update_causal_edge(PG_FUNCTION_ARGS)
{
	put_edge(fcinfo, true);
	PG_RETURN_VOID();
}

Datum
selfheal_remove_causal_edge(PG_FUNCTION_ARGS)
{
	char *by = caller_name();
	HealEdgeChange change = {.removed = true};
	HealCausalModel *model;
	HealCaller caller = begin_change(&model);

	take_end(change.from, fcinfo, 0, "the cause", &model->graph);
	take_end(change.to, fcinfo, 1, "the effect", &model->graph);
	keep_edge(&change, &model->graph);
	heal_model_remove_edge(&change, by);
	end_change(caller, "causal_edge_removed",
			   psprintf("%s -> %s", change.from, change.to),
			   "it brings nothing about any more");
	PG_RETURN_VOID();
}

/* Returns how many changes there were. */
Datum
selfheal_reset_causal_graph(PG_FUNCTION_ARGS)
{
	HealCausalModel *model;
	HealCaller caller = begin_change(&model);
	int64 changes = heal_model_reset();

	end_change(caller, "causal_graph_reset", "causal graph",
			   psprintf("%lld changes taken back", (long long) changes));
	PG_RETURN_INT64(changes);
}
