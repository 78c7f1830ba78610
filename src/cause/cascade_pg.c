/*
 * cascade_pg.c
 *		What will follow from the cause of a failure, or from a leading indicator, in the engine.
 *
 * Said is only what can be seen and is not, so that it can be told whether it came.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "cause/cascade_pg.h"
#include "cause/facts_pg.h"
#include "cause/indicator.h"
#include "cause/model_pg.h"
#include "detect/failure_proof.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "predict/predict_pg.h"

#define LOOK_EVERY (10 * HEAL_SECOND)
#define AGAIN_AFTER HEAL_MINUTE /* an indicator is asked about */
#define INDICATORS_AT_ONCE 3

typedef struct Failures
{
	int count;
	HealFailure open[HEAL_MAX_FAILURES];
} Failures;

/* What is seen now, without the memory of an answer. */
typedef struct Look
{
	HealCausalModel model;
	HealFacts facts;
	HealObservations observations;
	HealSeen seen[HEAL_GRAPH_NODES];
} Look;

static Failures *
open_failures(void)
{
	Failures *failures = palloc(sizeof(Failures));

	failures->count = heal_ledger_copy_open_failures(failures->open);
	return failures;
}

static bool
is_open(const Failures *failures, int64 id)
{
	for (int i = 0; i < failures->count; i++)
		if (failures->open[i].id == id)
			return true;
	return false;
}

/* A failure shows in its symptom, also where no metric says so yet. */
static bool
is_there(const HealSeen *seen, const Failures *failures, const char *node)
{
	for (int i = 0; i < failures->count; i++)
		if (failures->open[i].status != HEAL_FAILURE_WATCHING &&
			strcmp(heal_default_failures[failures->open[i].kind].symptom,
				   node) == 0)
			return true;
	return seen->says == 1;
}

/* Saying */

static void
tell_opened(const HealCascade *cascade, HealTime now)
{
	char text[2 * HEAL_NODE_NAME + HEAL_INDICATOR_TEXT + 160];

	heal_cascade_describe(cascade, now, text, sizeof(text));
	heal_event_log("prediction_opened", "info", cascade->effect, text);
}

/* What predictions stand on. */
typedef struct Ground
{
	int cause;
	HealTime since;		 /* when the cause began, for all that is known */
	double probability;	 /* that it is the cause */
	HealCascade cascade; /* what all of them have in common */
} Ground;

/* The failure may have been seen before its cause. */
static HealTime
began(const HealSeen *cause, const HealFailure *failure)
{
	return cause->says == 1 && cause->since != 0 &&
				   cause->since < failure->since
			   ? cause->since
			   : failure->since;
}

static double
age_of(const Ground *ground, HealTime now)
{
	return ground->since < now ? (double) (now - ground->since) / HEAL_SECOND
							   : 0;
}

static int
ask(HealQuestion *question, const Ground *ground, HealConsequence *consequence)
{
	int count;
	HealInferStatus status = heal_answer_cascade(
		&question->answerer, &question->model.graph, &question->observations,
		ground->cause, age_of(ground, question->asked_at), consequence, &count);

	/* of an approximation nobody can say how wrong it is */
	return status == HEAL_INFER_EXACT ? count : 0;
}

static void
say(const HealQuestion *question, const Ground *ground,
	const HealConsequence *consequence, int count)
{
	const HealNode *cause = &question->model.graph.node[ground->cause];
	HealCascadeBook *book = palloc(sizeof(HealCascadeBook));
	Failures *failures = open_failures();
	HealTime now = question->asked_at;
	int64 last_id;

	heal_predict_read_cascades(book, &last_id);
	for (int i = 0; i < count; i++)
	{
		const HealNode *node = &question->model.graph.node[consequence[i].node];
		const HealSeen *seen = &question->seen[consequence[i].node];
		const HealCascade *opened;
		HealCascade cascade = ground->cascade;

		cascade.probability = ground->probability * consequence[i].probability;
		if (cascade.probability < HEAL_CASCADE_BAR)
			break;
		if (seen->says == HEAL_HIDDEN || is_there(seen, failures, node->id))
			continue;
		strlcpy(cascade.effect, node->id, sizeof(cascade.effect));
		strlcpy(cascade.effect_name, node->name, sizeof(cascade.effect_name));
		strlcpy(cascade.cause, cause->id, sizeof(cascade.cause));
		strlcpy(cascade.cause_name, cause->name, sizeof(cascade.cause_name));
		heal_cascade_time(&cascade, Min(ground->since, now), consequence[i].lag,
						  now);
		opened = heal_cascade_open(book, &cascade, &last_id, now);
		if (opened != NULL)
			tell_opened(opened, now);
	}
	heal_predict_write_cascades(book, last_id);
	pfree(failures);
	pfree(book);
}

