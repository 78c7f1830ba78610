/*
 * engine.c
 *		Life of the engine: one static worker, attached to no database.
 *
 * Attached to none it holds none: no DROP DATABASE waits for it, and it runs on a standby and through
 * a promotion. It leaves only by the server's shutdown; pg_terminate_backend() brings it back after
 * RESTART_SECONDS, because it leaves with a non-zero code. An engine that cannot stay up for a
 * minute three times in a row becomes passive: alive, counting, and doing nothing until
 * selfheal.start() is called.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/types.h"
#include "compat.h"
#include "config/book_pg.h"
#include "db/clock.h"
#include "db/shmem.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "loop/cycle.h"
#include "loop/engine.h"
#include "loop/overhead.h"
#include "loop/usage.h"
#include "recover/launch_pg.h"
#include "sample/cadence.h"
#include "sample/keeper_pg.h"
#include "settings.h"

#define RESTART_SECONDS 1
#define LOOK_EVERY HEAL_SECOND /* at least, while samples are rarer */

typedef struct EngineShared
{
	LWLock lock; /* protects all below */
	int tranche;
	Latch *
		latch; /* of the engine's process, in shared memory; NULL = not running */
	HealEngineStatus status;
} EngineShared;

static EngineShared *shared = NULL;
static HealCadence cadence; /* the engine's own */

static Size
engine_size(void)
{
	return sizeof(EngineShared);
}

static void
engine_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_engine");
}

const HealSegment heal_engine_segment = {"selfheal engine", engine_size,
										 engine_attach};

void
heal_engine_register(void)
{
	BackgroundWorker worker = {
		.bgw_flags =
			BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_ConsistentState,
		.bgw_restart_time = RESTART_SECONDS,
	};

	strlcpy(worker.bgw_library_name, "selfheal",
			sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "heal_engine_main",
			sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "selfheal engine", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "selfheal engine", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* What others see and may do */

void
heal_engine_wake(void)
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	if (shared->latch != NULL)
		SetLatch(shared->latch);
	LWLockRelease(&shared->lock);
}

HealEngineStatus
heal_engine_status(void)
{
	HealEngineStatus status;

	LWLockAcquire(&shared->lock, LW_SHARED);
	status = shared->status;
	LWLockRelease(&shared->lock);
	return status;
}

HealTime
heal_engine_cadence(void)
{
	HealTime cadence_us;

	LWLockAcquire(&shared->lock, LW_SHARED);
	cadence_us = shared->status.cadence_us;
	LWLockRelease(&shared->lock);
	return cadence_us != 0 ? cadence_us
						   : heal_sample_interval * HEAL_MILLISECOND;
}

int64
heal_engine_clock_step(HealTime patience)
{
	HealEngineStatus status = heal_engine_status();

	return heal_clockstep_lately(&status.clock, heal_monotonic_us(), patience);
}

void
heal_engine_set_home(HealHome home, const char *detail)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->status.home = home;
	shared->status.home_reports++;
	strlcpy(shared->status.home_detail, detail,
			sizeof(shared->status.home_detail));
	LWLockRelease(&shared->lock);
}

void
heal_engine_set_worker_slots_short(bool is_short)
{
	bool was_short;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	was_short = shared->status.worker_slots_short;
	shared->status.worker_slots_short = is_short;
	LWLockRelease(&shared->lock);
	if (is_short && !was_short)
		ereport(
			LOG,
			errmsg(
				"selfheal: no worker could be started, as all slots are taken"),
			errdetail(
				"What is to be done waits until one is free; max_worker_processes is %d.",
				max_worker_processes),
			errhint(
				"Raise max_worker_processes by at least 3 and restart the server."));
}

const char *
heal_home_name(HealHome home)
{
	static const char *const names[] = {
		"not tried yet", "ok",	   "standby", "no database", "no extension",
		"other version", "failing"};

	return (unsigned) home < lengthof(names) ? names[home] : "invalid";
}

/* Measuring ourselves */

static TimestampTz
interval_now(void)
{
	return heal_cadence_interval(heal_sample_interval * HEAL_MILLISECOND,
								 cadence.slowdown);
}

