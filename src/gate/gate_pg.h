/*
 * gate_pg.h
 *		What passes through the server's hooks, counted in shared memory.
 */
#ifndef HEAL_GATE_PG_H
#define HEAL_GATE_PG_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "sample/metric.h"

/* At module load. */
extern void heal_gate_install(void);
/* In every heartbeat of the engine: adds up, tidies, and fills in the gate's metrics. */
extern void heal_gate_read(HealReading *reading);

/* Conditions of diagnose(), in gate_check_pg.c. */
extern bool heal_gate_is_on(StringInfo detail);
extern bool heal_gate_sees_errors(StringInfo detail);

#endif
