/*
 * scribe_pg.h
 *		The only writer of the history tables.
 */
#ifndef HEAL_SCRIBE_PG_H
#define HEAL_SCRIBE_PG_H

#include "postgres.h"

/* The engine's side: start a scribe when there is something to write and somewhere to write it. */
extern void heal_record_stage(void);

extern PGDLLEXPORT void heal_scribe_main(Datum argument);

#endif
