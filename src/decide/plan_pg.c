/*
 * plan_pg.c
 *		A recovery's plan: whom it concerns, what is called, and what the rails are asked about it.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "common/hashfn.h"
#include "utils/timestamp.h"

#include "db/directory.h"
#include "decide/plan_pg.h"
#include "detect/failure_slot.h"
#include "detect/patience.h"
#include "gate/throttle_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "recover/change_setting_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/sampler_pg.h"
#include "sample/source_pg.h"
#include "settings.h"

HealFailureLimits
heal_plan_limits(void)
{
	HealFailureLimits limits = {
		.connection_slots_threshold = heal_connection_slots_threshold,
		.idle_session_age = heal_idle_session_age * HEAL_SECOND,
		.runaway_age = heal_runaway_statement_age * HEAL_SECOND,
		.slot_wal = heal_slot_wal_limit * 1024.0 * 1024.0,
	};
	char error[256];

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
	limits.patience[HEAL_LOCK_PILEUP_IDLE] =
		heal_idle_blocker_patience * HEAL_MILLISECOND;
	limits.patience[HEAL_LOCK_PILEUP_ACTIVE] =
		heal_active_blocker_patience * HEAL_MILLISECOND;
	limits.patience[HEAL_CONNECTION_SLOTS] =
		heal_connection_slots_patience * HEAL_MILLISECOND;
	/* checked when it was set */
	(void) heal_patience_read(heal_failure_patience_list, limits.patience,
							  error, sizeof(error));
	return limits;
}

HealPolicyInForce
heal_plan_policy(const HealLedger *ledger, const char *component, int remedy)
{
	return heal_component_policy_in_force(ledger->policy, component, remedy,
										  heal_max_retries(),
										  heal_recovery_timeout());
}

/* Aiming */

static uint64
hash_text(const char *text, uint64 hash)
{
	return hash_bytes_extended((const unsigned char *) text, strlen(text),
							   hash);
}

/* Field by field: what lies between them is anybody's guess. */
static uint64
hash_subject(const HealSubject *subject, uint64 hash)
{
	uint64 fields[] = {subject->kind,
					   subject->database,
					   subject->role,
					   subject->relation,
					   subject->number,
					   subject->session.pid,
					   subject->session.backend_start,
					   subject->transaction};

	hash = hash_bytes_extended((const unsigned char *) fields, sizeof(fields),
							   hash);
	return hash_text(subject->name, hash_text(subject->schema, hash));
}

uint64
heal_plan_hash(const HealRecovery *recovery)
{
	uint64 hash = hash_bytes_extended((const unsigned char *) &recovery->remedy,
									  sizeof(recovery->remedy), 0);

	hash = hash_subject(&recovery->subject, hash);
	hash = hash_text(recovery->change.after, hash);
	if (recovery->undoes != 0)
		hash = hash_bytes_extended((const unsigned char *) &recovery->undoes,
								   sizeof(recovery->undoes), hash);

	for (int i = 0; i < recovery->targets; i++)
	{
		const HealTarget *target = &recovery->target[i];

		hash = hash_bytes_extended((const unsigned char *) &target->id.pid,
								   sizeof(target->id.pid), hash);
		hash = hash_bytes_extended(
			(const unsigned char *) &target->id.backend_start,
			sizeof(target->id.backend_start), hash);
		hash = hash_bytes_extended(
			(const unsigned char *) &target->transaction_start,
			sizeof(target->transaction_start), hash);
		hash = hash_bytes_extended((const unsigned char *) &target->idle_since,
								   sizeof(target->idle_since), hash);
	}
	return hash;
}

void
heal_plan_name_session(const HealSession *session, char *role, char *database,
					   char *application)
{
	const HealRole *known = heal_directory_role(session->role);
	const char *name = heal_directory_database(session->database);

	strlcpy(role, known ? NameStr(known->name) : "", HEAL_NAME_SIZE);
	strlcpy(database, name ? name : "", HEAL_NAME_SIZE);
	strlcpy(application, session->application, HEAL_NAME_SIZE);
}

