/*
 * foresight_pg.c
 *		What will follow from something that is known, in the engine.
 *
 * Said is only what can be seen and is not, so that it can be told whether it came.
 */
#include "postgres.h"

#include "cause/foresight_pg.h"
#include "history/event.h"
#include "predict/predict_pg.h"

static void
tell_opened(const HealForesight *foresight, HealTime now)
{
	char text[HEAL_FORESIGHT_SENTENCE];

	heal_foresight_describe(foresight, now, text, sizeof(text));
	heal_event_log("prediction_opened", "info", foresight->effect, text);
}

static double
age_of(const HealGround *ground, HealTime now)
{
	return ground->since < now ? (double) (now - ground->since) / HEAL_SECOND
							   : 0;
}

static int
ask(HealQuestion *question, const HealGround *ground,
	HealConsequence *consequence)
{
	int count;
	HealInferStatus status = heal_answer_cascade(
		&question->answerer, &question->model.graph, &question->observations,
		ground->cause, age_of(ground, question->asked_at), consequence, &count);

	/* of an approximation nobody can say how wrong it is */
	return status == HEAL_INFER_EXACT ? count : 0;
}

static HealForesight
foresight_of(const HealQuestion *question, const HealGround *ground,
			 const HealConsequence *consequence)
{
	const HealGraph *graph = &question->model.graph;
	const HealNode *effect = &graph->node[consequence->node];
	const HealNode *cause = &graph->node[ground->cause];
	HealForesight foresight = ground->foresight;

	foresight.probability = ground->probability * consequence->probability;
	strlcpy(foresight.effect, effect->id, sizeof(foresight.effect));
	strlcpy(foresight.effect_name, effect->name, sizeof(foresight.effect_name));
	strlcpy(foresight.cause, cause->id, sizeof(foresight.cause));
	strlcpy(foresight.cause_name, cause->name, sizeof(foresight.cause_name));
	heal_foresight_time(&foresight, Min(ground->since, question->asked_at),
						consequence->lag, question->asked_at);
	return foresight;
}

/* The most probable first. */
static void
say(const HealQuestion *question, const HealGround *ground,
	const HealConsequence *consequence, int count)
{
	HealForesightBook *book = palloc(sizeof(HealForesightBook));
	HealOpenFailures *open = heal_open_failures_copy();
	int64 last_id;

	heal_predict_read_foresights(book, &last_id);
	for (int i = 0; i < count; i++)
	{
		const HealSeen *seen = &question->seen[consequence[i].node];
		const HealForesight *opened;
		HealForesight foresight =
			foresight_of(question, ground, &consequence[i]);

		if (foresight.probability < HEAL_FORESIGHT_BAR)
			break;
		if (seen->says == HEAL_HIDDEN ||
			heal_node_is_there(seen, open, foresight.effect))
			continue;
		opened =
			heal_foresight_open(book, &foresight, &last_id, question->asked_at);
		if (opened != NULL)
			tell_opened(opened, question->asked_at);
	}
	heal_predict_write_foresights(book, last_id);
	pfree(open);
	pfree(book);
}

void
heal_foresee(HealQuestion *question, const HealGround *ground)
{
	HealConsequence *consequence =
		palloc(sizeof(HealConsequence) * HEAL_GRAPH_NODES);
	int count = ask(question, ground, consequence);

	if (count > 0)
		say(question, ground, consequence, count);
	pfree(consequence);
}

/* The failure may have been seen before its cause. */
static HealTime
began(const HealSeen *cause, const HealFailure *failure)
{
	return cause->says == 1 && cause->since != 0 &&
				   cause->since < failure->since
			   ? cause->since
			   : failure->since;
}

void
heal_foresee_from_failure(HealQuestion *question, const HealFailure *failure,
						  const HealDiagnosis *diagnosis)
{
	int symptom = heal_graph_find(&question->model.graph, diagnosis->symptom);
	HealGround ground = {
		.cause = heal_graph_find(&question->model.graph, diagnosis->cause),
		.probability = diagnosis->confidence,
		.foresight.failure = failure->id,
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
	heal_foresee(question, &ground);
	question->observations.known[symptom] = known;
}
