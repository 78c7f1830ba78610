/*
 * facts_pg.c
 *		What the server shows now, from shared memory.
 *
 * Each source says what is so, what is not, and leaves out what it cannot know: a metric that is still being learnt, a
 * kind of finding before the first scan, a prediction of what was never measured.
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "utils/timestamp.h"

#include "cause/facts_pg.h"
#include "cause/model_pg.h"
#include "config/book_pg.h"
#include "detect/anomaly_pg.h"
#include "gate/error_pg.h"
#include "gate/statement_pg.h"
#include "health/probe_area_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "predict/predict_pg.h"
#include "recover/look_setting_pg.h"
#include "sample/load_pg.h"
#include "sample/round.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "scan/scan_pg.h"
#include "settings.h"

#define LATELY HEAL_HOUR
#define JUST_NOW HEAL_MINUTE
#define WINDOW (5 * HEAL_SECOND) /* of a metric that is read every second */
#define TAKES_MUCH 0.2	/* of the time in statements, and of a session */
#define MUCH_SLOWER 3.0 /* times as long as usual */
#define MOST_SLOTS 0.5	/* of max_connections */

static void
set(HealFact *fact, bool is_so, HealTime since)
{
	fact->says = is_so ? 1 : 0;
	fact->since = is_so ? since : 0;
}

/* Metrics */

HealTime
heal_fact_window(int metric)
{
	if (metric >= HEAL_BUILT_IN_METRICS)
		return HEAL_MINUTE;
	return Max(WINDOW, 3 * heal_metric_cadence((HealMetricId) metric,
											   heal_engine_cadence()));
}

static void
read_metric(HealFact *fact, int metric, const HealUsual *usual, HealTime now)
{
	double value = heal_sample_median((HealMetricId) metric,
									  now - heal_fact_window(metric), now);
	int away;

	if (!usual->known || !isfinite(value))
		return;
	away = heal_fact_direction(value, usual->location, usual->spread,
							   usual->difference);
	/* an anomaly is told before half of a window is like that */
	fact->value = away == 0 && usual->open ? usual->value : value;
	fact->usual = usual->location;
	fact->low = away != 0 ? away < 0 : usual->low;
	/* without an anomaly nobody has noted since when */
	set(fact, away != 0 || usual->open, usual->open ? usual->opened_at : 0);
	/* nor does an anomaly speak for a value that is away on the other side by now */
	fact->confidence =
		usual->open && fact->low == usual->low ? usual->confidence : 0;
}

static void
read_metrics(HealFacts *facts, HealTime now)
{
	HealUsual *usual = palloc(sizeof(HealUsual) * HEAL_METRICS);

	heal_anomaly_usual(usual);
	for (int i = 0; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i))
			read_metric(&facts->metric[i], i, &usual[i], now);
	pfree(usual);
}

/* Failures, findings, predictions */

/* What a scan found holds for two rounds: until the next one of that database. */
static bool
still_holds(HealTime scanned_at, HealTime now)
{
	return now - scanned_at <= 2 * heal_scan_interval * HEAL_SECOND;
}

/* Every database was scanned lately. */
static bool
is_scanned(HealTime now)
{
	int count;
	HealScanCoverage *coverage = heal_scan_coverage_copy(&count);
	bool scanned = count > 0 && heal_scan_interval > 0;

	for (int i = 0; i < count; i++)
		scanned = scanned && coverage[i].rounds > 0 &&
				  still_holds(coverage[i].round_started_at, now);
	pfree(coverage);
	return scanned;
}

/* Whether somebody looks for this kind, so that it is not there when it was not found. */
static bool
is_looked_for(int kind, bool scanned)
{
	switch (heal_failures[kind].looked_for)
	{
		case HEAL_LOOKED_FOR_ALWAYS:
			return true;
		case HEAL_LOOKED_FOR_BY_SCAN:
			return scanned;
		case HEAL_LOOKED_FOR_AT_GATE:
			return heal_gate;
		case HEAL_LOOKED_FOR_ON_STANDBY:
			return RecoveryInProgress();
	}
	return false;
}

