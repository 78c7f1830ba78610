/*
 * anomaly_test.c
 *		An anomaly opens once, when rows agree, and closes once, when it is over.
 */
#include "detect/anomaly.h"

#include "tap.h"

#define PI 3.14159265358979323846

static const HealDetection usual = {.threshold = 3, .min_confidence = 0.7};

static HealWatch watch;
static HealTime clock_now;
static uint64_t seed;
static int opened;
static int closed;

/* Deterministic noise: a linear congruential generator and Box-Muller. */
static double
uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double) (seed >> 11) + 0.5) / 9007199254740992.0;
}

static double
gaussian(void)
{
	double radius = sqrt(-2 * log(uniform()));

	return radius * cos(2 * PI * uniform());
}

static HealVerdict
feed(HealMetricId metric, double value)
{
	HealVerdict verdict;

	clock_now += HEAL_SECOND;
	verdict = heal_watch_feed(&watch, metric, value, clock_now, &usual);
	opened += verdict == HEAL_OPENED;
	closed += verdict == HEAL_CLOSED;
	return verdict;
}

static void
forget(void)
{
	watch = (HealWatch){0};
	opened = closed = 0;
	clock_now = HEAL_DAY;
	seed = 20260101;
}

/* Load around 100 with deviation 10, which is above the floor. */
static void
learn_noise(int rows)
{
	forget();
	for (int i = 0; i < rows; i++)
		feed(HEAL_METRIC_LOAD, 100 + 10 * gaussian());
	opened = closed = 0;
}

static void
repeat(HealMetricId metric, double value, int rows)
{
	for (int i = 0; i < rows; i++)
		feed(metric, value);
}

static void
one_episode(void)
{
	char text[256];

	learn_noise(300);
	repeat(HEAL_METRIC_LOAD, 160, 2);
	is_int(opened, 0, "two strange rows prove nothing");
	feed(HEAL_METRIC_LOAD, 160);
	is_int(opened, 1, "the third opens an anomaly");
	is_double(watch.anomaly.value, 160, 0, "it has the value");
	ok(watch.anomaly.peak_z > 5 && watch.anomaly.peak_z < 7,
	   "and its distance");
	is_double(watch.anomaly.mean, 100, 2, "and the mean it was judged by");
	is_int(watch.anomaly.opened_at, clock_now, "and when it opened");
	ok(watch.anomaly.confidence >= 0.7 && watch.anomaly.confidence <= 1,
	   "its confidence is what was asked for");

	repeat(HEAL_METRIC_LOAD, 200, 1);
	repeat(HEAL_METRIC_LOAD, 160, 6);
	is_int(opened, 1, "it does not open again while it lasts");
	is_double(watch.anomaly.peak_value, 200, 0, "the worst value is kept");
	heal_anomaly_describe(&watch.anomaly, text, sizeof(text));
	ok(strncmp(text, "load = 200 (z-score ", 20) == 0 &&
		   strstr(text, ", baseline ") && strstr(text, " +- "),
	   "it is said in words");

	repeat(HEAL_METRIC_LOAD, 100, 4);
	feed(HEAL_METRIC_LOAD, 125);
	repeat(HEAL_METRIC_LOAD, 100, 4);
	is_int(closed, 0, "four calm rows are not the end");
	feed(HEAL_METRIC_LOAD, 100);
	is_int(closed, 1, "the fifth in a row is");
	is_int(watch.anomaly.closed_at, clock_now, "and says when");
	ok(!watch.anomaly.accepted, "it is over, not accepted");
	repeat(HEAL_METRIC_LOAD, 100, 20);
	is_int(closed + opened, 2, "it closes once");
}

static void
words(void)
{
	HealAnomaly small = {.metric = HEAL_METRIC_CPU_USED,
						 .peak_value = 0.9712,
						 .peak_z = 8.12,
						 .mean = 0.3141,
						 .deviation = 0.0809};
	HealAnomaly large = {.metric = HEAL_METRIC_DATA_FREE,
						 .peak_value = 5e11,
						 .peak_z = 10,
						 .mean = 1e12,
						 .deviation = 5e10};
	char text[256];

	heal_anomaly_describe(&small, text, sizeof(text));
	is_string(text, "cpu_used = 0.971 (z-score 8.1, baseline 0.314 +- 0.0809)",
			  "small numbers have three digits");
	heal_anomaly_describe(&large, text, sizeof(text));
	is_string(text,
			  "data_disk_free = 500000000000 (z-score 10.0, baseline "
			  "1000000000000 +- 50000000000)",
			  "large ones are written out");
	heal_anomaly_describe(&large, text, 10);
	is_int(strlen(text), 9, "what does not fit is cut");
}

