/*
 * detector.c
 *		How surprising a value of one metric is, on one scale for all metrics.
 *
 * The same value is looked at in several ways (view.c); the loudest counts, each with a
 * handicap, as five are lucky more often than one.
 *
 * What is strange must not become normal by being repeated, and what lasts must: a row
 * beyond STRANGE is learnt as if it were just that strange, the rows after it not at
 * all, until a patience has passed; then the state is taken in whole. And what has come
 * and gone several times is what this metric does: it gets the rate it was seen at.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detect/reservoir.h"
#include "detect/view.h"

#define STRANGE 4.5	 /* surprise beyond which a row is not simply learnt */
#define FAMILIAR 3.0 /* below it, for so many rows, the strange is over */
#define FAMILIAR_ROWS 5
#define PATIENCE 100 /* rows a state lasts before it is the new normal */
#define ADOPTING 100 /* rows of the new normal that are taken in for certain */
#define CERTAIN 9.0	 /* surprise beyond a limit */
#define MOST 12.0	 /* no data say more */
#define SHARE_OF_REST 0.02
#define NEAR 0.7  /* of a past height is as high */
#define OFTEN 2	  /* times before, so that it is recurrent */
#define KNOWN 0.5 /* off its rate, as its later rows are no further news */

static HealSurprise
surprise_of(const HealDetector *detector, const HealLook *look);
static double height_of(const HealDetector *detector, const HealLook *look);
static bool
recur(const HealDetector *detector, const HealLook *look, double *score);
static void
discipline(HealDetector *detector, const HealLook *look, double score);
static void note_height(HealDetector *detector);

HealDetectorTraits
heal_detector_traits(HealMetricId metric)
{
	const HealMetric *about = &heal_metrics[metric];
	bool is_rest = about->unit == HEAL_BYTES && about->bad == HEAL_LOW_IS_BAD;

	return (HealDetectorTraits){
		.bad = about->bad,
		.floor = heal_unit_floor(about->unit),
		.share = is_rest ? SHARE_OF_REST : 0,
	};
}

void
heal_detector_init(HealDetector *detector, const HealDetectorTraits *traits,
				   uint64_t seed)
{
	memset(detector, 0, sizeof(*detector));
	detector->version = HEAL_DETECTOR_VERSION;
	detector->traits = *traits;
	if (!(detector->traits.floor > 0))
		detector->traits.floor = 0;
	if (!(detector->traits.share > 0))
		detector->traits.share = 0;
	detector->random = seed;
	for (int i = 0; i < HEAL_PREDICTORS; i++)
		detector->error[i] = -1;
}

/* What is kept is kept in floats, relative to the first. */
static bool
is_value(const HealDetector *detector, double value)
{
	double origin = detector->rows == 0 ? 0 : detector->origin;

	return isfinite(value) && isfinite((float) (value - origin));
}

HealSurprise
heal_detector_feed(HealDetector *detector, double value, HealTime at)
{
	HealLook look;
	HealSurprise surprise;

	if (!is_value(detector, value))
		return (HealSurprise){.score = NAN, .z = NAN, .fence = NAN};
	if (detector->rows == 0)
		detector->origin = value;
	heal_view_look(detector, value, at, &look);
	surprise = surprise_of(detector, &look);
	discipline(detector, &look, surprise.score);
	return surprise;
}

HealSurprise
heal_detector_judge(const HealDetector *detector, double value, HealTime at)
{
	HealLook look;

	if (!is_value(detector, value))
		return (HealSurprise){.score = NAN, .z = NAN, .fence = NAN};
	heal_view_look(detector, value, at, &look);
	return surprise_of(detector, &look);
}

static HealSurprise
surprise_of(const HealDetector *detector, const HealLook *look)
{
	const float *level = detector->level;
	int count = detector->count[HEAL_VIEW_LEVEL];
	double low = heal_reservoir_quantile(level, count, 0.25);
	double high = heal_reservoir_quantile(level, count, 0.75);
	double between;
	HealSurprise surprise = {
		.score = fmin(look->most, MOST),
		.view = look->loudest,
		.high = look->upper[look->loudest],
		.provisional = detector->rows < HEAL_DETECTOR_PROVISIONAL,
		.location = heal_detector_location(detector),
		.spread = heal_detector_spread(detector),
	};

	if (isnan(look->most))
		surprise.score = NAN;
	else if (recur(detector, look, &surprise.score))
		surprise.recurrent = true;
	surprise.expected = look->value + detector->origin;
	if (!isnan(look->seen[look->loudest]))
		surprise.expected -=
			look->loudest == HEAL_VIEW_LEVEL
				? look->value + detector->origin - surprise.location
				: look->seen[HEAL_VIEW_CONTEXT];
	surprise.z =
		(look->value + detector->origin - surprise.location) / surprise.spread;
	between = fmax(high - low, surprise.spread);
	surprise.fence =
		fmax(fmax(look->value - high, low - look->value), 0) / between;
	if (detector->traits.has_limit &&
		((detector->traits.bad != HEAL_LOW_IS_BAD &&
		  look->value + detector->origin >= detector->traits.limit) ||
		 (detector->traits.bad == HEAL_LOW_IS_BAD &&
		  look->value + detector->origin <= detector->traits.limit)))
		surprise.score = CERTAIN;
	return surprise;
}

