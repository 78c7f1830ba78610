/*
 * reported_test.c
 *		Values that users report are judged one by one, and wrong ones do no harm.
 */
#include "detect/reported.h"

#include "base/random.h"
#include "tap.h"

static const HealDetection usual = {.threshold = 3, .min_confidence = 0.7};

static HealReported metric;
static uint64_t seed;

static double
draw(void)
{
	return heal_random_uniform(&seed);
}

static HealReport
feed(double value)
{
	HealReport report = heal_reported_judge(&metric, value, &usual);

	heal_reported_learn(&metric, value, &usual);
	return report;
}

static int
feed_many(int count, double (*next)(int))
{
	int unusual = 0;

	for (int i = 0; i < count; i++)
		unusual += feed(next(i)).unusual;
	return unusual;
}

static void
forget(void)
{
	memset(&metric, 0, sizeof(metric));
	seed = 20260101;
}

static double
latency(int i)
{
	return 50 + i % 10;
}

static double
noise(int i)
{
	(void) i;
	return 100 + 10 * (draw() + draw() + draw() + draw() - 2);
}

static double
nothing(int i)
{
	(void) i;
	return 0;
}

static double
huge(int i)
{
	return (i % 2 ? 1 : -1) * HEAL_REPORTED_MOST;
}

/* As in the guide. */
static void
example(void)
{
	HealReport report;
	char text[256];

	forget();
	is_int(feed_many(100, latency), 0, "a hundred usual values are usual");
	report = feed(500);
	ok(report.unusual, "ten times as much is not");
	is_int(report.severity, HEAL_CRITICAL, "it is critical");
	ok(report.score > 0.9 && report.score <= 1, "with a high score");
	ok(report.confidence > 0.9 && report.confidence <= 1, "and sure");
	is_double(report.mean, 54.5, 1e-9, "it has the mean of before");
	is_double(report.deviation, 2.87, 0.01, "and the deviation");
	heal_report_describe(&report, "performance", "query_latency_ms", text,
						 sizeof(text));
	ok(strcmp(text, "performance anomaly detected: query_latency_ms = 500.00 "
					"(z-score: 155.10, baseline: 54.50 +- 2.87)") == 0,
	   text);
	ok(strcmp(report.method, "z_score") == 0, "by its z-score");
	ok(!feed(52).unusual, "the next usual one is usual again");
	ok(feed(5).unusual, "too little is unusual as well");
	ok(feed(5).z < 0, "which the sign tells");
}

static void
learning(void)
{
	forget();
	ok(!heal_reported_judge(&metric, 7, &usual).unusual,
	   "of the first value nothing is said");
	for (int i = 0; i < HEAL_REPORTED_MINIMUM - 1; i++)
		feed(latency(i));
	ok(!heal_reported_ready(&metric), "29 values are too few");
	ok(!feed(1e9).unusual, "whatever comes then");
	ok(heal_reported_ready(&metric), "30 are enough");
}

static void
false_alarms(void)
{
	forget();
	feed_many(100, noise);
	ok(feed_many(10000, noise) <= 5,
	   "of ten thousand healthy values at most five are called unusual");
	ok(feed(160).unusual && feed(40).unusual, "and strange ones still are");
}

static void
constants(void)
{
	forget();
	feed_many(100, nothing);
	ok(!feed(2).unusual, "what has always been zero may be two");
	ok(feed(150).unusual, "but not a hundred and fifty");
	forget();
	feed_many(100, nothing);
	ok(feed(0.45).unusual, "a share that has always been zero may not be .45");
	forget();
	for (int i = 0; i < 100; i++)
		feed(1e12);
	ok(!feed(1.01e12).unusual, "a hundredth of a large level is nothing");
	ok(feed(2e12).unusual, "twice the level is something");
}

/* Spikes widen the deviation and not the quartiles. */
static void
by_quartiles(void)
{
	HealReport report;

	forget();
	for (int i = 0; i < 100; i++)
		feed(i % 10 ? latency(i) : 90 + i % 3);
	report = feed(200);
	ok(report.unusual && strcmp(report.method, "iqr") == 0,
	   "the quartiles may be what says more");
}

static void
new_normal(void)
{
	int unusual = 0;

	forget();
	feed_many(200, latency);
	for (int i = 0; i < 300; i++)
		unusual += feed(500 + i % 10).unusual;
	ok(unusual > 30 && unusual <= HEAL_REPORTED_SETTLED,
	   "a state that lasts is unusual for a while");
	ok(!feed(505).unusual, "and then it is the new normal");
	ok(feed(50).unusual, "and the old one is not");
}

static void
extremes(void)
{
	HealReport report;

	forget();
	feed_many(200, huge);
	report = feed(0);
	ok(isfinite(report.z) && isfinite(report.mean) &&
		   isfinite(report.deviation) && !report.unusual,
	   "the largest values that there may be leave numbers");
	forget();
	feed_many(100, latency);
	report = feed(HEAL_REPORTED_MOST);
	ok(report.unusual && isfinite(report.score) && report.score <= 1,
	   "the largest one comes unawares");
	ok(!feed(54).unusual && feed(500).unusual,
	   "and does not spoil what was learnt");
}

static void
words(void)
{
	HealReport report = {
		.value = 0.0012, .z = 4.5, .mean = 1.5e12, .deviation = 0};
	char text[256];

	heal_report_describe(&report, "resource", "x", text, sizeof(text));
	ok(strcmp(text, "resource anomaly detected: x = 0.0012 (z-score: 4.50, "
					"baseline: 1.5e+12 +- 0.00)") == 0,
	   text);
}

int
main(void)
{
	example();
	learning();
	false_alarms();
	constants();
	by_quartiles();
	new_normal();
	extremes();
	words();
	return done_testing();
}
