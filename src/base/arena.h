/*
 * arena.h
 *		Memory of the caller, given out piece by piece and given back all at once.
 *
 * For plain C whose need depends on its input: the caller decides how much there may be, and
 * who runs out says so instead of asking for more.
 */
#ifndef HEAL_ARENA_H
#define HEAL_ARENA_H

#include "base/types.h"

typedef struct HealArena
{
	char *memory; /* [size], begins with a cache line, as each piece */
	size_t size;
	size_t
		used; /* set back to an earlier value, it gives back what came after */
	void (*pause)(
		void); /* called now and then by who computes in it for long; NULL = never */
} HealArena;

extern void heal_arena_init(HealArena *arena, void *memory, size_t size);
/* Who computes for long comes here every few milliseconds. It need not come back: then the memory is the caller's again. */
extern void heal_arena_pause(const HealArena *arena);
/* So many zeroed things of one size, or NULL when they do not fit. */
extern void *heal_arena_take(HealArena *arena, size_t count, size_t size);
/* The same, not zeroed: for what is written before it is read. */
extern void *heal_arena_take_raw(HealArena *arena, size_t count, size_t size);

#endif