/* In events and in the log: whoever reads a graph must know why it got coarser. */
static void
tell_cadence(HealCadenceChange change)
{
	char message[256];

	snprintf(
		message, sizeof(message),
		"sampling every %lld ms instead of %d ms, %s selfheal.cpu_budget of %g of a core",
		(long long) (interval_now() / HEAL_MILLISECOND), heal_sample_interval,
		change == HEAL_CADENCE_LOWERED ? "as more often would exceed"
									   : "which now fits",
		heal_cpu_budget);
	if (cadence.slowdown == 1)
		snprintf(
			message, sizeof(message),
			"sampling every %d ms again, which now fits selfheal.cpu_budget of %g of a core",
			heal_sample_interval, heal_cpu_budget);
	heal_event_log(
		change == HEAL_CADENCE_LOWERED ? "cadence_lowered" : "cadence_raised",
		change == HEAL_CADENCE_LOWERED ? "warning" : "info", "engine", message);
	ereport(heal_log_at(HEAL_LOG_INFO), errmsg("selfheal: %s", message));
}

/* Returns what this process has used so far. */
static int64
account(bool sampled)
{
	static int64 before = 0;
	int64 used = heal_usage_cpu_us();
	HealCadenceChange change = HEAL_CADENCE_KEPT;

	/* what starting cost is not what watching costs */
	if (before != 0)
		change = heal_cadence_account(
			&cadence, heal_monotonic_us(), used - before, sampled,
			heal_sample_interval * HEAL_MILLISECOND, heal_cpu_budget);
	before = used;
	if (change != HEAL_CADENCE_KEPT)
		tell_cadence(change);
	return used;
}

/* In shared memory, so a jump counts also for the engine after this one. */
static void
watch_clock(void)
{
	TimestampTz wall = GetCurrentTimestamp();
	int64 now = heal_monotonic_us(); /* beside it: the lock may take a while */
	bool stepped;
	int64 jump;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	stepped = heal_clockstep_note(&shared->status.clock, wall, now);
	jump = shared->status.clock.jump;
	LWLockRelease(&shared->lock);
	if (stepped)
		ereport(
			LOG,
			errmsg("selfheal: the clock was stepped by %.1f s", jump / 1e6),
			errdetail(
				"Nothing is done unasked until ages can be trusted again."));
}

static void
publish(const HealCycleReport *report, int64 wall_us, int64 cpu_us)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 memory_bytes = heal_usage_memory();

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->status.heartbeat_at = now;
	shared->status.heartbeats++;
	shared->status.heartbeat_us = wall_us;
	shared->status.cpu_us = cpu_us;
	shared->status.memory_bytes = memory_bytes;
	shared->status.in_recovery = RecoveryInProgress();
	shared->status.slowdown = cadence.slowdown;
	shared->status.cadence_us = interval_now();
	shared->status.minute_share = cadence.share;
	shared->status.over_budget = cadence.overdrawn;
	if (report->errors > 0)
	{
		shared->status.errors += report->errors;
		shared->status.last_error_at = now;
		strlcpy(shared->status.last_error, report->last_error,
				sizeof(shared->status.last_error));
	}
	LWLockRelease(&shared->lock);
}

/* Start and end */

static void
leave(int code, Datum argument)
{
	heal_keep_at_exit();
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->latch = NULL;
	shared->status.pid = 0;
	LWLockRelease(&shared->lock);
}

static void
enter(void)
{
	HealClockStep clock;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	clock = shared->status.clock;
	memset(&shared->status, 0, sizeof(shared->status));
	shared->status.clock = clock;
	shared->status.pid = MyProcPid;
	shared->status.started_at = GetCurrentTimestamp();
	shared->latch = MyLatch;
	LWLockRelease(&shared->lock);
	before_shmem_exit(leave, (Datum) 0);
}

/*
 * Count this start, and become passive when it is one too many. A start after a clean shutdown was
 * somebody's wish and counts for nothing.
 */
static void
note_start(void)
{
	HealEngineStart start = {.at = GetCurrentTimestamp(),
							 .after_clean_shutdown =
								 heal_ledger_take_clean_start()};
	HealOrder order = {.at = start.at};
	HealLedger *ledger;

	heal_ledger_write(HEAL_RECORD_ENGINE_START, &start, true);
	ledger = heal_ledger_copy();
	if (ledger->quick_starts < HEAL_QUICK_START_LIMIT ||
		ledger->passive.at != 0)
		return;
	strlcpy(order.by, "selfheal", sizeof(order.by));
	snprintf(order.reason, sizeof(order.reason),
			 "the engine was restarted %d times within a minute each",
			 ledger->quick_starts);
	heal_ledger_write(HEAL_RECORD_PASSIVE, &order, true);
	heal_event_log("engine_passive", "critical", "engine", order.reason);
	ereport(
		WARNING, errmsg("selfheal is passive: %s", order.reason),
		errdetail("It neither watches nor acts until told to."),
		errhint(
			"Look for the reason in the server log, then call selfheal.start('why')."));
}

