/*
 * method_zscore.c
 *		The seeds' z-score: alarm when any metric is three deviations from its mean.
 *
 * The mean and deviation of a window of a thousand rows, fading as in baseline.c. A
 * deviation of zero says nothing, so a constant that moves is not judged by it.
 */
#include <math.h>
#include <string.h>

#include "base/stats.h"
#include "detect/method.h"
#include "detect/zscore.h"

#define MINIMUM 30
#define WINDOW 1000
#define THRESHOLD 3.0

typedef struct State
{
	int32_t metrics;
	HealRunning running[];
} State;

static size_t
size(int metrics)
{
	return sizeof(State) + (size_t) metrics * sizeof(HealRunning);
}

static void
init(void *memory, int metrics)
{
	memset(memory, 0, size(metrics));
	((State *) memory)->metrics = metrics;
}

static HealDetectRow
feed(void *memory, const double *value, HealTime at)
{
	State *state = memory;
	HealDetectRow row = {.score = NAN};

	(void) at;
	for (int i = 0; i < state->metrics; i++)
	{
		HealRunning *running = &state->running[i];
		double deviation = heal_running_deviation(running);

		if (!isfinite(value[i]))
			continue;
		if (running->samples >= MINIMUM && deviation > 0)
			row.score =
				fmax(row.score, heal_zscore(value[i], running->mean, deviation,
											HEAL_NEITHER_IS_BAD));
		heal_running_learn(running, value[i], WINDOW);
	}
	row.alarm = row.score >= THRESHOLD;
	return row;
}

const HealDetectMethod heal_method_zscore = {
	.name = "zscore",
	.meaning = "three deviations from the mean of the last thousand rows",
	.size = size,
	.init = init,
	.feed = feed,
};
