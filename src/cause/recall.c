/*
 * recall.c
 *		Which earlier incidents a new one is like.
 */
#include "cause/recall.h"

#include <math.h>
#include <string.h>

#define DEFAULT_BORDER 0.5 /* half of the change is something else */
#define BORDER_SHARE 0.95
#define SWEEPS 200
#define SETTLED 1e-7
/* How far a mixture may be wrong: its largest say is (1 + this) / this to one. */
#define DOUBT 0.1
#define SMALLEST_SHARE 0.02

void
heal_imprint_clear(HealImprint *imprint)
{
	imprint->cause = -1;
	for (int i = 0; i < HEAL_IMPRINT_METRICS; i++)
		imprint->change[i] = (float) NAN;
}

float
heal_imprint_change(double value, double usual, double spread)
{
	double change;

	if (!isfinite(value) || !isfinite(usual) || !(spread >= 0))
		return (float) NAN;
	/* what never varies and is zero: any value is as good as a unit of it */
	if (spread == 0)
		spread = fabs(usual) > 0 ? fabs(usual) * 1e-3 : 1;
	change = log((fabs(value) + spread) / (fabs(usual) + spread));
	return (float) fmin(fmax(change, -HEAL_LARGEST_CHANGE),
						HEAL_LARGEST_CHANGE);
}

double
heal_imprint_distance(const HealImprint *of, const HealImprint *to)
{
	double product = 0, of_common = 0, to_common = 0, of_all = 0;

	for (int i = 0; i < HEAL_IMPRINT_METRICS; i++)
	{
		double a = of->change[i], b = to->change[i];

		if (isnan(a))
			continue;
		of_all += a * a;
		if (isnan(b))
			continue;
		product += a * b;
		of_common += a * a;
		to_common += b * b;
	}
	if (!(of_common > 0) || !(to_common > 0))
		return (double) NAN;
	return 1 - product / sqrt(of_common * to_common) * sqrt(of_common / of_all);
}

/* Numbers of those nearest to it, the nearest first, into nearest[most]; returns how many. */
static int
find_nearest(const HealImprint *known, int count, const HealImprint *of,
			 int *nearest, int most)
{
	double distance[HEAL_MIXED];
	int found = 0;

	if (most > HEAL_MIXED)
		most = HEAL_MIXED;
	for (int i = 0; i < count; i++)
	{
		double away = heal_imprint_distance(of, &known[i]);
		int place = found;

		if (isnan(away))
			continue;
		while (place > 0 && distance[place - 1] > away)
			place--;
		if (place == most)
			continue;
		if (found < most)
			found++;
		for (int j = found - 1; j > place; j--)
		{
			distance[j] = distance[j - 1];
			nearest[j] = nearest[j - 1];
		}
		distance[place] = away;
		nearest[place] = i;
	}
	return found;
}

/* Distance to the nearest other imprint of the same cause; NaN = there is none. */
static double
distance_to_own(const HealImprint *known, int count, int which)
{
	double nearest = (double) NAN;

	for (int i = 0; i < count; i++)
	{
		double away;

		if (i == which || known[i].cause != known[which].cause)
			continue;
		away = heal_imprint_distance(&known[which], &known[i]);
		if (!isnan(away) && !(away >= nearest))
			nearest = away;
	}
	return nearest;
}

/*
 * The k-th largest is found by keeping only the largest twentieth, sorted; of more than 1280 imprints
 * the last 1280 are asked.
 */
double
heal_recall_border(const HealImprint *known, int count)
{
	double largest[HEAL_MIXED];
	int kept = 0, compared = 0;
	int from = count > 20 * HEAL_MIXED ? count - 20 * HEAL_MIXED : 0;
	int above;

	for (int i = from; i < count; i++)
	{
		double away = distance_to_own(known + from, count - from, i - from);
		int place = kept;

		if (isnan(away))
			continue;
		compared++;
		while (place > 0 && largest[place - 1] < away)
			place--;
		if (place == HEAL_MIXED)
			continue;
		if (kept < HEAL_MIXED)
			kept++;
		memmove(&largest[place + 1], &largest[place],
				sizeof(double) * (kept - place - 1));
		largest[place] = away;
	}
	if (compared < HEAL_RECALL_FEW)
		return DEFAULT_BORDER;
	above = (int) (compared * (1 - BORDER_SHARE));
	return largest[above < kept ? above : kept - 1];
}

static double
value_of(const HealImprint *imprint, int metric)
{
	float value = imprint->change[metric];

	return isnan(value) ? 0 : value;
}

/* Product of two imprints over the metrics that the incident has. */
static double
product_of(const HealImprint *a, const HealImprint *b, const HealImprint *of)
{
	double sum = 0;

	for (int i = 0; i < HEAL_IMPRINT_METRICS; i++)
		if (!isnan(of->change[i]))
			sum += value_of(a, i) * value_of(b, i);
	return sum;
}

