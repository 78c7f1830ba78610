/*
 * escalation_pg.h
 *		Tell a human that selfheal is at its end: as a row, a line in the log and a NOTIFY.
 */
#ifndef HEAL_ESCALATION_PG_H
#define HEAL_ESCALATION_PG_H

#include "postgres.h"

#include "history/ledger_pg.h"

/*
 * Once for the same failure and recovery. recovery 0 = no act was possible. Anywhere; never raises an error.
 */
extern void heal_escalate_failure(const HealFailure *failure, int64 recovery,
								  const char *why);
/* A recovery that needs a human; the reason is what its newest step says. */
extern void heal_escalate_recovery(const HealRecovery *recovery);

/* Scribe: send what was not told yet, outside of a transaction. Never raises an error. */
extern void heal_escalation_tell(void);
/* Whether something is left to tell: notifications are few and far between. */
extern bool heal_escalation_untold(void);

#endif
