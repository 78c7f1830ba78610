/*
 * forest.h
 *		Isolation forest: how few random cuts set a row apart.
 */
#ifndef HEAL_FOREST_H
#define HEAL_FOREST_H

#include "base/types.h"

typedef struct HealForestNode
{
	float cut;		 /* left if below; of a leaf: path length to add */
	int16_t feature; /* -1 = leaf */
	uint16_t right;	 /* the left child is the next node */
} HealForestNode;

/* Over memory of the caller's; contains no pointers. */
typedef struct HealForest
{
	int32_t trees;
	int32_t sample; /* rows a tree is grown from, at most */
	int32_t features;
	int32_t grown;		/* trees that can be asked */
	int32_t grown_from; /* rows the newest is grown from */
	uint64_t random;
	HealForestNode node[]; /* [trees][2 * sample - 1] */
} HealForest;

/* trees 1..1000, sample 2..1024 */
extern size_t heal_forest_size(int trees, int sample);
extern void heal_forest_init(HealForest *forest, int trees, int sample,
							 int features, uint64_t seed);
/*
 * Grows one tree anew from `rows` rows of `features` values each; a slice of work that
 * may be done off the heartbeat. Rows must be finite; fewer than 2 change nothing.
 */
extern void
heal_forest_grow(HealForest *forest, int tree, const float *rows, int count);
/* 0..1, above .5 is strange; NaN before a tree is grown. */
extern double heal_forest_score(const HealForest *forest, const float *row);

#endif
