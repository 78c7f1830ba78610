/*
 * component_policy_sql.c
 *		Policies of components and remedies in SQL: look, set, take back.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "decide/component_policy.h"
#include "decide/plan_pg.h"
#include "detect/component.h"
#include "history/ledger_pg.h"
#include "recover/argument_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_component_policies);
PG_FUNCTION_INFO_V1(selfheal_set_component_policy);
PG_FUNCTION_INFO_V1(selfheal_reset_component_policy);

/* Looking */

static void
number_or_null(HealRow *row, int number)
{
	if (number == HEAL_LEFT_OPEN)
		heal_row_null(row);
	else
		heal_row_int4(row, number);
}

static void
interval_or_null(HealRow *row, int seconds)
{
	if (seconds == HEAL_LEFT_OPEN)
		heal_row_null(row);
	else
		heal_row_interval(row, seconds * HEAL_SECOND);
}

/* policy may be NULL: then all is as the settings say. */
static void
emit(FunctionCallInfo fcinfo, const HealLedger *ledger, const char *component,
	 int remedy, const HealComponentPolicy *policy)
{
	HealPolicyInForce in_force = heal_plan_policy(ledger, component, remedy);
	HealAutonomy autonomy = in_force.restricted
								? Min(heal_autonomy, in_force.strictest)
								: heal_autonomy;
	HealRow row = {0};

	heal_row_text(&row, component);
	heal_row_text(&row,
				  remedy == HEAL_LEFT_OPEN ? NULL : heal_remedies[remedy].name);
	heal_row_text(&row, policy && policy->autonomy != HEAL_LEFT_OPEN
							? heal_autonomy_name(policy->autonomy)
							: NULL);
	number_or_null(&row, policy ? policy->max_retries : HEAL_LEFT_OPEN);
	interval_or_null(&row, policy ? policy->timeout : HEAL_LEFT_OPEN);
	heal_row_text(&row, heal_autonomy_name(autonomy));
	heal_row_int4(&row, in_force.max_retries);
	heal_row_interval(&row, in_force.timeout * HEAL_SECOND);
	heal_row_text(&row, policy ? policy->by : NULL);
	heal_row_time(&row, policy ? policy->at : 0);
	heal_row_text(&row, policy ? policy->reason : NULL);
	heal_row_emit(fcinfo, &row);
}

/* Every component, and every remedy that has a policy of its own. */
Datum
selfheal_read_component_policies(PG_FUNCTION_ARGS)
{
	HealLedger *ledger;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_COMPONENTS; i++)
		emit(fcinfo, ledger, heal_components[i].name, HEAL_LEFT_OPEN,
			 heal_component_policy_find(ledger->policy, heal_components[i].name,
										HEAL_LEFT_OPEN));
	for (int i = 0; i < HEAL_MAX_POLICIES; i++)
	{
		const HealComponentPolicy *policy = &ledger->policy[i];

		if (policy->in_force && policy->remedy != HEAL_LEFT_OPEN)
			emit(fcinfo, ledger, policy->component, policy->remedy, policy);
	}
	return (Datum) 0;
}

/* Giving orders */

static void
aim(FunctionCallInfo fcinfo, int component_argument, int remedy_argument,
	HealComponentPolicy *policy)
{
	policy->remedy = PG_ARGISNULL(remedy_argument)
						 ? HEAL_LEFT_OPEN
						 : heal_argument_remedy(fcinfo, remedy_argument);
	if (PG_ARGISNULL(component_argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the component must not be null"),
				errhint("There are: %s; or all, together with a remedy.",
						heal_argument_components()));
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(component_argument),
						   policy->component, sizeof(policy->component));
	if (strcmp(policy->component, "all") == 0)
	{
		if (policy->remedy == HEAL_LEFT_OPEN)
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a policy for all components needs a remedy"),
				errhint(
					"For all of them and every remedy change selfheal.autonomy, "
					"selfheal.max_retries or selfheal.recovery_timeout."));
	}
	else if (!heal_component_exists(policy->component))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no component \"%s\"", policy->component),
				errhint("There are: %s; or all, together with a remedy.",
						heal_argument_components()));
}

