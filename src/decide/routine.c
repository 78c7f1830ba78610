/*
 * routine.c
 *		When failures that are not urgent are looked for.
 */
#include "decide/routine.h"

bool
heal_routine_is_due(const HealRoutine *routine, HealTime now, HealTime interval)
{
	HealTime since = now - routine->looked_at;

	return now >= routine->deadline || since < 0 ||
		   since >= (routine->seen ? HEAL_WATCH_ROUTINE : interval);
}

void
heal_routine_look(HealRoutine *routine, HealTime now)
{
	routine->looked_at = now;
	routine->deadline = HEAL_NO_DEADLINE;
	routine->seen = false;
}

void
heal_routine_see(HealRoutine *routine)
{
	routine->seen = true;
}

void
heal_routine_wait(HealRoutine *routine, HealTime deadline)
{
	if (deadline < routine->deadline)
		routine->deadline = deadline;
}
