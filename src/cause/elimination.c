/*
 * elimination.c
 *		In which order to sum out variables.
 *
 * Who is whose neighbour is kept as bits, so that the pairs missing around a variable are counted
 * sixty-four at a time. Only variables that could be next are counted: one with too many
 * neighbours would end the search, so its pairs are never asked for.
 */
#include "cause/elimination.h"

#include <string.h>

#include "base/random.h"

#define BITS 64
#define NOT_COUNTED (-1)

typedef struct Search
{
	int variables, words, limit;
	uint64_t *neighbour; /* [variable][word] */
	int *neighbours;	 /* [variable] how many */
	int *fill;			 /* [variable] missing pairs, or NOT_COUNTED */
	uint64_t *stale;	 /* [word] whose missing pairs must be counted again */
	uint32_t *lot;		 /* [variable] */
	int *order;			 /* [variables] */
	int **around;		 /* [variable] its neighbours when it was eliminated */
	int *around_count;
} Search;

static uint64_t *
row(const Search *search, int variable)
{
	return search->neighbour + (size_t) variable * search->words;
}

static bool
has(const uint64_t *set, int bit)
{
	return set[bit / BITS] >> bit % BITS & 1;
}

static void
put(uint64_t *set, int bit)
{
	set[bit / BITS] |= UINT64_C(1) << bit % BITS;
}

static void
drop(uint64_t *set, int bit)
{
	set[bit / BITS] &= ~(UINT64_C(1) << bit % BITS);
}

/* How many bits are set; where the compiler may not use an instruction for it, it would call a function. */
static inline int
bits_of(uint64_t x)
{
	x -= x >> 1 & UINT64_C(0x5555555555555555);
	x = (x & UINT64_C(0x3333333333333333)) +
		(x >> 2 & UINT64_C(0x3333333333333333));
	x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (int) (x * UINT64_C(0x0101010101010101) >> 56);
}

static int
count(const uint64_t *set, int words)
{
	int bits = 0;

	for (int i = 0; i < words; i++)
		bits += bits_of(set[i]);
	return bits;
}

static int
members(const uint64_t *set, int words, int *member)
{
	int found = 0;

	for (int i = 0; i < words; i++)
		for (uint64_t rest = set[i]; rest != 0; rest &= rest - 1)
			member[found++] = i * BITS + __builtin_ctzll(rest);
	return found;
}

static bool
take_memory(Search *search, HealArena *arena, const HealFactors *factors)
{
	size_t n = factors->variables;

	search->variables = factors->variables;
	search->words = (factors->variables + BITS - 1) / BITS;
	search->neighbour =
		heal_arena_take(arena, n * search->words, sizeof(uint64_t));
	search->neighbours = heal_arena_take(arena, n, sizeof(int));
	search->fill = heal_arena_take(arena, n, sizeof(int));
	search->stale = heal_arena_take(arena, search->words, sizeof(uint64_t));
	search->lot = heal_arena_take(arena, n, sizeof(uint32_t));
	search->order = heal_arena_take(arena, n, sizeof(int));
	search->around = heal_arena_take(arena, n, sizeof(int *));
	search->around_count = heal_arena_take(arena, n, sizeof(int));
	return search->neighbour != NULL && search->neighbours != NULL &&
		   search->fill != NULL && search->stale != NULL &&
		   search->lot != NULL && search->order != NULL &&
		   search->around != NULL && search->around_count != NULL;
}

static void
begin(Search *search, const HealFactors *factors, uint64_t seed)
{
	for (int i = 0; i < factors->factors; i++)
	{
		const HealFactor *factor = &factors->factor[i];

		for (int a = 0; a < factor->variables; a++)
			for (int b = 0; b < factor->variables; b++)
				if (a != b)
					put(row(search, factor->variable[a]), factor->variable[b]);
	}
	for (int i = 0; i < search->variables; i++)
	{
		search->neighbours[i] = count(row(search, i), search->words);
		search->lot[i] = seed == 0 ? (uint32_t) i
								   : (uint32_t) (heal_random_bits(&seed) >> 33);
		put(search->stale, i);
	}
}

static int
missing_pairs(const Search *search, int variable)
{
	const uint64_t *around = row(search, variable);
	int member[HEAL_WIDEST];
	int found = members(around, search->words, member);
	int missing = 0;

	for (int i = 0; i < found; i++)
	{
		const uint64_t *theirs = row(search, member[i]);

		for (int word = 0; word < search->words; word++)
			missing += bits_of(around[word] & ~theirs[word]);
		missing--; /* itself, which is not among its own neighbours */
	}
	return missing / 2;
}

static bool
is_better(const Search *search, int a, int b)
{
	if (search->fill[a] != search->fill[b])
		return search->fill[a] < search->fill[b];
	if (search->neighbours[a] != search->neighbours[b])
		return search->neighbours[a] < search->neighbours[b];
	return search->lot[a] < search->lot[b];
}

/* -1 = whatever comes next, it would be too wide. */
static int
next_variable(Search *search, const uint64_t *left)
{
	int best = -1;

	for (int word = 0; word < search->words; word++)
		for (uint64_t rest = left[word]; rest != 0; rest &= rest - 1)
		{
			int variable = word * BITS + __builtin_ctzll(rest);

			if (search->neighbours[variable] >= search->limit)
				continue;
			if (has(search->stale, variable))
			{
				search->fill[variable] = missing_pairs(search, variable);
				drop(search->stale, variable);
			}
			if (best < 0 || is_better(search, variable, best))
				best = variable;
		}
	return best;
}

