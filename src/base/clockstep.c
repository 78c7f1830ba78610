/*
 * clockstep.c
 *		Jumps of the wall clock, seen against one that is never set.
 */
#include "base/clockstep.h"

/* For what is measured in between: samples, and the looks of a recoverer. */
#define MARGIN HEAL_MINUTE

bool
heal_clockstep_note(HealClockStep *clock, HealTime wall, int64_t now)
{
	int64_t offset = wall - now;
	int64_t moved = offset - clock->offset;
	bool known = clock->offset != 0;

	clock->offset = offset;
	if (!known || (moved <= HEAL_STEP && moved >= -HEAL_STEP))
		return false;
	clock->jump = moved;
	clock->jumped_at = now;
	return true;
}

int64_t
heal_clockstep_lately(const HealClockStep *clock, int64_t now,
					  HealTime patience)
{
	return clock->jump != 0 && now - clock->jumped_at < patience + MARGIN
			   ? clock->jump
			   : 0;
}
