/*
 * slot_pg.c
 *		Replication slots and the WAL they keep.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "replication/slot.h"
#include "storage/lwlock.h"
#include "storage/spin.h"

#include "compat.h"
#include "decide/protect.h"
#include "sample/disk_pg.h"
#include "sample/slot_pg.h"
#include "settings.h"

/* False when it keeps nothing: it has been invalidated, has not begun, or ends with its session. */
static bool
read_slot(ReplicationSlot *slot, XLogRecPtr here, HealSlot *read)
{
	bool keeps;

	memset(read, 0, sizeof(*read));
	SpinLockAcquire(&slot->mutex);
	keeps = heal_slot_is_valid(slot) &&
			slot->data.persistency == RS_PERSISTENT &&
			slot->data.restart_lsn != InvalidXLogRecPtr;
	strlcpy(read->name, NameStr(slot->data.name), sizeof(read->name));
	strlcpy(read->plugin, NameStr(slot->data.plugin), sizeof(read->plugin));
	read->database = slot->data.database;
	read->needed = slot->data.restart_lsn;
	read->active = slot->active_pid != 0;
	read->inactive_since = read->active ? 0 : heal_slot_inactive_since(slot);
	SpinLockRelease(&slot->mutex);
	read->retained = here > read->needed ? here - read->needed : 0;
	return keeps;
}

void
heal_slots_read(HealSituation *situation)
{
	HealSlots *slots = &situation->slots;
	XLogRecPtr here =
		RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogWriteRecPtr();

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		HealSlot read;

		if (!slot->in_use || !read_slot(slot, here, &read))
			continue;
		if (slots->count < HEAL_MAX_SLOTS)
			slots->slot[slots->count++] = read;
		else
			slots->left_out++;
	}
	LWLockRelease(ReplicationSlotControlLock);
	for (int i = 0; i < slots->count; i++)
		slots->slot[i].is_protected =
			heal_protected_slots != NULL && heal_protected_slots[0] != '\0' &&
			heal_protect_list_matches(heal_protected_slots, "",
									  slots->slot[i].name, "");
	slots->segment = wal_segment_size;
	slots->bound =
		max_slot_wal_keep_size_mb < 0
			? -1
			: (double) Max(max_slot_wal_keep_size_mb, wal_keep_size_mb) * 1024 *
				  1024;
	heal_disk_wal(&slots->volume_size, &slots->volume_free, &slots->volume_full,
				  &slots->volume_predicted);
	slots->volume_predicted = slots->volume_predicted && heal_enable_predictive;
}
