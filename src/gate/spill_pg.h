/*
 * spill_pg.h
 *		Statements that spilled to temporary files, per role and database.
 */
#ifndef HEAL_GATE_SPILL_PG_H
#define HEAL_GATE_SPILL_PG_H

#include "postgres.h"

#include "sample/situation.h"

#define HEAL_SPILL_ROWS 64 /* of roles in databases */

/*
 * A statement of this session has written so many blocks to temporary files. Takes no lock and allocates nothing,
 * so it may be called when something has just failed.
 */
extern void heal_spill_note(uint64 blocks, uint64 ns);
/* The rows in use; returns how many. */
extern int heal_spill_copy(HealSpillRow row[HEAL_SPILL_ROWS]);
/* In every look of the engine: what new sessions get, and which of those have been seen at work. */
extern void heal_spill_watch(const HealSituation *situation);

#endif
