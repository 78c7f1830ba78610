/*
 * health_pg.c
 *		Judges each component by its failures, its anomalies, the probe, and whether it can be seen at all.
 *
 * What is judged from is gathered without our lock; it is held for copies only. The engine alone changes what
 * is told.
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "base/due.h"
#include "db/clock.h"
#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "gate/error_pg.h"
#include "health/health_pg.h"
#include "health/probe_area_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "scan/scan_pg.h"
#include "settings.h"

#define STALE_AT_LEAST (10 * HEAL_SECOND)
#define STALE_BEATS 5
/* A failure whose patience still runs is told after that: until then it may be nothing. */
#define WATCHED_FOR (10 * HEAL_SECOND)
#define SCAN_STALE_AT_LEAST (10 * HEAL_MINUTE)
#define SCAN_STALE_ROUNDS 3
#define SCAN_LOOK_EVERY (10 * HEAL_SECOND)

typedef struct HealthArea
{
	int tranche;
	LWLock lock; /* all below: shared to read, exclusive to change */
	HealTime judged_at;
	int64 judged; /* the same by the clock that nobody sets; 0 = never */
	int32 count;  /* of health */
	HealHealth health[HEAL_MAX_HEALTH];
} HealthArea;

/* One judgement in the making. */
typedef struct Bench
{
	HealTime now;
	int count;
	int changes;
	const char *name[HEAL_MAX_HEALTH];
	bool sighted[HEAL_MAX_HEALTH]; /* has a metric that is known */
	HealOpinion opinion[HEAL_MAX_HEALTH];
	HealHealth health[HEAL_MAX_HEALTH];
	HealHealthKept kept[HEAL_MAX_HEALTH];
	HealHealthChange change[2 * HEAL_MAX_HEALTH];
} Bench;

static HealthArea *area;

static Size area_size(void);
static void attach(void *address, bool found);
static void gather(Bench *bench);
static void judge(Bench *bench);
static void publish(const Bench *bench);
static void tell(const HealHealthChange *change);

const HealSegment heal_health_segment = {"selfheal health", area_size, attach};

void
heal_health_stage(void)
{
	Bench *bench;

	if (!heal_ledger_ready(NULL))
		return; /* nobody reads failures, so nobody can say that something is well */
	bench = palloc(sizeof(Bench)); /* large, and mostly not needed */
	bench->now = GetCurrentTimestamp();
	bench->count = bench->changes = 0;
	gather(bench);
	judge(bench);
	publish(bench);
	for (int i = 0; i < bench->changes; i++)
		tell(&bench->change[i]);
	pfree(bench);
}

static Size
area_size(void)
{
	return sizeof(HealthArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(HealthArea));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_health");
}

/* How old what is seen may be. */
static HealTime
stale_after(void)
{
	return Max(STALE_BEATS * heal_engine_cadence(), STALE_AT_LEAST);
}

/* Gathering: who there is */

static int
place_of(const Bench *bench, const char *component)
{
	for (int i = 0; i < bench->count; i++)
		if (strcmp(bench->name[i], component) == 0)
			return i;
	return -1;
}

static void
name_components(Bench *bench)
{
	for (int i = 0; i < HEAL_COMPONENTS; i++)
		bench->name[bench->count++] = heal_components[i].name;
	for (int i = HEAL_BUILT_IN_METRICS; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i) &&
			place_of(bench, heal_metrics[i].component) < 0)
			bench->name[bench->count++] = heal_metrics[i].component;
	for (int i = 0; i < bench->count; i++)
		heal_opinion_begin(&bench->opinion[i]);
}

static void
opine(Bench *bench, const char *component, HealHealthState state,
	  HealTime since, const char *reason)
{
	int place = place_of(bench, component);

	if (place >= 0)
		heal_opinion_add(&bench->opinion[place], state, since, reason);
}

/* Gathering: what cannot be seen */

