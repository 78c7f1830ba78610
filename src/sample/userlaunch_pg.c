/*
 * userlaunch_pg.c
 *		The engine's side of users' metrics: who is started when, ended, and told about.
 *
 * One process at a time, whatever it does, so that users' metrics never take more than one slot of
 * a worker and one core.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "db/worker.h"
#include "history/event.h"
#include "loop/room.h"
#include "sample/usermetric_pg.h"
#include "sample/userworker_pg.h"
#include "settings.h"

#define WAS_ENDED "the process that ran it was ended"
#define READ_EVERY HEAL_MINUTE		   /* a standby's table changes unseen */
#define RETRY_AFTER (15 * HEAL_SECOND) /* a reading that failed */

static struct
{
	BackgroundWorkerHandle *handle; /* NULL = none of this engine's runs */
	bool runs;						/* else it reads */
	bool ended;						/* has been told to */
	TimestampTz at;
	int64 begun_before; /* runs */
	int64 reads_before;
	int64 failed_before;
	char database[NAMEDATALEN];
} launched;

static TimestampTz read_at = 0; /* last; 0 = not by this engine */
static bool read_failed = false;
/* What the log was told of each row. */
static struct
{
	TimestampTz added_at;
	bool failing;
} told[HEAL_USER_METRICS];

/* Once per change, not once per failure. */
static void
tell_one(const HealUserSlot *slot, bool failing)
{
	const char *name = slot->definition.name;
	char message[HEAL_USER_ERROR + 100];

	if (!failing)
	{
		heal_event_log("metric_recovered", "info", name, "it is sampled again");
		ereport(heal_log_at(HEAL_LOG_INFO),
				errmsg("selfheal: metric \"%s\" is sampled again", name));
		return;
	}
	snprintf(message, sizeof(message), "not sampled: %s", slot->runs.error);
	heal_event_log("metric_failing", "warning", name, message);
	ereport(
		heal_log_at(HEAL_LOG_WARN),
		errmsg("selfheal: metric \"%s\" could not be sampled: %s", name,
			   slot->runs.error),
		errdetail(
			"It is tried again more and more rarely, once an hour at least; "
			"selfheal.user_metrics says when."));
}

static void
tell(void)
{
	HealUserSlot *slots = palloc(sizeof(HealUserSlot) * HEAL_USER_METRICS);

	heal_user_metrics_copy(slots);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		const HealUserSlot *slot = &slots[i];
		bool failing =
			slot->runs.failures_in_a_row > 0 && slot->runs.error[0] != '\0';

		if (slot->state != HEAL_USER_BOUND || slot->runs.running)
			continue;
		if (told[i].added_at != slot->definition.added_at)
			told[i].failing = false;
		told[i].added_at = slot->definition.added_at;
		if (failing != told[i].failing)
			tell_one(slot, failing);
		told[i].failing = failing;
	}
	pfree(slots);
}

static void
settle_run(void)
{
	char error[HEAL_USER_ERROR];

	snprintf(error, sizeof(error),
			 "it was ended, as it did not end within %d s",
			 (int) (HEAL_USER_STAY_LIMIT / HEAL_SECOND));
	heal_user_runs_ended(launched.ended ? error : WAS_ENDED, DT_NOEND);
	/* should the database be the trouble, not each heartbeat is to try it */
	if (heal_user_reading().begun == launched.begun_before)
		heal_user_runs_refused(
			launched.database,
			"no process could be started in its database; see the server log",
			false);
}

static void
settle_reading(void)
{
	HealUserReading reading = heal_user_reading();

	read_failed = reading.reads == launched.reads_before ||
				  reading.failed > launched.failed_before;
}

static bool
is_running(TimestampTz now)
{
	if (launched.handle == NULL)
	{
		/* one of an engine before this one would be gone by then */
		heal_user_runs_ended(WAS_ENDED, now - 2 * HEAL_USER_STAY_LIMIT);
		return false;
	}
	if (heal_worker_runs(launched.handle))
	{
		if (!launched.ended &&
			(now - launched.at >= HEAL_USER_STAY_LIMIT || now < launched.at))
		{
			TerminateBackgroundWorker(launched.handle);
			launched.ended = true;
		}
		return true;
	}
	if (launched.runs)
		settle_run();
	else
		settle_reading();
	heal_worker_let_go(&launched.handle);
	return false;
}

static void
launch(bool runs, Oid database, const char *name, TimestampTz now)
{
	const HealWorker worker = {
		.type = "selfheal metrics",
		.function = runs ? "heal_user_runner_main" : "heal_user_reader_main",
		.start = BgWorkerStart_ConsistentState,
		.connects = true,
		.argument = ObjectIdGetDatum(database),
		.extra = name,
	};
	HealUserReading reading = heal_user_reading();

	launched.runs = runs;
	launched.ended = false;
	launched.at = now;
	launched.begun_before = reading.begun;
	launched.reads_before = reading.reads;
	launched.failed_before = reading.failed;
	strlcpy(launched.database, name, sizeof(launched.database));
	/* no slot is no trouble: it can wait */
	(void) heal_worker_launch(&worker, &launched.handle);
}

static bool
reading_is_due(TimestampTz now)
{
	bool is_new = heal_user_reading().changes != heal_user_changes();
	TimestampTz next =
		read_at +
		(read_failed ? RETRY_AFTER : (is_new || read_at == 0 ? 0 : READ_EVERY));

	return now >= next || next - now > READ_EVERY;
}

/* The database of the metric that is due first; "" = none is. */
static void
find_due(NameData *database, TimestampTz now)
{
	HealUserSlot *slots = palloc(sizeof(HealUserSlot) * HEAL_USER_METRICS);
	int due;

	heal_user_metrics_copy(slots);
	due = heal_user_due(slots, NULL, now);
	strlcpy(NameStr(*database), due >= 0 ? slots[due].definition.database : "",
			NAMEDATALEN);
	pfree(slots);
}

static void
run_in(const char *name, TimestampTz now)
{
	Oid database = heal_directory_database_oid(name);

	if (OidIsValid(database))
		launch(true, database, name, now);
	else
		heal_user_runs_refused(name, "its database does not exist", true);
}

static bool
there_are_any(void)
{
	for (int i = HEAL_BUILT_IN_METRICS; i < HEAL_METRICS; i++)
		if (heal_metric_exists(i))
			return true;
	return false;
}

static void
start_who_is_due(TimestampTz now)
{
	bool reads = reading_is_due(now);
	NameData database = {{0}};
	Oid home;

	if (!reads && there_are_any())
		find_due(&database, now);
	if ((!reads && NameStr(database)[0] == '\0') || !heal_room_for_worker() ||
		!heal_directory_refresh())
		return;
	home = heal_directory_database_oid(heal_database);
	if (!OidIsValid(home))
		return;
	if (!reads)
	{
		run_in(NameStr(database), now);
		return;
	}
	read_at = now;
	launch(false, home, heal_database, now);
}

void
heal_user_stage(void)
{
	TimestampTz now = GetCurrentTimestamp();

	heal_user_metrics_load();
	heal_user_metrics_apply(now);
	if (!is_running(now))
		start_who_is_due(now);
	if (there_are_any())
		tell();
}
