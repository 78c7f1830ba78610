/*
 * catalog_pg.h
 *		Reads a batch of relations out of the catalogs and the statistics system.
 */
#ifndef HEAL_CATALOG_PG_H
#define HEAL_CATALOG_PG_H

#include "postgres.h"

#include "scan/scan_pg.h"

/* What a pass has found and not handed over yet. */
typedef struct HealScanRecords
{
	HealScanRecord
		*record; /* [capacity], in the memory context of whoever made it */
	int count;
	int capacity;
} HealScanRecords;

/* Returns where it is now. */
extern HealScanRecord *
heal_scan_add(HealScanRecords *records, const HealScanRecord *record);

typedef struct HealScanBatch
{
	Oid from, to; /* relations after the one and up to the other */
	int relations;
	int tables;
	bool last; /* there are none after it */
} HealScanBatch;

/* All need SPI and a snapshot. */
extern int64 heal_catalog_count_tables(void);
/* Which relations come after this one; at most so many. */
extern HealScanBatch heal_catalog_batch(Oid from, int count);
/* What is found about them. since = take the columns of tables analyzed after that. */
extern void heal_catalog_read(const HealScanBatch *batch, TimestampTz since,
							  TimestampTz started, HealScanRecords *records);

#endif
