/*
 * infer.c
 *		Posteriors of all nodes of a causal graph, given what was seen.
 */
#include "cause/infer.h"

#include <math.h>
#include <string.h>

#include "cause/loopy.h"
#include "cause/propagate.h"

/* Where cliques disagree by more, twice the digits are used. Far below what is promised, HEAL_INFER_ERROR. */
#define TRUSTED 1e-11

void
heal_inference_init(HealInference *inference, void *memory, size_t size)
{
	inference->limit = HEAL_INFER_WIDTH;
	inference->whole = 2;
	inference->has_tree = false;
	heal_arena_init(&inference->arena, memory, size);
}

static bool
is_same(const HealInference *inference, const HealGraph *graph,
		const double *strength, const signed char *state)
{
	return inference->has_tree && inference->graph == graph &&
		   inference->version == graph->version &&
		   inference->used_limit == inference->limit &&
		   inference->used_whole == inference->whole &&
		   memcmp(inference->strength, strength,
				  sizeof(double) * graph->edges) == 0 &&
		   memcmp(inference->state, state, graph->nodes) == 0;
}

static void
provide_tree(HealInference *inference, const HealGraph *graph,
			 const double *strength, const signed char *state)
{
	if (is_same(inference, graph, strength, state))
		return;
	inference->has_tree = true;
	inference->graph = graph;
	inference->version = graph->version;
	inference->used_limit = inference->limit;
	inference->used_whole = inference->whole;
	memcpy(inference->strength, strength, sizeof(double) * graph->edges);
	memcpy(inference->state, state, graph->nodes);
	inference->arena.used = 0;
	inference->outcome = heal_clique_tree_make(
		&inference->tree, &inference->arena, graph, strength, state,
		inference->whole, inference->limit);
	if (inference->outcome != HEAL_ELIMINATED)
		inference->arena.used = 0;
}

/* A run with doubles, and where these are not enough with twice the digits. */
static bool
propagate(HealInference *inference, const HealObservations *seen,
		  HealPropagation *found)
{
	HealPropagation precise = *found;

	if (!heal_propagate(&inference->tree, seen->likelihood, &inference->arena,
						found))
		return false;
	if (found->disagreement <= TRUSTED)
		return true;
	if (heal_propagate_precisely(&inference->tree, seen->likelihood,
								 &inference->arena, &precise))
	{
		*found = precise;
		/* the digits of the answer itself */
		found->disagreement = fmax(found->disagreement, 0x1p-52);
	}
	return true;
}

/* What likelihoods say of nodes that are known anyhow. */
static double
log_of_known(const HealGraph *graph, const HealObservations *seen,
			 const signed char *state)
{
	double sum = 0;

	for (int i = 0; i < graph->nodes; i++)
		if (state[i] != HEAL_HIDDEN)
			sum += log(seen->likelihood[i][(int) state[i]]);
	return sum;
}

/* HEAL_INFER_APPROXIMATE where the digits do not suffice for these likelihoods; *result is not set then. */
static HealInferStatus
infer_exactly(HealInference *inference, const HealObservations *seen,
			  HealPosteriors *result, double **together)
{
	const HealCliqueTree *tree = &inference->tree;
	const HealFactors *factors = &tree->factors;
	HealPropagation found = {0};

	found.posterior =
		heal_arena_take(&inference->arena, factors->hidden, sizeof(double));
	if (together != NULL)
		*together = found.together = heal_arena_take(
			&inference->arena, factors->factors, sizeof(double));
	if (found.posterior == NULL ||
		(together != NULL && found.together == NULL) ||
		!propagate(inference, seen, &found))
		return HEAL_INFER_NO_MEMORY;
	if (!(found.disagreement <= HEAL_INFER_ERROR))
		return HEAL_INFER_APPROXIMATE;
	for (int i = 0; i < inference->graph->nodes; i++)
	{
		int hidden = factors->hidden_of[i];

		result->active[i] =
			hidden < 0 ? factors->state[i] : found.posterior[hidden];
	}
	result->log_evidence = found.log_evidence +
						   log_of_known(inference->graph, seen, factors->state);
	result->widest = tree->order.widest;
	result->error = found.disagreement;
	return HEAL_INFER_EXACT;
}

static HealInferStatus
infer_loopy(HealInference *inference, const HealGraph *graph,
			const double *strength, const HealObservations *seen,
			const signed char *state, HealPosteriors *result)
{
	HealLoopy loopy = {.active = result->active};

	inference->arena.used = 0;
	if (!heal_loopy_run(graph, strength, seen, state, &inference->arena,
						&loopy))
		return HEAL_INFER_NO_MEMORY;
	result->log_evidence = loopy.log_evidence;
	result->settled = loopy.settled;
	result->error = (double) NAN;
	result->widest = 0;
	return HEAL_INFER_APPROXIMATE;
}

/* Its memory is needed. Whether the next question of its kind makes it again is a matter of why it was of no use. */
static void
give_up_tree(HealInference *inference, HealInferStatus why)
{
	if (inference->outcome != HEAL_ELIMINATED)
		return;
	if (why == HEAL_INFER_NO_MEMORY)
		inference->outcome = HEAL_NO_MEMORY; /* nor will there be any */
	else
		inference->has_tree = false; /* other likelihoods may do with it */
}

/*
 * Asks with the settled state; where "together" is not NULL it gets what propagate.h says, in
 * memory that is the caller's to give back.
 */
