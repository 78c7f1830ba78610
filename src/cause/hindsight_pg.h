/*
 * hindsight_pg.h
 *		Whether what was foreseen has come, in the engine.
 */
#ifndef HEAL_HINDSIGHT_PG_H
#define HEAL_HINDSIGHT_PG_H

#include "postgres.h"

/* Every heartbeat; looks every ten seconds, and when a failure that something was foreseen of is over. */
extern void heal_hindsight_look(void);

#endif
