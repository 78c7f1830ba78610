/*
 * sampler_pg.c
 *		One reading each heartbeat, turned into a row of samples in shared memory.
 *
 * All metrics are read together, so one ring of times serves all of them. Only the
 * engine writes. It reads first and takes the lock afterwards, for a copy of some
 * hundred numbers; readers copy under the lock and compute without it.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "gate/gate_pg.h"
#include "sample/osfile_pg.h"
#include "sample/pgstat_pg.h"
#include "sample/sampler_pg.h"
#include "sample/situation_pg.h"

typedef struct SampleArea
{
	int tranche;
	LWLock lock;   /* all below: shared to read, exclusive to push */
	uint64 pushed; /* rows ever; row n stands at n modulo HEAL_WINDOW */
	HealTime at[HEAL_WINDOW];
	double value[HEAL_METRICS][HEAL_WINDOW];
} SampleArea;

static SampleArea *area;

/* Of the engine alone. */
static HealReading previous;
static const HealSituation *situation;

static Size area_size(void);
static void attach(void *address, bool found);
static void push(HealTime at, const double *row);

const HealSegment heal_sample_segment = {"selfheal sample", area_size, attach};

void
heal_sample_look(void)
{
	/* should taking it fail, later stages must not see the one before */
	situation = NULL;
	situation = heal_situation_take();
}

void
heal_sample_stage(void)
{
	HealReading now;
	double row[HEAL_METRICS];

	heal_reading_clear(&now);
	now.taken_at = GetCurrentTimestamp();
	heal_osfile_read(&now);
	heal_pgstat_read(&now, situation);
	heal_gate_read(&now);
	heal_reading_difference(&previous, &now, row);
	previous = now;
	push(now.taken_at, row);
}

const HealSituation *
heal_situation_current(void)
{
	return situation;
}

HealTime
heal_sample_newest_at(void)
{
	HealTime at = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	if (area->pushed > 0)
		at = area->at[(area->pushed - 1) % HEAL_WINDOW];
	LWLockRelease(&area->lock);
	return at;
}

HealTime
heal_sample_newest(double row[HEAL_METRICS])
{
	HealTime at = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	if (area->pushed > 0)
	{
		int newest = (area->pushed - 1) % HEAL_WINDOW;

		at = area->at[newest];
		for (int i = 0; i < HEAL_METRICS; i++)
			row[i] = area->value[i][newest];
	}
	else
	{
		for (int i = 0; i < HEAL_METRICS; i++)
			row[i] = NAN;
	}
	LWLockRelease(&area->lock);
	return at;
}

int
heal_sample_copy(HealMetricId metric, HealTime since, HealTime at[HEAL_WINDOW],
				 double value[HEAL_WINDOW])
{
	int copied = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (uint64 n = area->pushed - Min(area->pushed, HEAL_WINDOW);
		 n < area->pushed; n++)
	{
		int i = n % HEAL_WINDOW;

		if (area->at[i] < since)
			continue;
		at[copied] = area->at[i];
		value[copied++] = area->value[metric][i];
	}
	LWLockRelease(&area->lock);
	return copied;
}

static Size
area_size(void)
{
	return sizeof(SampleArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(SampleArea));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_sample");
}

static void
push(HealTime at, const double *row)
{
	int i;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	i = area->pushed % HEAL_WINDOW;
	area->at[i] = at;
	for (int metric = 0; metric < HEAL_METRICS; metric++)
		area->value[metric][i] = row[metric];
	area->pushed++;
	LWLockRelease(&area->lock);
}
