/*
 * blame.h
 *		Our own last act is among the suspects of the next failure.
 *
 * A suspect is an act that was done before the failure began, and not long before. What began before the
 * act cannot be due to it, nor can a failure the act was for. One that can be put back and still is in effect
 * is a suspect wherever the failure is, as a setting reaches everywhere: it is undone before anything else is
 * done. One that cannot, and was done unasked, is a suspect on its own component: there the next act needs a
 * human. What was for a while is none when that is over, nor on any other component: it reaches only whom it
 * names. Who was asked about the last one has looked already.
 */
#ifndef HEAL_BLAME_H
#define HEAL_BLAME_H

#include "history/ledger.h"

/* How long after an act that can be put back a failure may begin that it is suspected of. */
#define HEAL_BLAME_REVERSIBLE (10 * HEAL_MINUTE)

typedef enum HealBlameKind
{
	HEAL_BLAME_NONE,
	HEAL_BLAME_ASK, /* it cannot be put back */
	HEAL_BLAME_UNDO /* it can, and is in effect */
} HealBlameKind;

typedef struct HealBlame
{
	HealBlameKind kind;
	int64_t recovery; /* the newest suspect */
	int32_t remedy;
	HealTime before; /* how long before the failure began it was done */
} HealBlame;

typedef bool (*HealAsked)(const HealRecovery *recovery);

/*
 * window: how long after an act that cannot be put back a failure may begin that it is suspected of. can_be_undone:
 * whether what a recovery has changed can be put back; is_over: whether what was done for a while no longer holds.
 */
extern HealBlame
heal_blame(const HealLedger *ledger, int64_t failure, const char *component,
		   HealTime since, HealTime window, HealAsked can_be_undone,
		   HealAsked is_over);

#endif
