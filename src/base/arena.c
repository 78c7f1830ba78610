/*
 * arena.c
 *		Memory of the caller, given out piece by piece.
 */
#include "base/arena.h"

#include <string.h>

#define ALIGNMENT 64 /* a line of the cache; no type needs more */

void
heal_arena_init(HealArena *arena, void *memory, size_t size)
{
	size_t skip = (ALIGNMENT - (uintptr_t) memory % ALIGNMENT) % ALIGNMENT;

	arena->memory = (char *) memory + (skip < size ? skip : size);
	arena->size = skip < size ? size - skip : 0;
	arena->used = 0;
	arena->pause = NULL;
}

void
heal_arena_pause(const HealArena *arena)
{
	if (arena->pause != NULL)
		arena->pause();
}

void *
heal_arena_take_raw(HealArena *arena, size_t count, size_t size)
{
	size_t left = arena->size - arena->used;
	size_t bytes;
	void *piece;

	if (size != 0 && count > left / size)
		return NULL;
	bytes = count * size;
	bytes += (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT;
	if (bytes > left)
		return NULL;
	piece = arena->memory + arena->used;
	arena->used += bytes;
	return piece;
}

void *
heal_arena_take(HealArena *arena, size_t count, size_t size)
{
	void *piece = heal_arena_take_raw(arena, count, size);

	if (piece != NULL && count > 0)
		memset(piece, 0, count * size);
	return piece;
}
