/*
 * propose_pg.h
 *		What is done about one failure whose patience is over. Engine only.
 */
#ifndef HEAL_PROPOSE_PG_H
#define HEAL_PROPOSE_PG_H

#include "history/ledger.h"
#include "sample/situation.h"

/* The newest recovery for a failure that the ledger still has; NULL = none. */
extern HealRecovery *heal_newest_recovery(HealLedger *ledger, int64_t failure);
/* Proposes the next remedy, has it done, or says why not; nothing while the last one is not at its end. */
extern void
heal_decide_on(HealLedger *ledger, HealFailure *failure,
			   const HealFinding *finding, const HealSituation *situation);

#endif
