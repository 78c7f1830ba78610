/*
 * disk_pg.h
 *		Space of the file systems that hold the data directory, the WAL and tablespaces.
 */
#ifndef HEAL_DISK_PG_H
#define HEAL_DISK_PG_H

#include "postgres.h"

#include "base/types.h"

/*
 * Looks at all of them. Only in the keeper: asking a file system that hangs hangs the
 * process that asks.
 */
extern void heal_disk_look(void);
/* At the WAL's only, which is no worse than to write WAL: for whoever is about to act on it. */
extern void heal_disk_look_at_wal(void);
#define HEAL_DISK_PLACES \
	32 /* the data directory, the WAL and so many tablespaces */

/* A place as of the newest look; NaN = it could not be asked. */
typedef struct HealDiskPlace
{
	Oid oid;	 /* of the tablespace; one of the next two otherwise */
	bool shared; /* its file system is that of a place before */
	double size; /* bytes */
	double used;
	double inodes;
	double inodes_used;
} HealDiskPlace;

#define HEAL_DISK_OF_DATA InvalidOid
#define HEAL_DISK_OF_WAL ((Oid) 1) /* no tablespace ever has this one */

/* All places, when the newest look is not older than this; fills place[HEAL_DISK_PLACES]. */
extern int heal_disk_places(HealTime not_before, HealDiskPlace *place);
/*
 * What the forecast says of a place, and so of all on its file system: when it will be full, 0 = never;
 * how likely within its horizon, and whether a prediction stands.
 */
extern void heal_disk_foresee(Oid oid, HealTime full_at, double probability,
							  bool predicted);
/*
 * The file system of the WAL as of the newest look, in bytes, and how long until it is likely to be
 * full; 0 = not foreseeable. NaN when there was no look yet.
 */
extern void
heal_disk_wal(double *size, double *available, int64 *full, bool *predicted);

#endif
