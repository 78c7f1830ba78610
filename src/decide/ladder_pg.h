/*
 * ladder_pg.h
 *		Which remedy of a failure's ladder is next.
 *
 * From gentle to strong; those of users are the last rungs, or are used instead of one that is switched off by
 * a policy. Engine only.
 */
#ifndef HEAL_LADDER_PG_H
#define HEAL_LADDER_PG_H

#include "history/ledger.h"

/* The gentlest remedy not tried yet; -1 when the ladder is at its end. */
extern int
heal_ladder_next(const HealLedger *ledger, const HealFailure *failure);
/* That one was tried, or is not for this failure. */
extern void heal_ladder_mark(HealFailure *failure, int remedy);
/* Whether no remedy of selfheal's own is left, be it switched off or not. */
extern bool heal_ladder_is_exhausted(const HealFailure *failure);

#endif
