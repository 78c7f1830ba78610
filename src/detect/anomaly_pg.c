/*
 * anomaly_pg.c
 *		Judges every new row of samples by what is normal, in shared memory.
 *
 * What is learnt lives in shared memory, so it survives the engine's own restarts. Only the
 * engine feeds it; a reset may come from any session. What opened or closed is noted
 * under the lock and told after it: telling writes to the journal.
 */
#include "postgres.h"

#include <math.h>

#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "detect/component.h"
#include "detect/doubt.h"
#include "detect/rule_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "sample/sampler_pg.h"
#include "settings.h"

#define RULES_FOR (10 * HEAL_SECOND) /* bars sink slowly */

typedef struct DetectArea
{
	int tranche;
	LWLock lock;		/* all below: shared to read, exclusive to change */
	HealTime begun;		/* constant */
	HealTime looked_at; /* time of the newest row judged or doubted */
	int64 last_id;		/* the ledger knows those of before the start */
	uint64 forgotten;	/* how often a baseline was */
	uint64 closed; /* ever; number n stands at n modulo HEAL_CLOSED_ANOMALIES */
	HealAlarmRecord record;
	HealPastAnomaly closed_anomaly[HEAL_CLOSED_ANOMALIES];
	HealWatch watch[HEAL_METRICS];
} DetectArea;

/* What goes on record after one row. */
typedef struct News
{
	int count;
	HealAnomaly anomaly[HEAL_METRICS];
	HealAnomalyEnd end[HEAL_METRICS];
} News;

/* Rules in use, and of when and what they are. */
typedef struct Rules
{
	HealTime at; /* 0 = never made */
	uint64 sequence;
	HealTime cadence;
	double threshold;
	double min_confidence;
	HealDetection of[HEAL_METRICS];
	int component[HEAL_METRICS]; /* -1 = one of a user's own */
} Rules;

static DetectArea *area;

/* Of the engine alone. */
static Rules rules;
static HealDoubt doubt;
static TimestampTz doubt_told_at;

static Size area_size(void);
static void attach(void *address, bool found);
static void renew_rules(void);
static void note_row(HealTime at);
static bool is_doubted(const double *row);
static void judge_row(const double *row, HealTime at, News *news);
static void follow_spell(HealTime at);
static HealPastAnomaly
remember_closed(const HealWatch *watch, HealAnomalyEnd end);
static bool reset(int metric, HealAnomalyEnd end, HealPastAnomaly *closed);

const HealSegment heal_detect_segment = {"selfheal detect", area_size, attach};

/* A heartbeat whose sampling failed shows the row before once more. */
void
heal_detect_stage_anomalies(void)
{
	double row[HEAL_METRICS];
	HealTime at = heal_sample_newest_read(row);
	News *news;

	if (at == 0 || at == area->looked_at)
		return;
	renew_rules();
	note_row(at);
	if (is_doubted(row))
		return;
	news = palloc(sizeof(News));
	news->count = 0;
	judge_row(row, at, news);
	for (int i = 0; i < news->count; i++)
	{
		HealPastAnomaly past =
			heal_anomaly_record(&news->anomaly[i], news->end[i]);

		heal_ledger_write(HEAL_RECORD_ANOMALY, &past, false);
	}
	pfree(news);
	follow_spell(at);
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
heal_baseline_copy(int metric, HealBaseline *baseline)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(baseline, &area->watch[metric].baseline, sizeof(*baseline));
	LWLockRelease(&area->lock);
}

void
heal_baseline_restore(int metric, const HealBaseline *baseline)
{
	HealWatch *watch = &area->watch[metric];

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memcpy(&watch->baseline, baseline, sizeof(*baseline));
	watch->border = NAN;
	LWLockRelease(&area->lock);
}

void
heal_anomaly_usual(HealUsual usual[HEAL_METRICS])
{
	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		const HealWatch *watch = &area->watch[i];
		const HealDetector *detector = &watch->baseline.detector;

		usual[i] = (HealUsual){
			.known = detector->version == HEAL_DETECTOR_VERSION &&
					 detector->rows >= HEAL_DETECTOR_MINIMUM,
			.open = watch->open,
			.low = watch->anomaly.peak_value < watch->anomaly.location,
			.opened_at = watch->anomaly.opened_at,
			.value = watch->anomaly.value,
			.confidence = watch->anomaly.confidence,
			.difference = detector->traits.floor,
		};
		if (usual[i].known)
		{
			usual[i].location = heal_detector_location(detector);
			usual[i].spread = heal_detector_spread(detector);
		}
	}
	LWLockRelease(&area->lock);
}

uint64
heal_baselines_forgotten(void)
{
	uint64 forgotten;

	LWLockAcquire(&area->lock, LW_SHARED);
	forgotten = area->forgotten;
	LWLockRelease(&area->lock);
	return forgotten;
}

HealAlarmRecord
heal_alarm_record(void)
{
	HealAlarmRecord record;

	LWLockAcquire(&area->lock, LW_SHARED);
	record = area->record;
	LWLockRelease(&area->lock);
	return record;
}

/* What was open is not any more. */
void
heal_alarm_record_restore(const HealAlarmRecord *record)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->record = *record;
	area->record.begun_at = 0;
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
		mark->height = Max(mark->height, heal_anomaly_height(&watch->anomaly));
		mark->distance =
			Max(mark->distance, heal_anomaly_distance(&watch->anomaly));
		heal_watch_close(watch, GetCurrentTimestamp());
		closed = remember_closed(watch, HEAL_END_FALSE);
	}
	heal_spell_mark(&area->record);
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
	area->forgotten++;
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

