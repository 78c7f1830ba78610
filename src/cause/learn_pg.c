/*
 * learn_pg.c
 *		Incidents in tables -> a new version of the numbers of the causal graph.
 *
 * Each version is learned anew from what is shipped and taught and from all the incidents that are kept, so that one that
 * was misjudged is gone with its confirmation, and nothing drifts.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cause/incident.h"
#include "cause/learn_pg.h"
#include "cause/modeltable_pg.h"
#include "db/query.h"
#include "settings.h"

#define INCIDENTS 300 /* the confirmed ones first, then the newest */
#define ROUNDS 10
#define WORTH_A_VERSION \
	2e-3				 /* what a number moves against the version in force */
#define WORTH_A_ROW 1e-4 /* against what is shipped or taught */
#define VERSIONS_KEPT "50"

/* As one set of numbers of a graph, in the same order for each graph of the same nodes and edges. */
typedef struct Numbers
{
	HealGraph graph;
	HealClue clue[HEAL_GRAPH_NODES];
} Numbers;

typedef struct Lesson
{
	HealCausalModel taught; /* what is shipped, and users' changes */
	Numbers before;			/* the numbers of that */
	Numbers learned;
	HealIncident incident[INCIDENTS];
	HealCounts counts;
	HealInference inference;
} Lesson;

static void
take_numbers(Numbers *numbers, const HealCausalModel *model)
{
	numbers->graph = model->graph;
	for (int i = 0; i < model->graph.nodes; i++)
		numbers->clue[i] = *heal_node_clue(
			&model->signs[i], heal_node_first_kind(&model->signs[i]));
}

/* Whether clues of the node can be learned: proofs are believed as they are. */
static bool
learns_clue(const HealNodeSigns *signs)
{
	HealSignalKind kind = heal_node_first_kind(signs);

	return kind != HEAL_SIGNAL_NONE && kind != HEAL_SIGNAL_FAILURE;
}

/* A confirmed cause of which nothing was seen began nobody knows when. */
static void
take_cause(HealIncident *incident, const HealGraph *graph, int cause)
{
	if (incident->known[cause] != 1 && incident->says[cause] != 1)
		heal_incident_hide_effects(incident, graph, cause);
	incident->known[cause] = 1;
	incident->weight = 1;
}

/* proven, active, quiet, confirmed, symptom */
static void
take_incident(const Lesson *lesson, HealIncident *incident, HeapTuple row)
{
	const HealGraph *graph = &lesson->taught.graph;
	char list[2048];
	int cause;

	heal_incident_clear(incident);
	heal_column_text(list, sizeof(list), row, 1);
	heal_incident_take_proven(incident, graph, list);
	heal_column_text(list, sizeof(list), row, 2);
	heal_incident_take_clues(incident, graph, list, 1);
	heal_column_text(list, sizeof(list), row, 3);
	heal_incident_take_clues(incident, graph, list, 0);
	for (int i = 0; i < graph->nodes; i++)
		if (!learns_clue(&lesson->taught.signs[i]))
			incident->says[i] = HEAL_HIDDEN;
	heal_column_text(list, HEAL_NODE_ID, row, 5);
	incident->symptom = heal_graph_find(graph, list);
	heal_column_text(list, HEAL_NODE_ID, row, 4);
	cause = heal_graph_find(graph, list);
	if (cause >= 0)
		take_cause(incident, graph, cause);
}

/* Returns how many there are. */
static int
read_incidents(Lesson *lesson)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(INCIDENTS)};
	int count = 0;

	/* a storm of one kind must not be all there is to learn from */
	heal_query(
		"SELECT i.proven, i.active, i.quiet, i.confirmed, i.symptom FROM (SELECT n.*, "
		"row_number() OVER (PARTITION BY n.confirmed ORDER BY n.confirmed_by = 'selfheal', n.at DESC) AS place "
		"FROM selfheal.incidents n WHERE n.confirmed IS NOT NULL OR n.confirmed_by IS NULL) AS i "
		"WHERE i.place <= $1 / 3 ORDER BY i.confirmed IS NULL, i.at DESC LIMIT $1",
		1, types, values);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		take_incident(lesson, &lesson->incident[count++],
					  SPI_tuptable->vals[i]);
	}
	return count;
}

