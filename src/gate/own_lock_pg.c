/*
 * own_lock_pg.c
 *		What this process holds that others may wait for.
 *
 * The list of a process's own locks is changed by itself, and by others only to put those
 * there that it took the short way, when somebody wants one of them. So a list that looks
 * empty needs no lock of its partition: if it gets an entry now, the next look will see it.
 */
#include "postgres.h"

#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"

#include "compat.h"
#include "gate/own_lock_pg.h"

typedef bool (*Test)(const PROCLOCK *held);

static bool
any_held(Test test)
{
	bool found = false;

	for (int i = 0; i < NUM_LOCK_PARTITIONS && !found; i++)
	{
		PROCLOCK *held = NULL;

		if (!heal_has_own_lock(&MyProc->myProcLocks[i]))
			continue;
		LWLockAcquire(LockHashPartitionLockByIndex(i), LW_SHARED);
		while (!found && (held = heal_next_own_lock(&MyProc->myProcLocks[i],
													held)) != NULL)
			found = test(held);
		LWLockRelease(LockHashPartitionLockByIndex(i));
	}
	return found;
}

/* Every transaction holds its own number. */
static bool
is_strong(const PROCLOCK *held)
{
	LockTagType type = held->tag.myLock->tag.locktag_type;

	if (type == LOCKTAG_ADVISORY)
		return true;
	return type != LOCKTAG_VIRTUALTRANSACTION &&
		   (held->holdMask >> ShareUpdateExclusiveLock) != 0;
}

static bool
is_wanted(const PROCLOCK *held)
{
	LOCKMASK waited = held->tag.myLock->waitMask;

	for (LOCKMODE wanted = 1; wanted <= MaxLockMode; wanted++)
		for (LOCKMODE mode = 1; mode <= MaxLockMode; mode++)
			if ((waited & LOCKBIT_ON(wanted)) != 0 &&
				(held->holdMask & LOCKBIT_ON(mode)) != 0 &&
				DoLockModesConflict(mode, wanted))
				return true;
	return false;
}

bool
heal_holds_strong_lock(void)
{
	return any_held(is_strong);
}

bool
heal_holds_somebody_up(void)
{
	return any_held(is_wanted);
}
