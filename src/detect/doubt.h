/*
 * doubt.h
 *		When most metrics look sick at once, it is what looks that is sick.
 *
 * A machine that was suspended, a clock that jumped or a reading that went wrong moves all
 * rates in one row. Such a row is not judged and not learnt, for a while: what lasts longer
 * is no mistake of the sensor.
 */
#ifndef HEAL_DOUBT_H
#define HEAL_DOUBT_H

#include "base/types.h"

#define HEAL_DOUBT_LEAST 20 /* metrics, of those that are judged in a row */
#define HEAL_DOUBT_SHARE 0.5
#define HEAL_DOUBT_ROWS 60 /* in a row that are doubted */

typedef struct HealDoubt
{
	int32_t rows; /* in a row in which too much moved */
} HealDoubt;

/* `beyond` of `judged` metrics are farther out than single rows are. */
extern bool heal_doubt_row(HealDoubt *doubt, int beyond, int judged);

#endif
