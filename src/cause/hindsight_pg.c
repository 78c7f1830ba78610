/*
 * hindsight_pg.c
 *		Whether what was foreseen has come, in the engine.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "base/due.h"
#include "cause/facts_pg.h"
#include "cause/foresight_pg.h"
#include "cause/hindsight_pg.h"
#include "cause/indicator.h"
#include "cause/model_pg.h"
#include "detect/failure_proof.h"
#include "history/event.h"
#include "predict/predict_pg.h"

#define LOOK_EVERY (10 * HEAL_SECOND)

/* What is seen now, without the memory of an answer. */
typedef struct Look
{
	HealCausalModel model;
	HealFacts facts;
	HealObservations observations;
	HealSeen seen[HEAL_GRAPH_NODES];
} Look;

static Look *
look(void)
{
	Look *taken = palloc(sizeof(Look));

	heal_model_copy(&taken->model);
	heal_facts_read(&taken->facts);
	heal_evidence_gather(&taken->model, &taken->facts, &taken->observations,
						 taken->seen);
	return taken;
}

static HealEffectSeen
seen_of(const Look *look, const HealOpenFailures *open, const char *effect)
{
	int node = heal_graph_find(&look->model.graph, effect);

	if (node < 0)
		return HEAL_EFFECT_UNKNOWN;
	return heal_node_is_there(&look->seen[node], open, effect)
			   ? HEAL_EFFECT_THERE
			   : HEAL_EFFECT_ABSENT;
}

static void
tell_ended(const HealForesight *ended)
{
	bool came_true = ended->state == HEAL_PREDICTION_CAME_TRUE;
	char stood[HEAL_DURATION_SIZE];
	char ground[HEAL_NODE_NAME + 32];
	char text[HEAL_FORESIGHT_SENTENCE];

	if (heal_foresight_is_of_indicator(ended))
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
indicator_stands(const Look *look, const HealForesight *foresight)
{
	int cause = heal_graph_find(&look->model.graph, foresight->cause);
	int metric = heal_metric_lookup(foresight->metric);

	if (cause < 0 || metric < 0 || look->seen[cause].says == 1)
		return true;
	return heal_indicator_lasts(look->facts.metric[metric].says == HEAL_HIDDEN
									? NAN
									: look->facts.metric[metric].value,
								foresight->value, foresight->usual);
}

static bool
ground_stands(const Look *look, const HealOpenFailures *open,
			  const HealForesight *foresight)
{
	return heal_foresight_is_of_indicator(foresight)
			   ? indicator_stands(look, foresight)
			   : heal_open_failures_have(open, foresight->failure);
}

static void
judge(HealForesightBook *book, const HealOpenFailures *open, HealTime now)
{
	Look *seen = look();

	for (int i = 0; i < HEAL_FORESIGHTS; i++)
	{
		const HealForesight *foresight = &book->open[i];
		HealForesight ended;

		if (foresight->id != 0 &&
			heal_foresight_judge(
				book, i, seen_of(seen, open, foresight->effect),
				ground_stands(seen, open, foresight), now, &ended))
			tell_ended(&ended);
	}
	pfree(seen);
}

static bool
some_failure_is_over(const HealForesightBook *book,
					 const HealOpenFailures *open)
{
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		if (book->open[i].id != 0 &&
			!heal_foresight_is_of_indicator(&book->open[i]) &&
			!heal_open_failures_have(open, book->open[i].failure))
			return true;
	return false;
}

void
heal_hindsight_look(void)
{
	static HealTime looked_at = 0;
	HealTime now = GetCurrentTimestamp();
	HealForesightBook *book;
	HealOpenFailures *open;
	int64 last_id;

	if (!heal_predict_has_foresights())
		return;
	book = palloc(sizeof(HealForesightBook));
	heal_predict_read_foresights(book, &last_id);
	open = heal_open_failures_copy();
	if (heal_due(looked_at, LOOK_EVERY, now) ||
		some_failure_is_over(book, open))
	{
		looked_at = now;
		judge(book, open, now);
		heal_predict_write_foresights(book, last_id);
	}
	pfree(open);
	pfree(book);
}