void
heal_plan_name_source(const HealSubject *subject, char *role, char *database,
					  char *application)
{
	const HealRole *known = heal_directory_role(subject->role);
	const char *name = heal_directory_database(subject->database);

	strlcpy(role, known ? NameStr(known->name) : "", HEAL_NAME_SIZE);
	strlcpy(database, name ? name : "", HEAL_NAME_SIZE);
	strlcpy(application, subject->name, HEAL_NAME_SIZE);
}

void
heal_plan_name_database(HealRecovery *recovery, Oid database)
{
	const char *name = heal_directory_database(database);

	strlcpy(recovery->target_database, name ? name : "", HEAL_NAME_SIZE);
}

void
heal_plan_aim(HealRecovery *recovery, const HealSituation *situation,
			  const int *sessions, int count)
{
	recovery->targets = Min(count, HEAL_MAX_TARGETS);
	for (int i = 0; i < recovery->targets; i++)
	{
		const HealSession *session = &situation->session[sessions[i]];
		HealTarget *target = &recovery->target[i];

		target->id = session->id;
		target->transaction_start = session->transaction_start;
		if (recovery->remedy == HEAL_REMEDY_TERMINATE_IDLE_SESSIONS)
			target->idle_since = session->state_change;
		target->role = session->role;
		target->database = session->database;
	}
	if (recovery->targets > 0)
		heal_plan_name_session(&situation->session[sessions[0]],
							   recovery->target_role, recovery->target_database,
							   recovery->target_application);
}

/* Facts for the rails */

/* Who is mostly protected, or is so by name. */
static HealProtection
protection_of_source(const HealSubject *subject, const HealSituation *situation)
{
	for (int i = 0; i < situation->sources; i++)
	{
		HealSubject other = heal_subject_of_source(&situation->source[i]);

		if (situation->source[i].protection != HEAL_PROTECTED_NOT &&
			heal_subject_same(&other, subject))
			return situation->source[i].protection;
	}
	return heal_source_protection(subject->role, subject->database,
								  subject->name);
}

/* What a superuser has left is for superusers to clear away. */
static HealProtection
protection_of(const HealSubject *subject, const HealSituation *situation)
{
	const HealRole *owner;

	if (subject->kind == HEAL_SUBJECT_SOURCE)
		return protection_of_source(subject, situation);
	if (subject->kind == HEAL_SUBJECT_SLOT)
	{
		const HealSlot *slot = heal_slot_of(situation, subject);

		return slot != NULL && slot->is_protected ? HEAL_PROTECTED_BY_SETTING
												  : HEAL_PROTECTED_NOT;
	}
	if (subject->kind != HEAL_SUBJECT_PREPARED)
		return HEAL_PROTECTED_NOT;
	owner = heal_directory_role(subject->role);
	if (owner == NULL)
		return HEAL_PROTECTED_UNKNOWN;
	return owner->superuser ? HEAL_PROTECTED_SUPERUSER : HEAL_PROTECTED_NOT;
}

static bool
alters_system(const HealRecovery *recovery)
{
	switch (heal_remedies[recovery->remedy].action)
	{
		case HEAL_ACTION_BOUND:
		case HEAL_ACTION_DEGRADE:
		case HEAL_ACTION_RESTORE:
			return true;
		case HEAL_ACTION_SETTING:
		case HEAL_ACTION_RAISE:
		case HEAL_ACTION_GIVE_BACK:
			return recovery->subject.database == 0 &&
				   recovery->subject.role == 0;
		default:
			return false;
	}
}

/* Acts on settings only: no value is known that would do, or nobody may set one. */
static bool
cannot_be_set(const HealRecovery *recovery)
{
	HealActionKind action = heal_remedies[recovery->remedy].action;
	bool has_no_value = (action == HEAL_ACTION_SETTING ||
						 heal_remedy_lends((HealRemedyId) recovery->remedy)) &&
						!recovery->change.kept;

	return has_no_value ||
		   (alters_system(recovery) && heal_alter_system_is_forbidden());
}

