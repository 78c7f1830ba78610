/*
 * loop_sql.c
 *		Status and orders in SQL: stop, start, pause, resume.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "detect/component.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/state.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_engine);
PG_FUNCTION_INFO_V1(selfheal_stop);
PG_FUNCTION_INFO_V1(selfheal_start);
PG_FUNCTION_INFO_V1(selfheal_pause);
PG_FUNCTION_INFO_V1(selfheal_resume);
PG_FUNCTION_INFO_V1(selfheal_read_pauses);

static double
cpu_share(const HealEngineStatus *engine)
{
	int64 lived = GetCurrentTimestamp() - engine->started_at;

	return engine->pid == 0 || lived <= 0 ? get_float8_nan()
										  : (double) engine->cpu_us / lived;
}

Datum
selfheal_read_engine(PG_FUNCTION_ARGS)
{
	HealEngineStatus engine;
	const char *problem = NULL;
	const char *why;
	const char *hint;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	engine = heal_engine_status();
	heal_ledger_ready(&problem);
	heal_row_text(&row, heal_state(&why, &hint));
	heal_row_text(&row, why);
	heal_row_text(&row, hint);
	heal_row_int8_or_null(&row, engine.pid);
	heal_row_time(&row, engine.started_at);
	heal_row_time(&row, engine.heartbeat_at);
	heal_row_time(&row, heal_sample_newest_at());
	heal_row_int8(&row, engine.heartbeats);
	heal_row_float8(&row, engine.heartbeat_us / 1000.0);
	heal_row_float8(&row, cpu_share(&engine));
	heal_row_float8(&row, engine.cpu_us / 1000.0);
	heal_row_int8_or_null(&row, engine.memory_bytes);
	heal_row_int8(&row, engine.errors);
	heal_row_text(&row, engine.last_error);
	heal_row_time(&row, engine.last_error_at);
	heal_row_bool(&row, engine.in_recovery);
	heal_row_text(&row, heal_home_name((HealHome) engine.home));
	heal_row_text(&row, engine.home_detail);
	heal_row_bool(&row, engine.worker_slots_short);
	heal_row_text(&row, problem ? problem : "ok");
	heal_row_int8(&row, problem ? 0 : heal_journal_sequence());
	heal_row_int8(&row, problem ? 0 : heal_journal_mirrored());
	heal_row_int8(&row, problem ? 0 : heal_journal_lost());
	heal_row_int8(&row, problem ? 0 : heal_journal_write_failures());
	heal_row_int8(&row, problem ? 0 : heal_journal_id());
	heal_row_emit(fcinfo, &row);
	return (Datum) 0;
}

Datum
selfheal_read_pauses(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	HealLedger *ledger;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_PAUSES; i++)
	{
		const HealPause *pause = &ledger->pause[i];

		if (pause->until <= now)
			continue;
		heal_row_text(&row, pause->scope);
		heal_row_time(&row, pause->until);
		heal_row_text(&row, pause->order.by);
		heal_row_text(&row, pause->order.reason);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

static const char *
caller(void)
{
	return GetUserNameFromId(GetSessionUserId(), false);
}

static void
require_ledger(void)
{
	const char *problem;

	heal_shmem_require();
	if (!heal_ledger_ready(&problem))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal has no usable journal"), errdetail("%s.", problem),
			errhint(
				"It does nothing in this state. Repair that and restart the server."));
}

static void
reason_argument(FunctionCallInfo fcinfo, int argument, char *reason,
				size_t size)
{
	reason[0] = '\0';
	if (!PG_ARGISNULL(argument))
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(argument), reason, size);
	if (reason[0] == '\0')
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("a reason must be given"),
			errhint(
				"It is shown to whoever asks why, for example selfheal.status."));
}

static void
require_durable(bool durable)
{
	if (!durable)
		ereport(
			WARNING, errcode(ERRCODE_IO_ERROR),
			errmsg(
				"the order is in force, but could not be written to the journal"),
			errdetail("A restart of the server would forget it."),
			errhint(
				"Set selfheal.enabled = off as well until the disk is repaired."));
}

/*
 * At once and whatever becomes of the transaction: a stop that waits for a commit, or is rolled back
 * with something else, is no stop.
 */