static HealInferStatus
infer(HealInference *inference, const HealGraph *graph, const double *given,
	  const HealObservations *seen, HealPosteriors *result, double **together)
{
	double strength[HEAL_GRAPH_EDGES];
	signed char state[HEAL_GRAPH_NODES];
	HealInferStatus status = HEAL_INFER_NO_MEMORY;

	heal_graph_strengths(graph, given, strength);
	if (!heal_observations_settle(graph, strength, seen, state))
	{
		for (int i = 0; i < graph->nodes; i++)
			result->active[i] = (double) NAN;
		result->log_evidence = -HUGE_VAL;
		result->widest = 0;
		result->error = 0;
		return HEAL_INFER_IMPOSSIBLE;
	}
	provide_tree(inference, graph, strength, state);
	inference->after_tree = inference->arena.used;
	result->settled = true;
	if (inference->outcome == HEAL_ELIMINATED)
		status = infer_exactly(inference, seen, result, together);
	if (status != HEAL_INFER_EXACT)
	{
		give_up_tree(inference, status);
		status = infer_loopy(inference, graph, strength, seen, state, result);
	}
	if (together == NULL && status == HEAL_INFER_EXACT)
		inference->arena.used = inference->after_tree;
	return status;
}

HealInferStatus
heal_infer(HealInference *inference, const HealGraph *graph,
		   const double *strength, const HealObservations *seen,
		   HealPosteriors *result)
{
	return infer(inference, graph, strength, seen, result, NULL);
}

HealInferStatus
heal_infer_evidence(HealInference *inference, const HealGraph *graph,
					const double *given, const HealObservations *seen,
					double *log_evidence)
{
	double strength[HEAL_GRAPH_EDGES];
	signed char state[HEAL_GRAPH_NODES];
	HealPropagation found = {0};
	bool computed;

	*log_evidence = -HUGE_VAL;
	heal_graph_strengths(graph, given, strength);
	if (!heal_observations_settle(graph, strength, seen, state))
		return HEAL_INFER_IMPOSSIBLE;
	provide_tree(inference, graph, strength, state);
	inference->after_tree = inference->arena.used;
	/* only a run that also comes back down the tree knows how many digits were lost */
	if (inference->outcome == HEAL_ELIMINATED)
		found.posterior = heal_arena_take(
			&inference->arena, inference->tree.factors.hidden, sizeof(double));
	computed = found.posterior != NULL && propagate(inference, seen, &found) &&
			   found.disagreement <= HEAL_INFER_ERROR;
	inference->arena.used = inference->after_tree;
	*log_evidence = computed
						? found.log_evidence + log_of_known(graph, seen, state)
						: (double) NAN;
	return computed ? HEAL_INFER_EXACT : HEAL_INFER_NO_MEMORY;
}

/*
 * Whatever of a family is not summed over - its leak and the parents known to be active - acts with its
 * own probability whenever the rest does not matter; where nothing is summed over at all, the node's
 * posterior is shared out.
 */
static double
rest_does_not_matter(const HealGraph *graph, const double *strength,
					 const signed char *state, const HealPosteriors *result,
					 int node)
{
	double quiet = 1 - graph->node[node].leak;

	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		if (state[graph->edge[i].from] == 1)
			quiet *= 1 - strength[i];
	return quiet < 1 ? result->active[node] / (1 - quiet) : 0;
}

/* Rounding must not make more than certain of it. */
static double
probability(double value)
{
	return fmin(fmax(value, 0), 1);
}

static void
read_acted(const HealInference *inference, const double *strength,
		   const HealPosteriors *result, const double *together,
		   double *edge_acted, double *leak_acted)
{
	const HealGraph *graph = inference->graph;
	const HealFactors *factors = &inference->tree.factors;
	const signed char *state = factors->state;
	double unhindered[HEAL_GRAPH_NODES];

	for (int i = 0; i < graph->nodes; i++)
		unhindered[i] = rest_does_not_matter(graph, strength, state, result, i);
	for (int i = 0; i < factors->factors; i++)
	{
		const HealFactor *factor = &factors->factor[i];

		if (factors->auxiliary_of[factor->node] >= 0 && factor->edge < 0)
			unhindered[factor->node] = together[i];
	}
	for (int i = 0; i < graph->nodes; i++)
		leak_acted[i] = probability(graph->node[i].leak * unhindered[i]);
	for (int i = 0; i < graph->edges; i++)
		edge_acted[i] =
			state[graph->edge[i].from] == 1
				? probability(strength[i] * unhindered[graph->edge[i].to])
				: 0;
	for (int i = 0; i < factors->factors; i++)
	{
		int edge = factors->factor[i].edge;

		if (edge >= 0)
			edge_acted[edge] = probability(strength[edge] * together[i]);
	}
}

HealInferStatus
heal_infer_acted(HealInference *inference, const HealGraph *graph,
				 const double *given, const HealObservations *seen,
				 HealPosteriors *result, double *edge_acted, double *leak_acted)
{
	int whole = inference->whole;
	double strength[HEAL_GRAPH_EDGES];
	double *together;
	HealInferStatus status;

	heal_graph_strengths(graph, given, strength);
	inference->whole = 0;
	status = infer(inference, graph, strength, seen, result, &together);
	if (status == HEAL_INFER_EXACT)
	{
		read_acted(inference, strength, result, together, edge_acted,
				   leak_acted);
		inference->arena.used = inference->after_tree;
	}
	inference->whole = whole;
	return status;
}
