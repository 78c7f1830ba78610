/*
 * histogram_test.c
 *		Quantiles are within 5 % of those of the trace itself, whatever its shape.
 */
#include "gate/histogram.h"

#include <stdlib.h>

#include "tap.h"

#define TRACE 20000
#define GOAL 0.05

static uint64_t trace[TRACE];
static HealHistogram histogram;

/* xorshift64*: the same numbers on every machine */
static double
uniform(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (double) ((state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static double
even(void)
{
	return 2e3 + 98e3 * uniform();
}

static double
exponential(void)
{
	return 1e3 - 4e6 * log(1 - uniform());
}

static double
lognormal(void)
{
	return fmax(exp(13 + 2.5 * normal()), HEAL_SHORTEST);
}

/* cache hits, disk reads and lock waits */
static double
three_humps(void)
{
	double u = uniform();

	return u < .7 ? 14e3 + 1e3 * uniform()
				  : (u < .97 ? 6e6 + 4e6 * uniform() : 1e9 + 4e9 * uniform());
}

static double
heavy_tail(void)
{
	return fmin(5e3 / pow(1 - uniform(), 1 / .8), 8e12);
}

static double
constant(void)
{
	return 123456789;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *) a;
	uint64_t right = *(const uint64_t *) b;

	return left < right ? -1 : left > right;
}

static double
exact(double share)
{
	int rank = (int) ceil(share * TRACE);

	return (double) trace[(rank > 1 ? rank : 1) - 1];
}

static void
shapes(void)
{
	static const struct
	{
		const char *name;
		double (*next)(void);
	} shape[] = {
		{"even", even},
		{"exponential", exponential},
		{"log-normal", lognormal},
		{"three humps", three_humps},
		{"heavy tail", heavy_tail},
		{"constant", constant},
	};
	static const double share[] = {0, .01, .5, .9, .95, .99, .999, 1};

	for (size_t i = 0; i < heal_lengthof(shape); i++)
	{
		double worst = 0;
		double sum = 0;
		char name[100];

		memset(&histogram, 0, sizeof(histogram));
		for (int n = 0; n < TRACE; n++)
		{
			trace[n] = (uint64_t) shape[i].next();
			sum += (double) trace[n];
			heal_histogram_add(&histogram, trace[n]);
		}
		qsort(trace, TRACE, sizeof(trace[0]), by_value);
		for (size_t q = 0; q < heal_lengthof(share); q++)
		{
			double truth = exact(share[q]);
			double told = heal_histogram_quantile(&histogram, share[q]);

			worst = fmax(worst, fabs(told - truth) / truth);
		}
		snprintf(name, sizeof(name), "%s: every quantile is within 5 %%",
				 shape[i].name);
		if (!ok(worst <= GOAL, name))
			diag("off by %.2f %%", worst * 100);
		snprintf(name, sizeof(name), "%s: the mean is exact", shape[i].name);
		is_double(heal_histogram_mean(&histogram), sum / TRACE,
				  1e-9 * sum / TRACE, name);
	}
}

static void
buckets(void)
{
	int wrong = 0;
	int last = 0;

	for (double ns = 1; ns < 1e15; ns *= 1.001)
	{
		int bucket = heal_histogram_bucket((uint64_t) ns);

		wrong += bucket < last || bucket > last + 1 || bucket >= HEAL_BUCKETS;
		last = bucket;
	}
	is_int(wrong, 0, "longer durations never go to an earlier bucket");
	is_int(last, HEAL_BUCKETS - 1, "and all buckets are met");
	is_int(heal_histogram_bucket(0), 0, "nothing is the first bucket");
	is_int(heal_histogram_bucket(HEAL_SHORTEST - 1), 0, "so is very little");
	is_int(heal_histogram_bucket(HEAL_SHORTEST), 1, "then the steps begin");
	is_int(heal_histogram_bucket(HEAL_LONGEST - 1), HEAL_BUCKETS - 2,
		   "the last step ends");
	is_int(heal_histogram_bucket(HEAL_LONGEST), HEAL_BUCKETS - 1,
		   "where what is too long begins");
	is_int(heal_histogram_bucket(UINT64_MAX), HEAL_BUCKETS - 1,
		   "which has no end");
	is_int(heal_bucket_octave(0), 0, "the first bucket is of the first octave");
	is_int(heal_bucket_octave(HEAL_OCTAVE_STEPS), 0, "as all its steps are");
	is_int(heal_bucket_octave(HEAL_OCTAVE_STEPS + 1), 1, "then the second");
	is_int(heal_bucket_octave(HEAL_BUCKETS - 1), HEAL_OCTAVES,
		   "what is too long has one of its own");
}

static void
ends(void)
{
	memset(&histogram, 0, sizeof(histogram));
	is_double(heal_histogram_quantile(&histogram, .5), NAN, 0,
			  "of nothing there is no quantile");
	is_double(heal_histogram_mean(&histogram), NAN, 0, "and no mean");
	heal_histogram_add(&histogram, UINT64_C(1) << 50);
	is_double(heal_histogram_quantile(&histogram, .5), (double) HEAL_LONGEST, 0,
			  "what is too long is told as the longest");
	heal_histogram_add(&histogram, 3);
	is_double(heal_histogram_quantile(&histogram, .5), HEAL_SHORTEST / 2.0, 0,
			  "what is too short as half of the shortest");
}

static void
sums(void)
{
	static HealHistogram a, b, both, between;

	for (int n = 0; n < 1000; n++)
	{
		uint64_t ns = (uint64_t) lognormal();

		heal_histogram_add(n % 3 ? &a : &b, ns);
		heal_histogram_add(&both, ns);
	}
	ok(heal_histogram_difference(&b, &both, &between),
	   "the whole is a later state of its part");
	ok(memcmp(&between, &a, sizeof(a)) == 0, "and the rest is the difference");
	heal_histogram_merge(&a, &b);
	ok(memcmp(&a, &both, sizeof(a)) == 0, "merged parts are the whole");

	ok(heal_histogram_difference(&both, &both, &between) && between.count == 0,
	   "nothing came between a state and itself");
	ok(!heal_histogram_difference(&both, &b, &between),
	   "the part is not a later state of the whole");
	is_double(heal_histogram_quantile(&between, .5), NAN, 0,
			  "and then nothing is told");

	a = both;
	a.bucket[300]++;
	a.bucket[heal_histogram_bucket(1)] = 0;
	both.bucket[heal_histogram_bucket(1)] = 1;
	ok(!heal_histogram_difference(&both, &a, &between),
	   "one bucket that went backwards is enough to see a reset");
	is_int(between.count, 0, "and nothing of the others is told");
}

int
main(void)
{
	shapes();
	buckets();
	ends();
	sums();
	return done_testing();
}
