/*
 * anomaly_pg.c
 *		Judges every new row of samples against the baselines in shared memory.
 *
 * Baselines live in shared memory, so they survive the engine's own restarts. Only the
 * engine feeds them; a reset may come from any session. What opened or closed is noted
 * under the lock and told after it: telling writes to the journal.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "detect/rule_pg.h"
#include "history/ledger_pg.h"
#include "sample/sampler_pg.h"

typedef struct DetectArea
{
	int tranche;
	LWLock lock;		/* all below: shared to read, exclusive to change */
	HealTime begun;		/* constant */
	HealTime judged_at; /* time of the newest row judged */
	int64 last_id;		/* the ledger knows those of before the start */
	uint64 closed; /* ever; number n stands at n modulo HEAL_CLOSED_ANOMALIES */
	HealWatch watch[HEAL_METRICS];
	HealPastAnomaly closed_anomaly[HEAL_CLOSED_ANOMALIES];
} DetectArea;

/* What goes on record after one row. */
typedef struct News
{
	int count;
	HealAnomaly anomaly[HEAL_METRICS];
	HealAnomalyEnd end[HEAL_METRICS];
} News;

static DetectArea *area;

static Size area_size(void);
static void attach(void *address, bool found);
static void judge_row(const double *row, HealTime at, News *news);
static HealPastAnomaly
remember_closed(const HealWatch *watch, HealAnomalyEnd end);
static bool reset(int metric, HealAnomalyEnd end, HealPastAnomaly *closed);

const HealSegment heal_detect_segment = {"selfheal detect", area_size, attach};

void
heal_detect_stage_anomalies(void)
{
	double row[HEAL_METRICS];
	HealTime at = heal_sample_newest_read(row);
	News *news = palloc(sizeof(News));

	news->count = 0;
	if (at != 0)
		judge_row(row, at, news);
	for (int i = 0; i < news->count; i++)
	{
		HealPastAnomaly past =
			heal_anomaly_record(&news->anomaly[i], news->end[i]);

		heal_ledger_write(HEAL_RECORD_ANOMALY, &past, false);
	}
	pfree(news);
}

int
heal_anomaly_copy_open(HealAnomaly anomalies[HEAL_METRICS])
{
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (area->watch[i].open && heal_metric_exists(i))
			anomalies[count++] = area->watch[i].anomaly;
	LWLockRelease(&area->lock);
	return count;
}

int
heal_anomaly_copy(HealPastAnomaly anomalies[HEAL_MAX_ANOMALIES])
{
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (area->watch[i].open && heal_metric_exists(i))
			anomalies[count++] =
				heal_anomaly_record(&area->watch[i].anomaly, HEAL_END_NONE);
	for (uint64 n = area->closed;
		 n > 0 && area->closed - n < HEAL_CLOSED_ANOMALIES; n--)
		anomalies[count++] =
			area->closed_anomaly[(n - 1) % HEAL_CLOSED_ANOMALIES];
	LWLockRelease(&area->lock);
	return count;
}

HealTime
heal_detect_begun(void)
{
	return area->begun;
}

void
heal_baseline_copy(HealBaseline baselines[HEAL_METRICS])
{
	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_METRICS; i++)
		baselines[i] = area->watch[i].baseline;
	LWLockRelease(&area->lock);
}

void
heal_baseline_restore(const HealBaseline baselines[HEAL_METRICS])
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_METRICS; i++)
		area->watch[i].baseline = baselines[i];
	LWLockRelease(&area->lock);
}

void
heal_anomaly_forget(int metric)
{
	HealPastAnomaly closed;

	if (reset(metric, HEAL_END_REMOVED, &closed))
		heal_ledger_write(HEAL_RECORD_ANOMALY, &closed, false);
}

void
heal_baseline_reset(int metric)
{
	HealPastAnomaly closed;

	if (reset(metric, HEAL_END_RESET, &closed))
		heal_ledger_write(HEAL_RECORD_ANOMALY, &closed, false);
}

void
heal_anomaly_mark(HealFalsePositive *mark)
{
	HealPastAnomaly closed = {0};

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		HealWatch *watch = &area->watch[i];

		if (!watch->open || watch->anomaly.id != mark->anomaly ||
			!heal_metric_exists(i))
			continue;
		mark->height = Max(mark->height, watch->anomaly.peak_z);
		heal_watch_close(watch, GetCurrentTimestamp());
		closed = remember_closed(watch, HEAL_END_FALSE);
	}
	LWLockRelease(&area->lock);
	if (closed.id != 0)
		heal_ledger_write(HEAL_RECORD_ANOMALY, &closed, false);
}

/* True when there was an anomaly, which is closed now and must go on record. */
static bool
reset(int metric, HealAnomalyEnd end, HealPastAnomaly *closed)
{
	bool was_open;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	was_open = heal_watch_reset(&area->watch[metric], GetCurrentTimestamp()) &&
			   heal_metric_exists(metric);
	if (was_open)
		*closed = remember_closed(&area->watch[metric], end);
	LWLockRelease(&area->lock);
	return was_open;
}

static Size
area_size(void)
{
	return sizeof(DetectArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(DetectArea));
		area->begun = GetCurrentTimestamp();
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_detect");
}

static void
judge_row(const double *row, HealTime at, News *news)
{
	HealDetection *rules = palloc(sizeof(HealDetection) * HEAL_METRICS);
	int64 known_id = heal_ledger_next_anomaly() - 1;

	heal_detection_rules(rules);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->last_id = Max(area->last_id, known_id);
	/* a heartbeat whose sampling failed shows the row before once more */
	for (int i = 0; i < HEAL_METRICS && at != area->judged_at; i++)
	{
		HealWatch *watch = &area->watch[i];
		HealAnomalyEnd end = HEAL_END_NONE;

		switch (heal_watch_feed(watch, i, row[i], at, &rules[i]))
		{
			case HEAL_OPENED:
				watch->anomaly.id = ++area->last_id;
				break;
			case HEAL_CLOSED:
				end =
					watch->anomaly.accepted ? HEAL_END_ACCEPTED : HEAL_END_OVER;
				remember_closed(watch, end);
				break;
			case HEAL_NOTHING_NEW:
				continue;
		}
		news->end[news->count] = end;
		news->anomaly[news->count++] = watch->anomaly;
	}
	area->judged_at = at;
	LWLockRelease(&area->lock);
	pfree(rules);
}

static HealPastAnomaly
remember_closed(const HealWatch *watch, HealAnomalyEnd end)
{
	HealPastAnomaly past = heal_anomaly_record(&watch->anomaly, end);

	area->closed_anomaly[area->closed % HEAL_CLOSED_ANOMALIES] = past;
	area->closed++;
	return past;
}
