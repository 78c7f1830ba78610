/*
 * pressure_pg.h
 *		Where a resource setting is too small for what is asked of the server.
 */
#ifndef HEAL_PRESSURE_PG_H
#define HEAL_PRESSURE_PG_H

#include "sample/situation.h"

extern void heal_pressure_read(HealSituation *situation);

#endif
