/*
 * indicator.h
 *		Leading indicators: an anomaly of what leads to others, before anything has failed.
 */
#ifndef HEAL_INDICATOR_H
#define HEAL_INDICATOR_H

#include "cause/evidence.h"

typedef struct HealIndicator
{
	HealSignal by;	   /* the metric and its direction */
	HealTime since;	   /* its anomaly opened */
	double confidence; /* of that, 0..1 */
} HealIndicator;

/*
 * The surest anomaly by which the node is seen. False when there is none, when the node leads to nothing, or when a failure
 * or a forecast shows it: these have a diagnosis, or are a prediction already. An anomaly that has gone back to what is
 * usual by now, or has not moved the metric yet, says nothing.
 */
extern bool
heal_indicator_find(const HealCausalModel *model, const HealFacts *facts,
					int node, HealTime now, HealIndicator *indicator);
/*
 * Whether what is not seen any more is so all the same: a state that lasts is taken for the new normal, and what it leads to
 * comes nevertheless. True while the metric is nearer to what it was than to what was usual then, or not known.
 */
extern bool heal_indicator_lasts(double now, double was, double usual);

#endif
