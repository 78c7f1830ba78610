/*
 * diagnose_sql.c
 *		Why does it not do what I expect? Every condition it needs, with what to do about it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "config/book_pg.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "gate/gate_pg.h"
#include "health/probe_area_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/state.h"
#include "recover/action_signal_pg.h"
#include "recover/request_pg.h"
#include "sample/keeper_pg.h"
#include "settings.h"
#include "version.h"

PG_FUNCTION_INFO_V1(selfheal_diagnose);
PG_FUNCTION_INFO_V1(selfheal_check_home);
PG_FUNCTION_INFO_V1(selfheal_library_version);

typedef struct Condition
{
	const char *name;
	bool (*check)(StringInfo detail); /* detail: a sentence either way */
	const char *hint;
} Condition;

static bool
preloaded(StringInfo detail)
{
	appendStringInfoString(detail,
						   heal_shmem_ready()
							   ? "the library was loaded at server start"
							   : "the library was not loaded at server start");
	return heal_shmem_ready();
}

static bool
running(StringInfo detail)
{
	const char *why;
	const char *hint;
	const char *state = heal_state(&why, &hint);

	appendStringInfo(detail, "state %s: %s", state, why);
	return strcmp(state, "on") == 0;
}

static bool
may_act(StringInfo detail)
{
	appendStringInfo(detail, "selfheal.autonomy is %s",
					 GetConfigOption("selfheal.autonomy", false, false));
	return heal_autonomy != HEAL_OBSERVE;
}

static bool
journal_writes(StringInfo detail)
{
	const char *problem;

	if (!heal_ledger_ready(&problem))
		appendStringInfoString(detail, problem);
	else if (heal_journal_write_failures() > 0)
		appendStringInfo(
			detail,
			"%llu writes to the journal failed since the server started",
			(unsigned long long) heal_journal_write_failures());
	else
	{
		appendStringInfoString(detail, "the journal is readable and writable");
		return true;
	}
	return false;
}

static bool
home_exists(StringInfo detail)
{
	bool exists = OidIsValid(get_database_oid(heal_database, true));

	appendStringInfo(detail, "the home database \"%s\" %s", heal_database,
					 exists ? "exists" : "does not exist");
	return exists;
}

static bool
here_is_home(StringInfo detail)
{
	char *here = get_database_name(MyDatabaseId);
	bool same = here != NULL && strcmp(here, heal_database) == 0;

	appendStringInfo(detail,
					 "this database is \"%s\", the home database \"%s\"",
					 here ? here : "?", heal_database);
	return same;
}

static bool
history_flows(StringInfo detail)
{
	HealEngineStatus engine = heal_engine_status();
	HealHome home = (HealHome) engine.home;

	appendStringInfo(detail, "writing history: %s", heal_home_name(home));
	if (engine.home_detail[0] != '\0')
		appendStringInfo(detail, " (%s)", heal_text_clean(engine.home_detail));
	return home == HEAL_HOME_OK || home == HEAL_HOME_STANDBY;
}

static bool
history_complete(StringInfo detail)
{
	uint64 lost = heal_journal_lost();

	if (lost > 0)
		appendStringInfo(
			detail,
			"records missing from the tables since the server started: %llu",
			(unsigned long long) lost);
	else
		appendStringInfoString(
			detail,
			"no record is missing from the tables since the server started");
	return lost == 0;
}

static bool
versions_agree(StringInfo detail)
{
	HealHome home = (HealHome) heal_engine_status().home;

	appendStringInfo(detail, "the library is version %s", HEAL_VERSION);
	if (home == HEAL_HOME_OTHER_VERSION)
		appendStringInfoString(detail,
							   ", the extension in the home database another");
	return home != HEAL_HOME_OTHER_VERSION;
}

static bool
acting_role_fits(StringInfo detail)
{
	Oid role = get_role_oid(HEAL_ACTING_ROLE, true);
	Oid signals = get_role_oid("pg_signal_backend", true);

	if (!OidIsValid(role))
		appendStringInfo(detail, "role \"%s\" does not exist",
						 HEAL_ACTING_ROLE);
	else if (superuser_arg(role))
		appendStringInfo(detail, "role \"%s\" is a superuser",
						 HEAL_ACTING_ROLE);
	else if (!has_privs_of_role(role, signals))
		appendStringInfo(detail,
						 "role \"%s\" has not the rights of pg_signal_backend",
						 HEAL_ACTING_ROLE);
	else
	{
		appendStringInfo(detail,
						 "role \"%s\" may signal sessions and is no superuser",
						 HEAL_ACTING_ROLE);
		return true;
	}
	return false;
}

