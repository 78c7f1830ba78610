/*
 * slot_pg.h
 *		Replication slots and the WAL they keep.
 */
#ifndef HEAL_SLOT_PG_H
#define HEAL_SLOT_PG_H

#include "postgres.h"

#include "sample/situation.h"

extern void heal_slots_read(HealSituation *situation);

#endif
