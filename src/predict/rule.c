/*
 * rule.c
 *		The rules of the forecast: each tells how likely it is full at the horizon, and when.
 *
 * All are honest about what they do not know, in the same way: a level at the horizon with
 * a deviation, so that the best-determined one can be believed. Neighbouring blocks are not
 * independent; the number of blocks a line rests on is made smaller by how alike they are.
 */
#include <math.h>

#include "predict/outline.h"

#define HORIZON (HEAL_FORECAST_HORIZON / HEAL_FORECAST_BLOCK) /* in blocks */
#define DOUBT 0.12 /* of a climb: what no series says beforehand */
#define LEAST_SPREAD 0.002
#define FEWEST 8		 /* blocks of a line */
#define FARTHEST 50000.0 /* blocks: nobody sees further */

typedef struct Line
{
	double slope;
	double end;	  /* its value at the last block */
	double error; /* of the slope */
	double end_error;
	double scatter; /* of the blocks around it */
	double alike;	/* neighbours' correlation around it */
	double bend;	/* a block squared; 0 = straight */
	double bend_error;
	int width;
} Line;

double
heal_rule_probability(double z)
{
	return 0.5 * erfc(-z * 0.70710678118654752440);
}

/*
 * How far below the limit the line is when the first row meets it: as far as the highest
 * rows stand above it while it climbs past (the greatest of so many block maxima; Gumbel's
 * scale is sqrt(6) / pi deviations).
 */
static double
headroom(const HealOutline *view, const Line *line)
{
	double own = view->above_noise * view->above_noise;
	double around =
		line->scatter * line->scatter * (1 - line->alike * line->alike);
	double scale = 0.78 * sqrt(own + around);
	double blocks = line->slope > 0 ? scale / line->slope : HORIZON;

	blocks = fmin(fmax(blocks, 1), HORIZON);
	return view->above + scale * log(blocks);
}

static Line
lay_line(const double *y, int count, int width)
{
	const double *from = y + count - width;
	Line line = {.width = width};
	double n = width;
	double middle = (n - 1) / 2;
	double mean = 0;
	double squares = 0;
	double products = 0;
	double before = 0;
	double free;

	for (int i = 0; i < width; i++)
		mean += from[i] / n;
	for (int i = 0; i < width; i++)
		line.slope += (i - middle) * (from[i] - mean);
	line.slope /= n * (n * n - 1) / 12;
	for (int i = 0; i < width; i++)
	{
		double rest = from[i] - mean - line.slope * (i - middle);

		squares += rest * rest;
		products += rest * before;
		before = rest;
	}
	line.alike = squares > 0 ? products / squares : 0;
	if (line.alike < 0)
		line.alike = 0;
	/* a line takes two away from what is alike; short ones hide it */
	line.alike += (1 + 3 * line.alike) / n;
	if (line.alike > 0.97)
		line.alike = 0.97;
	line.scatter = sqrt(squares / (n - 2));
	free = n * (1 - line.alike) / (1 + line.alike);
	if (free < 2)
		free = 2;
	line.error = line.scatter * sqrt(12.0 / free) / n * (n / sqrt(n * n - 1));
	line.end_error = 2 * line.scatter / sqrt(free);
	line.end = mean + line.slope * middle;
	/* what wanders begins where it is, not where the line is */
	line.end += line.alike * line.alike * (y[count - 1] - line.end);
	return line;
}

/* Bend of the same blocks: the second half's slope against the first's. */
static void
bend_line(Line *line, const double *y, int count)
{
	int half = line->width / 2;
	Line late = lay_line(y, count, half);
	Line early = lay_line(y, count - half, half);

	line->bend = (late.slope - early.slope) / half / 2;
	line->bend_error =
		sqrt(late.error * late.error + early.error * early.error) / half / 2;
}

/* The largest rise within so many blocks, up to "count". */
static double
usual_climb(const double *y, int count, int width)
{
	double most = 0;

	for (int i = width; i < count; i++)
		if (y[i] - y[i - width] > most)
			most = y[i] - y[i - width];
	return most;
}

static double
spread_at_horizon(const HealOutline *view, const Line *line)
{
	double far = line->error * HORIZON;
	double climb = DOUBT * fabs(line->slope) * HORIZON;

	return sqrt(far * far + line->end_error * line->end_error + climb * climb +
				view->above_noise * view->above_noise / 4 +
				LEAST_SPREAD * LEAST_SPREAD);
}

static double
blocks_to(double room, double slope, double bend)
{
	double eta;

	if (room <= 0)
		return 0;
	if (fabs(bend) < 1e-12)
		eta = slope > 0 ? room / slope : NAN;
	else
	{
		double inside = slope * slope + 4 * bend * room;

		if (inside < 0)
			return NAN;
		eta = 2 * room / (slope + sqrt(inside));
	}
	return eta >= 0 && eta < FARTHEST ? eta : NAN;
}

