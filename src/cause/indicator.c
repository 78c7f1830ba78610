/*
 * indicator.c
 *		Leading indicators: what is seen of a cause before anything has failed.
 */
#include "cause/indicator.h"

#include <math.h>

static bool
is_of_such_a_kind(HealSignalKind kind)
{
	switch (kind)
	{
		case HEAL_SIGNAL_HIGH:
		case HEAL_SIGNAL_LOW:
		case HEAL_SIGNAL_FINDING:
		case HEAL_SIGNAL_EVENT:
		case HEAL_SIGNAL_STATE:
			return true;
		case HEAL_SIGNAL_FAILURE:
		case HEAL_SIGNAL_PREDICTION:
		case HEAL_SIGNAL_NONE:
		case HEAL_SIGNAL_KINDS:
			break;
	}
	return false;
}

static bool
leads_to_others(const HealGraph *graph, int node)
{
	for (int i = 0; i < graph->edges; i++)
		if (graph->edge[i].from == node)
			return true;
	return false;
}

/* A metric that is merely away is seen too, without certainty: then nobody has noted since when. */
bool
heal_is_indicator(const HealGraph *graph, const HealSeen *seen, int node,
				  HealTime now)
{
	return seen->says == 1 && seen->certainty > 0 && seen->since != 0 &&
		   seen->since <= now && is_of_such_a_kind(seen->by.kind) &&
		   leads_to_others(graph, node);
}

bool
heal_indicator_lasts(double now, double was, double usual)
{
	return !(fabs(now - was) >= fabs(now - usual));
}
