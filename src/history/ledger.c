/*
 * ledger.c
 *		Records applied to the ledger, and questions asked of it.
 */
#include "history/ledger.h"

#include <string.h>

#include "base/text.h"

static const size_t payload_sizes[HEAL_RECORD_TYPES] = {
	[HEAL_RECORD_EVENT] = sizeof(HealEvent),
	[HEAL_RECORD_FAILURE] = sizeof(HealFailure),
	[HEAL_RECORD_RECOVERY] = sizeof(HealRecovery),
	[HEAL_RECORD_STOP] = sizeof(HealOrder),
	[HEAL_RECORD_PASSIVE] = sizeof(HealOrder),
	[HEAL_RECORD_PAUSE] = sizeof(HealPause),
	[HEAL_RECORD_ENGINE_START] = sizeof(HealEngineStart),
	[HEAL_RECORD_BREAKER_RESET] = sizeof(int32_t),
	[HEAL_RECORD_FLOOR] = HEAL_NUMBERED * sizeof(int64_t),
	[HEAL_RECORD_ESCALATION] = sizeof(HealEscalation),
	[HEAL_RECORD_POLICY] = sizeof(HealComponentPolicy),
	[HEAL_RECORD_HEALTH] = sizeof(HealHealthChange),
	[HEAL_RECORD_DIAGNOSIS] = sizeof(HealDiagnosis),
	[HEAL_RECORD_INCIDENT] = sizeof(HealIncidentNote),
	[HEAL_RECORD_ANOMALY] = sizeof(HealPastAnomaly),
	[HEAL_RECORD_FALSE_POSITIVE] = sizeof(HealFalsePositive),
	[HEAL_RECORD_BAR_RESET] = sizeof(HealBarReset),
	[HEAL_RECORD_SENSITIVITY] = sizeof(HealSensitivity),
};

void
heal_ledger_init(HealLedger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
	ledger->next_failure = 1;
	ledger->next_recovery = 1;
	ledger->next_escalation = 1;
	ledger->next_anomaly = 1;
}

size_t
heal_record_size(HealRecordType type)
{
	return (unsigned) type < HEAL_RECORD_TYPES ? payload_sizes[type] : 0;
}

HealRecovery *
heal_ledger_recovery(HealLedger *ledger, int64_t id)
{
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (id > 0 && ledger->recovery[i].id == id)
			return &ledger->recovery[i];
	return NULL;
}

HealFailure *
heal_ledger_failure(HealLedger *ledger, int64_t id)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (id > 0 && ledger->failure[i].id == id)
			return &ledger->failure[i];
	return NULL;
}

HealEscalation *
heal_ledger_escalation(HealLedger *ledger, int64_t id)
{
	for (int i = 0; i < HEAL_MAX_ESCALATIONS; i++)
		if (id > 0 && ledger->escalation[i].id == id)
			return &ledger->escalation[i];
	return NULL;
}

bool
heal_ledger_escalated(const HealLedger *ledger, int64_t failure,
					  int64_t recovery)
{
	for (int i = 0; i < HEAL_MAX_ESCALATIONS; i++)
		if (ledger->escalation[i].id != 0 &&
			ledger->escalation[i].failure == failure &&
			ledger->escalation[i].recovery == recovery)
			return true;
	return false;
}

HealFailure *
heal_ledger_open_failure(HealLedger *ledger, int kind,
						 const HealSubject *subject)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		HealFailure *failure = &ledger->failure[i];

		if (failure->id != 0 && failure->status != HEAL_FAILURE_CLOSED &&
			failure->kind == kind &&
			heal_subject_same(&failure->subject, subject))
			return failure;
	}
	return NULL;
}

bool
heal_recovery_is_a_loan(const HealRecovery *recovery)
{
	return recovery->id != 0 &&
		   heal_remedy_lends((HealRemedyId) recovery->remedy) &&
		   recovery->stage == HEAL_SUCCEEDED &&
		   recovery->change.done == HEAL_TARGET_SIGNALLED;
}

bool
heal_ledger_is_topmost_loan(const HealLedger *ledger, const HealRecovery *loan)
{
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (heal_recovery_is_a_loan(&ledger->recovery[i]) &&
			ledger->recovery[i].id > loan->id &&
			heal_subject_same(&ledger->recovery[i].subject, &loan->subject))
			return false;
	return true;
}

