/*
 * probe_area_pg.h
 *		The probe in shared memory. These take the lock, and add limits and time.
 */
#ifndef HEAL_PROBE_AREA_PG_H
#define HEAL_PROBE_AREA_PG_H

#include "postgres.h"

#include "health/probe.h"
#include "sample/metric.h"

/* As they are now. */
extern HealProbe heal_probe_copy(void);
extern HealProbeLimits heal_probe_limits(void);
/* Whether one is due within so many microseconds. */
extern bool heal_probe_due(int64 within);
extern void heal_probe_note_begin(void);
extern void heal_probe_note_end(HealProbeResult result, int64 took,
								const char *reason, HealProbeTrouble trouble);
/* A stage's part of a reading: how long the newest took, once. */
extern void heal_probe_read(HealReading *reading);

#endif
