/*
 * clock.c
 *		Time to measure by: a clock that nobody sets.
 */
#include "postgres.h"

#include <time.h>

#include "db/clock.h"

int64
heal_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64CONST(1000000) + now.tv_nsec / 1000;
}
