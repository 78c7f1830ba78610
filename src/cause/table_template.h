/*
 * table_template.h
 *		Tables over two-valued variables, for one kind of number; see propagate_template.h.
 *
 * A table of n variables has 2^n numbers; bit i of the index is the value of variable i. A table of
 * fewer variables is laid over it by "places", the bits that they share.
 */
#include <math.h>
#include <string.h>

/* How an index into a smaller table moves while one runs through the larger. */
typedef struct Stride
{
	size_t size;
	size_t block; /* numbers whose lower places are all shared, or none */
	bool along;	  /* they are shared: the smaller table moves along */
	ptrdiff_t step[HEAL_WIDEST + 1]; /* by the lowest bit that rises */
} Stride;

static Stride
stride_of(int variables, uint32_t places)
{
	Stride stride = {.size = (size_t) 1 << variables, .along = places & 1};
	uint32_t same = stride.along ? places : ~places;
	int run = ~same == 0 ? variables : __builtin_ctz(~same);

	if (run > variables)
		run = variables;
	stride.block = (size_t) 1 << run;
	for (int i = run; i < variables; i++)
	{
		int rank = __builtin_popcount(places & ((UINT32_C(1) << i) - 1));
		ptrdiff_t below = (ptrdiff_t) 1 << rank;

		stride.step[i] = (places >> i & 1 ? below : 0) - below +
						 (stride.along ? (ptrdiff_t) stride.block : 1);
	}
	return stride;
}

static void
multiply(Number *restrict table, int variables, const Number *restrict smaller,
		 uint32_t places)
{
	Stride stride = stride_of(variables, places);

	for (size_t i = 0;;)
	{
		if (stride.along)
			for (size_t j = 0; j < stride.block; j++)
				table[i + j] = times(table[i + j], smaller[j]);
		else
			for (size_t j = 0; j < stride.block; j++)
				table[i + j] = times(table[i + j], *smaller);
		i += stride.block;
		if (i >= stride.size)
			break;
		smaller += stride.step[__builtin_ctzll(i)];
	}
}

/* Sums out of the table what is not among the places. */
static void
project(const Number *restrict table, int variables, Number *restrict smaller,
		uint32_t places)
{
	Stride stride = stride_of(variables, places);

	memset(smaller, 0, sizeof(Number) << __builtin_popcount(places));
	for (size_t i = 0;;)
	{
		if (stride.along)
			for (size_t j = 0; j < stride.block; j++)
				smaller[j] = plus(smaller[j], table[i + j]);
		else
		{
			Number sum = *smaller;

			for (size_t j = 0; j < stride.block; j++)
				sum = plus(sum, table[i + j]);
			*smaller = sum;
		}
		i += stride.block;
		if (i >= stride.size)
			break;
		smaller += stride.step[__builtin_ctzll(i)];
	}
}

/* Takes out a power of two, such that the largest is near one; the power. */
static long
rescale(Number *table, int variables)
{
	size_t size = (size_t) 1 << variables;
	double largest = 0;
	int power;

	for (size_t i = 0; i < size; i++)
		if (fabs(high_of(table[i])) > largest)
			largest = fabs(high_of(table[i]));
	if (!(largest > 0) || !isfinite(largest))
		return 0;
	frexp(largest, &power);
	for (size_t i = 0; power != 0 && i < size; i++)
		table[i] = scaled_by(table[i], -power);
	return power;
}

static uint32_t
first_places(int count)
{
	return (UINT32_C(1) << count) - 1;
}
