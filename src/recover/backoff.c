/*
 * backoff.c
 *		How long to wait before something that failed is tried again.
 *
 * Doubled, because what did not yield twice will hardly yield at once. By lot, because recoveries that
 * failed together would otherwise come back together, and meet the same lock.
 */
#include "recover/backoff.h"

#include "base/random.h"

/* From 0.75 to 1.25. */
static double
lot(int64_t recovery, int attempt)
{
	uint64_t state = (uint64_t) recovery;

	state = heal_random_bits(&state) + (uint64_t) attempt;
	return 0.75 + 0.5 * heal_random_uniform(&state);
}

HealTime
heal_backoff(HealTime delay, int attempt, int64_t recovery, HealTime most)
{
	HealTime wait = delay;
	double drawn;

	if (delay <= 0 || most <= 0)
		return 0;
	for (int i = 2; i < attempt && wait < most; i++)
		wait = wait > most / 2 ? most : 2 * wait;
	if (wait > most)
		wait = most;
	drawn = (double) wait * lot(recovery, attempt);
	return drawn < (double) most ? (HealTime) drawn : most;
}
