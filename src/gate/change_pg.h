/*
 * change_pg.h
 *		Schema changes: what was created, altered, dropped or granted, and by whom.
 */
#ifndef HEAL_CHANGE_PG_H
#define HEAL_CHANGE_PG_H

#include "postgres.h"

#include "tcop/cmdtag.h"

#include "gate/gate_part.h"

#define HEAL_CHANGES 256 /* remembered */

typedef struct HealChange
{
	HealTime at; /* of the command; it has been committed since */
	CommandTag tag;
	Oid role; /* of the session */
	Oid database;
} HealChange;

extern const HealGatePart heal_change_part;

/* Newest first; returns how many. */
extern int heal_change_copy(HealChange changes[HEAL_CHANGES]);

#endif
