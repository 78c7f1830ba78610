/*
 * launch_pg.c
 *		The engine's side of recoveries: expire, withdraw, launch, look after.
 *
 * A recoverer may end at any point, by a human's hand or with the whole server. What is to become
 * of its recovery follows from the stage on record and from one look at reality:
 *
 *		stage on record			same server run				after a server restart
 *		proposed, approved		goes on						withdrawn: decided on anew
 *		claimed, snapshot		withdrawn: nothing done		withdrawn: nothing done
 *		executing				begun again (the target is	unknown: the act may or may not
 *								named, so twice is once)	have been done
 *		executed, verifying		begun again					unknown: done, but not verified
 *		rolling back			begun again					begun again
 *
 * What a remedy that can be undone has changed outlives a restart: from executing on it is rolled back. Giving back
 * fails then and is tried again. A function of a user's that takes the server down is not begun again.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "db/worker.h"
#include "decide/plan_pg.h"
#include "history/escalation_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "recover/action_pg.h"
#include "recover/launch_pg.h"
#include "recover/recoverer_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

#define MAX_LAUNCHES \
	3 /* of one recovery: a recoverer that keeps dying is not tried for ever */

typedef struct Launch
{
	int64 recovery; /* 0 = free */
	BackgroundWorkerHandle *handle;
	int launches;
} Launch;

static Launch launched[HEAL_MAX_RECOVERIES]; /* of this engine process */

/* One that the ledger has forgotten needs no place here. */
static bool
is_kept(int64 recovery)
{
	HealRecovery ignored;

	return heal_ledger_copy_recovery(recovery, &ignored);
}

static Launch *
launch_of(int64 recovery, bool create)
{
	Launch *slot = NULL;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		if (launched[i].recovery == recovery)
			return &launched[i];
		if ((launched[i].recovery == 0 || !is_kept(launched[i].recovery)) &&
			slot == NULL)
			slot = &launched[i];
	}
	if (!create || slot == NULL)
		return NULL;
	slot->recovery = recovery;
	slot->launches = 0;
	slot->handle = NULL;
	return slot;
}

static void
forget_launch(int64 recovery)
{
	Launch *launch = launch_of(recovery, false);

	if (launch == NULL)
		return;
	if (launch->handle != NULL)
		pfree(launch->handle);
	memset(launch, 0, sizeof(*launch));
}

static bool
has_launched(void)
{
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (launched[i].recovery != 0)
			return true;
	return false;
}

static bool
is_alive(const HealRecovery *recovery)
{
	Launch *launch = launch_of(recovery->id, false);
	if (launch != NULL && launch->handle != NULL)
		return heal_worker_runs(launch->handle);
	/* launched by an engine before this one */
	return heal_recoverer_is_alive(recovery->recoverer);
}

static bool
launch(const HealRecovery *recovery)
{
	Launch *slot = launch_of(recovery->id, true);
	char name[BGW_MAXLEN];
	const HealWorker worker = {
		.type = "selfheal recoverer",
		.name = name,
		.function = "heal_recoverer_main",
		.start = BgWorkerStart_ConsistentState,
		.connects = true,
		.wakes = true,
		.argument = Int64GetDatum(recovery->id),
	};
	bool started;

	if (slot == NULL) /* cannot be: as many as the ledger keeps */
		return false;
	snprintf(name, sizeof(name), "selfheal recoverer %lld",
			 (long long) recovery->id);
	started = heal_worker_launch(&worker, &slot->handle);
	if (started)
		slot->launches++;
	heal_engine_set_worker_slots_short(!started);
	return started;
}

static void
expire_or_withdraw(HealRecovery *recovery, HealLedger *ledger, TimestampTz now)
{
	HealFailure *failure = heal_ledger_failure(ledger, recovery->failure);

	if (recovery->failure != 0 &&
		(failure == NULL || failure->status == HEAL_FAILURE_CLOSED))
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							failure ? failure->verdict
									: "its failure is no longer on record");
	else if (now >= recovery->expires_at)
		heal_recovery_store(recovery, HEAL_EXPIRED, "nothing was done: %s",
							recovery->stage == HEAL_PROPOSED
								? "nobody answered in time"
								: "it could not be begun in time");
}

static bool
is_launching(const HealRecovery *recovery)
{
	Launch *launch = launch_of(recovery->id, false);

	return launch != NULL && launch->handle != NULL && is_alive(recovery);
}

static bool
touches(const HealRecovery *recovery)
{
	return heal_remedy_touches((HealRemedyId) recovery->remedy);
}

/* Those that only watch and those that take long have places of their own, so that they never keep a cure waiting. */
static bool
share_places(const HealRecovery *a, const HealRecovery *b)
{
	return touches(a) == touches(b) &&
		   heal_remedies[a->remedy].slow == heal_remedies[b->remedy].slow;
}

/*
 * True when it must wait its turn: as many run as may, or one on the same component does. One that has
 * been launched and has not claimed yet counts, or two would meet there.
 */
