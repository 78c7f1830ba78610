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
/* At the WAL's only, which is no worse than to write WAL: for whoever is about to act on it. */
extern void heal_disk_look_at_wal(void);
/*
 * The file system of the WAL as of the newest look, in bytes, and how long until it is full; 0 = not
 * foreseeable. NaN when there was no look yet.
 */
extern void heal_disk_wal(double *size, double *available, int64 *full);

#endif
