/*
 * indicator.h
 *		Leading indicators: what is seen of a cause before anything has failed.
 */
#ifndef HEAL_INDICATOR_H
#define HEAL_INDICATOR_H

#include "cause/evidence.h"

/*
 * Whether what is seen of the node is one: an anomaly, a finding, an event or a state of which the beginning is known, of
 * a node that leads to others. What a failure proves has a diagnosis, and what a forecast says is a prediction already.
 */
extern bool heal_is_indicator(const HealGraph *graph, const HealSeen *seen,
							  int node, HealTime now);

/*
 * Whether what is not seen any more is so all the same: a state that lasts is taken for the new normal, and what it leads to
 * comes nevertheless. True while the metric is nearer to what it was than to what was usual then, or not known.
 */
extern bool heal_indicator_lasts(double now, double was, double usual);

#endif