/*
 * How far out the loudest view is, from its median, sign kept. Not in widths: the width of
 * a metric that hardly ever moves is what it did last.
 */
static double
height_of(const HealDetector *detector, const HealLook *look)
{
	HealView view = look->loudest;
	double middle = heal_reservoir_quantile(heal_view_values(detector, view),
											detector->count[view], 0.5);

	return look->seen[view] - middle;
}

/*
 * Whether episodes have been as high before, often enough that their rate says more
 * than the tail. Lowers the score then.
 */
static bool
recur(const HealDetector *detector, const HealLook *look, double *score)
{
	int known =
		detector->past < HEAL_PAST_HEIGHTS ? detector->past : HEAL_PAST_HEIGHTS;
	int times = 0;
	double height;
	double rate;

	if (known < OFTEN || *score < FAMILIAR)
		return false;
	height = height_of(detector, look);
	for (int i = 0; i < known; i++)
	{
		const HealPastHeight *past = &detector->past_height[i];

		if (past->view == (int32_t) look->loudest &&
			(past->height > 0) == (height > 0) &&
			fabs(past->height) >= NEAR * fabs(height))
			times++;
	}
	if (times < OFTEN)
		return false;
	rate = log10((double) detector->rows / times) - KNOWN;
	if (rate >= *score)
		return false;
	*score = fmax(rate, 0);
	return true;
}

/* What to learn from this row. */
static void
discipline(HealDetector *detector, const HealLook *look, double score)
{
	bool strange = score >= STRANGE;

	if (detector->adopting > 0)
	{
		detector->adopting--;
		heal_view_learn(detector, look, MOST, true);
		return;
	}
	if (detector->strange == 0)
	{
		if (strange)
		{
			detector->strange = 1;
			detector->familiar = 0;
			detector->height = (HealPastHeight){
				.height = (float) height_of(detector, look),
				.view = look->loudest,
			};
		}
		heal_view_learn(detector, look, STRANGE, false);
		return;
	}
	detector->strange++;
	detector->familiar = score < FAMILIAR ? detector->familiar + 1 : 0;
	if (strange && detector->height.view == (int32_t) look->loudest)
	{
		float height = (float) height_of(detector, look);

		if (fabsf(height) > fabsf(detector->height.height))
			detector->height.height = height;
	}
	if (detector->familiar >= FAMILIAR_ROWS)
		note_height(detector);
	else if (detector->strange >= PATIENCE)
	{
		note_height(detector);
		detector->adopting = ADOPTING;
	}
	if (detector->familiar > 0)
		heal_view_learn(detector, look, STRANGE, false);
	else
		heal_view_pass(detector, look);
}

/* The episode is over. */
static void
note_height(HealDetector *detector)
{
	detector->past_height[detector->past % HEAL_PAST_HEIGHTS] =
		detector->height;
	detector->past++;
	if (detector->past >= 1 << 30)
		detector->past = HEAL_PAST_HEIGHTS;
	detector->strange = 0;
}

bool
heal_detector_ready(const HealDetector *detector)
{
	return detector->rows >= HEAL_DETECTOR_MINIMUM;
}

void
heal_detector_describe(const HealDetector *detector, char *text, size_t size)
{
	if (detector->rows < HEAL_DETECTOR_MINIMUM)
		snprintf(text, size, "learning (%d of %d)", (int) detector->rows,
				 HEAL_DETECTOR_MINIMUM);
	else if (detector->rows < HEAL_LEVEL_VALUES)
		snprintf(text, size, "provisional (%d of %d)", (int) detector->rows,
				 HEAL_LEVEL_VALUES);
	else
		snprintf(text, size, "ready");
}

double
heal_detector_location(const HealDetector *detector)
{
	return heal_detector_quantile(detector, 0.5);
}

double
heal_detector_spread(const HealDetector *detector)
{
	return heal_view_width(detector, HEAL_VIEW_LEVEL);
}

double
heal_detector_quantile(const HealDetector *detector, double share)
{
	return detector->origin +
		   heal_reservoir_quantile(detector->level,
								   detector->count[HEAL_VIEW_LEVEL], share);
}

double
heal_detector_border(const HealDetector *detector, double score, bool upper)
{
	if (!heal_detector_ready(detector))
		return NAN;
	return detector->origin +
		   heal_tail_border(&detector->tail[HEAL_VIEW_LEVEL][upper],
							detector->level, detector->count[HEAL_VIEW_LEVEL],
							heal_detector_spread(detector), score, upper);
}

double
heal_detector_seasonality(const HealDetector *detector)
{
	double slow = detector->error[HEAL_PREDICT_LEVEL];
	double best = slow;

	for (int i = HEAL_PREDICT_DAY; i <= HEAL_PREDICT_WEEK; i++)
		if (detector->error[i] >= 0 && detector->error[i] < best)
			best = detector->error[i];
	return slow > 0 ? 1 - best / slow : 0;
}

const char *
heal_view_name(HealView view)
{
	static const char *const names[] = {
		[HEAL_VIEW_LEVEL] = "level", [HEAL_VIEW_CONTEXT] = "context",
		[HEAL_VIEW_SLOW] = "slow",	 [HEAL_VIEW_DRIFT] = "drift",
		[HEAL_VIEW_CUSUM] = "cusum",
	};

	return names[view];
}
