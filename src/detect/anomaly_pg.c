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
#include "history/event.h"
#include "sample/sampler_pg.h"
#include "settings.h"

typedef struct DetectArea
{
	int tranche;
	LWLock lock;		/* all below: shared to read, exclusive to change */
	HealTime judged_at; /* time of the newest row judged */
	int64 last_id;
	uint64 closed; /* ever; number n stands at n modulo HEAL_CLOSED_ANOMALIES */
	HealWatch watch[HEAL_METRICS];
	HealAnomaly closed_anomaly[HEAL_CLOSED_ANOMALIES];
} DetectArea;

/* What there is to tell after one row. */
typedef struct News
{
	int count;
	HealAnomaly anomaly[HEAL_METRICS];
} News;

static DetectArea *area;

static Size area_size(void);
static void attach(void *address, bool found);
static void judge_row(const double *row, HealTime at, News *news);
static void remember_closed(HealWatch *watch);
static void tell(const HealAnomaly *anomaly);

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
		tell(&news->anomaly[i]);
	pfree(news);
}

int
heal_anomaly_copy(HealAnomaly anomalies[HEAL_MAX_ANOMALIES])
{
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (area->watch[i].open)
			anomalies[count++] = area->watch[i].anomaly;
	for (uint64 n = area->closed;
		 n > 0 && area->closed - n < HEAL_CLOSED_ANOMALIES; n--)
	{
		const HealAnomaly *closed =
			&area->closed_anomaly[(n - 1) % HEAL_CLOSED_ANOMALIES];

		if (closed->id != 0) /* else its metric was removed */
			anomalies[count++] = *closed;
	}
	LWLockRelease(&area->lock);
	return count;
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
	bool was_open;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	was_open = heal_watch_reset(&area->watch[metric], GetCurrentTimestamp());
	for (int i = 0; i < HEAL_CLOSED_ANOMALIES; i++)
		if (area->closed_anomaly[i].metric == metric)
			area->closed_anomaly[i].id = 0;
	LWLockRelease(&area->lock);
	if (was_open && heal_metric_exists(metric))
		heal_event_log("anomaly_closed", "info", heal_metrics[metric].name,
					   "its metric was removed");
}

void
heal_baseline_reset(int metric)
{
	HealTime now = GetCurrentTimestamp();
	int first = metric < 0 ? 0 : metric;
	int last = metric < 0 ? HEAL_METRICS - 1 : metric;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = first; i <= last; i++)
		if (heal_watch_reset(&area->watch[i], now))
			remember_closed(&area->watch[i]);
	LWLockRelease(&area->lock);
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
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_detect");
}

static void
judge_row(const double *row, HealTime at, News *news)
{
	HealDetection detection = {
		.threshold = heal_anomaly_threshold(),
		.min_confidence = heal_min_confidence,
	};

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	/* a heartbeat whose sampling failed shows the row before once more */
	for (int i = 0; i < HEAL_METRICS && at != area->judged_at; i++)
	{
		HealWatch *watch = &area->watch[i];

		switch (heal_watch_feed(watch, i, row[i], at, &detection))
		{
			case HEAL_OPENED:
				watch->anomaly.id = ++area->last_id;
				break;
			case HEAL_CLOSED:
				remember_closed(watch);
				break;
			case HEAL_NOTHING_NEW:
				continue;
		}
		news->anomaly[news->count++] = watch->anomaly;
	}
	area->judged_at = at;
	LWLockRelease(&area->lock);
}

static void
remember_closed(HealWatch *watch)
{
	area->closed_anomaly[area->closed % HEAL_CLOSED_ANOMALIES] = watch->anomaly;
	area->closed++;
}

static const char *
event_severity(HealSeverity severity)
{
	static const char *const names[] = {
		[HEAL_LOW] = "info",
		[HEAL_MEDIUM] = "warning",
		[HEAL_HIGH] = "error",
		[HEAL_CRITICAL] = "critical",
	};

	return names[severity];
}

static void
tell(const HealAnomaly *anomaly)
{
	const char *metric = heal_metrics[anomaly->metric].name;
	char text[256];
	char message[320];

	heal_anomaly_describe(anomaly, text, sizeof(text));
	if (anomaly->closed_at == 0)
	{
		heal_event_log("anomaly_opened", event_severity(anomaly->severity),
					   metric, text);
		return;
	}
	snprintf(message, sizeof(message), "%s after %.0f s: %s",
			 anomaly->accepted ? "accepted as the new normal" : "over",
			 (double) (anomaly->closed_at - anomaly->opened_at) / HEAL_SECOND,
			 text);
	heal_event_log("anomaly_closed", "info", metric, message);
}
