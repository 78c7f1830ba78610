/*
 * disk_pg.h
 *		Space of the file systems that hold the data directory, the WAL and tablespaces.
 */
#ifndef HEAL_DISK_PG_H
#define HEAL_DISK_PG_H

#include "postgres.h"

/*
 * Looks at all of them. Only in the keeper: asking a file system that hangs hangs the
 * process that asks.
 */
extern void heal_disk_look(void);

#endif
