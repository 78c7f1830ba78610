/*
 * watch_pg.h
 *		What an act has brought those who suffered. Recoverer only.
 */
#ifndef HEAL_WATCH_PG_H
#define HEAL_WATCH_PG_H

#include "recover/recovery.h"
#include "recover/verify.h"
#include "sample/situation.h"

/* Notes who suffers before the act, here and in the record. */
extern void
heal_watch_sufferers(HealRecovery *recovery, const HealSituation *situation);
/* Whether a session that was to be acted on is there, with the same transaction. */
extern bool heal_watch_target_left(const HealRecovery *recovery,
								   const HealSituation *situation);
/* Looks again and again until it is healed and has settled, or until then (us, monotonic clock); last = the last look. */
extern HealEffect heal_watch(const HealRecovery *recovery, int64 until_us,
							 const HealSituation **last);

#endif
