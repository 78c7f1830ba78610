/*
 * doubt.c
 *		When most metrics look sick at once, it is what looks that is sick.
 */
#include "detect/doubt.h"

bool
heal_doubt_row(HealDoubt *doubt, int beyond, int judged)
{
	if (beyond < HEAL_DOUBT_LEAST || beyond < HEAL_DOUBT_SHARE * judged)
	{
		doubt->rows = 0;
		return false;
	}
	if (doubt->rows < HEAL_DOUBT_ROWS)
		doubt->rows++;
	return doubt->rows < HEAL_DOUBT_ROWS;
}
