/*
 * diagnosis_pg.h
 *		Every confirmed failure gets a diagnosis, as long as it is open.
 */
#ifndef HEAL_DIAGNOSIS_PG_H
#define HEAL_DIAGNOSIS_PG_H

#include "postgres.h"

#include "cause/diagnosis.h"
#include "history/ledger.h"

/* In the engine, as soon as a failure is confirmed. Raises no error of its own; what cannot be told stays untold. */
extern void heal_diagnose(const HealFailure *failure);
/* A stage of the heartbeat: those that are open are looked at again, as evidence comes in late. */
extern void heal_diagnose_stage(void);
/*
 * In the engine: the other failure in the ledger that this one comes from, by its diagnosis: one that is confirmed and
 * comes from nothing else, otherwise one whose patience still runs; NULL = none is known. *confidence is that of the
 * diagnosis.
 */
extern const HealFailure *
heal_diagnosis_blames(const HealLedger *ledger, const HealFailure *failure,
					  double *confidence);

/* How many incidents this engine has kept. */
extern int64 heal_incidents_kept(void);

#endif
