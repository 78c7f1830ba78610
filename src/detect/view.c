/*
 * view.c
 *		One row of a metric in several views, each judged by its own past.
 *
 * The context is what is left of a value after the best of four cheap predictions, where
 * the best is the one with the least error lately: no season needs to be found, the
 * tables of the day and the week win where there is one. The slow views leave the last
 * value out, as it would follow a drift and hide it.
 */
#include "detect/view.h"

#include <math.h>
#include <string.h>

#include "detect/reservoir.h"

#define SLOW_ROWS 6
#define DRIFT_ROWS HEAL_RECENT_ROWS
#define LEVEL_ROWS 2000 /* over which the slow level is smoothed */
#define ERROR_ROWS 100	/* over which predictions are compared */
#define MOVE_ROWS 500	/* that moved, over which the usual move is smoothed */
/*
 * A step of what was constant is one move, of means two: fewer than this are not usual, they are what is to be
 * judged. By its level alone, as the other views go on about it.
 */
#define MOVES_USUAL 3
#define SEASON_WEIGHT 0.25 /* of the newest day or week */
#define GAP 10			   /* cadences without a row: neighbours are none */
#define CUSUM_SLACK 0.5	   /* spreads a step that count for nothing */
#define CUSUM_STEP 3.0	   /* the most one row adds */
#define CUSUM_MOST 60.0
#define LEVEL_SHARE 0.001		 /* of the level: no width is less */
#define MOVE_SHARE 1.0			 /* of the usual move: no width is less */
#define LONGEST (365 * HEAL_DAY) /* between rows that time is told apart */
#define LEAST_WIDTH 1e-9
#define BOTH_WAYS 0.30103 /* -log10 of the chance to be as far out either way */

/* What a view must be better by to count as much as the level. */
static const double handicap[HEAL_VIEWS] = {
	[HEAL_VIEW_LEVEL] = 0,	 [HEAL_VIEW_CONTEXT] = 0, [HEAL_VIEW_SLOW] = 0.3,
	[HEAL_VIEW_DRIFT] = 0.3, [HEAL_VIEW_CUSUM] = 0.5,
};

const int heal_view_capacity[HEAL_VIEWS] = {
	[HEAL_VIEW_LEVEL] = HEAL_LEVEL_VALUES,
	[HEAL_VIEW_CONTEXT] = HEAL_CONTEXT_VALUES,
	[HEAL_VIEW_SLOW] = HEAL_SLOW_VALUES,
	[HEAL_VIEW_DRIFT] = HEAL_DRIFT_VALUES,
	[HEAL_VIEW_CUSUM] = HEAL_CUSUM_VALUES,
};

static HealTime time_since(const HealDetector *detector, HealTime at);
static void predict(const HealDetector *detector, HealLook *look);
static void see(const HealDetector *detector, HealLook *look);
static void judge(const HealDetector *detector, HealView view, HealLook *look);
static int
best_of(const HealDetector *detector, const HealLook *look, bool slow_only);
static double
mean_of_recent(const HealDetector *detector, int rows, double newest);
static void
learn_predictions(HealDetector *detector, const HealLook *look, double value);
static void
learn_season(HealDetector *detector, const HealLook *look, double value);
static float *values_of(HealDetector *detector, HealView view);

void
heal_view_look(const HealDetector *detector, double value, HealTime at,
			   HealLook *look)
{
	HealTime since = time_since(detector, at);

	look->at = at;
	look->value = value - detector->origin;
	look->later = since > 0;
	look->neighbour =
		detector->rows > 0 && since >= 0 &&
		(detector->cadence == 0 || since <= GAP * detector->cadence);
	predict(detector, look);
	see(detector, look);
	look->most = NAN;
	look->loudest = HEAL_VIEW_LEVEL;
	for (int view = 0; view < HEAL_VIEWS; view++)
	{
		double score;

		judge(detector, view, look);
		score = look->score[view] - handicap[view];
		if (!(score <= look->most) && !isnan(score))
		{
			look->most = score;
			look->loudest = view;
		}
	}
}

/* Since the row before; times of a broken clock may be farther apart than fits. */
static HealTime
time_since(const HealDetector *detector, HealTime at)
{
	double since = (double) at - (double) detector->fed_at;

	if (fabs(since) > (double) LONGEST)
		return since > 0 ? LONGEST : -LONGEST;
	return at - detector->fed_at;
}

static void
predict(const HealDetector *detector, HealLook *look)
{
	HealTime of_day = (look->at % HEAL_DAY + HEAL_DAY) % HEAL_DAY;
	HealTime of_week =
		(look->at % (7 * HEAL_DAY) + 7 * HEAL_DAY) % (7 * HEAL_DAY);
	int day = (int) (of_day / (HEAL_DAY / HEAL_DAY_PARTS));
	int week = (int) (of_week / HEAL_HOUR);
	double *prediction = look->prediction;

	look->part[0] = day;
	look->part[1] = week;
	prediction[HEAL_PREDICT_LEVEL] =
		detector->rows > 0 ? detector->slow_level : NAN;
	prediction[HEAL_PREDICT_LAST] = look->neighbour ? detector->last : NAN;
	prediction[HEAL_PREDICT_DAY] =
		detector->day_seen[day] > 0 ? detector->day[day] : NAN;
	prediction[HEAL_PREDICT_WEEK] =
		detector->week_seen[week] > 0 ? detector->week[week] : NAN;
}