static bool
is_owed(const HealRecovery *recovery)
{
	return recovery->id != 0 &&
		   heal_stage_is_final((HealStage) recovery->stage) &&
		   recovery->stage != HEAL_ROLLED_BACK &&
		   recovery->change.done == HEAL_TARGET_SIGNALLED &&
		   heal_remedies[recovery->remedy].given_back;
}

const HealRecovery *
heal_ledger_owed(const HealLedger *ledger, int remedy)
{
	const HealRecovery *newest = NULL;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];

		if (recovery->remedy == remedy && is_owed(recovery) &&
			(newest == NULL || recovery->id > newest->id))
			newest = recovery;
	}
	return newest;
}

/* Negative when a is to be forgotten first: what is to be given back must not be. */
static int
forget_first(const HealRecovery *a, const HealRecovery *b)
{
	int owed = (is_owed(a) || heal_recovery_is_a_loan(a)) -
			   (is_owed(b) || heal_recovery_is_a_loan(b));

	return owed != 0 ? owed : (a->id > b->id) - (a->id < b->id);
}

/* The free slot, or else the final recovery that began longest ago; NULL when all are open. */
static HealRecovery *
recovery_slot(HealLedger *ledger)
{
	HealRecovery *oldest = NULL;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		HealRecovery *recovery = &ledger->recovery[i];

		if (recovery->id == 0)
			return recovery;
		if (heal_stage_is_final((HealStage) recovery->stage) &&
			(oldest == NULL || forget_first(recovery, oldest) < 0))
			oldest = recovery;
	}
	return oldest;
}

static HealFailure *
failure_slot(HealLedger *ledger)
{
	HealFailure *oldest = NULL;

	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		HealFailure *failure = &ledger->failure[i];

		if (failure->id == 0)
			return failure;
		if (failure->status == HEAL_FAILURE_CLOSED &&
			(oldest == NULL || failure->id < oldest->id))
			oldest = failure;
	}
	return oldest;
}

bool
heal_ledger_has_room_for_recovery(const HealLedger *ledger)
{
	return recovery_slot((HealLedger *) ledger) != NULL;
}

bool
heal_ledger_has_room_for_failure(const HealLedger *ledger)
{
	return failure_slot((HealLedger *) ledger) != NULL;
}

static void
note_act(HealLedger *ledger, const HealRecovery *recovery)
{
	HealAct *act = &ledger->act[ledger->acts % HEAL_MAX_ACTS];

	act->at = recovery->acted_at;
	act->recovery = recovery->id;
	act->kind = recovery->kind;
	act->remedy = recovery->remedy;
	act->autonomous = recovery->autonomous;
	act->targets = recovery->targets;
	ledger->acts++;
}

/* What has become of the change that it was to take back. */
static void
note_undone(HealLedger *ledger, const HealRecovery *recovery)
{
	HealRecovery *undone = heal_ledger_recovery(ledger, recovery->undoes);

	if (undone == NULL)
		return;
	if (recovery->change.done == HEAL_TARGET_SIGNALLED)
		undone->change.done = HEAL_TARGET_UNDONE;
	else if (recovery->change.done == HEAL_TARGET_LEFT ||
			 recovery->change.done == HEAL_TARGET_NOT_IN_EFFECT)
		undone->change.done = recovery->change.done;
}

/*
 * An act counts from its durable intent on, once per recovery: counting what may not have happened
 * errs on the side of doing less.
 */
static void
apply_recovery(HealLedger *ledger, const HealRecovery *recovery)
{
	HealRecovery *kept = heal_ledger_recovery(ledger, recovery->id);
	bool acted_before = kept != NULL && kept->acted_at != 0;
	bool was_final =
		kept != NULL && heal_stage_is_final((HealStage) kept->stage);

	if (kept == NULL)
		kept = recovery_slot(ledger);
	if (kept == NULL)
		return;
	*kept = *recovery;
	if (recovery->id >= ledger->next_recovery)
		ledger->next_recovery = recovery->id + 1;
	if (recovery->acted_at != 0 && !acted_before)
		note_act(ledger, recovery);
	note_undone(ledger, recovery);
	if (was_final)
		return;
	if (recovery->stage == HEAL_SUCCEEDED)
		heal_breaker_close(ledger->breaker, recovery->remedy,
						   recovery->component);
	else if ((recovery->stage == HEAL_FAILED ||
			  recovery->stage == HEAL_ROLLED_BACK) &&
			 recovery->acted_at !=
				 0) /* what was never done, or only watched, says nothing */
		heal_breaker_fail(ledger->breaker, recovery->remedy,
						  recovery->component, recovery->finished_at);
}

