/*
 * recoverer_pg.c
 *		The worker that takes one recovery through its stages.
 *
 * A background worker needs no connection slot, so it heals when every slot is taken. One that acts is
 * attached to the database it acts in, because the server checks the acting role's rights by catalogs that
 * only a process with a database can read; one that only watches is attached to none. Each stage is
 * journalled before it is begun, and each step can be begun again: a recoverer that was ended half way is
 * followed by another that goes on where the record says. What is done is the business of the act
 * (recover/action_pg.h); here is only when.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/procarray.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/clock.h"
#include "db/reload.h"
#include "decide/plan_pg.h"
#include "history/escalation_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "recover/action_pg.h"
#include "recover/backoff.h"
#include "recover/look_pg.h"
#include "recover/recoverer_pg.h"
#include "recover/userremedy_pg.h"
#include "recover/wait_pg.h"
#include "recover/watch_pg.h"
#include "settings.h"

#define LOOK_EVERY_MS 50

/* What this process knows beyond the record: lost with it, and not needed to go on. */
static bool taken_over = false; /* another may have acted before us */
static int64 give_up_us; /* when its time is over, on the monotonic clock */

static const HealRemedy *
remedy_of(const HealRecovery *recovery)
{
	return &heal_remedies[recovery->remedy];
}

static const char *
statement_of(const HealRecovery *recovery)
{
	return heal_action_of(recovery)->statement(recovery);
}

/* Doing */

static void
step_claimed(HealRecovery *recovery)
{
	const HealAction *action = heal_action_of(recovery);
	const HealSituation *situation = heal_look();
	const char *reason = heal_look_objection(recovery, situation);
	char before[HEAL_VALUE_SIZE + 32] = "";

	if (reason == NULL && action->keep != NULL)
		reason = action->keep(recovery);
	if (reason != NULL)
	{
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							reason);
		return;
	}
	heal_watch_sufferers(recovery, situation);
	if (recovery->change.kept)
		snprintf(before, sizeof(before), "; the value is \"%s\"",
				 recovery->change.before);
	heal_recovery_store(
		recovery, HEAL_SNAPSHOT,
		"before: %d sessions wait, %d of %d connection slots are used%s",
		situation->waiters, situation->slots_used, situation->slots_total,
		before);
}

static void
step_snapshot(HealRecovery *recovery)
{
	recovery->attempt = 1;
	if (heal_remedy_touches((HealRemedyId) recovery->remedy))
		recovery->acted_at = GetCurrentTimestamp();
	for (int i = 0; i < recovery->targets; i++)
		recovery->target[i].state = HEAL_TARGET_INTENDED;
	recovery->change.done = HEAL_TARGET_INTENDED;
	if (heal_recovery_store(recovery, HEAL_EXECUTING, "intent: %s",
							statement_of(recovery)) == HEAL_NOT_DURABLE)
		heal_recovery_store(
			recovery, HEAL_WITHDRAWN,
			"nothing was done: the intent could not be written to the journal");
}

/* A test or a careful operator may hold recoveries. */
static void
wait_while_held(int stage)
{
	while (heal_hold_stage == stage)
		heal_wait_ms(LOOK_EVERY_MS);
	CHECK_FOR_INTERRUPTS();
}

/* What is left to do by hand, as sentences. */
static const char *
advice(const HealRecovery *recovery)
{
	const HealAction *action = heal_action_of(recovery);

	if (recovery->change.done == HEAL_TARGET_NOT_IN_EFFECT)
		return "pg_settings shows what the server uses and where that comes from; SELECT pg_reload_conf() has it read its files again. ";
	if (recovery->stage == HEAL_FAILED &&
		recovery->change.done == HEAL_TARGET_SIGNALLED &&
		heal_recovery_can_be_undone(recovery) && action->undo != NULL)
		return psprintf("What was changed is taken back by: %s. ",
						action->undo_statement(recovery));
	return "";
}

static void
tell_end(const HealRecovery *recovery, HealLogLevel level)
{
	ereport(heal_log_at(level),
			errmsg("selfheal: recovery %lld %s: %s", (long long) recovery->id,
				   heal_stage_name((HealStage) recovery->stage),
				   recovery->message),
			errhint("%sSELECT selfheal.explain(%lld); tells how it came to it.",
					advice(recovery), (long long) recovery->id));
}

