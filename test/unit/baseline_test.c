/*
 * baseline_test.c
 *		Learns what is normal, and does not let strange values teach too much.
 */
#include "detect/baseline.h"

#include "tap.h"

static HealBaseline
learnt(int samples, double low, double high)
{
	HealBaseline baseline = {0};

	for (int i = 0; i < samples; i++)
		heal_baseline_learn(&baseline, i % 2 ? high : low, HEAL_COUNT, 3);
	return baseline;
}

int
main(void)
{
	HealBaseline baseline = {0};
	double mean;
	double deviation;

	is_double(heal_baseline_mean(&baseline), NAN, 0, "no samples, no mean");
	is_double(heal_baseline_deviation(&baseline, HEAL_COUNT), NAN, 0,
			  "nor a deviation");
	baseline = learnt(HEAL_BASELINE_MINIMUM - 1, 90, 110);
	ok(!heal_baseline_ready(&baseline), "29 samples are too few to judge by");
	baseline = learnt(HEAL_BASELINE_MINIMUM, 90, 110);
	ok(heal_baseline_ready(&baseline), "30 are enough");
	is_double(heal_baseline_mean(&baseline), 100, 1e-9, "the mean");
	is_double(heal_baseline_deviation(&baseline, HEAL_COUNT), 10, 1e-9,
			  "the deviation");

	baseline = learnt(500, 7, 7);
	is_double(heal_baseline_deviation(&baseline, HEAL_COUNT), 1, 1e-9,
			  "a constant has the deviation of its unit");
	baseline = learnt(500, 1e12, 1e12 + 2e11);
	is_double(heal_baseline_deviation(&baseline, HEAL_BYTES), 1e11, 1e3,
			  "a deviation beside a large level is not lost");

	baseline = learnt(500, 90, 110);
	mean = heal_baseline_mean(&baseline);
	deviation = heal_baseline_deviation(&baseline, HEAL_COUNT);
	heal_baseline_learn(&baseline, 1e9, HEAL_COUNT, 3);
	ok(heal_baseline_mean(&baseline) < mean + 0.1,
	   "a spike of a billion moves the mean by a trifle");
	ok(heal_baseline_deviation(&baseline, HEAL_COUNT) < deviation * 1.02,
	   "and does not blow up the deviation");
	heal_baseline_learn(&baseline, -1e9, HEAL_COUNT, 3);
	is_double(heal_baseline_mean(&baseline), mean, 0.1,
			  "nor does one the other way");

	mean = heal_baseline_mean(&baseline);
	heal_baseline_learn(&baseline, NAN, HEAL_COUNT, 3);
	heal_baseline_learn(&baseline, INFINITY, HEAL_COUNT, 3);
	is_double(heal_baseline_mean(&baseline), mean, 0,
			  "what is missing teaches nothing");

	for (int i = 0; i < 2000; i++)
		heal_baseline_learn(&baseline, 200, HEAL_COUNT, 3);
	is_double(heal_baseline_mean(&baseline), 200, 5,
			  "a lasting change is learnt in the end");
	return done_testing();
}