static void
scattered_rows(void)
{
	learn_noise(300);
	for (int i = 0; i < 30; i++)
		feed(HEAL_METRIC_LOAD, i % 3 == 0 ? 160 : 100);
	is_int(opened, 0, "one strange row in three is not an anomaly");

	learn_noise(300);
	feed(HEAL_METRIC_LOAD, 160);
	feed(HEAL_METRIC_LOAD, 100);
	feed(HEAL_METRIC_LOAD, 160);
	feed(HEAL_METRIC_LOAD, 100);
	feed(HEAL_METRIC_LOAD, 160);
	is_int(opened, 1, "three of five are, also with calm ones between");
}

static void
missing_rows(void)
{
	HealWatch before;

	learn_noise(300);
	repeat(HEAL_METRIC_LOAD, 160, 2);
	before = watch;
	repeat(HEAL_METRIC_LOAD, NAN, 50);
	ok(memcmp(&before, &watch, sizeof(watch)) == 0,
	   "missing rows leave no trace");
	feed(HEAL_METRIC_LOAD, 160);
	is_int(opened, 1, "the next row goes on where it stopped");
	repeat(HEAL_METRIC_LOAD, NAN, 50);
	is_int(closed, 0, "missing rows are not calm rows");
}

static void
directions(void)
{
	learn_noise(300);
	repeat(HEAL_METRIC_LOAD, 20, 30);
	is_int(opened, 0, "the good direction is no anomaly");

	forget();
	for (int i = 0; i < 300; i++)
		feed(HEAL_METRIC_COMMITS, 1000 + 10 * gaussian());
	repeat(HEAL_METRIC_COMMITS, 100000, 30);
	is_int(opened, 0, "nor is anything where neither is bad");

	forget();
	repeat(HEAL_METRIC_CACHE_HIT_RATIO, 0.99, 100);
	repeat(HEAL_METRIC_CACHE_HIT_RATIO, 0.30, 3);
	is_int(opened, 1, "a fall is one where low is bad");
}

static void
still_metrics(void)
{
	forget();
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 300);
	repeat(HEAL_METRIC_LOCK_WAITERS, 2, 20);
	is_int(opened, 0, "two of what has always been none cry no wolf");

	forget();
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 300);
	repeat(HEAL_METRIC_LOCK_WAITERS, 12, 3);
	is_int(opened, 1, "twelve do");

	forget();
	for (int i = 0; i < 2000; i++)
		feed(HEAL_METRIC_SESSIONS_ACTIVE, (double) (int) (uniform() * 4));
	is_int(opened, 0, "small numbers that come and go do not");

	forget();
	for (int i = 0; i < 3000; i++)
		feed(HEAL_METRIC_DATA_FREE, 1e12 - i * 1e3);
	is_int(opened, 0, "nor does a large one that creeps");
	repeat(HEAL_METRIC_DATA_FREE, 5e11, 3);
	is_int(opened, 1, "but half of it gone does");
}

static void
too_early(void)
{
	forget();
	repeat(HEAL_METRIC_LOAD, 1, 20);
	repeat(HEAL_METRIC_LOAD, 1000, 9);
	is_int(opened, 0, "below 30 samples there is silence");
}

static void
confidence(void)
{
	HealDetection strict = {.threshold = 3, .min_confidence = 0.99};
	int told = 0;

	learn_noise(300);
	for (int i = 0; i < 20; i++)
		told += heal_watch_feed(&watch, HEAL_METRIC_LOAD, 140, clock_now += 1,
								&strict) == HEAL_OPENED;
	is_int(told, 0, "what is not sure enough is not told");
	learn_noise(2000);
	for (int i = 0; i < 20; i++)
		told += heal_watch_feed(&watch, HEAL_METRIC_LOAD, 400, clock_now += 1,
								&strict) == HEAL_OPENED;
	is_int(told, 1, "what is surer, is");
}

