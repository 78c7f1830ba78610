/*
 * decide_pg.c
 *		From what a situation proves to a recovery, or to the reason why there is none.
 *
 * Failures are kept in the ledger from the moment they are seen; only when one has held longer than
 * its patience is anything decided. What is decided is a rung of the failure's ladder; the rails then
 * say whether it may be done by itself, needs a human, or must not be done at all.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "decide/decide_pg.h"
#include "decide/plan_pg.h"
#include "detect/sighting.h"
#include "detect/track_pg.h"
#include "history/escalation_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "recover/action_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

/* A wait shorter than this is everyday life and not even watched. */
#define SEEN_AFTER HEAL_SECOND

/* More waiters make the patience shorter, so while it runs they are counted more often than samples are taken. */
#define LOOK_AGAIN (250 * HEAL_MILLISECOND)

/* Attempts of a remedy while a stronger one is left */
#define WITH_MORE_LEFT 2

/* Bits of what was tried: after the ladder's those of users' remedies. */
#define FIRST_USER_RUNG 8
#define USER_RUNG(row) (UINT32_C(1) << (FIRST_USER_RUNG + (row)))
StaticAssertDecl(HEAL_LADDER <= FIRST_USER_RUNG &&
					 FIRST_USER_RUNG + HEAL_USER_REMEDIES <= 32,
				 "every rung has a bit");

static TimestampTz last_routine = 0;
static HealSighting sightings[HEAL_MAX_SIGHTINGS];
static TimestampTz next_due = DT_NOEND;
static TimestampTz routine_due =
	DT_NOEND; /* end of a patience that a routine failure has running */

/* Rungs */

static HealRecovery *
newest_recovery(HealLedger *ledger, int64 failure)
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

static void
mark_tried(HealFailure *failure, int remedy)
{
	const char *const *ladder = heal_failures[failure->kind].ladder;

	if (heal_remedy_is_user(remedy))
		failure->tried |= USER_RUNG(remedy - HEAL_FIRST_USER_REMEDY);
	for (int rung = 0; rung < HEAL_LADDER && ladder[rung] != NULL; rung++)
		if (heal_remedy_lookup(ladder[rung]) == remedy)
			failure->tried |= 1u << rung;
}

/* Without having helped. */
static bool
is_at_its_end(const HealRecovery *recovery)
{
	return recovery->stage == HEAL_FAILED || recovery->stage == HEAL_UNKNOWN ||
		   recovery->stage == HEAL_ROLLED_BACK;
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
	if (is_at_its_end(last) || (heal_remedy_is_user(last->remedy) &&
								last->change.done == HEAL_TARGET_SKIPPED))
		mark_tried(failure, last->remedy);
	return true;
}

/* A function of the home database can do nothing about a table of another, nor see whether it is well. */
static bool
is_within_reach(const HealFailure *failure)
{
	return failure->subject.kind != HEAL_SUBJECT_RELATION ||
		   failure->subject.database ==
			   heal_directory_database_oid(heal_database);
}

static bool
is_switched_off(const HealLedger *ledger, const HealFailure *failure,
				int remedy)
{
	HealPolicyInForce policy = heal_plan_policy(
		ledger, heal_failures[failure->kind].component, remedy);

	return policy.restricted && policy.strictest == HEAL_OBSERVE;
}

/* One that is switched off is passed over, so that the ladder has an end. */
static int
next_of_users(const HealLedger *ledger, const HealFailure *failure)
{
	uint32 skip = failure->tried >> FIRST_USER_RUNG;
	int row;

	if (!is_within_reach(failure))
		return -1;
	while ((row = heal_user_remedy_next(heal_user_remedies(), failure->kind,
										skip)) >= 0)
	{
		if (!is_switched_off(ledger, failure, HEAL_FIRST_USER_REMEDY + row))
			return HEAL_FIRST_USER_REMEDY + row;
		skip |= UINT32_C(1) << row;
	}
	return -1;
}

static int
next_of_ladder(const HealFailure *failure)
{
	const HealFailureType *type = &heal_failures[failure->kind];

	for (int rung = 0; rung < HEAL_LADDER && type->ladder[rung] != NULL; rung++)
		if ((failure->tried & (1u << rung)) == 0)
			return heal_remedy_lookup(type->ladder[rung]);
	return -1;
}

/*
 * Gentlest remedy not tried yet; -1 when the ladder is at its end. Those of users are the last rungs, unless they
 * are to be used instead: the one before them is switched off.
 */
static int
next_remedy(const HealLedger *ledger, const HealFailure *failure)
{
	int own = next_of_ladder(failure);
	int of_user;

	if (own >= 0 && !is_switched_off(ledger, failure, own))
		return own;
	of_user = next_of_users(ledger, failure);
	if (of_user >= 0)
		return of_user;
	/* with one tried and the others switched off it is at its end; who switches off the component knows */
	return failure->tried != 0 &&
				   !is_switched_off(ledger, failure, HEAL_LEFT_OPEN)
			   ? -1
			   : own;
}