/* There is nothing to verify. Nobody else would tell a human of what the engine could not bring about without a failure. */
static void
end_at_once(HealRecovery *recovery, HealDone done, const char *outcome)
{
	bool left = done == HEAL_LEFT_ALONE;

	heal_recovery_store(
		recovery, left ? HEAL_WITHDRAWN : HEAL_FAILED, "%s%s",
		done == HEAL_BROKEN_OFF
			? "it could not be done, and nothing is left of it: "
			: "",
		outcome);
	if (done == HEAL_NOT_IN_EFFECT && recovery->origin == HEAL_BY_ENGINE)
		heal_escalate_recovery(recovery);
	tell_end(recovery, left ? HEAL_LOG_INFO : HEAL_LOG_ERROR);
}

static void
step_executing(HealRecovery *recovery)
{
	bool again = taken_over || recovery->attempt > 1;
	char outcome[HEAL_SENTENCE] = "";
	HealDone done;

	CHECK_FOR_INTERRUPTS();
	done = heal_action_of(recovery)->act(recovery, taken_over, outcome,
										 sizeof(outcome));
	wait_while_held(HEAL_HOLD_ACTED);
	heal_action_note(recovery, done);
	if (done == HEAL_DONE &&
		heal_remedy_touches((HealRemedyId) recovery->remedy))
		ereport(LOG,
				errmsg("selfheal: recovery %lld: %s", (long long) recovery->id,
					   remedy_of(recovery)->does),
				errdetail("%s; decided by %s. %s.", statement_of(recovery),
						  recovery->decided_by, recovery->evidence));
	if (done == HEAL_BROKEN_OFF || done == HEAL_NOT_IN_EFFECT ||
		done == HEAL_LEFT_ALONE)
		end_at_once(recovery, done, outcome);
	else if (done == HEAL_NOT_DONE && !again)
		heal_recovery_store(recovery, HEAL_WITHDRAWN, "nothing was done: %s",
							outcome);
	else
		heal_recovery_store(recovery, HEAL_EXECUTED, "%s", outcome);
}

static void
step_executed(HealRecovery *recovery)
{
	heal_recovery_store(recovery, HEAL_VERIFYING, "watching: %s",
						remedy_of(recovery)->expects);
}

/* Verifying */

/* Of one that was drafted without it, the setting's. */
static HealTime
timeout_of(const HealRecovery *recovery)
{
	return (recovery->timeout > 0 ? recovery->timeout
								  : heal_recovery_timeout()) *
		   HEAL_SECOND;
}

/* On the monotonic clock. One that another began has what is left of its time. */
static int64
give_up_time(const HealRecovery *recovery)
{
	HealTime timeout = timeout_of(recovery);
	int64 left = recovery->claimed_at + timeout - GetCurrentTimestamp();

	return heal_monotonic_us() + Max(0, Min(left, timeout));
}

/* What can be put back is put back and not tried again: the state was right before. */
static bool
is_to_be_undone(const HealRecovery *recovery)
{
	return heal_recovery_can_be_undone(recovery) && heal_rollback_enabled &&
		   heal_action_of(recovery)->undo != NULL;
}

/* Before the given attempt. An eighth of the time at most, or doubling would leave no time for the last ones. */
static HealTime
delay_before(const HealRecovery *recovery, int attempt)
{
	return heal_backoff(heal_retry_delay() * HEAL_SECOND, attempt, recovery->id,
						timeout_of(recovery) / 8);
}

/* Another attempt makes sense only while there is somebody left to act on and time to do it. */
static bool
may_try_again(const HealRecovery *recovery, const HealSituation *situation)
{
	return recovery->attempt < recovery->max_attempts &&
		   heal_watch_target_left(recovery, situation) &&
		   heal_monotonic_us() + delay_before(recovery, recovery->attempt + 1) <
			   give_up_us;
}