static void
judge_targets(HealGuardFacts *facts, const HealRecovery *recovery,
			  const HealSituation *situation)
{
	/* an act on sessions without any is on nobody, whatever its failure is about */
	if (heal_remedy_is_user(recovery->remedy))
		facts->targets =
			1; /* its function; whatever else it does is not ours to count */
	else if (heal_remedies[recovery->remedy].action != HEAL_ACTION_SIGNAL)
	{
		facts->targets = recovery->subject.kind != HEAL_SUBJECT_SERVER ||
						 recovery->undoes != 0;
		facts->protection =
			heal_remedies[recovery->remedy].action == HEAL_ACTION_RAISE_ROLE
				? heal_source_protection(recovery->subject.role,
										 recovery->subject.database, "")
				: protection_of(&recovery->subject, situation);
		facts->no_plan = cannot_be_set(recovery);
	}
	else
		facts->targets = recovery->targets;
	for (int i = 0; i < recovery->targets; i++)
	{
		const HealTarget *target = &recovery->target[i];
		int found = heal_situation_lookup(situation, target->id);

		if (found < 0 || situation->session[found].transaction_start !=
							 target->transaction_start)
		{
			facts->targets_changed++;
			continue;
		}
		facts->protection =
			Max(facts->protection, situation->session[found].protection);
		facts->contested |= situation->session[found].contested;
		facts->youngest = Max(facts->youngest, target->transaction_start);
	}
}

static bool
is_critical(const HealLedger *ledger, const HealRecovery *recovery)
{
	const HealFailure *failure =
		heal_ledger_failure((HealLedger *) ledger, recovery->failure);

	return failure != NULL &&
		   strcmp(heal_failure_severity(failure->peak_waiters, failure->kind),
				  "critical") == 0;
}

/* On suspicion alone; by a user's remedy only as long as it is the one that did it. */
static bool
can_be_undone(const HealRecovery *recovery)
{
	return heal_recovery_can_be_undone(recovery) &&
		   !heal_remedies[recovery->remedy].guards &&
		   (!heal_remedy_is_user(recovery->remedy) ||
			heal_user_remedy_of(recovery) != NULL);
}

/* Somebody lifted it, or the server was restarted. */
static bool
is_over(const HealRecovery *recovery)
{
	return !heal_throttle_in_force(recovery->id);
}

static bool
is_not_undone(const HealRecovery *recovery)
{
	return false;
}

HealBlame
heal_plan_blame(const HealLedger *ledger, int64 failure, const char *component,
				HealTime since)
{
	const HealFailure *about =
		heal_ledger_failure((HealLedger *) ledger, failure);

	if (about != NULL && heal_failures[about->kind].names_cause)
		return (HealBlame){.kind = HEAL_BLAME_NONE};
	return heal_blame(ledger, failure, component, since,
					  heal_cooldown * HEAL_SECOND,
					  about != NULL && heal_failures[about->kind].idle_culprit
						  ? is_not_undone
						  : can_be_undone,
					  is_over);
}

/* To take back the act is not what its suspicion keeps from being done. */
static bool
is_blamed(const HealLedger *ledger, const HealRecovery *recovery)
{
	return recovery->failure != 0 && recovery->undoes == 0 &&
		   heal_plan_blame(ledger, recovery->failure, recovery->component,
						   recovery->failure_since)
				   .kind != HEAL_BLAME_NONE;
}

/* To give back is the other half of what a human has approved. */
static bool
is_agreed(const HealLedger *ledger, const HealRecovery *recovery)
{
	const HealRecovery *lent =
		heal_ledger_recovery((HealLedger *) ledger, recovery->undoes);

	return lent != NULL &&
		   (heal_remedies[lent->remedy].given_back ||
			heal_recovery_is_a_loan(lent)) &&
		   recovery->remedy != HEAL_REMEDY_UNDO_OWN_ACT && !lent->autonomous;
}

