/*
 * diagnosis_test.c
 *		A diagnosis says what the answer says, in texts that always end, and is told again only when it says something else.
 */
#include "cause/diagnosis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define MEMORY ((size_t) 16 << 20)

static HealCausalModel model;
static HealFacts facts;
static HealObservations observations;
static HealSeen seen[HEAL_GRAPH_NODES];
static HealAnswerer answerer;
static HealCauseAnswer answer;
static HealDiagnosis diagnosis;
static char text[HEAL_DIAGNOSIS_TEXT + 128];

static void
diagnose(HealFailureKind kind)
{
	int symptom =
		heal_graph_find(&model.graph, heal_default_failures[kind].symptom);

	facts.failure[kind] = (HealFact){.says = 1};
	heal_evidence_gather(&model, &facts, &observations, seen);
	heal_answer_cause(&answerer, &model.graph, NULL, &observations, symptom,
					  &heal_answer_defaults, &answer);
	heal_diagnosis_tell(&diagnosis, &model, &answer, symptom, &facts, seen);
	diagnosis.id = 1;
}

static void
every_failure_has_one(void)
{
	int valid = 0, named = 0, proven = 0;

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		const char *cause = heal_default_failures[kind].cause;

		heal_facts_clear(&facts);
		diagnose((HealFailureKind) kind);
		valid += heal_diagnosis_valid(&diagnosis) &&
				 diagnosis.trouble == HEAL_DIAGNOSED;
		proven += cause[0] != '\0';
		named += cause[0] != '\0' && diagnosis.verdict != HEAL_CAUSE_UNKNOWN &&
				 strcmp(diagnosis.cause, cause) == 0;
	}
	is_int(valid, HEAL_FAILURE_KINDS, "every failure has a diagnosis");
	is_int(named, proven, "where the proof names the cause, that comes first");
}

static void
words(void)
{
	heal_facts_clear(&facts);
	diagnose(HEAL_LOCK_PILEUP_IDLE);
	is_string(diagnosis.path, "idle_in_transaction -> lock_waits", "a path");
	is_string(diagnosis.evidence,
			  "proven: lock pile-up behind an idle transaction",
			  "what was seen on it");
	heal_diagnosis_sentence(&diagnosis, text, sizeof(text));
	ok(strncmp(text, "Session idle in transaction (", 29) == 0 &&
		   strstr(text, " %): idle_in_transaction -> lock_waits") != NULL,
	   "a sentence");
	is_string(heal_diagnosis_verdict(&diagnosis), "found", "a verdict");
	diagnosis.verdict = HEAL_CAUSE_UNSURE;
	heal_diagnosis_sentence(&diagnosis, text, sizeof(text));
	ok(strncmp(text, "perhaps ", 8) == 0, "that may be unsure");
	diagnosis.verdict = HEAL_CAUSE_UNKNOWN;
	heal_diagnosis_sentence(&diagnosis, text, sizeof(text));
	is_string(text, "nothing known explains it", "or know nothing");
	for (int i = 1; i < HEAL_DIAGNOSIS_TROUBLES; i++)
	{
		diagnosis.trouble = i;
		heal_diagnosis_sentence(&diagnosis, text, sizeof(text));
		ok(strncmp(text, "not computed, as ", 17) == 0, "or say why not");
	}
	is_string(heal_diagnosis_verdict(&diagnosis), "not computed",
			  "which is no verdict about causes");
}

/* The longest names there can be, and more causes than have room. */
static void
long_names(void)
{
	HealNodeChange node = {.node = {.leak = 0.1}};
	HealEdgeChange edge = {.probability = 0.9};
	char last[HEAL_NODE_ID] = "lock_waits";

	for (int i = 0; i < 5; i++)
	{
		memset(node.node.id, 'a' + i, HEAL_NODE_ID - 1);
		memset(node.node.name, 'A' + i, HEAL_NODE_NAME - 1);
		heal_model_change_node(&model, &node);
		memcpy(edge.from, node.node.id, HEAL_NODE_ID);
		memcpy(edge.to, last, HEAL_NODE_ID);
		heal_model_change_edge(&model, &edge);
		memcpy(last, node.node.id, HEAL_NODE_ID);
	}
	heal_facts_clear(&facts);
	diagnose(HEAL_LOCK_PILEUP_IDLE);
	ok(heal_diagnosis_valid(&diagnosis), "long names have room, or are cut");
	heal_model_default(&model);
}