/* Which component a metric belongs to, as a place on the bench. */
static int
place_of_metric(const Bench *bench, int metric)
{
	static int8 place[HEAL_BUILT_IN_METRICS]; /* and one; 0 = not known yet */

	if (metric >= HEAL_BUILT_IN_METRICS)
		return place_of(bench, heal_metrics[metric].component);
	if (place[metric] == 0)
		place[metric] = 1 + place_of(bench, heal_metrics[metric].component);
	return place[metric] - 1;
}

static void
gather_sighted(Bench *bench, const double *row)
{
	bool known[HEAL_USER_METRICS];

	memset(bench->sighted, 0, sizeof(bench->sighted));
	for (int i = 0; i < HEAL_BUILT_IN_METRICS; i++)
		if (!isnan(row[i]))
			bench->sighted[place_of_metric(bench, i)] = true;
	/* most rows of samples have nothing of those, as they are run more rarely */
	heal_user_metrics_known(bench->now, known);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		int metric = HEAL_BUILT_IN_METRICS + i;
		int place = known[i] && heal_metric_exists(metric)
						? place_of_metric(bench, metric)
						: -1;

		if (place >= 0)
			bench->sighted[place] = true;
	}
}

static const char *
blind_by_samples(const Bench *bench, const char *component, bool sighted,
				 HealTime row_at)
{
	if (row_at == 0)
		return "no sample has been taken yet";
	if (bench->now - row_at > stale_after())
		return "the newest sample is too old to tell";
	if (sighted)
		return NULL;
	if (strcmp(component, "archiver") == 0 && !XLogArchivingActive())
		return NULL; /* there is none */
	return "none of its metrics can be read";
}

/* The end of the newest pass through any database; 0 = none yet. Looked for now and then, as it is a large table. */
static HealTime
newest_scan(HealTime now)
{
	static HealTime newest = 0;
	static HealTime looked_at = 0;
	HealScanCoverage *coverage;
	int count;

	if (newest != 0 && !heal_due(looked_at, SCAN_LOOK_EVERY, now))
		return newest;
	looked_at = now;
	coverage = heal_scan_coverage_copy(&count);
	for (int i = 0; i < count; i++)
		newest = Max(newest, coverage[i].passed_at);
	pfree(coverage);
	return newest;
}

static const char *
blind_by_scan(const Bench *bench)
{
	HealTime newest;

	if (RecoveryInProgress())
		return NULL; /* its primary maintains it */
	if (heal_scan_interval == 0)
		return "nobody scans: selfheal.scan_interval is 0";
	newest = newest_scan(bench->now);
	if (newest == 0)
		return "no database has been scanned yet";
	if (bench->now - newest >
		Max(SCAN_STALE_ROUNDS * heal_scan_interval * HEAL_SECOND,
			SCAN_STALE_AT_LEAST))
		return "the newest scan is too old to tell";
	return NULL;
}

/* For the server as a whole; log is a level above error. */
static bool
errors_are_logged(void)
{
	int level = heal_feed_status().log_level;

	return level != LOG && level <= ERROR;
}

static const char *
blind_by(const Bench *bench, int place, HealTime row_at)
{
	int sensors = place < HEAL_COMPONENTS ? heal_components[place].sensors
										  : HEAL_SENSOR_SAMPLES;
	const char *why = NULL;

	if (sensors & HEAL_SENSOR_SAMPLES)
		why = blind_by_samples(bench, bench->name[place], bench->sighted[place],
							   row_at);
	if (why == NULL && (sensors & HEAL_SENSOR_LOOK) &&
		heal_situation_current() == NULL)
		why = "the sessions of the server could not be looked at";
	if (why == NULL && (sensors & HEAL_SENSOR_GATE) && !heal_gate)
		why = "nobody looks at what passes: selfheal.gate is off";
	if (why == NULL && (sensors & HEAL_SENSOR_FEED) && !errors_are_logged())
		why = "errors are not logged, so nobody sees them: log_min_messages";
	if (why == NULL && (sensors & HEAL_SENSOR_SCAN))
		why = blind_by_scan(bench);
	return why;
}