/* What every view looks at in this row. */
static void
see(const HealDetector *detector, HealLook *look)
{
	int best = best_of(detector, look, false);
	int slow = best_of(detector, look, true);
	double spread;
	double step;

	for (int view = 0; view < HEAL_VIEWS; view++)
		look->seen[view] = NAN;
	look->seen[HEAL_VIEW_LEVEL] = look->value;
	look->residual = 0;
	look->cusum[0] = look->cusum[1] = 0;
	if (detector->rows == 0)
		return;
	look->seen[HEAL_VIEW_CONTEXT] = look->value - look->prediction[best];
	look->residual = look->value - look->prediction[slow];
	if (!look->neighbour)
		return;
	if (detector->recent_rows >= SLOW_ROWS - 1)
		look->seen[HEAL_VIEW_SLOW] =
			mean_of_recent(detector, SLOW_ROWS, look->residual);
	if (detector->recent_rows >= DRIFT_ROWS - 1)
		look->seen[HEAL_VIEW_DRIFT] =
			mean_of_recent(detector, DRIFT_ROWS, look->residual);
	spread = fmax(1.2533 * fmax(detector->error[slow], 0),
				  heal_view_width(detector, HEAL_VIEW_CONTEXT));
	step = !(spread > 0)
			   ? 0
			   : fmin(fmax(look->residual / spread, -CUSUM_STEP), CUSUM_STEP);
	look->cusum[1] =
		fmin(fmax(detector->cusum[1] + step - CUSUM_SLACK, 0), CUSUM_MOST);
	look->cusum[0] =
		fmin(fmax(detector->cusum[0] - step - CUSUM_SLACK, 0), CUSUM_MOST);
	if (detector->traits.bad == HEAL_HIGH_IS_BAD)
		look->seen[HEAL_VIEW_CUSUM] = look->cusum[1];
	else if (detector->traits.bad == HEAL_LOW_IS_BAD)
		look->seen[HEAL_VIEW_CUSUM] = look->cusum[0];
	else
		look->seen[HEAL_VIEW_CUSUM] = fmax(look->cusum[0], look->cusum[1]);
}

static void
judge(const HealDetector *detector, HealView view, HealLook *look)
{
	const float *values = heal_view_values(detector, view);
	int count = detector->count[view];
	double seen = look->seen[view];
	double width = heal_view_width(detector, view);
	HealBadDirection bad = detector->traits.bad;
	bool upper;
	double score;

	look->width[view] = width;
	look->score[view] = NAN;
	look->upper[view] = true;
	if (isnan(seen) || count < HEAL_DETECTOR_MINIMUM)
		return;
	/* of the two sides the one beyond the median is the less probable */
	if (view == HEAL_VIEW_CUSUM)
		upper = true;
	else if (bad == HEAL_NEITHER_IS_BAD)
		upper = seen >= values[count / 2];
	else
		upper = bad == HEAL_HIGH_IS_BAD;
	score = heal_tail_score(&detector->tail[view][upper], values, count, width,
							detector->rows, seen, upper);
	look->upper[view] =
		view == HEAL_VIEW_CUSUM ? look->cusum[1] >= look->cusum[0] : upper;
	if (bad == HEAL_NEITHER_IS_BAD && view != HEAL_VIEW_CUSUM)
		score = fmax(score - BOTH_WAYS, 0);
	look->score[view] = score;
}

/* The prediction with the least error lately; the slow level if none is better. */
static int
best_of(const HealDetector *detector, const HealLook *look, bool slow_only)
{
	int best = HEAL_PREDICT_LEVEL;

	for (int i = 1; i < HEAL_PREDICTORS; i++)
		if (!(slow_only && i == HEAL_PREDICT_LAST) &&
			!isnan(look->prediction[i]) && detector->error[i] >= 0 &&
			detector->error[i] < detector->error[best])
			best = i;
	return best;
}

static double
mean_of_recent(const HealDetector *detector, int rows, double newest)
{
	double sum = newest;
	int place = detector->recent_at;

	for (int i = 1; i < rows; i++)
	{
		place = place > 0 ? place - 1 : HEAL_RECENT_ROWS - 1;
		sum += detector->residual[place];
	}
	return sum / rows;
}

