/*
 * clock.h
 *		What a piece of work took, for benchmarks.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <time.h>

/* Microseconds, of CLOCK_MONOTONIC or of CLOCK_PROCESS_CPUTIME_ID. */
static inline double
now_us(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

#endif
