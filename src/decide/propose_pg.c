/*
 * propose_pg.c
 *		What is done about one failure whose patience is over.
 *
 * A rung of the failure's ladder is drafted as a recovery; the rails then say whether it may be done by itself, needs
 * a human, or must not be done at all.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "cause/diagnosis_pg.h"
#include "decide/ladder_pg.h"
#include "decide/plan_pg.h"
#include "decide/propose_pg.h"
#include "detect/track_pg.h"
#include "history/escalation_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/userremedy_pg.h"
#include "settings.h"

/* So long what comes of something else is left alone while that is healed. */
#define WAIT_FOR_CAUSE (15 * HEAL_SECOND)
#define JUST_CONFIRMED (2 * HEAL_SECOND)

/* Attempts of a remedy while a stronger one is left */
#define WITH_MORE_LEFT 2

HealRecovery *
heal_newest_recovery(HealLedger *ledger, int64 failure)
{
	HealRecovery *newest = NULL;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		HealRecovery *recovery = &ledger->recovery[i];

		if (recovery->id != 0 && recovery->failure == failure &&
			(newest == NULL || recovery->id > newest->id))
			newest = recovery;
	}
	return newest;
}

static bool
has_not_helped(const HealRecovery *recovery)
{
	return recovery->stage == HEAL_FAILED || recovery->stage == HEAL_UNKNOWN ||
		   recovery->stage == HEAL_ROLLED_BACK ||
		   (heal_remedy_is_user(recovery->remedy) &&
			recovery->change.done == HEAL_TARGET_SKIPPED);
}

/* What the newest recovery's end means for the next rung; false when a human has said no. */
static bool
learn_from_last(HealFailure *failure, const HealRecovery *last)
{
	char name[HEAL_NAME_SIZE];

	if (last == NULL)
		return true;
	if (last->stage == HEAL_REJECTED)
	{
		char verdict[HEAL_SENTENCE];

		failure->status = HEAL_FAILURE_NEEDS_HUMAN;
		snprintf(verdict, sizeof(verdict), "%s rejected %s: %s",
				 last->decided_by, heal_recovery_remedy_name(last, name),
				 last->decision_reason);
		heal_failure_set_verdict(failure, "warning", verdict);
		return false;
	}
	if (has_not_helped(last))
		heal_ladder_mark(failure, last->remedy);
	return true;
}

static void
escalate(HealFailure *failure, const HealRecovery *last)
{
	const char *why =
		last == NULL ? "no remedy for it is left that fits: this needs a human"
		: heal_ladder_is_exhausted(failure)
			? "every remedy that fits was tried and none helped: this needs a human"
			: "every remedy that fits and is not switched off was tried and none helped: this needs a human";

	if (failure->status == HEAL_FAILURE_NEEDS_HUMAN)
		return;
	failure->status = HEAL_FAILURE_NEEDS_HUMAN;
	heal_failure_set_verdict(failure, "critical", why);
	heal_escalate_failure(failure, last != NULL ? last->id : 0, why);
}

/* Refusals that no waiting ends; the others are orders of a human, who knows about them, or pass. */
static bool
is_lasting(const HealJudgement *verdict)
{
	static const char *const rails[] = {"protected_session", "empty_target",
										"too_many_targets", "not_on_standby",
										"nothing_to_change"};

	for (int i = 0; i < lengthof(rails); i++)
		if (strcmp(verdict->rail, rails[i]) == 0)
			return true;
	return false;
}

/* Proposals */

static HealJudgement
judge(const HealLedger *ledger, const HealRecovery *recovery,
	  const HealSituation *situation)
{
	HealGuardFacts facts = heal_plan_facts(ledger, recovery, situation, false);

	return heal_guard_judge(&facts);
}

