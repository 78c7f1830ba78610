/*
 * rollback_pg.c
 *		The worker that puts settings back as a snapshot has them.
 *
 * The function rollback() has written the steps down: what to put back, and what was there when it was
 * asked for. Each step looks once more right before it acts: what somebody has changed since then is
 * theirs and is left alone. What fails is tried again within the time limit; what is already as wanted is
 * done, so a step can be repeated. At the end everything put back is looked at in effect, and the steps
 * say how it went; selfheal.finish_rollback() makes the status of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include <signal.h>

#include "db/execute_pg.h"
#include "db/query.h"
#include "db/reload.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "recover/change_setting_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/rollback_pg.h"
#include "recover/rollback_queue_pg.h"
#include "recover/stage.h"
#include "recover/wait_pg.h"
#include "settings.h"
#include "version.h"

#define WAIT_MS 50
#define RETRY_AFTER_MS 200
#define RECORD_ATTEMPTS 5 /* somebody may hold a lock on the row */
#define STATEMENT_MAY_TAKE_MS 5000

typedef enum Outcome
{
	PLANNED,
	RESTORED,
	LEFT,
	FAILED,
	NOT_IN_EFFECT
} Outcome;

static const char *const outcome_names[] = {
	[PLANNED] = "planned", [RESTORED] = "restored",			  [LEFT] = "left",
	[FAILED] = "failed",   [NOT_IN_EFFECT] = "not in effect",
};

typedef struct Step
{
	int number;
	HealSettingOrder change;
	char *before; /* NULL = none of its own */
	Outcome outcome;
	char why[512];
} Step;

typedef struct Work
{
	int64 rollback;
	int64 snapshot;
	Step *step;
	int steps;
	int attempts;
	bool verified;
	char problem[256]; /* of the rollback as a whole; "" = none */
	char *ended;	   /* status and message, when they are written */
	TimestampTz deadline;
	MemoryContext context; /* of everything above */
} Work;

static void
start_worker(Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	SetConfigOption("synchronous_commit", "local", PGC_USERSET, PGC_S_OVERRIDE);
}

/* Something with the tables, restricted, in a transaction of its own; false when that failed, with the reason in why. */
static bool
with_tables(void (*act)(void *argument), void *argument, char *why, size_t size)
{
	HealExecution how = {.role = GetUserId(),
						 .statement_timeout_ms = STATEMENT_MAY_TAKE_MS};

	return heal_execute_call(act, argument, &how, why, size);
}

static int
ms_left(const Work *work)
{
	int64 left = (work->deadline - GetCurrentTimestamp()) / HEAL_MILLISECOND;

	return (int) Max(left, 0);
}

/* Reading the order */

/*
 * Only tables of the extension, of this version, owned by a superuser: what is in them is believed, and
 * a trigger of somebody else's would run with all rights.
 */
static void
check_home(void)
{
	char *version = heal_query_text(
		"SELECT e.extversion FROM pg_extension e "
		"JOIN pg_depend p ON p.refclassid = 'pg_extension'::regclass AND p.refobjid = e.oid AND p.deptype = 'e' "
		"JOIN pg_class c ON p.classid = 'pg_class'::regclass AND p.objid = c.oid "
		"JOIN pg_roles r ON r.oid = c.relowner "
		"WHERE e.extname = 'selfheal' AND c.relname = 'rollback' AND r.rolsuper",
		0, NULL, NULL);

	if (version == NULL || strcmp(version, HEAL_VERSION) != 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("the tables of snapshots are not those of version %s",
				   HEAL_VERSION),
			errhint(
				"Run ALTER EXTENSION selfheal UPDATE in the database concerned."));
}

static char *
column(int row, int number, MemoryContext context)
{
	char *value =
		SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number);

	return value ? MemoryContextStrdup(context, value) : NULL;
}

static Oid
oid_column(int row, int number)
{
	bool null;

	return DatumGetObjectId(SPI_getbinval(
		SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, &null));
}

static void
read_step(Work *work, int row)
{
	Step *step = &work->step[row];
	HealSettingOrder *change = &step->change;

	step->number = atoi(column(row, 1, work->context));
	change->level = heal_level_lookup(column(row, 2, work->context));
	change->database = oid_column(row, 3);
	change->object = oid_column(row, 4);
	change->name = column(row, 5, work->context);
	change->parameter = column(row, 6, work->context);
	step->before = column(row, 7, work->context);
	change->value = column(row, 8, work->context);
	step->outcome = change->level == HEAL_LEVELS ? LEFT : PLANNED;
}

