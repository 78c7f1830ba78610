/*
 * covariance_test.c
 *		The distance is that of a matrix inverted by hand.
 */
#include "detect/covariance.h"

#include "detect/reservoir.h"
#include "tap.h"

#define METRICS 3
#define ROWS 400

static float rows[ROWS][METRICS];
static float memory[64];

static HealCovariance
made(double ridge)
{
	HealCovariance covariance = heal_covariance_at(memory, METRICS);

	for (int i = 0; i < METRICS; i++)
		heal_covariance_scale(&covariance, i, rows[0], ROWS);
	for (int i = 0; i < ROWS; i++)
		heal_covariance_add(&covariance, rows[i]);
	for (int i = 0; i < METRICS; i++)
		heal_covariance_factor(&covariance, i, ROWS, ridge);
	return covariance;
}

int
main(void)
{
	HealCovariance covariance;
	uint64_t randomness = 3;
	double sum = 0;
	double r;

	is_int(heal_covariance_floats(METRICS), 12, "it says what it needs");
	for (int i = 0; i < ROWS; i++)
	{
		double shared = heal_random_uniform(&randomness);

		rows[i][0] = (float) (100 + shared);
		rows[i][1] =
			(float) (10 * (shared + 0.2 * heal_random_uniform(&randomness)));
		rows[i][2] = 42;
	}
	covariance = made(0.1);
	for (int i = 0; i < ROWS; i++)
		sum += (rows[i][0] - covariance.center[0]) * covariance.inverse[0] *
			   (rows[i][1] - covariance.center[1]) * covariance.inverse[1];
	r = 0.9 * sum / ROWS;
	is_double(covariance.inverse[2], 0, 0, "a constant adds nothing");
	{
		/* of one deviation each way: (1, -1) S^-1 (1, -1)' = 2 / (1 - r) */
		float apart[METRICS] = {
			(float) (covariance.center[0] + 1 / covariance.inverse[0]),
			(float) (covariance.center[1] - 1 / covariance.inverse[1]), 42};
		float along[METRICS] = {
			apart[0],
			(float) (covariance.center[1] + 1 / covariance.inverse[1]), 42};
		float missing[METRICS] = {apart[0], NAN, NAN};
		float wild[METRICS] = {1e30f, apart[1], 42};

		is_double(heal_covariance_distance(&covariance, apart), 2 / (1 - r),
				  1e-2 * 2 / (1 - r), "apart, as worked out by hand");
		is_double(heal_covariance_distance(&covariance, along), 2 / (1 + r),
				  1e-2, "along, as worked out by hand");
		ok(heal_covariance_distance(&covariance, apart) >
			   5 * heal_covariance_distance(&covariance, along),
		   "two that go together and part are far");
		is_double(heal_covariance_distance(&covariance, missing),
				  1 / (1 - r * r), 1e-2 / (1 - r * r),
				  "what is missing is taken as usual");
		ok(heal_covariance_distance(&covariance, wild) < 1000,
		   "one wild metric is clipped");
	}
	for (int i = 0; i < ROWS; i++)
		rows[i][1] = rows[i][0];
	covariance = made(0.05);
	ok(isfinite(heal_covariance_distance(&covariance, rows[0])),
	   "two equal metrics are no catastrophe");
	return done_testing();
}