static HealRecovery
draft(const HealLedger *ledger, const HealFailure *failure,
	  const HealFinding *finding, const HealSituation *situation, int remedy)
{
	TimestampTz now = GetCurrentTimestamp();
	HealPolicyInForce policy = heal_plan_policy(
		ledger, heal_failures[failure->kind].component, remedy);
	HealRecovery recovery = {
		.failure = failure->id,
		.kind = failure->kind,
		.subject = finding->subject,
		.remedy = remedy,
		.stage = HEAL_PROPOSED,
		.origin = HEAL_BY_ENGINE,
		.max_attempts = 1 + policy.max_retries,
		.timeout = policy.timeout,
		.proposed_at = now,
		.expires_at = now + heal_proposal_expiry * HEAL_SECOND,
		.failure_since = failure->since,
		.failure_due = failure->due,
		.waiters_before = finding->waiters,
		.oldest_wait_before = finding->oldest_wait,
	};

	strlcpy(recovery.component, heal_failures[failure->kind].component,
			sizeof(recovery.component));
	strlcpy(recovery.requested_by, "selfheal", sizeof(recovery.requested_by));
	strlcpy(recovery.evidence, finding->evidence, sizeof(recovery.evidence));
	if (heal_remedies[remedy].action == HEAL_ACTION_SIGNAL)
		heal_plan_aim(&recovery, situation, finding->target,
					  Min(finding->targets, heal_remedies[remedy].max_targets));
	else if (finding->subject.database != 0)
		heal_plan_name_database(&recovery, finding->subject.database);
	if (heal_action_of(&recovery)->plan != NULL)
		heal_action_of(&recovery)->plan(&recovery, situation);
	recovery.plan_hash = heal_plan_hash(&recovery);
	return recovery;
}

static void
propose(HealRecovery *recovery, HealFailure *failure,
		const HealJudgement *verdict)
{
	const HealRemedy *remedy = &heal_remedies[recovery->remedy];
	char text[HEAL_SENTENCE];

	if (!heal_plan_propose(recovery, verdict))
	{
		heal_failure_set_verdict(
			failure, "error",
			"no recovery can be kept: too many are open or the journal cannot be written");
		return;
	}
	if (verdict->kind == HEAL_GO &&
		!heal_remedy_touches((HealRemedyId) recovery->remedy))
		return; /* to watch is no answer: why nothing is done stays the verdict */
	if (verdict->kind == HEAL_GO)
		snprintf(text, sizeof(text), "%s is done by itself (recovery %lld)",
				 remedy->name, (long long) recovery->id);
	else
		snprintf(text, sizeof(text),
				 "%s waits for approval (recovery %lld), because %s",
				 remedy->name, (long long) recovery->id, verdict->reason);
	heal_failure_set_verdict(failure, "warning", text);
}

/*
 * Who has ignored a cancel twice ignores it a third time. With a stronger
 * remedy to go on to, asked for or not, the users need not wait for that.
 */
static void
shorten_if_more_is_left(HealRecovery *recovery, const HealLedger *ledger,
						const HealFailure *failure, const HealFinding *finding,
						const HealSituation *situation)
{
	HealFailure later = *failure;
	HealRecovery stronger;
	int remedy;

	heal_ladder_mark(&later, recovery->remedy);
	remedy = heal_ladder_next(ledger, &later);
	if (remedy < 0 || remedy == recovery->remedy)
		return;
	stronger = draft(ledger, failure, finding, situation, remedy);
	if (heal_action_of(&stronger)->unfit != NULL &&
		heal_action_of(&stronger)->unfit(&stronger, situation) != NULL)
		return;
	if (judge(ledger, &stronger, situation).kind != HEAL_REFUSE)
		recovery->max_attempts = Min(recovery->max_attempts, WITH_MORE_LEFT);
}

/* Refused: say why, once; and watch, so that the record shows how it ended. */
static void
decline(const HealLedger *ledger, HealFailure *failure,
		const HealFinding *finding, const HealSituation *situation,
		const HealJudgement *verdict, const HealRecovery *refused,
		const HealRecovery *last)
{
	char text[HEAL_SENTENCE];
	HealProtection protection =
		finding->culprit >= 0 ? situation->session[finding->culprit].protection
							  : HEAL_PROTECTED_NOT;

	if (protection != HEAL_PROTECTED_NOT)
		snprintf(text, sizeof(text),
				 "nothing is done: session %d %s (protected_session)",
				 situation->session[finding->culprit].id.pid,
				 heal_protection_reason(protection));
	else
		snprintf(text, sizeof(text), "nothing is done: %s", verdict->reason);
	heal_failure_set_verdict(failure, "warning", text);
	if (is_lasting(verdict) && !heal_ledger_escalated(ledger, failure->id, 0))
		heal_escalate_failure(failure, 0, text);
	if (last == NULL && (strcmp(verdict->rail, "observe_mode") == 0 ||
						 strcmp(verdict->rail, "component_off") == 0))
	{
		HealRecovery watch =
			draft(ledger, failure, finding, situation, HEAL_REMEDY_MONITOR);
		HealJudgement go = {HEAL_GO, "", ""};

		snprintf(go.reason, sizeof(go.reason), "%s; otherwise: %s",
				 strcmp(verdict->rail, "observe_mode") == 0
					 ? "selfheal.autonomy is observe"
					 : "the policy of the component or the remedy is observe",
				 heal_action_of(refused)->statement(refused));
		propose(&watch, failure, &go);
	}
}

