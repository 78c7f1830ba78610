/*
 * modeltable_pg.c
 *		What users have changed of the causal graph: rows of two tables of the home database.
 *
 * The engine is in no database, so the reader of what users have added copies the graph for it. Who asks in SQL reads the
 * tables himself, and sees what his own transaction has changed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "cause/modeltable_pg.h"
#include "db/query.h"

/* Reading */

static int
take_node(HealCausalModel *model, HeapTuple tuple, char **problem)
{
	TupleDesc columns = SPI_tuptable->tupdesc;
	HealNodeChange change = {0};
	char *type = SPI_getvalue(tuple, columns, 4);
	HealGraphError error;

	heal_column_text(change.node.id, sizeof(change.node.id), tuple, 1);
	change.removed = heal_column_bool(tuple, 2);
	heal_column_text(change.node.name, sizeof(change.node.name), tuple, 3);
	change.node.type =
		(HealNodeType) (type != NULL ? heal_node_type_of(type) : 0);
	change.node.origin = heal_column_bool(tuple, 5);
	change.node.leak = heal_column_float8(tuple, 6);
	heal_column_text(change.metric, sizeof(change.metric), tuple, 7);
	change.low = heal_column_bool(tuple, 8);
	error = heal_model_change_node(model, &change);
	if (error != HEAL_GRAPH_OK && *problem == NULL)
		*problem = psprintf("node \"%s\": %s", change.node.id,
							heal_graph_error_text(error));
	return error != HEAL_GRAPH_OK;
}

static int
take_edge(HealCausalModel *model, HeapTuple tuple, char **problem)
{
	TupleDesc columns = SPI_tuptable->tupdesc;
	HealEdgeChange change = {0};
	char *type = SPI_getvalue(tuple, columns, 4);
	HealGraphError error;

	heal_column_text(change.from, sizeof(change.from), tuple, 1);
	heal_column_text(change.to, sizeof(change.to), tuple, 2);
	change.removed = heal_column_bool(tuple, 3);
	change.type = (HealEdgeType) (type != NULL ? heal_edge_type_of(type) : 0);
	change.probability = heal_column_float8(tuple, 5);
	change.lag = heal_column_float8(tuple, 6);
	change.observed = heal_column_float8(tuple, 7);
	error = heal_model_change_edge(model, &change);
	if (error != HEAL_GRAPH_OK && *problem == NULL)
		*problem = psprintf("edge \"%s\" -> \"%s\": %s", change.from, change.to,
							heal_graph_error_text(error));
	return error != HEAL_GRAPH_OK;
}

static void
take_learned(HealCausalModel *model, HeapTuple tuple)
{
	HealLearned learned = {0};
	char *kind = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1);
	int number = heal_learned_kind_lookup(kind != NULL ? kind : "");

	if (number < 0)
		return;
	learned.kind = (HealLearnedKind) number;
	heal_column_text(learned.node, sizeof(learned.node), tuple, 2);
	heal_column_text(learned.to_node, sizeof(learned.to_node), tuple, 3);
	learned.before = heal_column_float8(tuple, 4);
	learned.value = heal_column_float8(tuple, 5);
	learned.observed = heal_column_float8(tuple, 6);
	/* what is gone or is as somebody has said since stays so */
	(void) heal_model_take_learned(model, &learned);
}

