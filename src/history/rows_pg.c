/*
 * rows_pg.c
 *		What the ledger and the journal hold, as rows of the history tables.
 *
 * The order of columns is that of the tables in sql/parts/history.sql.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "history/rows_pg.h"
#include "recover/userremedy.h"

void
heal_failure_row(HealRow *row, uint64 journal, const HealFailure *failure)
{
	const HealFailureType *type = &heal_failures[failure->kind];

	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, failure->id);
	heal_row_text(row, type->name);
	heal_row_text(row, type->component);
	heal_row_text(row, type->category);
	heal_row_text(row,
				  heal_failure_severity(failure->peak_waiters, failure->kind));
	heal_row_text(
		row, heal_failure_status_name((HealFailureStatus) failure->status));
	heal_row_time(row, failure->since);
	heal_row_time(row, failure->seen_at);
	heal_row_time(row, failure->due);
	heal_row_time(row, failure->confirmed_at);
	heal_row_time(row, failure->closed_at);
	heal_row_int8_or_null(row, failure->subject.session.pid);
	heal_row_text(row, failure->culprit_role);
	heal_row_text(row, failure->culprit_database);
	heal_row_text(row, failure->culprit_application);
	heal_row_int4(row, failure->waiters);
	heal_row_int4(row, failure->peak_waiters);
	heal_row_text(row, failure->evidence);
	heal_row_text(row, failure->verdict);
}

char *
heal_plan_text(uint64 hash)
{
	return psprintf("%016llx", (unsigned long long) hash);
}

static const char *
target_list(const HealRecovery *recovery)
{
	static const char *const states[] = {"untouched", "intended", "signalled",
										 "left alone"};
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < recovery->targets; i++)
		appendStringInfo(
			&text, "%s%d (started %s): %s", i ? "; " : "",
			recovery->target[i].id.pid,
			timestamptz_to_str(recovery->target[i].id.backend_start),
			states[recovery->target[i].state & 3]);
	return text.data;
}

void
heal_recovery_row(HealRow *row, uint64 journal, const HealRecovery *recovery)
{
	char name[HEAL_NAME_SIZE];

	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, recovery->id);
	heal_row_int8_or_null(row, recovery->failure);
	heal_row_text(row, recovery->kind >= 0 ? heal_failures[recovery->kind].name
										   : NULL);
	heal_row_text(row, recovery->component);
	heal_row_text(row, heal_recovery_remedy_name(recovery, name));
	heal_row_text(row, heal_recovery_strategy(recovery));
	heal_row_text(row, heal_stage_name((HealStage) recovery->stage));
	heal_row_bool(row, recovery->autonomous);
	heal_row_int4(row, recovery->attempt);
	heal_row_int4(row, recovery->max_attempts);
	heal_row_time(row, recovery->failure_since);
	heal_row_time(row, recovery->failure_due);
	heal_row_time(row, recovery->proposed_at);
	heal_row_time(row, recovery->expires_at);
	heal_row_time(row, recovery->approved_at);
	heal_row_time(row, recovery->claimed_at);
	heal_row_time(row, recovery->acted_at);
	heal_row_time(row, recovery->finished_at);
	heal_row_int8_or_null(
		row, recovery->targets > 0 ? recovery->target[0].id.pid : 0);
	heal_row_text(row, recovery->target_role);
	heal_row_text(row, recovery->target_database);
	heal_row_text(row, recovery->target_application);
	heal_row_text(row, target_list(recovery));
	heal_row_int4(row, recovery->waiters_before);
	heal_row_int4(row, recovery->waiters_after);
	heal_row_text(row, recovery->requested_by);
	heal_row_text(row, recovery->decided_by);
	heal_row_text(row, recovery->decision_reason);
	heal_row_text(row, recovery->evidence);
	heal_row_text(row, recovery->rails);
	heal_row_text(row, recovery->message);
	heal_row_text(row, heal_plan_text(recovery->plan_hash));
	heal_change_columns(row, recovery);
}

void
heal_escalation_row(HealRow *row, uint64 journal,
					const HealEscalation *escalation)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, escalation->id);
	heal_row_int8_or_null(row, escalation->failure);
	heal_row_text(row, escalation->kind >= 0
						   ? heal_failures[escalation->kind].name
						   : NULL);
	heal_row_int8_or_null(row, escalation->recovery);
	heal_row_text(row, escalation->component);
	heal_row_time(row, escalation->raised_at);
	heal_row_text(row, escalation->why);
	heal_row_text(row, escalation->evidence);
	heal_row_time(row, escalation->acknowledged_at);
	heal_row_text(row, escalation->acknowledged_by);
	heal_row_text(row, escalation->acknowledgement);
}

void
heal_anomaly_row(HealRow *row, uint64 journal, const HealPastAnomaly *past)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, past->id);
	heal_row_text(row, past->metric);
	heal_row_text(row, past->component);
	heal_row_text(row, past->category);
	heal_row_text(row, heal_severity_name((HealSeverity) past->severity));
	heal_row_time(row, past->opened_at);
	heal_row_time(row, past->peak_at);
	heal_row_time(row, past->closed_at);
	heal_row_float8(row, past->value);
	heal_row_float8(row, past->peak_value);
	heal_row_float8(row, past->peak_z);
	heal_row_float8(row, past->location);
	heal_row_float8(row, past->spread);
	heal_row_text(row, past->method);
	heal_row_float8(row, past->confidence);
	heal_row_text(row, heal_anomaly_end_name((HealAnomalyEnd) past->end));
	heal_row_text(row, past->description);
	heal_row_text(row, past->view);
	heal_row_float8(row, past->expected);
	heal_row_float8(row, past->surprise);
}

/* The journal is that of the anomaly, not the one that the mark is recorded in. */
void
heal_false_positive_row(HealRow *row, const HealFalsePositive *mark)
{
	row->count = 0;
	heal_row_int8(row, mark->journal);
	heal_row_int8(row, mark->anomaly);
	heal_row_time(row, mark->at);
	heal_row_text(row, mark->metric);
	heal_row_float8(row, mark->height);
	heal_row_text(row, mark->by);
	heal_row_text(row, mark->reason);
}