static void
apply_failure(HealLedger *ledger, const HealFailure *failure)
{
	HealFailure *kept = heal_ledger_failure(ledger, failure->id);

	if (kept == NULL)
		kept = failure_slot(ledger);
	if (kept == NULL)
		return;
	*kept = *failure;
	if (failure->id >= ledger->next_failure)
		ledger->next_failure = failure->id + 1;
}

/* The one to give way: acknowledged before not, old before new. */
static HealEscalation *
escalation_slot(HealLedger *ledger)
{
	HealEscalation *worst = &ledger->escalation[0];

	for (int i = 0; i < HEAL_MAX_ESCALATIONS; i++)
	{
		HealEscalation *kept = &ledger->escalation[i];
		bool answered = kept->acknowledged_at != 0;
		bool worst_answered = worst->acknowledged_at != 0;

		if (kept->id == 0)
			return kept;
		if (answered != worst_answered ? answered : kept->id < worst->id)
			worst = kept;
	}
	return worst;
}

static void
apply_escalation(HealLedger *ledger, const HealEscalation *escalation)
{
	HealEscalation *kept = heal_ledger_escalation(ledger, escalation->id);

	*(kept ? kept : escalation_slot(ledger)) = *escalation;
	if (escalation->id >= ledger->next_escalation)
		ledger->next_escalation = escalation->id + 1;
}

/* floor: [HEAL_NUMBERED] */
static void
apply_floor(HealLedger *ledger, const int64_t *floor)
{
	int64_t *next[HEAL_NUMBERED] = {
		&ledger->next_failure, &ledger->next_recovery, &ledger->next_escalation,
		&ledger->next_anomaly};

	for (int i = 0; i < HEAL_NUMBERED; i++)
		if (floor[i] > *next[i])
			*next[i] = floor[i];
}

static void
clear_bars(HealLedger *ledger, const HealBarReset *reset)
{
	heal_bar_clear(ledger->bar,
				   reset->metric[0] != '\0' ? reset->metric : NULL);
}

/* Pauses that have run out give their slot away; with none free the one ending first does. */
static void
apply_pause(HealLedger *ledger, const HealPause *pause)
{
	HealPause *slot = &ledger->pause[0];

	for (int i = 0; i < HEAL_MAX_PAUSES; i++)
	{
		HealPause *kept = &ledger->pause[i];

		if (kept->until != 0 && strcmp(kept->scope, pause->scope) == 0)
		{
			slot = kept;
			break;
		}
		if (kept->until < slot->until)
			slot = kept;
	}
	if (pause->until != 0)
		*slot = *pause;
	else if (strcmp(slot->scope, pause->scope) == 0)
		memset(slot, 0, sizeof(*slot));
}

static void
apply_start(HealLedger *ledger, const HealEngineStart *start)
{
	HealTime lasted = start->at - ledger->last_start.at;
	bool quick = !start->after_clean_shutdown && ledger->last_start.at != 0 &&
				 lasted >= 0 && lasted < HEAL_QUICK_START;

	ledger->quick_starts = quick ? ledger->quick_starts + 1 : 0;
	ledger->last_start = *start;
}

static bool
is_between(int value, int least, int below)
{
	return value >= least && value < below;
}