static void
read_learned(HealCausalModel *model)
{
	heal_query(
		"SELECT l.kind, l.node, l.to_node, l.before, l.value, l.observed "
		"FROM selfheal.causal_learned_number l "
		"WHERE l.version = (SELECT u.version FROM selfheal.causal_version_use u "
		"ORDER BY u.at DESC LIMIT 1)",
		0, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		take_learned(model, SPI_tuptable->vals[i]);
}

int
heal_model_read(HealCausalModel *model, char **problem)
{
	int left_out = heal_model_read_taught(model, problem);

	read_learned(model);
	return left_out;
}

int
heal_model_read_taught(HealCausalModel *model, char **problem)
{
	int left_out = 0;

	*problem = NULL;
	heal_model_default(model);
	heal_query(
		"SELECT n.id, n.removed, n.name, n.type, coalesce(n.origin, false), n.probability, n.metric, "
		"coalesce(n.direction = 'low', false) "
		"FROM selfheal.causal_node_change n ORDER BY n.changed_at, n.id",
		0, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		left_out += take_node(model, SPI_tuptable->vals[i], problem);
	heal_query(
		"SELECT e.from_node, e.to_node, e.removed, e.type, e.probability, "
		"extract(epoch FROM e.lag)::float8, e.observed_count::float8 "
		"FROM selfheal.causal_edge_change e ORDER BY e.changed_at, e.from_node, e.to_node",
		0, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		left_out += take_edge(model, SPI_tuptable->vals[i], problem);
	return left_out;
}

/* Writing */

static bool
node_is_shipped(const char *id)
{
	int count;
	const HealDefaultNode *nodes = heal_default_nodes(&count);

	for (int i = 0; i < count; i++)
		if (strcmp(nodes[i].id, id) == 0)
			return true;
	return false;
}

static bool
edge_is_shipped(const char *from, const char *to)
{
	HealGraph *graph = palloc(sizeof(HealGraph));
	bool is_there;

	heal_default_graph(graph);
	is_there = heal_graph_find_edge(graph, heal_graph_find(graph, from),
									heal_graph_find(graph, to)) >= 0;
	pfree(graph);
	return is_there;
}

static void
forget_node(const char *id)
{
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(id)};

	heal_query("DELETE FROM selfheal.causal_node_change n WHERE n.id = $1", 1,
			   types, values);
}

static void
forget_edge(const char *from, const char *to)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(from), CStringGetTextDatum(to)};

	heal_query(
		"DELETE FROM selfheal.causal_edge_change e WHERE e.from_node = $1 AND e.to_node = $2",
		2, types, values);
}

void
heal_model_write_node(const HealNodeChange *change, const char *by)
{
	static const Oid types[] = {TEXTOID,   BOOLOID, TEXTOID, TEXTOID, BOOLOID,
								FLOAT8OID, TEXTOID, TEXTOID, TEXTOID};
	const HealNode *node = &change->node;
	bool seen = change->metric[0] != '\0';
	char nulls[] = "         ";
	Datum values[] = {
		CStringGetTextDatum(node->id),
		BoolGetDatum(change->removed),
		CStringGetTextDatum(node->name),
		CStringGetTextDatum(heal_node_type_name(node->type)),
		BoolGetDatum(node->origin),
		Float8GetDatum(node->leak),
		CStringGetTextDatum(change->metric),
		CStringGetTextDatum(change->low ? "low" : "high"),
		CStringGetTextDatum(by),
	};

	forget_node(node->id);
	if (change->removed)
		memset(nulls + 2, 'n', 6);
	else if (!seen)
		memset(nulls + 6, 'n', 2);
	heal_query_nulls(
		"INSERT INTO selfheal.causal_node_change "
		"(id, removed, name, type, origin, probability, metric, direction, changed_by) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		lengthof(types), types, values, nulls);
}

void
heal_model_write_edge(const HealEdgeChange *change, const char *by)
{
	static const Oid types[] = {TEXTOID,   TEXTOID,	  BOOLOID,	 TEXTOID,
								FLOAT8OID, FLOAT8OID, FLOAT8OID, TEXTOID};
	char nulls[] = "        ";
	Datum values[] = {
		CStringGetTextDatum(change->from),
		CStringGetTextDatum(change->to),
		BoolGetDatum(change->removed),
		CStringGetTextDatum(heal_edge_type_name(change->type)),
		Float8GetDatum(change->probability),
		Float8GetDatum(change->lag),
		Float8GetDatum(change->observed),
		CStringGetTextDatum(by),
	};

	forget_edge(change->from, change->to);
	if (change->removed)
		memset(nulls + 3, 'n', 4);
	heal_query_nulls(
		"INSERT INTO selfheal.causal_edge_change "
		"(from_node, to_node, removed, type, probability, lag, observed_count, changed_by) "
		"VALUES ($1, $2, $3, $4, $5, make_interval(secs => $6), $7::bigint, $8)",
		lengthof(types), types, values, nulls);
}

void
heal_model_remove_edge(const HealEdgeChange *change, const char *by)
{
	if (edge_is_shipped(change->from, change->to))
		heal_model_write_edge(change, by);
	else
		forget_edge(change->from, change->to);
}

void
heal_model_remove_node(const HealNodeChange *change, const char *by)
{
	if (node_is_shipped(change->node.id))
		heal_model_write_node(change, by);
	else
		forget_node(change->node.id);
}

int64
heal_model_reset(void)
{
	return (int64) heal_query("DELETE FROM selfheal.causal_edge_change", 0,
							  NULL, NULL) +
		   (int64) heal_query("DELETE FROM selfheal.causal_node_change", 0,
							  NULL, NULL);
}
