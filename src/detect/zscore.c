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

static const double unit_floor[] = {
	[HEAL_COUNT] = 1,
	[HEAL_PER_SECOND] = 1,
	[HEAL_BYTES] = 16.0 * 1024 * 1024, /* one WAL file */
	[HEAL_BYTES_PER_SECOND] = 1024.0 * 1024,
	[HEAL_SECONDS] = 2,
	[HEAL_MILLISECONDS] = 0.1,
	[HEAL_MILLISECONDS_PER_SECOND] = 20, /* one core for 2 % of the time */
	[HEAL_SHARE] = 0.05,
	[HEAL_TRANSACTIONS] = 10000,
};

double
heal_unit_floor(HealUnit unit)
{
	return unit_floor[unit];
}

double
heal_zscore_floor(HealUnit unit, double mean)
{
	return fmax(unit_floor[unit], FLOOR_SHARE * fabs(mean));
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
