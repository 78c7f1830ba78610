/*
 * intmap.c
 *		A small open-addressed table from positive numbers to numbers.
 *
 * Cleared and filled again each time it is used, so nothing is ever taken out and
 * linear probing needs no tombstones.
 */
#include "base/intmap.h"

#include <string.h>

static HealIntEntry *place_of(const HealIntMap *map, int32_t key);

int
heal_intmap_size(int keys)
{
	int size = 16;

	while (size < keys * 2)
		size *= 2;
	return size;
}

void
heal_intmap_clear(HealIntMap *map)
{
	memset(map->entry, 0, (size_t) map->size * sizeof(HealIntEntry));
}

bool
heal_intmap_put(HealIntMap *map, int32_t key, uint32_t value)
{
	HealIntEntry *place = key > 0 ? place_of(map, key) : NULL;

	if (place == NULL)
		return false;
	*place = (HealIntEntry){key, value};
	return true;
}

uint32_t
heal_intmap_get(const HealIntMap *map, int32_t key)
{
	HealIntEntry *place = key > 0 ? place_of(map, key) : NULL;

	return place != NULL && place->key == key ? place->value : 0;
}

/* Where the key stands or could stand; NULL when the table is full of others. */
static HealIntEntry *
place_of(const HealIntMap *map, int32_t key)
{
	/* a multiplicative hash: pids are mostly consecutive */
	uint32_t start = (uint32_t) key * 2654435761u;

	for (int tried = 0; tried < map->size; tried++)
	{
		HealIntEntry *place =
			&map->entry[(start + tried) & (uint32_t) (map->size - 1)];

		if (place->key == key || place->key == 0)
			return place;
	}
	return NULL;
}
