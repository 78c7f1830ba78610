/*
 * clique_tree.c
 *		What is computed once for a version of a causal graph.
 */
#include "cause/clique_tree.h"

#include "cause/propagate.h"

/*
 * Beyond this many places other orders are tried. Where nothing is certain the tree will serve many
 * questions, so that pays soon; otherwise less is summed up sooner than another order is found.
 */
#define MANY_PLACES 4096
#define MANY_PLACES_ONCE 8192
#define TRIES 16
#define TRIES_ONCE 4

/*
 * The order with the fewest places of a few. Each search takes its memory anew; the best one is
 * repeated at the end, as it is known by its seed.
 */
static HealEliminationResult
best_order(HealElimination *best, HealArena *arena, const HealFactors *factors,
		   int limit)
{
	size_t used = arena->used;
	uint64_t seed = 0;
	bool once = factors->hidden < factors->nodes;
	double many = once ? MANY_PLACES_ONCE : MANY_PLACES;
	uint64_t tries = once ? TRIES_ONCE : TRIES;
	HealElimination tried;
	HealEliminationResult outcome =
		heal_eliminate(best, arena, factors, limit, seed);

	if (outcome == HEAL_NO_MEMORY ||
		(outcome == HEAL_ELIMINATED && best->places <= many))
		return outcome;
	if (outcome == HEAL_TOO_WIDE)
		best->places = HUGE_VAL;
	for (uint64_t other = 1; other < tries; other++)
	{
		arena->used = used;
		if (heal_eliminate(&tried, arena, factors, limit, other) !=
				HEAL_ELIMINATED ||
			tried.places >= best->places)
			continue;
		best->places = tried.places;
		seed = other;
	}
	arena->used = used;
	return heal_eliminate(best, arena, factors, limit, seed);
}

/* A factor goes to where the first of its variables is summed out: all others are still there. */
static int
clique_of(const HealElimination *order, const HealFactor *factor)
{
	int first = factor->variable[0];

	for (int i = 1; i < factor->variables; i++)
		if (order->position[factor->variable[i]] < order->position[first])
			first = factor->variable[i];
	return order->clique_of[first];
}

static bool
take_memory(HealCliqueTree *tree, HealArena *arena)
{
	size_t n = tree->order.cliques;

	tree->factor_clique =
		heal_arena_take(arena, tree->factors.factors, sizeof(int));
	tree->first_child = heal_arena_take(arena, n, sizeof(int));
	tree->next_child = heal_arena_take(arena, n, sizeof(int));
	tree->table = heal_arena_take(arena, n, sizeof(size_t));
	tree->message = heal_arena_take(arena, n, sizeof(size_t));
	return tree->factor_clique != NULL && tree->first_child != NULL &&
		   tree->next_child != NULL && tree->table != NULL &&
		   tree->message != NULL;
}

static void
lay_out(HealCliqueTree *tree)
{
	const HealElimination *order = &tree->order;

	for (int i = order->cliques - 1; i >= 0; i--)
	{
		int parent = order->clique[i].parent;

		tree->first_child[i] = tree->first_child[i] - 1;
		tree->next_child[i] = -1;
		if (parent < 0)
			continue;
		/* still counted from one, so that what is zero has none */
		tree->next_child[i] = tree->first_child[parent] - 1;
		tree->first_child[parent] = i + 1;
	}
	for (int i = 0; i < order->cliques; i++)
	{
		tree->table[i] = tree->places;
		tree->message[i] = tree->message_places;
		tree->places += (size_t) 1 << order->clique[i].variables;
		tree->message_places += (size_t) 1 << order->clique[i].shared;
	}
}

HealEliminationResult
heal_clique_tree_make(HealCliqueTree *tree, HealArena *arena,
					  const HealGraph *graph, const double *strength,
					  const signed char *state, int whole, int limit)
{
	HealEliminationResult outcome;

	*tree = (HealCliqueTree){0};
	if (!heal_factors_make(&tree->factors, arena, graph, strength, state,
						   whole))
		return HEAL_NO_MEMORY;
	outcome = best_order(&tree->order, arena, &tree->factors, limit);
	if (outcome != HEAL_ELIMINATED)
		return outcome;
	if (!take_memory(tree, arena))
		return HEAL_NO_MEMORY;
	for (int i = 0; i < tree->factors.factors; i++)
		tree->factor_clique[i] =
			clique_of(&tree->order, &tree->factors.factor[i]);
	lay_out(tree);
	tree->initial = heal_arena_take_raw(arena, tree->places, sizeof(double));
	if (tree->initial == NULL)
		return HEAL_NO_MEMORY;
	heal_fill_tables(tree, tree->initial);
	return HEAL_ELIMINATED;
}
