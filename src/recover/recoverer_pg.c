/*
 * recoverer_pg.c
 *		The worker that takes one recovery through its stages.
 *
 * A background worker needs no connection slot, so it heals when every slot is taken. One that acts on
 * sessions is attached to the database of its first target, because the server checks the acting
 * role's rights by catalogs that only a process with a database can read; one that only watches is
 * attached to none. Each stage is journalled before it is begun, and each step can be begun again: a recoverer
 * that was ended half way is followed by another that goes on where the record says. The last look
 * at the target comes right before the signal; between the two lie microseconds, as in the server's
 * own pg_terminate_backend().
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procarray.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/clock.h"
#include "decide/plan_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "recover/action_signal_pg.h"
#include "recover/recoverer_pg.h"
#include "recover/verify.h"
#include "sample/situation_pg.h"
#include "settings.h"

#define LOOK_EVERY_MS 50
#define SETTLE \
	(300 * HEAL_MILLISECOND) /* the cure must last this long to count */

/* What this process knows beyond the record: lost with it, and not needed to go on. */
static HealSufferer sufferers[HEAL_MAX_SUFFERERS];
static int sufferer_count = 0;
static bool taken_over = false; /* another may have acted before us */
static MemoryContext look_context;
static int64 give_up_us; /* when its time is over, on the monotonic clock */

static const HealRemedy *
remedy_of(const HealRecovery *recovery)
{
	return &heal_remedies[recovery->remedy];
}

/* A remedy that touches nobody watches the culprit of its failure. */
static HealIdentity
culprit_of(const HealRecovery *recovery)
{
	HealIdentity nobody = {0, 0};
	HealFailure *failure;

	if (recovery->targets > 0)
		return recovery->target[0].id;
	failure = heal_ledger_failure(heal_ledger_copy(), recovery->failure);
	return failure != NULL ? failure->culprit : nobody;
}

static void
reload_if_asked(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

/* All of it, whoever sets our latch meanwhile. */
static void
wait_ms(long ms)
{
	int64 end = heal_monotonic_us() + ms * HEAL_MILLISECOND;

	for (int64 left = end - heal_monotonic_us(); left > 0;
		 left = end - heal_monotonic_us())
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left / HEAL_MILLISECOND + 1, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		reload_if_asked();
	}
}

/* A fresh picture, in the transaction we are in; the one before is forgotten. */
static const HealSituation *
look_here(void)
{
	HealSituation *situation;
	MemoryContext before;

	reload_if_asked(); /* what protects or forbids may have changed */
	MemoryContextReset(look_context);
	before = MemoryContextSwitchTo(look_context);
	situation = heal_situation_take();
	MemoryContextSwitchTo(before);
	return situation;
}

static const HealSituation *
look(void)
{
	const HealSituation *situation;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	situation = look_here();
	CommitTransactionCommand();
	MemoryContextSwitchTo(look_context);
	return situation;
}

static bool
is_human(const HealRecovery *recovery)
{
	return !recovery->autonomous;
}

/* True when the failure, as its catalogue proves it, still has this recovery's culprit. */
static bool
failure_holds(const HealRecovery *recovery, const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();
	HealFinding *findings = palloc(sizeof(HealFinding) * HEAL_MAX_FINDINGS);
	HealIdentity culprit;
	int count;

	if (recovery->kind < 0)
		return true;
	count = heal_failures[recovery->kind].find(situation, &limits, findings,
											   HEAL_MAX_FINDINGS);
	if (recovery->kind == HEAL_CONNECTION_SLOTS)
		return count > 0;
	culprit = culprit_of(recovery);
	for (int i = 0; i < count; i++)
		if (findings[i].culprit >= 0 &&
			situation->session[findings[i].culprit].id.pid == culprit.pid &&
			situation->session[findings[i].culprit].id.backend_start ==
				culprit.backend_start)
			return true;
	return false;
}

/* The rails, asked again with what is true now. */
static HealJudgement
ask_rails(const HealRecovery *recovery, const HealSituation *situation)
{
	HealLedger *ledger = heal_ledger_copy();
	HealGuardFacts facts =
		heal_plan_facts(ledger, recovery, situation, is_human(recovery));

	return heal_guard_judge(&facts);
}

/* Why it must not go on, or NULL. What was allowed by itself and now asks is refused as well. */
static const char *
objection(const HealRecovery *recovery, const HealSituation *situation)
{
	HealJudgement verdict;

	if (recovery->plan_hash != heal_plan_hash(recovery))
		return "the plan is not the one that was decided on";
	if (!failure_holds(recovery, situation))
		return "the failure no longer holds at the last look";
	verdict = ask_rails(recovery, situation);
	return verdict.kind == HEAL_GO ? NULL : pstrdup(verdict.reason);
}

