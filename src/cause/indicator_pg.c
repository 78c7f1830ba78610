/*
 * indicator_pg.c
 *		What will follow from leading indicators, in the engine.
 *
 * Of what an open failure shows or brings, the diagnosis of that failure tells.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/due.h"
#include "cause/foresight_pg.h"
#include "cause/indicator.h"
#include "cause/indicator_pg.h"
#include "detect/anomaly_pg.h"

#define AGAIN_AFTER HEAL_MINUTE /* an indicator is asked about */
#define AT_ONCE 3
#define LOOK_EVERY (10 * HEAL_SECOND)

/* The one that was asked about longest ago, if that is due; -1 = none. */
static int
next_indicator(const HealQuestion *question, const HealTime *asked_at,
			   const bool *of_failure, HealIndicator *indicator)
{
	HealIndicator found;
	int next = -1;

	for (int i = 0; i < question->model.graph.nodes; i++)
	{
		if (of_failure[i] ||
			!heal_due(asked_at[i], AGAIN_AFTER, question->asked_at) ||
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
	HealGround ground = {.cause = node,
						 .since = indicator->since,
						 .probability = indicator->confidence,
						 .foresight = {.seen_since = indicator->since,
									   .value = fact->value,
									   .usual = fact->usual}};

	heal_evidence_text(&question->facts, &indicator->by,
					   ground.foresight.indicator,
					   sizeof(ground.foresight.indicator));
	strlcpy(ground.foresight.metric, heal_metrics[indicator->by.which].name,
			sizeof(ground.foresight.metric));
	heal_foresee(question, &ground);
}

static void
foresee_from_all(HealQuestion *question)
{
	/* by number of the node: where one was put in or taken out, others are asked about a minute sooner or later */
	static HealTime asked_at[HEAL_GRAPH_NODES];
	HealOpenFailures *open = heal_open_failures_copy();
	bool of_failure[HEAL_GRAPH_NODES];
	HealIndicator indicator;
	int node;

	heal_open_failures_reach(open, &question->model.graph, of_failure);
	pfree(open);
	for (int asked = 0; asked < AT_ONCE; asked++)
	{
		node = next_indicator(question, asked_at, of_failure, &indicator);
		if (node < 0)
			break;
		asked_at[node] = question->asked_at;
		foresee_from(question, node, &indicator);
	}
}

/* Most of the time no anomaly is open. */
void
heal_indicators_look(void)
{
	static HealTime looked_at = 0;
	HealTime now = GetCurrentTimestamp();
	HealQuestion *question;

	if (heal_alarm_record().begun_at == 0 ||
		!heal_due(looked_at, LOOK_EVERY, now))
		return;
	looked_at = now;
	question = heal_question_of_engine();
	if (question != NULL)
		foresee_from_all(question);
	heal_question_end(question);
}
