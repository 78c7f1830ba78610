/*
 * totals.h
 *		Running totals over members that come and go.
 *
 * The cluster's counters are kept per database. Adding them up anew would make a
 * dropped database look like a reset and a restored one like a spike, so what is
 * added up is how much each known member grew. A member's first sight adds nothing.
 */
#ifndef HEAL_TOTALS_H
#define HEAL_TOTALS_H

#include "base/types.h"

#define HEAL_TOTAL_COLUMNS 20

typedef struct HealMember
{
	uint32_t id;
	bool seen; /* since heal_totals_begin() */
	double count[HEAL_TOTAL_COLUMNS];
} HealMember;

typedef struct HealTotals
{
	int members;
	int capacity;
	int cursor;			/* members mostly come in the same order every time */
	HealMember *member; /* [capacity], the caller's memory */
	double total[HEAL_TOTAL_COLUMNS];
} HealTotals;

extern void heal_totals_begin(HealTotals *totals);
/* False when there is no room for a new member: make some and add it again. */
extern bool heal_totals_add(HealTotals *totals, uint32_t id,
							const double count[HEAL_TOTAL_COLUMNS]);
/* Forgets the members that did not come this time. */
extern void heal_totals_end(HealTotals *totals);

#endif
