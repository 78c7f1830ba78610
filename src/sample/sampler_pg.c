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
#include "gate/spill_pg.h"
#include "health/probe_area_pg.h"
#include "sample/load_pg.h"
#include "sample/osfile_pg.h"
#include "sample/pgstat_pg.h"
#include "sample/round.h"
#include "sample/sampler_pg.h"
#include "sample/situation_pg.h"
#include "sample/usermetric_pg.h"

typedef struct SampleArea
{
	int tranche;
	LWLock lock; /* all below: shared to read, exclusive to push */
	HealSeries series;
} SampleArea;

static SampleArea *area;

/* Of the engine alone. */
static HealRota rota;
static bool due[HEAL_ROUNDS];			  /* in the newest row */
static HealReading previous[HEAL_ROUNDS]; /* the last in which it was read */
static double latest[HEAL_METRICS];		  /* the newest row */
static HealTime latest_at;				  /* 0 = none yet */
static const HealSituation *situation;

static Size area_size(void);
static void attach(void *address, bool found);
static void push(HealTime at, const double *row);
static int newest_place(void);

const HealSegment heal_sample_segment = {"selfheal sample", area_size, attach};

void
heal_sample_look(void)
{
	situation = heal_situation_take();
}

/* All of them, or none when reading fails: then the same are due in the next row. */
static void
read_due(HealReading *now)
{
	HealRota next = rota;

	heal_reading_clear(now);
	now->taken_at = GetCurrentTimestamp();
	heal_rota_begin(&next, now->taken_at, due);
	heal_osfile_read(now);
	if (due[HEAL_ROUND_MACHINE])
		heal_osfile_read_more(now);
	heal_pgstat_read(now, situation, due[HEAL_ROUND_DATABASES]);
	heal_gate_read(now);
	heal_user_metrics_read(now);
	heal_probe_read(now);
	rota = next;
}

void
heal_sample_stage(void)
{
	HealReading now;

	read_due(&now);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		HealRound round = heal_metric_round(i);

		if (due[round])
			latest[i] = heal_reading_difference(&previous[round], &now, i);
	}
	for (int round = 0; round < HEAL_ROUNDS; round++)
		if (due[round])
			previous[round] = now;
	latest_at = now.taken_at;
	push(latest_at, latest);
	heal_load_note(situation);
	heal_pace_note(situation);
	heal_spill_watch(situation);
}

void
heal_situation_forget(void)
{
	situation = NULL;
}

const HealSituation *
heal_situation_current(void)
{
	return situation;
}

HealTime
heal_sample_newest_own(const double **row)
{
	*row = latest;
	return latest_at;
}

HealTime
heal_sample_newest_at(void)
{
	HealTime at = 0;
	int newest;

	LWLockAcquire(&area->lock, LW_SHARED);
	newest = newest_place();
	if (newest >= 0)
		at = area->series.at[newest];
	LWLockRelease(&area->lock);
	return at;
}

HealTime
heal_sample_newest(double row[HEAL_METRICS])
{
	HealTime at = 0;
	int newest;

	LWLockAcquire(&area->lock, LW_SHARED);
	newest = newest_place();
	if (newest >= 0)
		at = area->series.at[newest];
	for (int i = 0; i < HEAL_METRICS; i++)
		row[i] = newest >= 0 ? area->series.value[i][newest] : NAN;
	LWLockRelease(&area->lock);
	return at;
}

HealTime
heal_sample_newest_read(double row[HEAL_METRICS])
{
	for (int i = 0; i < HEAL_METRICS; i++)
		row[i] = due[heal_metric_round(i)] ? latest[i] : NAN;
	return latest_at;
}

double
heal_sample_newest_of(HealMetricId metric)
{
	double value = NAN;
	int newest;

	LWLockAcquire(&area->lock, LW_SHARED);
	newest = newest_place();
	if (newest >= 0)
		value = area->series.value[metric][newest];
	LWLockRelease(&area->lock);
	return value;
}

double
heal_sample_between(HealMetricId metric, HealTime since, HealTime until)
{
	double average;

	LWLockAcquire(&area->lock, LW_SHARED);
	average = heal_series_between(&area->series, metric, since, until);
	LWLockRelease(&area->lock);
	return average;
}

int
heal_sample_pulses(HealMetricId metric, HealTime since, HealTime *at, int most)
{
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = heal_series_pulses(&area->series, metric, since, at, most);
	LWLockRelease(&area->lock);
	return count;
}

double
heal_sample_median(HealMetricId metric, HealTime since, HealTime until)
{
	double median;

	LWLockAcquire(&area->lock, LW_SHARED);
	median = heal_series_median(&area->series, metric, since, until);
	LWLockRelease(&area->lock);
	return median;
}

int
heal_sample_points(HealMetricId metric, HealTime since,
				   HealPoint points[HEAL_POINTS])
{
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = heal_series_points(&area->series, metric, since, points);
	LWLockRelease(&area->lock);
	return count;
}

int
heal_sample_minutes(HealTime after, HealTime until, HealMinute *minutes,
					int most)
{
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = heal_series_minutes(&area->series, after, until, minutes, most);
	LWLockRelease(&area->lock);
	return count;
}

uint64
heal_sample_minutes_finished(void)
{
	uint64 minutes;

	LWLockAcquire(&area->lock, LW_SHARED);
	minutes = area->series.minutes;
	LWLockRelease(&area->lock);
	return minutes;
}

uint64
heal_sample_rows_taken(void)
{
	uint64 rows;

	LWLockAcquire(&area->lock, LW_SHARED);
	rows = area->series.pushed - area->series.restored;
	LWLockRelease(&area->lock);
	return rows;
}

void
heal_sample_forget(int metric)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_series_forget(&area->series, metric);
	LWLockRelease(&area->lock);
}

void
heal_sample_copy(HealSeries *copy)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(copy, &area->series, sizeof(*copy));
	LWLockRelease(&area->lock);
}

void
heal_sample_restore(const HealSeries *series)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memcpy(&area->series, series, sizeof(area->series));
	LWLockRelease(&area->lock);
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
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_series_push(&area->series, at, row);
	LWLockRelease(&area->lock);
}

/* Under the lock. -1 = none since the server started: what was restored is not news. */
static int
newest_place(void)
{
	const HealSeries *series = &area->series;

	return series->pushed > series->restored
			   ? (int) ((series->pushed - 1) % HEAL_WINDOW)
			   : -1;
}
