/*
 * arena_test.c
 *		Memory of the caller is given out, runs out and comes back; numbers of twice the digits.
 */
#include "base/arena.h"

#include "base/twofold.h"
#include "tap.h"

static char memory[1000];

static void
gives_out_memory(void)
{
	HealArena arena;
	char *first;
	double *second;
	size_t used;

	heal_arena_init(&arena, memory + 1, sizeof(memory) - 1);
	first = heal_arena_take(&arena, 3, 1);
	second = heal_arena_take(&arena, 2, sizeof(double));
	ok(first != NULL && second != NULL && (char *) second >= first + 3,
	   "pieces do not overlap");
	ok((uintptr_t) second % sizeof(double) == 0, "they are aligned");
	ok(second[0] == 0 && second[1] == 0, "they are zeroed");
	used = arena.used;
	ok(heal_arena_take(&arena, 1000, 1) == NULL,
	   "more than there is, is not given");
	ok(heal_arena_take(&arena, SIZE_MAX / 2, 16) == NULL,
	   "nor what cannot even be counted");
	ok(heal_arena_take(&arena, 0, 8) != NULL, "nothing can always be had");
	is_int((long long) arena.used, (long long) used,
		   "what was refused took nothing");
	arena.used = 0;
	ok(heal_arena_take(&arena, 3, 1) == first, "what was given back is free");
	heal_arena_init(&arena, memory + 1, 3);
	ok(heal_arena_take(&arena, 1, 1) == NULL, "a tiny arena holds nothing");
}

static void
has_twice_the_digits(void)
{
	HealTwofold third = heal_twofold_complement(heal_twofold(1e-20));
	HealTwofold square = heal_twofold_times(third, third);
	HealTwofold left = heal_twofold_add(square, heal_twofold(-1));

	is_double(left.high, -2e-20, 1e-34, "(1 - 1e-20)^2 - 1 is -2e-20, not 0");
	left = heal_twofold_complement(heal_twofold_times(
		heal_twofold(0.1),
		heal_twofold_add(heal_twofold(10), heal_twofold(0))));
	/* 0.1 as a double is 0.1 + 5.55e-18 */
	is_double(left.high, -5.551115123125783e-17, 1e-32,
			  "a product has the digits that a double would round away");
}

int
main(void)
{
	gives_out_memory();
	has_twice_the_digits();
	return done_testing();
}
