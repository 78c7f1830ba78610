/*
 * track_pg.c
 *		A failure's life: seen, confirmed, closed.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "decide/plan_pg.h"
#include "detect/track_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "settings.h"

static void
keep_failure(HealFailure *failure)
{
	heal_ledger_write(HEAL_RECORD_FAILURE, failure, false);
}

void
heal_failure_set_verdict(HealFailure *failure, const char *severity,
						 const char *verdict)
{
	char subject[HEAL_NAME_SIZE];

	if (strncmp(failure->verdict, verdict, sizeof(failure->verdict) - 1) == 0)
		return;
	strlcpy(failure->verdict, verdict, sizeof(failure->verdict));
	keep_failure(failure);
	snprintf(subject, sizeof(subject), "failure %lld", (long long) failure->id);
	heal_event_log("decision", severity, subject, verdict);
}

void
heal_failure_close(HealFailure *failure, const char *verdict)
{
	char subject[HEAL_NAME_SIZE];
	bool was_confirmed = failure->confirmed_at != 0;

	failure->status = HEAL_FAILURE_CLOSED;
	failure->closed_at = GetCurrentTimestamp();
	strlcpy(failure->verdict, verdict, sizeof(failure->verdict));
	keep_failure(failure);
	if (!was_confirmed)
		return;
	snprintf(subject, sizeof(subject), "failure %lld", (long long) failure->id);
	heal_event_log("failure_closed", "info", subject, verdict);
	ereport(heal_log_at(HEAL_LOG_INFO),
			errmsg("selfheal: failure %lld (%s) is over: %s",
				   (long long) failure->id, heal_failures[failure->kind].title,
				   verdict));
}

HealFailure *
heal_failure_see(HealLedger *ledger, const HealFinding *finding,
				 const HealSituation *situation)
{
	HealFailure failure = {
		.kind = finding->kind,
		.subject = finding->subject,
		.status = HEAL_FAILURE_WATCHING,
		.since = finding->since,
		.due = finding->due,
		.seen_at = situation->taken_at,
	};

	if (finding->culprit >= 0)
		heal_plan_name_session(&situation->session[finding->culprit],
							   failure.culprit_role, failure.culprit_database,
							   failure.culprit_application);
	else if (finding->subject.kind == HEAL_SUBJECT_SOURCE)
		heal_plan_name_source(&finding->subject, failure.culprit_role,
							  failure.culprit_database,
							  failure.culprit_application);
	else if (finding->subject.kind == HEAL_SUBJECT_SETTING &&
			 OidIsValid(finding->subject.role))
	{
		heal_plan_name_source(&finding->subject, failure.culprit_role,
							  failure.culprit_database,
							  failure.culprit_application);
		failure.culprit_application[0] = '\0'; /* it is the setting's name */
	}
	strlcpy(failure.evidence, finding->evidence, sizeof(failure.evidence));
	strlcpy(failure.verdict, "its patience runs", sizeof(failure.verdict));
	if (!heal_failure_create(&failure) ||
		!heal_ledger_apply(ledger, ledger->sequence, HEAL_RECORD_FAILURE,
						   &failure, sizeof(failure)))
		return NULL;
	return heal_ledger_failure(ledger, failure.id);
}

void
heal_failure_confirm(HealFailure *failure, TimestampTz now)
{
	char subject[HEAL_NAME_SIZE];

	failure->status = HEAL_FAILURE_CONFIRMED;
	failure->confirmed_at = now;
	keep_failure(failure);
	snprintf(subject, sizeof(subject), "failure %lld", (long long) failure->id);
	heal_event_log("failure_confirmed", "warning", subject, failure->evidence);
	ereport(heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: failure %lld: %s", (long long) failure->id,
				   heal_failures[failure->kind].title),
			errdetail("%s.", failure->evidence));
}

HealFailure *
heal_failure_known(HealLedger *ledger, const HealFinding *finding)
{
	HealFailure *failure =
		heal_ledger_open_failure(ledger, finding->kind, &finding->subject);

	if (failure == NULL ||
		failure->subject.transaction == finding->subject.transaction)
		return failure;
	heal_failure_close(failure, "the transaction that blocked has ended");
	return NULL;
}