void
heal_recovery_step_row(HealRow *row, uint64 journal, HealTime at,
					   const HealRecovery *recovery)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, recovery->id);
	heal_row_int4(row, recovery->steps);
	heal_row_time(row, at);
	heal_row_text(row, heal_stage_name((HealStage) recovery->stage));
	heal_row_int4(row, recovery->attempt);
	heal_row_text(row, recovery->message);
}

void
heal_health_change_row(HealRow *row, uint64 journal, uint64 sequence,
					   const HealHealthChange *change)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, sequence);
	heal_row_time(row, change->at);
	heal_row_text(row, change->component);
	heal_row_text(row, heal_health_name(change->from));
	heal_row_text(row, heal_health_name(change->to));
	heal_row_time(row, change->since);
	heal_row_text(row, change->reason);
}

static void
fill_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
		   const char *kind, const char *severity, const char *actor,
		   const char *subject, const char *message)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, sequence);
	heal_row_time(row, at);
	heal_row_text(row, kind);
	heal_row_text(row, severity);
	heal_row_text(row, actor);
	heal_row_text(row, subject);
	heal_row_text(row, message);
}

void
heal_lost_row(HealRow *row, uint64 journal, uint64 first, uint64 last,
			  const char *why)
{
	const char *which =
		first == last
			? psprintf("record %llu is", (unsigned long long) last)
			: psprintf("records %llu to %llu are", (unsigned long long) first,
					   (unsigned long long) last);

	fill_event(
		row, journal, last, GetCurrentTimestamp(), "records_lost", "error",
		"selfheal", "journal",
		psprintf(
			"%s missing from the tables, which may tell less or something older: %s",
			which, why));
}

/* Every final stage of a recovery is an event, and so is every act. */
static bool
recovery_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
			   const HealRecovery *recovery)
{
	HealStage stage = (HealStage) recovery->stage;
	char kind[32];
	char subject[HEAL_NAME_SIZE];
	bool bad = stage == HEAL_FAILED || stage == HEAL_UNKNOWN;

	snprintf(kind, sizeof(kind), "recovery_%s", heal_stage_name(stage));
	snprintf(subject, sizeof(subject), "recovery %lld",
			 (long long) recovery->id);
	fill_event(row, journal, sequence, at, kind, bad ? "error" : "info",
			   stage == HEAL_APPROVED || stage == HEAL_REJECTED
				   ? recovery->decided_by
			   : stage == HEAL_PROPOSED ? recovery->requested_by
										: "selfheal",
			   subject, recovery->message);
	return true;
}

