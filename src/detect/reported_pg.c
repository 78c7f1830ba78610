/*
 * reported_pg.c
 *		Reported metrics in shared memory: a table of fixed size.
 *
 * Anybody who may call selfheal.detect() may invent as many names as he likes, so there is
 * a fixed number of places and no other memory. It is no table of the database, because
 * detect() must work on a standby and when nothing can be written; so a restart begins
 * to learn anew.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "detect/reported_pg.h"

typedef struct ReportedShared
{
	int tranche;
	LWLock lock; /* protects metric; held for one metric at a time */
	HealReported metric[HEAL_REPORTED_METRICS];
} ReportedShared;

static ReportedShared *shared;

static Size
reported_size(void)
{
	return sizeof(ReportedShared);
}

static void
reported_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_reported");
}

const HealSegment heal_reported_segment = {"selfheal reported", reported_size,
										   reported_attach};

/* The place it has, else a free one, else that of the one unused for longest. */
static HealReported *
place_for(Oid database, const char *category, const char *name, uint32 hash)
{
	HealReported *place = &shared->metric[0];

	for (int i = 0; i < HEAL_REPORTED_METRICS; i++)
	{
		HealReported *metric = &shared->metric[i];

		if (metric->database == database && metric->hash == hash &&
			strcmp(metric->name, name) == 0 &&
			strcmp(metric->category, category) == 0)
			return metric;
		/* never used is unused for longest */
		if (metric->used_at < place->used_at)
			place = metric;
	}
	memset(place, 0, sizeof(*place));
	place->database = database;
	place->hash = hash;
	strlcpy(place->name, name, sizeof(place->name));
	strlcpy(place->category, category, sizeof(place->category));
	return place;
}

void
heal_reported_take(Oid database, const char *category, const char *name,
				   double value, const HealDetection *rule,
				   HealReported *before)
{
	uint32 hash = hash_bytes((const unsigned char *) name, strlen(name));
	HealReported *metric;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	metric = place_for(database, category, name, hash);
	*before = *metric;
	heal_reported_learn(metric, value, rule);
	metric->used_at = GetCurrentTimestamp();
	LWLockRelease(&shared->lock);
}

int
heal_reported_copy(HealReported reported[HEAL_REPORTED_METRICS])
{
	int count = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_REPORTED_METRICS; i++)
		if (shared->metric[i].database != InvalidOid)
			reported[count++] = shared->metric[i];
	LWLockRelease(&shared->lock);
	return count;
}

int
heal_reported_reset(Oid database, const char *category, const char *name,
					bool forget)
{
	int count = 0;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_REPORTED_METRICS; i++)
	{
		HealReported *metric = &shared->metric[i];

		if (metric->database == InvalidOid ||
			(category != NULL && strcmp(metric->category, category) != 0) ||
			(name != NULL &&
			 (metric->database != database || strcmp(metric->name, name) != 0)))
			continue;
		count++;
		if (forget)
			memset(metric, 0, sizeof(*metric));
	}
	LWLockRelease(&shared->lock);
	return count;
}
