/*
 * launch_scribe_pg.c
 *		The engine's side of the scribe: when there is something to write or to prove, and what became of it.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "db/clock.h"
#include "db/directory.h"
#include "db/worker.h"
#include "health/probe_area_pg.h"
#include "history/escalation_pg.h"
#include "history/flight_pg.h"
#include "history/ledger_pg.h"
#include "history/scribe_pg.h"
#include "history/series_pg.h"
#include "loop/engine.h"
#include "scan/scan_pg.h"
#include "settings.h"
#include "version.h"

#define PASS_EVERY (1 * HEAL_SECOND)   /* at most one pass in this time */
#define RETRY_AFTER (15 * HEAL_SECOND) /* a failed pass */
#define PROBE_EARLY \
	5 /* a scribe that runs anyway probes when a fifth of the interval is left */

static BackgroundWorkerHandle *scribe = NULL;
static int64 launched_at = 0; /* by the clock that nobody sets */
static int64 reports_before =
	0; /* of how home is, when the scribe was launched */
static uint64 mirrored_before = 0; /* likewise, of the journal */
static uint64 written_before = 0;
static HealHome last_told = HEAL_HOME_UNKNOWN;
static int launched_for = 0;
static int64 probes_before = 0;	   /* likewise */
static bool probe_missing = false; /* of the scribe that was here last */

/* Once per change, in the log, with what to do about it. */
static void
tell_home(HealHome home)
{
	if (home == last_told)
		return;
	last_told = home;
	if (home == HEAL_HOME_NO_DATABASE)
		ereport(
			heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: its home database \"%s\" does not exist",
				   heal_database),
			errdetail(
				"Watching and healing go on; history stays in the journal until it can be written."),
			errhint(
				"Create the database and the extension in it, or set selfheal.database and restart."));
	else if (home == HEAL_HOME_NO_EXTENSION)
		ereport(
			heal_log_at(HEAL_LOG_WARN),
			errmsg(
				"selfheal: the extension is not installed in its home database \"%s\"",
				heal_database),
			errdetail(
				"Without it there is nobody to approve anything and no acting role."),
			errhint(
				"Connect to database \"%s\" and run CREATE EXTENSION selfheal.",
				heal_database));
	else if (home == HEAL_HOME_OTHER_VERSION)
		ereport(
			heal_log_at(HEAL_LOG_WARN),
			errmsg(
				"selfheal: the library is version %s, the extension in database \"%s\" another",
				HEAL_VERSION, heal_database),
			errhint(
				"Run ALTER EXTENSION selfheal UPDATE in database \"%s\", or restart the server after an upgrade of the package.",
				heal_database));
}

static bool
is_running(void)
{
	if (scribe == NULL)
		return false;
	if (heal_worker_runs(scribe))
		return true;
	heal_worker_let_go(&scribe);
	if (heal_engine_status().home_reports == reports_before)
		heal_engine_set_home(
			HEAL_HOME_FAILING,
			"the scribe could not begin or was ended; see the server log");
	probe_missing = (launched_for & HEAL_SCRIBE_PROBES) &&
					heal_probe_copy().count == probes_before;
	return false;
}

/* What a pass is measured by later; before it can have begun. */
static void
note_pass(void)
{
	mirrored_before = heal_journal_mirrored();
	written_before = heal_journal_sequence();
	launched_at = heal_monotonic_us();
}

static void
launch(int what)
{
	const HealWorker worker = {
		.type = "selfheal scribe",
		.function = "heal_scribe_main",
		.start = BgWorkerStart_ConsistentState,
		.connects = true,
		.argument = Int32GetDatum(what),
	};
	bool started;

	launched_for = what;
	reports_before = heal_engine_status().home_reports;
	probes_before = heal_probe_copy().count;
	if (what & HEAL_SCRIBE_PASSES)
		note_pass();
	started = heal_worker_launch(&worker, &scribe);
	if (!started && (what & HEAL_SCRIBE_PASSES))
		mirrored_before =
			UINT64_MAX; /* that is not a pass that wrote nothing */
	heal_engine_set_worker_slots_short(!started);
}

/* A pass that had something to write and wrote nothing is not worth repeating every second. */
static bool
goes_well(HealHome home)
{
	uint64 mirrored = heal_journal_mirrored();

	return (home == HEAL_HOME_OK &&
			(mirrored != mirrored_before || mirrored >= written_before)) ||
		   home == HEAL_HOME_UNKNOWN || home == HEAL_HOME_STANDBY ||
		   launched_at == 0;
}

static bool
pass_is_due(HealHome home)
{
	int64 now = heal_monotonic_us();

	if (now - launched_at < (goes_well(home) ? PASS_EVERY : RETRY_AFTER))
		return false;
	return home != HEAL_HOME_OK ||
		   heal_journal_sequence() > heal_journal_mirrored() ||
		   heal_escalation_untold() || heal_series_is_due() ||
		   heal_flight_is_due() || heal_scan_waiting();
}

/* A scribe that did not come to its probe, although the database is there. */
static void
note_missing_probe(void)
{
	if (probe_missing)
		heal_probe_note_end(
			HEAL_PROBE_FAILED, 0,
			"the scribe could not connect to it, or was ended; see the server log",
			HEAL_PROBE_TROUBLE_OTHER);
	probe_missing = false;
}

static void
miss_database(bool standby)
{
	probe_missing = false;
	heal_engine_set_home(standby ? HEAL_HOME_STANDBY : HEAL_HOME_NO_DATABASE,
						 "");
	launched_at = 0; /* try at once when it comes */
	if (heal_probe_due(0))
		heal_probe_note_end(HEAL_PROBE_IMPOSSIBLE, 0,
							"no probe: the home database does not exist",
							HEAL_PROBE_TABLE);
}

/* How long before its time a scribe that runs anyway may probe; at once when what was missing may have come. */
static int64
early(void)
{
	int64 interval = heal_probe_limits().interval;

	return heal_probe_copy().result == HEAL_PROBE_IMPOSSIBLE
			   ? interval
			   : interval / PROBE_EARLY;
}

void
heal_record_stage(void)
{
	int what = 0;
	bool standby = RecoveryInProgress();
	HealHome home;

	if (!heal_ledger_ready(NULL) || is_running())
		return;
	home = heal_engine_status().home;
	tell_home(home);
	if (standby)
		heal_engine_set_home(HEAL_HOME_STANDBY, "");
	if (!heal_directory_refresh())
		return;
	if (!OidIsValid(heal_directory_database_oid(heal_database)))
	{
		miss_database(standby);
		return;
	}
	note_missing_probe();
	/* of a standby nothing is written, but whether it can be read is known */
	if (!standby && pass_is_due(home))
		what |= HEAL_SCRIBE_PASSES;
	if (heal_probe_due(what != 0 ? early() : 0))
		what |= HEAL_SCRIBE_PROBES;
	if (what != 0)
		launch(what);
}
