/*
 * rollback_queue_pg.c
 *		Rollbacks of snapshots on their way from the SQL function to the process that does them.
 *
 * A place is reserved right before the transaction commits, so that an order is never accepted and then
 * lost for want of a place, and so that whoever sees the row in the table also sees it here: a rollback
 * that the table holds to be in progress and that is not here has been ended from outside. The queue is
 * forgotten by a restart of the server, on purpose: nobody wants to be surprised by an old order then.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/types.h"
#include "db/shmem.h"
#include "db/worker.h"
#include "history/event.h"
#include "loop/engine.h"
#include "recover/rollback_pg.h"
#include "recover/rollback_queue_pg.h"
#include "settings.h"

#define BEGINS_WITHIN (10 * HEAL_SECOND) /* a process that was launched */

typedef struct QueueShared
{
	LWLock lock; /* protects slot */
	int tranche;
	HealRollbackSlot slot[HEAL_MAX_ROLLBACKS];
} QueueShared;

static QueueShared *shared = NULL;
static BackgroundWorkerHandle *handle[HEAL_MAX_ROLLBACKS]; /* of this engine */
static int claimed = -1; /* slot of this process, when it is such a worker */

static Size
queue_size(void)
{
	return sizeof(QueueShared);
}

static void
queue_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal rollbacks");
}

const HealSegment heal_rollback_segment = {"selfheal rollbacks", queue_size,
										   queue_attach};

/* With the lock held. One that ended last is the last to be used again. */
static HealRollbackSlot *
free_place(void)
{
	HealRollbackSlot *best = NULL;

	for (int i = 0; i < HEAL_MAX_ROLLBACKS; i++)
	{
		HealRollbackSlot *slot = &shared->slot[i];

		if (slot->state == HEAL_ROLLBACK_FREE)
			return slot;
		if (slot->state == HEAL_ROLLBACK_ENDED &&
			(best == NULL || slot->launched_at < best->launched_at))
			best = slot;
	}
	return best;
}

bool
heal_rollback_reserve(Oid database, int64 rollback)
{
	HealRollbackSlot *place;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	place = free_place();
	if (place != NULL)
	{
		place->state = HEAL_ROLLBACK_RESERVED;
		place->pid = MyProcPid;
		place->database = database;
		place->rollback = rollback;
	}
	LWLockRelease(&shared->lock);
	return place != NULL;
}

static void
settle_reserved(HealRollbackState state)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_MAX_ROLLBACKS; i++)
		if (shared->slot[i].state == HEAL_ROLLBACK_RESERVED &&
			shared->slot[i].pid == MyProcPid)
		{
			shared->slot[i].state = state;
			shared->slot[i].pid = 0;
			shared->slot[i].ordered_at = GetCurrentTimestamp();
		}
	LWLockRelease(&shared->lock);
}

void
heal_rollback_confirm(void)
{
	settle_reserved(HEAL_ROLLBACK_WAITING);
}

void
heal_rollback_forget(void)
{
	settle_reserved(HEAL_ROLLBACK_FREE);
}

void
heal_rollback_slots(HealRollbackSlot *copy)
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(copy, shared->slot, sizeof(shared->slot));
	LWLockRelease(&shared->lock);
}

static void
give_back(int code, Datum argument)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (shared->slot[claimed].pid == MyProcPid)
		memset(&shared->slot[claimed], 0, sizeof(HealRollbackSlot));
	LWLockRelease(&shared->lock);
}

void
heal_rollback_end(void)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->slot[claimed].state = HEAL_ROLLBACK_ENDED;
	shared->slot[claimed].pid = 0;
	LWLockRelease(&shared->lock);
}

