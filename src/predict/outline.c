/*
 * outline.c
 *		What the rules of the forecast look at: the blocks in order, and what is plain about them.
 *
 * Steps are taken out of the series before lines are laid through it: a bulk load is not a
 * trend, and a line through it says "full tomorrow" for days. What they add in the long
 * run is told from how many there were. What falls stays in: without its falls a level
 * saw-tooth would rise for ever.
 */
#include "predict/outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_BLOCKS 6	 /* longer is a climb */
#define STEP_TIMES 8.0	 /* times the usual move from block to block */
#define LEAST_STEP 0.004 /* share of the capacity */
#define LEAST_SWING 0.012
#define SWING_TIMES 7.0 /* times the noise */
#define SHORTEST_PERIOD 12
#define LEAST_SEASON 0.002 /* deviation around a line */

static int
compare(const void *left, const void *right)
{
	double a = *(const double *) left;
	double b = *(const double *) right;

	return (a > b) - (a < b);
}

static double
median(double *value, int count)
{
	if (count == 0)
		return 0;
	qsort(value, (size_t) count, sizeof(double), compare);
	return count % 2 ? value[count / 2]
					 : (value[count / 2 - 1] + value[count / 2]) / 2;
}

/* A gap is filled by a line between its ends; one at the beginning is left out. */
static void
copy_blocks(HealOutline *view, const HealForecast *forecast)
{
	int64_t kept = forecast->blocks < HEAL_FORECAST_BLOCKS
					   ? forecast->blocks
					   : HEAL_FORECAST_BLOCKS;
	int gap = 0;

	view->count = 0;
	for (int64_t n = forecast->blocks - kept; n < forecast->blocks; n++)
	{
		double mean = (double) forecast->mean[n % HEAL_FORECAST_BLOCKS];
		double high = (double) forecast->high[n % HEAL_FORECAST_BLOCKS];
		int i = view->count;

		if (!isfinite(mean))
		{
			if (i == 0)
				continue;
			gap++;
			view->mean[i] = view->high[i] = NAN;
		}
		else
		{
			for (int k = 1; k <= gap; k++)
			{
				double share = (double) k / (gap + 1);
				double before = view->mean[i - gap - 1];

				view->mean[i - gap - 1 + k] = before + share * (mean - before);
				view->high[i - gap - 1 + k] = before + share * (mean - before);
			}
			gap = 0;
			view->mean[i] = mean;
			view->high[i] = high;
		}
		view->count++;
	}
	view->count -= gap; /* what is missing at the end is not known */
}

static void
measure_noise(HealOutline *view)
{
	double move[HEAL_FORECAST_BLOCKS];
	int moves = view->count - 1;
	double usual;
	double sum = 0;
	double squares = 0;

	for (int i = 0; i < moves; i++)
		move[i] = view->mean[i + 1] - view->mean[i];
	usual = median(move, moves);
	for (int i = 0; i < moves; i++)
		move[i] = fabs(view->mean[i + 1] - view->mean[i] - usual);
	view->noise = 1.4826 * median(move, moves);
	for (int i = 0; i < view->count; i++)
	{
		double above = view->high[i] - view->mean[i];

		sum += above;
		squares += above * above;
	}
	view->above = sum / view->count;
	squares = squares / view->count - view->above * view->above;
	view->above_noise = squares > 0 ? sqrt(squares) : 0;
}

/* A run of moves in one direction, each larger than usual, from move "first" on. */
static int
run_length(const HealOutline *view, int first, double least)
{
	double move = view->mean[first + 1] - view->mean[first];
	int length = 0;

	while (first + length + 1 < view->count)
	{
		double next =
			view->mean[first + length + 1] - view->mean[first + length];

		if (fabs(next) < least || (next > 0) != (move > 0))
			break;
		length++;
	}
	return length;
}

static void
take_out_steps(HealOutline *view)
{
	double least = STEP_TIMES * view->noise;
	double shift[HEAL_FORECAST_BLOCKS] = {0};
	double later = 0;

	least = least > LEAST_STEP ? least : LEAST_STEP;
	for (int i = 0; i + 1 < view->count;)
	{
		int length = run_length(view, i, least);
		double size = length > 0 ? view->mean[i + length] - view->mean[i] : 0;

		if (length > 0 && length <= STEP_BLOCKS)
		{
			view->falls += size < 0;
			if (size > 0)
			{
				view->rises++;
				view->rise_mean += size;
				view->rise_square += size * size;
				for (int k = 0; k < length; k++)
					shift[i + k + 1] =
						view->mean[i + k + 1] - view->mean[i + k];
			}
		}
		i += length > 0 ? length : 1;
	}
	if (view->rises > 0)
	{
		view->rise_mean /= view->rises;
		view->rise_square /= view->rises;
	}
	for (int i = view->count - 1; i >= 0; i--)
	{
		view->flat[i] = view->mean[i] + later;
		later += shift[i];
	}
}

