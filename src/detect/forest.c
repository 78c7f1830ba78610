/*
 * forest.c
 *		Isolation forest: how few random cuts set a row apart.
 *
 * Liu, Ting and Zhou, "Isolation Forest", ICDM 2008: score = 2^(-mean path / c(sample)).
 * A tree is an array in preorder, so the left child needs no link. Trees are grown one at
 * a time, so that a rebuild never holds up a heartbeat.
 */
#include "detect/forest.h"

#include <math.h>

#include "detect/reservoir.h"

#define MOST_SAMPLE 1024
#define TRIES 8 /* features tried for one that can be cut */

/* A tree that is being grown. */
typedef struct Growth
{
	HealForest *forest;
	HealForestNode *node;
	const float *rows;
	int16_t member[MOST_SAMPLE]; /* rows in it; a subtree is a range of them */
	int used;
	int deepest;
} Growth;

static int grow_node(Growth *growth, int first, int count, int depth);
static bool
choose_cut(Growth *growth, int first, int count, int *feature, float *cut);
static double path_left(int count);

size_t
heal_forest_size(int trees, int sample)
{
	return sizeof(HealForest) +
		   (size_t) trees * (size_t) (2 * sample - 1) * sizeof(HealForestNode);
}

void
heal_forest_init(HealForest *forest, int trees, int sample, int features,
				 uint64_t seed)
{
	forest->trees = trees;
	forest->sample = sample;
	forest->features = features;
	forest->grown = 0;
	forest->grown_from = 0;
	forest->random = seed;
}

void
heal_forest_grow(HealForest *forest, int tree, const float *rows, int count)
{
	Growth growth = {
		.forest = forest,
		.node =
			&forest->node[(size_t) tree * (size_t) (2 * forest->sample - 1)],
		.rows = rows,
	};
	int wanted = count < forest->sample ? count : forest->sample;

	if (wanted < 2)
		return;
	/* Vitter's reservoir: every row has the same chance, in one pass */
	for (int i = 0; i < count; i++)
	{
		int place =
			i < wanted ? i
					   : (int) (heal_random_uniform(&forest->random) * (i + 1));

		if (place < wanted)
			growth.member[place] = (int16_t) i;
	}
	growth.deepest = (int) ceil(log2(wanted));
	grow_node(&growth, 0, wanted, 0);
	forest->grown_from = wanted;
	if (tree >= forest->grown)
		forest->grown = tree + 1;
}

double
heal_forest_score(const HealForest *forest, const float *row)
{
	double sum = 0;

	if (forest->grown == 0)
		return NAN;
	for (int i = 0; i < forest->grown; i++)
	{
		const HealForestNode *tree =
			&forest->node[(size_t) i * (size_t) (2 * forest->sample - 1)];
		int at = 0;
		int depth = 0;

		while (tree[at].feature >= 0)
		{
			at = row[tree[at].feature] < tree[at].cut ? at + 1 : tree[at].right;
			depth++;
		}
		sum += depth + tree[at].cut;
	}
	return exp2(-sum / forest->grown / path_left(forest->grown_from));
}

/* Returns the number of its node. */
static int
grow_node(Growth *growth, int first, int count, int depth)
{
	int at = growth->used++;
	HealForestNode *node = &growth->node[at];
	int feature;
	int below = first;
	float cut;

	if (depth >= growth->deepest || count < 2 ||
		!choose_cut(growth, first, count, &feature, &cut))
	{
		node->feature = -1;
		node->cut = (float) (count > 1 ? path_left(count) : 0);
		node->right = 0;
		return at;
	}
	for (int i = first; i < first + count; i++)
	{
		int16_t row = growth->member[i];

		if (growth->rows[(size_t) row * (size_t) growth->forest->features +
						 (size_t) feature] < cut)
		{
			growth->member[i] = growth->member[below];
			growth->member[below++] = row;
		}
	}
	node->feature = (int16_t) feature;
	node->cut = cut;
	grow_node(growth, first, below - first, depth + 1);
	node->right =
		(uint16_t) grow_node(growth, below, first + count - below, depth + 1);
	return at;
}

/* False when the rows differ in none of the features tried. */
static bool
choose_cut(Growth *growth, int first, int count, int *feature, float *cut)
{
	HealForest *forest = growth->forest;

	for (int try = 0; try < TRIES; try++)
	{
		float low = INFINITY;
		float high = -INFINITY;

		*feature =
			(int) (heal_random_uniform(&forest->random) * forest->features);
		for (int i = first; i < first + count; i++)
		{
			float value = growth->rows[(size_t) growth->member[i] *
										   (size_t) forest->features +
									   (size_t) *feature];

			low = fminf(low, value);
			high = fmaxf(high, value);
		}
		*cut =
			low + (float) heal_random_uniform(&forest->random) * (high - low);
		if (*cut > low && *cut <= high)
			return true;
	}
	return false;
}

/* Mean length of an unsuccessful search in a binary tree of this many leaves. */
static double
path_left(int count)
{
	if (count <= 2)
		return 1;
	return 2 * (log(count - 1.0) + 0.5772156649) - 2 * (count - 1.0) / count;
}
