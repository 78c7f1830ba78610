/*
 * reservoir.c
 *		A sorted sample of all values seen, whose ages reach over days.
 *
 * The last thousand rows of a metric read every ten seconds are not three hours: they
 * cannot know a day. So a new value enters by chance only, and for an old one picked at
 * random, which makes all ages up to the reach equally likely and older ones fade. Kept
 * sorted, so that a rank is a binary search and a quantile an index.
 */
#include "detect/reservoir.h"

#include <math.h>
#include <string.h>

void
heal_reservoir_learn(float *values, int32_t *count, int capacity, float value,
					 int64_t rows, uint64_t *random)
{
	if (*count == capacity)
	{
		int64_t reach =
			rows < HEAL_RESERVOIR_REACH ? rows + 1 : HEAL_RESERVOIR_REACH;

		if (heal_random_uniform(random) * (double) reach > capacity)
			return;
	}
	heal_reservoir_insert(values, count, capacity, value, random);
}

void
heal_reservoir_insert(float *values, int32_t *count, int capacity, float value,
					  uint64_t *random)
{
	int place = heal_reservoir_rank(values, *count, value);
	int hole;

	if (*count < capacity)
		hole = (*count)++;
	else
		hole = (int) (heal_random_uniform(random) * capacity);
	if (hole >= place)
		memmove(&values[place + 1], &values[place],
				(size_t) (hole - place) * sizeof(float));
	else
	{
		place--;
		memmove(&values[hole], &values[hole + 1],
				(size_t) (place - hole) * sizeof(float));
	}
	values[place] = value;
}

int
heal_reservoir_rank(const float *values, int count, float value)
{
	int low = 0;
	int high = count;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double
heal_reservoir_quantile(const float *values, int count, double share)
{
	int place;

	if (count == 0)
		return NAN;
	place = (int) (share * count);
	return values[place < 0 ? 0 : place >= count ? count - 1 : place];
}
