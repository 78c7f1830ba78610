/*
 * forest_test.c
 *		A row far from the others is isolated by fewer cuts.
 */
#include "detect/forest.h"

#include <stdlib.h>

#include "detect/reservoir.h"
#include "tap.h"

#define ROWS 500

static float rows[ROWS][2];

int
main(void)
{
	HealForest *forest = malloc(heal_forest_size(50, 128));
	float inside[2] = {0.5f, 0.5f};
	float outside[2] = {3, -2};
	uint64_t randomness = 5;
	double first;

	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < 2; j++)
			rows[i][j] = (float) heal_random_uniform(&randomness);
	heal_forest_init(forest, 50, 128, 2, 9);
	is_double(heal_forest_score(forest, inside), NAN, 0,
			  "without a tree it says nothing");
	heal_forest_grow(forest, 0, rows[0], 1);
	is_double(heal_forest_score(forest, inside), NAN, 0,
			  "one row grows no tree");
	for (int i = 0; i < 50; i++)
		heal_forest_grow(forest, i, rows[0], ROWS);
	first = heal_forest_score(forest, outside);
	ok(heal_forest_score(forest, inside) < 0.5, "the middle is usual");
	ok(first > 0.6 && first <= 1, "far outside is not");
	for (int i = 0; i < 50; i++)
		heal_forest_grow(forest, i, rows[0], ROWS);
	is_double(heal_forest_score(forest, outside), first, 0.1,
			  "grown again it says about the same");
	for (int i = 0; i < ROWS; i++)
		rows[i][0] = rows[i][1] = 1;
	for (int i = 0; i < 50; i++)
		heal_forest_grow(forest, i, rows[0], ROWS);
	ok(heal_forest_score(forest, outside) <= 0.55,
	   "rows that are all the same isolate nothing");
	free(forest);
	return done_testing();
}