static bool
must_wait(const HealRecovery *recovery, const HealLedger *ledger)
{
	int running = 0;

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *other = &ledger->recovery[i];

		if (other->id == 0 || other->id == recovery->id ||
			heal_stage_is_final((HealStage) other->stage) ||
			!share_places(other, recovery) || other->stage == HEAL_PROPOSED ||
			(other->stage == HEAL_APPROVED && !is_launching(other)))
			continue;
		running++;
		if (touches(recovery) &&
			strcmp(other->component, recovery->component) == 0)
			return true;
	}
	return running >= (heal_remedies[recovery->remedy].slow
						   ? 1
						   : heal_concurrent_recoveries);
}

static void
begin(HealRecovery *recovery, HealLedger *ledger,
	  const HealSituation *situation)
{
	HealGuardFacts facts;
	HealJudgement verdict;
	Launch *earlier = launch_of(recovery->id, false);

	if (is_launching(recovery) || situation == NULL ||
		heal_hold_stage == HEAL_APPROVED || must_wait(recovery, ledger))
		return;
	if (earlier != NULL && earlier->launches >= MAX_LAUNCHES)
	{
		heal_recovery_store(
			recovery, HEAL_FAILED,
			"nothing was done: its recoverer ended %d times before it began",
			earlier->launches);
		return;
	}
	facts = heal_plan_facts(ledger, recovery, situation, !recovery->autonomous);
	verdict = heal_guard_judge(&facts);
	if (verdict.kind == HEAL_REFUSE)
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							verdict.reason);
	else
		launch(recovery);
}

/* Whose functions it runs: its own, or those of the one that it takes back. */
static HealRecovery
whose_act(const HealRecovery *recovery)
{
	HealRecovery undone;

	if (recovery->undoes != 0 &&
		heal_ledger_copy_recovery(recovery->undoes, &undone))
		return undone;
	return *recovery;
}

/* Right after a start nobody has read yet what a user's remedy consists of. */
static bool
is_known(const HealRecovery *recovery)
{
	HealRecovery act = whose_act(recovery);

	return !heal_remedy_is_user(act.remedy) || heal_user_remedies_known();
}

/* What is to be given back says by itself whether it is in effect: begun and not in effect it was not done. */
static void
settle_change(HealRecovery *recovery)
{
	bool done;

	if (!heal_remedies[recovery->remedy].given_back ||
		recovery->stage != HEAL_EXECUTING)
		return;
	done = heal_action_of(recovery)->effect(recovery) == NULL;
	recovery->change.done = done ? HEAL_TARGET_SIGNALLED : HEAL_TARGET_SKIPPED;
}

/* Its recoverer is gone and it is not at an end: go on, or say that nobody can. */
static void
look_after(HealRecovery *recovery)
{
	Launch *earlier = launch_of(recovery->id, false);

	if (recovery->stage == HEAL_CLAIMED || recovery->stage == HEAL_SNAPSHOT)
		heal_recovery_store(
			recovery, HEAL_WITHDRAWN,
			"nothing was done: its recoverer was ended before it acted");
	else if (earlier != NULL && earlier->launches >= MAX_LAUNCHES)
	{
		settle_change(recovery);
		heal_recovery_store(recovery, HEAL_UNKNOWN,
							"its recoverer was ended %d times: needs a human",
							earlier->launches);
		heal_escalate_recovery(recovery);
	}
	else
		launch(recovery);
}

/* Giving back can be done again and again, so what became of it is found out by doing it. */
static bool
is_given_back_again(const HealRecovery *recovery)
{
	return heal_remedies[recovery->remedy].action == HEAL_ACTION_GIVE_BACK &&
		   recovery->stage >= HEAL_EXECUTING &&
		   recovery->stage <= HEAL_VERIFYING;
}

static void
settle_unfinished(HealRecovery *recovery)
{
	if (is_given_back_again(recovery))
	{
		heal_recovery_store(
			recovery, HEAL_FAILED,
			"the server was restarted before it was verified: it is tried again");
		return;
	}
	switch ((HealStage) recovery->stage)
	{
		case HEAL_PROPOSED:
		case HEAL_APPROVED:
		case HEAL_CLAIMED:
		case HEAL_SNAPSHOT:
			heal_recovery_store(
				recovery, HEAL_WITHDRAWN,
				"nothing was done: the server was restarted before it was begun; what still holds is decided on anew");
			break;
		case HEAL_ROLLING_BACK: /* begun again: what is undone already is left as it is */
			return;
		case HEAL_EXECUTING:
			heal_recovery_store(
				recovery, HEAL_UNKNOWN,
				"the server was restarted when the act may or may not have been done: needs a human to look at its target");
			break;
		default:
			heal_recovery_store(
				recovery, HEAL_UNKNOWN,
				"it was done, but the server was restarted before its effect was verified: needs a human");
			break;
	}
}