static void
try_again(HealRecovery *recovery)
{
	recovery->attempt++;
	heal_wait_ms(delay_before(recovery, recovery->attempt) / HEAL_MILLISECOND);
	for (int i = 0; i < recovery->targets; i++)
		recovery->target[i].state = HEAL_TARGET_INTENDED;
	if (heal_recovery_store(recovery, HEAL_EXECUTING,
							"it did not help yet; attempt %d of %d: %s",
							recovery->attempt, recovery->max_attempts,
							statement_of(recovery)) == HEAL_NOT_DURABLE)
		heal_recovery_store(
			recovery, HEAL_FAILED,
			"it did not help, and the intent to try again could not be written to the journal");
}

static const char *
what_is_missing(const HealRecovery *recovery, const HealSituation *situation,
				const HealEffect *effect)
{
	const HealAction *action = heal_action_of(recovery);
	const char *missing =
		action->effect != NULL ? action->effect(recovery) : NULL;

	if (missing != NULL)
		return missing;
	if (recovery->targets == 0)
		return psprintf(
			"the failure still holds, %d of %d sessions still wait as before",
			effect->still_waiting, effect->sufferers);
	return psprintf("%s, %d of %d sessions still wait as before",
					heal_watch_target_left(recovery, situation)
						? "the target is still there"
						: "the target is gone",
					effect->still_waiting, effect->sufferers);
}

static void
finish_unhealed(HealRecovery *recovery, const HealSituation *situation,
				const HealEffect *effect)
{
	if (is_to_be_undone(recovery))
	{
		heal_recovery_store(recovery, HEAL_ROLLING_BACK,
							"it did not help: %s; undoing: %s",
							what_is_missing(recovery, situation, effect),
							heal_action_of(recovery)->undo_statement(recovery));
		return;
	}
	if (may_try_again(recovery, situation))
	{
		try_again(recovery);
		return;
	}
	recovery->waiters_after = effect->still_waiting;
	if (!heal_remedy_touches((HealRemedyId) recovery->remedy))
		heal_recovery_store(recovery, HEAL_FAILED,
							"it did not go away by itself within %d s",
							(int) (timeout_of(recovery) / HEAL_SECOND));
	else
		heal_recovery_store(recovery, HEAL_FAILED, "it did not help: %s",
							what_is_missing(recovery, situation, effect));
	tell_end(recovery, HEAL_LOG_ERROR);
}

/* What was done is watched for its whole time, however late it was done; what can be tried again, for half of it. */
static HealEffect
watch_attempt(const HealRecovery *recovery, const HealSituation **situation)
{
	int64 started = heal_monotonic_us();
	int64 verify_us = remedy_of(recovery)->verify_ms * HEAL_MILLISECOND;
	HealEffect effect;

	if (verify_us == 0)
		return heal_watch(recovery, give_up_us, situation);
	effect = heal_watch(recovery, started + verify_us / 2, situation);
	if (!heal_verify_healed(&effect) &&
		(is_to_be_undone(recovery) || !may_try_again(recovery, *situation)))
		effect = heal_watch(recovery, started + verify_us, situation);
	return effect;
}

static void
step_verifying(HealRecovery *recovery)
{
	const HealSituation *situation;
	HealEffect effect = watch_attempt(recovery, &situation);

	if (!heal_verify_healed(&effect))
	{
		finish_unhealed(recovery, situation, &effect);
		return;
	}
	recovery->waiters_after = 0;
	if (recovery->kind < 0 &&
		!heal_remedy_touches((HealRemedyId) recovery->remedy))
	{
		heal_recovery_store(recovery, HEAL_SUCCEEDED,
							"there is nothing to verify: nothing was called");
		return;
	}
	if (recovery->kind < 0 && heal_remedy_is_user(recovery->remedy))
		heal_recovery_store(
			recovery, HEAL_SUCCEEDED,
			"it was done; there is no failure that could say whether it helped, only its verify function, if it has one");
	else if (heal_action_of(recovery)->verified != NULL)
		heal_recovery_store(
			recovery, HEAL_SUCCEEDED, "%s",
			heal_action_of(recovery)->verified(recovery, situation));
	else
		heal_recovery_store(
			recovery, HEAL_SUCCEEDED,
			"%s: %d sessions that waited got on; %d of %d connection slots are used",
			heal_remedy_touches((HealRemedyId) recovery->remedy)
				? "healed"
				: "it went away by itself",
			effect.sufferers, situation->slots_used, situation->slots_total);
	tell_end(recovery, HEAL_LOG_INFO);
}

