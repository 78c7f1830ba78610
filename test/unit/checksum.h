/*
 * checksum.h
 *		A checksum for files in tests: FNV-1a, as the server's is not there.
 */
#ifndef TEST_CHECKSUM_H
#define TEST_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t
checksum(const void *data, size_t length)
{
	const unsigned char *byte = data;
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ byte[i]) * 16777619u;
	return sum;
}

#endif
