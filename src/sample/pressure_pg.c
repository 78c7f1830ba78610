/*
 * pressure_pg.c
 *		Where a resource setting is too small for what is asked of the server.
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "postmaster/bgwriter.h"

#include "compat.h"
#include "sample/pressure_pg.h"
#include "sample/sampler_pg.h"

#define MEGABYTE (1024.0 * 1024.0)
#define REQUESTED_WITHIN (15 * HEAL_MINUTE)
#define BUSY_OVER HEAL_MINUTE
#define LATELY (10 * HEAL_SECOND)

static void
read_checkpoints(HealPressure *pressure, HealTime now)
{
	pressure->requests = heal_sample_pulses(
		HEAL_METRIC_CHECKPOINTS_REQUESTED, now - REQUESTED_WITHIN,
		pressure->requested, HEAL_REQUESTED_CHECKPOINTS);
	pressure->wal_rate = NAN;
	if (pressure->requests > 0)
		pressure->wal_rate = heal_sample_between(
			HEAL_METRIC_WAL_BYTES, pressure->requested[pressure->requests - 1],
			now);
	pressure->wal_rate_lately =
		heal_sample_between(HEAL_METRIC_WAL_BYTES, now - 2 * LATELY, now);
	pressure->checkpoint_timeout = CheckPointTimeout * HEAL_SECOND;
	pressure->max_wal_size = max_wal_size_mb;
	pressure->wal_share = 1 / (1 + CheckPointCompletionTarget);
	pressure->wal_free =
		heal_sample_newest_of(HEAL_METRIC_WAL_DISK_FREE) / MEGABYTE;
}

static void
read_autovacuum(HealPressure *pressure, HealTime now)
{
	double delay = autovacuum_vac_cost_delay >= 0 ? autovacuum_vac_cost_delay
												  : VacuumCostDelay;

	pressure->vacuum_busy = heal_sample_between(
		HEAL_METRIC_AUTOVACUUM_USED_SHARE, now - BUSY_OVER, now);
	pressure->vacuum_busy_lately = heal_sample_between(
		HEAL_METRIC_AUTOVACUUM_USED_SHARE, now - LATELY, now);
	pressure->vacuum_cost_limit = delay <= 0 ? 0
								  : autovacuum_vac_cost_limit > 0
									  ? autovacuum_vac_cost_limit
									  : VacuumCostLimit;
}

void
heal_pressure_read(HealSituation *situation)
{
	read_checkpoints(&situation->pressure, situation->taken_at);
	read_autovacuum(&situation->pressure, situation->taken_at);
}