static void
read_order(void *argument)
{
	Work *work = argument;
	Oid type = INT8OID;
	Datum value = Int64GetDatum(work->rollback);

	SPI_connect();
	check_home();
	heal_query(
		"UPDATE selfheal.rollback r SET started_at = clock_timestamp(), message = 'being carried out' WHERE r.id = $1",
		1, &type, &value);
	work->snapshot = heal_query_int8(
		"SELECT r.snapshot FROM selfheal.rollback r WHERE r.id = $1", 1, &type,
		&value, 0);
	work->steps = (int) heal_query(
		"SELECT t.step, t.level, t.database, t.object, t.name, t.parameter, t.before, t.wanted "
		"FROM selfheal.rollback_step t WHERE t.rollback = $1 AND t.outcome = 'planned' ORDER BY t.step",
		1, &type, &value);
	work->step =
		MemoryContextAllocZero(work->context, sizeof(Step) * (work->steps + 1));
	for (int i = 0; i < work->steps; i++)
		read_step(work, i);
	SPI_finish();
}

/* Looking */

typedef struct Look
{
	const HealSettingOrder *change;
	MemoryContext context;
	char *value; /* NULL = none of its own */
	const char
		*objection; /* to the act, or to its being in effect; NULL = none */
} Look;

static void
look(void *argument)
{
	Look *seen = argument;

	SPI_connect();
	seen->value = heal_setting_now(seen->change, seen->context);
	SPI_finish();
	seen->objection = heal_change_objection(seen->change);
	if (seen->objection != NULL)
		seen->objection = MemoryContextStrdup(seen->context, seen->objection);
}

