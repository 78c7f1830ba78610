/*
 * evidence.c
 *		What the server shows now -> what is seen of the nodes of the causal graph.
 */
#include "cause/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SPREADS 4.0 /* away from what is usual */
#define PART_OF_USUAL 0.1

static void
clear(HealFact *fact, int count)
{
	for (int i = 0; i < count; i++)
		fact[i] = (HealFact){.says = HEAL_HIDDEN};
}

void
heal_facts_clear(HealFacts *facts)
{
	clear(facts->metric, HEAL_METRICS);
	clear(facts->failure, HEAL_FAILURE_KINDS);
	clear(facts->finding, HEAL_SCAN_KINDS);
	clear(facts->prediction, HEAL_BOUNDED_KINDS);
	clear(facts->event, HEAL_CAUSE_EVENTS);
}

int
heal_fact_direction(double value, double usual, double spread,
					double difference)
{
	double far =
		fmax(fmax(difference, SPREADS * spread), PART_OF_USUAL * fabs(usual));

	if (!(fabs(value - usual) > far))
		return 0;
	return value > usual ? 1 : -1;
}

void
heal_facts_conclude(HealFacts *facts)
{
	const HealFact *depth = &facts->metric[HEAL_METRIC_LOCK_DEPTH];
	HealFact *hot = &facts->event[HEAL_CAUSE_HOT_ROWS];
	bool proven = false, doubtful = false;

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		if (!heal_failures[kind].blocks)
			continue;
		proven |= facts->failure[kind].says == 1;
		doubtful |= facts->failure[kind].says == HEAL_HIDDEN;
	}
	*hot = (HealFact){.says = HEAL_HIDDEN};
	if (proven || depth->says == 0 || (depth->says == 1 && depth->low))
		hot->says = 0;
	else if (depth->says == 1 && !doubtful)
		*hot = (HealFact){.says = 1, .since = depth->since};
}

/* NULL = there is no such thing. */
static const HealFact *
fact_of(const HealFacts *facts, const HealSignal *signal)
{
	switch (signal->kind)
	{
		case HEAL_SIGNAL_HIGH:
		case HEAL_SIGNAL_LOW:
			return &facts->metric[signal->which];
		case HEAL_SIGNAL_FAILURE:
			return &facts->failure[signal->which];
		case HEAL_SIGNAL_FINDING:
			return &facts->finding[signal->which];
		case HEAL_SIGNAL_PREDICTION:
			return &facts->prediction[signal->which];
		case HEAL_SIGNAL_EVENT:
		case HEAL_SIGNAL_STATE:
			return &facts->event[signal->which];
		case HEAL_SIGNAL_NONE:
		case HEAL_SIGNAL_KINDS:
			break;
	}
	return NULL;
}

int
heal_signal_says(const HealFacts *facts, const HealSignal *signal,
				 const HealFact **fact)
{
	const HealFact *found = fact_of(facts, signal);

	*fact = found;
	if (found == NULL)
		return HEAL_HIDDEN;
	if (found->says == 1 && signal->kind == HEAL_SIGNAL_HIGH)
		return !found->low;
	if (found->says == 1 && signal->kind == HEAL_SIGNAL_LOW)
		return found->low;
	return found->says;
}

/* Whether the one errs less than the other when it says that something is there. */
static bool
is_more_telling(const HealSignal *one, const HealSignal *other)
{
	return heal_signal_clue(one->kind)->false_alarm <
		   heal_signal_clue(other->kind)->false_alarm;
}

/* One more signal of the node. */
static void
hear(HealSeen *seen, const HealFacts *facts, const HealSignal *signal)
{
	const HealFact *fact;
	int says = heal_signal_says(facts, signal, &fact);

	if (says == HEAL_HIDDEN)
		return;
	if (seen->says == HEAL_HIDDEN || says > seen->says)
		*seen = (HealSeen){
			.says = (signed char) says, .by = *signal, .since = fact->since};
	else if (says == seen->says)
	{
		if (is_more_telling(signal, &seen->by))
			seen->by = *signal;
		if (fact->since != 0 && (seen->since == 0 || fact->since < seen->since))
			seen->since = fact->since;
	}
}

