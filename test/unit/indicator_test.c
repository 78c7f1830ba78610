/*
 * indicator_test.c
 *		A leading indicator is something seen with certainty and since a known moment, that leads to others and is neither a
 *		failure nor a forecast.
 */
#include "cause/indicator.h"

#include <math.h>

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)

static HealCausalModel model;
static HealFacts facts;
static HealObservations observations;
static HealSeen seen[HEAL_GRAPH_NODES];

static bool
leads(const char *id)
{
	int node = heal_graph_find(&model.graph, id);

	heal_evidence_gather(&model, &facts, &observations, seen);
	return heal_is_indicator(&model.graph, &seen[node], node, NOW);
}

static void
begin(void)
{
	heal_model_default(&model);
	heal_facts_clear(&facts);
}

static void
anomalies_are_some(void)
{
	HealFact *fact = &facts.metric[HEAL_METRIC_ARCHIVE_FAILURES];

	begin();
	ok(!leads("archive_failing"), "nothing is seen");
	*fact = (HealFact){.says = 1, .since = NOW - 5, .certainty = 0.8};
	ok(leads("archive_failing"), "an anomaly of what leads to others");
	is_double(seen[heal_graph_find(&model.graph, "archive_failing")].certainty,
			  0.8, 0, "is as certain as that");
	fact->certainty = 0;
	ok(!leads("archive_failing"), "a metric that is merely away is none");
	fact->certainty = 0.8;
	fact->since = 0;
	ok(!leads("archive_failing"), "nor what nobody knows the beginning of");
	fact->since = NOW + 1;
	ok(!leads("archive_failing"), "nor what is yet to begin");
	begin();
	facts.metric[HEAL_METRIC_SLOTS_LOST] =
		(HealFact){.says = 1, .since = NOW - 5, .certainty = 1};
	ok(!leads("data_loss_risk"), "nor what leads to nothing");
}

static void
the_surest_sign_counts(void)
{
	begin();
	facts.metric[HEAL_METRIC_ARCHIVE_FAILURES] =
		(HealFact){.says = 1, .since = NOW - 5, .certainty = 0.7};
	facts.metric[HEAL_METRIC_ARCHIVE_AGE] =
		(HealFact){.says = 1, .since = NOW - 9, .certainty = 0.9};
	ok(leads("archive_failing"), "two signs of one node");
	is_double(seen[heal_graph_find(&model.graph, "archive_failing")].certainty,
			  0.9, 0, "are as certain as the surer one");
}

static void
proofs_and_forecasts_are_none(void)
{
	begin();
	facts.failure[HEAL_SLOT_RETAINS_WAL] =
		(HealFact){.says = 1, .since = NOW - 5, .certainty = 1};
	ok(!leads("inactive_slot"), "a failure has its diagnosis");
	begin();
	facts.metric[HEAL_METRIC_SLOTS_INACTIVE] =
		(HealFact){.says = 1, .since = NOW - 5, .certainty = 0.8};
	ok(leads("inactive_slot"), "a slot nobody reads is one before it fails");
	begin();
	facts.prediction[HEAL_BOUNDED_CONNECTIONS] =
		(HealFact){.says = 1, .since = NOW - 5, .certainty = 1};
	ok(!leads("max_connections_low"), "a forecast is a prediction already");
}

static void
what_lasts_is_not_over(void)
{
	ok(heal_indicator_lasts(30, 30, 0), "as it was when that was said");
	ok(heal_indicator_lasts(90, 30, 0), "or worse");
	ok(heal_indicator_lasts(16, 30, 0), "or nearer to that than to usual");
	ok(!heal_indicator_lasts(0, 30, 0), "back to usual it is over");
	ok(!heal_indicator_lasts(15, 30, 0), "or half way");
	ok(heal_indicator_lasts(2, 3, 10), "what is low lasts likewise");
	ok(!heal_indicator_lasts(10, 3, 10), "and is over likewise");
	ok(heal_indicator_lasts((double) NAN, 30, 0),
	   "what is not known is not over");
}

int
main(void)
{
	anomalies_are_some();
	the_surest_sign_counts();
	proofs_and_forecasts_are_none();
	what_lasts_is_not_over();
	return done_testing();
}