/*
 * The weights, none below zero, with which the parts come nearest to the whole: one weight after the other is set to
 * its best value until none moves. products[count][count] of the parts, whole[count] of each with the incident.
 */
static void
fit(double products[HEAL_MIXED][HEAL_MIXED], const double *whole, int count,
	double *weight)
{
	memset(weight, 0, sizeof(double) * count);
	for (int sweep = 0; sweep < SWEEPS; sweep++)
	{
		double moved = 0;

		for (int i = 0; i < count; i++)
		{
			double left = whole[i];
			double best;

			if (!(products[i][i] > 0))
				continue;
			for (int j = 0; j < count; j++)
				left -= j != i ? products[i][j] * weight[j] : 0;
			best = fmax(left / products[i][i], 0);
			moved = fmax(moved, fabs(best - weight[i]));
			weight[i] = best;
		}
		if (moved < SETTLED)
			break;
	}
}

/* share[HEAL_MIXED]: of each cause; returns how many there are. */
static int
add_share(HealShare *share, int shares, int cause, double of_part)
{
	for (int i = 0; i < shares; i++)
		if (share[i].cause == cause)
		{
			share[i].share += of_part;
			return shares;
		}
	share[shares] = (HealShare){.cause = cause, .share = of_part};
	return shares + 1;
}

/* The largest first, and the small ones not at all: they are noise of the fit. */
static void
keep_largest(HealRecollection *recollection, HealShare *share, int shares)
{
	for (int i = 1; i < shares; i++)
		for (int j = i; j > 0 && share[j - 1].share < share[j].share; j--)
		{
			HealShare larger = share[j];

			share[j] = share[j - 1];
			share[j - 1] = larger;
		}
	for (int i = 0; i < shares && i < HEAL_SHARES; i++)
		if (share[i].share >= SMALLEST_SHARE)
			recollection->share[recollection->shares++] = share[i];
}

static void
mix(const HealImprint *known, const HealImprint *of, const int *nearest,
	int count, HealRecollection *recollection)
{
	double products[HEAL_MIXED][HEAL_MIXED];
	double whole[HEAL_MIXED], weight[HEAL_MIXED];
	HealShare share[HEAL_MIXED];
	int shares = 0;
	double total = product_of(of, of, of);
	double explained = 0, left = total, lengths = 0;

	for (int i = 0; i < count; i++)
	{
		const HealImprint *part = &known[nearest[i]];

		whole[i] = product_of(part, of, of);
		for (int j = 0; j <= i; j++)
			products[i][j] = products[j][i] =
				product_of(part, &known[nearest[j]], of);
	}
	fit(products, whole, count, weight);
	for (int i = 0; i < count; i++)
	{
		left -= 2 * weight[i] * whole[i];
		for (int j = 0; j < count; j++)
			left += weight[i] * weight[j] * products[i][j];
		lengths += weight[i] * sqrt(products[i][i]);
	}
	recollection->rest = total > 0 ? fmin(fmax(left / total, 0), 1) : 1;
	explained = 1 - recollection->rest;
	for (int i = 0; i < count && lengths > 0; i++)
		if (weight[i] > 0)
			shares = add_share(share, shares, known[nearest[i]].cause,
							   explained * weight[i] * sqrt(products[i][i]) /
								   lengths);
	keep_largest(recollection, share, shares);
}

void
heal_recall(const HealImprint *known, int count, const HealImprint *of,
			double border, HealRecollection *recollection)
{
	int nearest[HEAL_MIXED];
	int found = find_nearest(known, count, of, nearest, HEAL_MIXED);

	*recollection = (HealRecollection){
		.nearest = -1, .distance = 1, .too_far = true, .rest = 1};
	if (found == 0)
		return;
	recollection->nearest = nearest[0];
	recollection->distance = heal_imprint_distance(of, &known[nearest[0]]);
	mix(known, of, nearest, found, recollection);
	/*
	 * What is like no single one may still be two of them at once. The rest is the square of a sine, the
	 * distance one minus a cosine.
	 */
	recollection->too_far =
		recollection->distance > border &&
		recollection->rest > 1 - (1 - border) * (1 - border);
}

double
heal_recall_weigh(const HealRecollection *recollection,
				  const HealImprint *known, int count, int cause,
				  double confidence)
{
	double said = 0;
	double against;
	bool is_known = false;

	if (recollection->too_far)
		return confidence;
	for (int i = 0; i < count; i++)
		is_known |= known[i].cause == cause;
	if (!is_known)
		said = recollection->rest;
	for (int i = 0; i < recollection->shares; i++)
		if (recollection->share[i].cause == cause)
			said = recollection->share[i].share;
	against = (1 - confidence) * (1 - said + DOUBT);
	confidence *= said + DOUBT;
	return confidence + against > 0 ? confidence / (confidence + against) : 0;
}
