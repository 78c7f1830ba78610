/*
 * zscore_test.c
 *		Distances have the right sign, and trifles are no distance.
 */
#include "detect/zscore.h"

#include "tap.h"

int
main(void)
{
	is_double(heal_zscore(16, 10, 2, HEAL_HIGH_IS_BAD), 3, 1e-12,
			  "above the mean is positive where high is bad");
	is_double(heal_zscore(4, 10, 2, HEAL_HIGH_IS_BAD), -3, 1e-12,
			  "and negative below it");
	is_double(heal_zscore(4, 10, 2, HEAL_LOW_IS_BAD), 3, 1e-12,
			  "the other way round where low is bad");
	is_double(heal_zscore(4, 10, 2, HEAL_NEITHER_IS_BAD), 3, 1e-12,
			  "both ways count where neither is bad");
	is_double(heal_zscore(NAN, 10, 2, HEAL_HIGH_IS_BAD), NAN, 0,
			  "a missing value has no distance");
	is_double(heal_zscore(1e12 + 6, 1e12, 2, HEAL_HIGH_IS_BAD), 3, 1e-9,
			  "a large level is no trouble");

	is_double(heal_zscore_floor(HEAL_COUNT, 0), 1, 0,
			  "one more of something countable is one deviation");
	is_double(heal_zscore_floor(HEAL_COUNT, 200), 10, 1e-12,
			  "of many, a share of them is");
	is_double(heal_zscore_floor(HEAL_BYTES, -1e12), 5e10, 1,
			  "the sign of the level does not matter");
	ok(heal_zscore_floor(HEAL_SHARE, 0.01) >= 0.01,
	   "a share may move a little");

	for (int unit = HEAL_COUNT; unit <= HEAL_TRANSACTIONS; unit++)
		ok(heal_zscore_floor(unit, 0) > 0, heal_unit_name(unit));
	return done_testing();
}