static int
autonomy_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	int autonomy = heal_autonomy_lookup(name);

	if (autonomy < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no autonomy \"%s\"", name),
				errhint("There are: off (which is observe), observe, approve, "
						"limited, full."));
	return autonomy;
}

static int
retries_argument(FunctionCallInfo fcinfo, int argument)
{
	int retries = PG_GETARG_INT32(argument);

	if (retries < 0 || retries > HEAL_MOST_RETRIES)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("max_retries must be between 0 and %d", HEAL_MOST_RETRIES));
	return retries;
}

static int
timeout_argument(FunctionCallInfo fcinfo, int argument)
{
	Interval *interval = PG_GETARG_INTERVAL_P(argument);
	double length = interval->time + (interval->day + interval->month * 30.0) *
										 (double) HEAL_DAY;

	if (!(length >= HEAL_SECOND &&
		  length <= HEAL_MOST_TIMEOUT * (double) HEAL_SECOND))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg(
				"a recovery's timeout must be between a second and an hour"));
	return (int) (length / HEAL_SECOND);
}

/* What is not mentioned stays as it is. */
static void
read_numbers(FunctionCallInfo fcinfo, HealComponentPolicy *policy)
{
	const HealComponentPolicy *now = heal_component_policy_find(
		heal_ledger_copy()->policy, policy->component, policy->remedy);

	if (PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(3))
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("a policy must say something"),
			errhint("Give autonomy, max_retries or timeout; "
					"selfheal.reset_component_policy() takes a policy back."));
	policy->autonomy = !PG_ARGISNULL(1) ? autonomy_argument(fcinfo, 1)
					   : now			? now->autonomy
										: HEAL_LEFT_OPEN;
	policy->max_retries = !PG_ARGISNULL(2) ? retries_argument(fcinfo, 2)
						  : now			   ? now->max_retries
										   : HEAL_LEFT_OPEN;
	policy->timeout = !PG_ARGISNULL(3) ? timeout_argument(fcinfo, 3)
					  : now			   ? now->timeout
									   : HEAL_LEFT_OPEN;
}

static void
give(HealRequest *request)
{
	HealComponentPolicy *policy = &request->policy;

	policy->at = GetCurrentTimestamp();
	strlcpy(policy->by, request->by, sizeof(policy->by));
	strlcpy(policy->reason, request->reason, sizeof(policy->reason));
	heal_request_add(request);
}

Datum
selfheal_set_component_policy(PG_FUNCTION_ARGS)
{
	HealRequest request;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_POLICY, fcinfo, 5);
	aim(fcinfo, 0, 4, &request.policy);
	read_numbers(fcinfo, &request.policy);
	request.policy.in_force = 1;
	give(&request);
	if (request.policy.autonomy > heal_autonomy)
		ereport(NOTICE,
				errmsg("selfheal.autonomy is stricter and stays in force"),
				errdetail("A policy can only take autonomy away."));
	PG_RETURN_TEXT_P(cstring_to_text(
		"the policy is in force when this transaction commits"));
}

Datum
selfheal_reset_component_policy(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealComponentPolicy *policy = &request.policy;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_POLICY, fcinfo, 2);
	aim(fcinfo, 0, 1, policy);
	if (heal_component_policy_find(heal_ledger_copy()->policy,
								   policy->component, policy->remedy) == NULL)
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("component \"%s\" has no such policy", policy->component),
			errhint("selfheal.component_policies shows those in force."));
	policy->autonomy = HEAL_LEFT_OPEN;
	policy->max_retries = HEAL_LEFT_OPEN;
	policy->timeout = HEAL_LEFT_OPEN;
	give(&request);
	PG_RETURN_TEXT_P(cstring_to_text(
		"the policy is taken back when this transaction commits"));
}
