/*
 * action_maintain_pg.c
 *		Analyze or vacuum a table, as autovacuum would have done.
 *
 * The statement is carried out at top level with the rights of the table's owner, and the server itself runs the
 * functions of its indexes restricted, so that nobody's code has ours. It is in nobody's way:
 * its lock is had at once or not at all, it goes at autovacuum's pace, and while it runs the server takes it for an
 * autovacuum worker: whoever waits for deadlock_timeout behind it has it cancelled.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/execute_pg.h"
#include "decide/plan_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/relation_pg.h"
#include "scan/ailment_pg.h"

#define LONGEST_MS (2 * 60 * 60 * 1000)

static bool
vacuums(const HealRecovery *recovery)
{
	return recovery->remedy == HEAL_REMEDY_VACUUM_TABLE;
}

static HealAilmentKind
ailment_of(const HealRecovery *recovery)
{
	if (!vacuums(recovery))
		return HEAL_AILMENT_STATISTICS;
	return recovery->subject.number >= HEAL_VACUUM_FREEZE
			   ? HEAL_AILMENT_AGE
			   : HEAL_AILMENT_DEAD_ROWS;
}

/* Its end is not cut off, as that takes an exclusive lock, on standbys too. */
static const char *
maintain_statement(const HealRecovery *recovery)
{
	const char *name = heal_relation_name(&recovery->subject);

	if (!vacuums(recovery))
		return psprintf("ANALYZE (SKIP_LOCKED) %s", name);
	return psprintf(
		"VACUUM (%sSKIP_LOCKED, TRUNCATE off, PARALLEL 0%s) %s",
		recovery->subject.number >= HEAL_VACUUM_FREEZE ? "FREEZE, " : "",
		recovery->subject.number >= HEAL_VACUUM_URGENT ? ", INDEX_CLEANUP off"
													   : "",
		name);
}

/* By hand */

/* As the server itself judges: from its own limits on, freezing is what matters. */
static int
urgency_of(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	int32 transactions = 0;
	int32 multixacts = 0;

	if (!HeapTupleIsValid(tuple))
		return 0;
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (TransactionIdIsNormal(form->relfrozenxid))
		transactions = (int32) (ReadNextTransactionId() - form->relfrozenxid);
	if (MultiXactIdIsValid(form->relminmxid))
		multixacts = (int32) (ReadNextMultiXactId() - form->relminmxid);
	ReleaseSysCache(tuple);
	if (transactions > vacuum_failsafe_age ||
		multixacts > vacuum_multixact_failsafe_age)
		return HEAL_VACUUM_URGENT;
	if (transactions > autovacuum_freeze_max_age ||
		multixacts > autovacuum_multixact_freeze_max_age)
		return HEAL_VACUUM_FREEZE;
	return 0;
}

static void
maintain_aim(HealRecovery *recovery, const char *target,
			 const HealSituation *situation)
{
	strlcpy(recovery->component, "maintenance", sizeof(recovery->component));
	recovery->subject =
		heal_relation_parse(target, "rm", heal_remedies[recovery->remedy].name);
	if (vacuums(recovery))
		recovery->subject.number = urgency_of(recovery->subject.relation);
	heal_plan_name_database(recovery, MyDatabaseId);
}

/* Before the act */

static const char *
still_ails(void *argument)
{
	const HealRecovery *recovery = argument;
	Oid relation = recovery->subject.relation;

	if (heal_relation_ails(ailment_of(recovery), relation, relation))
		return NULL;
	heal_ailments_forget(ailment_of(recovery), &recovery->subject);
	return "somebody has done it meanwhile, or the table is gone";
}

/* There is nothing to keep; whoever named the table wants it done whatever it looks like. */
static const char *
maintain_keep(HealRecovery *recovery)
{
	return recovery->kind < 0 ? NULL : heal_attempt(still_ails, recovery);
}

/* The act */

/*
 * Who is blocked by a process with this flag cancels it after deadlock_timeout; DROP DATABASE ends it. The flag
 * means nothing else to the server.
 */
static void
give_way(bool give)
{
	LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	if (give)
		MyProc->statusFlags |= PROC_IS_AUTOVACUUM;
	else
		MyProc->statusFlags &= ~PROC_IS_AUTOVACUUM;
	ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
	LWLockRelease(ProcArrayLock);
}

/* Autovacuum's, unless it is told to go at full speed. */
static void
set_pace(void)
{
	char delay[32];

	snprintf(delay, sizeof(delay), "%g",
			 autovacuum_vac_cost_delay > 0 ? autovacuum_vac_cost_delay : 2.0);
	SetConfigOption("vacuum_cost_delay", delay, PGC_USERSET, PGC_S_OVERRIDE);
	if (autovacuum_vac_cost_limit > 0)
	{
		snprintf(delay, sizeof(delay), "%d", autovacuum_vac_cost_limit);
		SetConfigOption("vacuum_cost_limit", delay, PGC_USERSET,
						PGC_S_OVERRIDE);
	}
}

static bool
run(const HealRecovery *recovery, const HealHeld *held, char *outcome,
	size_t size)
{
	HealExecution how = {
		.role = held->owner,
		.own_transactions = vacuums(recovery),
		.statement_timeout_ms = LONGEST_MS,
	};
	bool done;

	set_pace();
	give_way(true);
	done = heal_execute_top_level(maintain_statement(recovery), &how, outcome,
								  size);
	give_way(false);
	return done;
}

static HealDone
maintain_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	HealHeld held = {0};
	const char *problem = heal_relation_take_hold(recovery, &held);

	if (problem != NULL)
		snprintf(outcome, size, "%s", problem);
	else
	{
		heal_ailments_acted(ailment_of(recovery));
		if (run(recovery, &held, outcome, size))
		{
			heal_relation_release(&held);
			snprintf(outcome, size, "the table was %s",
					 vacuums(recovery) ? "vacuumed" : "analyzed");
			return HEAL_DONE;
		}
	}
	heal_ailments_put_off(ailment_of(recovery), &recovery->subject);
	return HEAL_NOT_DONE;
}

/* Afterwards */

static const char *
when_done(const HealRecovery *recovery)
{
	return heal_relation_ask(
		vacuums(recovery)
			? "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_stat_get_last_vacuum_time($1))"
			: "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_stat_get_last_analyze_time($1))",
		recovery->subject.relation);
}

static bool
is_since(const char *epoch, TimestampTz act)
{
	return epoch != NULL &&
		   strtod(epoch, NULL) >=
			   (double) (act / USECS_PER_SEC) +
				   (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
}

static const char *
look_again(void *argument)
{
	const HealRecovery *recovery = argument;
	Oid relation = recovery->subject.relation;

	if (!is_since(when_done(recovery), recovery->acted_at))
		return "the statistics system does not show that it was done";
	if (recovery->kind >= 0 &&
		heal_relation_ails(ailment_of(recovery), relation, relation))
		return vacuums(recovery)
				   ? "it is still overdue, so somebody holds back what vacuum may remove or freeze"
				   : "as many rows have changed again";
	heal_ailments_forget(ailment_of(recovery), &recovery->subject);
	return NULL;
}

static const char *
maintain_effect(const HealRecovery *recovery)
{
	return heal_attempt(look_again, (void *) recovery);
}

const HealAction heal_action_maintain = {
	.in_database = true,
	.statement = maintain_statement,
	.aim = maintain_aim,
	.keep = maintain_keep,
	.act = maintain_act,
	.effect = maintain_effect,
};