/* What steps add: a block's share of them, and how sure that is. */
static void
add_steps(const HealOutline *view, double *slope, double *spread)
{
	double often = (double) view->rises / view->count;
	double climb = often * HORIZON * view->rise_mean;
	double chance = often * HORIZON * view->rise_square;

	if (view->rises < 3)
		return;
	*slope += often * view->rise_mean;
	*spread = sqrt(*spread * *spread + chance + climb * climb / view->rises);
}

static HealRuling
rule_by_line(const HealOutline *view, const Line *line, bool steps)
{
	HealRuling ruling = {.speaks = true, .span = line->width};
	double slope = line->slope;
	double room = 1 - headroom(view, line) - line->end;

	ruling.spread = spread_at_horizon(view, line);
	if (steps)
		add_steps(view, &slope, &ruling.spread);
	/* slope at the end, and what bends after it at half strength */
	slope += line->bend * line->width;
	ruling.rate = slope;
	ruling.climb = slope * HORIZON + line->bend / 2 * HORIZON * HORIZON;
	if (line->bend < 0 && ruling.climb < slope * HORIZON / 2)
		ruling.climb = slope * HORIZON / 2;
	ruling.eta = blocks_to(room, slope, line->bend / 2);
	ruling.probability =
		heal_rule_probability((ruling.climb - room) / ruling.spread);
	if (slope <= 0 && room > 0 && line->bend <= 0)
		ruling.eta = NAN;
	return ruling;
}

static const int widths[] = {12, 24, 48, 96, 192, 384};

HealRuling
heal_rule_trend(const HealOutline *view, bool *bends)
{
	Line best = {0};
	double least = INFINITY;
	int most = view->count;

	*bends = false;
	for (int i = 0; i <= (int) heal_lengthof(widths); i++)
	{
		int width = i < (int) heal_lengthof(widths) ? widths[i] : view->count;
		Line line;
		double spread;

		if (width > most || width < FEWEST ||
			(i == (int) heal_lengthof(widths) && most > 384))
			continue;
		line = lay_line(view->flat, view->count, width);
		/* what is short must be news: a swing is straight for a while */
		if (width <= 24 && view->count >= 3 * width &&
			line.slope * width <
				1.15 * usual_climb(view->flat, view->count - 2 * width, width))
			continue;
		spread = line.error * HORIZON;
		spread = spread * spread + line.end_error * line.end_error;
		if (spread < least)
		{
			least = spread;
			best = line;
		}
	}
	if (best.width == 0)
		return (HealRuling){.speaks = false, .eta = NAN};
	if (best.width >= 48 && view->rises == 0)
	{
		bend_line(&best, view->flat, view->count);
		*bends = fabs(best.bend) > 4 * best.bend_error;
		if (!*bends)
			best.bend = 0;
	}
	return rule_by_line(view, &best, true);
}

#define CLIMB_BLOCKS 6
#define LARGER 1.5

HealRuling
heal_rule_climb(const HealOutline *view)
{
	HealRuling ruling = {.eta = NAN};
	int before = view->count - 2 * CLIMB_BLOCKS;
	double usual;
	Line line;

	if (view->count < HORIZON + 2 * CLIMB_BLOCKS)
		return ruling;
	usual = usual_climb(view->mean, before, CLIMB_BLOCKS);
	line = lay_line(view->mean, view->count, CLIMB_BLOCKS);
	if (line.slope * CLIMB_BLOCKS < LARGER * usual + 6 * view->noise ||
		line.slope < 4 * line.error)
		return ruling;
	for (int i = view->count - CLIMB_BLOCKS; i < view->count; i++)
		if (view->mean[i] - view->mean[i - 1] < 0.3 * line.slope)
			return ruling;
	ruling = rule_by_line(view, &line, false);
	return ruling;
}

/* Level so many blocks ahead, by what came after the same hours. */
static double
season_ahead(const HealOutline *view, int period, double drift, double now,
			 int ahead)
{
	int turns = (ahead - 1) / period;
	int back = view->count - 1 - period + (ahead - turns * period);

	return heal_outline_recurring(view)[back] + view->high[back] -
		   view->mean[back] + now + turns * drift;
}

HealRuling
heal_rule_season(const HealOutline *view, int period)
{
	const double *y = heal_outline_recurring(view);
	HealRuling ruling = {.eta = NAN, .span = 2 * period};
	double drift = 0; /* from period to period, all of the last one */
	double now = 0;	  /* the newest blocks */
	double squares = 0;
	double highest = -INFINITY;
	int last = view->count - 1;

	if (period == 0 || view->count < 2 * period)
		return ruling;
	for (int i = 0; i < period; i++)
		drift += (y[last - i] - y[last - i - period]) / period;
	for (int i = 0; i < CLIMB_BLOCKS; i++)
		now += (y[last - i] - y[last - i - period]) / CLIMB_BLOCKS;
	for (int i = 0; i < period; i++)
	{
		double rest = y[last - i] - y[last - i - period] - drift;

		squares += rest * rest;
	}
	ruling.speaks = true;
	ruling.rate = drift / period;
	ruling.spread = sqrt(squares / period);
	ruling.spread = sqrt(ruling.spread * ruling.spread +
						 DOUBT * DOUBT * drift * drift * HORIZON * HORIZON /
							 period / period +
						 LEAST_SPREAD * LEAST_SPREAD);
	for (int ahead = 1; ahead <= 40 * period; ahead++)
	{
		double level = season_ahead(view, period, drift, now, ahead);

		if (ahead <= HORIZON && level > highest)
			highest = level;
		if (level >= 1 && isnan(ruling.eta))
			ruling.eta = ahead;
		if (ahead >= HORIZON &&
			(isfinite(ruling.eta) || (drift <= 0 && ahead > period)))
			break;
	}
	ruling.climb = highest - y[last];
	ruling.probability = heal_rule_probability((highest - 1) / ruling.spread);
	return ruling;
}