static void
foresee(HealQuestion *question, const Ground *ground)
{
	HealConsequence *consequence =
		palloc(sizeof(HealConsequence) * HEAL_GRAPH_NODES);
	int count = ask(question, ground, consequence);

	if (count > 0)
		say(question, ground, consequence, count);
	pfree(consequence);
}

void
heal_cascade_foresee(HealQuestion *question, const HealFailure *failure,
					 const HealDiagnosis *diagnosis)
{
	int symptom = heal_graph_find(&question->model.graph, diagnosis->symptom);
	Ground ground = {
		.cause = heal_graph_find(&question->model.graph, diagnosis->cause),
		.probability = diagnosis->confidence,
		.cascade.failure = failure->id,
	};
	signed char known;

	if (diagnosis->trouble != HEAL_DIAGNOSED ||
		diagnosis->verdict != HEAL_CAUSE_FOUND || symptom < 0 ||
		ground.cause < 0)
		return;
	ground.since = began(&question->seen[ground.cause], failure);
	/* the failure is proven, so its symptom is there */
	known = question->observations.known[symptom];
	question->observations.known[symptom] = 1;
	foresee(question, &ground);
	question->observations.known[symptom] = known;
}

/* What an open failure brings, by the graph, or shows by itself: the diagnosis of that is what tells of it. */
static void
mark_consequences(const HealGraph *graph, bool *of_failure)
{
	Failures *failures = open_failures();
	bool reached[HEAL_GRAPH_NODES];

	memset(of_failure, 0, sizeof(bool) * HEAL_GRAPH_NODES);
	for (int i = 0; i < failures->count; i++)
	{
		const HealFailure *failure = &failures->open[i];
		int symptom = heal_graph_find(
			graph, heal_default_failures[failure->kind].symptom);

		if (failure->status == HEAL_FAILURE_WATCHING || symptom < 0)
			continue;
		heal_graph_downstream(graph, symptom, reached);
		of_failure[symptom] = true;
		for (int node = 0; node < graph->nodes; node++)
			of_failure[node] |= reached[node];
	}
	pfree(failures);
}

/* The one that was asked about longest ago, if that is due; -1 = none. */
static int
next_indicator(const HealQuestion *question, const HealTime *asked_at,
			   const bool *of_failure, HealIndicator *indicator)
{
	HealIndicator found;
	int next = -1;

	for (int i = 0; i < question->model.graph.nodes; i++)
	{
		HealTime since = question->asked_at - asked_at[i];

		/* a clock that was set back must not make it wait */
		if (of_failure[i] || (since >= 0 && since < AGAIN_AFTER) ||
			(next >= 0 && asked_at[i] >= asked_at[next]) ||
			!heal_indicator_find(&question->model, &question->facts, i,
								 question->asked_at, &found))
			continue;
		next = i;
		*indicator = found;
	}
	return next;
}

static void
foresee_from(HealQuestion *question, int node, const HealIndicator *indicator)
{
	const HealFact *fact = &question->facts.metric[indicator->by.which];
	Ground ground = {.cause = node,
					 .since = indicator->since,
					 .probability = indicator->confidence,
					 .cascade = {.seen_since = indicator->since,
								 .value = fact->value,
								 .usual = fact->usual}};

	heal_evidence_text(&question->facts, &indicator->by,
					   ground.cascade.indicator,
					   sizeof(ground.cascade.indicator));
	strlcpy(ground.cascade.metric, heal_metrics[indicator->by.which].name,
			sizeof(ground.cascade.metric));
	foresee(question, &ground);
}

void
heal_cascade_foresee_early(HealQuestion *question)
{
	/* by number of the node: where one was put in or taken out, others are asked about a minute sooner or later */
	static HealTime asked_at[HEAL_GRAPH_NODES];
	bool of_failure[HEAL_GRAPH_NODES];
	HealIndicator indicator;
	int node;

	mark_consequences(&question->model.graph, of_failure);
	for (int asked = 0; asked < INDICATORS_AT_ONCE; asked++)
	{
		node = next_indicator(question, asked_at, of_failure, &indicator);
		if (node < 0)
			break;
		asked_at[node] = question->asked_at;
		foresee_from(question, node, &indicator);
	}
}