/* One that takes the server down is not run again, neither for this failure nor for the next. */
static void
forbid(const HealRecovery *recovery)
{
	HealComponentPolicy policy = {
		.in_force = 1,
		.remedy = recovery->remedy,
		.autonomy = HEAL_OBSERVE,
		.max_retries = HEAL_LEFT_OPEN,
		.timeout = HEAL_LEFT_OPEN,
		.at = GetCurrentTimestamp(),
		.component = "all",
		.by = "selfheal",
	};
	char name[HEAL_NAME_SIZE];

	snprintf(
		policy.reason, sizeof(policy.reason),
		"the server crashed, or was stopped at once, while recovery %lld ran it",
		(long long) recovery->id);
	heal_ledger_write(HEAL_RECORD_POLICY, &policy, true);
	ereport(
		heal_log_at(HEAL_LOG_ERROR),
		errmsg("selfheal: remedy \"%s\" is not run any more",
			   heal_recovery_remedy_name(recovery, name)),
		errdetail("%s.", policy.reason),
		errhint(
			"When its function is mended, call selfheal.reset_component_policy('all', '%s'), or remove the remedy and add it again.",
			name));
}

/* What a server restart does not undo, and what it was for cannot be verified any more. */
static bool
is_to_be_undone(const HealRecovery *recovery)
{
	return (recovery->stage == HEAL_EXECUTING ||
			recovery->stage == HEAL_EXECUTED ||
			recovery->stage == HEAL_VERIFYING) &&
		   heal_recovery_can_be_undone(recovery) && heal_rollback_enabled;
}

static void
settle_after_restart(HealRecovery *recovery)
{
	HealRecovery act = whose_act(recovery);
	bool crashed = heal_user_remedy_crashed(&act);

	settle_change(recovery);
	if (crashed)
		forbid(&act);
	if (crashed && recovery->stage == HEAL_ROLLING_BACK)
		heal_recovery_store(
			recovery, HEAL_UNKNOWN,
			"the server crashed, or was stopped at once, while the undo function ran, which is not run again: needs a human to look at its target");
	else if (is_to_be_undone(recovery))
		heal_recovery_store(
			recovery, HEAL_ROLLING_BACK,
			"the server was restarted before the effect was verified, so it is undone");
	else
		settle_unfinished(recovery);
	if (recovery->stage == HEAL_UNKNOWN)
		heal_escalate_recovery(recovery);
	ereport(heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: recovery %lld is %s: %s",
				   (long long) recovery->id,
				   heal_stage_name((HealStage) recovery->stage),
				   recovery->message));
}

/* After a restart every session is a new one, so no failure of before can still be the same. */
static void
settle_failures_after_restart(HealLedger *ledger)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		HealFailure *failure = &ledger->failure[i];

		if (failure->id == 0 || failure->status == HEAL_FAILURE_CLOSED)
			continue;
		failure->status = HEAL_FAILURE_CLOSED;
		failure->closed_at = GetCurrentTimestamp();
		strlcpy(failure->verdict, "the server was restarted",
				sizeof(failure->verdict));
		heal_ledger_write(HEAL_RECORD_FAILURE, failure, false);
	}
}

/* Whoever has changed it while the server was down wanted it so. */
static void
settle_what_is_owed(const HealLedger *ledger)
{
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		const HealRecovery *recovery = &ledger->recovery[i];

		if (recovery->id != 0 && heal_remedies[recovery->remedy].given_back &&
			recovery->change.done == HEAL_TARGET_SIGNALLED &&
			heal_action_of(recovery)->effect(recovery) != NULL)
			heal_ledger_settle(recovery->id);
	}
}

void
heal_recover_reconcile(void)
{
	HealLedger *ledger;

	if (!heal_ledger_ready(NULL) || !heal_ledger_unreconciled())
		return;
	ledger = heal_ledger_copy();
	settle_failures_after_restart(ledger);
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (ledger->recovery[i].id != 0 &&
			!heal_stage_is_final((HealStage) ledger->recovery[i].stage))
			settle_after_restart(&ledger->recovery[i]);
	settle_what_is_owed(ledger);
	heal_ledger_set_reconciled();
}

static void
advance(HealRecovery *recovery, HealLedger *ledger, TimestampTz now)
{
	bool waiting =
		recovery->stage == HEAL_PROPOSED || recovery->stage == HEAL_APPROVED;

	if (waiting && !is_launching(recovery))
		expire_or_withdraw(recovery, ledger, now);
	if (recovery->stage == HEAL_APPROVED)
		begin(recovery, ledger, heal_situation_current());
	else if (!waiting && !is_alive(recovery) && is_known(recovery))
		look_after(recovery);
}

void
heal_recover_stage(void)
{
	TimestampTz now = GetCurrentTimestamp();
	HealLedger *ledger;

	if (!heal_ledger_ready(NULL) || (heal_ledger_quiet() && !has_launched()))
		return;
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
	{
		HealRecovery *recovery = &ledger->recovery[i];

		CHECK_FOR_INTERRUPTS();
		if (recovery->id != 0 &&
			!heal_stage_is_final((HealStage) recovery->stage))
			advance(recovery, ledger, now);
		if (recovery->id != 0 &&
			heal_stage_is_final((HealStage) recovery->stage))
			forget_launch(recovery->id);
	}
}
