/*
 * overhead.h
 *		What heartbeats cost, stage by stage.
 */
#ifndef HEAL_OVERHEAD_H
#define HEAL_OVERHEAD_H

#include "postgres.h"

#include "loop/cycle.h"

/* In the engine: a full heartbeat is over. */
extern void heal_overhead_note(const HealCycleReport *report, int64 wall_us);

#endif
