/*
 * launch_scan_pg.c
 *		The engine's side of scanning: which database, when, and what became of the scanner.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/clock.h"
#include "db/directory.h"
#include "db/worker.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/room.h"
#include "recover/stage.h"
#include "scan/scan_pg.h"
#include "scan/scanner_pg.h"
#include "settings.h"

#define REST 9 /* times as long as it ran: a tenth of the time at most */
#define LOOK_EVERY (5 * HEAL_SECOND) /* whether one is due */
#define DROP_TAKES \
	(2 * HEAL_SECOND) /* from ending those in a database to its end */

static struct
{
	BackgroundWorkerHandle *handle; /* NULL = none of this engine's runs */
	Oid database;
	NameData name;
	int64 reports_before;
	/* by the clock that nobody sets, as all below */
	int64 at;
	int64 ended_at; /* 0 = not yet */
} launched;

static int64 rest_until = 0;

static const char *
why_abandoned(void)
{
	if (heal_directory_database(launched.database) == NULL)
		return "the database was dropped during its scan";
	return "the scan was ended before its time, or could not begin; see the server log";
}

/* True when there is no more to wait for. */
static bool
settle(int64 now)
{
	HealScanState state = heal_scan_state();

	if (state.reports > launched.reports_before)
	{
		rest_until = now + REST * state.pass_us;
		return true;
	}
	/* whether that database is being dropped shows a moment later */
	if (!heal_directory_refresh() ||
		(heal_directory_database(launched.database) != NULL &&
		 now - launched.ended_at < DROP_TAKES))
		return false;
	heal_scan_abandoned(launched.database, NameStr(launched.name),
						why_abandoned());
	rest_until =
		now + Min(REST * (launched.ended_at - launched.at), HEAL_MINUTE);
	return true;
}

static bool
is_running(int64 now)
{
	if (launched.handle == NULL)
		return heal_scan_state().pid !=
			   0; /* launched by an engine before this one */
	if (launched.ended_at == 0 && heal_worker_runs(launched.handle))
		return true;
	if (launched.ended_at == 0)
		launched.ended_at = now;
	if (!settle(now))
		return true;
	heal_worker_let_go(&launched.handle);
	return false;
}

/* Healing comes first, and needs a worker. */
static bool
recovery_is_open(void)
{
	HealLedger *ledger;

	if (heal_ledger_quiet())
		return false;
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];

		if (recovery->id != 0 && recovery->stage != HEAL_PROPOSED &&
			!heal_stage_is_final((HealStage) recovery->stage))
			return true;
	}
	return false;
}

static bool
may_scan(void)
{
	/* a standby's statistics are its own and nearly empty: everything would look well, and unused */
	return heal_scan_interval > 0 && !RecoveryInProgress() &&
		   heal_engine_status().home == HEAL_HOME_OK && heal_scan_has_room() &&
		   !recovery_is_open() && heal_room_for_worker();
}

static void
launch(Oid database)
{
	const char *name = heal_directory_database(database);
	const HealWorker worker = {
		.type = "selfheal scanner",
		.function = "heal_scanner_main",
		.start = BgWorkerStart_RecoveryFinished,
		.connects = true,
		.argument = ObjectIdGetDatum(database),
		.extra = name,
	};

	launched.database = database;
	strlcpy(NameStr(launched.name), name, NAMEDATALEN);
	launched.at = heal_monotonic_us();
	launched.ended_at = 0;
	launched.reports_before = heal_scan_state().reports;
	/* no slot is no trouble: a scan can wait */
	(void) heal_worker_launch(&worker, &launched.handle);
}

void
heal_scan_stage(void)
{
	int64 now = heal_monotonic_us();
	Oid *database;
	int count;
	int next;

	if (is_running(now) || now < rest_until || !heal_ledger_ready(NULL) ||
		!may_scan() || !heal_directory_refresh())
		return;
	database = heal_directory_scannable(&count);
	next = heal_scan_next(database, count, GetCurrentTimestamp());
	if (next >= 0)
		launch(database[next]);
	else
		rest_until = now + Min(LOOK_EVERY, heal_scan_interval * HEAL_SECOND);
}
