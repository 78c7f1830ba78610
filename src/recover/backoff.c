/*
 * backoff.c
 *		How long to wait before something that failed is tried again.
 *
 * Doubled, because what did not yield twice will hardly yield at once. By lot, because recoveries that
 * failed together would otherwise come back together, and meet the same lock.
 */
#include "recover/backoff.h"

/* Even over all 64 bits; the constants are those of the SplitMix64 generator. */
static uint64_t
mixed(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

/* From 0.75 to 1.25. */
static double
lot(int64_t recovery, int attempt)
{
	uint64_t drawn = mixed(mixed((uint64_t) recovery) + (uint64_t) attempt);

	return 0.75 + 0.5 * ((double) (drawn >> 11) / 9007199254740992.0);
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