/* Once, before anything is decided. */
static void
tell_blame(HealFailure *failure, const HealBlame *blame)
{
	char subject[HEAL_NAME_SIZE];
	char text[HEAL_SENTENCE];

	if (blame->kind == HEAL_BLAME_NONE || failure->blamed & HEAL_BLAMED_TOLD)
		return;
	failure->blamed |= HEAL_BLAMED_TOLD;
	snprintf(subject, sizeof(subject), "failure %lld", (long long) failure->id);
	snprintf(
		text, sizeof(text),
		"recovery %lld (%s) acted %lld s before it began and is a suspect: %s",
		(long long) blame->recovery, heal_remedies[blame->remedy].name,
		(long long) (blame->before / HEAL_SECOND),
		blame->kind == HEAL_BLAME_UNDO
			? "it is to be undone before anything else is done"
			: "it cannot be undone, so a human decides on the next act");
	heal_failure_set_verdict(failure, "warning", text);
	heal_event_log("own_act_suspected", "warning", subject, text);
	ereport(heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: failure %lld may be our own doing",
				   (long long) failure->id),
			errdetail("%s.", text));
}

/* True when that is what is done now. Once for a failure; where the rails refuse, the ladder goes on. */
static bool
undo_own_act(const HealLedger *ledger, HealFailure *failure,
			 const HealFinding *finding, const HealSituation *situation,
			 const HealBlame *blame)
{
	HealRecovery recovery;
	HealJudgement verdict;

	if (blame->kind != HEAL_BLAME_UNDO || failure->blamed & HEAL_BLAMED_UNDO)
		return false;
	recovery =
		draft(ledger, failure, finding, situation, HEAL_REMEDY_UNDO_OWN_ACT);
	recovery.undoes = blame->recovery;
	recovery.plan_hash = heal_plan_hash(&recovery);
	verdict = judge(ledger, &recovery, situation);
	if (verdict.kind == HEAL_REFUSE)
		return false;
	failure->blamed |= HEAL_BLAMED_UNDO;
	propose(&recovery, failure, &verdict);
	return true;
}

/* What stood against changing a setting, for itself or for a slot, at the last look is not gone a moment later. */
static bool
is_too_soon(const HealFailure *failure, const HealRecovery *last)
{
	return last != NULL && last->stage == HEAL_WITHDRAWN &&
		   last->claimed_at != 0 &&
		   (failure->subject.kind == HEAL_SUBJECT_SETTING ||
			failure->subject.kind == HEAL_SUBJECT_SLOT) &&
		   GetCurrentTimestamp() - last->finished_at < HEAL_MINUTE;
}

/* Why the remedy is passed over, once. */
static void
pass_over(HealFailure *failure, int remedy, const char *why)
{
	char text[HEAL_SENTENCE];

	heal_ladder_mark(failure, remedy);
	snprintf(text, sizeof(text), "%s is passed over: %s",
			 heal_remedies[remedy].name, why);
	heal_failure_set_verdict(failure, "warning", text);
}

/* The gentlest remedy that is for the failure as things stand; false when the ladder is at its end. */
static bool
draft_next(const HealLedger *ledger, HealFailure *failure,
		   const HealFinding *finding, const HealSituation *situation,
		   HealRecovery *recovery)
{
	for (int remedy = heal_ladder_next(ledger, failure); remedy >= 0;
		 remedy = heal_ladder_next(ledger, failure))
	{
		const char *why = NULL;

		*recovery = draft(ledger, failure, finding, situation, remedy);
		if (heal_action_of(recovery)->unfit != NULL)
			why = heal_action_of(recovery)->unfit(recovery, situation);
		if (why == NULL)
			return true;
		pass_over(failure, remedy, why);
	}
	return false;
}

/* Something is done about it, or will be decided in a moment; what waits for a human may wait for long. */
static bool
is_being_healed(HealLedger *ledger, const HealFailure *failure)
{
	const HealRecovery *newest = heal_newest_recovery(ledger, failure->id);

	if (newest == NULL)
		return GetCurrentTimestamp() - failure->confirmed_at < JUST_CONFIRMED;
	return newest->stage != HEAL_PROPOSED &&
		   !heal_stage_is_final((HealStage) newest->stage) &&
		   heal_remedy_touches((HealRemedyId) newest->remedy);
}

