/*
 * method_test.c
 *		The catalogue of detectors: causal, and none breaks on bad rows.
 */
#include "detect/method.h"

#include <stdlib.h>

#include "detect/reservoir.h"
#include "tap.h"

#define METRICS 93
#define ROWS 400

static double rows[ROWS][METRICS];
static HealDetectRow answer[2][ROWS];

static void
run(const HealDetectMethod *method, int metrics, int count,
	HealDetectRow *answers)
{
	void *state = malloc(method->size(metrics));

	method->init(state, metrics);
	for (int i = 0; i < count; i++)
		answers[i] = method->feed(state, rows[i], (i + i % 3) * HEAL_SECOND);
	free(state);
}

static void
make_rows(void)
{
	uint64_t randomness = 4;

	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < METRICS; j++)
			rows[i][j] = 10 + heal_random_uniform(&randomness);
	rows[40][1] = NAN;
	for (int j = 0; j < METRICS; j++)
		rows[41][j] = NAN;
	for (int i = 0; i < ROWS; i++)
	{
		rows[i][3] = 7;	  /* never moves */
		rows[i][4] = NAN; /* never there */
		rows[i][5] = 1e12 + rows[i][0];
	}
	rows[42][2] = INFINITY;
	rows[0][2] = NAN;
	for (int j = 0; j < METRICS; j++)
		rows[300][j] *= 100;
}

static bool
are_the_same(int count)
{
	for (int i = 0; i < count; i++)
	{
		const HealDetectRow *one = &answer[0][i];
		const HealDetectRow *other = &answer[1][i];

		if (one->alarm != other->alarm ||
			(one->score != other->score &&
			 !(isnan(one->score) && isnan(other->score))))
			return false;
	}
	return true;
}

static void
check(const char *name)
{
	const HealDetectMethod *method = heal_detect_method_lookup(name);
	double usual = 0;

	make_rows();
	run(method, METRICS, ROWS, answer[0]);
	ok(isnan(answer[0][10].score) && !answer[0][10].alarm,
	   "it is silent before thirty rows");
	for (int i = 50; i < 300; i++)
		usual = fmax(usual, answer[0][i].score);
	ok(answer[0][300].score > usual, name);
	ok(!answer[0][200].alarm &&
		   (answer[0][300].alarm || method == &heal_method_forest),
	   "and is an alarm; a forest rarely is as sure");
	run(method, METRICS, 250, answer[1]);
	ok(are_the_same(250), "what comes later changes nothing before");
	run(method, 1, ROWS, answer[1]);
	ok(answer[1][300].score > answer[1][299].score,
	   "one metric alone is as good");
}

int
main(void)
{
	is_int(heal_detect_method_lookup("oracle") == NULL, 1, "no such method");
	check("zscore");
	check("iqr");
	check("iforest");
	check("stack");
	check("each");
	run(heal_detect_method_lookup("stack"), 1, ROWS, answer[0]);
	run(heal_detect_method_lookup("each"), 1, ROWS, answer[1]);
	ok(are_the_same(ROWS), "of one metric there is nothing else to see");
	return done_testing();
}
