/*
 * use_pg.c
 *		How much is used of everything bounded, now.
 *
 * Everything was measured before: the newest row of samples, the newest look at the disks and
 * the situation of this heartbeat. A value that is missing makes no use at all, so that a
 * resource whose source fails is not taken for one that is well.
 */
#include "postgres.h"

#include <math.h>

#include "commands/vacuum.h"
#include "common/hashfn.h"
#include "postmaster/autovacuum.h"

#include "predict/use_pg.h"
#include "sample/disk_pg.h"
#include "sample/sampler_pg.h"

#define DISK_IS_OLD (5 * HEAL_MINUTE)
#define SAMPLE_IS_OLD (2 * HEAL_MINUTE)

/*
 * From the oldest id on the server assigns so many and then no more: half of all there are, less
 * what it keeps for single-user mode (SetTransactionIdLimit, SetMultiXactIdLimit).
 */
#define IDS_TO_ASSIGN (2147483647.0 - 3000000.0)

typedef struct Uses
{
	HealUse *use;
	int count;
} Uses;

static void
add(Uses *uses, HealBoundedKind kind, uint64 key, const char *subject,
	double used, double limit)
{
	HealUse *use = &uses->use[uses->count];

	if (uses->count == HEAL_MAX_BOUNDED || !isfinite(used) ||
		!isfinite(limit) || limit <= 0)
		return;
	memset(use, 0, sizeof(*use));
	use->kind = kind;
	use->key = key;
	use->used = used;
	use->limit = limit;
	strlcpy(use->subject, subject, sizeof(use->subject));
	uses->count++;
}

uint64
heal_use_key_of_place(Oid place)
{
	return (uint64) place + 1;
}

Oid
heal_use_place_of_key(uint64 key)
{
	return (Oid) (key - 1);
}

/* Several places on one file system fill up together: the first speaks for all. */
static void
add_disks(Uses *uses, HealTime now)
{
	HealDiskPlace place[HEAL_DISK_PLACES];
	int count = heal_disk_places(now - DISK_IS_OLD, place);

	for (int i = 0; i < count; i++)
	{
		char subject[HEAL_SUBJECT_NAME];
		uint64 key = heal_use_key_of_place(place[i].oid);

		if (place[i].shared)
			continue;
		if (place[i].oid == HEAL_DISK_OF_DATA)
			strlcpy(subject, "data directory", sizeof(subject));
		else if (place[i].oid == HEAL_DISK_OF_WAL)
			strlcpy(subject, "WAL", sizeof(subject));
		else
			snprintf(subject, sizeof(subject), "tablespace %u", place[i].oid);
		add(uses, HEAL_BOUNDED_DISK, key, subject, place[i].used,
			place[i].size);
		add(uses, HEAL_BOUNDED_INODES, key, subject, place[i].inodes_used,
			place[i].inodes);
	}
}

/* Without a bound a slot may keep what the WAL's file system has room for. */
static void
add_slots(Uses *uses)
{
	const HealSituation *situation = heal_situation_current();

	for (int i = 0; situation != NULL && i < situation->slots.count; i++)
	{
		const HealSlots *slots = &situation->slots;
		const HealSlot *slot = &slots->slot[i];
		double limit = slots->bound >= 0 ? slots->bound
										 : slot->retained + slots->volume_free;

		add(uses, HEAL_BOUNDED_SLOT_WAL,
			hash_bytes_extended((const unsigned char *) slot->name,
								(int) strlen(slot->name), 0),
			slot->name, slot->retained, limit);
	}
}

static void
add_metrics(Uses *uses, HealTime now)
{
	double row[HEAL_METRICS];
	HealTime at = heal_sample_newest(row);
	double freezing = autovacuum_freeze_max_age;
	double behind = row[HEAL_METRIC_XID_AGE] - freezing;
	double failsafe = Max((double) vacuum_failsafe_age, freezing * 1.05);

	if (at == 0 || at < now - SAMPLE_IS_OLD)
		return;
	add(uses, HEAL_BOUNDED_CONNECTIONS, 1, "", row[HEAL_METRIC_SLOTS_USED],
		row[HEAL_METRIC_SLOTS_USED] + row[HEAL_METRIC_SLOTS_FREE]);
	add(uses, HEAL_BOUNDED_TRANSACTION_IDS, 1, "", row[HEAL_METRIC_XID_AGE],
		IDS_TO_ASSIGN);
	add(uses, HEAL_BOUNDED_MULTIXACT_IDS, 1, "", row[HEAL_METRIC_MULTIXACT_AGE],
		IDS_TO_ASSIGN);
	add(uses, HEAL_BOUNDED_FREEZING, 1, "", behind < 0 ? 0 : behind,
		failsafe - freezing);
	add(uses, HEAL_BOUNDED_MEMORY, 1, "", row[HEAL_METRIC_MEMORY_USED_SHARE],
		1);
}

int
heal_uses_read(HealUse *use, HealTime now)
{
	Uses uses = {use, 0};

	add_metrics(&uses, now);
	add_disks(&uses, now);
	add_slots(&uses);
	return uses.count;
}