void
heal_view_learn(HealDetector *detector, const HealLook *look, double strangest,
				bool whole)
{
	double value = look->value;

	for (int view = 0; view < HEAL_VIEWS; view++)
	{
		float *values = values_of(detector, view);
		int32_t *count = &detector->count[view];
		double seen = look->seen[view];

		if (isnan(seen))
			continue;
		if (look->score[view] > strangest)
		{
			bool upper = view == HEAL_VIEW_CUSUM || look->upper[view];
			double border =
				heal_tail_border(&detector->tail[view][upper], values, *count,
								 look->width[view], strangest, upper);

			seen = upper ? fmin(seen, border) : fmax(seen, border);
			if (view == HEAL_VIEW_LEVEL)
				value = seen;
		}
		heal_tail_learn(&detector->tail[view][1], values, *count, seen, true);
		heal_tail_learn(&detector->tail[view][0], values, *count, seen, false);
		if (whole)
			heal_reservoir_insert(values, count, heal_view_capacity[view],
								  (float) seen, &detector->random);
		else
			heal_reservoir_learn(values, count, heal_view_capacity[view],
								 (float) seen, detector->rows,
								 &detector->random);
	}
	learn_predictions(detector, look, value);
	learn_season(detector, look, value);
	heal_view_pass(detector, look);
}

static void
learn_predictions(HealDetector *detector, const HealLook *look, double value)
{
	double weight = fmax(1.0 / (double) (detector->rows + 1), 1.0 / LEVEL_ROWS);
	double move = look->neighbour ? fabs(look->value - detector->last) : NAN;

	for (int i = 0; i < HEAL_PREDICTORS; i++)
	{
		double error = fabs(value - look->prediction[i]);

		if (isnan(error))
			continue;
		detector->error[i] =
			detector->error[i] < 0
				? error
				: detector->error[i] +
					  (error - detector->error[i]) / ERROR_ROWS;
	}
	detector->slow_level += (value - detector->slow_level) * weight;
	if (move > 0)
	{
		detector->moves += detector->moves < MOVE_ROWS;
		detector->move += (move - detector->move) / detector->moves;
	}
}

/*
 * A visit is the rows of one part of the day, or hour of the week, in a row; its mean
 * enters the table when it is over, so that a prediction is always of other days.
 */
static void
learn_season(HealDetector *detector, const HealLook *look, double value)
{
	for (int i = 0; i < 2; i++)
	{
		float *table = i == 0 ? detector->day : detector->week;
		uint8_t *seen = i == 0 ? detector->day_seen : detector->week_seen;
		int part = detector->visit_part[i];

		if (detector->visit_rows[i] > 0 && part != look->part[i])
		{
			double mean = detector->visit_sum[i] / detector->visit_rows[i];
			double weight = fmax(1.0 / (seen[part] + 1), SEASON_WEIGHT);

			table[part] += (float) ((mean - table[part]) * weight);
			seen[part] += seen[part] < UINT8_MAX;
			detector->visit_rows[i] = 0;
			detector->visit_sum[i] = 0;
		}
		detector->visit_part[i] = look->part[i];
		detector->visit_rows[i]++;
		detector->visit_sum[i] += value;
	}
}

void
heal_view_pass(HealDetector *detector, const HealLook *look)
{
	if (!look->neighbour)
		detector->recent_rows = 0;
	detector->cusum[0] = (float) look->cusum[0];
	detector->cusum[1] = (float) look->cusum[1];
	detector->residual[detector->recent_at] = (float) look->residual;
	detector->recent_at = (detector->recent_at + 1) % HEAL_RECENT_ROWS;
	detector->recent_rows += detector->recent_rows < HEAL_RECENT_ROWS;
	detector->last = look->value;
	if (look->later && detector->rows > 0)
	{
		HealTime since = time_since(detector, look->at);

		if (detector->cadence == 0)
			detector->cadence = since;
		else
			detector->cadence +=
				((since < GAP * detector->cadence ? since
												  : GAP * detector->cadence) -
				 detector->cadence) /
				16;
	}
	detector->fed_at = look->at;
	detector->rows++;
}

const float *
heal_view_values(const HealDetector *detector, HealView view)
{
	switch (view)
	{
		case HEAL_VIEW_CONTEXT:
			return detector->context;
		case HEAL_VIEW_SLOW:
			return detector->slow;
		case HEAL_VIEW_DRIFT:
			return detector->drift;
		case HEAL_VIEW_CUSUM:
			return detector->cusum_sum;
		default:
			return detector->level;
	}
}

static float *
values_of(HealDetector *detector, HealView view)
{
	return (float *) heal_view_values(detector, view);
}

double
heal_view_width(const HealDetector *detector, HealView view)
{
	const float *values = heal_view_values(detector, view);
	int count = detector->count[view];
	double width;

	if (count == 0)
		return NAN;
	width = (heal_reservoir_quantile(values, count, 0.75) -
			 heal_reservoir_quantile(values, count, 0.25)) /
			1.349;
	if (view == HEAL_VIEW_CUSUM)
		return fmax(width, CUSUM_SLACK);
	width = fmax(width, detector->traits.floor);
	width = fmax(width, fmax(LEVEL_SHARE, detector->traits.share) *
							fabs(detector->origin + detector->slow_level));
	if (view != HEAL_VIEW_LEVEL || detector->moves >= MOVES_USUAL)
		width = fmax(width, MOVE_SHARE * detector->move);
	return fmax(width, LEAST_WIDTH);
}
