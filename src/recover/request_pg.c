/*
 * request_pg.c
 *		What a human asks for in SQL, carried out when the transaction commits.
 *
 * A function that acted at once would act for a transaction that is rolled back. Of two people who
 * approve the same recovery the one who commits first has approved it, and the other's commit fails.
 */
#include "postgres.h"

#include "access/xact.h"
#include "db/owner.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "detect/anomaly_pg.h"
#include "detect/reported_pg.h"
#include "history/event.h"
#include "history/journal_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "recover/request_pg.h"
#include "recover/rollback_queue_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/usermetric_pg.h"

static List *requests =
	NIL; /* of HealRequest, in the top transaction's memory */
static bool registered = false;

void
heal_request_check_waiting(const HealRecovery *recovery)
{
	if (recovery->stage != HEAL_PROPOSED)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("recovery %lld is not waiting for approval",
					   (long long) recovery->id),
				errdetail("It is in stage \"%s\": %s.",
						  heal_stage_name((HealStage) recovery->stage),
						  recovery->message),
				errhint("selfheal.proposals shows those that are."));
	if (GetCurrentTimestamp() >= recovery->expires_at)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("recovery %lld has expired", (long long) recovery->id),
			errdetail("It could be approved until %s.",
					  timestamptz_to_str(recovery->expires_at)),
			errhint(
				"If its failure still holds it is proposed again; see selfheal.proposals."));
}

void
heal_request_check_unacknowledged(const HealEscalation *escalation)
{
	if (escalation->acknowledged_at != 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("escalation %lld is already acknowledged",
					   (long long) escalation->id),
				errdetail("%s said at %s: %s.", escalation->acknowledged_by,
						  timestamptz_to_str(escalation->acknowledged_at),
						  escalation->acknowledgement));
}

static bool
is_decision(const HealRequest *request)
{
	return request->kind == HEAL_REQUEST_APPROVE ||
		   request->kind == HEAL_REQUEST_REJECT;
}

/* Somebody who stops it again means it, whatever was asked before. */
static void
check_start(const HealRequest *request)
{
	HealOrder stop = heal_ledger_copy()->stop;

	if (stop.at != 0 && stop.at != request->stopped_at)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal was stopped again after it was asked to start"),
			errdetail("%s said so: %s.", stop.by, stop.reason),
			errhint(
				"Call selfheal.start() once more if that is still wanted."));
}

/* Tried on a copy: another may have taken the last slot since it was asked for. */
static void
check_policy(const HealRequest *request)
{
	if (!heal_component_policy_store(heal_ledger_copy()->policy,
									 &request->policy))
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("there are too many component policies"),
				errdetail("At most %d can be in force.", HEAL_MAX_POLICIES),
				errhint("Take one of selfheal.component_policies back with "
						"selfheal.reset_component_policy()."));
}

/* As with policies. */
static void
check_sensitivity(const HealRequest *request)
{
	if (!heal_sensitivity_store(heal_ledger_copy()->sensitivity,
								&request->sensitivity))
		ereport(
			ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("there are too many sensitivities"),
			errdetail("At most %d can be in force.", HEAL_MAX_SENSITIVITIES),
			errhint("Take one of selfheal.sensitivity back with "
					"selfheal.reset_sensitivity()."));
}

/* Of two who acknowledge the same the one who commits first has done so. */
static void
check_acknowledgement(const HealRequest *request)
{
	const HealEscalation *now =
		heal_ledger_escalation(heal_ledger_copy(), request->escalation.id);

	if (now != NULL)
		heal_request_check_unacknowledged(now);
}

static void
reserve_rollback(const HealRequest *request)
{
	if (!heal_rollback_reserve(MyDatabaseId, request->rollback))
		ereport(
			ERROR, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			errmsg("too many rollbacks are in progress"),
			errdetail("There are %d, as many as there can be.",
					  HEAL_MAX_ROLLBACKS),
			errhint("Try again when one has ended; see selfheal.rollbacks."));
}

static void
check(const HealRequest *request)
{
	HealRecovery now;

	if (request->kind == HEAL_REQUEST_ROLLBACK)
		reserve_rollback(request);
	if (request->kind == HEAL_REQUEST_START)
		check_start(request);
	if (request->kind == HEAL_REQUEST_ACKNOWLEDGE)
		check_acknowledgement(request);
	if (request->kind == HEAL_REQUEST_POLICY && request->policy.in_force)
		check_policy(request);
	if (request->kind == HEAL_REQUEST_SENSITIVITY &&
		request->sensitivity.in_force)
		check_sensitivity(request);
	if (!is_decision(request))
		return;
	if (!heal_ledger_copy_recovery(request->recovery.id, &now))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("recovery %lld does not exist any more",
					   (long long) request->recovery.id));
	heal_request_check_waiting(&now);
}

/* From here on nothing may raise an error: the transaction is committed. */

