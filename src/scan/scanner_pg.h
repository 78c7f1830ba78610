/*
 * scanner_pg.h
 *		The worker that looks through the catalogs of one database at a time.
 */
#ifndef HEAL_SCANNER_PG_H
#define HEAL_SCANNER_PG_H

#include "postgres.h"

/* The engine's side: start a scanner in the database that is due. */
extern void heal_scan_stage(void);

extern PGDLLEXPORT void heal_scanner_main(Datum argument);

#endif
