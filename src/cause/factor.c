/*
 * factor.c
 *		A causal graph with observations, as a product of small tables.
 */
#include "cause/factor.h"

#include <math.h>
#include <string.h>

/* A node and what is left of its family once the known parents are folded in. */
typedef struct Family
{
	int node;
	HealTwofold
		quiet;	 /* probability that neither the leak nor a known parent acts */
	int parents; /* hidden ones that can act */
	int parent[HEAL_GRAPH_PARENTS]; /* variables */
	double strength[HEAL_GRAPH_PARENTS];
	int edge[HEAL_GRAPH_PARENTS];
} Family;

static HealFactor *
add_factor(HealFactors *factors, const Family *family, int variables, int first,
		   int second, int third)
{
	HealFactor *factor = &factors->factor[factors->factors++];

	factor->node = family->node;
	factor->edge = -1;
	factor->variables = variables;
	factor->variable[0] = first;
	factor->variable[1] = second;
	factor->variable[2] = third;
	return factor;
}

static void
fold(HealFactors *factors, HealTwofold value)
{
	factors->log_constant += log(value.high);
}

static void
collect(const HealGraph *graph, const double *strength,
		const HealFactors *factors, int node, Family *family)
{
	family->node = node;
	family->parents = 0;
	family->quiet =
		heal_twofold_complement(heal_twofold(graph->node[node].leak));
	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
	{
		int parent = graph->edge[i].from;

		if (strength[i] == 0 || factors->state[parent] == 0)
			continue;
		if (factors->state[parent] == 1)
			family->quiet = heal_twofold_times(
				family->quiet,
				heal_twofold_complement(heal_twofold(strength[i])));
		else
		{
			family->parent[family->parents] = factors->hidden_of[parent];
			family->edge[family->parents] = i;
			family->strength[family->parents++] = strength[i];
		}
	}
}

static void
add_inactive(HealFactors *factors, const Family *family)
{
	fold(factors, family->quiet);
	for (int i = 0; i < family->parents; i++)
	{
		HealFactor *factor =
			add_factor(factors, family, 1, family->parent[i], 0, 0);

		factor->value[0] = heal_twofold(1);
		factor->value[1] =
			heal_twofold_complement(heal_twofold(family->strength[i]));
	}
}

/* Probability that the node stays inactive when these of its parents are active. */
static HealTwofold
quiet_beside(const Family *family, int active)
{
	HealTwofold quiet = family->quiet;

	for (int i = 0; i < family->parents; i++)
		if (active >> i & 1)
			quiet = heal_twofold_times(
				quiet,
				heal_twofold_complement(heal_twofold(family->strength[i])));
	return quiet;
}

static void
add_whole(HealFactors *factors, const Family *family)
{
	int hidden = factors->hidden_of[family->node];
	int parents = family->parents;
	int variable[HEAL_FACTOR_VARIABLES] = {0};
	HealFactor *factor;

	memcpy(variable, family->parent, sizeof(int) * parents);
	if (hidden >= 0)
		variable[parents] = hidden;
	else if (parents == 0)
	{
		fold(factors, heal_twofold_complement(family->quiet));
		return;
	}
	factor = add_factor(factors, family, parents + (hidden >= 0), variable[0],
						variable[1], variable[2]);
	for (int active = 0; active < 1 << parents; active++)
	{
		HealTwofold quiet = quiet_beside(family, active);
		HealTwofold noisy = heal_twofold_complement(quiet);

		if (hidden >= 0)
		{
			factor->value[active] = quiet;
			factor->value[active | 1 << parents] = noisy;
		}
		else
			factor->value[active] = noisy;
	}
}

static void
add_split(HealFactors *factors, const Family *family)
{
	int hidden = factors->hidden_of[family->node];
	int auxiliary = factors->variables++;
	HealTwofold minus = heal_twofold_minus(family->quiet);
	HealFactor *factor;

	factors->auxiliary_of[family->node] = auxiliary;
	if (hidden >= 0)
	{
		factor = add_factor(factors, family, 2, hidden, auxiliary, 0);
		factor->value[0] = heal_twofold(0);
		factor->value[1] = heal_twofold(1);
		factor->value[2] = family->quiet;
		factor->value[3] = minus;
	}
	else
	{
		factor = add_factor(factors, family, 1, auxiliary, 0, 0);
		factor->value[0] = heal_twofold(1);
		factor->value[1] = minus;
	}
	for (int i = 0; i < family->parents; i++)
	{
		factor =
			add_factor(factors, family, 2, auxiliary, family->parent[i], 0);
		factor->edge = family->edge[i];
		for (int j = 0; j < 3; j++)
			factor->value[j] = heal_twofold(1);
		factor->value[3] =
			heal_twofold_complement(heal_twofold(family->strength[i]));
	}
}

static bool
take_memory(HealFactors *factors, HealArena *arena, const HealGraph *graph)
{
	int nodes = graph->nodes;

	factors->node_of = heal_arena_take(arena, nodes, sizeof(int));
	factors->hidden_of = heal_arena_take(arena, nodes, sizeof(int));
	factors->auxiliary_of = heal_arena_take(arena, nodes, sizeof(int));
	factors->state = heal_arena_take(arena, nodes, 1);
	/* one for each edge, one for each node, and the auxiliary variable's own */
	factors->factor =
		heal_arena_take(arena, graph->edges + 2 * nodes, sizeof(HealFactor));
	return factors->node_of != NULL && factors->hidden_of != NULL &&
		   factors->auxiliary_of != NULL && factors->state != NULL &&
		   factors->factor != NULL;
}

bool
heal_factors_make(HealFactors *factors, HealArena *arena,
				  const HealGraph *graph, const double *strength,
				  const signed char *state, int whole)
{
	Family family;

	*factors = (HealFactors){0};
	if (!take_memory(factors, arena, graph))
		return false;
	factors->nodes = graph->nodes;
	memcpy(factors->state, state, graph->nodes);
	for (int i = 0; i < graph->nodes; i++)
	{
		factors->auxiliary_of[i] = factors->hidden_of[i] = -1;
		if (state[i] != HEAL_HIDDEN)
			continue;
		factors->hidden_of[i] = factors->hidden;
		factors->node_of[factors->hidden++] = i;
	}
	factors->variables = factors->hidden;
	for (int i = 0; i < graph->nodes; i++)
	{
		collect(graph, strength, factors, i, &family);
		if (state[i] == 0)
			add_inactive(factors, &family);
		else if (family.parents <= whole)
			add_whole(factors, &family);
		else
			add_split(factors, &family);
	}
	return true;
}