static void
decide(HealRequest *request, HealStage to)
{
	HealRecovery *recovery = &request->recovery;

	strlcpy(recovery->decided_by, request->by, sizeof(recovery->decided_by));
	strlcpy(recovery->decision_reason, request->reason,
			sizeof(recovery->decision_reason));
	if (to == HEAL_APPROVED)
		recovery->approved_at = GetCurrentTimestamp();
	if (heal_recovery_store(recovery, to, "%s by %s: %s", heal_stage_name(to),
							request->by,
							request->reason) == HEAL_CHANGED_MEANWHILE)
		ereport(
			WARNING,
			errmsg(
				"selfheal: recovery %lld was not %s: it moved to stage \"%s\" at the same moment",
				(long long) recovery->id, heal_stage_name(to),
				heal_stage_name((HealStage) recovery->stage)));
}

static void
create(HealRequest *request)
{
	if (!heal_recovery_create(&request->recovery))
		ereport(
			WARNING,
			errmsg(
				"selfheal: recovery %lld could not be kept: too many are open or the journal cannot be written",
				(long long) request->recovery.id));
	else if (request->kind == HEAL_REQUEST_CREATE_APPROVED)
		decide(request, HEAL_APPROVED);
}

static void
start(const HealRequest *request)
{
	HealOrder none = {0};

	strlcpy(none.by, request->by, sizeof(none.by));
	strlcpy(none.reason, request->reason, sizeof(none.reason));
	heal_ledger_write(HEAL_RECORD_PASSIVE, &none, true);
	heal_ledger_write(HEAL_RECORD_STOP, &none, true);
}

static bool
concerns(const HealRequest *request, int metric)
{
	return heal_metric_exists(metric) &&
		   (request->metric < 0 || metric == request->metric) &&
		   (request->category == NULL ||
			strcmp(heal_metrics[metric].category, request->category) == 0);
}

/* The bars were heights above what is forgotten. */
static void
lower_bars(const HealRequest *request)
{
	HealLedger *ledger = heal_ledger_copy();

	for (int i = 0; i < HEAL_MAX_BARS; i++)
	{
		HealBarReset reset;
		int metric = heal_metric_lookup(ledger->bar[i].metric);

		if (ledger->bar[i].raised_at == 0 || metric < 0 ||
			!concerns(request, metric))
			continue;
		memcpy(reset.metric, ledger->bar[i].metric, sizeof(reset.metric));
		heal_ledger_write(HEAL_RECORD_BAR_RESET, &reset, false);
	}
	pfree(ledger);
}

static void
reset_baselines(const HealRequest *request)
{
	for (int i = 0; i < HEAL_METRICS; i++)
		if (concerns(request, i))
			heal_baseline_reset(i);
	lower_bars(request);
	heal_reported_reset(request->database, request->category,
						request->metric < 0 ? NULL : request->subject, true);
	heal_event_audit("baselines_reset", request->by,
					 request->metric >= 0 ? request->subject
					 : request->category  ? request->category
										  : "all metrics",
					 "what was learnt as normal is forgotten");
}

static void
acknowledge(const HealRequest *request)
{
	HealEscalation escalation = request->escalation;

	escalation.acknowledged_at = GetCurrentTimestamp();
	strlcpy(escalation.acknowledged_by, request->by,
			sizeof(escalation.acknowledged_by));
	strlcpy(escalation.acknowledgement, request->reason,
			sizeof(escalation.acknowledgement));
	heal_ledger_write(HEAL_RECORD_ESCALATION, &escalation, true);
}

/* Whatever was said about the remedy that had the row before is not about this one. */
static void
forget_remedy(const HealRequest *request)
{
	HealLedger *ledger = heal_ledger_copy();

	heal_ledger_write(HEAL_RECORD_BREAKER_RESET, &request->remedy, true);
	for (int i = 0; i < HEAL_MAX_POLICIES; i++)
	{
		HealComponentPolicy policy = ledger->policy[i];

		if (!policy.in_force || policy.remedy != request->remedy)
			continue;
		policy.in_force = 0;
		policy.at = GetCurrentTimestamp();
		strlcpy(policy.by, request->by, sizeof(policy.by));
		strlcpy(policy.reason, "the remedy was added or removed",
				sizeof(policy.reason));
		heal_ledger_write(HEAL_RECORD_POLICY, &policy, true);
	}
	pfree(ledger);
}

static void
change_remedy(const HealRequest *request)
{
	forget_remedy(request);
	heal_user_remedy_store(request->remedy - HEAL_FIRST_USER_REMEDY,
						   request->user_remedy);
	heal_user_metrics_changed();
	heal_event_audit(request->audit, request->by, request->subject,
					 request->reason);
}

