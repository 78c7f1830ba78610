/*
 * deadlock_pg.h
 *		Whose statements were ended to break a deadlock.
 */
#ifndef HEAL_DEADLOCK_PG_H
#define HEAL_DEADLOCK_PG_H

#include "postgres.h"

#include "gate/gate_part.h"
#include "sample/source.h"

extern const HealGatePart heal_deadlock_part;

/* The newest of them; returns how many. Cheap when there was none lately. */
extern int heal_deadlock_copy(HealVictim victim[HEAL_VICTIMS]);

#endif
