/*
 * recover_sql.c
 *		Recoveries and remedies in SQL: look, approve, reject, trigger.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "config/setting.h"
#include "db/directory.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "decide/plan_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "recover/action_pg.h"
#include "recover/argument_pg.h"
#include "recover/request_pg.h"
#include "recover/scale.h"
#include "recover/userremedy_pg.h"
#include "sample/situation_pg.h"
#include "sample/source_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_remedies);
PG_FUNCTION_INFO_V1(selfheal_read_recoveries);
PG_FUNCTION_INFO_V1(selfheal_read_proposals);
PG_FUNCTION_INFO_V1(selfheal_approve);
PG_FUNCTION_INFO_V1(selfheal_reject);
PG_FUNCTION_INFO_V1(selfheal_trigger);
PG_FUNCTION_INFO_V1(selfheal_reset_breaker);

/* Whether the failure's ladder has this remedy; those of users are its last rungs. */
static bool
treats(int remedy, int kind)
{
	if (heal_remedy_is_user(remedy))
		return (heal_user_remedies()[remedy - HEAL_FIRST_USER_REMEDY].treats &
				(UINT64CONST(1) << kind)) != 0;
	for (int rung = 0;
		 rung < HEAL_LADDER && heal_failures[kind].ladder[rung] != NULL; rung++)
		if (heal_remedy_lookup(heal_failures[kind].ladder[rung]) == remedy)
			return true;
	return false;
}

/* The failures with this remedy on their ladder; NULL = none. */
static const char *
treated_by(int remedy)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		if (treats(remedy, kind))
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
							 heal_failures[kind].name);
	return text.len > 0 ? text.data : NULL;
}

Datum
selfheal_read_remedies(PG_FUNCTION_ARGS)
{
	HealLedger *ledger = heal_ledger_ready(NULL) ? heal_ledger_copy() : NULL;
	HealRow row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < HEAL_REMEDY_ROWS; i++)
	{
		const HealRemedy *remedy = &heal_remedies[i];

		if (remedy->name == NULL || remedy->name[0] == '\0')
			continue;
		heal_row_text(&row, remedy->name);
		heal_row_text(&row, remedy->strategy);
		heal_row_text(&row, treated_by(i));
		heal_row_text(&row, remedy->does);
		heal_row_text(&row, heal_risk_name(remedy->risk));
		heal_row_bool(&row, remedy->reversible);
		heal_row_int4(&row, remedy->max_targets);
		heal_row_text(&row, remedy->acts_as);
		heal_row_text(&row, remedy->needs);
		heal_row_text(&row, remedy->locks);
		heal_row_text(&row, remedy->call);
		heal_row_text(&row, remedy->undo);
		heal_row_text(&row, remedy->expects);
		heal_row_bool(&row, remedy->on_standby);
		heal_row_bool(&row, remedy->under_manager);
		heal_row_int4(&row,
					  ledger ? heal_breaker_worst(ledger->breaker, i) : 0);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

Datum
selfheal_read_recoveries(PG_FUNCTION_ARGS)
{
	HealLedger *ledger;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	heal_user_remedies_load();
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (ledger->recovery[i].id != 0)
		{
			heal_recovery_row(&row, heal_journal_id(), &ledger->recovery[i]);
			heal_row_emit(fcinfo, &row);
		}
	return (Datum) 0;
}

/* What a human has said */

static void
load_waiting(HealRequest *request, FunctionCallInfo fcinfo)
{
	int64 id;

	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the recovery must not be null"),
				errhint("selfheal.proposals shows those that wait."));
	id = PG_GETARG_INT64(0);
	if (!heal_ledger_copy_recovery(id, &request->recovery))
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no open recovery %lld", (long long) id),
			errhint(
				"selfheal.proposals shows those that wait, selfheal.recoveries all."));
	heal_request_check_waiting(&request->recovery);
}

/* The rails with a human behind it: what they refuse now would only be refused later. */
static void
check_rails(const HealRecovery *recovery, const HealSituation *situation)
{
	HealLedger *ledger = heal_ledger_copy();
	HealGuardFacts facts = heal_plan_facts(ledger, recovery, situation, true);
	HealJudgement verdict;

	facts.in_flight = 0; /* it may wait its turn */
	verdict = heal_guard_judge(&facts);
	if (verdict.kind != HEAL_REFUSE)
		return;
	if (strcmp(verdict.rail, "protected_session") == 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("this must not be done"),
			errdetail("A session concerned %s.",
					  heal_protection_reason(facts.protection)),
			errhint(
				"Protected sessions are never signalled by selfheal, whoever asks."));
	ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("this cannot be done now"),
			errdetail("The rails say: %s.", verdict.reason),
			errhint("See selfheal.diagnose() for what is in the way."));
}

/* The verdict as if a human asked now; it may wait its turn. */
static HealJudgement
judge_for_human(const HealLedger *ledger, const HealRecovery *recovery,
				const HealSituation *situation)
{
	HealGuardFacts facts = heal_plan_facts(ledger, recovery, situation, true);

	facts.in_flight = 0;
	return heal_guard_judge(&facts);
}