/* One that is only suspected is worth waiting for when its patience ends in that time. */
static bool
is_worth_waiting_for(HealLedger *ledger, const HealFailure *failure,
					 const HealFailure *cause)
{
	if (cause->status == HEAL_FAILURE_WATCHING)
		return cause->due <= failure->confirmed_at + WAIT_FOR_CAUSE;
	return is_being_healed(ledger, cause);
}

/* What heals the cause mostly heals what comes of it, and does less harm. */
static bool
waits_for_cause(HealLedger *ledger, HealFailure *failure)
{
	double confidence;
	const HealFailure *cause =
		heal_diagnosis_blames(ledger, failure, &confidence);
	HealTime waited = GetCurrentTimestamp() - failure->confirmed_at;
	char verdict[HEAL_SENTENCE];

	if (cause == NULL || waited < 0 || waited > WAIT_FOR_CAUSE ||
		!is_worth_waiting_for(ledger, failure, cause))
		return false;
	if (cause->status == HEAL_FAILURE_WATCHING)
		snprintf(verdict, sizeof(verdict),
				 "waits until it is certain whether failure %lld (%s), which "
				 "it most probably comes from (%.0f %%), lasts",
				 (long long) cause->id, heal_failures[cause->kind].title,
				 100 * confidence);
	else
		snprintf(verdict, sizeof(verdict),
				 "waits while failure %lld (%s), which it most probably comes "
				 "from (%.0f %%), is being healed",
				 (long long) cause->id, heal_failures[cause->kind].title,
				 100 * confidence);
	heal_failure_set_verdict(failure, "info", verdict);
	return true;
}

/*
 * Who is to approve this should know of the other. In the evidence, which is in the proposal and the log alike and in no
 * plan's hash; whole or not at all.
 */
static void
name_remedy_of_cause(HealLedger *ledger, const HealFailure *failure,
					 HealRecovery *recovery)
{
	double confidence;
	const HealFailure *cause =
		heal_diagnosis_blames(ledger, failure, &confidence);
	const HealRecovery *other =
		cause != NULL ? heal_newest_recovery(ledger, cause->id) : NULL;
	char name[HEAL_NAME_SIZE];
	char evidence[2 * HEAL_SENTENCE];

	if (other == NULL || heal_stage_is_final((HealStage) other->stage) ||
		!heal_remedy_touches((HealRemedyId) other->remedy))
		return;
	snprintf(evidence, sizeof(evidence),
			 "%s; most probably comes from failure %lld (%.0f %%), for which "
			 "%s (recovery %lld) %s",
			 recovery->evidence, (long long) cause->id, 100 * confidence,
			 heal_recovery_remedy_name(other, name), (long long) other->id,
			 other->stage == HEAL_PROPOSED ? "waits for approval"
										   : "is under way");
	if (strlen(evidence) < sizeof(recovery->evidence))
		strlcpy(recovery->evidence, evidence, sizeof(recovery->evidence));
}

void
heal_decide_on(HealLedger *ledger, HealFailure *failure,
			   const HealFinding *finding, const HealSituation *situation)
{
	HealRecovery *last = heal_newest_recovery(ledger, failure->id);
	HealRecovery recovery;
	HealJudgement verdict;
	HealBlame blame;

	if ((last != NULL && !heal_stage_is_final((HealStage) last->stage)) ||
		is_too_soon(failure, last) || !learn_from_last(failure, last))
		return;
	if (!heal_failures[failure->kind].of_own_act)
	{
		blame = heal_plan_blame(ledger, failure->id,
								heal_failures[failure->kind].component,
								failure->since);
		tell_blame(failure, &blame);
		if (undo_own_act(ledger, failure, finding, situation, &blame))
			return;
	}
	if (last == NULL && waits_for_cause(ledger, failure))
		return;
	if (!draft_next(ledger, failure, finding, situation, &recovery))
	{
		escalate(failure, last);
		return;
	}
	name_remedy_of_cause(ledger, failure, &recovery);
	shorten_if_more_is_left(&recovery, ledger, failure, finding, situation);
	verdict = judge(ledger, &recovery, situation);
	if (verdict.kind == HEAL_REFUSE)
		decline(ledger, failure, finding, situation, &verdict, &recovery, last);
	else
		propose(&recovery, failure, &verdict);
}
