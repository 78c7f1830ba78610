/*
 * breaker.h
 *		Opens when a remedy has failed several times in a row on a component; then a human is asked.
 *
 * Open: it failed a short while ago. Half open: it has rested for the cool-down, so a try is worth it, with
 * approval; one that helps closes the breaker, one that does not opens it again.
 */
#ifndef HEAL_BREAKER_H
#define HEAL_BREAKER_H

#include "base/types.h"

#define HEAL_MAX_BREAKERS 64

typedef struct HealBreaker
{
	int32_t failures; /* in a row; 0 = free slot */
	int32_t remedy;	  /* HealRemedyId */
	HealTime failed_at;
	char component[HEAL_NAME_SIZE];
} HealBreaker;

typedef enum HealBreakerState
{
	HEAL_BREAKER_CLOSED,
	HEAL_BREAKER_OPEN,
	HEAL_BREAKER_HALF_OPEN
} HealBreakerState;

/* breakers: HEAL_MAX_BREAKERS everywhere; NULL = the remedy has not failed on that component. */
extern const HealBreaker *heal_breaker_find(const HealBreaker *breakers,
											int remedy, const char *component);
/* With every slot taken the one with the fewest failures is forgotten. */
extern void heal_breaker_fail(HealBreaker *breakers, int remedy,
							  const char *component, HealTime at);
extern void
heal_breaker_close(HealBreaker *breakers, int remedy, const char *component);
/* On every component. */
extern void heal_breaker_reset(HealBreaker *breakers, int remedy);
/* Most failures in a row of this remedy on any component. */
extern int heal_breaker_worst(const HealBreaker *breakers, int remedy);
/* limit: failures in a row that open it. */
extern HealBreakerState
heal_breaker_state(const HealBreaker *breaker, int limit, HealTime cooldown,
				   HealTime now);
extern const char *heal_breaker_state_name(HealBreakerState state);

#endif
