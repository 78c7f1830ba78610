/*
 * scan_pg.c
 *		The scanner's shared memory: coverage per database, and a ring of records for the scribe.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "predict/predict_pg.h"
#include "scan/ailment_pg.h"
#include "scan/scan_pg.h"
#include "settings.h"

#define DATABASES 512 /* remembered; with more of them the others take turns */
#define RING 2048	  /* records */
#define RESERVE \
	64 /* of them for ends of passes, so that these always find room */
#define PROFILE_EVERY HEAL_DAY

typedef struct ScanShared
{
	LWLock lock; /* protects all below */
	int tranche;
	HealScanState state;
	Oid last; /* database scanned last */
	HealScanCoverage coverage[DATABASES];
	HealTime found_at[HEAL_SCAN_KINDS]; /* 0 = never */
	HealScanRecord
		ring[RING]; /* record n is in n % RING; written < n <= pushed wait */
} ScanShared;

static ScanShared *shared = NULL;

static Size
scan_size(void)
{
	return sizeof(ScanShared);
}

static void
scan_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_scan");
}

const HealSegment heal_scan_segment = {"selfheal scan", scan_size, scan_attach};

HealScanState
heal_scan_state(void)
{
	HealScanState state;

	LWLockAcquire(&shared->lock, LW_SHARED);
	state = shared->state;
	LWLockRelease(&shared->lock);
	if (state.pid != 0 && BackendPidGetProc(state.pid) == NULL)
		state.pid = 0;
	return state;
}

int
heal_scan_next(const Oid *database, int count, TimestampTz now)
{
	int next;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	next =
		heal_coverage_next(database, count, shared->coverage, DATABASES,
						   shared->last, now, heal_scan_interval * HEAL_SECOND);
	if (next >= 0)
		shared->last = database[next];
	LWLockRelease(&shared->lock);
	return next;
}

/* With the lock held. */
static bool
push(const HealScanRecord *record, int reserve)
{
	if (shared->state.pushed - shared->state.written >= RING - reserve)
		return false;
	shared->state.pushed++;
	shared->ring[shared->state.pushed % RING] = *record;
	return true;
}

bool
heal_scan_push(const HealScanRecord *record)
{
	bool pushed;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	pushed = push(record, RESERVE);
	if (pushed && record->type == HEAL_SCAN_RECORD_FINDING)
		shared->found_at[record->finding.kind] = record->at;
	LWLockRelease(&shared->lock);
	return pushed;
}

/* Relations after the one and up to the other were looked at; with the lock held. */
static void
report(const HealScanCoverage *coverage, Oid from, Oid to, TimestampTz started)
{
	HealScanRecord record = {.type = HEAL_SCAN_RECORD_PASS,
							 .database = coverage->database,
							 .at = started};

	*heal_coverage_place(shared->coverage, DATABASES, coverage->database) =
		*coverage;
	record.pass.coverage = *coverage;
	record.pass.from = from;
	record.pass.to = to;
	if (!push(&record, 0))
		shared->state.dropped++;
}

void
heal_scan_report(const HealScanCoverage *coverage, Oid from,
				 TimestampTz started)
{
	/* what was dropped beyond the last relation there is must be found gone, too */
	Oid to =
		coverage->round_ended_at != 0 ? (Oid) UINT32_MAX : coverage->position;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	report(coverage, from, to, started);
	shared->state.reports++;
	shared->state.pass_us = coverage->pass_us;
	LWLockRelease(&shared->lock);
	heal_ailments_sweep(coverage->database, from, to, started);
	heal_predict_sweep(coverage->database, from, to, started);
}

void
heal_scan_abandoned(Oid database, const char *name, const char *why)
{
	TimestampTz now = GetCurrentTimestamp();
	HealScanCoverage coverage;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	coverage = *heal_coverage_place(shared->coverage, DATABASES, database);
	coverage.passed_at = now;
	strlcpy(coverage.name, name, sizeof(coverage.name));
	strlcpy(coverage.error, why, sizeof(coverage.error));
	report(&coverage, coverage.position, coverage.position, now);
	LWLockRelease(&shared->lock);
}

static void
leave(int code, Datum argument)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (shared->state.pid == MyProcPid)
		shared->state.pid = 0;
	LWLockRelease(&shared->lock);
}

bool
heal_scan_enter(Oid database, const char *name, TimestampTz now,
				HealScanCoverage *coverage)
{
	int32 other = heal_scan_state().pid;
	bool entered;

	if (other != 0 && other != MyProcPid)
		return false;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	entered = shared->state.pid == 0 || shared->state.pid == MyProcPid ||
			  BackendPidGetProc(shared->state.pid) == NULL;
	if (entered)
	{
		shared->state.pid = MyProcPid;
		shared->state.database = database;
		*coverage = *heal_coverage_place(shared->coverage, DATABASES, database);
	}
	LWLockRelease(&shared->lock);
	if (!entered)
		return false;
	before_shmem_exit(leave, (Datum) 0);
	strlcpy(coverage->name, name, sizeof(coverage->name));
	heal_coverage_begin(coverage, now, PROFILE_EVERY);
	return true;
}

int
heal_scan_copy(HealScanRecord *record, int count)
{
	int copied = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int64 n = shared->state.written + 1;
		 n <= shared->state.pushed && copied < count; n++)
		record[copied++] = shared->ring[n % RING];
	LWLockRelease(&shared->lock);
	return copied;
}

void
heal_scan_set_written(int records, int dropped, const char *error)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->state.written += records + dropped;
	shared->state.dropped += dropped;
	strlcpy(shared->state.last_error, error, sizeof(shared->state.last_error));
	LWLockRelease(&shared->lock);
}

static int64
waiting(void)
{
	HealScanState state;

	LWLockAcquire(&shared->lock, LW_SHARED);
	state = shared->state;
	LWLockRelease(&shared->lock);
	return state.pushed - state.written;
}

bool
heal_scan_waiting(void)
{
	return waiting() > 0;
}

bool
heal_scan_has_room(void)
{
	return waiting() <= RING / 2;
}

HealScanCoverage *
heal_scan_coverage_copy(int *count)
{
	HealScanCoverage *copy = palloc(sizeof(shared->coverage));

	*count = 0;
	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < DATABASES; i++)
		if (shared->coverage[i].database != 0)
			copy[(*count)++] = shared->coverage[i];
	LWLockRelease(&shared->lock);
	return copy;
}

void
heal_scan_found(HealTime found_at[HEAL_SCAN_KINDS])
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(found_at, shared->found_at, sizeof(shared->found_at));
	LWLockRelease(&shared->lock);
}
