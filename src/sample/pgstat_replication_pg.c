/*
 * pgstat_replication_pg.c
 *		Replication: standbys and slots of this server, and this server as a standby.
 */
#include "postgres.h"

#include <math.h>

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_subscription.h"
#include "replication/slot.h"
#include "replication/walreceiver.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"

#include "compat.h"
#include "sample/pgstat_part.h"

#define SUBSCRIPTIONS_EVERY (5 * HEAL_SECOND)

static void read_standbys(HealReading *reading);
static void read_replication_slots(HealReading *reading);
static void read_subscriptions(HealReading *reading);
static void read_standby_role(HealReading *reading);

void
heal_pgstat_read_replication(HealReading *reading)
{
	read_standbys(reading);
	read_replication_slots(reading);
	read_subscriptions(reading);
	if (RecoveryInProgress())
		read_standby_role(reading);
}

static XLogRecPtr
current_wal(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL)
								: GetXLogWriteRecPtr();
}

/* Without a standby there is no lag, which is not a lag of zero. */
static void
read_standbys(HealReading *reading)
{
	XLogRecPtr here = current_wal();
	double *value = reading->value;

	value[HEAL_METRIC_STANDBYS] = 0;
	for (int i = 0; i < max_wal_senders; i++)
	{
		WalSnd *sender = &WalSndCtl->walsnds[i];
		bool counts;
		XLogRecPtr reached;
		TimeOffset lag;

		SpinLockAcquire(&sender->mutex);
		counts = sender->pid != 0 && sender->state != WALSNDSTATE_BACKUP;
		reached =
			sender->apply != InvalidXLogRecPtr ? sender->apply : sender->flush;
		lag = sender->applyLag;
		SpinLockRelease(&sender->mutex);

		if (!counts)
			continue;
		value[HEAL_METRIC_STANDBYS]++;
		if (reached != InvalidXLogRecPtr)
			keep_larger(&value[HEAL_METRIC_STANDBY_LAG_BYTES],
						here > reached ? here - reached : 0);
		/* the sender forgets the lag of a standby that has caught up */
		keep_larger(&value[HEAL_METRIC_STANDBY_LAG_SECONDS],
					lag >= 0 ? (double) lag / HEAL_SECOND : 0.0);
	}
}

/*
 * How much can be written until the checkpoint after it may remove the segment that the
 * slot needs: the limit counts whole segments, and the one being written does not count.
 * 0 when that may already happen.
 */
static void
keep_safe_wal(double *least, XLogRecPtr needed, XLogRecPtr here)
{
	double kept_segments;
	double end;

	if (max_slot_wal_keep_size_mb < 0 || needed == InvalidXLogRecPtr)
		return;
	kept_segments = floor(Max(max_slot_wal_keep_size_mb, wal_keep_size_mb) *
						  1024.0 * 1024.0 / wal_segment_size);
	end = (floor((double) needed / wal_segment_size) + kept_segments + 1) *
		  wal_segment_size;
	if (!(*least <= end - here))
		*least = Max(end - here, 0);
}

static void
read_replication_slots(HealReading *reading)
{
	XLogRecPtr here = current_wal();
	TransactionId next = ReadNextTransactionId();
	double *value = reading->value;

	value[HEAL_METRIC_SLOTS] = 0;
	value[HEAL_METRIC_SLOTS_INACTIVE] = 0;
	value[HEAL_METRIC_SLOTS_LOST] = 0;
	value[HEAL_METRIC_SLOT_RETAINED_WAL] = 0;
	value[HEAL_METRIC_XMIN_AGE_SLOTS] = 0;
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		XLogRecPtr needed;
		TransactionId xmin;
		TransactionId catalog_xmin;
		bool active;
		bool valid;

		if (!slot->in_use)
			continue;
		SpinLockAcquire(&slot->mutex);
		active = slot->active_pid != 0;
		valid = heal_slot_is_valid(slot);
		needed = slot->data.restart_lsn;
		xmin = slot->data.xmin;
		catalog_xmin = slot->data.catalog_xmin;
		SpinLockRelease(&slot->mutex);

		value[HEAL_METRIC_SLOTS]++;
		if (!active)
			value[HEAL_METRIC_SLOTS_INACTIVE]++;
		/* an invalidated slot no longer holds anything */
		if (!valid)
		{
			value[HEAL_METRIC_SLOTS_LOST]++;
			continue;
		}
		keep_safe_wal(&value[HEAL_METRIC_SLOT_SAFE_WAL], needed, here);
		if (needed != InvalidXLogRecPtr && here > needed)
			keep_larger(&value[HEAL_METRIC_SLOT_RETAINED_WAL], here - needed);
		keep_older(&value[HEAL_METRIC_XMIN_AGE_SLOTS], xmin, next);
		keep_older(&value[HEAL_METRIC_XMIN_AGE_SLOTS], catalog_xmin, next);
	}
	LWLockRelease(ReplicationSlotControlLock);
}

/* Of all databases; one of the few catalogs a process without a database can open. NaN = not now. */
static double
count_subscriptions(void)
{
	Relation relation;
	TableScanDesc scan;
	HeapTuple row;
	double enabled = 0;

	if (!ConditionalLockRelationOid(SubscriptionRelationId, AccessShareLock))
		return NAN;
	relation = table_open(SubscriptionRelationId, NoLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
		enabled += ((Form_pg_subscription) GETSTRUCT(row))->subenabled;
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	return enabled;
}

/* They change seldom: looked up anew when that was some seconds ago. */
static void
read_subscriptions(HealReading *reading)
{
	static HealTime looked_at = 0;
	static double enabled;
	HealTime now = reading->taken_at;

	if (now >= looked_at + SUBSCRIPTIONS_EVERY || now < looked_at)
	{
		enabled = count_subscriptions();
		looked_at = now;
	}
	reading->value[HEAL_METRIC_SUBSCRIPTIONS] = enabled;
}

/* Time lag is meaningless while there is nothing to replay: then it is zero. */
static void
read_standby_role(HealReading *reading)
{
	XLogRecPtr received = GetWalRcvFlushRecPtr(NULL, NULL);
	XLogRecPtr replayed = GetXLogReplayRecPtr(NULL);
	TimestampTz commit = GetLatestXTime();
	TimestampTz heard;
	double *value = reading->value;

	SpinLockAcquire(&WalRcv->mutex);
	heard = WalRcv->lastMsgReceiptTime;
	SpinLockRelease(&WalRcv->mutex);

	value[HEAL_METRIC_REPLAY_PAUSED] =
		GetRecoveryPauseState() != RECOVERY_NOT_PAUSED ? 1 : 0;
	value[HEAL_METRIC_RECEIVER_STREAMING] = WalRcvStreaming() ? 1 : 0;
	if (heard != 0)
		value[HEAL_METRIC_RECEIVER_SILENCE] = seconds_since(reading, heard);
	if (received != InvalidXLogRecPtr)
		value[HEAL_METRIC_REPLAY_LAG_BYTES] =
			received > replayed ? received - replayed : 0;
	if (commit == 0)
		return;
	value[HEAL_METRIC_REPLAY_COMMIT_AGE] = seconds_since(reading, commit);
	value[HEAL_METRIC_REPLAY_LAG_SECONDS] =
		received != InvalidXLogRecPtr && received <= replayed
			? 0
			: value[HEAL_METRIC_REPLAY_COMMIT_AGE];
}
