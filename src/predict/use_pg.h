/*
 * use_pg.h
 *		How much is used of everything bounded, now.
 */
#ifndef HEAL_USE_PG_H
#define HEAL_USE_PG_H

#include "postgres.h"

#include "predict/bounded.h"

/* Fills use[HEAL_MAX_BOUNDED]; returns how many. In the engine; reads memory only. */
extern int heal_uses_read(HealUse *use, HealTime now);

/* A place of a disk as the key of its use, and back. */
extern uint64 heal_use_key_of_place(Oid place);
extern Oid heal_use_place_of_key(uint64 key);

#endif
