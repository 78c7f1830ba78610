/*
 * scale_test.c
 *		How far a setting is raised.
 */
#include "recover/scale.h"

#include <math.h>

#include "recover/parameter.h"

#include "tap.h"

static void
test_steps(void)
{
	const HealScale *wal = heal_scale_find("max_wal_size");

	ok(heal_scale_find("shared_buffers") == NULL, "what is on no list");
	is_double(heal_scale_next(wal, 100, 100, 150, 1e6), 200, 0,
			  "one step, when that is enough");
	is_double(heal_scale_next(wal, 100, 100, 10, 1e6), 200, 0,
			  "and one at least");
	is_double(heal_scale_next(wal, 100, 100, 201, 1e6), 400, 0,
			  "as many as are needed");
	is_double(heal_scale_next(wal, 100, 100, 1e9, 1e6), 800, 0,
			  "eight times at most");
	is_double(heal_scale_next(wal, 400, 100, 1e9, 1e6), 800, 0,
			  "of what it was before the first raise");
	is_double(heal_scale_next(wal, 800, 100, 1e9, 1e6), 0, 0,
			  "then there is no more");
	is_double(heal_scale_next(wal, 100, 100, 1e9, 350.7), 350, 0,
			  "no more than there is room for");
	is_double(heal_scale_next(wal, 100, 100, 1e9, 105), 0, 0,
			  "and nothing for a little");
	is_double(heal_scale_next(wal, 1000000, 1000000, 1e9, 1e9), 0, 0,
			  "the bounds of the allow-list hold");
}

static void
test_unknown(void)
{
	const HealScale *wal = heal_scale_find("max_wal_size");

	is_double(heal_scale_next(wal, NAN, 100, 150, 1e6), 0, 0, "not what it is");
	is_double(heal_scale_next(wal, 100, NAN, 150, 1e6), 0, 0,
			  "nor what it was");
	is_double(heal_scale_next(wal, 100, 100, NAN, 1e6), 0, 0,
			  "nor what is needed");
	is_double(heal_scale_next(wal, 100, 100, 150, NAN), 0, 0,
			  "nor what room there is");
	is_double(heal_scale_next(wal, 0, 0, 150, 1e6), 0, 0,
			  "nor is nothing multiplied");
}

static void
test_rows(void)
{
	int unknown = 0;

	for (int i = 0; i < heal_scale_count; i++)
		unknown += heal_scales[i].step <= 1 ||
				   heal_scales[i].most < heal_scales[i].step ||
				   (heal_parameter_find(heal_scales[i].parameter,
										HEAL_AT_SERVER) == NULL &&
					heal_parameter_find(heal_scales[i].parameter,
										HEAL_AT_SESSION) == NULL);
	is_int(unknown, 0, "nothing is raised that may not be changed");
}

int
main(void)
{
	test_steps();
	test_unknown();
	test_rows();
	return done_testing();
}