/* Another version may have written it: a number without a row in our tables must not get in. */
static bool
makes_sense(HealRecordType type, const void *payload)
{
	if (type == HEAL_RECORD_FAILURE)
	{
		const HealFailure *failure = payload;

		return failure->id > 0 &&
			   is_between(failure->kind, 0, HEAL_FAILURE_KINDS);
	}
	if (type == HEAL_RECORD_RECOVERY)
	{
		const HealRecovery *recovery = payload;

		return recovery->id > 0 &&
			   is_between(recovery->kind, -1, HEAL_FAILURE_KINDS) &&
			   heal_remedy_is_valid(recovery->remedy) &&
			   is_between(recovery->stage, 0, HEAL_STAGES) &&
			   is_between(recovery->targets, 0, HEAL_MAX_TARGETS + 1);
	}
	if (type == HEAL_RECORD_ESCALATION)
	{
		const HealEscalation *escalation = payload;

		return escalation->id > 0 &&
			   is_between(escalation->kind, -1, HEAL_FAILURE_KINDS);
	}
	if (type == HEAL_RECORD_POLICY)
		return heal_component_policy_valid(payload);
	if (type == HEAL_RECORD_HEALTH)
		return heal_health_change_valid(payload);
	if (type == HEAL_RECORD_DIAGNOSIS)
		return heal_diagnosis_valid(payload);
	if (type == HEAL_RECORD_INCIDENT)
		return heal_incident_note_valid(payload);
	if (type == HEAL_RECORD_ANOMALY)
		return heal_past_anomaly_valid(payload);
	if (type == HEAL_RECORD_FALSE_POSITIVE)
		return heal_false_positive_valid(payload);
	if (type == HEAL_RECORD_SENSITIVITY)
		return heal_sensitivity_valid(payload);
	if (type == HEAL_RECORD_BAR_RESET)
		return heal_text_terminated(payload, sizeof(HealBarReset));
	return true;
}

bool
heal_ledger_apply(HealLedger *ledger, uint64_t sequence, HealRecordType type,
				  const void *payload, size_t size)
{
	if (heal_record_size(type) == 0 || heal_record_size(type) != size ||
		!makes_sense(type, payload))
		return false;
	switch (type)
	{
		case HEAL_RECORD_FAILURE:
			apply_failure(ledger, payload);
			break;
		case HEAL_RECORD_RECOVERY:
			apply_recovery(ledger, payload);
			break;
		case HEAL_RECORD_STOP:
			ledger->stop = *(const HealOrder *) payload;
			break;
		case HEAL_RECORD_PASSIVE:
			ledger->passive = *(const HealOrder *) payload;
			if (ledger->passive.at == 0)
				ledger->quick_starts = 0;
			break;
		case HEAL_RECORD_PAUSE:
			apply_pause(ledger, payload);
			break;
		case HEAL_RECORD_ENGINE_START:
			apply_start(ledger, payload);
			break;
		case HEAL_RECORD_BREAKER_RESET:
			if (heal_remedy_is_valid(*(const int32_t *) payload))
				heal_breaker_reset(ledger->breaker, *(const int32_t *) payload);
			break;
		case HEAL_RECORD_FLOOR:
			apply_floor(ledger, payload);
			break;
		case HEAL_RECORD_ESCALATION:
			apply_escalation(ledger, payload);
			break;
		case HEAL_RECORD_POLICY:
			/* with no room for it nothing changes; who sets one has looked before */
			(void) heal_component_policy_store(ledger->policy, payload);
			break;
		case HEAL_RECORD_HEALTH:
			heal_health_keep(ledger->health, payload);
			break;
		case HEAL_RECORD_ANOMALY: /* the rest is of interest to the tables only */
			if (((const HealPastAnomaly *) payload)->id >= ledger->next_anomaly)
				ledger->next_anomaly =
					((const HealPastAnomaly *) payload)->id + 1;
			break;
		case HEAL_RECORD_FALSE_POSITIVE:
			heal_bar_raise(ledger->bar, payload);
			break;
		case HEAL_RECORD_SENSITIVITY:
			/* with no room for it nothing changes; who sets one has looked before */
			(void) heal_sensitivity_store(ledger->sensitivity, payload);
			break;
		case HEAL_RECORD_BAR_RESET:
			clear_bars(ledger, payload);
			break;
		case HEAL_RECORD_DIAGNOSIS:
		case HEAL_RECORD_INCIDENT:
		case HEAL_RECORD_EVENT: /* of interest to the tables only */
		case HEAL_RECORD_NONE:
		case HEAL_RECORD_TYPES:
			break;
	}
	ledger->sequence = sequence;
	return true;
}