static void
escalate(HealFailure *failure, const HealRecovery *last)
{
	const char *why =
		next_of_ladder(failure) < 0
			? "every remedy was tried and none helped: this needs a human"
			: "every remedy that is not switched off was tried and none helped: this needs a human";

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
	char subject[HEAL_NAME_SIZE];
	char text[HEAL_SENTENCE];

	snprintf(recovery->message, sizeof(recovery->message), "%s: %s",
			 remedy->name, remedy->does);
	strlcpy(recovery->rails, verdict->reason, sizeof(recovery->rails));
	recovery->autonomous = verdict->kind == HEAL_GO;
	if (!heal_recovery_create(recovery))
	{
		heal_failure_set_verdict(
			failure, "error",
			"no recovery can be kept: too many are open or the journal cannot be written");
		return;
	}
	snprintf(subject, sizeof(subject), "recovery %lld",
			 (long long) recovery->id);
	if (verdict->kind == HEAL_GO)
	{
		strlcpy(recovery->decided_by, "selfheal", sizeof(recovery->decided_by));
		strlcpy(recovery->decision_reason,
				"within the rails, so nobody was asked",
				sizeof(recovery->decision_reason));
		recovery->approved_at = GetCurrentTimestamp();
		heal_recovery_store(recovery, HEAL_APPROVED,
							"within the rails: done without asking");
		if (!heal_remedy_touches((HealRemedyId) recovery->remedy))
			return; /* to watch is no answer: why nothing is done stays the verdict */
		snprintf(text, sizeof(text), "%s is done by itself (recovery %lld)",
				 remedy->name, (long long) recovery->id);
		heal_failure_set_verdict(failure, "warning", text);
		return;
	}
	snprintf(text, sizeof(text),
			 "%s waits for approval (recovery %lld), because %s", remedy->name,
			 (long long) recovery->id, verdict->reason);
	heal_failure_set_verdict(failure, "warning", text);
	ereport(
		heal_log_at(HEAL_LOG_WARN),
		errmsg("selfheal: proposes to %s (recovery %lld)", remedy->does,
			   (long long) recovery->id),
		errdetail("%s. It is asked for because %s.", recovery->evidence,
				  verdict->reason),
		errhint("SELECT selfheal.approve(%lld, 'why'), or selfheal.reject().",
				(long long) recovery->id));
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

	mark_tried(&later, recovery->remedy);
	remedy = next_remedy(ledger, &later);
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

/* What stood against changing a setting at the last look is not gone a moment later. */
static bool
is_too_soon(const HealFailure *failure, const HealRecovery *last)
{
	return last != NULL && last->stage == HEAL_WITHDRAWN &&
		   last->claimed_at != 0 &&
		   failure->subject.kind == HEAL_SUBJECT_SETTING &&
		   GetCurrentTimestamp() - last->finished_at < HEAL_MINUTE;
}

/* Why the remedy is passed over, once. */
static void
pass_over(HealFailure *failure, int remedy, const char *why)
{
	char text[HEAL_SENTENCE];

	mark_tried(failure, remedy);
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
	for (int remedy = next_remedy(ledger, failure); remedy >= 0;
		 remedy = next_remedy(ledger, failure))
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

static void
decide_on(HealLedger *ledger, HealFailure *failure, const HealFinding *finding,
		  const HealSituation *situation)
{
	HealRecovery *last = newest_recovery(ledger, failure->id);
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
	if (!draft_next(ledger, failure, finding, situation, &recovery))
	{
		escalate(failure, last);
		return;
	}
	shorten_if_more_is_left(&recovery, ledger, failure, finding, situation);
	verdict = judge(ledger, &recovery, situation);
	if (verdict.kind == HEAL_REFUSE)
		decline(ledger, failure, finding, situation, &verdict, &recovery, last);
	else
		propose(&recovery, failure, &verdict);
}

/* One failure after the other */

/* Not for every short wait: those are everyday life. NULL when it is too early. */
static HealFailure *
first_sight(HealLedger *ledger, const HealFinding *finding,
			const HealSituation *situation, TimestampTz now)
{
	HealTime since = finding->since;
	HealTime seen_from = since + Min(SEEN_AFTER, finding->due - since);
	HealFailure *failure;

	if (heal_failures[finding->kind].counts_from_sight)
	{
		since = seen_from = now;
		if (finding->subject.kind != HEAL_SUBJECT_SERVER &&
			heal_failures[finding->kind].urgency == HEAL_URGENT)
		{
			since = heal_sighting_note(sightings, finding->kind,
									   &finding->subject, now);
			seen_from = since + heal_plan_limits().patience[finding->kind] / 2;
		}
	}
	if (now < seen_from)
	{
		next_due = Min(next_due, seen_from);
		return NULL;
	}
	failure = heal_failure_see(ledger, finding, situation);
	if (failure != NULL && heal_failures[finding->kind].counts_from_sight)
		failure->seen_at = since;
	return failure;
}

static void
weigh(HealLedger *ledger, HealFinding *finding, const HealSituation *situation,
	  TimestampTz now)
{
	const HealFailureType *type = &heal_failures[finding->kind];
	HealFailure *failure = heal_failure_known(ledger, finding);

	if (failure == NULL)
		failure = first_sight(ledger, finding, situation, now);
	if (failure == NULL)
		return;
	if (type->counts_from_sight)
		finding->due = Max(failure->seen_at, finding->oldest_wait) +
					   heal_plan_limits().patience[finding->kind];
	failure->due = finding->due;
	failure->last_seen_at = now;
	failure->waiters = finding->waiters;
	failure->peak_waiters = Max(failure->peak_waiters, finding->waiters);
	strlcpy(failure->evidence, finding->evidence, sizeof(failure->evidence));
	heal_ledger_touch_failure(failure);
	if (now < finding->due)
	{
		next_due = Min(next_due, finding->due);
		if (type->urgency == HEAL_ROUTINE)
			routine_due = finding->due;
		else if (!type->counts_from_sight)
			next_due = Min(next_due, now + LOOK_AGAIN);
		return;
	}
	if (failure->status == HEAL_FAILURE_WATCHING)
		heal_failure_confirm(failure, now);
	if (failure->status == HEAL_FAILURE_CONFIRMED)
		decide_on(ledger, failure, finding, situation);
}

static const char *
how_it_ended(HealLedger *ledger, const HealFailure *failure)
{
	HealRecovery *last = newest_recovery(ledger, failure->id);
	char name[HEAL_NAME_SIZE];

	if (last != NULL && last->stage == HEAL_SUCCEEDED &&
		heal_remedy_touches((HealRemedyId) last->remedy))
		return psprintf("healed by %s (recovery %lld)",
						heal_recovery_remedy_name(last, name),
						(long long) last->id);
	if (last != NULL && last->acted_at != 0 && last->stage != HEAL_WITHDRAWN)
		return psprintf("it went away after %s (recovery %lld, %s)",
						heal_recovery_remedy_name(last, name),
						(long long) last->id,
						heal_stage_name((HealStage) last->stage));
	return failure->confirmed_at ? "it went away by itself"
								 : "it went away within its patience";
}

static void
close_failure(HealFailure *failure, const char *verdict)
{
	heal_failure_close(failure, verdict);
	if (heal_failures[failure->kind].of_own_act)
		heal_ledger_settle((int64) failure->subject.number);
}

/* A recovery in flight speaks for its failure until it has come to its own verdict. */
static void
close_what_is_gone(HealLedger *ledger, const HealSituation *situation,
				   TimestampTz now, bool saw_all)
{
	HealFailureLimits limits = heal_plan_limits();

	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		HealFailure *failure = &ledger->failure[i];
		HealRecovery *last;

		if (failure->id == 0 || failure->status == HEAL_FAILURE_CLOSED ||
			failure->last_seen_at == now)
			continue;
		last = newest_recovery(ledger, failure->id);
		if (last != NULL && last->stage >= HEAL_CLAIMED &&
			!heal_stage_is_final((HealStage) last->stage) &&
			heal_remedy_touches((HealRemedyId) last->remedy))
			continue;
		if (heal_failures[failure->kind].gone(situation, &limits,
											  &failure->subject))
			close_failure(failure, how_it_ended(ledger, failure));
		else if (saw_all &&
				 now - failure->last_seen_at >
					 Max(10 * HEAL_SECOND,
						 3 * heal_monitoring_interval() * HEAL_SECOND))
			close_failure(failure, "its proof no longer holds");
	}
}

void
heal_decide_stage(void)
{
	const HealSituation *situation = heal_situation_current();
	HealFailureLimits limits = heal_plan_limits();
	HealFinding *findings = palloc(sizeof(HealFinding) * HEAL_MAX_FINDINGS);
	TimestampTz now = GetCurrentTimestamp();
	bool routine =
		now >= routine_due ||
		now - last_routine >= heal_monitoring_interval() * HEAL_SECOND;
	HealLedger *ledger;
	int count;

	next_due = DT_NOEND;
	if (situation == NULL || !heal_ledger_ready(NULL))
		return;
	if (routine)
	{
		last_routine = now;
		routine_due = DT_NOEND;
	}
	count = heal_failure_find_all(situation, &limits,
								  routine ? HEAL_ROUTINE : HEAL_URGENT,
								  findings, HEAL_MAX_FINDINGS);
	if (count == 0 && heal_ledger_quiet())
	{
		heal_sighting_forget_others(sightings, now);
		return;
	}
	ledger = heal_ledger_copy();
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		weigh(ledger, &findings[i], situation, now);
	}
	heal_sighting_forget_others(sightings, now);
	close_what_is_gone(ledger, situation, now, count < HEAL_MAX_FINDINGS);
}

TimestampTz
heal_decide_next_due(void)
{
	return next_due;
}