static void
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* False = there is no memory. */
static bool
study(Lesson *lesson, int incidents)
{
	void *memory =
		MemoryContextAllocExtended(CurrentMemoryContext, HEAL_INFER_MEMORY,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	Numbers *learned = &lesson->learned;

	if (memory == NULL)
		return false;
	heal_inference_init(&lesson->inference, memory, HEAL_INFER_MEMORY);
	/* what the engine cannot diagnose with teaches nothing */
	lesson->inference.limit = HEAL_ENGINE_WIDTH;
	lesson->inference.arena.pause = check_interrupts;
	(void) heal_learn(&lesson->inference, &lesson->counts,
					  &lesson->before.graph, lesson->before.clue,
					  lesson->incident, incidents, ROUNDS, &learned->graph,
					  learned->clue);
	pfree(memory);
	return true;
}

/* Calls visit for every number that can be learned. */
static void
visit_numbers(const HealCausalModel *model, const Numbers *from,
			  const Numbers *to,
			  void (*visit)(void *place, const HealLearned *learned,
							double before),
			  void *place)
{
	const HealGraph *graph = &model->graph;

	for (int i = 0; i < graph->edges; i++)
	{
		HealLearned learned = {.kind = HEAL_LEARNED_PROBABILITY,
							   .value = to->graph.edge[i].probability,
							   .observed = to->graph.edge[i].observed};

		strlcpy(learned.node, graph->node[graph->edge[i].from].id,
				HEAL_NODE_ID);
		strlcpy(learned.to_node, graph->node[graph->edge[i].to].id,
				HEAL_NODE_ID);
		visit(place, &learned, from->graph.edge[i].probability);
	}
	for (int i = 0; i < graph->nodes; i++)
	{
		HealLearned learned = {.kind = HEAL_LEARNED_LEAK,
							   .value = to->graph.node[i].leak};

		strlcpy(learned.node, graph->node[i].id, HEAL_NODE_ID);
		visit(place, &learned, from->graph.node[i].leak);
		if (!learns_clue(&model->signs[i]))
			continue;
		learned.kind = HEAL_LEARNED_HIT;
		learned.value = to->clue[i].hit;
		visit(place, &learned, from->clue[i].hit);
		learned.kind = HEAL_LEARNED_FALSE_ALARM;
		learned.value = to->clue[i].false_alarm;
		visit(place, &learned, from->clue[i].false_alarm);
	}
}

static void
note_largest(void *place, const HealLearned *learned, double before)
{
	double *largest = place;

	*largest = fmax(*largest, fabs(learned->value - before));
}

/* Against the numbers in force, which may be those of another version. */
static double
moved_against_current(const Lesson *lesson)
{
	HealCausalModel *model = palloc(sizeof(HealCausalModel));
	Numbers *current = palloc(sizeof(Numbers));
	double largest = 0;
	char *problem;

	(void) heal_model_read(model, &problem);
	take_numbers(current, model);
	visit_numbers(&lesson->taught, current, &lesson->learned, note_largest,
				  &largest);
	pfree(current);
	pfree(model);
	return largest;
}

/* Writing */

static void
write_number(void *place, const HealLearned *learned, double before)
{
	HealLesson *told = place;
	Oid types[] = {INT4OID,	  TEXTOID,	 TEXTOID,	TEXTOID,
				   FLOAT8OID, FLOAT8OID, FLOAT8OID, TIMESTAMPTZOID};
	Datum values[] = {
		Int32GetDatum(told->version),
		CStringGetTextDatum(heal_learned_kind_name(learned->kind)),
		CStringGetTextDatum(learned->node),
		CStringGetTextDatum(learned->to_node),
		Float8GetDatum(before),
		Float8GetDatum(learned->value),
		Float8GetDatum(learned->observed),
		TimestampTzGetDatum(told->at),
	};

	if (fabs(learned->value - before) < WORTH_A_ROW)
		return;
	told->moved++;
	told->largest = fmax(told->largest, fabs(learned->value - before));
	heal_query(
		"INSERT INTO selfheal.causal_learned_number (version, kind, node, to_node, before, value, observed, learned_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		lengthof(types), types, values);
}

/* The newest row is in force, whatever the clock says. */
static void
use_version(int32 version, const char *by)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(version), CStringGetTextDatum(by)};

	heal_query(
		"INSERT INTO selfheal.causal_version_use (at, version, used_by, held, learned_at) "
		"SELECT greatest(clock_timestamp(), max(u.at) + interval '1 microsecond'), $1, $2, false, "
		"(SELECT v.learned_at FROM selfheal.causal_version v WHERE v.version = $1) "
		"FROM selfheal.causal_version_use u",
		2, types, values);
}