/* False: what was seen before means nothing, as nobody takes samples. */
static bool
gather_sight(Bench *bench)
{
	const double *row;
	HealTime row_at = heal_sample_newest_own(&row);

	if (row_at != 0)
		gather_sighted(bench, row);
	for (int i = 0; i < bench->count; i++)
	{
		const char *why = blind_by(bench, i, row_at);

		if (why != NULL)
			heal_opinion_add(&bench->opinion[i], HEAL_HEALTH_UNKNOWN, 0, why);
	}
	return row_at != 0 && bench->now - row_at <= stale_after();
}

/* Gathering: what is seen */

static void
gather_failures(Bench *bench)
{
	HealFailure *failures = palloc(sizeof(HealFailure) * HEAL_MAX_FAILURES);
	int count = heal_ledger_copy_open_failures(failures);

	for (int i = 0; i < count; i++)
	{
		const HealFailure *failure = &failures[i];
		const HealFailureType *type = &heal_failures[failure->kind];
		bool proven = failure->status != HEAL_FAILURE_WATCHING;
		bool bad =
			type->urgency == HEAL_URGENT ||
			strcmp(heal_failure_severity(failure->peak_waiters, failure->kind),
				   "medium") != 0;
		char reason[HEAL_SENTENCE];

		if (!proven && bench->now - failure->seen_at < WATCHED_FOR)
			continue;
		snprintf(reason, sizeof(reason), "failure %lld, %s%s: %s",
				 (long long) failure->id, type->title,
				 proven ? "" : ", being watched", failure->evidence);
		opine(bench, type->component,
			  proven && bad ? HEAL_HEALTH_FAILED : HEAL_HEALTH_DEGRADED,
			  failure->since, reason);
	}
	pfree(failures);
}

static void
gather_anomalies(Bench *bench)
{
	HealAnomaly *anomalies = palloc(sizeof(HealAnomaly) * HEAL_METRICS);
	int count = heal_anomaly_copy_open(anomalies);

	for (int i = 0; i < count; i++)
	{
		const HealAnomaly *anomaly = &anomalies[i];
		char reason[HEAL_SENTENCE];

		if (anomaly->severity == HEAL_LOW)
			continue;
		heal_anomaly_describe(anomaly, reason, sizeof(reason));
		opine(bench, heal_metrics[anomaly->metric].component,
			  HEAL_HEALTH_DEGRADED, anomaly->opened_at, reason);
	}
	pfree(anomalies);
}

static void
gather_probe(Bench *bench)
{
	HealProbe probe = heal_probe_copy();
	HealProbeLimits limits = heal_probe_limits();

	for (int i = 0; i < HEAL_COMPONENTS; i++)
		if (heal_components[i].sensors & HEAL_SENSOR_PROBE)
			heal_probe_opine(&probe, heal_monotonic_us(), bench->now, &limits,
							 &bench->opinion[i]);
}

/* Of what there is none here nothing can be wrong, which is another thing than that all is well. */
static void
explain(Bench *bench, const char *component, bool absent, const char *why)
{
	int place = place_of(bench, component);

	if (absent && bench->opinion[place].state == HEAL_HEALTH_HEALTHY)
		strlcpy(bench->opinion[place].reason, why,
				sizeof(bench->opinion[place].reason));
}

static void
gather(Bench *bench)
{
	name_components(bench);
	gather_failures(bench);
	gather_probe(bench);
	if (gather_sight(bench))
		gather_anomalies(bench);
	explain(bench, "archiver", !XLogArchivingActive(),
			"no WAL is archived: archive_mode");
	explain(bench, "maintenance", RecoveryInProgress(),
			"nothing is maintained here: its primary does that");
}

/* What was told of it so far, or a new one. It is likely to have the place it had. */
static HealHealth
told_before(const char *component, int place)
{
	HealHealth health = {0};

	if (place < area->count &&
		strcmp(area->health[place].component, component) == 0)
		return area->health[place];
	for (int i = 0; i < area->count; i++)
		if (strcmp(area->health[i].component, component) == 0)
			return area->health[i];
	strlcpy(health.component, component, sizeof(health.component));
	return health;
}

