/*
 * routine.h
 *		When failures that are not urgent are looked for.
 *
 * Every monitoring interval, and more often once something of one has been seen: so that it is decided on, and
 * found healed, when it is time, and not up to an interval later. Times are of the wall clock.
 */
#ifndef HEAL_ROUTINE_H
#define HEAL_ROUTINE_H

#include <stdbool.h>

#include "base/types.h"

#define HEAL_NO_DEADLINE INT64_MAX
#define HEAL_WATCH_ROUTINE HEAL_SECOND /* between two looks while one is seen */

typedef struct HealRoutine
{
	HealTime looked_at; /* 0 = not yet */
	HealTime deadline;	/* the first end of a patience that runs */
	bool seen; /* something of one, at the last look, and not over yet */
} HealRoutine;

/* One that has not looked yet. */
#define HEAL_ROUTINE_NEW             \
	{                                \
		.deadline = HEAL_NO_DEADLINE \
	}

/* interval is that of monitoring. A clock set back makes it due. */
extern bool heal_routine_is_due(const HealRoutine *routine, HealTime now,
								HealTime interval);
/* What the look before has found is found again, or is over. */
extern void heal_routine_look(HealRoutine *routine, HealTime now);
extern void heal_routine_see(HealRoutine *routine);
/* The patience of one that is seen ends then; an earlier one stays the first. */
extern void heal_routine_wait(HealRoutine *routine, HealTime deadline);

#endif
