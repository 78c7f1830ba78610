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
#define INDICATOR_EVERY HEAL_MINUTE /* each of them is asked about */

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

/* The one that was asked about longest ago, if that is due; -1 = none. */
static int
next_indicator(const HealQuestion *question, const HealTime *asked_at)
{
	int next = -1;

	for (int i = 0; i < question->model.graph.nodes; i++)
	{
		HealTime since = question->asked_at - asked_at[i];

		/* a clock that was set back must not make it wait */
		if ((since >= INDICATOR_EVERY || since < 0) &&
			heal_is_indicator(&question->model.graph, &question->seen[i], i,
							  question->asked_at) &&
			(next < 0 || asked_at[i] < asked_at[next]))
			next = i;
	}
	return next;
}

void
heal_cascade_foresee_early(HealQuestion *question)
{
	/* by number of the node: where one was put in or taken out, others are asked about a minute sooner or later */
	static HealTime asked_at[HEAL_GRAPH_NODES];
	Ground ground = {.cause = next_indicator(question, asked_at)};
	const HealSeen *seen;

	if (ground.cause < 0)
		return;
	asked_at[ground.cause] = question->asked_at;
	seen = &question->seen[ground.cause];
	ground.since = ground.cascade.seen_since = seen->since;
	ground.probability = seen->certainty;
	heal_evidence_text(&question->facts, &seen->by, ground.cascade.indicator,
					   sizeof(ground.cascade.indicator));
	if (seen->by.kind == HEAL_SIGNAL_HIGH || seen->by.kind == HEAL_SIGNAL_LOW)
	{
		const HealFact *fact = &question->facts.metric[seen->by.which];

		strlcpy(ground.cascade.metric, heal_metrics[seen->by.which].name,
				sizeof(ground.cascade.metric));
		ground.cascade.value = fact->value;
		ground.cascade.usual = fact->usual;
	}
	foresee(question, &ground);
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

	if (ended->failure != 0)
		snprintf(ground, sizeof(ground), "failure %lld",
				 (long long) ended->failure);
	else
		snprintf(ground, sizeof(ground), "\"%s\"", ended->cause_name);
	snprintf(text, sizeof(text), "prediction %lld %s after %s: \"%s\", of %s",
			 (long long) ended->id,
			 heal_prediction_state_name((HealPredictionState) ended->state),
			 heal_duration_format(ended->ended_at - ended->opened_at, stood),
			 ended->effect_name, ground);
	heal_event_log(came_true ? "prediction_came_true" : "prediction_ended",
				   came_true ? "warning" : "info", ended->effect, text);
}

static bool
metric_lasts(const HealFacts *facts, const HealCascade *cascade)
{
	int metric = heal_metric_lookup(cascade->metric);

	return metric >= 0 &&
		   heal_indicator_lasts(facts->metric[metric].says == HEAL_HIDDEN
									? NAN
									: facts->metric[metric].value,
								cascade->value, cascade->usual);
}

static bool
ground_stands(const Look *look, const Failures *failures,
			  const HealCascade *cascade)
{
	int cause;

	if (cascade->failure != 0)
		return is_open(failures, cascade->failure);
	cause = heal_graph_find(&look->model.graph, cascade->cause);
	return cause >= 0 &&
		   (look->seen[cause].says == 1 || metric_lasts(&look->facts, cascade));
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
		if (book->open[i].id != 0 && book->open[i].failure != 0 &&
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
