/*
 * breaker.c
 *		Opens when a remedy has failed several times in a row on a component; then a human is asked.
 */
#include "decide/breaker.h"

#include <stdio.h>
#include <string.h>

const HealBreaker *
heal_breaker_find(const HealBreaker *breakers, int remedy,
				  const char *component)
{
	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
		if (breakers[i].failures > 0 && breakers[i].remedy == remedy &&
			strcmp(breakers[i].component, component) == 0)
			return &breakers[i];
	return NULL;
}

/* A free slot has no failures, so it is the first to be chosen. */
static HealBreaker *
slot_to_use(HealBreaker *breakers)
{
	HealBreaker *fewest = &breakers[0];

	for (int i = 1; i < HEAL_MAX_BREAKERS; i++)
		if (breakers[i].failures < fewest->failures)
			fewest = &breakers[i];
	return fewest;
}

void
heal_breaker_fail(HealBreaker *breakers, int remedy, const char *component,
				  HealTime at)
{
	HealBreaker *breaker =
		(HealBreaker *) heal_breaker_find(breakers, remedy, component);

	if (breaker == NULL)
	{
		breaker = slot_to_use(breakers);
		memset(breaker, 0, sizeof(*breaker));
		breaker->remedy = remedy;
		snprintf(breaker->component, sizeof(breaker->component), "%s",
				 component);
	}
	if (breaker->failures < INT32_MAX)
		breaker->failures++;
	breaker->failed_at = at;
}

void
heal_breaker_close(HealBreaker *breakers, int remedy, const char *component)
{
	HealBreaker *breaker =
		(HealBreaker *) heal_breaker_find(breakers, remedy, component);

	if (breaker != NULL)
		memset(breaker, 0, sizeof(*breaker));
}

void
heal_breaker_reset(HealBreaker *breakers, int remedy)
{
	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
		if (breakers[i].failures > 0 && breakers[i].remedy == remedy)
			memset(&breakers[i], 0, sizeof(breakers[i]));
}

int
heal_breaker_worst(const HealBreaker *breakers, int remedy)
{
	int worst = 0;

	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
		if (breakers[i].remedy == remedy && breakers[i].failures > worst)
			worst = breakers[i].failures;
	return worst;
}

HealBreakerState
heal_breaker_state(const HealBreaker *breaker, int limit, HealTime cooldown,
				   HealTime now)
{
	if (breaker == NULL || breaker->failures < limit)
		return HEAL_BREAKER_CLOSED;
	return now - breaker->failed_at < cooldown ? HEAL_BREAKER_OPEN
											   : HEAL_BREAKER_HALF_OPEN;
}

const char *
heal_breaker_state_name(HealBreakerState state)
{
	static const char *const names[] = {"closed", "open", "half open"};

	return (unsigned) state < heal_lengthof(names) ? names[state] : "invalid";
}