static bool
worker_slots_free(StringInfo detail)
{
	bool is_short = heal_engine_status().worker_slots_short;

	appendStringInfo(detail, "the last worker %s (max_worker_processes is %d)",
					 is_short ? "could not be started" : "could be started",
					 max_worker_processes);
	return !is_short;
}

static bool
activity_tracked(StringInfo detail)
{
	const char *setting = GetConfigOption("track_activities", false, false);

	appendStringInfo(detail, "track_activities is %s", setting);
	return strcmp(setting, "on") == 0;
}

static bool
stages_run(StringInfo detail)
{
	HealEngineStatus engine = heal_engine_status();
	bool lately =
		engine.last_error_at != 0 &&
		GetCurrentTimestamp() - engine.last_error_at < 10 * HEAL_MINUTE;

	if (lately)
		appendStringInfo(detail, "the engine had an error at %s, %s",
						 timestamptz_to_str(engine.last_error_at),
						 heal_text_clean(engine.last_error));
	else
		appendStringInfoString(
			detail, "no stage of the engine failed in the last 10 minutes");
	return !lately;
}

static bool
breakers_closed(StringInfo detail)
{
	HealLedger *ledger = heal_ledger_copy();

	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
	{
		const HealBreaker *breaker = &ledger->breaker[i];

		if (breaker->failures < heal_breaker_failures)
			continue;
		appendStringInfo(
			detail,
			"the last %d recoveries by %s on %s failed, so it asks first",
			breaker->failures, heal_remedies[breaker->remedy].name,
			breaker->component);
		return false;
	}
	appendStringInfoString(detail, "no remedy failed too often");
	return true;
}

static bool
within_budget(StringInfo detail)
{
	HealEngineStatus engine = heal_engine_status();

	appendStringInfo(
		detail,
		"samples are taken every %lld ms, selfheal.sample_interval is %d ms",
		(long long) (heal_engine_cadence() / HEAL_MILLISECOND),
		heal_sample_interval);
	if (engine.over_budget)
		appendStringInfo(
			detail,
			", and even that exceeds selfheal.cpu_budget (%g of a core)",
			heal_cpu_budget);
	else if (engine.slowdown > 1)
		appendStringInfo(
			detail, ", as that would exceed selfheal.cpu_budget (%g of a core)",
			heal_cpu_budget);
	return engine.slowdown <= 1 && !engine.over_budget;
}

static bool
samples_kept(StringInfo detail)
{
	HealKeeperStatus keeper = heal_keeper_status();

	if (keeper.failing)
		appendStringInfo(detail, "samples in memory could not be saved: %s",
						 keeper.problem);
	else if (keeper.saved_at == 0)
		appendStringInfoString(detail, "samples in memory were not saved yet");
	else
		appendStringInfo(detail, "samples in memory were saved at %s",
						 timestamptz_to_str(keeper.saved_at));
	return !keeper.failing;
}

static bool
probe_works(StringInfo detail)
{
	HealProbe probe = heal_probe_copy();

	if (probe.result == HEAL_PROBE_FAILED ||
		probe.result == HEAL_PROBE_IMPOSSIBLE)
		appendStringInfo(detail, "at %s: %s",
						 timestamptz_to_str(probe.ended_at),
						 heal_text_clean(probe.reason));
	else if (probe.result == HEAL_PROBE_NONE)
		appendStringInfoString(detail, "no probe has ended yet");
	else
		appendStringInfo(detail, "the home database could be %s at %s",
						 probe.result == HEAL_PROBE_READ ? "read"
														 : "written and read",
						 timestamptz_to_str(probe.ended_at));
	return probe.result != HEAL_PROBE_FAILED &&
		   probe.result != HEAL_PROBE_IMPOSSIBLE;
}

