/*
 * diagnosis.h
 *		What a failure comes from, as it is kept and shown.
 *
 * With names instead of numbers: nodes of the graph are renumbered when one is taken out, and a row
 * of the tables must say after years what it was about.
 */
#ifndef HEAL_DIAGNOSIS_H
#define HEAL_DIAGNOSIS_H

#include "cause/answer.h"
#include "cause/evidence.h"
#include "cause/recall.h"

#define HEAL_DIAGNOSIS_TEXT 512

/* Why there is no answer. */
typedef enum HealDiagnosisTrouble
{
	HEAL_DIAGNOSED,
	HEAL_DIAGNOSIS_TOO_WIDE, /* the graph is, or digits or memory are lacking */
	HEAL_DIAGNOSIS_IMPOSSIBLE, /* what is seen, in this graph */
	HEAL_DIAGNOSIS_NO_SYMPTOM, /* somebody took it out of the graph */
	HEAL_DIAGNOSIS_TROUBLES
} HealDiagnosisTrouble;

typedef struct HealDiagnosis
{
	int64_t id; /* of the failure; 0 = none */
	HealTime at;
	int32_t trouble; /* HealDiagnosisTrouble */
	int32_t spare;
	int32_t verdict;   /* HealCauseVerdict */
	int32_t steps;	   /* edges of the path; -1 = there is none */
	double confidence; /* in the first candidate */
	double unexplained;
	double
		by_graph; /* the same without a second opinion; NaN = there was none */
	double
		recalled_share; /* of what changed, that such a cause explains; NaN = likewise */
	char symptom[HEAL_NODE_ID];
	char cause[HEAL_NODE_ID]; /* the first candidate; "" = there is none */
	char cause_name[HEAL_NODE_NAME];
	char cause_type[16];
	char path[HEAL_DIAGNOSIS_TEXT];		/* "cause -> between -> symptom" */
	char evidence[HEAL_DIAGNOSIS_TEXT]; /* what was seen along it */
	char others[HEAL_DIAGNOSIS_TEXT];	/* "disk_slow 0.12, bulk_load 0.05" */
	char together[HEAL_DIAGNOSIS_TEXT]; /* the most probable set of causes */
	/* What earlier incidents of which the cause is known say; "" = nothing, they were not like this one. */
	char recalled[HEAL_NODE_ID];
} HealDiagnosis;

/*
 * The answer in words. `facts` and `seen` are those it was asked with. Names of users' metrics must be
 * loaded.
 */
extern void
heal_diagnosis_tell(HealDiagnosis *diagnosis, const HealCausalModel *model,
					const HealCauseAnswer *answer, int symptom,
					const HealFacts *facts, const HealSeen *seen);
/*
 * The second opinion, of known[count], whose causes are numbers of nodes: it changes the confidence in the first candidate, and
 * with it whether a cause was found. Few have no say, nor have those that are not like this one. Against a proof
 * that names the cause they are told, and change nothing.
 */
extern void
heal_diagnosis_recall(HealDiagnosis *diagnosis, const HealGraph *graph,
					  const HealImprint *known, int count,
					  const HealImprint *of, bool proven);
/* "found", "unsure", "unknown", or "not computed". */
extern const char *heal_diagnosis_verdict(const HealDiagnosis *diagnosis);
/*
 * Whether it says something else than the one before: another cause, or a confidence that is more than a tenth away. What
 * is a little to this side and that of min_confidence is told once.
 */
extern bool
heal_diagnosis_differs(const HealDiagnosis *one, const HealDiagnosis *other);
/* False for numbers no answer has, or texts that do not end. */
extern bool heal_diagnosis_valid(const HealDiagnosis *diagnosis);
/* "Session idle in transaction (93 %): idle_in_transaction -> lock_waits" */
extern void heal_diagnosis_sentence(const HealDiagnosis *diagnosis, char *text,
									size_t size);
/* What to do where it could not be computed; NULL where it was. */
extern const char *heal_diagnosis_hint(const HealDiagnosis *diagnosis);

#endif