Datum
selfheal_read_proposals(PG_FUNCTION_ARGS)
{
	HealSituation *situation = NULL;
	HealLedger *ledger;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];
		HealJudgement verdict;

		if (recovery->id == 0 || recovery->stage != HEAL_PROPOSED)
			continue;
		if (situation == NULL)
			situation = heal_situation_take();
		verdict = judge_for_human(ledger, recovery, situation);
		heal_row_int8(&row, recovery->id);
		heal_row_bool(&row, verdict.kind != HEAL_REFUSE);
		heal_row_text(&row,
					  verdict.kind == HEAL_REFUSE ? verdict.reason : NULL);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* What is approved is what was seen, or nothing. */
static void
check_plan(const HealRecovery *recovery, const char *seen)
{
	if (strlen(seen) != 16 || strspn(seen, "0123456789abcdef") != 16)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not the hash of a plan", seen),
				errhint("Give the column plan of selfheal.proposals."));
	if (strcmp(seen, heal_plan_text(recovery->plan_hash)) != 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("recovery %lld has another plan than the one given",
				   (long long) recovery->id),
			errdetail("Its plan is %s.", heal_plan_text(recovery->plan_hash)),
			errhint("Look at it in selfheal.proposals before you approve it."));
}

Datum
selfheal_approve(PG_FUNCTION_ARGS)
{
	HealRequest request;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_APPROVE, fcinfo, 1);
	load_waiting(&request, fcinfo);
	if (!PG_ARGISNULL(2))
		check_plan(&request.recovery, text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (heal_four_eyes &&
		strcmp(request.recovery.requested_by, request.by) == 0)
		ereport(
			ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg("recovery %lld must be approved by somebody else",
				   (long long) request.recovery.id),
			errdetail(
				"You asked for it yourself, and selfheal.four_eyes is on."));
	check_rails(&request.recovery, heal_situation_take());
	heal_request_add(&request);
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("recovery %lld is approved when this transaction commits: %s",
				 (long long) request.recovery.id,
				 heal_remedies[request.recovery.remedy].does)));
}

Datum
selfheal_reject(PG_FUNCTION_ARGS)
{
	HealRequest request;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_REJECT, fcinfo, 1);
	load_waiting(&request, fcinfo);
	heal_request_add(&request);
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("recovery %lld is rejected when this transaction commits",
				 (long long) request.recovery.id)));
}

/* trigger() */

/* The open failure about the same subject, so that verification asks its own condition. */
static void
link_failure(HealRecovery *recovery, const HealLedger *ledger)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		const HealFailure *failure = &ledger->failure[i];

		if (failure->id == 0 || failure->status == HEAL_FAILURE_CLOSED ||
			!treats(recovery->remedy, failure->kind) ||
			!heal_subject_same(&failure->subject, &recovery->subject))
			continue;
		recovery->failure = failure->id;
		recovery->kind = failure->kind;
		strlcpy(recovery->component, heal_failures[failure->kind].component,
				sizeof(recovery->component));
		return;
	}
}

static HealRecovery
draft_by_hand(int remedy, const HealRequest *request)
{
	TimestampTz now = GetCurrentTimestamp();
	HealRecovery recovery = {
		.kind = -1,
		.remedy = remedy,
		.stage = HEAL_PROPOSED,
		.origin = HEAL_BY_HUMAN,
		.max_attempts = 1 + heal_max_retries(),
		.proposed_at = now,
		.expires_at = now + heal_proposal_expiry * (TimestampTz) 1000000,
	};

	strlcpy(recovery.requested_by, request->by, sizeof(recovery.requested_by));
	snprintf(recovery.evidence, sizeof(recovery.evidence),
			 "asked for by %s: %s", request->by, request->reason);
	snprintf(recovery.message, sizeof(recovery.message), "triggered by %s: %s",
			 request->by, request->reason);
	return recovery;
}

/* The exact statement where there is one, else what the catalogue says. */
static const char *
undo_of(const HealRecovery *recovery)
{
	const HealAction *action = heal_action_of(recovery);

	return action->undo_statement != NULL
			   ? action->undo_statement(recovery)
			   : heal_remedies[recovery->remedy].undo;
}

/* With the bounds of what is raised. */
static void
describe_setting(StringInfo target, const HealRecovery *recovery)
{
	const HealScale *scale = heal_remedy_lends((HealRemedyId) recovery->remedy)
								 ? heal_scale_find(recovery->subject.name)
								 : NULL;
	const HealRole *role = heal_directory_role(recovery->subject.role);
	const char *database = heal_directory_database(recovery->subject.database);

	appendStringInfo(target, "setting %s", recovery->subject.name);
	if (role != NULL)
		appendStringInfo(target, " of role %s", NameStr(role->name));
	else if (recovery->subject.role == HEAL_ALL_ROLES)
		appendStringInfoString(target, " of all roles");
	if (database != NULL)
		appendStringInfo(target, " in database %s", database);
	if (scale != NULL)
		appendStringInfo(
			target,
			" (to at most %.0f times what it was before it was first raised; bounds: %s)",
			scale->most, scale->bound);
}