bool
heal_rollback_claim(int slot, HealRollbackSlot *copy)
{
	if (slot < 0 || slot >= HEAL_MAX_ROLLBACKS)
		return false;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (shared->slot[slot].state == HEAL_ROLLBACK_LAUNCHED)
	{
		shared->slot[slot].state = HEAL_ROLLBACK_RUNNING;
		shared->slot[slot].pid = MyProcPid;
		claimed = slot;
	}
	*copy = shared->slot[slot];
	LWLockRelease(&shared->lock);
	if (claimed < 0)
		return false;
	before_shmem_exit(give_back, (Datum) 0);
	return true;
}

/* The engine's side */

static void
move(int slot, HealRollbackState from, HealRollbackState to)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (shared->slot[slot].state == from)
	{
		shared->slot[slot].state = to;
		if (to == HEAL_ROLLBACK_LAUNCHED)
			shared->slot[slot].launched_at = GetCurrentTimestamp();
	}
	LWLockRelease(&shared->lock);
}

static bool
launch(int slot, const HealRollbackSlot *order)
{
	char name[BGW_MAXLEN];
	const HealWorker worker = {
		.type = "selfheal rollback",
		.name = name,
		.function = "heal_rollback_main",
		.start = BgWorkerStart_RecoveryFinished,
		.connects = true,
		.wakes = true,
		.argument = Int32GetDatum(slot),
	};
	bool started;

	snprintf(name, sizeof(name), "selfheal rollback %lld",
			 (long long) order->rollback);
	/* said first: the process may begin before we go on */
	move(slot, HEAL_ROLLBACK_WAITING, HEAL_ROLLBACK_LAUNCHED);
	started = heal_worker_launch(&worker, &handle[slot]);
	if (!started)
		move(slot, HEAL_ROLLBACK_LAUNCHED, HEAL_ROLLBACK_WAITING);
	heal_engine_set_worker_slots_short(!started);
	return started;
}

/* Launched, and ended before it claimed its place: its database is gone, or it was killed. */
static bool
never_began(int slot, const HealRollbackSlot *order)
{
	if (order->state != HEAL_ROLLBACK_LAUNCHED)
		return false;
	if (handle[slot] != NULL)
		return !heal_worker_runs(handle[slot]);
	/* by an engine before this one */
	return GetCurrentTimestamp() - order->launched_at > BEGINS_WITHIN;
}

/* No worker was free for as long as the whole rollback may take: nobody waits for it any more. */
static void
give_up(int slot, const HealRollbackSlot *order)
{
	if (GetCurrentTimestamp() - order->ordered_at <
		heal_rollback_timeout * HEAL_SECOND)
		return;
	move(slot, HEAL_ROLLBACK_WAITING, HEAL_ROLLBACK_FREE);
	heal_event_log("rollback_ended", "warning",
				   psprintf("rollback %lld", (long long) order->rollback),
				   "it was not begun: no background worker was free");
	ereport(
		heal_log_at(HEAL_LOG_WARN),
		errmsg(
			"selfheal: rollback %lld was not begun: no background worker was free",
			(long long) order->rollback),
		errhint("Raise max_worker_processes."));
}

static int
running(const HealRollbackSlot *slots)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_ROLLBACKS; i++)
		if (slots[i].state == HEAL_ROLLBACK_LAUNCHED ||
			slots[i].state == HEAL_ROLLBACK_RUNNING)
			count++;
	return count;
}

/* As few at once as recoveries, which need workers as well. */
void
heal_rollback_stage(void)
{
	HealRollbackSlot slots[HEAL_MAX_ROLLBACKS];
	int count;

	heal_rollback_slots(slots);
	count = running(slots);
	for (int i = 0; i < HEAL_MAX_ROLLBACKS; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (never_began(i, &slots[i]))
			move(i, HEAL_ROLLBACK_LAUNCHED, HEAL_ROLLBACK_FREE);
		if (slots[i].state != HEAL_ROLLBACK_WAITING ||
			count >= heal_concurrent_recoveries)
			continue;
		if (launch(i, &slots[i]))
			count++;
		else
			give_up(i, &slots[i]);
	}
}
