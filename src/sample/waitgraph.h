/*
 * waitgraph.h
 *		Who stands at the root of a lock queue.
 */
#ifndef HEAL_WAITGRAPH_H
#define HEAL_WAITGRAPH_H

#include "sample/situation.h"

#define HEAL_LOCK_MODES 10 /* lock modes of the server, 0 unused */

/* One holder or waiter of one lock, as the server's lock table shows it. */
typedef struct HealLockEntry
{
	unsigned char tag[16]; /* the server's LOCKTAG, compared bytewise */
	uint32_t hold_mask;	   /* bit 1 << mode for each mode held */
	int wait_mode;		   /* mode waited for, 0 = none */
	int32_t pid;		   /* 0 = a prepared transaction */
	uint64_t prepared;	   /* its id, 0 when that is not known or it is none */
	int32_t leader_pid;	   /* leader of its parallel group, or its own pid */
	HealTime wait_start;   /* 0 = not (yet) waiting */
} HealLockEntry;

/* Room the caller gives in scratch[], in ints. */
#define HEAL_WAITGRAPH_SCRATCH(count, sessions) \
	(5 * (size_t) (count) + (size_t) (sessions))

/*
 * Sets what every session waits for, behind whom, and who waits behind it, and
 * waiters and prepared_blockers of the situation, and who waits behind each
 * prepared transaction. Protection, transaction_start and the prepared
 * transactions must be set before.
 *
 * conflicts[mode] has bit 1 << other for each mode that conflicts with it.
 */
extern void
heal_waitgraph_resolve(HealSituation *situation, const HealLockEntry *entries,
					   int count, const uint32_t conflicts[HEAL_LOCK_MODES],
					   int *scratch);

#endif