bool
heal_ledger_apply_next(HealLedger *ledger, HealRecordType type,
					   const void *payload, uint64_t *sequence)
{
	uint64_t next = ledger->sequence + 1;

	if (!heal_ledger_apply(ledger, next, type, payload, heal_record_size(type)))
		return false;
	*sequence = next;
	return true;
}

bool
heal_ledger_paused(const HealLedger *ledger, const char *component,
				   HealTime now)
{
	for (int i = 0; i < HEAL_MAX_PAUSES; i++)
	{
		const HealPause *pause = &ledger->pause[i];

		if (pause->until > now && (strcmp(pause->scope, "all") == 0 ||
								   strcmp(pause->scope, component) == 0))
			return true;
	}
	return false;
}

int
heal_ledger_acts_since(const HealLedger *ledger, HealTime since, int64_t except)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_ACTS; i++)
		if (ledger->act[i].at != 0 && ledger->act[i].at >= since &&
			ledger->act[i].recovery != except)
			count++;
	/* when all that are kept count there may have been more: that is over any cap */
	return count < HEAL_MAX_ACTS - (except != 0) ? count : INT32_MAX;
}

HealTime
heal_ledger_nth_act(const HealLedger *ledger, int n)
{
	for (int i = 0; i < HEAL_MAX_ACTS; i++)
	{
		HealTime at = ledger->act[i].at;
		int newer = 0;

		/* of two at the same moment the later slot counts as the newer */
		for (int j = 0; j < HEAL_MAX_ACTS; j++)
			newer +=
				ledger->act[j].at > at || (ledger->act[j].at == at && j > i);
		if (at != 0 && newer == n - 1)
			return at;
	}
	return 0;
}

HealTime
heal_ledger_last_own_act(const HealLedger *ledger, int kind, int remedy,
						 int64_t except)
{
	HealTime newest = 0;

	for (int i = 0; i < HEAL_MAX_ACTS; i++)
	{
		const HealAct *act = &ledger->act[i];

		if (act->autonomous && act->kind == kind && act->remedy == remedy &&
			act->recovery != except && act->at > newest)
			newest = act->at;
	}
	return newest;
}

static bool
is_acting(const HealRecovery *recovery)
{
	return recovery->id != 0 && recovery->stage >= HEAL_CLAIMED &&
		   !heal_stage_is_final((HealStage) recovery->stage) &&
		   heal_remedy_touches((HealRemedyId) recovery->remedy);
}

int
heal_ledger_acting(const HealLedger *ledger)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		count += is_acting(&ledger->recovery[i]);
	return count;
}

int
heal_ledger_throttled(const HealLedger *ledger, const HealSubject *subject,
					  HealTime since)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];

		count +=
			recovery->id != 0 && heal_remedies[recovery->remedy].temporary &&
			recovery->origin == HEAL_BY_ENGINE &&
			recovery->stage == HEAL_SUCCEEDED && recovery->acted_at >= since &&
			heal_subject_same(&recovery->subject, subject);
	}
	return count;
}

int
heal_ledger_in_flight(const HealLedger *ledger, const char *component,
					  int64_t except)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];

		if (is_acting(recovery) && recovery->id != except &&
			strcmp(recovery->component, component) == 0)
			count++;
	}
	return count;
}

int
heal_ledger_open_failures(const HealLedger *ledger)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (ledger->failure[i].id != 0 &&
			ledger->failure[i].confirmed_at != 0 &&
			ledger->failure[i].status != HEAL_FAILURE_CLOSED &&
			heal_failures[ledger->failure[i].kind].in_picture)
			count++;
	return count;
}

bool
heal_ledger_is_quiet(const HealLedger *ledger)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (ledger->failure[i].id != 0 &&
			ledger->failure[i].status != HEAL_FAILURE_CLOSED)
			return false;
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (ledger->recovery[i].id != 0 &&
			!heal_stage_is_final((HealStage) ledger->recovery[i].stage))
			return false;
	return true;
}

const char *
heal_failure_status_name(HealFailureStatus status)
{
	static const char *const names[] = {"watching", "confirmed",
										"needs a human", "closed"};

	return (unsigned) status < heal_lengthof(names) ? names[status] : "invalid";
}
