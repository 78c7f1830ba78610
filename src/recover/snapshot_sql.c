/*
 * snapshot_sql.c
 *		What the SQL of snapshots and rollbacks needs of C: rails, statements, orders, the record.
 *
 * Snapshots are made and compared in SQL (sql/parts/snapshot.sql), as what they are made of are catalogs
 * and what they are kept in are tables. These functions are called by those, which check their arguments;
 * nobody else may.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "history/ledger_pg.h"
#include "loop/state.h"
#include "recover/change_setting_pg.h"
#include "recover/look_setting_pg.h"
#include "recover/parameter.h"
#include "recover/request_pg.h"
#include "recover/rollback_queue_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_parameters);
PG_FUNCTION_INFO_V1(selfheal_read_rollbacks);
PG_FUNCTION_INFO_V1(selfheal_is_secret);
PG_FUNCTION_INFO_V1(selfheal_change_objection);
PG_FUNCTION_INFO_V1(selfheal_change_statement);
PG_FUNCTION_INFO_V1(selfheal_same_value);
PG_FUNCTION_INFO_V1(selfheal_audit);
PG_FUNCTION_INFO_V1(selfheal_order_rollback);

/* The allow-list */

static char *
places_of(const HealParameter *parameter)
{
	StringInfoData places;

	initStringInfo(&places);
	if (parameter->places & HEAL_AT_SERVER)
		appendStringInfoString(&places, "server, ");
	if (parameter->places & HEAL_AT_SESSION)
		appendStringInfoString(&places, "database, role, ");
	if (parameter->places & HEAL_AT_TABLE)
		appendStringInfoString(&places, "table, ");
	places.data[places.len - 2] = '\0';
	return places.data;
}

Datum
selfheal_read_parameters(PG_FUNCTION_ARGS)
{
	HealRow row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < heal_parameter_count; i++)
	{
		const HealParameter *parameter = &heal_parameters[i];

		heal_row_text(&row, parameter->name);
		heal_row_text(&row, places_of(parameter));
		if (parameter->choices == NULL)
		{
			heal_row_float8(&row, parameter->minimum);
			heal_row_float8(&row, parameter->maximum);
		}
		else
		{
			heal_row_null(&row);
			heal_row_null(&row);
		}
		heal_row_text(&row, parameter->choices);
		heal_row_text(&row, parameter->why);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/*
 * By its name, or because the server hides it from all but superusers. Of a setting that no library
 * here knows, nobody can say; so it counts as one.
 */
Datum
selfheal_is_secret(PG_FUNCTION_ARGS)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int flags = GetConfigOptionFlags(name, true);

	PG_RETURN_BOOL(heal_parameter_may_be_secret(name) ||
				   (flags & (GUC_SUPERUSER_ONLY | GUC_CUSTOM_PLACEHOLDER)) !=
					   0 ||
				   (strchr(name, '.') != NULL &&
					GetConfigOption(name, true, false) == NULL));
}

/* Changes */

static HealSettingOrder
change_argument(FunctionCallInfo fcinfo)
{
	HealSettingOrder change = {0};

	change.level = heal_level_lookup(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (change.level == HEAL_LEVELS)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no level \"%s\"",
					   text_to_cstring(PG_GETARG_TEXT_PP(0))));
	change.database = PG_GETARG_OID(1);
	change.object = PG_GETARG_OID(2);
	change.name =
		PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3));
	change.parameter = text_to_cstring(PG_GETARG_TEXT_PP(4));
	change.value =
		PG_ARGISNULL(5) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(5));
	change.secret = PG_GETARG_BOOL(6);
	return change;
}

Datum
selfheal_change_objection(PG_FUNCTION_ARGS)
{
	HealSettingOrder change = change_argument(fcinfo);
	const char *objection = heal_change_objection(&change);

	if (objection == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(objection));
}

Datum
selfheal_change_statement(PG_FUNCTION_ARGS)
{
	HealSettingOrder change = change_argument(fcinfo);
	char *statement = heal_change_statement(&change);

	if (statement == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(statement));
}

