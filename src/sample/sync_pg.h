/*
 * sync_pg.h
 *		The standbys that commits wait for.
 */
#ifndef HEAL_SYNC_PG_H
#define HEAL_SYNC_PG_H

#include "postgres.h"

#include "sample/situation.h"

/* After the sessions were read, among which it finds the standbys and those that wait for them. */
extern void heal_sync_read(HealSituation *situation);

#endif
