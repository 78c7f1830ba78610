/*
 * diagnosis.c
 *		What a failure comes from, as it is kept and shown.
 */
#include "cause/diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define A_DIFFERENCE 0.1 /* of confidence */
#define HARDLY_ANY 0.03

static void
tell_path(HealDiagnosis *diagnosis, const HealCausalModel *model,
		  const HealCausePath *path, const HealFacts *facts,
		  const HealSeen *seen)
{
	for (int i = 0; i <= path->edges; i++)
	{
		int node = path->node[i];
		char text[HEAL_DIAGNOSIS_TEXT];

		heal_text_add(diagnosis->path, sizeof(diagnosis->path), " -> ",
					  model->graph.node[node].id);
		if (seen[node].says != 1)
			continue;
		heal_evidence_text(facts, &seen[node].by, text, sizeof(text));
		heal_text_add(diagnosis->evidence, sizeof(diagnosis->evidence), "; ",
					  text);
	}
}

static void
tell_others(HealDiagnosis *diagnosis, const HealGraph *graph,
			const HealCauseAnswer *answer)
{
	char text[HEAL_NODE_ID + 16];

	for (int i = 1; i < answer->candidates; i++)
	{
		if (answer->candidate[i].confidence < HEAL_NOTABLE)
			break;
		snprintf(text, sizeof(text), "%s %.2f",
				 graph->node[answer->candidate[i].node].id,
				 answer->candidate[i].confidence);
		heal_text_add(diagnosis->others, sizeof(diagnosis->others), ", ", text);
	}
	for (int i = 0; i < answer->set_size; i++)
		heal_text_add(diagnosis->together, sizeof(diagnosis->together), ", ",
					  graph->node[answer->set[i]].id);
}

void
heal_diagnosis_tell(HealDiagnosis *diagnosis, const HealCausalModel *model,
					const HealCauseAnswer *answer, int symptom,
					const HealFacts *facts, const HealSeen *seen)
{
	const HealGraph *graph = &model->graph;
	const HealCandidate *first = &answer->candidate[0];

	memset(diagnosis, 0, sizeof(*diagnosis));
	diagnosis->verdict = answer->verdict;
	diagnosis->trouble = answer->status == HEAL_INFER_EXACT ? HEAL_DIAGNOSED
						 : answer->status == HEAL_INFER_IMPOSSIBLE
							 ? HEAL_DIAGNOSIS_IMPOSSIBLE
							 : HEAL_DIAGNOSIS_TOO_WIDE;
	diagnosis->steps = -1;
	diagnosis->by_graph = diagnosis->recalled_share = NAN;
	diagnosis->unexplained = answer->unexplained;
	memcpy(diagnosis->symptom, graph->node[symptom].id, HEAL_NODE_ID);
	if (answer->candidates == 0)
		return;
	diagnosis->confidence = first->confidence;
	diagnosis->steps = first->path.edges;
	memcpy(diagnosis->cause, graph->node[first->node].id, HEAL_NODE_ID);
	memcpy(diagnosis->cause_name, graph->node[first->node].name,
		   HEAL_NODE_NAME);
	snprintf(diagnosis->cause_type, sizeof(diagnosis->cause_type), "%s",
			 heal_node_type_name(graph->node[first->node].type));
	tell_path(diagnosis, model, &first->path, facts, seen);
	tell_others(diagnosis, graph, answer);
}

void
heal_diagnosis_recall(HealDiagnosis *diagnosis, const HealGraph *graph,
					  const HealImprint *known, int count,
					  const HealImprint *of, bool proven)
{
	HealRecollection recollection;

	if (count < HEAL_RECALL_FEW || diagnosis->cause[0] == '\0')
		return;
	heal_recall(known, count, of, heal_recall_border(known, count),
				&recollection);
	if (recollection.too_far || recollection.shares == 0)
		return;
	memcpy(diagnosis->recalled, graph->node[recollection.share[0].cause].id,
		   HEAL_NODE_ID);
	diagnosis->recalled_share = recollection.share[0].share;
	diagnosis->by_graph = diagnosis->confidence;
	if (!proven)
		diagnosis->confidence = heal_recall_weigh(
			&recollection, known, count,
			heal_graph_find(graph, diagnosis->cause), diagnosis->confidence);
	if (diagnosis->verdict == HEAL_CAUSE_UNKNOWN)
		return;
	diagnosis->verdict =
		heal_cause_judge(diagnosis->confidence, diagnosis->unexplained, true,
						 heal_answer_defaults.min_confidence);
}