Datum
selfheal_same_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(heal_setting_same(text_to_cstring(PG_GETARG_TEXT_PP(0)),
									 text_to_cstring(PG_GETARG_TEXT_PP(1)),
									 text_to_cstring(PG_GETARG_TEXT_PP(2))));
}

/* Orders */

static void
require_ledger(void)
{
	const char *problem;

	heal_shmem_require();
	if (!heal_ledger_ready(&problem))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal cannot act"), errdetail("%s.", problem),
			errhint(
				"Repair that and restart the server; see selfheal.diagnose()."));
}

static HealRequest
new_request(HealRequestKind kind, const char *event, text *subject,
			text *message)
{
	HealRequest request = {.kind = kind};

	strlcpy(request.by, GetUserNameFromId(GetSessionUserId(), false),
			sizeof(request.by));
	strlcpy(request.event, event, sizeof(request.event));
	text_to_cstring_buffer(subject, request.subject, sizeof(request.subject));
	text_to_cstring_buffer(message, request.reason, sizeof(request.reason));
	return request;
}

Datum
selfheal_audit(PG_FUNCTION_ARGS)
{
	HealRequest request;

	require_ledger();
	request =
		new_request(HEAL_REQUEST_AUDIT, text_to_cstring(PG_GETARG_TEXT_PP(0)),
					PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2));
	heal_request_add(&request);
	PG_RETURN_VOID();
}

/* A human asks for it, so a late heartbeat or a paused component is no obstacle; an order not to act is. */
static void
require_permission(void)
{
	static const char *const forbidding[] = {"disabled", "passive", "stopped"};
	const char *why;
	const char *hint;
	const char *state = heal_state(&why, &hint);

	for (int i = 0; i < lengthof(forbidding); i++)
		if (strcmp(state, forbidding[i]) == 0)
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("selfheal is %s, so nothing is rolled back", state),
					errdetail("%s.", why), errhint("%s", hint));
	if (heal_ledger_paused(heal_ledger_copy(), "settings",
						   GetCurrentTimestamp()))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("selfheal is paused, so nothing is rolled back"),
				errhint("selfheal.pauses shows until when; "
						"selfheal.resume() ends it."));
	if (heal_autonomy == HEAL_OBSERVE)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal only observes, so nothing is rolled back"),
			errdetail("selfheal.autonomy is observe."),
			errhint(
				"With dry_run => true it shows the statements, which you can run yourself."));
	if (!heal_rollback_enabled)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("rollback is switched off"),
			errdetail("selfheal.rollback_enabled is off."),
			errhint(
				"With dry_run => true it shows the statements, which you can run yourself."));
}

Datum
selfheal_order_rollback(PG_FUNCTION_ARGS)
{
	HealRequest request;

	require_ledger();
	require_permission();
	request = new_request(HEAL_REQUEST_ROLLBACK, "rollback_ordered",
						  PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2));
	request.rollback = PG_GETARG_INT64(0);
	heal_request_add(&request);
	PG_RETURN_VOID();
}

static const char *
state_name(HealRollbackState state)
{
	return state == HEAL_ROLLBACK_RUNNING ? "running"
		   : state == HEAL_ROLLBACK_ENDED ? "ended"
										  : "waiting";
}

Datum
selfheal_read_rollbacks(PG_FUNCTION_ARGS)
{
	HealRollbackSlot slots[HEAL_MAX_ROLLBACKS];
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_rollback_slots(slots);
	for (int i = 0; i < HEAL_MAX_ROLLBACKS; i++)
	{
		if (slots[i].state == HEAL_ROLLBACK_FREE)
			continue;
		heal_row_oid(&row, slots[i].database);
		heal_row_int8(&row, slots[i].rollback);
		heal_row_text(&row, state_name((HealRollbackState) slots[i].state));
		heal_row_int8_or_null(&row, slots[i].pid);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}