static void
mark_false_positive(const HealRequest *request)
{
	HealFalsePositive mark = request->mark;

	mark.at = GetCurrentTimestamp();
	strlcpy(mark.by, request->by, sizeof(mark.by));
	strlcpy(mark.reason, request->reason, sizeof(mark.reason));
	if (mark.journal == (int64) heal_journal_id())
		heal_anomaly_mark(&mark);
	heal_ledger_write(HEAL_RECORD_FALSE_POSITIVE, &mark, true);
}

static void
carry_out(HealRequest *request)
{
	switch (request->kind)
	{
		case HEAL_REQUEST_APPROVE:
			decide(request, HEAL_APPROVED);
			break;
		case HEAL_REQUEST_REJECT:
			decide(request, HEAL_REJECTED);
			break;
		case HEAL_REQUEST_CREATE:
		case HEAL_REQUEST_CREATE_APPROVED:
			create(request);
			break;
		case HEAL_REQUEST_START:
			start(request);
			break;
		case HEAL_REQUEST_RESUME:
			heal_ledger_write(HEAL_RECORD_PAUSE, &request->pause, true);
			break;
		case HEAL_REQUEST_RESET_BREAKER:
			heal_ledger_write(HEAL_RECORD_BREAKER_RESET, &request->remedy,
							  true);
			heal_event_audit("breaker_reset", request->by,
							 heal_remedies[request->remedy].name,
							 request->reason);
			break;
		case HEAL_REQUEST_ACKNOWLEDGE:
			acknowledge(request);
			break;
		case HEAL_REQUEST_POLICY:
			heal_ledger_write(HEAL_RECORD_POLICY, &request->policy, true);
			break;
		case HEAL_REQUEST_ROLLBACK:
			heal_rollback_confirm();
			heal_event_audit(request->event, request->by, request->subject,
							 request->reason);
			break;
		case HEAL_REQUEST_AUDIT:
			heal_event_audit(request->event, request->by, request->subject,
							 request->reason);
			break;
		case HEAL_REQUEST_RESET_BASELINES:
			reset_baselines(request);
			break;
		case HEAL_REQUEST_FALSE_POSITIVE:
			mark_false_positive(request);
			break;
		case HEAL_REQUEST_SENSITIVITY:
			heal_ledger_write(HEAL_RECORD_SENSITIVITY, &request->sensitivity,
							  true);
			break;
		case HEAL_REQUEST_LOOK_HOME:
			heal_engine_set_home(HEAL_HOME_UNKNOWN, "");
			heal_user_metrics_changed();
			break;
		case HEAL_REQUEST_REMEDY:
			change_remedy(request);
			break;
		case HEAL_REQUEST_METRICS:
			heal_user_metrics_changed();
			if (request->audit != NULL)
				heal_event_audit(request->audit, request->by, request->subject,
								 request->reason);
			break;
	}
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	ListCell *cell;

	if (requests == NIL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			foreach(cell, requests)
				check(lfirst(cell));
			break;
		case XACT_EVENT_PRE_PREPARE:
			ereport(
				ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg(
					"a transaction that gives selfheal an order cannot be prepared"),
				errhint("Use COMMIT instead of PREPARE TRANSACTION."));
			break;
		case XACT_EVENT_COMMIT:
			foreach(cell, requests)
				carry_out(lfirst(cell));
			requests = NIL;
			/* what a human decided is on record before he is told so */
			if (!heal_journal_sync())
				ereport(
					WARNING,
					errmsg(
						"what you ordered is in force, but could not be written to the journal"),
					errdetail("A restart of the server would forget it."));
			heal_engine_wake();
			break;
		case XACT_EVENT_ABORT:
			heal_rollback_forget();
			requests = NIL; /* the memory goes with the transaction */
			break;
		default:
			break;
	}
}

static void
at_savepoint_end(SubXactEvent event, SubTransactionId mine,
				 SubTransactionId parent, void *argument)
{
	ListCell *cell;

	foreach(cell, requests)
	{
		HealRequest *request = lfirst(cell);

		if (request->subtransaction != mine)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			request->subtransaction = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
			requests = foreach_delete_current(requests, cell);
	}
}

static void
check_not_decided_here(const HealRequest *request)
{
	ListCell *cell;

	foreach(cell, requests)
	{
		const HealRequest *earlier = lfirst(cell);

		if (is_decision(request) && is_decision(earlier) &&
			earlier->recovery.id == request->recovery.id)
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg(
					"recovery %lld is already decided on in this transaction",
					(long long) request->recovery.id),
				errhint("Roll back to decide otherwise."));
	}
}

void
heal_request_add(const HealRequest *request)
{
	MemoryContext context;
	HealRequest *kept;

	heal_refuse_restricted();
	check_not_decided_here(request);
	context = MemoryContextSwitchTo(TopTransactionContext);
	kept = palloc(sizeof(HealRequest));
	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_savepoint_end, NULL);
		registered = true;
	}
	*kept = *request;
	kept->subtransaction = GetCurrentSubTransactionId();
	requests = lappend(requests, kept);
	MemoryContextSwitchTo(context);
}