static void
escalation_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
				 const HealEscalation *escalation)
{
	bool answered = escalation->acknowledged_at != 0;

	fill_event(row, journal, sequence, at,
			   answered ? "escalation_acknowledged" : "escalated",
			   answered ? "info" : "critical",
			   answered ? escalation->acknowledged_by : "selfheal",
			   psprintf("escalation %lld", (long long) escalation->id),
			   answered
				   ? escalation->acknowledgement
				   : psprintf("%s: %s", escalation->why, escalation->evidence));
}

/* How bad it was is told while it lasts; that it is over is good news. */
static void
anomaly_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
			  const HealPastAnomaly *past)
{
	static const char *const severities[] = {
		[HEAL_LOW] = "info",
		[HEAL_MEDIUM] = "warning",
		[HEAL_HIGH] = "error",
		[HEAL_CRITICAL] = "critical",
	};
	bool open = past->closed_at == 0;
	char message[320];

	heal_past_anomaly_tell(past, message, sizeof(message));
	fill_event(row, journal, sequence, at,
			   open ? "anomaly_opened" : "anomaly_closed",
			   open ? severities[past->severity] : "info", "selfheal",
			   past->metric, message);
}

static void
false_positive_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
					 const HealFalsePositive *mark)
{
	fill_event(row, journal, sequence, at, "false_positive", "info", mark->by,
			   mark->metric,
			   psprintf("anomaly %lld, %.1f deviations out: %s",
						(long long) mark->anomaly, mark->height, mark->reason));
}

static void
sensitivity_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
				  const HealSensitivity *sensitivity)
{
	const char *word =
		heal_sensitivity_name((HealSensitivityLevel) sensitivity->level);
	const char *said =
		word ? word : psprintf("%g false alarms a day", sensitivity->per_day);

	fill_event(row, journal, sequence, at,
			   sensitivity->in_force ? "sensitivity_set" : "sensitivity_reset",
			   "info", sensitivity->by, sensitivity->scope,
			   psprintf("%s%s: %s", sensitivity->in_force ? "" : "no longer ",
						said, sensitivity->reason));
}

static void
policy_event(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
			 const HealComponentPolicy *policy)
{
	StringInfoData text;
	const char *subject =
		policy->remedy == HEAL_LEFT_OPEN
			? policy->component
			: psprintf("%s on %s", heal_remedies[policy->remedy].name,
					   policy->component);

	initStringInfo(&text);
	if (policy->in_force && policy->autonomy != HEAL_LEFT_OPEN)
		appendStringInfo(&text, "autonomy %s, ",
						 heal_autonomy_name((HealAutonomy) policy->autonomy));
	if (policy->in_force && policy->max_retries != HEAL_LEFT_OPEN)
		appendStringInfo(&text, "max_retries %d, ", policy->max_retries);
	if (policy->in_force && policy->timeout != HEAL_LEFT_OPEN)
		appendStringInfo(&text, "timeout %d s, ", policy->timeout);
	fill_event(row, journal, sequence, at,
			   policy->in_force ? "policy_set" : "policy_reset", "info",
			   policy->by, subject,
			   psprintf("%.*s%s%s", Max(text.len - 2, 0), text.data,
						text.len > 0 ? ": " : "", policy->reason));
}

static void
health_event(HealRow *row, uint64 journal, uint64 sequence,
			 const HealHealthChange *change)
{
	static const char *const severities[HEAL_HEALTH_STATES] = {
		[HEAL_HEALTH_HEALTHY] = "info",
		[HEAL_HEALTH_UNKNOWN] = "warning",
		[HEAL_HEALTH_DEGRADED] = "warning",
		[HEAL_HEALTH_FAILED] = "error",
	};

	fill_event(row, journal, sequence, change->at, "health_changed",
			   severities[change->to], "selfheal", change->component,
			   psprintf("%s, was %s: %s", heal_health_name(change->to),
						heal_health_name(change->from), change->reason));
}

