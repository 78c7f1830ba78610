/*
 * track_pg.h
 *		A failure's life: seen, confirmed, closed.
 */
#ifndef HEAL_TRACK_PG_H
#define HEAL_TRACK_PG_H

#include "postgres.h"

#include "detect/failure.h"
#include "history/ledger.h"

/*
 * ledger is the caller's copy; what is changed here is changed in it and in the one everybody sees.
 */

/* The open failure that a finding is about, NULL when it is a new one. A blocker's next transaction is another. */
extern HealFailure *
heal_failure_known(HealLedger *ledger, const HealFinding *finding);
/* Put it on record; its patience runs. NULL when there is no room or no journal. */
extern HealFailure *
heal_failure_see(HealLedger *ledger, const HealFinding *finding,
				 const HealSituation *situation);
/* It has outlived its patience. */
extern void heal_failure_confirm(HealFailure *failure, TimestampTz now);
/* What is done about it, or why nothing is: kept, and an event, when it says something new. */
extern void heal_failure_set_verdict(HealFailure *failure, const char *severity,
									 const char *verdict);
extern void heal_failure_close(HealFailure *failure, const char *verdict);

#endif