/* One that is merely watched is no fact yet, and its absence is none either. */
static void
read_failures(HealFacts *facts, bool scanned)
{
	HealFailure *open = palloc(sizeof(HealFailure) * HEAL_MAX_FAILURES);
	int count = heal_ledger_copy_open_failures(open);

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		if (is_looked_for(kind, scanned))
			set(&facts->failure[kind], false, 0);
	for (int i = 0; i < count; i++)
	{
		HealFact *fact = &facts->failure[open[i].kind];

		if (open[i].status != HEAL_FAILURE_WATCHING &&
			(fact->says != 1 || open[i].since < fact->since))
			set(fact, true, open[i].since);
		else if (fact->says == 0)
			fact->says = HEAL_HIDDEN;
	}
	pfree(open);
}

static void
read_findings(HealFacts *facts, bool scanned, HealTime now)
{
	HealTime found_at[HEAL_SCAN_KINDS];

	heal_scan_found(found_at);
	for (int kind = 0; kind < HEAL_SCAN_KINDS; kind++)
		if (found_at[kind] != 0 && still_holds(found_at[kind], now))
			set(&facts->finding[kind], true, 0);
		else if (scanned)
			set(&facts->finding[kind], false, 0);
}

static void
read_predictions(HealFacts *facts)
{
	HealPredictionBook *book = heal_predict_copy();

	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
	{
		const HealBounded *bounded = &book->now.bounded[i];
		HealFact *fact;

		if (!bounded->taken)
			continue;
		fact = &facts->prediction[bounded->use.kind];
		if (fact->says != 1)
			set(fact, bounded->prediction.state == HEAL_PREDICTION_OPEN,
				bounded->prediction.opened_at);
	}
	pfree(book);
}

/* Events */

static bool
is_setting_of_ours(const HealSettingChange *change)
{
	return strncmp(change->name, "selfheal.", strlen("selfheal.")) == 0;
}

/* Whether this recovery made the change, or took its own one back, or had it taken back. */
static bool
has_made(const HealRecovery *recovery, const HealSettingChange *change)
{
	const HealSubject *subject = &recovery->subject;
	bool sync = recovery->remedy == HEAL_REMEDY_DEGRADE_SYNC;
	bool taken_back = recovery->change.done == HEAL_TARGET_UNDONE ||
					  recovery->stage == HEAL_ROLLING_BACK ||
					  recovery->stage == HEAL_ROLLED_BACK;

	if (recovery->id == 0 || recovery->acted_at == 0 ||
		change->at < recovery->acted_at || !recovery->change.kept ||
		(!sync && subject->kind != HEAL_SUBJECT_SETTING) ||
		strcmp(sync ? HEAL_SYNC_SETTING : subject->name, change->name) != 0 ||
		(!sync && (subject->database != change->database ||
				   subject->role != change->role)))
		return false;
	return heal_setting_same(change->name, change->new_value,
							 recovery->change.after) ||
		   (taken_back && heal_setting_same(change->name, change->new_value,
											recovery->change.before));
}

static bool
is_made_by_us(const HealLedger *ledger, const HealSettingChange *change)
{
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (has_made(&ledger->recovery[i], change))
			return true;
	return false;
}

/*
 * The first of them: what was changed in the meantime may be somebody's try to help. Ours bring nothing about, and what we did
 * is a suspect of its own (blame.h).
 */
static void
read_changes(HealFact *fact, HealTime now)
{
	HealLedger *ledger = NULL;
	HealSettingChange *changes =
		palloc(sizeof(HealSettingChange) * HEAL_SETTING_CHANGES);
	int count =
		heal_config_changes(now - LATELY, changes, HEAL_SETTING_CHANGES);

	set(fact, false, 0);
	for (int i = count - 1; i >= 0 && fact->says != 1; i--)
	{
		if (is_setting_of_ours(&changes[i]))
			continue;
		if (ledger == NULL)
			ledger = heal_ledger_copy();
		if (!is_made_by_us(ledger, &changes[i]))
			set(fact, true, changes[i].at);
	}
	if (ledger != NULL)
		pfree(ledger);
	pfree(changes);
}

/* On a standby a write that is refused is an application's mistake. */
static bool
refuses_writes(const HealErrorClass *error)
{
	return error->group == HEAL_ERRORS_DISK_FULL ||
		   error->group == HEAL_ERRORS_SYSTEM ||
		   (strcmp(error->code, "25006") == 0 && !RecoveryInProgress());
}