static void
step_claimed(HealRecovery *recovery)
{
	const HealSituation *situation = look();
	const char *reason = objection(recovery, situation);

	if (reason != NULL)
	{
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							reason);
		return;
	}
	sufferer_count = heal_verify_sufferers(situation, culprit_of(recovery),
										   sufferers, HEAL_MAX_SUFFERERS);
	if (sufferer_count > 0)
	{
		recovery->waiters_before = sufferer_count;
		recovery->oldest_wait_before = sufferers[0].wait_start;
		for (int i = 1; i < sufferer_count; i++)
			recovery->oldest_wait_before =
				Min(recovery->oldest_wait_before, sufferers[i].wait_start);
	}
	heal_recovery_store(
		recovery, HEAL_SNAPSHOT,
		"before: %d sessions wait, %d of %d connection slots are used",
		situation->waiters, situation->slots_used, situation->slots_total);
}

static void
step_snapshot(HealRecovery *recovery)
{
	recovery->attempt = 1;
	if (remedy_of(recovery)->max_targets > 0)
		recovery->acted_at = GetCurrentTimestamp();
	for (int i = 0; i < recovery->targets; i++)
		recovery->target[i].state = HEAL_TARGET_INTENDED;
	if (heal_recovery_store(recovery, HEAL_EXECUTING, "intent: %s",
							heal_plan_statement(recovery)) == HEAL_NOT_DURABLE)
		heal_recovery_store(
			recovery, HEAL_WITHDRAWN,
			"nothing was done: the intent could not be written to the journal");
}

/*
 * Whether what the recovery is for still needs it. Freeing connection slots goes on below the threshold
 * as far as it was planned, or the next client would be the next failure.
 */
static bool
is_needed(const HealRecovery *recovery, const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();

	if (recovery->kind != HEAL_CONNECTION_SLOTS)
		return failure_holds(recovery, situation);
	return situation->slots_used >
		   (limits.connection_slots_threshold - HEAL_SLOTS_TO_FREE) *
			   situation->slots_total;
}

typedef struct Aim
{
	const HealRecovery *recovery;
	const HealTarget *target;
} Aim;

/* The last look: the target is still what it was, the failure still needs it, the rails still allow it. */
static const char *
last_look(void *argument)
{
	const HealRecovery *recovery = ((Aim *) argument)->recovery;
	const HealTarget *target = ((Aim *) argument)->target;
	const HealSituation *situation = look_here();
	int found = heal_situation_lookup(situation, target->id);
	const HealSession *session;
	HealJudgement verdict;

	if (found < 0)
		return "it is gone";
	session = &situation->session[found];
	if (session->transaction_start != target->transaction_start)
		return "its transaction is another one by now";
	if (session->protection != HEAL_PROTECTED_NOT)
		return psprintf("it %s", heal_protection_reason(session->protection));
	if (recovery->remedy == HEAL_REMEDY_TERMINATE_IDLE_SESSIONS &&
		(session->state != HEAL_SESSION_IDLE ||
		 session->state_change != target->idle_since))
		return "it is no longer idle, or has been in use since";
	if (!is_needed(recovery, situation))
		return "the failure no longer holds at the last look";
	verdict = ask_rails(recovery, situation);
	if (verdict.kind == HEAL_REFUSE ||
		(verdict.kind == HEAL_ASK && recovery->autonomous))
		return pstrdup(verdict.reason);
	return NULL;
}

/* Returns why it was left alone, or NULL. */
static const char *
act_on(const HealRecovery *recovery, const HealTarget *target)
{
	static char why[HEAL_SENTENCE];
	Aim aim = {recovery, target};
	HealSignal signal = recovery->remedy == HEAL_REMEDY_CANCEL_BLOCKER
							? HEAL_SIGNAL_CANCEL
							: HEAL_SIGNAL_TERMINATE;

	return heal_signal_send(signal, target->id.pid, last_look, &aim, why,
							sizeof(why))
			   ? NULL
			   : why;
}

