/*
 * probe_area_pg.c
 *		The probe in shared memory: the scribe says how it went, the engine and SQL look.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/clock.h"
#include "db/shmem.h"
#include "health/probe_area_pg.h"
#include "settings.h"

typedef struct ProbeArea
{
	int tranche;
	LWLock lock; /* the probe: shared to read, exclusive to change */
	HealProbe probe;
} ProbeArea;

static ProbeArea *area;

static Size
area_size(void)
{
	return sizeof(ProbeArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(ProbeArea));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_probe");
}

const HealSegment heal_probe_segment = {"selfheal probe", area_size, attach};

HealProbeLimits
heal_probe_limits(void)
{
	return (HealProbeLimits){
		.interval = heal_health_check_interval() * HEAL_MILLISECOND,
		.timeout = heal_health_check_timeout * HEAL_MILLISECOND,
	};
}

HealProbe
heal_probe_copy(void)
{
	HealProbe copy;

	LWLockAcquire(&area->lock, LW_SHARED);
	copy = area->probe;
	LWLockRelease(&area->lock);
	return copy;
}

bool
heal_probe_due(int64 within)
{
	HealProbe probe = heal_probe_copy();
	HealProbeLimits limits = heal_probe_limits();

	return heal_probe_is_due(&probe, heal_monotonic_us() + within, &limits);
}

void
heal_probe_note_begin(void)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_probe_begin(&area->probe, heal_monotonic_us());
	LWLockRelease(&area->lock);
}

/* In the log: when the first fails, and when one works again. */
static void
log_end(const HealProbe *before, const HealProbe *after,
		HealProbeTrouble trouble)
{
	if (after->failures == 1)
		ereport(heal_log_at(HEAL_LOG_WARN),
				errmsg("selfheal: the probe of database \"%s\" failed: %s",
					   heal_database, after->reason),
				errhint("%s", heal_probe_advice(trouble)));
	else if (before->failures > 0 && after->failures == 0 &&
			 after->result != HEAL_PROBE_IMPOSSIBLE)
		ereport(heal_log_at(HEAL_LOG_INFO),
				errmsg("selfheal: the probe of database \"%s\" works again",
					   heal_database));
}

void
heal_probe_note_end(HealProbeResult result, int64 took, const char *reason,
					HealProbeTrouble trouble)
{
	HealProbeLimits limits = heal_probe_limits();
	TimestampTz wall = GetCurrentTimestamp();
	HealProbe before;
	HealProbe after;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	before = area->probe;
	heal_probe_end(&area->probe, result, took, reason, heal_monotonic_us(),
				   wall, &limits);
	after = area->probe;
	LWLockRelease(&area->lock);
	/* one that came to its end, but too late */
	if (result != HEAL_PROBE_FAILED)
		trouble = HEAL_PROBE_TOO_LATE;
	log_end(&before, &after, trouble);
}

void
heal_probe_read(HealReading *reading)
{
	static int64 seen = 0;
	HealProbe probe = heal_probe_copy();

	/* once: the same value again would look as if the next were as slow */
	if (probe.count > seen &&
		(probe.result == HEAL_PROBE_WROTE || probe.result == HEAL_PROBE_READ))
		reading->value[HEAL_METRIC_PROBE_LATENCY] = probe.took / 1000.0;
	seen = probe.count;
}