HealGuardFacts
heal_plan_facts(const HealLedger *ledger, const HealRecovery *recovery,
				const HealSituation *situation, bool human)
{
	TimestampTz now = GetCurrentTimestamp();
	HealFailureLimits limits = heal_plan_limits();
	HealPolicyInForce policy =
		heal_plan_policy(ledger, recovery->component, recovery->remedy);
	const HealBreaker *breaker = heal_breaker_find(
		ledger->breaker, recovery->remedy, recovery->component);
	HealGuardFacts facts = {
		.remedy = recovery->remedy,
		.human = human,
		.agreed = is_agreed(ledger, recovery),
		.granted = heal_remedy_listed(heal_granted_remedies,
									  (HealRemedyId) recovery->remedy),
		.enabled = heal_enabled,
		.stopped = ledger->stop.at != 0,
		.paused = heal_ledger_paused(ledger, recovery->component, now),
		.passive = ledger->passive.at != 0,
		.autonomy = heal_autonomy,
		.restricted = policy.restricted,
		.policy = policy.strictest,
		.critical = is_critical(ledger, recovery),
		.statistical =
			recovery->kind >= 0 &&
			heal_failures[recovery->kind].evidence == HEAL_BY_ANOMALIES,
		.now = now,
		.newest_sample = heal_sample_newest_at(),
		.sample_interval = heal_engine_cadence(),
		/* what a human asks for has not lasted */
		.clock_step = heal_engine_clock_step(
			recovery->kind >= 0 ? heal_failure_must_last(
									  (HealFailureKind) recovery->kind, &limits)
								: 0),
		.in_recovery = RecoveryInProgress(),
		.acts_10min = heal_ledger_acts_since(ledger, now - 10 * HEAL_MINUTE,
											 recovery->id),
		.acts_hour =
			heal_ledger_acts_since(ledger, now - HEAL_HOUR, recovery->id),
		.acts_day =
			heal_ledger_acts_since(ledger, now - HEAL_DAY, recovery->id),
		.max_acts_10min = heal_max_acts_10min,
		.max_acts_hour = heal_max_acts_hour,
		.max_acts_day = heal_max_acts_day,
		.last_own_act = heal_ledger_last_own_act(
			ledger, recovery->kind, recovery->remedy, recovery->id),
		.cooldown = heal_cooldown * HEAL_SECOND,
		.comebacks = heal_ledger_throttled(ledger, &recovery->subject,
										   now - HEAL_COMES_BACK_WITHIN),
		.blamed = is_blamed(ledger, recovery),
		.consecutive_failures = breaker ? breaker->failures : 0,
		.breaker_failures = heal_breaker_failures,
		.in_flight =
			heal_ledger_in_flight(ledger, recovery->component, recovery->id),
		.open_failures = heal_ledger_open_failures(ledger),
	};

	/* who has made the patience shorter than that means it */
	facts.youth = recovery->kind >= 0 ? Min(HEAL_YOUNG_TRANSACTION,
											limits.patience[recovery->kind])
									  : HEAL_YOUNG_TRANSACTION;
	judge_targets(&facts, recovery, situation);
	return facts;
}

static void
go_ahead(HealRecovery *recovery)
{
	strlcpy(recovery->decided_by, "selfheal", sizeof(recovery->decided_by));
	strlcpy(recovery->decision_reason, "within the rails, so nobody was asked",
			sizeof(recovery->decision_reason));
	recovery->approved_at = GetCurrentTimestamp();
	heal_recovery_store(recovery, HEAL_APPROVED,
						"within the rails: done without asking");
}

bool
heal_plan_propose(HealRecovery *recovery, const HealJudgement *verdict)
{
	const HealRemedy *remedy = &heal_remedies[recovery->remedy];

	snprintf(recovery->message, sizeof(recovery->message), "%s: %s",
			 remedy->name, remedy->does);
	strlcpy(recovery->rails, verdict->reason, sizeof(recovery->rails));
	recovery->autonomous = verdict->kind == HEAL_GO;
	if (!heal_recovery_create(recovery))
		return false;
	if (verdict->kind == HEAL_GO)
	{
		go_ahead(recovery);
		return true;
	}
	ereport(
		heal_log_at(HEAL_LOG_WARN),
		errmsg("selfheal: proposes to %s (recovery %lld)", remedy->does,
			   (long long) recovery->id),
		errdetail("%s. It is asked for because %s.", recovery->evidence,
				  verdict->reason),
		errhint("SELECT selfheal.approve(%lld, 'why'), or selfheal.reject().",
				(long long) recovery->id));
	return true;
}
