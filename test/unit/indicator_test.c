/*
 * indicator_test.c
 *		A leading indicator is an anomaly that opened at a known moment, of what leads to others and neither a failure nor a
 *		forecast shows.
 */
#include "cause/indicator.h"

#include <math.h>

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)

static HealCausalModel model;
static HealFacts facts;
static HealIndicator indicator;

static bool
leads(const char *id)
{
	return heal_indicator_find(
		&model, &facts, heal_graph_find(&model.graph, id), NOW, &indicator);
}

static HealFact
anomaly(HealTime ago, double confidence)
{
	return (HealFact){.says = 1,
					  .since = NOW - ago,
					  .confidence = confidence,
					  .value = 3,
					  .usual = 0};
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
	*fact = anomaly(5, 0.8);
	ok(leads("archive_failing"), "an anomaly of what leads to others");
	is_double(indicator.confidence, 0.8, 0, "is as certain as that");
	ok(indicator.since == NOW - 5, "since that opened");
	fact->confidence = 0;
	ok(!leads("archive_failing"), "a metric that is merely away is none");
	*fact = anomaly(5, 0.8);
	fact->since = 0;
	ok(!leads("archive_failing"), "nor what nobody knows the beginning of");
	*fact = anomaly(-1, 0.8);
	ok(!leads("archive_failing"), "nor what is yet to begin");
	*fact = anomaly(5, 0.8);
	fact->low = true;
	ok(!leads("archive_failing"), "nor what went the other way");
	*fact = anomaly(5, 0.8);
	fact->value = 0;
	ok(!leads("archive_failing"), "nor what is as usual again");
	begin();
	facts.metric[HEAL_METRIC_SLOTS_LOST] = anomaly(5, 1);
	ok(!leads("data_loss_risk"), "nor what leads to nothing");
}

/* Moment, confidence and metric are of one of them. */
static void
the_surest_sign_counts(void)
{
	begin();
	facts.metric[HEAL_METRIC_ARCHIVE_FAILURES] = (HealFact){.says = 1};
	facts.metric[HEAL_METRIC_ARCHIVE_AGE] = anomaly(9, 0.7);
	ok(leads("archive_failing"), "one of two signs is an anomaly");
	is_int(indicator.by.which, HEAL_METRIC_ARCHIVE_AGE, "it is that one");
	facts.metric[HEAL_METRIC_ARCHIVE_FAILURES] = anomaly(5, 0.9);
	leads("archive_failing");
	is_int(indicator.by.which, HEAL_METRIC_ARCHIVE_FAILURES, "or the surer");
	ok(indicator.since == NOW - 5, "with its own moment");
}

static void
users_say_which_metric(void)
{
	HealNodeChange change = {.node = {.type = HEAL_NODE_RESOURCE},
							 .metric = "replication_slots_inactive"};

	begin();
	facts.metric[HEAL_METRIC_SLOTS_INACTIVE] = anomaly(5, 0.9);
	ok(leads("inactive_slot"), "a slot nobody reads is one before it fails");
	change.node = model.graph.node[heal_graph_find(&model.graph, "disk_slow")];
	heal_model_change_node(&model, &change);
	ok(leads("disk_slow"), "so is a node that a user sees by it");
	facts.metric[HEAL_METRIC_DISK_WRITE_LATENCY] = anomaly(5, 0.9);
	facts.metric[HEAL_METRIC_SLOTS_INACTIVE].says = 0;
	ok(!leads("disk_slow"), "and by nothing else");
}

static void
proofs_and_forecasts_are_none(void)
{
	begin();
	facts.failure[HEAL_SLOT_RETAINS_WAL] = anomaly(5, 0);
	facts.metric[HEAL_METRIC_SLOTS_INACTIVE] = anomaly(5, 0.9);
	ok(!leads("inactive_slot"), "a failure has its diagnosis");
	begin();
	facts.failure[HEAL_LOCK_PILEUP_IDLE] = anomaly(5, 0);
	facts.metric[HEAL_METRIC_LONGEST_IDLE_IN_TRANSACTION] = anomaly(5, 0.9);
	ok(!leads("idle_in_transaction"), "so has the cause that its proof names");
	begin();
	facts.prediction[HEAL_BOUNDED_SLOT_WAL] = anomaly(5, 0);
	facts.metric[HEAL_METRIC_SLOT_RETAINED_WAL] = anomaly(5, 0.9);
	ok(!leads("wal_accumulation"), "a forecast is a prediction already");
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
	users_say_which_metric();
	proofs_and_forecasts_are_none();
	what_lasts_is_not_over();
	return done_testing();
}
