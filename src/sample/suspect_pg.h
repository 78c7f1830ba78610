/*
 * suspect_pg.h
 *		Settings that changed lately, and how statements have fared since.
 */
#ifndef HEAL_SUSPECT_PG_H
#define HEAL_SUSPECT_PG_H

#include "sample/situation.h"

/* The newest change of each setting in the last quarter of an hour, newest first. */
extern void heal_suspects_read(HealSituation *situation);

#endif
