/*
 * pace.h
 *		How long each of the top queries takes now, and how long it usually does.
 *
 * Two sums of calls and time for each query. Now halves every two seconds. The usual one halves every ten
 * minutes, and what enters it is 40 seconds old: it takes half a minute to see that the machine is used up, and
 * until then the usual must not have learnt what is not. While somebody is known to take too much nothing
 * is learnt at all. So a query is not known in its first 40 seconds, and neither is anything after a start.
 */
#ifndef HEAL_PACE_H
#define HEAL_PACE_H

#include "gate/query_table.h"

#define HEAL_PACE_STEPS 10
#define HEAL_PACE_STEP (4 * HEAL_SECOND)
#define HEAL_PACE_KNOWN 40.0 /* calls that make a usual time */
#define HEAL_PACE_NOW 3.0	 /* calls that make one of now */

/* What ran since a query has its place in the table of queries. */
typedef struct HealQueryTotal
{
	uint64_t query; /* 0 = a free place */
	uint32_t database;
	uint64_t calls;
	uint64_t ns;
} HealQueryTotal;

typedef struct HealPaceSum
{
	double calls;
	double ms;
} HealPaceSum;

typedef struct HealPace
{
	HealQueryTotal seen; /* at the last look */
	HealPaceSum now;
	HealPaceSum usual;
	HealPaceSum waiting[HEAL_PACE_STEPS]; /* to become usual */
} HealPace;

/* All zero is empty. */
typedef struct HealPaces
{
	HealTime at;	  /* of the last look */
	HealTime step_at; /* when the current step of waiting[] began */
	int32_t step;
	HealPace
		pace[HEAL_TOP_QUERIES]; /* place by place as the table of queries */
} HealPaces;

/* One look at all of them. learn: whether this may become usual. */
extern void
heal_paces_note(HealPaces *paces, const HealQueryTotal total[HEAL_TOP_QUERIES],
				bool learn, HealTime at);
/* The place of a query, -1 when it has none. */
extern int
heal_paces_find(const HealPaces *paces, uint64_t query, uint32_t database);
/* Share of the time in statements of all top queries that one takes now, 0..1; NaN = nothing runs. */
extern double heal_paces_share(const HealPaces *paces, int place);
/* Sessions that one keeps busy now, on average over the last seconds. */
extern double heal_pace_busy(const HealPace *pace);
/* How many times its usual time it takes now; NaN = either is not known well enough. */
extern double heal_pace_slowdown(const HealPace *pace);

#endif
