/*
 * look_pg.h
 *		What a recoverer sees, and what speaks against going on.
 */
#ifndef HEAL_LOOK_PG_H
#define HEAL_LOOK_PG_H

#include "postgres.h"

#include "recover/recovery.h"

/* Once, at the start of the process. */
extern void heal_look_init(void);
/* A fresh picture in the transaction we are in; the one before is forgotten. */
extern const HealSituation *heal_look_here(void);
/* The same in a transaction of its own, with the settings read again when they have changed. */
extern const HealSituation *heal_look(void);

/* True when the failure, as its catalogue proves it, still holds about this recovery's subject. */
extern bool heal_look_failure_holds(const HealRecovery *recovery,
									const HealSituation *situation);
/*
 * Whether what the recovery is for still needs it. Freeing connection slots goes on below the threshold
 * as far as it was planned, or the next client would be the next failure.
 */
extern bool heal_look_is_needed(const HealRecovery *recovery,
								const HealSituation *situation);
/* Why the rails forbid it now, or NULL. What was allowed by itself and now asks is forbidden as well. */
extern const char *
heal_look_rails(const HealRecovery *recovery, const HealSituation *situation);
/*
 * Why it must not go on, or NULL: the plan is another one, the failure is over, or the rails say so.
 * For acts that are not on sessions; those look at each session besides.
 */
extern const char *heal_look_objection(const HealRecovery *recovery,
									   const HealSituation *situation);

#endif
