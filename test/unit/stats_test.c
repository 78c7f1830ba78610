/*
 * stats_test.c
 *		Running mean and variance, compared with the textbook's.
 */
#include "base/stats.h"

#include "tap.h"

/* mean 5, population variance 4 */
static const double eight[] = {2, 4, 4, 4, 5, 5, 7, 9};

static HealRunning
learnt(double offset)
{
	HealRunning running = {0};

	for (size_t i = 0; i < heal_lengthof(eight); i++)
		heal_running_learn(&running, offset + eight[i], 1000);
	return running;
}

int
main(void)
{
	HealRunning small = learnt(0);
	HealRunning large = learnt(1e12);
	HealRunning running = {0};

	is_int(small.samples, 8, "samples are counted");
	is_double(small.mean, 5, 1e-12, "the mean of a few samples is exact");
	is_double(heal_running_deviation(&small), 2, 1e-12,
			  "so is their deviation");
	is_double(large.mean - 1e12, 5, 1e-3, "at 1e12 the mean keeps its digits");
	is_double(heal_running_deviation(&large), 2, 1e-3,
			  "and the deviation does not drown");

	for (int i = 0; i < 100000; i++)
		heal_running_learn(&running, 1e12 + 0.25, 1000);
	is_double(heal_running_deviation(&running), 0, 1e-3,
			  "a constant has no deviation, however long it lasts");

	running = (HealRunning){0};
	heal_running_learn(&running, 7, 1000);
	is_double(running.mean, 7, 0, "one sample is its own mean");
	is_double(running.variance, 0, 0, "and has no variance");
	heal_running_learn(&running, NAN, 1000);
	heal_running_learn(&running, INFINITY, 1000);
	is_int(running.samples, 1, "a missing value is not a sample");
	is_double(running.mean, 7, 0, "and changes nothing");

	running = (HealRunning){0};
	for (int i = 0; i < 5000; i++)
		heal_running_learn(&running, 10, 1000);
	for (int i = 0; i < 1000; i++)
		heal_running_learn(&running, 20, 1000);
	ok(running.mean > 18 && running.mean < 20,
	   "after a window of new values the old ones hardly count");
	is_double(running.mean, 20 - 10 * pow(1 - 2.0 / 1001, 1000), 1e-9,
			  "they fade exponentially");
	return done_testing();
}
