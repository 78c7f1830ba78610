/*
 * answer.c
 *		What a symptom comes from, and what a cause leads to.
 */
#include "cause/answer.h"

#include <math.h>
#include <string.h>

#define WRONG_ORDER 0.3	  /* a proposal, not measured */
#define ABOVE_CHANCE 3.0  /* times the odds it had before anything was seen */
#define WORTH_A_TRY 0.005 /* in combinations */

const HealAnswerLimits heal_answer_defaults = {
	.min_confidence = 0.7,
	.max_path_depth = 5,
	.min_edge_probability = 0.3,
	.multi_hop = true,
};

void
heal_answerer_init(HealAnswerer *answerer, void *memory, size_t size)
{
	size_t half = size / 2;

	heal_inference_init(&answerer->inference, memory, half);
	heal_inference_init(&answerer->other, (char *) memory + half, size - half);
	answerer->questions = 0;
}

/*
 * best[d][node]: the largest product of strengths from the node to the symptom over at most d edges; via says
 * by which edge. Strict: not over nodes that are more probably not active.
 */
static void
find_paths(HealAnswerer *answerer, const HealGraph *graph,
		   const double *strength, int symptom, const HealAnswerLimits *limits,
		   bool strict)
{
	int depth = limits->multi_hop ? limits->max_path_depth : 1;

	if (depth > HEAL_LONGEST_PATH)
		depth = HEAL_LONGEST_PATH;
	for (int d = 0; d <= HEAL_LONGEST_PATH; d++)
		for (int i = 0; i < graph->nodes; i++)
		{
			answerer->best[d][i] = i == symptom;
			answerer->via[d][i] = -1;
		}
	for (int d = 1; d <= HEAL_LONGEST_PATH; d++)
		for (int i = 0; i < graph->edges; i++)
		{
			const HealEdge *edge = &graph->edge[i];
			double product = strength[i] * answerer->best[d - 1][edge->to];

			if (d > depth || strength[i] < limits->min_edge_probability ||
				(strict && edge->to != symptom &&
				 answerer->posteriors.active[edge->to] < 0.5))
				continue;
			if (product > answerer->best[d][edge->from])
			{
				answerer->best[d][edge->from] = product;
				answerer->via[d][edge->from] = i;
			}
		}
}

/* Reads off the best path; false when there is none. */
static bool
read_path(const HealAnswerer *answerer, const HealGraph *graph, int from,
		  int symptom, HealCausePath *path)
{
	int best = 0;
	int node = from;

	*path = (HealCausePath){.edges = -1, .strength = 0};
	for (int d = 1; d <= HEAL_LONGEST_PATH; d++)
		if (answerer->best[d][from] > answerer->best[best][from])
			best = d;
	if (answerer->best[best][from] <= 0)
		return false;
	path->strength = answerer->best[best][from];
	path->edges = 0;
	path->node[0] = from;
	while (node != symptom)
	{
		const HealEdge *edge = &graph->edge[answerer->via[best--][node]];

		node = edge->to;
		path->lag += edge->lag;
		path->node[++path->edges] = node;
	}
	return true;
}

static void
explain(HealAnswerer *answerer, const HealGraph *graph, const double *strength,
		int symptom, const HealAnswerLimits *limits, HealCauseAnswer *answer)
{
	bool missing = false;

	find_paths(answerer, graph, strength, symptom, limits, true);
	for (int i = 0; i < answer->candidates; i++)
		missing |= !read_path(answerer, graph, answer->candidate[i].node,
							  symptom, &answer->candidate[i].path);
	if (!missing)
		return;
	find_paths(answerer, graph, strength, symptom, limits, false);
	for (int i = 0; i < answer->candidates; i++)
	{
		HealCandidate *candidate = &answer->candidate[i];

		if (candidate->path.edges >= 0)
			continue;
		read_path(answerer, graph, candidate->node, symptom, &candidate->path);
		candidate->path.doubtful = candidate->path.edges > 0;
	}
}

static void
insert(HealCauseAnswer *answer, const HealCandidate *candidate)
{
	int place = answer->candidates;

	while (place > 0 &&
		   answer->candidate[place - 1].confidence < candidate->confidence)
		place--;
	if (place == HEAL_CANDIDATES)
		return;
	if (answer->candidates < HEAL_CANDIDATES)
		answer->candidates++;
	memmove(&answer->candidate[place + 1], &answer->candidate[place],
			sizeof(HealCandidate) * (answer->candidates - place - 1));
	answer->candidate[place] = *candidate;
}

static void
rank(const HealAnswerer *answerer, const HealGraph *graph, const bool *suspect,
	 HealCauseAnswer *answer)
{
	for (int i = 0; i < graph->nodes; i++)
		if (suspect[i] && answerer->began[i] > 0)
		{
			HealCandidate candidate = {.node = i,
									   .confidence = answerer->began[i],
									   .prior = graph->node[i].leak};

			insert(answer, &candidate);
		}
}