/*
 * Makes all neighbours of the variable neighbours of each other, and takes it out. Who has a
 * neighbour among them may have fewer pairs missing than before.
 */
static bool
eliminate(Search *search, HealArena *arena, int variable)
{
	uint64_t *around = row(search, variable);
	int found = search->neighbours[variable];
	int *member = heal_arena_take(arena, found, sizeof(int));

	if (member == NULL)
		return false;
	members(around, search->words, member);
	search->around[variable] = member;
	search->around_count[variable] = found;
	for (int i = 0; i < found; i++)
	{
		uint64_t *theirs = row(search, member[i]);

		for (int word = 0; word < search->words; word++)
			theirs[word] |= around[word];
		drop(theirs, member[i]);
		drop(theirs, variable);
		search->neighbours[member[i]] = count(theirs, search->words);
		for (int word = 0; word < search->words; word++)
			search->stale[word] |= theirs[word];
		put(search->stale, member[i]);
	}
	return true;
}

static HealEliminationResult
find_order(Search *search, HealArena *arena)
{
	uint64_t *left = heal_arena_take(arena, search->words, sizeof(uint64_t));

	if (left == NULL)
		return HEAL_NO_MEMORY;
	for (int i = 0; i < search->variables; i++)
		put(left, i);
	for (int i = 0; i < search->variables; i++)
	{
		int variable = next_variable(search, left);

		heal_arena_pause(arena);
		if (variable < 0)
			return HEAL_TOO_WIDE;
		if (!eliminate(search, arena, variable))
			return HEAL_NO_MEMORY;
		drop(left, variable);
		search->order[i] = variable;
	}
	return HEAL_ELIMINATED;
}

/* The eliminated last come first. */
static void
sort_by_position(int *variable, int variables, const int *position)
{
	for (int i = 1; i < variables; i++)
	{
		int moved = variable[i];
		int to = i;

		for (; to > 0 && position[variable[to - 1]] < position[moved]; to--)
			variable[to] = variable[to - 1];
		variable[to] = moved;
	}
}

static uint32_t
places_in(const HealClique *clique, const int *variable, int variables)
{
	uint32_t places = 0;
	int place = 0;

	for (int i = 0; i < variables; i++)
	{
		while (clique->variable[place] != variable[i])
			place++;
		places |= UINT32_C(1) << place;
	}
	return places;
}

/*
 * One variable after the other, the one eliminated last first. With its neighbours it is a clique,
 * below the one of the neighbour that was eliminated next; or it only makes that one larger, when
 * the neighbours are all there is in it.
 */
static bool
add_variable(HealElimination *result, const Search *search, HealArena *arena,
			 int variable)
{
	int *around = search->around[variable];
	int found = search->around_count[variable];
	int parent;
	HealClique *clique;

	sort_by_position(around, found, result->position);
	parent = found > 0 ? result->clique_of[around[found - 1]] : -1;
	if (parent >= 0 && result->clique[parent].variables == found)
	{
		clique = &result->clique[parent];
		clique->variable[clique->variables++] = variable;
		result->clique_of[variable] = parent;
		return true;
	}
	clique = &result->clique[result->cliques];
	/* with room for all that may still make it larger */
	clique->variable = heal_arena_take(arena, search->limit, sizeof(int));
	if (clique->variable == NULL)
		return false;
	memcpy(clique->variable, around, sizeof(int) * found);
	clique->variable[found] = variable;
	clique->variables = found + 1;
	clique->shared = found;
	clique->parent = parent;
	if (parent >= 0)
		clique->in_parent = places_in(&result->clique[parent], around, found);
	result->clique_of[variable] = result->cliques++;
	return true;
}

static HealEliminationResult
make_cliques(HealElimination *result, const Search *search, HealArena *arena)
{
	size_t n = search->variables;

	result->clique = heal_arena_take(arena, n, sizeof(HealClique));
	result->clique_of = heal_arena_take(arena, n, sizeof(int));
	result->position = heal_arena_take(arena, n, sizeof(int));
	if (result->clique == NULL || result->clique_of == NULL ||
		result->position == NULL)
		return HEAL_NO_MEMORY;
	for (int i = 0; i < search->variables; i++)
		result->position[search->order[i]] = i;
	for (int i = search->variables - 1; i >= 0; i--)
		if (!add_variable(result, search, arena, search->order[i]))
			return HEAL_NO_MEMORY;
	for (int i = 0; i < result->cliques; i++)
	{
		int variables = result->clique[i].variables;

		if (variables > result->widest)
			result->widest = variables;
		result->places += (double) (UINT64_C(1) << variables);
	}
	return HEAL_ELIMINATED;
}

HealEliminationResult
heal_eliminate(HealElimination *result, HealArena *arena,
			   const HealFactors *factors, int limit, uint64_t seed)
{
	Search search = {0};
	HealEliminationResult outcome;

	*result = (HealElimination){0};
	search.limit = limit;
	if (!take_memory(&search, arena, factors))
		return HEAL_NO_MEMORY;
	begin(&search, factors, seed);
	outcome = find_order(&search, arena);
	return outcome == HEAL_ELIMINATED ? make_cliques(result, &search, arena)
									  : outcome;
}