/* Judging */

static Look *
look(void)
{
	Look *look = palloc(sizeof(Look));

	heal_model_copy(&look->model);
	heal_facts_read(&look->facts);
	heal_evidence_gather(&look->model, &look->facts, &look->observations,
						 look->seen);
	return look;
}

static HealEffectSeen
seen_of(const Look *look, const Failures *failures, const char *effect)
{
	int node = heal_graph_find(&look->model.graph, effect);

	if (node < 0)
		return HEAL_EFFECT_UNKNOWN;
	return is_there(&look->seen[node], failures, effect) ? HEAL_EFFECT_THERE
														 : HEAL_EFFECT_ABSENT;
}

static void
tell_ended(const HealCascade *ended)
{
	bool came_true = ended->state == HEAL_PREDICTION_CAME_TRUE;
	char stood[HEAL_DURATION_SIZE];
	char ground[HEAL_NODE_NAME + 32];
	char text[2 * HEAL_NODE_NAME + 160];

	if (heal_cascade_is_early(ended))
		snprintf(ground, sizeof(ground), "\"%s\"", ended->cause_name);
	else
		snprintf(ground, sizeof(ground), "failure %lld",
				 (long long) ended->failure);
	snprintf(text, sizeof(text), "prediction %lld %s after %s: \"%s\", of %s",
			 (long long) ended->id,
			 heal_prediction_state_name((HealPredictionState) ended->state),
			 heal_duration_format(ended->ended_at - ended->opened_at, stood),
			 ended->effect_name, ground);
	heal_event_log(came_true ? "prediction_came_true" : "prediction_ended",
				   came_true ? "warning" : "info", ended->effect, text);
}

/* Also while nobody can tell: a user's node or metric is not known right after a start, nor what is being learnt anew. */
static bool
indicator_stands(const Look *look, const HealCascade *cascade)
{
	int cause = heal_graph_find(&look->model.graph, cascade->cause);
	int metric = heal_metric_lookup(cascade->metric);

	if (cause < 0 || metric < 0 || look->seen[cause].says == 1)
		return true;
	return heal_indicator_lasts(look->facts.metric[metric].says == HEAL_HIDDEN
									? NAN
									: look->facts.metric[metric].value,
								cascade->value, cascade->usual);
}

static bool
ground_stands(const Look *look, const Failures *failures,
			  const HealCascade *cascade)
{
	return heal_cascade_is_early(cascade) ? indicator_stands(look, cascade)
										  : is_open(failures, cascade->failure);
}

static void
judge(HealCascadeBook *book, const Failures *failures, HealTime now)
{
	Look *now_seen = look();

	for (int i = 0; i < HEAL_CASCADES; i++)
	{
		const HealCascade *cascade = &book->open[i];
		HealCascade ended;

		if (cascade->id != 0 &&
			heal_cascade_judge(
				book, i, seen_of(now_seen, failures, cascade->effect),
				ground_stands(now_seen, failures, cascade), now, &ended))
			tell_ended(&ended);
	}
	pfree(now_seen);
}

static bool
some_failure_is_over(const HealCascadeBook *book, const Failures *failures)
{
	for (int i = 0; i < HEAL_CASCADES; i++)
		if (book->open[i].id != 0 && !heal_cascade_is_early(&book->open[i]) &&
			!is_open(failures, book->open[i].failure))
			return true;
	return false;
}

void
heal_cascade_look(void)
{
	static HealTime looked_at = 0;
	HealTime now = GetCurrentTimestamp();
	HealCascadeBook *book;
	Failures *failures;
	int64 last_id;

	if (!heal_predict_has_cascades())
		return;
	book = palloc(sizeof(HealCascadeBook));
	heal_predict_read_cascades(book, &last_id);
	failures = open_failures();
	/* a clock that was set back must not make it wait */
	if (now - looked_at >= LOOK_EVERY || looked_at > now ||
		some_failure_is_over(book, failures))
	{
		looked_at = now;
		judge(book, failures, now);
		heal_predict_write_cascades(book, last_id);
	}
	pfree(failures);
	pfree(book);
}