/*
 * Logarithm of the probability of all that was seen, together with: exactly these causes began by
 * themselves, and no other that could have brought the symptom. False when it cannot be computed,
 * which is not the same as a probability of zero.
 */
static bool
log_of_set(HealAnswerer *answerer, const HealGraph *graph,
		   const double *strength, const HealObservations *seen,
		   const bool *suspect, const int *set, int size, double *log_of)
{
	HealObservations assumed = *seen;
	bool began[HEAL_GRAPH_NODES] = {false};
	double sum = 0, log_evidence;
	HealInferStatus status;

	*log_of = -HUGE_VAL;
	for (int i = 0; i < size; i++)
		began[set[i]] = true;
	for (int i = 0; i < graph->nodes; i++)
	{
		double leak = graph->node[i].leak;

		if (!suspect[i])
			continue;
		if (began[i] && assumed.known[i] == 0)
			return true;
		if (began[i])
			assumed.known[i] = 1;
		answerer->altered.node[i].leak = began[i];
		sum += began[i] ? log(leak) : log1p(-leak);
	}
	answerer->altered.version = ++answerer->questions;
	status = heal_infer_evidence(&answerer->other, &answerer->altered, strength,
								 &assumed, &log_evidence);
	*log_of = sum + log_evidence;
	return status != HEAL_INFER_NO_MEMORY;
}

/*
 * The most probable set of up to three of the candidates, and what is left for none at all. False
 * when one of them cannot be computed: it might be the most probable.
 */
static bool
find_set(HealAnswerer *answerer, const HealGraph *graph, const double *strength,
		 const HealObservations *seen, const bool *suspect,
		 HealCauseAnswer *answer)
{
	double total = answerer->posteriors.log_evidence;
	int tried = 0;

	answerer->altered = *graph;
	while (tried < answer->candidates &&
		   answer->candidate[tried].confidence >= WORTH_A_TRY)
		tried++;
	for (unsigned members = 0; members < 1u << tried; members++)
	{
		int set[HEAL_CANDIDATES];
		int size = 0;
		double log_of, probability;

		for (int i = 0; i < tried; i++)
			if (members >> i & 1)
				set[size++] = answer->candidate[i].node;
		if (size > HEAL_CAUSE_SET)
			continue;
		if (!log_of_set(answerer, graph, strength, seen, suspect, set, size,
						&log_of))
			return false;
		probability = exp(log_of - total);
		if (size == 0)
			answer->unexplained = fmin(probability, 1);
		if (members > 0 && !(probability > answer->set_probability))
			continue;
		answer->set_probability = fmin(probability, 1);
		answer->set_size = size;
		memcpy(answer->set, set, sizeof(int) * size);
	}
	return true;
}

static double
odds(double probability)
{
	return probability < 1 ? probability / (1 - probability) : HUGE_VAL;
}

/* Something was seen that speaks for it, whatever speaks for what it leads to. */
static bool
is_seen(const HealObservations *seen, int node)
{
	return seen->known[node] == 1 ||
		   (seen->known[node] != 0 &&
			seen->likelihood[node][1] > seen->likelihood[node][0]);
}

/*
 * What is merely the most frequent of those that nobody looks at is no suspect, nor is what is the
 * matter besides and hardly leads to the symptom: to name it would be guessing.
 */
static bool
is_suspicious(const HealCandidate *candidate, const HealObservations *seen)
{
	return is_seen(seen, candidate->node) && candidate->path.edges >= 0 &&
		   !candidate->path.doubtful &&
		   odds(candidate->confidence) >= ABOVE_CHANCE * odds(candidate->prior);
}

HealCauseVerdict
heal_cause_judge(double confidence, double unexplained, bool suspicious,
				 double min_confidence)
{
	if (confidence <= unexplained)
		return HEAL_CAUSE_UNKNOWN;
	if (confidence >= min_confidence)
		return HEAL_CAUSE_FOUND;
	return confidence >= HEAL_LIKELY && suspicious ? HEAL_CAUSE_UNSURE
												   : HEAL_CAUSE_UNKNOWN;
}

