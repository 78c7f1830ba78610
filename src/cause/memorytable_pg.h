/*
 * memorytable_pg.h
 *		Incidents of which the cause is known, out of a table of the home database. All of it inside SPI.
 */
#ifndef HEAL_MEMORYTABLE_PG_H
#define HEAL_MEMORYTABLE_PG_H

#include "postgres.h"

#include "access/htup.h"

#include "cause/model_pg.h"

/* The newest ones. Names of users' metrics must be loaded. */
extern void heal_memory_read(HealCauseMemory *memory);
/* Column of a row that was read: changes by name of metric; those of metrics that are gone are left out. */
extern void
heal_column_imprint(HealImprint *imprint, HeapTuple row, int column);

#endif
