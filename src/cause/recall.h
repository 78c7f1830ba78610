/*
 * recall.h
 *		Which earlier incidents a new one is like: a second opinion that needs no causal graph.
 *
 * An imprint is how every metric had changed against its usual value, as the logarithm of the ratio.
 * For whether something is the matter a deviation in units of its own spread is better; for what,
 * the ratio is: the same cause moves the same metrics by about the same factors, also on days and
 * machines that are noisier.
 */
#ifndef HEAL_RECALL_H
#define HEAL_RECALL_H

#include "base/types.h"

#define HEAL_IMPRINT_METRICS \
	256 /* the catalogue has fewer; user metrics come last in it */
#define HEAL_RECALL_FEW 5 /* earlier incidents, below which they say nothing */
#define HEAL_MIXED 64	  /* imprints a mixture is made of, at most */
#define HEAL_LARGEST_CHANGE 10.0 /* times e: 22000 times as much */

typedef struct HealImprint
{
	int cause; /* what was confirmed, as the caller numbers causes; -1 = an incident that is not yet explained */
	float change[HEAL_IMPRINT_METRICS]; /* NaN = missing then */
} HealImprint;

/* One cause in what was recalled. */
typedef struct HealShare
{
	int cause;
	double share; /* of the imprint that it accounts for, 0..1 */
} HealShare;

#define HEAL_SHARES 8

typedef struct HealRecollection
{
	int nearest; /* number of the imprint most like it; -1 = there is none to compare with */
	double distance; /* to it: 0 the same, 1 nothing in common */
	bool
		too_far; /* farther than incidents of one cause are from each other: none of those known */
	int shares;	 /* the largest first */
	HealShare share[HEAL_SHARES];
	double
		rest; /* of the imprint that no mixture of earlier ones accounts for, 0..1 */
} HealRecollection;

extern void heal_imprint_clear(HealImprint *imprint);
/*
 * Logarithm of how many times its usual value a metric is, both at least "spread" (its usual
 * deviation): what is usually zero has no ratio. NaN when anything is missing.
 */
extern float heal_imprint_change(double value, double usual, double spread);
/*
 * One minus the cosine of the angle between two imprints, over the metrics that both have; more the less of
 * the first one's change is in those. NaN when there is nothing to compare.
 */
extern double
heal_imprint_distance(const HealImprint *of, const HealImprint *to);
/*
 * The distance below which are 95 % of the imprints from the nearest other one of the same cause. A
 * default where fewer than five have such a neighbour. Takes count squared times the metrics.
 */
extern double heal_recall_border(const HealImprint *known, int count);
/* What the incident is like, and the mixture of earlier ones that comes nearest to it. */
extern void
heal_recall(const HealImprint *known, int count, const HealImprint *of,
			double border, HealRecollection *recollection);
/*
 * Confidence in a cause once the second opinion was heard: more when it agrees, less when it does
 * not, the same when it has none. A cause without any earlier incident is judged by the rest.
 */
extern double heal_recall_weigh(const HealRecollection *recollection,
								const HealImprint *known, int count, int cause,
								double confidence);

#endif