static void
step_executing(HealRecovery *recovery)
{
	int signalled = 0;
	const char *reason = "there was nobody to act on";

	for (int i = 0; i < recovery->targets; i++)
	{
		HealTarget *target = &recovery->target[i];
		const char *left_alone;

		CHECK_FOR_INTERRUPTS();
		left_alone = act_on(recovery, target);
		if (left_alone == NULL)
			target->state = HEAL_TARGET_SIGNALLED;
		else if (!taken_over) /* else the intent is all that is known */
			target->state = HEAL_TARGET_SKIPPED;
		if (left_alone)
			reason = pstrdup(left_alone);
		else
			signalled++;
	}
	if (signalled > 0)
		ereport(LOG,
				errmsg("selfheal: recovery %lld: %s", (long long) recovery->id,
					   remedy_of(recovery)->does),
				errdetail("%s; decided by %s. %s.",
						  heal_plan_statement(recovery), recovery->decided_by,
						  recovery->evidence));
	if (remedy_of(recovery)->max_targets == 0)
		heal_recovery_store(recovery, HEAL_EXECUTED, "nothing was called");
	else if (signalled > 0)
		heal_recovery_store(recovery, HEAL_EXECUTED,
							"attempt %d: %d of %d sessions signalled",
							recovery->attempt, signalled, recovery->targets);
	else if (recovery->attempt > 1)
		heal_recovery_store(recovery, HEAL_EXECUTED,
							"attempt %d: nobody left to signal: %s",
							recovery->attempt, reason);
	else if (taken_over)
		heal_recovery_store(
			recovery, HEAL_EXECUTED,
			"the recoverer before this one may have sent the signal; now nobody is left to signal: %s",
			reason);
	else
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							reason);
}

static void
step_executed(HealRecovery *recovery)
{
	heal_recovery_store(recovery, HEAL_VERIFYING, "watching: %s",
						remedy_of(recovery)->expects);
}

static bool
any_target_left(const HealRecovery *recovery, const HealSituation *situation)
{
	for (int i = 0; i < recovery->targets; i++)
	{
		int found = heal_situation_lookup(situation, recovery->target[i].id);

		if (found >= 0 && situation->session[found].transaction_start ==
							  recovery->target[i].transaction_start)
			return true;
	}
	return false;
}

/* Watch until healed and settled, or until the attempt's time is over. */
static HealEffect
watch(const HealRecovery *recovery, int64 until_us, const HealSituation **last)
{
	HealFailureLimits limits = heal_plan_limits();
	HealIdentity culprit = culprit_of(recovery);
	int64 healed_since = 0;
	HealEffect effect;

	for (;;)
	{
		int64 now;

		*last = look();
		now = heal_monotonic_us();
		effect = heal_verify_effect(*last, &limits, recovery->kind, culprit,
									sufferers, sufferer_count);
		if (recovery->kind < 0 &&
			recovery->remedy != HEAL_REMEDY_CANCEL_BLOCKER)
			effect.gone = !any_target_left(
				recovery, *last); /* all that were named, and nothing else */
		if (!heal_verify_healed(&effect))
			healed_since = 0;
		else if (healed_since == 0)
			healed_since = now;
		if (healed_since != 0 && now - healed_since >= SETTLE)
			return effect;
		if (now >= until_us && healed_since == 0)
			return effect;
		wait_ms(LOOK_EVERY_MS);
	}
}

/* On the monotonic clock. One that another began has what is left of its time. */
static int64
give_up_time(const HealRecovery *recovery)
{
	int64 timeout = heal_recovery_timeout() * HEAL_SECOND;
	int64 left = recovery->claimed_at + timeout - GetCurrentTimestamp();

	return heal_monotonic_us() + Max(0, Min(left, timeout));
}

/* Another attempt makes sense only while there is somebody left to act on and time to do it. */
static bool
may_try_again(const HealRecovery *recovery, const HealSituation *situation)
{
	return recovery->attempt < recovery->max_attempts &&
		   any_target_left(recovery, situation) &&
		   heal_monotonic_us() + heal_retry_delay() * HEAL_SECOND < give_up_us;
}

static void
finish_unhealed(HealRecovery *recovery, const HealSituation *situation,
				const HealEffect *effect)
{
	if (may_try_again(recovery, situation))
	{
		wait_ms(heal_retry_delay() * 1000L);
		recovery->attempt++;
		for (int i = 0; i < recovery->targets; i++)
			recovery->target[i].state = HEAL_TARGET_INTENDED;
		if (heal_recovery_store(recovery, HEAL_EXECUTING,
								"it did not help yet; attempt %d of %d: %s",
								recovery->attempt, recovery->max_attempts,
								heal_plan_statement(recovery)) ==
			HEAL_NOT_DURABLE)
			heal_recovery_store(
				recovery, HEAL_FAILED,
				"it did not help, and the intent to try again could not be written to the journal");
		return;
	}
	recovery->waiters_after = effect->still_waiting;
	if (remedy_of(recovery)->max_targets == 0)
		heal_recovery_store(recovery, HEAL_FAILED,
							"it did not go away by itself within %d s",
							heal_recovery_timeout());
	else
		heal_recovery_store(
			recovery, HEAL_FAILED,
			"it did not help: %s, %d of %d sessions still wait as before",
			any_target_left(recovery, situation) ? "the target is still there"
												 : "the target is gone",
			effect->still_waiting, effect->sufferers);
	ereport(heal_log_at(HEAL_LOG_ERROR),
			errmsg("selfheal: recovery %lld failed: %s",
				   (long long) recovery->id, recovery->message));
}