void
heal_diagnosis_row(HealRow *row, uint64 journal, const HealDiagnosis *diagnosis)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, diagnosis->id);
	heal_row_time(row, diagnosis->at);
	heal_row_text(row, heal_diagnosis_verdict(diagnosis));
	heal_row_text(row, diagnosis->symptom);
	heal_row_text(row, diagnosis->cause);
	heal_row_text(row, diagnosis->cause_name);
	heal_row_text(row, diagnosis->cause_type);
	heal_row_float8(row,
					diagnosis->cause[0] != '\0' ? diagnosis->confidence : NAN);
	heal_row_text(row, diagnosis->path);
	heal_row_text(row, diagnosis->evidence);
	heal_row_text(row, diagnosis->others);
	heal_row_text(row, diagnosis->together);
	heal_row_float8(row, diagnosis->unexplained);
	heal_row_float8(row, diagnosis->by_graph);
	heal_row_text(row, diagnosis->recalled);
	heal_row_float8(row, diagnosis->recalled_share);
}

/* By name, so that it can be read whatever metrics there will be. */
static char *
changes_text(const float *change)
{
	StringInfoData text;
	const char *between = "";

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	for (int i = 0; i < HEAL_IMPRINT_METRICS && i < HEAL_METRICS; i++)
	{
		if (!isfinite(change[i]) || !heal_metric_exists(i))
			continue;
		appendStringInfo(&text, "%s\"%s\": %.3f", between, heal_metrics[i].name,
						 change[i]);
		between = ", ";
	}
	appendStringInfoChar(&text, '}');
	return text.data;
}

void
heal_incident_row(HealRow *row, uint64 journal, const HealIncidentNote *note)
{
	row->count = 0;
	heal_row_int8(row, journal);
	heal_row_int8(row, note->id);
	heal_row_time(row, note->at);
	heal_row_text(row, note->symptom);
	heal_row_text(row, note->named);
	heal_row_string(row, note->proven);
	heal_row_string(row, note->active);
	heal_row_string(row, note->quiet);
	heal_row_jsonb(row, changes_text(note->change));
}

static void
diagnosis_event(HealRow *row, uint64 journal, uint64 sequence,
				const HealDiagnosis *diagnosis)
{
	char sentence[HEAL_DIAGNOSIS_TEXT + 128];

	heal_diagnosis_sentence(diagnosis, sentence, sizeof(sentence));
	fill_event(row, journal, sequence, diagnosis->at, "diagnosis", "info",
			   "selfheal", psprintf("failure %lld", (long long) diagnosis->id),
			   sentence);
}

bool
heal_event_row(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
			   HealRecordType type, const void *payload)
{
	switch (type)
	{
		case HEAL_RECORD_EVENT:
		{
			const HealEvent *event = payload;

			fill_event(row, journal, sequence, event->at, event->kind,
					   event->severity, event->actor, event->subject,
					   event->message);
			return true;
		}
		case HEAL_RECORD_RECOVERY:
			return recovery_event(row, journal, sequence, at, payload);
		case HEAL_RECORD_STOP:
		{
			const HealOrder *order = payload;

			fill_event(row, journal, sequence, at,
					   order->at ? "stopped" : "started", "warning", order->by,
					   "selfheal", order->reason);
			return true;
		}
		case HEAL_RECORD_PAUSE:
		{
			const HealPause *pause = payload;

			fill_event(row, journal, sequence, at,
					   pause->until ? "paused" : "resumed", "info",
					   pause->order.by, pause->scope,
					   pause->until ? psprintf("until %s: %s",
											   timestamptz_to_str(pause->until),
											   pause->order.reason)
									: pause->order.reason);
			return true;
		}
		case HEAL_RECORD_ESCALATION:
			escalation_event(row, journal, sequence, at, payload);
			return true;
		case HEAL_RECORD_HEALTH:
			health_event(row, journal, sequence, payload);
			return true;
		case HEAL_RECORD_DIAGNOSIS:
			diagnosis_event(row, journal, sequence, payload);
			return true;
		case HEAL_RECORD_ANOMALY:
			anomaly_event(row, journal, sequence, at, payload);
			return true;
		case HEAL_RECORD_FALSE_POSITIVE:
			false_positive_event(row, journal, sequence, at, payload);
			return true;
		case HEAL_RECORD_SENSITIVITY:
			sensitivity_event(row, journal, sequence, at, payload);
			return true;
		case HEAL_RECORD_POLICY:
			policy_event(row, journal, sequence, at, payload);
			return true;
		case HEAL_RECORD_ENGINE_START:
			fill_event(row, journal, sequence, at, "engine_started", "info",
					   "selfheal", "engine",
					   ((const HealEngineStart *) payload)->after_clean_shutdown
						   ? "after a clean shutdown"
						   : "after a crash or a restart of the engine");
			return true;
		default:
			return false;
	}
}
