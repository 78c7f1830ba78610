/*
 * clock.h
 *		Time to measure by: a clock that nobody sets.
 */
#ifndef HEAL_CLOCK_H
#define HEAL_CLOCK_H

#include "postgres.h"

/* Microseconds since some moment before the machine's start; of use only in differences. */
extern int64 heal_monotonic_us(void);

#endif
