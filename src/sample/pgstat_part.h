/*
 * pgstat_part.h
 *		What the readers of the server's statistics share: one file per source.
 *
 * Each fills in its metrics and leaves what does not apply here missing. No lock is
 * held while another is taken, none across I/O, and none is waited for behind a user.
 */
#ifndef HEAL_PGSTAT_PART_H
#define HEAL_PGSTAT_PART_H

#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "utils/timestamp.h"

#include "sample/metric.h"
#include "sample/situation.h"

/* Processes, their states and waits; with a situation also locks and connection slots. */
extern void
heal_pgstat_read_sessions(HealReading *reading, const HealSituation *situation);
/* Counters of all databases together, and the oldest ids not frozen. */
extern void heal_pgstat_read_databases(HealReading *reading);
/* Instead of it: their counters stay as they were read last, their sessions are counted anew. */
extern void heal_pgstat_keep_databases(void);
/* Once sessions are counted. */
extern void heal_pgstat_publish_databases(void);
/* WAL, checkpoints, background writer and archiver. */
extern void heal_pgstat_read_wal(HealReading *reading);
/* Standbys, slots, and what this server is as a standby. */
extern void heal_pgstat_read_replication(HealReading *reading);
extern void heal_pgstat_read_prepared(HealReading *reading);
/* Caches of transaction status, and what client sessions read and write. */
extern void heal_pgstat_read_io(HealReading *reading);

static inline double
seconds_since(const HealReading *reading, TimestampTz then)
{
	return then < reading->taken_at
			   ? (double) (reading->taken_at - then) / HEAL_SECOND
			   : 0.0;
}

/* What is missing (NaN) is smaller than any. */
static inline void
keep_larger(double *largest, double value)
{
	if (!(*largest >= value) && !isnan(value))
		*largest = value;
}

static inline void
keep_older(double *oldest_age, TransactionId xid, TransactionId next)
{
	if (TransactionIdIsNormal(xid))
		keep_larger(oldest_age, (double) (int32) (next - xid));
}

#endif