static void
add_peak(HealOutline *view, int at, double height, double floor)
{
	if (view->peaks == HEAL_OUTLINE_PEAKS)
	{
		memmove(view->peak, view->peak + 1,
				sizeof(HealPeak) * (HEAL_OUTLINE_PEAKS - 1));
		view->peaks--;
	}
	view->peak[view->peaks++] = (HealPeak){at, height, floor};
}

/* What rises and falls by more than noise: peaks and the floors between them. */
static void
find_peaks(HealOutline *view)
{
	double top = view->mean[0];
	double bottom = view->mean[0];
	double floor = view->mean[0];
	int top_at = 0;
	int bottom_at = 0;
	bool rising = true;

	view->swing = SWING_TIMES * view->noise;
	if (view->swing < LEAST_SWING)
		view->swing = LEAST_SWING;
	for (int i = 1; i < view->count; i++)
	{
		double level = view->mean[i];

		if (rising && level > top)
		{
			top = level;
			top_at = i;
		}
		else if (rising && level < top - view->swing)
		{
			add_peak(view, top_at, view->high[top_at], floor);
			rising = false;
			bottom = level;
			bottom_at = i;
		}
		else if (!rising && level < bottom)
		{
			bottom = level;
			bottom_at = i;
		}
		else if (!rising && level > bottom + view->swing)
		{
			rising = true;
			floor = bottom;
			top = level;
			top_at = i;
		}
	}
	view->floor_now = rising ? floor : bottom;
	view->floor_at = bottom_at;
}

void
heal_outline_fill(HealOutline *view, const HealForecast *forecast)
{
	memset(view, 0, sizeof(*view));
	copy_blocks(view, forecast);
	if (view->count < 2)
		return;
	measure_noise(view);
	take_out_steps(view);
	find_peaks(view);
}

const double *
heal_outline_recurring(const HealOutline *view)
{
	return view->rises + view->falls < 3 ? view->flat : view->mean;
}

/* Less a line through it; false when next to nothing is left. */
static bool
detrend(const HealOutline *view, double *rest)
{
	const double *y = heal_outline_recurring(view);
	double squares = 0;
	double n = view->count;
	double middle = (n - 1) / 2;
	double mean = 0;
	double slope = 0;

	for (int i = 0; i < view->count; i++)
		mean += y[i] / n;
	for (int i = 0; i < view->count; i++)
		slope += (i - middle) * (y[i] - mean);
	slope /= n * (n * n - 1) / 12;
	for (int i = 0; i < view->count; i++)
	{
		rest[i] = y[i] - mean - slope * (i - middle);
		squares += rest[i] * rest[i];
	}
	return sqrt(squares / n) > LEAST_SEASON;
}

/* How unlike it is so many blocks before: 0 = the same, about 1 = nothing in common. */
static double
unlike(const double *rest, int count, int lag)
{
	double shift = 0;
	double difference = 0;
	double variance = 0;
	double mean = 0;
	int pairs = count - lag;

	for (int i = lag; i < count; i++)
	{
		shift += (rest[i] - rest[i - lag]) / pairs;
		mean += rest[i] / pairs;
	}
	for (int i = lag; i < count; i++)
	{
		double apart = rest[i] - rest[i - lag] - shift;

		difference += apart * apart;
		variance += (rest[i] - mean) * (rest[i] - mean);
	}
	return variance > 0 ? difference / (2 * variance) : 1;
}

#define ALIKE 0.25	 /* at most, at the period */
#define STRANGER 0.7 /* at least, at some shorter lag: else it is merely slow */

int
heal_outline_period(const HealOutline *view)
{
	double rest[HEAL_FORECAST_BLOCKS];
	double most = 0;
	double best = ALIKE;
	int period = 0;

	if (view->count < 2 * SHORTEST_PERIOD)
		return 0;
	if (!detrend(view, rest))
		return 0;
	for (int lag = 2; lag <= view->count * 4 / 9; lag++)
	{
		double score = unlike(rest, view->count, lag);

		if (score > most)
			most = score;
		/* a multiple of the period is as alike: it must be clearly better */
		if (most > STRANGER && lag >= SHORTEST_PERIOD && score < best)
		{
			best = period == 0 || lag < period * 3 / 2 ? score : best;
			period = period == 0 || lag < period * 3 / 2 ? lag : period;
		}
	}
	return period;
}