/* What people say is on record, so its newest number tells when somebody has said something. */
static void
renew_rules(void)
{
	TimestampTz now = GetCurrentTimestamp();
	uint64 sequence = heal_journal_sequence();
	HealTime cadence = heal_engine_cadence();

	if (rules.at != 0 && now >= rules.at && now - rules.at < RULES_FOR &&
		rules.sequence == sequence && rules.cadence == cadence &&
		rules.threshold == heal_anomaly_threshold() &&
		rules.min_confidence == heal_min_confidence)
		return;
	rules.at =
		0; /* should making them fail, they are made again for the next row */
	rules.sequence = sequence;
	rules.cadence = cadence;
	rules.threshold = heal_anomaly_threshold();
	rules.min_confidence = heal_min_confidence;
	heal_detection_rules(rules.of, heal_alarm_record().budget.raised);
	for (int i = 0; i < HEAL_METRICS; i++)
		rules.component[i] =
			heal_metric_exists(i)
				? heal_component_lookup(heal_metrics[i].component)
				: -1;
	rules.at = now;
}

/* Before anything is made of it: each row counts once, whatever becomes of it. */
static void
note_row(HealTime at)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->looked_at = at;
	LWLockRelease(&area->lock);
}

static bool
is_doubted(const double *row)
{
	int beyond = 0;
	int judged = 0;
	bool doubted;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		judged += isfinite(row[i]);
		beyond += heal_watch_beyond(&area->watch[i], row[i]);
	}
	doubted = heal_doubt_row(&doubt, beyond, judged);
	area->record.doubted += doubted;
	LWLockRelease(&area->lock);
	if (doubted && GetCurrentTimestamp() - doubt_told_at > HEAL_MINUTE)
	{
		doubt_told_at = GetCurrentTimestamp();
		ereport(
			LOG,
			errmsg("selfheal: %d of %d metrics moved at once, so this row "
				   "of samples is doubted",
				   beyond, judged),
			errdetail("A clock that jumps or a machine that was suspended "
					  "looks like that. It is neither judged nor learnt; "
					  "what lasts for %d rows is believed.",
					  HEAL_DOUBT_ROWS),
			errhint(
				"If it comes again, look at the machine's clock and at what suspends it; selfheal.alarm_budget counts such rows."));
	}
	return doubted;
}

/* Open anomalies of each component. */
static void
count_open(int breadth[HEAL_COMPONENTS])
{
	memset(breadth, 0, sizeof(int) * HEAL_COMPONENTS);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (area->watch[i].open && rules.component[i] >= 0)
			breadth[rules.component[i]]++;
}

static HealVerdict
judge_metric(int metric, double value, HealTime at, int *breadth)
{
	HealWatch *watch = &area->watch[metric];
	int component = rules.component[metric];
	int others = component < 0 ? 0 : breadth[component] - watch->open;
	HealVerdict verdict = heal_watch_feed(watch, metric, value, at, others + 1,
										  &rules.of[metric]);

	if (verdict == HEAL_OPENED)
		watch->anomaly.id = ++area->last_id;
	if (component >= 0)
		breadth[component] = others + watch->open;
	return verdict;
}

static void
judge_row(const double *row, HealTime at, News *news)
{
	int64 known_id = heal_ledger_next_anomaly() - 1;
	int breadth[HEAL_COMPONENTS];

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->last_id = Max(area->last_id, known_id);
	count_open(breadth);
	for (int i = 0; i < HEAL_METRICS; i++)
	{
		HealWatch *watch = &area->watch[i];
		HealAnomalyEnd end = HEAL_END_NONE;
		HealVerdict verdict;

		if (!isfinite(row[i]) || !heal_metric_exists(i))
			continue;
		verdict = judge_metric(i, row[i], at, breadth);
		if (verdict == HEAL_NOTHING_NEW)
			continue;
		if (verdict == HEAL_CLOSED)
		{
			end = watch->anomaly.accepted ? HEAL_END_ACCEPTED : HEAL_END_OVER;
			remember_closed(watch, end);
		}
		news->end[news->count] = end;
		news->anomaly[news->count++] = watch->anomaly;
	}
	LWLockRelease(&area->lock);
}

/* Whether what was alarmed of was a failure. */
static bool
is_confirmed(HealTime begun_at, HealTime ended_at)
{
	HealLedger *ledger = heal_ledger_copy();
	bool confirmed = false;

	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		const HealFailure *failure = &ledger->failure[i];

		confirmed = confirmed || (failure->id != 0 &&
								  heal_spell_covers(begun_at, ended_at,
													failure->confirmed_at,
													failure->closed_at));
	}
	pfree(ledger);
	return confirmed;
}

static void
follow_spell(HealTime at)
{
	HealTime begun_at;
	bool any_open = false;
	bool ended;
	bool confirmed;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_METRICS; i++)
		any_open = any_open || area->watch[i].open;
	begun_at = area->record.begun_at;
	ended = heal_spell_note(&area->record, any_open, at);
	LWLockRelease(&area->lock);
	if (!ended)
		return;
	confirmed = is_confirmed(begun_at, at);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_spell_end(&area->record, confirmed);
	LWLockRelease(&area->lock);
}

static HealPastAnomaly
remember_closed(const HealWatch *watch, HealAnomalyEnd end)
{
	HealPastAnomaly past = heal_anomaly_record(&watch->anomaly, end);

	area->closed_anomaly[area->closed % HEAL_CLOSED_ANOMALIES] = past;
	area->closed++;
	return past;
}
