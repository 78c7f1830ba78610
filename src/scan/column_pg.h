/*
 * column_pg.h
 *		What the server's statistics say about the columns of a table.
 */
#ifndef HEAL_COLUMN_PG_H
#define HEAL_COLUMN_PG_H

#include "scan/catalog_pg.h"

/* Adds the columns if wanted, and says what they tell about the table. columns = how many it has. */
extern void
heal_read_columns(HealTableFacts *table, const HealScanRecord *about,
				  int columns, bool wanted, HealScanRecords *records);
/* How many of the column numbers up to all are in use. */
extern int heal_living_columns(Oid relation, int all);

#endif
