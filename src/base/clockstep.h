/*
 * clockstep.h
 *		Jumps of the wall clock, seen against one that is never set.
 *
 * Ages are differences of wall clock times, so after a jump each of them is wrong for what began before it. They can be trusted
 * again when whatever holds still has really lasted as long as it must.
 */
#ifndef HEAL_CLOCKSTEP_H
#define HEAL_CLOCKSTEP_H

#include <stdbool.h>

#include "base/types.h"

/* What is less is a clock that is being adjusted, or a process that was not scheduled. */
#define HEAL_STEP HEAL_SECOND

/* All zero = nothing seen yet. Times are in us, "now" of the monotonic clock. */
typedef struct HealClockStep
{
	int64_t offset;	   /* of the wall clock to the other, when last seen */
	int64_t jump;	   /* the last one; 0 = none yet */
	int64_t jumped_at; /* when it was seen */
} HealClockStep;

/* True when the wall clock has jumped since it was last noted; jump is then set, positive = forwards. */
extern bool
heal_clockstep_note(HealClockStep *clock, HealTime wall, int64_t now);
/* The last jump, as long as something that has to hold for patience (us, at least 0) may have begun before it; else 0. */
extern int64_t heal_clockstep_lately(const HealClockStep *clock, int64_t now,
									 HealTime patience);

#endif
