/*
 * scribe_pg.h
 *		The only writer of the history tables.
 */
#ifndef HEAL_SCRIBE_PG_H
#define HEAL_SCRIBE_PG_H

#include "postgres.h"

/* What a scribe is launched for; bits of its argument. */
#define HEAL_SCRIBE_PASSES 1 /* writes what is to be written */
#define HEAL_SCRIBE_PROBES 2 /* proves that the database works */

/*
 * A stage of the heartbeat: start a scribe when there is something to write and somewhere to write it, or a probe is
 * due.
 */
extern void heal_record_stage(void);

extern PGDLLEXPORT void heal_scribe_main(Datum argument);

#endif
