/*
 * intmap.h
 *		A small open-addressed table from positive numbers to numbers.
 */
#ifndef HEAL_INTMAP_H
#define HEAL_INTMAP_H

#include "base/types.h"

typedef struct HealIntEntry
{
	int32_t key; /* 0 = free */
	uint32_t value;
} HealIntEntry;

typedef struct HealIntMap
{
	int size;			 /* a power of two, never full */
	HealIntEntry *entry; /* [size], the caller's memory */
} HealIntMap;

/* How many entries to provide for this many keys: at least half stay free. */
extern int heal_intmap_size(int keys);
extern void heal_intmap_clear(HealIntMap *map);
/* The last value put wins. False when the key is not positive or the table full. */
extern bool heal_intmap_put(HealIntMap *map, int32_t key, uint32_t value);
/* 0 when the key is not there. */
extern uint32_t heal_intmap_get(const HealIntMap *map, int32_t key);

#endif
