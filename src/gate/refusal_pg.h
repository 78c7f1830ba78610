/*
 * refusal_pg.h
 *		Writes that were refused because transactions are read-only by default.
 */
#ifndef HEAL_REFUSAL_PG_H
#define HEAL_REFUSAL_PG_H

#include "postgres.h"

#include "base/types.h"

typedef struct HealRefusal
{
	HealTime at;
	HealTime session_start;
	Oid database;
	Oid role; /* as which it logged in: its settings are in force */
} HealRefusal;

#define HEAL_REFUSALS 128

/* Of this process, in the log's hook: no lock, no memory. */
extern void heal_refusal_note(void);
/* Those that are kept and can be read, in no order; returns how many. */
extern int heal_refusal_copy(HealRefusal refusal[HEAL_REFUSALS]);

#endif