static void
write_version(const Lesson *lesson, HealLesson *told, const char *by)
{
	Oid types[] = {INT4OID, TIMESTAMPTZOID, TEXTOID, INT4OID, INT4OID};
	Datum values[lengthof(types)];

	told->version = (int32) heal_query_int8(
		"SELECT coalesce(max(v.version), 0)::bigint + 1 FROM selfheal.causal_version v",
		0, NULL, NULL, 1);
	told->at = GetCurrentTimestamp();
	values[0] = Int32GetDatum(told->version);
	values[1] = TimestampTzGetDatum(told->at);
	values[2] = CStringGetTextDatum(by);
	values[3] = Int32GetDatum(told->incidents);
	values[4] = Int32GetDatum(told->confirmed);
	heal_query(
		"INSERT INTO selfheal.causal_version (version, learned_at, learned_by, incidents, confirmed) "
		"VALUES ($1, $2, $3, $4, $5)",
		lengthof(types), types, values);
	visit_numbers(&lesson->taught, &lesson->before, &lesson->learned,
				  write_number, told);
	use_version(told->version, by);
	heal_query(
		"DELETE FROM selfheal.causal_version v WHERE v.version <= "
		"(SELECT max(w.version) FROM selfheal.causal_version w) - " VERSIONS_KEPT,
		0, NULL, NULL);
	heal_query(
		"DELETE FROM selfheal.causal_learned_number l WHERE l.version <= "
		"(SELECT max(w.version) FROM selfheal.causal_version w) - " VERSIONS_KEPT,
		0, NULL, NULL);
}

/* The version that somebody holds; -1 = nobody does. */
static int32
version_held(void)
{
	return (int32) heal_query_int8(
		"SELECT l.version::bigint FROM (SELECT u.version, u.held FROM selfheal.causal_version_use u "
		"ORDER BY u.at DESC LIMIT 1) AS l WHERE l.held",
		0, NULL, NULL, -1);
}

/* Of two at the same time the later one sees what the earlier one did, and nobody changes the graph meanwhile. */
static void
lock_tables(void)
{
	heal_query(
		"LOCK TABLE selfheal.causal_node_change, selfheal.causal_edge_change IN SHARE MODE",
		0, NULL, NULL);
	heal_query(
		"LOCK TABLE selfheal.causal_version_use, selfheal.causal_version IN SHARE ROW EXCLUSIVE MODE",
		0, NULL, NULL);
}

static void
tell_skipped(int skipped, int incidents)
{
	ereport(heal_log_at(HEAL_LOG_INFO),
			errmsg("selfheal: nothing was learned from %d of %d incidents",
				   skipped, incidents),
			errdetail("What was seen in them is impossible in the causal graph "
					  "as it is now, or it is too wide to be computed."),
			errhint("selfheal.causal_graph_changes shows how it differs from "
					"the shipped one, selfheal.incidents what was seen."));
}

HealLesson
heal_learn_incidents(const char *by, bool by_itself)
{
	Lesson *lesson =
		MemoryContextAllocExtended(CurrentMemoryContext, sizeof(Lesson),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	HealLesson told = {0};
	char *problem;
	int incidents;
	int32 held;

	lock_tables();
	held = version_held();
	if (held >= 0 && by_itself)
		return told;
	(void) heal_model_read_taught(&lesson->taught, &problem);
	take_numbers(&lesson->before, &lesson->taught);
	lesson->learned = lesson->before;
	incidents = read_incidents(lesson);
	if (incidents > 0 && !study(lesson, incidents))
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory to learn from incidents"),
				errhint("Free some memory of the machine, and try again."));
	told.incidents = lesson->counts.counted;
	told.confirmed = lesson->counts.confirmed;
	if (lesson->counts.skipped > 0)
		tell_skipped(lesson->counts.skipped, incidents);
	if (told.incidents > 0 && moved_against_current(lesson) >= WORTH_A_VERSION)
		write_version(lesson, &told, by);
	else if (held >= 0)
		use_version(held, by);
	pfree(lesson);
	return told;
}
