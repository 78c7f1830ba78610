/*
 * plan_pg.h
 *		A recovery's plan: whom it concerns, what is called, and what the rails are asked about it.
 */
#ifndef HEAL_PLAN_PG_H
#define HEAL_PLAN_PG_H

#include "postgres.h"

#include "decide/blame.h"
#include "decide/guard.h"
#include "detect/failure.h"
#include "history/ledger.h"

/* Settings as the proofs want them. */
extern HealFailureLimits heal_plan_limits(void);
/* What holds for this remedy on this component: the settings, unless a policy says otherwise. */
extern HealPolicyInForce
heal_plan_policy(const HealLedger *ledger, const char *component, int remedy);
/* Fill targets and the names a human reads, from sessions of a situation. Needs a transaction. */
extern void
heal_plan_aim(HealRecovery *recovery, const HealSituation *situation,
			  const int *sessions, int count);
/* Names are "" when they cannot be looked up; each has room for HEAL_NAME_SIZE. Needs a transaction. */
extern void heal_plan_name_session(const HealSession *session, char *role,
								   char *database, char *application);
/* The same of a source. */
extern void heal_plan_name_source(const HealSubject *subject, char *role,
								  char *database, char *application);
/* The database a human reads of, for what is no session. */
extern void heal_plan_name_database(HealRecovery *recovery, Oid database);
/* What an approval is bound to: remedy and exact targets. */
extern uint64 heal_plan_hash(const HealRecovery *recovery);
/* Which act of ours may have brought on a failure that began then. */
extern HealBlame heal_plan_blame(const HealLedger *ledger, int64 failure,
								 const char *component, HealTime since);
/* Everything the rails ask about a recovery, gathered now; the targets are judged in situation. */
extern HealGuardFacts
heal_plan_facts(const HealLedger *ledger, const HealRecovery *recovery,
				const HealSituation *situation, bool human);
/*
 * Puts a drafted recovery that the rails do not refuse into the ledger: approved when it may be done unasked, else with a
 * line in the log that asks. False when the ledger cannot keep it.
 */
extern bool
heal_plan_propose(HealRecovery *recovery, const HealJudgement *verdict);

#endif
