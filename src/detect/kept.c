/*
 * kept.c
 *		What baselines read from a disk must be like before they are believed.
 */
#include "detect/kept.h"

#include <math.h>
#include <string.h>

/* Fowler, Noll and Vo's, by words, as 18 KB by bytes are slow. */
uint32_t
heal_kept_checksum(const void *memory, size_t size, size_t except)
{
	const unsigned char *bytes = memory;
	uint32_t sum = UINT32_C(2166136261);

	for (size_t i = 0; i + sizeof(uint32_t) <= size; i += sizeof(uint32_t))
	{
		uint32_t word;

		if (i == except)
			continue;
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * UINT32_C(16777619);
	}
	return sum;
}

bool
heal_kept_finite(const float *values, int count)
{
	for (int i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

bool
heal_kept_sorted(const float *values, int count, int capacity)
{
	if (count < 0 || count > capacity || !heal_kept_finite(values, count))
		return false;
	for (int i = 1; i < count; i++)
		if (values[i] < values[i - 1])
			return false;
	return true;
}

bool
heal_kept_tail(const HealTail *tail)
{
	return tail->peaks >= 0 && tail->fitted >= 0 &&
		   tail->fitted <= tail->peaks && isfinite(tail->mean) &&
		   isfinite(tail->weighted) &&
		   heal_kept_finite(tail->peak, tail->peaks < HEAL_TAIL_PEAKS
											? tail->peaks
											: HEAL_TAIL_PEAKS);
}
