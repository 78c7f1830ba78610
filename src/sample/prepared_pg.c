/*
 * prepared_pg.c
 *		Prepared transactions, from the process array.
 *
 * The server gives each one an entry like that of a process, without a process. The names they were prepared
 * under are not there; who needs one asks pg_prepared_xacts in a process with a database.
 *
 * Without a lock, as with the other processes. An entry that is not in use any more keeps the id of its last
 * transaction, so each is asked for whether that is still in progress.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/twophase.h"
#include "storage/proc.h"
#include "storage/procarray.h"

#include "compat.h"
#include "sample/prepared_pg.h"

void
heal_prepared_read(HealSituation *situation)
{
	situation->prepared_count = 0;
	if (situation->in_recovery)
		return;
	for (int i = 0; i < max_prepared_xacts &&
					situation->prepared_count < HEAL_MAX_PREPARED;
		 i++)
	{
		const PGPROC *process = &PreparedXactProcs[i];
		HealPrepared *prepared =
			&situation->prepared[situation->prepared_count];
		TransactionId transaction = process->xid;

		if (!TransactionIdIsNormal(transaction) ||
			!TransactionIdIsInProgress(transaction))
			continue;
		memset(prepared, 0, sizeof(*prepared));
		prepared->transaction = transaction;
		prepared->role = process->roleId;
		prepared->database = process->databaseId;
		situation->prepared_count++;
	}
}

uint64
heal_prepared_of_lock(const LockInstanceData *lock)
{
	if (lock->pid != 0)
		return 0;
	for (int i = 0; i < max_prepared_xacts; i++)
	{
		const PGPROC *process = &PreparedXactProcs[i];

		if (TransactionIdIsNormal(process->xid) &&
			HEAL_PROC_LXID(process) == HEAL_LOCK_LXID(lock) &&
			HEAL_PROC_BACKEND(process) == HEAL_LOCK_BACKEND(lock))
			return process->xid;
	}
	return 0;
}