static void
said_again(void)
{
	HealDiagnosis one = {.confidence = 0.69, .verdict = HEAL_CAUSE_UNSURE};
	HealDiagnosis other = {.confidence = 0.71, .verdict = HEAL_CAUSE_FOUND};

	ok(!heal_diagnosis_differs(&one, &other),
	   "a little to both sides of the border is the same");
	other.confidence = 0.73;
	ok(heal_diagnosis_differs(&one, &other), "farther over it is not");
	other = one;
	ok(!heal_diagnosis_differs(&one, &other), "the same is not");
	other.confidence = 0.58;
	ok(heal_diagnosis_differs(&one, &other), "a tenth is a difference");
	other = one;
	strcpy(other.cause, "disk_slow");
	ok(heal_diagnosis_differs(&one, &other), "another cause is");
	other = one;
	other.trouble = HEAL_DIAGNOSIS_TOO_WIDE;
	ok(heal_diagnosis_differs(&one, &other), "no answer is");
}

/* Five earlier incidents: three of one cause that moved one metric, two of another that moved another. */
static void
remember(HealImprint *known, int first, int second)
{
	for (int i = 0; i < 5; i++)
	{
		heal_imprint_clear(&known[i]);
		known[i].cause = i < 3 ? first : second;
		known[i].change[0] = i < 3 ? 2 : 0;
		known[i].change[1] = i < 3 ? 0 : 2;
	}
}

static void
is_heard(const HealImprint *known, int count, const HealImprint *of,
		 bool proven, double by_graph)
{
	diagnosis.confidence = by_graph;
	diagnosis.verdict = by_graph >= 0.7 ? HEAL_CAUSE_FOUND : HEAL_CAUSE_UNSURE;
	diagnosis.recalled[0] = '\0';
	diagnosis.by_graph = diagnosis.recalled_share = NAN;
	heal_diagnosis_recall(&diagnosis, &model.graph, known, count, of, proven);
	ok(heal_diagnosis_valid(&diagnosis), "it can be kept");
	diagnosis.trouble = HEAL_DIAGNOSIS_TROUBLES;
	ok(!heal_diagnosis_valid(&diagnosis), "not with a trouble there is not");
	diagnosis.trouble = HEAL_DIAGNOSED;
}

static void
second_opinion(void)
{
	HealImprint known[5], of;
	int cause;

	heal_facts_clear(&facts);
	diagnose(HEAL_LOCK_PILEUP_IDLE);
	ok(isnan(diagnosis.by_graph), "without incidents there is none");
	cause = heal_graph_find(&model.graph, diagnosis.cause);
	remember(known, cause, heal_graph_find(&model.graph, "disk_slow"));
	of = known[0];
	is_heard(known, 5, &of, false, 0.6);
	is_string(diagnosis.recalled, diagnosis.cause, "incidents like it agree");
	ok(diagnosis.confidence > 0.75 && diagnosis.verdict == HEAL_CAUSE_FOUND,
	   "which makes sure");
	is_double(diagnosis.by_graph, 0.6, 1e-12,
			  "what the graph says is told besides");
	of = known[3];
	is_heard(known, 5, &of, false, 0.8);
	is_string(diagnosis.recalled, "disk_slow",
			  "incidents like it had another cause");
	ok(diagnosis.confidence < 0.5 && diagnosis.verdict == HEAL_CAUSE_UNSURE,
	   "which makes unsure");
	is_heard(known, 5, &of, true, 0.8);
	ok(diagnosis.confidence == 0.8 && diagnosis.recalled[0] != '\0',
	   "a proof counts more");
	is_heard(known, 4, &of, false, 0.8);
	ok(diagnosis.confidence == 0.8 && diagnosis.recalled[0] == '\0',
	   "few have no say");
	of.change[0] = of.change[1] = 0;
	of.change[2] = 3;
	is_heard(known, 5, &of, false, 0.8);
	ok(diagnosis.confidence == 0.8 && diagnosis.recalled[0] == '\0',
	   "nor have those that are not like it");
}

int
main(void)
{
	void *memory = malloc(MEMORY);

	heal_answerer_init(&answerer, memory, MEMORY);
	heal_model_default(&model);
	every_failure_has_one();
	words();
	second_opinion();
	long_names();
	said_again();
	free(memory);
	return done_testing();
}