static void
lasting_states(void)
{
	int rows = 0;

	learn_noise(300);
	while (closed == 0 && rows < 1000)
	{
		feed(HEAL_METRIC_LOAD, 200 + 10 * gaussian());
		rows++;
	}
	is_int(rows, HEAL_SETTLED, "a state that lasts 100 rows is accepted");
	ok(watch.anomaly.accepted, "and says so");
	is_double(heal_baseline_mean(&watch.baseline), 200, 5,
			  "the baseline is the new state's");
	is_double(heal_baseline_deviation(&watch.baseline, HEAL_COUNT), 10, 3,
			  "with its own deviation");
	for (int i = 0; i < 300; i++)
		feed(HEAL_METRIC_LOAD, 200 + 10 * gaussian());
	is_int(opened, 1, "which is no anomaly any more");

	for (int i = 0; i < HEAL_SETTLED; i++)
		feed(HEAL_METRIC_LOAD, 100 + 10 * gaussian());
	is_double(heal_baseline_mean(&watch.baseline), 100, 5,
			  "a return to calm is learnt as fast");
	is_int(opened, 1, "without a word");
	repeat(HEAL_METRIC_LOAD, 200, 3);
	is_int(opened, 2, "and the same trouble is one again");
}

static void
severities(void)
{
	learn_noise(300);
	repeat(HEAL_METRIC_LOAD, 135, 5);
	is_int(watch.anomaly.severity, HEAL_LOW, "just beyond is low");
	repeat(HEAL_METRIC_LOAD, 160, 1);
	is_int(watch.anomaly.severity, HEAL_MEDIUM,
		   "twice the threshold is medium");
	repeat(HEAL_METRIC_LOAD, 300, 1);
	is_int(watch.anomaly.severity, HEAL_HIGH, "far beyond is high");
	repeat(HEAL_METRIC_LOAD, 300, 30);
	is_int(watch.anomaly.severity, HEAL_CRITICAL,
		   "far beyond and long is critical");
	repeat(HEAL_METRIC_LOAD, 135, 1);
	is_int(watch.anomaly.severity, HEAL_CRITICAL, "severity is of the worst");
	is_string(heal_severity_name(HEAL_CRITICAL), "critical", "it has a name");
}

static void
resets(void)
{
	learn_noise(300);
	repeat(HEAL_METRIC_LOAD, 200, 5);
	ok(heal_watch_reset(&watch, clock_now), "a reset closes what is open");
	ok(!heal_watch_reset(&watch, clock_now), "once");
	is_int(watch.anomaly.closed_at, clock_now, "and says when");
	ok(!heal_baseline_ready(&watch.baseline), "the baseline is forgotten");
	opened = 0;
	repeat(HEAL_METRIC_LOAD, 200, 60);
	is_int(opened, 0, "and learnt anew");
}

/* Twenty thousand healthy rows, and how often a step of six deviations is caught in time. */
static void
rates(void)
{
	int caught = 0;
	int steps = 200;

	learn_noise(1000);
	for (int i = 0; i < 20000; i++)
		feed(HEAL_METRIC_LOAD, 100 + 10 * gaussian());
	diag("%d false alarms in 20000 healthy rows", opened);
	ok(opened <= 1, "healthy noise raises at most one alarm in 20000 rows");

	for (int step = 0; step < steps; step++)
	{
		int before;

		for (int i = 0; i < 40; i++)
			feed(HEAL_METRIC_LOAD, 100 + 10 * gaussian());
		before = opened;
		for (int i = 0; i < 5; i++)
			feed(HEAL_METRIC_LOAD, 160 + 10 * gaussian());
		caught += opened > before;
	}
	diag("%d of %d steps caught within 5 rows", caught, steps);
	ok(caught >= steps * 99 / 100,
	   "a step of six deviations is caught in five rows");
}

int
main(void)
{
	one_episode();
	words();
	scattered_rows();
	missing_rows();
	directions();
	still_metrics();
	too_early();
	confidence();
	lasting_states();
	severities();
	resets();
	rates();
	return done_testing();
}
