/*
 * random.h
 *		Numbers by lot, from a state that the caller keeps: the same state, the same numbers.
 */
#ifndef HEAL_RANDOM_H
#define HEAL_RANDOM_H

#include <stdint.h>

/* Even over all 64 bits, whatever the state is: SplitMix64, by Vigna, public domain. */
extern uint64_t heal_random_bits(uint64_t *state);
/* Even in 0..1, both excluded. */
extern double heal_random_uniform(uint64_t *state);

#endif