Datum
selfheal_stop(PG_FUNCTION_ARGS)
{
	HealOrder order = {0};

	require_ledger();
	reason_argument(fcinfo, 0, order.reason, sizeof(order.reason));
	strlcpy(order.by, caller(), sizeof(order.by));
	order.at = GetCurrentTimestamp();
	require_durable(heal_ledger_write(HEAL_RECORD_STOP, &order, true));
	heal_engine_wake();
	ereport(LOG,
			errmsg("selfheal is stopped by %s: %s", order.by, order.reason));
	PG_RETURN_TEXT_P(cstring_to_text(
		"stopped: selfheal watches but does nothing until selfheal.start()"));
}

Datum
selfheal_start(PG_FUNCTION_ARGS)
{
	HealRequest request = {.kind = HEAL_REQUEST_START};
	HealLedger *ledger;

	require_ledger();
	reason_argument(fcinfo, 0, request.reason, sizeof(request.reason));
	strlcpy(request.by, caller(), sizeof(request.by));
	ledger = heal_ledger_copy();
	if (ledger->stop.at == 0 && ledger->passive.at == 0)
		PG_RETURN_TEXT_P(
			cstring_to_text("selfheal was neither stopped nor passive"));
	request.stopped_at = ledger->stop.at;
	heal_request_add(&request);
	PG_RETURN_TEXT_P(
		cstring_to_text("selfheal is started when this transaction commits"));
}

static void
scope_argument(FunctionCallInfo fcinfo, int argument, char *scope)
{
	if (PG_ARGISNULL(argument))
		strlcpy(scope, "all", HEAL_NAME_SIZE);
	else
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(argument), scope,
							   HEAL_NAME_SIZE);
	if (strcmp(scope, "all") == 0 || heal_component_exists(scope))
		return;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no component \"%s\" to pause", scope),
			errhint("There are: all, %s.", heal_argument_components()));
}

/* Microseconds; months and days as the calendar has them on average. */
static int64
interval_argument(FunctionCallInfo fcinfo, int argument)
{
	Interval *interval;
	double length;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the length of the pause must not be null"));
	interval = PG_GETARG_INTERVAL_P(argument);
	length = interval->time +
			 (interval->day + interval->month * 30.0) * (double) HEAL_DAY;
	if (length < HEAL_SECOND || length > 366.0 * HEAL_DAY)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a pause lasts between a second and a year"),
				errhint("To stop until told otherwise, use selfheal.stop()."));
	return (int64) length;
}

/* At once, as stop(). */
Datum
selfheal_pause(PG_FUNCTION_ARGS)
{
	HealPause pause = {0};

	require_ledger();
	scope_argument(fcinfo, 1, pause.scope);
	reason_argument(fcinfo, 2, pause.order.reason, sizeof(pause.order.reason));
	pause.order.at = GetCurrentTimestamp();
	pause.until = pause.order.at + interval_argument(fcinfo, 0);
	strlcpy(pause.order.by, caller(), sizeof(pause.order.by));
	require_durable(heal_ledger_write(HEAL_RECORD_PAUSE, &pause, true));
	heal_engine_wake();
	PG_RETURN_TIMESTAMPTZ(pause.until);
}

/* With exactly this scope. */
static bool
is_paused(const char *scope)
{
	TimestampTz now = GetCurrentTimestamp();
	HealLedger *ledger = heal_ledger_copy();

	for (int i = 0; i < HEAL_MAX_PAUSES; i++)
		if (ledger->pause[i].until > now &&
			strcmp(ledger->pause[i].scope, scope) == 0)
			return true;
	return false;
}

Datum
selfheal_resume(PG_FUNCTION_ARGS)
{
	HealRequest request = {.kind = HEAL_REQUEST_RESUME};

	require_ledger();
	scope_argument(fcinfo, 0, request.pause.scope);
	if (!is_paused(request.pause.scope))
	{
		ereport(NOTICE,
				errmsg("there is no pause of \"%s\"", request.pause.scope),
				errhint("selfheal.pauses shows those in force."));
		PG_RETURN_VOID();
	}
	strlcpy(request.pause.order.by, caller(), sizeof(request.pause.order.by));
	strlcpy(request.pause.order.reason, "resumed",
			sizeof(request.pause.order.reason));
	heal_request_add(&request);
	PG_RETURN_VOID();
}