static void
emit_plan(FunctionCallInfo fcinfo, const HealRecovery *recovery,
		  const char *verdict)
{
	const HealRemedy *remedy = &heal_remedies[recovery->remedy];
	StringInfoData target;
	HealRow row = {0};

	initStringInfo(&target);
	for (int i = 0; i < recovery->targets; i++)
		appendStringInfo(&target, "%ssession %d", i ? ", " : "",
						 recovery->target[i].id.pid);
	if (recovery->targets == 1)
		appendStringInfo(&target, " (role %s, database %s, application %s)",
						 recovery->target_role, recovery->target_database,
						 recovery->target_application);
	if (recovery->subject.kind == HEAL_SUBJECT_RELATION)
		appendStringInfo(&target, "relation %u (schema %s, name %s)",
						 recovery->subject.relation, recovery->subject.schema,
						 recovery->subject.name);
	else if (heal_remedy_is_user(recovery->remedy))
		appendStringInfoString(&target, recovery->subject.name);
	else if (recovery->subject.kind == HEAL_SUBJECT_PROCESS)
		appendStringInfo(&target, "process %d (%s)",
						 recovery->subject.session.pid, recovery->subject.name);
	else if (recovery->subject.kind == HEAL_SUBJECT_SOURCE)
	{
		HealSource source = heal_subject_source(&recovery->subject);

		heal_source_name(&source);
		appendStringInfoString(&target, source.words);
	}
	else if (recovery->subject.kind == HEAL_SUBJECT_SLOT)
		appendStringInfo(&target, "replication slot %s",
						 recovery->subject.name);
	else if (recovery->subject.kind == HEAL_SUBJECT_SETTING)
		describe_setting(&target, recovery);
	heal_row_int8_or_null(&row, recovery->id);
	heal_row_text(&row, remedy->name);
	heal_row_text(&row, target.data);
	heal_row_text(&row, heal_action_of(recovery)->statement(recovery));
	heal_row_text(&row, remedy->locks);
	heal_row_text(&row, undo_of(recovery));
	heal_row_text(&row, remedy->expects);
	heal_row_text(&row, verdict);
	heal_row_emit(fcinfo, &row);
}

static const char *
rehearse(const HealRecovery *recovery, const HealSituation *situation,
		 const HealLedger *ledger)
{
	HealGuardFacts facts = heal_plan_facts(ledger, recovery, situation, true);
	HealJudgement verdict;

	facts.in_flight = 0; /* it may wait its turn */
	verdict = heal_guard_judge(&facts);
	return verdict.kind == HEAL_REFUSE
			   ? psprintf("would be refused: %s", verdict.reason)
		   : heal_four_eyes ? "would wait for somebody else's approval"
							: "would be done";
}

Datum
selfheal_trigger(PG_FUNCTION_ARGS)
{
	bool dry_run = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	char *target =
		PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	HealSituation *situation;
	HealLedger *ledger;
	HealRequest request;

	heal_argument_require_ledger();
	InitMaterializedSRF(fcinfo, 0);
	request = heal_argument_request(
		heal_four_eyes ? HEAL_REQUEST_CREATE : HEAL_REQUEST_CREATE_APPROVED,
		fcinfo, 2);
	situation = heal_situation_take();
	ledger = heal_ledger_copy();
	request.recovery = draft_by_hand(heal_argument_remedy(fcinfo, 0), &request);
	heal_action_of(&request.recovery)
		->aim(&request.recovery, target, situation);
	/* of a user's remedy the target says all: no name of a function's own is a failure's */
	if (request.recovery.failure == 0 &&
		!heal_remedy_is_user(request.recovery.remedy))
		link_failure(&request.recovery, ledger);
	request.recovery.plan_hash = heal_plan_hash(&request.recovery);
	if (dry_run)
	{
		emit_plan(fcinfo, &request.recovery,
				  rehearse(&request.recovery, situation, ledger));
		return (Datum) 0;
	}
	check_rails(&request.recovery, situation);
	if (!heal_ledger_has_room_for_recovery(ledger))
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("too many recoveries are open"),
				errhint("Approve or reject some of selfheal.proposals."));
	request.recovery.id = heal_recovery_reserve_id();
	heal_request_add(&request);
	emit_plan(fcinfo, &request.recovery,
			  heal_four_eyes ? "waits for somebody else's approval"
							 : "is begun when this transaction commits");
	return (Datum) 0;
}

Datum
selfheal_reset_breaker(PG_FUNCTION_ARGS)
{
	HealRequest request;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_RESET_BREAKER, fcinfo, 1);
	request.remedy = heal_argument_remedy(fcinfo, 0);
	heal_request_add(&request);
	PG_RETURN_VOID();
}
