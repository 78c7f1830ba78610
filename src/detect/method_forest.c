/*
 * method_forest.c
 *		The seeds' isolation forest: alarm when a row is isolated by few cuts.
 *
 * A hundred trees of 256 rows, grown from the last thousand rows and again every 250.
 * The border is the seeds' confidence of 0.7.
 */
#include <math.h>
#include <string.h>

#include "detect/forest.h"
#include "detect/method.h"

#define MINIMUM 30
#define WINDOW 1000
#define REGROW_EVERY 250
#define TREES 100
#define SAMPLE 256
#define THRESHOLD 0.7
#define MOST_METRICS 256

typedef struct State
{
	int32_t metrics;
	int64_t rows;
	int64_t grown_at;
	double
		origin[]; /* [metrics], then float [WINDOW][metrics], then the forest */
} State;

static float *
window_of(State *state)
{
	return (float *) (state->origin + state->metrics);
}

static HealForest *
forest_of(State *state)
{
	return (HealForest *) (window_of(state) + WINDOW * state->metrics);
}

static size_t
size(int metrics)
{
	return sizeof(State) + (size_t) metrics * sizeof(double) +
		   WINDOW * (size_t) metrics * sizeof(float) +
		   heal_forest_size(TREES, SAMPLE);
}

static void
init(void *memory, int metrics)
{
	State *state = memory;

	memset(memory, 0, size(metrics));
	state->metrics = metrics;
	heal_forest_init(forest_of(state), TREES, SAMPLE, metrics, 1);
}

static HealDetectRow
feed(void *memory, const double *value, HealTime at)
{
	State *state = memory;
	int m = state->metrics;
	float row[MOST_METRICS];
	const float *before =
		window_of(state) + ((state->rows + WINDOW - 1) % WINDOW) * m;
	HealDetectRow answer;

	(void) at;
	for (int i = 0; i < m; i++)
	{
		if (state->rows == 0 && isfinite(value[i]))
			state->origin[i] = value[i];
		row[i] = (float) (value[i] - state->origin[i]);
		if (!isfinite(row[i])) /* a forest knows no missing values */
			row[i] = state->rows == 0 ? 0 : before[i];
	}
	answer.score = heal_forest_score(forest_of(state), row);
	answer.alarm = answer.score >= THRESHOLD;
	memcpy(window_of(state) + (state->rows % WINDOW) * m, row,
		   (size_t) m * sizeof(float));
	state->rows++;
	if (state->rows == MINIMUM ||
		(state->rows > MINIMUM &&
		 state->rows - state->grown_at >= REGROW_EVERY))
	{
		int known = state->rows < WINDOW ? (int) state->rows : WINDOW;

		for (int tree = 0; tree < TREES; tree++)
			heal_forest_grow(forest_of(state), tree, window_of(state), known);
		state->grown_at = state->rows;
	}
	return answer;
}

const HealDetectMethod heal_method_forest = {
	.name = "iforest",
	.meaning = "isolated by few random cuts among the last thousand rows",
	.size = size,
	.init = init,
	.feed = feed,
};
