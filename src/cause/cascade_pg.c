/*
 * cascade_pg.c
 *		What will follow from the cause of a failure, in the engine.
 *
 * Said is only what can be seen and is not, so that it can be told whether it came.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "cause/cascade_pg.h"
#include "cause/facts_pg.h"
#include "cause/model_pg.h"
#include "detect/failure_proof.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "predict/predict_pg.h"

#define LOOK_EVERY (10 * HEAL_SECOND)

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
	char text[2 * HEAL_NODE_NAME + 160];

	heal_cascade_describe(cascade, now, text, sizeof(text));
	heal_event_log("prediction_opened", "info", cascade->effect, text);
}

/* Seconds since the cause is there, for all that is known. */
static double
age_of(const HealQuestion *question, const HealFailure *failure, int cause)
{
	HealTime since =
		question->seen[cause].says == 1 ? question->seen[cause].since : 0;

	if (since == 0 || failure->since < since)
		since = failure->since;
	return since < question->asked_at
			   ? (double) (question->asked_at - since) / HEAL_SECOND
			   : 0;
}

/* The failure is proven, so its symptom is there. */
static int
ask(HealQuestion *question, int symptom, int cause, double age,
	HealConsequence *consequence)
{
	signed char known = question->observations.known[symptom];
	HealInferStatus status;
	int count;

	question->observations.known[symptom] = 1;
	status = heal_answer_cascade(&question->answerer, &question->model.graph,
								 &question->observations, cause, age,
								 consequence, &count);
	question->observations.known[symptom] = known;
	/* of an approximation nobody can say how wrong it is */
	return status == HEAL_INFER_EXACT ? count : 0;
}

static void
say(const HealQuestion *question, const HealFailure *failure,
	const HealDiagnosis *diagnosis, double age,
	const HealConsequence *consequence, int count)
{
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
		HealCascade cascade = {
			.failure = failure->id,
			.probability = diagnosis->confidence * consequence[i].probability,
		};

		if (cascade.probability < HEAL_CASCADE_BAR)
			break;
		if (seen->says == HEAL_HIDDEN || is_there(seen, failures, node->id))
			continue;
		strlcpy(cascade.effect, node->id, sizeof(cascade.effect));
		strlcpy(cascade.effect_name, node->name, sizeof(cascade.effect_name));
		strlcpy(cascade.cause, diagnosis->cause, sizeof(cascade.cause));
		strlcpy(cascade.cause_name, diagnosis->cause_name,
				sizeof(cascade.cause_name));
		heal_cascade_time(&cascade, now - (HealTime) (age * HEAL_SECOND),
						  consequence[i].lag, now);
		opened = heal_cascade_open(book, &cascade, &last_id, now);
		if (opened != NULL)
			tell_opened(opened, now);
	}
	heal_predict_write_cascades(book, last_id);
	pfree(failures);
	pfree(book);
}

void
heal_cascade_foresee(HealQuestion *question, const HealFailure *failure,
					 const HealDiagnosis *diagnosis)
{
	HealConsequence *consequence;
	int symptom = heal_graph_find(&question->model.graph, diagnosis->symptom);
	int cause = heal_graph_find(&question->model.graph, diagnosis->cause);
	double age;
	int count;

	if (diagnosis->trouble != HEAL_DIAGNOSED ||
		diagnosis->verdict != HEAL_CAUSE_FOUND || symptom < 0 || cause < 0)
		return;
	consequence = palloc(sizeof(HealConsequence) * HEAL_GRAPH_NODES);
	age = age_of(question, failure, cause);
	count = ask(question, symptom, cause, age, consequence);
	if (count > 0)
		say(question, failure, diagnosis, age, consequence, count);
	pfree(consequence);
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
	char text[HEAL_NODE_NAME + 160];

	snprintf(text, sizeof(text),
			 "prediction %lld %s after %s: \"%s\", of failure %lld",
			 (long long) ended->id,
			 heal_prediction_state_name((HealPredictionState) ended->state),
			 heal_duration_format(ended->ended_at - ended->opened_at, stood),
			 ended->effect_name, (long long) ended->failure);
	heal_event_log(came_true ? "prediction_came_true" : "prediction_ended",
				   came_true ? "warning" : "info", ended->effect, text);
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
				is_open(failures, cascade->failure), now, &ended))
			tell_ended(&ended);
	}
	pfree(now_seen);
}

static bool
some_failure_is_over(const HealCascadeBook *book, const Failures *failures)
{
	for (int i = 0; i < HEAL_CASCADES; i++)
		if (book->open[i].id != 0 && !is_open(failures, book->open[i].failure))
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