static void
read_refusals(HealFact *fact, HealTime now)
{
	HealErrorCount count[HEAL_ERROR_CLASSES];
	bool lately = false;

	heal_error_copy(count);
	for (int i = 0; i < HEAL_ERROR_CLASSES; i++)
		lately = lately || (count[i].count > 0 &&
							refuses_writes(&heal_error_classes[i]) &&
							now - (HealTime) count[i].last_at <= JUST_NOW);
	/* where errors are not logged, nobody sees them */
	if (lately || (heal_gate && heal_feed_status().log_level <= ERROR))
		set(fact, lately, 0);
}

static void
read_crash(HealFact *fact, HealTime now)
{
	HealTime crashed_at = heal_cause_crashed_at();

	set(fact, crashed_at != 0 && now - crashed_at <= LATELY, crashed_at);
}

static void
read_probe(HealFact *fact)
{
	HealProbe probe = heal_probe_copy();

	if (probe.result == HEAL_PROBE_FAILED)
		set(fact, true, probe.since);
	else if (probe.result == HEAL_PROBE_WROTE ||
			 probe.result == HEAL_PROBE_READ)
		set(fact, false, 0);
}

/* Nothing is new to a server that has just started, and nothing is slower than usual before anything is. */
static void
read_queries(HealFact *is_new, HealFact *slower, HealTime now)
{
	HealPaces *paces = heal_pace_copy();
	uint64 query[HEAL_TOP_QUERIES];
	HealTime since[HEAL_TOP_QUERIES];

	heal_top_query_since(query, since);
	if (now - heal_detect_begun() > LATELY && heal_gate)
		set(is_new, false, 0);
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		const HealPace *pace = &paces->pace[i];
		double slowdown = heal_pace_slowdown(pace);
		bool takes_much = heal_pace_busy(pace) >= TAKES_MUCH &&
						  heal_paces_share(paces, i) >= TAKES_MUCH;

		if (is_new->says == 0 && pace->seen.query == query[i] &&
			since[i] > now - LATELY && takes_much)
			set(is_new, true, since[i]);
		if (!isnan(slowdown) && slower->says != 1)
			set(slower, slowdown >= MUCH_SLOWER && takes_much, 0);
	}
	pfree(paces);
}

/* A standby has none. */
static void
read_autovacuum(HealFact *fact)
{
	if (!RecoveryInProgress())
		set(fact, !AutoVacuumingActive(), 0);
}

/* Who merely waits for locks waits for somebody else to let go. Without samples nobody has looked. */
static void
read_slots(HealFact *at_work, HealFact *idle, HealTime now)
{
	double many = MOST_SLOTS * MaxConnections;
	double idle_sessions =
		heal_sample_median(HEAL_METRIC_SESSIONS_IDLE, now - WINDOW, now);
	HealLoadShare *share;
	int count;
	bool taken = false;

	if (!isfinite(idle_sessions))
		return;
	share = palloc(sizeof(HealLoadShare) * HEAL_LOAD_LOOKS);
	count = heal_load_copy(HEAL_LOAD_APPLICATION, WINDOW, share);
	for (int i = 0; i < count; i++)
		taken |= share[i].busy - share[i].waiting >= many * WINDOW;
	set(at_work, taken, 0);
	set(idle, idle_sessions >= many, 0);
	pfree(share);
}

void
heal_facts_read(HealFacts *facts)
{
	HealTime now = GetCurrentTimestamp();
	bool scanned = is_scanned(now);

	heal_user_metrics_load();
	heal_facts_clear(facts);
	read_metrics(facts, now);
	read_failures(facts, scanned);
	read_findings(facts, scanned, now);
	read_predictions(facts);
	read_changes(&facts->event[HEAL_CAUSE_SETTING_CHANGED], now);
	read_refusals(&facts->event[HEAL_CAUSE_WRITE_REFUSED], now);
	read_crash(&facts->event[HEAL_CAUSE_CRASHED], now);
	read_probe(&facts->event[HEAL_CAUSE_PROBE_FAILED]);
	read_queries(&facts->event[HEAL_CAUSE_NEW_QUERY],
				 &facts->event[HEAL_CAUSE_QUERY_SLOWER], now);
	read_autovacuum(&facts->event[HEAL_CAUSE_AUTOVACUUM_OFF]);
	read_slots(&facts->event[HEAL_CAUSE_SLOTS_AT_WORK],
			   &facts->event[HEAL_CAUSE_SLOTS_IDLE], now);
	heal_facts_conclude(facts);
}