static bool
is_passive(void)
{
	HealOrder passive = heal_ledger_passive();

	return passive.at != 0;
}

static void
start_worker(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	pqsignal(SIGINT, SIG_IGN); /* there is no statement of ours to cancel */
	BackgroundWorkerUnblockSignals();
	enter();
	if (heal_ledger_ready(NULL))
		note_start(); /* before anything that might fail at every start */
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	heal_no_transaction_timeout();
	/* a standby begins no serializable transaction, and nothing here needs one */
	SetConfigOption("default_transaction_isolation", "read committed",
					PGC_USERSET, PGC_S_OVERRIDE);
	/* every figure is read once, so keeping it for a second look is work for nothing */
	SetConfigOption("stats_fetch_consistency", "none", PGC_USERSET,
					PGC_S_OVERRIDE);
	heal_ledger_never_wait();
	ereport(heal_log_at(HEAL_LOG_INFO), errmsg("selfheal engine started"),
			errdetail("Autonomy: %s.",
					  GetConfigOption("selfheal.autonomy", false, false)));
}

/* An order to end ends us; anything else that can come this way, such as a recovery conflict, does not. */
static void
check_interrupts(void)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
}

static void
reload_if_asked(void)
{
	double budget = heal_cpu_budget;
	int interval = heal_sample_interval;

	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	heal_config_reloaded();
	if (heal_cpu_budget == budget && heal_sample_interval == interval)
		return;
	/* what was found out holds no longer */
	if (cadence.slowdown > 1)
		ereport(
			heal_log_at(HEAL_LOG_INFO),
			errmsg(
				"selfheal: sampling every %d ms again, as the settings have changed",
				heal_sample_interval));
	heal_cadence_reset(&cadence, heal_monotonic_us());
}

/* Returns when something wants to be looked at before the next sample; DT_NOEND = nothing does. */
static TimestampTz
beat(bool full, MemoryContext context)
{
	HealCycleReport report = {0};
	int64 started = heal_monotonic_us();
	bool runs = heal_enabled && !is_passive();
	int64 used;

	watch_clock();
	if (runs)
		heal_cycle_run(full, context, &report);
	MemoryContextReset(context);
	used = account(full);
	publish(&report, heal_monotonic_us() - started, used);
	if (runs && full)
		heal_overhead_note(&report, heal_monotonic_us() - started);
	return runs && report.errors == 0 ? heal_cycle_next_due() : DT_NOEND;
}

/* One interval on; what was missed is missed, and a clock set back does not put the engine to sleep. */
static TimestampTz
next_after(TimestampTz sample, TimestampTz now)
{
	TimestampTz interval = interval_now();

	return Min(Max(sample, now - interval) + interval, now + interval);
}

/* Samples that would have been due between the one that was due and now. */
static void
count_missed(TimestampTz due, TimestampTz now)
{
	int64 missed = (now - due) / interval_now();

	if (missed <= 0)
		return;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->status.missed_samples += missed;
	LWLockRelease(&shared->lock);
}

/*
 * While samples are rarer than asked for, pile-ups are still looked for about as often, as long as
 * the budget has room for that.
 */
static TimestampTz
next_look(TimestampTz now)
{
	if (cadence.slowdown == 1 ||
		!heal_cadence_may_look(&cadence, heal_cpu_budget))
		return DT_NOEND;
	return now + Max(heal_sample_interval * HEAL_MILLISECOND, LOOK_EVERY);
}

void
heal_engine_main(Datum argument)
{
	TimestampTz next_sample;
	MemoryContext context;

	start_worker();
	context = AllocSetContextCreate(TopMemoryContext, "selfheal heartbeat",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	heal_recover_reconcile();
	heal_cadence_reset(&cadence, heal_monotonic_us());
	next_sample = GetCurrentTimestamp();
	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz due;
		bool full = now >= next_sample || next_sample - now > interval_now();

		ResetLatch(MyLatch);
		check_interrupts();
		reload_if_asked();
		due = beat(full, context);
		if (full)
		{
			count_missed(next_sample, now);
			next_sample = next_after(next_sample, now);
		}
		due = Min(Min(due, next_sample), next_look(now));
		(void) WaitLatch(
			MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
			Max(1, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due)),
			PG_WAIT_EXTENSION);
	}
}