/* A proof that is there names a cause. That it is not there says little: the cause may do nothing yet. */
static void
hear_proofs(const HealCausalModel *model, const HealFacts *facts,
			HealSeen *seen)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		HealSignal signal = {.kind = HEAL_SIGNAL_FAILURE, .which = kind};
		const char *cause = heal_default_failures[kind].cause;
		int node;

		if (facts->failure[kind].says != 1 || cause[0] == '\0')
			continue;
		node = heal_graph_find(&model->graph, cause);
		if (node >= 0)
			hear(&seen[node], facts, &signal);
	}
}

int
heal_node_signals(const HealNodeSigns *signs, HealSignal *signal)
{
	if (signs->metric[0] == '\0')
	{
		memcpy(signal, signs->signal, sizeof(signs->signal));
		return HEAL_NODE_SIGNALS;
	}
	signal[0] =
		(HealSignal){.kind = signs->low ? HEAL_SIGNAL_LOW : HEAL_SIGNAL_HIGH,
					 .which = heal_metric_lookup(signs->metric)};
	return signal[0].which >= 0 ? 1 : 0;
}

static void
hear_all(const HealNodeSigns *signs, const HealFacts *facts, HealSeen *seen)
{
	HealSignal signal[HEAL_NODE_SIGNALS];
	int count = heal_node_signals(signs, signal);

	*seen = (HealSeen){.says = HEAL_HIDDEN};
	for (int i = 0; i < count; i++)
		hear(seen, facts, &signal[i]);
}

void
heal_evidence_gather(const HealCausalModel *model, const HealFacts *facts,
					 HealObservations *observations, HealSeen *seen)
{
	for (int i = 0; i < model->graph.nodes; i++)
		hear_all(&model->signs[i], facts, &seen[i]);
	hear_proofs(model, facts, seen);
	heal_observations_clear(observations);
	for (int i = 0; i < model->graph.nodes; i++)
		if (seen[i].says != HEAL_HIDDEN)
			heal_observe_clue(observations, i,
							  heal_node_clue(&model->signs[i], seen[i].by.kind),
							  seen[i].says);
}

void
heal_evidence_onsets(const HealCausalModel *model, const HealSeen *seen,
					 HealTime now, double *began_at)
{
	for (int i = 0; i < model->graph.nodes; i++)
		began_at[i] = seen[i].says == 1 && seen[i].since != 0
						  ? (double) (seen[i].since - now) / HEAL_SECOND
						  : NAN;
}

/* Three digits for a small number, whole ones for a large. */
static void
number_text(double value, char *text, size_t size)
{
	snprintf(text, size, fabs(value) < 1000 ? "%.3g" : "%.0f", value);
}

static void
metric_text(const HealFact *fact, int metric, char *text, size_t size)
{
	char value[32], usual[32];

	number_text(fact->value, value, sizeof(value));
	number_text(fact->usual, usual, sizeof(usual));
	snprintf(text, size, "%s is %s, usually %s",
			 heal_metrics[metric].name ? heal_metrics[metric].name
									   : "a metric that is gone",
			 value, usual);
}

void
heal_evidence_text(const HealFacts *facts, const HealSignal *by, char *text,
				   size_t size)
{
	text[0] = '\0';
	switch (by->kind)
	{
		case HEAL_SIGNAL_HIGH:
		case HEAL_SIGNAL_LOW:
			metric_text(&facts->metric[by->which], by->which, text, size);
			break;
		case HEAL_SIGNAL_FAILURE:
			snprintf(text, size, "proven: %s", heal_failures[by->which].title);
			break;
		case HEAL_SIGNAL_FINDING:
			snprintf(text, size, "scans found: %s",
					 heal_scan_kinds[by->which].name);
			break;
		case HEAL_SIGNAL_PREDICTION:
			snprintf(text, size, "predicted: %s runs out",
					 heal_bounded_kinds[by->which].name);
			break;
		case HEAL_SIGNAL_EVENT:
		case HEAL_SIGNAL_STATE:
			snprintf(text, size, "%s", heal_cause_events[by->which].sentence);
			break;
		case HEAL_SIGNAL_NONE:
		case HEAL_SIGNAL_KINDS:
			break;
	}
}
