/*
 * cascade_pg.h
 *		What will follow from the cause of a failure, or from a leading indicator, in the engine.
 */
#ifndef HEAL_CASCADE_PG_H
#define HEAL_CASCADE_PG_H

#include "postgres.h"

#include "cause/diagnosis.h"
#include "cause/question_pg.h"
#include "history/ledger.h"

/* After the diagnosis of a failure with a cause that was found: with the same question, what will follow from that. */
extern void
heal_cascade_foresee(HealQuestion *question, const HealFailure *failure,
					 const HealDiagnosis *diagnosis);
/*
 * What will follow from leading indicators: of three at a time, each once a minute, and none of what an open failure shows
 * or brings.
 */
extern void heal_cascade_foresee_early(HealQuestion *question);
/* Every heartbeat: whether what was foreseen has come, every ten seconds and when a failure is over. */
extern void heal_cascade_look(void);

#endif
