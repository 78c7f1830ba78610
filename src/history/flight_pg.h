/*
 * flight_pg.h
 *		The flight recorder: samples around a confirmed failure -> a table.
 */
#ifndef HEAL_FLIGHT_PG_H
#define HEAL_FLIGHT_PG_H

#include "postgres.h"

/* In the engine: a window is open, and what memory has of it would soon be overwritten. */
extern bool heal_flight_is_due(void);
/* In the scribe: one transaction, with bounded work. */
extern void heal_flight_write(void);

#endif
