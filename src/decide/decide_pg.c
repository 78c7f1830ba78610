/*
 * decide_pg.c
 *		From what a situation proves to a recovery, or to the reason why there is none.
 *
 * Failures are kept in the ledger from the moment they are seen; only when one has held longer than
 * its patience is anything decided.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "cause/diagnosis_pg.h"
#include "decide/decide_pg.h"
#include "decide/plan_pg.h"
#include "decide/propose_pg.h"
#include "decide/routine.h"
#include "detect/sighting.h"
#include "detect/track_pg.h"
#include "history/event.h"
#include "history/ledger_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/sampler_pg.h"
#include "settings.h"

/* A wait shorter than this is everyday life and not even watched. */
#define SEEN_AFTER HEAL_SECOND

/* More waiters make the patience shorter, so while it runs they are counted more often than samples are taken. */
#define LOOK_AGAIN (250 * HEAL_MILLISECOND)

static HealRoutine routine = HEAL_ROUTINE_NEW;
static HealSighting sightings[HEAL_MAX_SIGHTINGS];
static TimestampTz next_due = DT_NOEND;

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
	if (type->urgency == HEAL_ROUTINE)
		heal_routine_see(&routine);
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
			heal_routine_wait(&routine, finding->due);
		else if (!type->counts_from_sight)
			next_due = Min(next_due, now + LOOK_AGAIN);
		return;
	}
	if (failure->status == HEAL_FAILURE_WATCHING)
	{
		heal_failure_confirm(failure, now);
		heal_diagnose(failure);
	}
	if (failure->status == HEAL_FAILURE_CONFIRMED)
		heal_decide_on(ledger, failure, finding, situation);
}

static const char *
how_it_ended(HealLedger *ledger, const HealFailure *failure)
{
	HealRecovery *last = heal_newest_recovery(ledger, failure->id);
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
		last = heal_newest_recovery(ledger, failure->id);
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
	bool all = heal_routine_is_due(&routine, now,
								   heal_monitoring_interval() * HEAL_SECOND);
	HealLedger *ledger;
	int count;

	next_due = all ? DT_NOEND : routine.deadline;
	if (situation == NULL || !heal_ledger_ready(NULL))
		return;
	if (all)
		heal_routine_look(&routine, now);
	count = heal_failure_find_all(situation, &limits,
								  all ? HEAL_ROUTINE : HEAL_URGENT, findings,
								  HEAL_MAX_FINDINGS);
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
