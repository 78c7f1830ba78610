/*
 * ailment_pg.c
 *		The table of ailments in shared memory.
 *
 * Lost with the server, as the scanner finds everything again; the patience then begins anew.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "db/shmem.h"
#include "scan/ailment_pg.h"
#include "settings.h"

#define FIRST_REST HEAL_MINUTE
#define LONGEST_DOUBLING 6 /* times: about an hour */

typedef struct AilmentShared
{
	LWLock lock; /* protects all below */
	int tranche;
	HealAilments ailments;
} AilmentShared;

static AilmentShared *shared = NULL;

static Size
ailment_size(void)
{
	return sizeof(AilmentShared);
}

static void
ailment_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_ailment");
}

const HealSegment heal_ailment_segment = {"selfheal ailments", ailment_size,
										  ailment_attach};

bool
heal_ailment_of_record(const HealScanRecord *record, HealAilment *ailment)
{
	int kind;

	if (record->type != HEAL_SCAN_RECORD_FINDING)
		return false;
	kind = heal_ailment_kind(record->finding.kind, record->finding.value);
	/* what is out of line is vacuumed with its table, which its owner may name */
	if (kind < 0 || strcmp(record->schema, "pg_toast") == 0)
		return false;
	memset(ailment, 0, sizeof(*ailment));
	ailment->kind = kind;
	ailment->database = record->database;
	ailment->relation = record->object;
	ailment->table = record->relation;
	ailment->value = record->finding.value;
	ailment->seen_at = record->at;
	ailment->done_at = record->finding.done_at;
	strlcpy(ailment->schema, record->schema, sizeof(ailment->schema));
	strlcpy(ailment->name,
			kind == HEAL_AILMENT_INDEX ? record->object_name
									   : record->relation_name,
			sizeof(ailment->name));
	return true;
}

void
heal_ailments_note(const HealScanRecord *record)
{
	HealAilment ailment;
	bool unseen = record->type == HEAL_SCAN_RECORD_UNSEEN;

	if (!unseen && !heal_ailment_of_record(record, &ailment))
		return;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (unseen)
		heal_ailment_keep(&shared->ailments, record->database, record->relation,
						  record->at);
	else
		heal_ailment_note(&shared->ailments, &ailment);
	LWLockRelease(&shared->lock);
}

void
heal_ailments_sweep(Oid database, Oid from, Oid to, TimestampTz started)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	heal_ailment_sweep(&shared->ailments, database, from, to, started);
	LWLockRelease(&shared->lock);
}

int
heal_ailments_copy(HealAilment *row)
{
	int count = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
		if (shared->ailments.row[i].database != 0)
			row[count++] = shared->ailments.row[i];
	LWLockRelease(&shared->lock);
	for (int i = 0; i < count; i++)
		if (heal_directory_database(row[i].database) == NULL)
			row[i--] = row[--count]; /* dropped */
	return count;
}

void
heal_ailments_forget(HealAilmentKind kind, const HealSubject *subject)
{
	HealAilment *row;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	row = heal_ailment_find(&shared->ailments, kind, subject->database,
							subject->relation);
	if (row != NULL)
		memset(row, 0, sizeof(*row));
	LWLockRelease(&shared->lock);
}

void
heal_ailments_put_off(HealAilmentKind kind, const HealSubject *subject)
{
	HealTime now = GetCurrentTimestamp();
	HealAilment *row;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	row = heal_ailment_find(&shared->ailments, kind, subject->database,
							subject->relation);
	if (row != NULL)
	{
		HealTime rest = FIRST_REST << Min(row->rests, LONGEST_DOUBLING);

		row->rest_until = now + Max(rest, heal_cooldown * HEAL_SECOND);
		row->rests++;
	}
	LWLockRelease(&shared->lock);
}

void
heal_ailments_acted(HealAilmentKind kind)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	heal_ailment_rest_kind(&shared->ailments, kind,
						   GetCurrentTimestamp() + heal_cooldown * HEAL_SECOND);
	LWLockRelease(&shared->lock);
}
