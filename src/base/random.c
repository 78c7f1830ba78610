/*
 * random.c
 *		Numbers by lot, from a state that the caller keeps.
 */
#include "base/random.h"

uint64_t
heal_random_bits(uint64_t *state)
{
	uint64_t bits = *state += UINT64_C(0x9E3779B97F4A7C15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
	return bits ^ (bits >> 31);
}

double
heal_random_uniform(uint64_t *state)
{
	return ((double) (heal_random_bits(state) >> 12) + 0.5) /
		   4503599627370496.0;
}
