/*
 * method_iqr.c
 *		The seeds' IQR: alarm when any metric is outside Tukey's fences.
 *
 * Quartiles of the last thousand rows, exactly: a ring says which value leaves a sorted
 * array.
 */
#include <math.h>
#include <string.h>

#include "detect/method.h"
#include "detect/reservoir.h"

#define MINIMUM 30
#define WINDOW 1000
#define FENCE 1.5 /* interquartile ranges */

typedef struct Window
{
	double
		origin; /* values are relative to it, as a float is too coarse at 1e12 */
	int32_t rows; /* used */
	int32_t at;	  /* oldest once it is full */
	float ring[WINDOW];
	float sorted[WINDOW];
} Window;

typedef struct State
{
	int32_t metrics;
	Window window[];
} State;

static double fences(const Window *window, float value);
static void learn(Window *window, float value);

static size_t
size(int metrics)
{
	return sizeof(State) + (size_t) metrics * sizeof(Window);
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
		Window *window = &state->window[i];
		float relative;

		if (!isfinite(value[i]))
			continue;
		if (window->rows == 0)
			window->origin = value[i];
		relative = (float) (value[i] - window->origin);
		if (!isfinite(relative))
			continue;
		if (window->rows >= MINIMUM)
			row.score = fmax(row.score, fences(window, relative));
		learn(window, relative);
	}
	row.alarm = row.score > FENCE;
	return row;
}

/* Interquartile ranges outside the quartiles; NaN when there is no range. */
static double
fences(const Window *window, float value)
{
	double low = heal_reservoir_quantile(window->sorted, window->rows, 0.25);
	double high = heal_reservoir_quantile(window->sorted, window->rows, 0.75);

	if (high <= low)
		return NAN;
	return fmax(fmax(value - high, low - value), 0) / (high - low);
}

static void
learn(Window *window, float value)
{
	int hole = window->rows;
	int place = heal_reservoir_rank(window->sorted, window->rows, value);

	if (window->rows < WINDOW)
		window->rows++;
	else
		hole = heal_reservoir_rank(window->sorted, WINDOW,
								   window->ring[window->at]);
	if (hole >= place)
		memmove(&window->sorted[place + 1], &window->sorted[place],
				(size_t) (hole - place) * sizeof(float));
	else
	{
		place--;
		memmove(&window->sorted[hole], &window->sorted[hole + 1],
				(size_t) (place - hole) * sizeof(float));
	}
	window->sorted[place] = value;
	window->ring[window->at] = value;
	window->at = (window->at + 1) % WINDOW;
}

const HealDetectMethod heal_method_iqr = {
	.name = "iqr",
	.meaning = "1.5 interquartile ranges outside the quartiles of the last "
			   "thousand rows",
	.size = size,
	.init = init,
	.feed = feed,
};
