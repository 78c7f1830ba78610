/*
 * intmap_test.c
 *		The table finds what was put into it, and nothing else.
 */
#include "base/intmap.h"

#include "tap.h"

#define KEYS 500

static HealIntEntry room[4096];

int
main(void)
{
	HealIntMap map = {.size = heal_intmap_size(KEYS), .entry = room};
	HealIntMap small = {.size = 2, .entry = room};
	int wrong = 0;

	ok(map.size >= 2 * KEYS && map.size <= 4096 &&
		   (map.size & (map.size - 1)) == 0,
	   "half of the table stays free");
	ok(heal_intmap_size(0) > 0, "a table for nothing still has a place");

	for (int round = 0; round < 2; round++)
	{
		heal_intmap_clear(&map);
		for (int i = 0; i < KEYS; i++)
			heal_intmap_put(&map, 1000 + i * (round * 1024 + 1), i + 1);
		for (int i = 0; i < KEYS; i++)
			wrong += heal_intmap_get(&map, 1000 + i * (round * 1024 + 1)) !=
					 (uint32_t) i + 1;
	}
	is_int(wrong, 0, "every key has its value, also those that collide");
	is_int(heal_intmap_get(&map, 7), 0, "an unknown key has none");
	heal_intmap_put(&map, 1000, 42);
	is_int(heal_intmap_get(&map, 1000), 42, "the last value wins");
	ok(!heal_intmap_put(&map, 0, 1) && !heal_intmap_put(&map, -3, 1),
	   "keys are positive");
	is_int(heal_intmap_get(&map, -3), 0, "others are not found");

	heal_intmap_clear(&small);
	ok(heal_intmap_put(&small, 1, 1) && heal_intmap_put(&small, 2, 2),
	   "a table can be filled to the last place");
	ok(!heal_intmap_put(&small, 3, 3), "and then refuses");
	is_int(heal_intmap_get(&small, 3), 0, "and does not search for ever");
	return done_testing();
}
