/*
 * database_pg.h
 *		Figures of each database, in shared memory.
 */
#ifndef HEAL_DATABASE_PG_H
#define HEAL_DATABASE_PG_H

#include "postgres.h"

#include "sample/database.h"

/* The engine's own table, which grows as databases come. */
extern HealDatabases *heal_databases_known(void);
extern HealDatabase *heal_databases_enter(uint32 oid);
extern void heal_databases_index(void);
/* NULL = not known. After heal_databases_index(). */
extern HealDatabase *heal_databases_of(uint32 oid);
/* Puts the figures where everybody sees them; counters are of this time. */
extern void heal_databases_publish(HealTime counted_at);
/* Copies the figures and returns their number. */
extern int heal_databases_copy(HealDatabaseFigures figures[HEAL_DATABASES + 1]);

#endif