void
heal_answer_cause(HealAnswerer *answerer, const HealGraph *graph,
				  const double *given, const HealObservations *seen,
				  int symptom, const HealAnswerLimits *limits,
				  HealCauseAnswer *answer)
{
	HealObservations assumed = *seen;
	double strength[HEAL_GRAPH_EDGES];
	bool suspect[HEAL_GRAPH_NODES];

	*answer = (HealCauseAnswer){.verdict = HEAL_CAUSE_UNKNOWN};
	answer->unexplained = 1;
	if (assumed.known[symptom] == 0)
	{
		answer->status = HEAL_INFER_IMPOSSIBLE;
		return;
	}
	assumed.known[symptom] = 1;
	heal_graph_strengths(graph, given, strength);
	answer->status = heal_infer_acted(&answerer->inference, graph, strength,
									  &assumed, &answerer->posteriors,
									  answerer->edge_acted, answerer->began);
	if (answer->status != HEAL_INFER_EXACT)
		return;
	heal_graph_upstream(graph, symptom, suspect);
	for (int i = 0; i < graph->nodes; i++)
		suspect[i] = suspect[i] && heal_graph_is_origin(graph, i);
	rank(answerer, graph, suspect, answer);
	if (!find_set(answerer, graph, strength, &assumed, suspect, answer))
	{
		*answer = (HealCauseAnswer){.verdict = HEAL_CAUSE_UNKNOWN,
									.status = HEAL_INFER_NO_MEMORY,
									.unexplained = 1};
		return;
	}
	explain(answerer, graph, strength, symptom, limits, answer);
	if (answer->candidates > 0)
		answer->verdict = heal_cause_judge(
			answer->candidate[0].confidence, answer->unexplained,
			is_suspicious(&answer->candidate[0], &assumed),
			limits->min_confidence);
}

/* Sums of lags along the paths with the largest products, from the cause down. */
static void
time_downstream(const HealGraph *graph, int cause, double *lag)
{
	double best[HEAL_GRAPH_NODES] = {0};
	int order[HEAL_GRAPH_NODES];

	memset(lag, 0, sizeof(double) * graph->nodes);
	best[cause] = 1;
	heal_graph_order(graph, order);
	for (int i = 0; i < graph->nodes; i++)
		for (int j = graph->first_out[order[i]]; j >= 0; j = graph->next_out[j])
		{
			const HealEdge *edge = &graph->edge[j];
			double product = best[edge->from] * heal_edge_strength(edge);

			if (product <= best[edge->to])
				continue;
			best[edge->to] = product;
			lag[edge->to] = lag[edge->from] + edge->lag;
		}
}

/*
 * That an effect is not there yet says nothing before it has had time to come. Only what is seen counts less for that:
 * what is known stays known.
 */
static void
give_time(HealObservations *seen, const HealGraph *graph, const bool *reached,
		  const double *lag, double active_for)
{
	for (int i = 0; i < graph->nodes; i++)
		if (reached[i] && active_for < HEAL_LAGS * lag[i] &&
			seen->likelihood[i][1] < seen->likelihood[i][0])
			seen->likelihood[i][0] = seen->likelihood[i][1] = 1;
}

HealInferStatus
heal_answer_cascade(HealAnswerer *answerer, const HealGraph *graph,
					const HealObservations *seen, int cause, double active_for,
					HealConsequence *consequence, int *count)
{
	HealObservations assumed = *seen;
	HealPosteriors *posteriors = &answerer->posteriors;
	bool reached[HEAL_GRAPH_NODES];
	double lag[HEAL_GRAPH_NODES];
	HealInferStatus status;

	*count = 0;
	if (assumed.known[cause] == 0)
		return HEAL_INFER_IMPOSSIBLE;
	assumed.known[cause] = 1;
	heal_graph_downstream(graph, cause, reached);
	time_downstream(graph, cause, lag);
	give_time(&assumed, graph, reached, lag, active_for);
	status =
		heal_infer(&answerer->inference, graph, NULL, &assumed, posteriors);
	if (status == HEAL_INFER_IMPOSSIBLE || status == HEAL_INFER_NO_MEMORY)
		return status;
	for (int i = 0; i < graph->nodes; i++)
	{
		int place = *count;

		if (!reached[i] || i == cause)
			continue;
		while (place > 0 &&
			   consequence[place - 1].probability < posteriors->active[i])
			place--;
		memmove(&consequence[place + 1], &consequence[place],
				sizeof(HealConsequence) * (*count - place));
		consequence[place] = (HealConsequence){
			.node = i, .probability = posteriors->active[i], .lag = lag[i]};
		(*count)++;
	}
	return status;
}

void
heal_order_strengths(const HealGraph *graph, const double *began_at,
					 double tolerance, double *strength)
{
	for (int i = 0; i < graph->edges; i++)
	{
		const HealEdge *edge = &graph->edge[i];
		/* false where either is not known */
		bool wrong = began_at[edge->to] < began_at[edge->from] - tolerance;

		strength[i] = heal_edge_strength(edge) * (wrong ? WRONG_ORDER : 1);
	}
}

const char *
heal_cause_verdict_name(HealCauseVerdict verdict)
{
	static const char *const name[] = {
		[HEAL_CAUSE_FOUND] = "found",
		[HEAL_CAUSE_UNSURE] = "unsure",
		[HEAL_CAUSE_UNKNOWN] = "unknown",
	};

	return name[verdict];
}