/* Undoing: the time for it is its own, however long the act and its verification took. */
static void
step_rolling_back(HealRecovery *recovery)
{
	const HealAction *action = heal_action_of(recovery);
	const char *problem = "";

	for (int attempt = 1; attempt <= recovery->max_attempts; attempt++)
	{
		if (attempt > 1)
			heal_wait_ms(delay_before(recovery, attempt) / HEAL_MILLISECOND);
		problem = action->undo(recovery);
		if (problem == NULL)
			break;
	}
	if (problem == NULL)
		heal_recovery_store(recovery, HEAL_ROLLED_BACK,
							"it did not help and was undone: %s",
							action->undo_statement(recovery));
	else
		heal_recovery_store(recovery, HEAL_FAILED, "it did not help and %s: %s",
							recovery->change.done == HEAL_TARGET_NOT_IN_EFFECT
								? "needs a human"
								: "could not be undone, which needs a human",
							problem);
	if (problem != NULL)
		heal_escalate_recovery(recovery);
	tell_end(recovery, HEAL_LOG_ERROR);
}

typedef void (*Step)(HealRecovery *recovery);

static const Step steps[HEAL_STAGES] = {
	[HEAL_CLAIMED] = step_claimed,	   [HEAL_SNAPSHOT] = step_snapshot,
	[HEAL_EXECUTING] = step_executing, [HEAL_EXECUTED] = step_executed,
	[HEAL_VERIFYING] = step_verifying, [HEAL_ROLLING_BACK] = step_rolling_back,
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

		wait_while_held(recovery->stage);
		pgstat_report_activity(STATE_RUNNING,
							   heal_stage_name((HealStage) recovery->stage));
		steps[recovery->stage](recovery);
		if (recovery->stage == stage && recovery->steps == step)
			elog(ERROR, "recovery %lld does not move from stage \"%s\"",
				 (long long) recovery->id, heal_stage_name((HealStage) stage));
	}
}

/* In what the act needs. Attached by OID where there is one: a database may have been renamed. */
static void
attach(const HealRecovery *recovery)
{
	HealRecovery undone;
	Oid database;

	/* where the act that is taken back was done */
	if (recovery->undoes != 0 &&
		heal_ledger_copy_recovery(recovery->undoes, &undone))
		recovery = &undone;
	database = recovery->targets > 0 ? recovery->target[0].database
									 : recovery->subject.database;

	if (!heal_action_of(recovery)->in_database)
		BackgroundWorkerInitializeConnectionByOid(InvalidOid, InvalidOid, 0);
	else if (OidIsValid(database) && !heal_action_of(recovery)->at_home)
		BackgroundWorkerInitializeConnectionByOid(database, InvalidOid,
												  BGWORKER_BYPASS_ALLOWCONN);
	else
		BackgroundWorkerInitializeConnection(heal_database, NULL,
											 BGWORKER_BYPASS_ALLOWCONN);
}

static void
start_worker(const HealRecovery *recovery)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	attach(recovery);
	SetConfigOption("lock_timeout", "1s", PGC_USERSET,
					PGC_S_OVERRIDE); /* catalogs may be locked */
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET,
					PGC_S_OVERRIDE);
	/* no commit of ours waits for a standby, which may be what is to be healed */
	SetConfigOption("synchronous_commit", "local", PGC_USERSET, PGC_S_OVERRIDE);
	/* a standby begins no serializable transaction */
	SetConfigOption("default_transaction_isolation", "read committed",
					PGC_USERSET, PGC_S_OVERRIDE);
	heal_no_transaction_timeout();
	heal_look_init();
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
	heal_user_remedies_load();
	start_worker(&recovery);
	before_shmem_exit(wake_engine_at_exit, (Datum) 0);
	if (claim(&recovery))
	{
		give_up_us = give_up_time(&recovery);
		run(&recovery);
	}
	proc_exit(0);
}