static void
step_verifying(HealRecovery *recovery)
{
	int verify_ms = remedy_of(recovery)->verify_ms;
	/* what was done is looked at for its whole time, however late it was done */
	int64 until_us = verify_ms > 0
						 ? heal_monotonic_us() + verify_ms * HEAL_MILLISECOND
						 : give_up_us;
	const HealSituation *situation;
	HealEffect effect = watch(recovery, until_us, &situation);

	if (!heal_verify_healed(&effect))
	{
		finish_unhealed(recovery, situation, &effect);
		return;
	}
	recovery->waiters_after = 0;
	heal_recovery_store(
		recovery, HEAL_SUCCEEDED,
		"%s: %d sessions that waited got on; %d of %d connection slots are used",
		remedy_of(recovery)->max_targets == 0 ? "it went away by itself"
											  : "healed",
		effect.sufferers, situation->slots_used, situation->slots_total);
	ereport(heal_log_at(HEAL_LOG_INFO),
			errmsg("selfheal: recovery %lld succeeded: %s",
				   (long long) recovery->id, recovery->message));
}

typedef void (*Step)(HealRecovery *recovery);

static const Step steps[HEAL_STAGES] = {
	[HEAL_CLAIMED] = step_claimed,	   [HEAL_SNAPSHOT] = step_snapshot,
	[HEAL_EXECUTING] = step_executing, [HEAL_EXECUTED] = step_executed,
	[HEAL_VERIFYING] = step_verifying,
};

bool
heal_recoverer_is_alive(int pid)
{
	const char *type = pid != 0 ? GetBackgroundWorkerTypeByPid(pid) : NULL;

	return type != NULL && strcmp(type, "selfheal recoverer") == 0;
}

/* Another that an engine before this one launched. */
static bool
somebody_else_does_it(const HealRecovery *recovery)
{
	return recovery->recoverer != MyProcPid &&
		   heal_recoverer_is_alive(recovery->recoverer);
}

/* Take it on; false when somebody else has, or it is no longer to be done. */
static bool
claim(HealRecovery *recovery)
{
	if (somebody_else_does_it(recovery))
		return false;
	if (recovery->stage != HEAL_APPROVED)
	{
		taken_over = recovery->stage == HEAL_EXECUTING;
		if (!heal_recovery_take_over(recovery, MyProcPid))
			return false;
		recovery->recoverer = MyProcPid;
		return steps[recovery->stage] != NULL;
	}
	recovery->recoverer = MyProcPid;
	recovery->claimed_at = GetCurrentTimestamp();
	return heal_recovery_store(recovery, HEAL_CLAIMED, "taken on by process %d",
							   MyProcPid) == HEAL_STORED;
}

static void
run(HealRecovery *recovery)
{
	while (steps[recovery->stage] != NULL)
	{
		int stage = recovery->stage;
		int step = recovery->steps;

		/* a test or a careful operator may hold recoveries here */
		while (heal_hold_stage == recovery->stage)
			wait_ms(LOOK_EVERY_MS);
		CHECK_FOR_INTERRUPTS();
		pgstat_report_activity(STATE_RUNNING,
							   heal_stage_name((HealStage) recovery->stage));
		steps[recovery->stage](recovery);
		if (recovery->stage == stage && recovery->steps == step)
			elog(ERROR, "recovery %lld does not move from stage \"%s\"",
				 (long long) recovery->id, heal_stage_name((HealStage) stage));
	}
}

static void
start_worker(Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	SetConfigOption("lock_timeout", "1s", PGC_USERSET,
					PGC_S_OVERRIDE); /* catalogs may be locked */
	heal_no_transaction_timeout();
	look_context = AllocSetContextCreate(TopMemoryContext, "selfheal recoverer",
										 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(look_context);
}

static void
wake_engine_at_exit(int code, Datum argument)
{
	heal_engine_wake();
}

void
heal_recoverer_main(Datum argument)
{
	HealRecovery recovery;

	if (!heal_ledger_copy_recovery(DatumGetInt64(argument), &recovery))
		proc_exit(0);
	start_worker(recovery.targets > 0 ? recovery.target[0].database
									  : InvalidOid);
	before_shmem_exit(wake_engine_at_exit, (Datum) 0);
	if (claim(&recovery))
	{
		give_up_us = give_up_time(&recovery);
		run(&recovery);
	}
	proc_exit(0);
}