const char *
heal_diagnosis_verdict(const HealDiagnosis *diagnosis)
{
	return diagnosis->trouble != HEAL_DIAGNOSED
			   ? "not computed"
			   : heal_cause_verdict_name((HealCauseVerdict) diagnosis->verdict);
}

bool
heal_diagnosis_differs(const HealDiagnosis *one, const HealDiagnosis *other)
{
	double apart = fabs(one->confidence - other->confidence);

	return one->trouble != other->trouble ||
		   strcmp(one->cause, other->cause) != 0 || apart >= A_DIFFERENCE ||
		   (one->verdict != other->verdict && apart >= HARDLY_ANY);
}

/* A share, or not a number. */
static bool
may_be_share(double value)
{
	return isnan(value) || (value >= 0 && value <= 1);
}

bool
heal_diagnosis_valid(const HealDiagnosis *diagnosis)
{
	return diagnosis->id > 0 && diagnosis->trouble >= HEAL_DIAGNOSED &&
		   diagnosis->trouble < HEAL_DIAGNOSIS_TROUBLES &&
		   diagnosis->verdict >= HEAL_CAUSE_FOUND &&
		   diagnosis->verdict <= HEAL_CAUSE_UNKNOWN && diagnosis->steps >= -1 &&
		   diagnosis->steps <= HEAL_LONGEST_PATH &&
		   diagnosis->confidence >= 0 && diagnosis->confidence <= 1 &&
		   diagnosis->unexplained >= 0 && diagnosis->unexplained <= 1 &&
		   heal_text_terminated(diagnosis->symptom,
								sizeof(diagnosis->symptom)) &&
		   heal_text_terminated(diagnosis->cause, sizeof(diagnosis->cause)) &&
		   heal_text_terminated(diagnosis->cause_name,
								sizeof(diagnosis->cause_name)) &&
		   heal_text_terminated(diagnosis->cause_type,
								sizeof(diagnosis->cause_type)) &&
		   heal_text_terminated(diagnosis->path, sizeof(diagnosis->path)) &&
		   heal_text_terminated(diagnosis->evidence,
								sizeof(diagnosis->evidence)) &&
		   heal_text_terminated(diagnosis->others, sizeof(diagnosis->others)) &&
		   heal_text_terminated(diagnosis->together,
								sizeof(diagnosis->together)) &&
		   may_be_share(diagnosis->by_graph) &&
		   may_be_share(diagnosis->recalled_share) &&
		   heal_text_terminated(diagnosis->recalled,
								sizeof(diagnosis->recalled));
}

void
heal_diagnosis_sentence(const HealDiagnosis *diagnosis, char *text, size_t size)
{
	static const char *const trouble[HEAL_DIAGNOSIS_TROUBLES] = {
		[HEAL_DIAGNOSIS_TOO_WIDE] =
			"not computed, as the causal graph is too wide for that, or memory or digits are lacking",
		[HEAL_DIAGNOSIS_IMPOSSIBLE] =
			"not computed, as what is seen is impossible in the causal graph",
		[HEAL_DIAGNOSIS_NO_SYMPTOM] =
			"not computed, as its symptom was taken out of the causal graph",
	};

	if (diagnosis->trouble != HEAL_DIAGNOSED)
		snprintf(text, size, "%s", trouble[diagnosis->trouble]);
	else if (diagnosis->verdict == HEAL_CAUSE_UNKNOWN)
		snprintf(text, size, "nothing known explains it");
	else
		snprintf(text, size, "%s%s (%.0f %%)%s%s",
				 diagnosis->verdict == HEAL_CAUSE_UNSURE ? "perhaps " : "",
				 diagnosis->cause_name, 100 * diagnosis->confidence,
				 diagnosis->path[0] != '\0' ? ": " : "", diagnosis->path);
}

const char *
heal_diagnosis_hint(const HealDiagnosis *diagnosis)
{
	static const char *const hint[HEAL_DIAGNOSIS_TROUBLES] = {
		[HEAL_DIAGNOSIS_TOO_WIDE] =
			"Nodes with many causes that share their causes make the graph "
			"wide: remove some edges with selfheal.remove_causal_edge(), or "
			"all changes with selfheal.reset_causal_graph().",
		[HEAL_DIAGNOSIS_IMPOSSIBLE] =
			"selfheal.causal_graph_changes shows what was changed; give the "
			"symptom, or what causes it, a probability with "
			"selfheal.update_causal_node().",
		[HEAL_DIAGNOSIS_NO_SYMPTOM] =
			"selfheal.reset_causal_graph() brings the shipped nodes back.",
	};

	return hint[diagnosis->trouble];
}
