/*
 * sharedscan.h
 *		Rows of a shared catalog, in processes without a database too.
 *
 * A process that is attached to no database can open only the few shared catalogs whose
 * description the server has built in; for any other it would have to read pg_class,
 * which is an error that ends it. So the file is found through the map of shared files
 * and its pages are read from shared buffers. Only for catalogs whose columns are known:
 * what is stored out of line stays there.
 */
#ifndef HEAL_SHAREDSCAN_H
#define HEAL_SHAREDSCAN_H

#include "postgres.h"

#include "access/htup.h"
#include "access/xlogdefs.h"
#include "storage/block.h"

/* What a catalog looked like when it was read; zeroed = never. */
typedef struct HealSharedMark
{
	bool settled; /* nobody was in the middle of a change */
	Oid file;
	BlockNumber blocks;
	XLogRecPtr changed; /* the newest change of any page */
} HealSharedMark;

typedef enum HealSharedScan
{
	HEAL_SHARED_BUSY, /* somebody holds it exclusively; not read */
	HEAL_SHARED_SAME, /* not read, as it has not changed since the mark */
	HEAL_SHARED_READ
} HealSharedScan;

/* Gets a copy of each row the active snapshot sees, in the current memory context. */
typedef void (*HealSharedRow)(HeapTuple row, void *state);

extern HealSharedScan heal_shared_scan(Oid catalog, HealSharedMark *mark,
									   HealSharedRow collect, void *state);

#endif
