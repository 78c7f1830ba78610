/*
 * disk_pg.c
 *		Space of the file systems that hold the data directory, the WAL and tablespaces.
 *
 * The keeper looks once a minute, and four hours of looks are in shared memory. Nobody
 * else asks a file system of a tablespace: it may be a network drive that has gone, and
 * who asks then waits in the kernel, where no signal reaches.
 */
#include "postgres.h"

#include <math.h>
#include <sys/statvfs.h>

#include "access/xlog_internal.h"
#include "catalog/pg_tablespace_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/fd.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "sample/disk_pg.h"
#include "sample/growth.h"

#define LOOKS 240 /* four hours */
#define DATA_DIRECTORY HEAL_DISK_OF_DATA
#define WAL_DIRECTORY HEAL_DISK_OF_WAL
#define FORESIGHT_IS_OLD (5 * HEAL_MINUTE)
#define LIKELY 0.5 /* from here on a forecast may prove something */

PG_FUNCTION_INFO_V1(selfheal_read_disks);

/* NaN = it could not be asked. */
typedef struct Space
{
	double size;
	double free;
	double used_share;
	double inodes;
	double inodes_used;
	uint64 device; /* 0 = not known */
} Space;

typedef struct Place
{
	bool taken;
	bool seen; /* in the look going on */
	Oid oid;
	Space space; /* as of the newest look */
	/* by the forecast, which is asked instead of the line below; 0 = it has not spoken */
	HealTime foreseen_at;
	HealTime full_at;	/* as foreseen; 0 = never */
	double probability; /* within the horizon of the forecast */
	bool predicted;
	uint64 looks; /* ever; number n stands at n modulo LOOKS */
	HealTime at[LOOKS];
	double used[LOOKS];
} Place;

typedef struct DiskShared
{
	LWLock lock; /* protects all below */
	int tranche;
	HealTime looked_at; /* 0 = never */
	int left_out;		/* tablespaces there was no room for */
	Place place[HEAL_DISK_PLACES];
} DiskShared;

static DiskShared *shared = NULL;

static Size
disk_size(void)
{
	return sizeof(DiskShared);
}

static void
disk_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_disk");
}

const HealSegment heal_disk_segment = {"selfheal disk", disk_size, disk_attach};

/* Looking, in the keeper */

/* As df counts: what only root may use is neither free nor used. */
static Space
ask(const char *path)
{
	Space space = {NAN, NAN, NAN, NAN, NAN, 0};
	struct statvfs fs;
	double taken;
	double available;

	if (statvfs(path, &fs) != 0)
		return space;
	taken = (double) (fs.f_blocks - fs.f_bfree) * fs.f_frsize;
	available = (double) fs.f_bavail * fs.f_frsize;
	space.size = taken + available;
	space.free = available;
	if (space.size > 0)
		space.used_share = taken / space.size;
	if (fs.f_files > 0) /* some file systems make them as they need them */
	{
		space.inodes_used = (double) (fs.f_files - fs.f_ffree);
		space.inodes = space.inodes_used + (double) fs.f_favail;
	}
	space.device = (uint64) fs.f_fsid;
	return space;
}

/* Under the lock. NULL = no room. */
static Place *
place_of(Oid oid)
{
	Place *vacant = NULL;

	for (int i = 0; i < HEAL_DISK_PLACES; i++)
	{
		Place *place = &shared->place[i];

		if (place->taken && place->oid == oid)
			return place;
		if (!place->taken && vacant == NULL)
			vacant = place;
	}
	if (vacant != NULL)
	{
		memset(vacant, 0, sizeof(*vacant));
		vacant->taken = true;
		vacant->oid = oid;
	}
	return vacant;
}

static void
note(Oid oid, HealTime now, Space space)
{
	Place *place;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	place = place_of(oid);
	if (place == NULL)
		shared->left_out++;
	else
	{
		place->seen = true;
		place->space = space;
		place->at[place->looks % LOOKS] = now;
		place->used[place->looks % LOOKS] = space.size - space.free;
		place->looks++;
	}
	LWLockRelease(&shared->lock);
}

static void
begin_look(void)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->left_out = 0;
	for (int i = 0; i < HEAL_DISK_PLACES; i++)
		shared->place[i].seen = false;
	LWLockRelease(&shared->lock);
}

/* A tablespace that was dropped makes room for another. */
static void
end_look(HealTime now)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_DISK_PLACES; i++)
		if (!shared->place[i].seen)
			shared->place[i].taken = false;
	shared->looked_at = now;
	LWLockRelease(&shared->lock);
}

static void
look_at_tablespaces(HealTime now)
{
	DIR *directory = opendir("pg_tblspc");
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
	{
		char path[MAXPGPATH];
		char *end;
		unsigned long oid = strtoul(entry->d_name, &end, 10);

		if (*end != '\0' || end == entry->d_name || oid <= WAL_DIRECTORY)
			continue;
		snprintf(path, sizeof(path), "pg_tblspc/%s", entry->d_name);
		note((Oid) oid, now, ask(path));
	}
	closedir(directory);
}

void
heal_disk_look(void)
{
	HealTime now = GetCurrentTimestamp();

	begin_look();
	note(DATA_DIRECTORY, now, ask("."));
	note(WAL_DIRECTORY, now, ask(XLOGDIR));
	look_at_tablespaces(now);
	end_look(now);
}

void
heal_disk_look_at_wal(void)
{
	note(WAL_DIRECTORY, GetCurrentTimestamp(), ask(XLOGDIR));
}

/* Telling */