/* A component whose last metric was removed is no more; that is told when it had something to tell. */
static void
bury(Bench *bench)
{
	for (int i = 0; i < area->count; i++)
	{
		HealHealthChange *change = &bench->change[bench->changes];
		const char *component = area->health[i].component;
		HealHealthState kept = heal_health_kept(bench->kept, component);

		if (place_of(bench, component) >= 0 || kept == HEAL_HEALTH_UNKNOWN)
			continue;
		memset(change, 0, sizeof(*change));
		change->at = change->since = bench->now;
		change->from = kept;
		change->to = HEAL_HEALTH_UNKNOWN;
		change->gone = 1;
		strlcpy(change->component, component, sizeof(change->component));
		strlcpy(change->reason, "its metrics were removed",
				sizeof(change->reason));
		bench->changes++;
	}
}

/* The engine alone changes what it reads here, so it needs no lock for that. */
static void
judge(Bench *bench)
{
	bool unseen =
		area->judged == 0 || heal_monotonic_us() - area->judged > stale_after();

	heal_ledger_copy_health(bench->kept);
	for (int i = 0; i < bench->count; i++)
	{
		HealHealth *health = &bench->health[i];

		*health = told_before(bench->name[i], i);
		if (unseen)
			heal_health_lose_sight(health);
		if (heal_health_judge(health, &bench->opinion[i],
							  heal_health_kept(bench->kept, bench->name[i]),
							  bench->now, &bench->change[bench->changes]))
			bench->changes++;
	}
	bury(bench);
}

static void
publish(const Bench *bench)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->judged_at = bench->now;
	area->judged = heal_monotonic_us();
	area->count = bench->count;
	memcpy(area->health, bench->health, sizeof(HealHealth) * bench->count);
	LWLockRelease(&area->lock);
}

static void
tell(const HealHealthChange *change)
{
	heal_ledger_write(HEAL_RECORD_HEALTH, change, false);
	ereport(heal_log_at(HEAL_LOG_DEBUG),
			errmsg("selfheal: %s is %s, was %s: %s", change->component,
				   heal_health_name(change->to), heal_health_name(change->from),
				   change->reason));
}

/* Reading */

/* NULL: somebody judges. */
static const char *
why_unseen(int64 judged)
{
	HealOrder passive = heal_ledger_passive();
	int64 age = heal_monotonic_us() - judged;

	if (!heal_enabled)
		return "nobody looks: selfheal.enabled is off";
	if (passive.at != 0)
		return "nobody looks: selfheal is passive";
	if (judged == 0)
		return "nobody has looked yet";
	if (age > stale_after())
		return psprintf("nobody has looked for %lld s",
						(long long) (age / HEAL_SECOND));
	return NULL;
}

int
heal_health_copy(HealHealth health[HEAL_MAX_HEALTH], HealTime *judged_at)
{
	const char *unseen;
	int64 judged;
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = area->count;
	memcpy(health, area->health, sizeof(HealHealth) * count);
	*judged_at = area->judged_at;
	judged = area->judged;
	LWLockRelease(&area->lock);
	unseen = why_unseen(judged);
	for (int i = count; i < HEAL_COMPONENTS; i++, count++)
	{
		memset(&health[i], 0, sizeof(HealHealth));
		strlcpy(health[i].component, heal_components[i].name,
				sizeof(health[i].component));
	}
	for (int i = 0; i < count; i++)
	{
		if (unseen == NULL && health[i].judged)
			continue;
		health[i].state = HEAL_HEALTH_UNKNOWN;
		health[i].since = unseen != NULL ? *judged_at : 0;
		if (unseen != NULL || health[i].reason[0] == '\0')
			strlcpy(health[i].reason, unseen ? unseen : "nobody has looked yet",
					sizeof(health[i].reason));
	}
	return count;
}