static bool
same(const char *one, const char *other)
{
	return one == other ||
		   (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* Acting */

static void
settle(Step *step, Outcome outcome, const char *why)
{
	step->outcome = outcome;
	strlcpy(step->why, why, sizeof(step->why));
}

static void
carry_out(Work *work, Step *step)
{
	Look now = {.change = &step->change, .context = work->context};

	step->outcome = FAILED;
	if (!with_tables(look, &now, step->why, sizeof(step->why)))
		return;
	if (same(now.value, step->change.value))
		settle(step, RESTORED, "");
	else if (!same(now.value, step->before))
		settle(step, LEFT, "somebody has changed it since this was asked for");
	else if (now.objection != NULL)
		settle(step, LEFT, now.objection);
	else if (heal_change_apply(&step->change,
							   Min(STATEMENT_MAY_TAKE_MS, ms_left(work) + 1),
							   step->why, sizeof(step->why)))
		settle(step, RESTORED, "");
}

static bool
is_stopped(void)
{
	return heal_ledger_copy()->stop.at != 0;
}

/* Why the rest is not to be tried any more; NULL = go on. */
static const char *
reason_to_stop(const Work *work)
{
	if (is_stopped())
		return "selfheal was told to stop";
	if (ms_left(work) == 0)
		return "the time limit was reached (selfheal.rollback_timeout)";
	return NULL;
}

/* Once through what is not settled; true when something is left to try again. */
static bool
attempt(Work *work)
{
	bool again = false;
	bool server_changed = false;

	work->attempts++;
	for (int i = 0; i < work->steps; i++)
	{
		Step *step = &work->step[i];
		const char *stop;

		if (step->outcome != PLANNED && step->outcome != FAILED)
			continue;
		CHECK_FOR_INTERRUPTS();
		stop = reason_to_stop(work);
		if (stop != NULL)
		{
			strlcpy(work->problem, stop, sizeof(work->problem));
			if (step->outcome == PLANNED)
				settle(step, LEFT, "not begun");
			continue;
		}
		carry_out(work, step);
		again = again || step->outcome == FAILED;
		server_changed =
			server_changed || (step->outcome == RESTORED &&
							   step->change.level == HEAL_LEVEL_SERVER);
	}
	if (server_changed && !heal_reload_server())
		strlcpy(work->problem, HEAL_NOT_RELOADED, sizeof(work->problem));
	return again && work->problem[0] == '\0';
}

/* Verification */

static void
look_for_effect(void *argument)
{
	Look *seen = argument;
	const HealSettingOrder *change = seen->change;

	SPI_connect();
	if (!same(heal_setting_now(change, seen->context), change->value))
		seen->objection = "it is not as it was put back";
	else if (change->level == HEAL_LEVEL_SERVER)
		seen->objection = heal_setting_not_in_effect(change, seen->context);
	SPI_finish();
}

static void
verify_step(Work *work, Step *step)
{
	Look now = {.change = &step->change, .context = work->context};
	char why[256];

	if (!with_tables(look_for_effect, &now, why, sizeof(why)))
		settle(step, NOT_IN_EFFECT,
			   psprintf("whether it is cannot be seen: %s", why));
	else if (now.objection != NULL)
		settle(step, NOT_IN_EFFECT, now.objection);
}

static void
verify(Work *work)
{
	for (int i = 0; i < work->steps; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (work->step[i].outcome == RESTORED)
			verify_step(work, &work->step[i]);
	}
	work->verified = true;
}

/* The record */

static void
write_steps(const Work *work)
{
	Oid types[] = {INT8OID, INT4OID, TEXTOID, TEXTOID};

	for (int i = 0; i < work->steps; i++)
	{
		const Step *step = &work->step[i];
		Datum values[] = {Int64GetDatum(work->rollback),
						  Int32GetDatum(step->number),
						  CStringGetTextDatum(outcome_names[step->outcome]),
						  CStringGetTextDatum(step->why)};

		heal_query(
			"UPDATE selfheal.rollback_step t SET outcome = $3, message = nullif($4, '') "
			"WHERE t.rollback = $1 AND t.step = $2",
			4, types, values);
	}
}

static void
write_end(void *argument)
{
	Work *work = argument;
	Oid types[] = {INT8OID, INT4OID, BOOLOID, TEXTOID};
	Datum values[] = {
		Int64GetDatum(work->rollback), Int32GetDatum(work->attempts),
		BoolGetDatum(work->verified), CStringGetTextDatum(work->problem)};

	SPI_connect();
	write_steps(work);
	work->ended = MemoryContextStrdup(
		work->context,
		heal_query_text(
			"SELECT selfheal.finish_rollback($1, $2, $3, nullif($4, ''))", 4,
			types, values));
	SPI_finish();
}

/* In the tables, and whatever becomes of those, in the journal and the log. */
static void
tell(const Work *work, const char *ended)
{
	bool well = strncmp(ended, "success", 7) == 0;

	heal_event_log(
		"rollback_ended", well ? "info" : "warning",
		psprintf("snapshot %lld", (long long) work->snapshot),
		psprintf("rollback %lld: %s", (long long) work->rollback, ended));
	ereport(heal_log_at(well ? HEAL_LOG_INFO : HEAL_LOG_WARN),
			errmsg("selfheal: rollback %lld of snapshot %lld: %s",
				   (long long) work->rollback, (long long) work->snapshot,
				   ended));
}

static void
record(Work *work)
{
	char why[256];
	bool written = false;

	for (int i = 0; i < RECORD_ATTEMPTS && !written; i++)
		written = with_tables(write_end, work, why, sizeof(why));
	if (written)
		heal_rollback_end();
	tell(work,
		 written
			 ? work->ended
			 : psprintf("it was carried out, but could not be written down: %s",
						why));
}

/* As long as a test or a careful operator wants it. */
static void
hold(void)
{
	while (heal_hold_stage == HEAL_EXECUTING)
		heal_wait_ms(WAIT_MS);
}

void
heal_rollback_main(Datum argument)
{
	HealRollbackSlot order;
	Work work = {0};
	char why[256];

	if (!heal_rollback_claim(DatumGetInt32(argument), &order))
		proc_exit(0);
	start_worker(order.database);
	work.rollback = order.rollback;
	work.context = AllocSetContextCreate(TopMemoryContext, "selfheal rollback",
										 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work.context);
	pgstat_report_activity(STATE_RUNNING, "selfheal: rolling back");
	if (!with_tables(read_order, &work, why, sizeof(why)))
	{
		tell(&work, psprintf("nothing was done: %s", why));
		proc_exit(0);
	}
	hold();
	work.deadline = GetCurrentTimestamp() + heal_rollback_timeout * HEAL_SECOND;
	while (attempt(&work) && work.attempts < heal_rollback_max_attempts)
		heal_wait_ms(RETRY_AFTER_MS);
	if (heal_rollback_verify)
		verify(&work);
	record(&work);
	proc_exit(0);
}