/* The looks of a place in order. */
static HealGrowth
growth_of(const Place *place)
{
	HealTime at[LOOKS];
	double used[LOOKS];
	int count = 0;

	for (uint64 n = place->looks - Min(place->looks, LOOKS); n < place->looks;
		 n++, count++)
	{
		at[count] = place->at[n % LOOKS];
		used[count] = place->used[n % LOOKS];
	}
	return heal_growth_of(at, used, count);
}

/* As far as can be told: some file systems have no number. */
static bool
is_same_disk(const Space *space, const Space *other)
{
	return space->device != 0 && space->device == other->device &&
		   space->size == other->size;
}

static bool
is_on_one_before(int place)
{
	for (int i = 0; i < place; i++)
		if (shared->place[i].taken &&
			is_same_disk(&shared->place[i].space, &shared->place[place].space))
			return true;
	return false;
}

int
heal_disk_places(HealTime not_before, HealDiskPlace *place)
{
	int count = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_DISK_PLACES && shared->looked_at >= not_before;
		 i++)
	{
		const Place *from = &shared->place[i];

		if (!from->taken || from->looks == 0)
			continue;
		place[count] = (HealDiskPlace){
			.oid = from->oid,
			.shared = is_on_one_before(i),
			.size = from->space.size,
			.used = from->space.size - from->space.free,
			.inodes = from->space.inodes,
			.inodes_used = from->space.inodes_used,
		};
		count++;
	}
	LWLockRelease(&shared->lock);
	return count;
}

void
heal_disk_foresee(Oid oid, HealTime full_at, double probability, bool predicted)
{
	const Place *of = NULL;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_DISK_PLACES && of == NULL; i++)
		if (shared->place[i].taken && shared->place[i].oid == oid)
			of = &shared->place[i];
	for (int i = 0; i < HEAL_DISK_PLACES && of != NULL; i++)
	{
		Place *place = &shared->place[i];

		if (!place->taken ||
			(place != of && !is_same_disk(&place->space, &of->space)))
			continue;
		place->foreseen_at = GetCurrentTimestamp();
		place->full_at = full_at;
		place->probability = probability;
		place->predicted = predicted;
	}
	LWLockRelease(&shared->lock);
}

/* What was said a while ago, and is not any more, says nothing. */
static bool
is_foreseen(const Place *place, HealTime now)
{
	return place->foreseen_at != 0 &&
		   now - place->foreseen_at <= FORESIGHT_IS_OLD;
}

/*
 * Time until it is full; 0 = not foreseeable. The forecast needs two hours of looks; before it
 * speaks, a line through those there are has to do.
 */
static HealTime
time_to_full(const Place *place, const HealGrowth *growth)
{
	HealTime now = GetCurrentTimestamp();

	if (!is_foreseen(place, now))
		return heal_growth_time_to(growth, place->space.free);
	if (place->full_at == 0 || place->full_at - now > HEAL_FORESEEABLE)
		return 0;
	return Max(place->full_at - now, 1);
}

void
heal_disk_wal(double *size, double *available, int64 *full, bool *predicted)
{
	HealGrowth growth;
	bool foreseen;
	bool likely;

	*size = *available = NAN;
	*full = 0;
	*predicted = false;
	if (shared == NULL)
		return;
	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_DISK_PLACES; i++)
	{
		const Place *place = &shared->place[i];

		if (!place->taken || place->oid != WAL_DIRECTORY || place->looks == 0)
			continue;
		growth = growth_of(place);
		*size = place->space.size;
		*available = place->space.free;
		foreseen = is_foreseen(place, GetCurrentTimestamp());
		likely = place->probability >= LIKELY && place->full_at != 0;
		if (!foreseen || likely)
			*full = time_to_full(place, &growth);
		*predicted = foreseen && likely && place->predicted;
	}
	LWLockRelease(&shared->lock);
}

static void
put_place(FunctionCallInfo fcinfo, const Place *place, HealTime looked_at)
{
	HealGrowth growth = growth_of(place);
	HealTime full = time_to_full(place, &growth);
	HealRow row = {0};

	heal_row_text(&row, place->oid == DATA_DIRECTORY  ? "data directory"
						: place->oid == WAL_DIRECTORY ? "WAL"
													  : "tablespace");
	if (place->oid > WAL_DIRECTORY)
		heal_row_int4(&row, (int32) place->oid);
	else
		heal_row_null(&row);
	heal_row_float8(&row, place->space.size);
	heal_row_float8(&row, place->space.free);
	heal_row_float8(&row, place->space.used_share);
	heal_row_float8(&row, growth.per_hour);
	if (full != 0)
		heal_row_interval(&row, full);
	else
		heal_row_null(&row);
	heal_row_time(&row, looked_at);
	heal_row_emit(fcinfo, &row);
}

/* Silence about a disk would be taken for all being well with it. */
static void
put_left_out(FunctionCallInfo fcinfo, int count, HealTime looked_at)
{
	HealRow row = {0};

	heal_row_text(&row, psprintf("%d more tablespaces, not looked at", count));
	for (int i = 0; i < 6; i++)
		heal_row_null(&row);
	heal_row_time(&row, looked_at);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_disks(PG_FUNCTION_ARGS)
{
	DiskShared *copy = palloc(sizeof(DiskShared));

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(copy, shared, sizeof(*copy));
	LWLockRelease(&shared->lock);
	for (int i = 0; i < HEAL_DISK_PLACES; i++)
		if (copy->place[i].taken)
			put_place(fcinfo, &copy->place[i], copy->looked_at);
	if (copy->left_out > 0)
		put_left_out(fcinfo, copy->left_out, copy->looked_at);
	return (Datum) 0;
}
