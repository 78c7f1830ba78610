/*
 * zscore.c
 *		How unusual a value is, in standard deviations of its baseline.
 *
 * A metric that has stood still has no deviation, and its first move would be
 * infinitely unusual. So a deviation has a floor: a share of the level, and per unit
 * the change that is too small to matter to anybody.
 */
#include "detect/zscore.h"

#include <math.h>

#define FLOOR_SHARE 0.05 /* of the level */

double
heal_zscore_floor(HealUnit unit, double mean)
{
	return fmax(heal_unit_floor(unit), FLOOR_SHARE * fabs(mean));
}

double
heal_zscore(double value, double mean, double deviation, HealBadDirection bad)
{
	double z = (value - mean) / deviation;

	switch (bad)
	{
		case HEAL_HIGH_IS_BAD:
			return z;
		case HEAL_LOW_IS_BAD:
			return -z;
		case HEAL_NEITHER_IS_BAD:
			break;
	}
	return fabs(z);
}
