/*
 * overhead.c
 *		What heartbeats cost, stage by stage.
 *
 * Wall time of the newest full heartbeats: what they cost in processor time is known
 * only as a whole, as asking the kernel at every stage would cost more than some stages.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/overhead.h"
#include "sample/keeper_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

#define BEATS 600

PG_FUNCTION_INFO_V1(selfheal_read_overhead);
PG_FUNCTION_INFO_V1(selfheal_read_overhead_stages);

typedef struct OverheadShared
{
	LWLock lock; /* protects all below */
	int tranche;
	uint64 beats; /* ever; number n stands at n modulo BEATS */
	uint32 whole_us[BEATS];
	uint32 stage_us[HEAL_MAX_STAGES][BEATS];
} OverheadShared;

static OverheadShared *shared = NULL;

static Size
overhead_size(void)
{
	return sizeof(OverheadShared);
}

static void
overhead_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_overhead");
}

const HealSegment heal_overhead_segment = {"selfheal overhead", overhead_size,
										   overhead_attach};

void
heal_overhead_note(const HealCycleReport *report, int64 wall_us)
{
	int place;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	place = shared->beats % BEATS;
	shared->whole_us[place] = Min(wall_us, PG_UINT32_MAX);
	for (int stage = 0; stage < HEAL_MAX_STAGES; stage++)
		shared->stage_us[stage][place] = report->stage_us[stage];
	shared->beats++;
	LWLockRelease(&shared->lock);
}

static int
compare(const void *a, const void *b)
{
	uint32 left = *(const uint32 *) a;
	uint32 right = *(const uint32 *) b;

	return (left > right) - (left < right);
}

/* Of sorted values; that many per cent of them are no greater. */
static double
percentile(const uint32 *sorted, int count, int percent)
{
	return sorted[Max((count * percent + 99) / 100, 1) - 1];
}

static void
put_stage(FunctionCallInfo fcinfo, const char *name, uint32 *us, int count)
{
	HealRow row = {0};

	qsort(us, count, sizeof(*us), compare);
	heal_row_text(&row, name);
	heal_row_int4(&row, count);
	heal_row_float8(&row, percentile(us, count, 50));
	heal_row_float8(&row, percentile(us, count, 95));
	heal_row_float8(&row, us[count - 1]);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_overhead_stages(PG_FUNCTION_ARGS)
{
	OverheadShared *copy = palloc(sizeof(OverheadShared));
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(copy, shared, sizeof(*copy));
	LWLockRelease(&shared->lock);
	count = Min(copy->beats, BEATS);
	if (count == 0)
		return (Datum) 0;
	for (int stage = 0; stage < HEAL_MAX_STAGES; stage++)
		if (heal_cycle_stage_name(stage) != NULL)
			put_stage(fcinfo, heal_cycle_stage_name(stage),
					  copy->stage_us[stage], count);
	put_stage(fcinfo, "whole heartbeat", copy->whole_us, count);
	return (Datum) 0;
}

static void
put_sampling(HealRow *row, const HealEngineStatus *engine)
{
	heal_row_interval(row, heal_sample_interval * HEAL_MILLISECOND);
	heal_row_interval(row, heal_engine_cadence());
	heal_row_int4(row, Max(engine->slowdown, 1));
	heal_row_int8(row, heal_sample_rows_taken());
	heal_row_int8(row, engine->missed_samples);
	heal_row_int8(row, engine->heartbeats);
	heal_row_int8(row, engine->errors);
}

static void
put_cost(HealRow *row, const HealEngineStatus *engine)
{
	int64 lived = GetCurrentTimestamp() - engine->started_at;

	heal_row_float8(row, heal_cpu_budget);
	heal_row_float8(row, engine->minute_share);
	heal_row_float8(row, engine->pid == 0 || lived <= 0
							 ? get_float8_nan()
							 : (double) engine->cpu_us / lived);
	heal_row_bool(row, engine->over_budget);
	heal_row_int8_or_null(row, engine->memory_bytes);
	heal_row_int8(row, heal_shmem_bytes());
	heal_row_int8(row, heal_journal_sequence());
	heal_row_int8(row, heal_journal_write_failures());
}

static void
put_keeping(HealRow *row)
{
	HealKeeperStatus keeper = heal_keeper_status();

	heal_row_time(row, keeper.saved_at);
	heal_row_float8(row, keeper.saved_at != 0 ? keeper.save_us / 1000.0
											  : get_float8_nan());
	heal_row_int8_or_null(row, keeper.bytes);
	heal_row_int8(row, keeper.failures);
	heal_row_text(row, keeper.problem);
	heal_row_time(row, keeper.restored_from);
}

Datum
selfheal_read_overhead(PG_FUNCTION_ARGS)
{
	HealEngineStatus engine;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	engine = heal_engine_status();
	put_sampling(&row, &engine);
	put_cost(&row, &engine);
	put_keeping(&row);
	heal_row_emit(fcinfo, &row);
	return (Datum) 0;
}