static bool
settings_watched(StringInfo detail)
{
	int left_out = heal_config_left_out();

	if (left_out > 0)
		appendStringInfo(detail,
						 "there is no room to watch %d settings for changes",
						 left_out);
	else
		appendStringInfoString(detail, "changes of settings are seen");
	return left_out == 0;
}

static const Condition conditions[] = {
	{"preloaded", preloaded,
	 "Add selfheal to shared_preload_libraries and restart the server."},
	{"running", running, "selfheal.status says what to do."},
	{"may act", may_act, "Set selfheal.autonomy to approve, limited or full."},
	{"journal", journal_writes,
	 "See the server log and the disk that holds the data directory."},
	{"home database", home_exists,
	 "Create it, or set selfheal.database and restart the server."},
	{"this database", here_is_home,
	 "History is shown only in the home database: connect to that one."},
	{"history", history_flows,
	 "CREATE EXTENSION selfheal in the home database; if it is there, see the detail."},
	{"version", versions_agree,
	 "ALTER EXTENSION selfheal UPDATE, or restart the server after an upgrade of the package."},
	{"acting role", acting_role_fits,
	 "Drop and create the extension again, or GRANT pg_signal_backend TO selfheal_executor."},
	{"worker slots", worker_slots_free,
	 "Raise max_worker_processes by at least 3 and restart the server."},
	{"activity tracked", activity_tracked,
	 "Set track_activities = on: without it nobody can tell an idle session from an active one."},
	{"gate", heal_gate_is_on,
	 "Set selfheal.gate = on: without it there are no durations, errors and logins."},
	{"error feed", heal_gate_sees_errors,
	 "Set log_min_messages to error or lower there: what is not logged is not seen."},
	{"engine stages", stages_run, "See the server log; please report it."},
	{"cpu budget", within_budget,
	 "See selfheal.overhead_stages; raise selfheal.sample_interval or selfheal.cpu_budget."},
	{"samples kept", samples_kept,
	 "See the server log and the disk that holds the data directory."},
	{"probe", probe_works,
	 "If table selfheal.probe was dropped: CREATE TABLE selfheal.probe (single boolean PRIMARY KEY DEFAULT true CHECK (single), number bigint NOT NULL, "
	 "written_at timestamptz NOT NULL DEFAULT clock_timestamp()), then ALTER EXTENSION selfheal ADD TABLE "
	 "selfheal.probe. Else selfheal.health and the server log tell more."},
	{"settings watched", settings_watched,
	 "Reset what databases and roles need no more; what is left out changes unseen."},
	{"breakers", breakers_closed,
	 "Find out why, then SELECT selfheal.reset_breaker('the remedy', 'why')."},
	{"history complete", history_complete,
	 "Events of kind records_lost in selfheal.events say when and why; a recovery's newest steps may be among them."},
};

Datum
selfheal_diagnose(PG_FUNCTION_ARGS)
{
	HealRow row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < lengthof(conditions); i++)
	{
		StringInfoData detail;
		bool met;

		initStringInfo(&detail);
		met = conditions[i].check(&detail);
		heal_row_text(&row, conditions[i].name);
		heal_row_bool(&row, met);
		heal_row_text(&row, detail.data);
		heal_row_text(&row, met ? NULL : conditions[i].hint);
		heal_row_emit(fcinfo, &row);
		if (!heal_shmem_ready())
			break; /* the rest cannot be looked at */
	}
	return (Datum) 0;
}

/* Called by the install script. */
Datum
selfheal_check_home(PG_FUNCTION_ARGS)
{
	char *here = get_database_name(MyDatabaseId);
	HealRequest request = {.kind = HEAL_REQUEST_LOOK_HOME};

	heal_shmem_require();
	if (here == NULL || strcmp(here, heal_database) != 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("extension selfheal belongs in database \"%s\"",
				   heal_database),
			errdetail(
				"It heals the whole cluster from its home database, set by selfheal.database; this is \"%s\".",
				here ? here : "?"),
			errhint(
				"Connect to database \"%s\", or set selfheal.database to this one and restart the server.",
				heal_database));
	heal_request_add(&request);
	PG_RETURN_VOID();
}

Datum
selfheal_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(HEAL_VERSION));
}
