/*
 * throttle_pg.h
 *		Rules that slow or refuse what some sessions do: in force, and what they do.
 *
 * All of it may be called in a process without a database and outside a transaction. Rules
 * are in shared memory alone: they apply at once, and a restart of the server lifts them.
 */
#ifndef HEAL_THROTTLE_PG_H
#define HEAL_THROTTLE_PG_H

#include "postgres.h"

#include "gate/gate_part.h"
#include "gate/throttle.h"

/* A rule and what it does; what concerns statements and logins alike. */
typedef struct HealThrottleEffect
{
	HealThrottle rule;
	int waiting; /* now */
	int holding; /* now running, and counted for it */
	uint64 delayed;
	uint64 refused;
	uint64 let_through; /* although the rule would have held them up longer */
	HealTime waited;	/* together */
	HealTime longest;
} HealThrottleEffect;

extern const HealGatePart heal_throttle_part;

/*
 * Puts a rule in force; scope_text, by and reason are for people. Sets its id. Of the same
 * scope, kind and recovery there is one: the new one takes its place.
 */
extern HealThrottleProblem heal_throttle_add(HealThrottle *rule);
/* False when there is no such rule; removed may be NULL. Who waits goes on at once. */
extern bool heal_throttle_remove(int64 id, HealThrottle *removed);
/* Rules in force; returns how many. */
extern int heal_throttle_copy(HealThrottleEffect effect[HEAL_THROTTLES]);
/* Those of a recovery. */
extern int
heal_throttle_copy_recovery(int64 recovery,
							HealThrottleEffect effect[HEAL_THROTTLES]);
/* Whether one of this recovery is. */
extern bool heal_throttle_in_force(int64 recovery);
/* How many delayed logins may wait at a time. */
extern int heal_login_places(void);
/* Whether the process waits because of a rule. */
extern bool heal_throttle_holds_up(int32 pid);
/* Whether rules are applied at all: not when selfheal or its gate is switched off. */
extern bool heal_throttle_applies(void);

/* Stage of the heartbeat: ends what is over, and forgets who vanished. */
extern void heal_throttle_tidy(void);

#endif