/* Where the next peak will be, by the peaks that were. */
typedef struct Course
{
	double next; /* height of the next one */
	double rate; /* from peak to peak */
	double spread;
	double apart; /* blocks between two */
	double depth; /* from peak to floor */
} Course;

static Course
course_of(const HealOutline *view)
{
	const HealPeak *peak = view->peak;
	Course course = {0};
	int count = view->peaks < 12 ? view->peaks : 12;
	int first = view->peaks - count;
	double middle = (count - 1) / 2.0;
	double mean = 0;
	double squares = 0;

	for (int i = first; i < view->peaks; i++)
		mean += peak[i].height / count;
	course.depth = peak[view->peaks - 1].height - view->floor_now;
	if (count == 1)
	{
		course.next = mean;
		course.spread = 0.25 * course.depth;
		course.apart = view->count;
		return course;
	}
	course.apart =
		(double) (peak[view->peaks - 1].at - peak[first].at) / (count - 1);
	for (int i = 0; i < count; i++)
		course.rate += (i - middle) * (peak[first + i].height - mean);
	course.rate /= count * (count * (double) count - 1) / 12;
	for (int i = 0; i < count; i++)
	{
		double rest =
			peak[first + i].height - mean - course.rate * (i - middle);

		squares += rest * rest;
	}
	course.next = mean + course.rate * (count - middle);
	if (count == 2)
		course.spread = fabs(course.rate) / 2 + 0.05 * course.depth;
	else
		course.spread = sqrt(squares / (count - 2)) * sqrt(1 + 4.0 / count);
	return course;
}

/* Blocks until the tooth whose peak is above the limit meets it. */
static double
peaks_eta(const HealOutline *view, const Course *course, double limit)
{
	int last = view->peak[view->peaks - 1].at;
	double height = course->next;
	double at = last + course->apart - (view->count - 1);

	if (at < 0)
		at = 0;
	if (height < limit)
	{
		double more;

		if (!(course->rate > 0))
			return NAN;
		more = ceil((limit - height) / course->rate);
		height += more * course->rate;
		at += more * course->apart;
	}
	if (course->depth > 0)
		at -= course->apart * fmin((height - limit) / course->depth, 1);
	return at > 0 && at < FARTHEST ? at : at <= 0 ? 1 : NAN;
}

HealRuling
heal_rule_peaks(const HealOutline *view, const HealRuling *trend)
{
	HealRuling ruling = {.eta = NAN};
	double limit = 1;
	double escape = 1;
	int teeth = 1;
	double now = view->mean[view->count - 1];
	Course course;
	double ahead;
	double reach;

	if (view->peaks == 0)
		return ruling;
	course = course_of(view);
	if (now > course.next + 3 * course.spread + view->swing / 2)
		return ruling; /* it has left its teeth */
	ruling.speaks = true;
	ruling.span = view->count - 1 - view->peak[0].at;
	ruling.rate = course.apart > 0 ? course.rate / course.apart : 0;
	/* the peak that the horizon still reaches */
	ahead = view->peak[view->peaks - 1].at + course.apart - (view->count - 1);
	reach = course.next;
	if (course.apart > 0 && HORIZON > ahead)
		teeth += (int) ((HORIZON - fmax(ahead, 0)) / course.apart);
	reach += course.rate * (teeth - 1);
	ruling.spread =
		sqrt(course.spread * course.spread + LEAST_SPREAD * LEAST_SPREAD);
	ruling.climb = reach - now;
	/* each of them may be the one */
	for (int tooth = 0; tooth < teeth; tooth++)
		escape *= heal_rule_probability(
			(limit - course.next - course.rate * tooth) / ruling.spread);
	ruling.probability = 1 - escape;
	if (course.apart > HORIZON && trend->speaks &&
		trend->probability < ruling.probability)
		ruling.probability = trend->probability;
	/* a line over several teeth knows as much as their peaks */
	if (trend->speaks && trend->span >= 3 * course.apart &&
		trend->probability > ruling.probability)
		ruling.probability = trend->probability;
	ruling.eta = peaks_eta(view, &course, limit);
	return ruling;
}
