/*
 * detector_test.c
 *		What is surprising, and everything that only looks like it.
 */
#include "detect/detector.h"

#include "detect/episode.h"
#include "detect/reservoir.h"
#include "tap.h"

#define PI 3.14159265358979323846

static HealDetector detector;
static HealEpisode episode;
static HealTime now;
static HealTime step;
static uint64_t randomness;
static int opened;

static double
gaussian(void)
{
	double radius = sqrt(-2 * log(heal_random_uniform(&randomness)));

	return radius * cos(2 * PI * heal_random_uniform(&randomness));
}

static void
forget(HealBadDirection bad, double floor)
{
	HealDetectorTraits traits = {.bad = bad, .floor = floor};

	heal_detector_init(&detector, &traits, 11);
	episode = (HealEpisode){0};
	now = HEAL_DAY;
	step = HEAL_SECOND;
	randomness = 20260101;
	opened = 0;
}

static HealSurprise
feed(double value)
{
	HealSurprise surprise;

	now += step;
	surprise = heal_detector_feed(&detector, value, now);
	opened += heal_episode_feed(&episode, surprise.score, 1, now,
								&heal_metric_rule) == HEAL_OPENED;
	return surprise;
}

static void
learn_noise(double level, double deviation, int rows)
{
	for (int i = 0; i < rows; i++)
		feed(level + deviation * gaussian());
	opened = 0;
	episode = (HealEpisode){0};
}

static void
learning(void)
{
	char text[64];

	forget(HEAL_NEITHER_IS_BAD, 0);
	ok(isnan(feed(1).score), "the first row is no surprise");
	heal_detector_describe(&detector, text, sizeof(text));
	is_string(text, "learning (1 of 30)", "it says that it learns");
	for (int i = 0; i < 411; i++)
		feed(i % 7);
	heal_detector_describe(&detector, text, sizeof(text));
	is_string(text, "provisional (412 of 1000)", "and how far it is");
	for (int i = 0; i < 600; i++)
		feed(i % 7);
	heal_detector_describe(&detector, text, sizeof(text));
	is_string(text, "ready", "and when it is done");
	ok(isnan(feed(NAN).score) && isnan(feed(INFINITY).score) &&
		   isnan(feed(-INFINITY).score),
	   "missing is no surprise");
	is_int(detector.rows, 1012, "and is not learnt");
}

static void
surprises(void)
{
	HealSurprise surprise;
	int rows = 0;

	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(100, 10, 2000);
	ok(heal_detector_judge(&detector, 105, now + step).score < 1,
	   "what is usual is not surprising");
	is_double(heal_detector_location(&detector), 100, 2, "location");
	is_double(heal_detector_spread(&detector), 10, 2, "spread");
	surprise = heal_detector_judge(&detector, 200, now + step);
	ok(surprise.score > 4 && surprise.high, "ten deviations are, at once");
	is_double(surprise.z, 10, 1.5, "with the z-score of old");
	ok(surprise.fence > 4, "and the distance from the quartiles");
	ok(heal_detector_judge(&detector, 0, now + step).score > 4,
	   "below as well as above");
	feed(200);
	feed(200);
	is_int(opened, 1, "and an alarm at the second row at the latest");

	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(100, 10, 2000);
	while (opened == 0 && rows < 200)
	{
		feed(110 + 10 * gaussian());
		rows++;
	}
	ok(rows <= 60, "one deviation more is seen within a minute");

	forget(HEAL_HIGH_IS_BAD, 0);
	learn_noise(100, 10, 2000);
	ok(heal_detector_judge(&detector, 0, now + step).score < 1,
	   "what cannot be bad is not judged");
	forget(HEAL_LOW_IS_BAD, 0);
	learn_noise(100, 10, 2000);
	ok(heal_detector_judge(&detector, 0, now + step).score > 4 &&
		   heal_detector_judge(&detector, 200, now + step).score < 1,
	   "either way round");
}

static void
false_alarms(void)
{
	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(0, 1, 1000);
	for (int i = 0; i < 50000; i++)
		feed(gaussian());
	ok(opened <= 25, "noise: at most five in ten thousand rows");
	forget(HEAL_NEITHER_IS_BAD, 0);
	step = HEAL_MINUTE;
	for (int i = 0; i < 10 * 1440; i++)
	{
		if (i == 5 * 1440)
			opened = 0;
		feed(50 + 30 * sin(2 * PI * i / 1440) + 2 * gaussian());
	}
	ok(opened <= 4, "a daily swing is no anomaly");
	ok(heal_detector_seasonality(&detector) > 0.3, "it is known as one");
	opened = 0;
	for (int i = 0; i < 5; i++)
		feed(50 - 30);
	ok(opened == 1, "but the night's value in the morning is");
}

static void
odd_metrics(void)
{
	double rarest = 0;

	forget(HEAL_NEITHER_IS_BAD, 0);
	for (int i = 0; i < 500; i++)
		feed(3);
	ok(feed(4).score < 2.8, "a constant that moves once: only rows speak");
	is_int(opened, 0, "so it is no alarm after five hundred rows");

	forget(HEAL_HIGH_IS_BAD, 1);
	for (int i = 0; i < 20000; i++)
		feed(heal_random_uniform(&randomness) < 0.05);
	is_int(opened, 0, "integers of few values raise none");
	ok(feed(12).score > 4, "but a large one does");

	forget(HEAL_NEITHER_IS_BAD, 0);
	for (int i = 1; i <= 40000; i++)
	{
		HealSurprise surprise = feed(i % 2000 == 0 ? 0.1 : 0);

		if (i >= 6000)
			rarest = fmax(rarest, surprise.score);
	}
	ok(opened <= 2, "of an event every two thousand rows two are news at most");
	ok(rarest > 2.8 && rarest < 4.7,
	   "from the third on it is as surprising as it is rare");
	ok(feed(5).score > 4.7, "but fifty at once are more");

	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(1e12, 1e3, 2000);
	is_double(heal_detector_location(&detector), 1e12, 1e3,
			  "near 1e12 it is as exact");
	ok(heal_detector_judge(&detector, 1e12 + 2e10, now + step).score > 4,
	   "and as watchful");

	forget(HEAL_HIGH_IS_BAD, 0);
	learn_noise(1000, 30, 2000);
	ok(feed(-5e6).score < 1, "a counter's fall is no alarm");
	is_int(opened, 0, "nor the row");
	feed(1000);
	ok(feed(1000).score < 3, "and what follows is as before");
	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(1, 1, 100);
	feed(1e308);
	feed(-1e308);
	ok(isfinite(feed(1).score), "the largest numbers do no harm");
}

static void
clocks(void)
{
	forget(HEAL_NEITHER_IS_BAD, 0);
	learn_noise(10, 1, 1000);
	now += 3 * HEAL_HOUR;
	ok(feed(10).score < 2, "a gap is no surprise");
	now -= 5 * HEAL_HOUR;
	ok(feed(10).score < 2, "nor is a clock set back");
	step = 0;
	learn_noise(10, 1, 50);
	ok(feed(10).score < 2, "nor are rows of the same time");
	now = -HEAL_DAY;
	ok(isfinite(feed(10).score), "nor a time before the epoch");
	now = INT64_MAX / 2;
	ok(isfinite(feed(10).score), "nor one far from now");
	forget(HEAL_NEITHER_IS_BAD, 0);
	heal_detector_feed(&detector, 1, INT64_MIN);
	heal_detector_feed(&detector, 1, INT64_MAX);
	heal_detector_feed(&detector, 1, INT64_MIN);
	is_int(detector.rows, 3, "nor the farthest there are");
}

static void
discipline(void)
{
	double first;

	forget(HEAL_HIGH_IS_BAD, 0);
	learn_noise(10, 1, 2000);
	for (int i = 0; i < 50; i++)
		feed(40);
	is_int(opened, 1, "a strange state is one episode");
	ok(heal_detector_quantile(&detector, 0.99) < 20, "it is not learnt");
	learn_noise(10, 1, 50);
	ok(heal_detector_judge(&detector, 40, now + step).score > 4,
	   "and the next one is as strange");
	for (int i = 0; i < 400; i++)
		feed(40);
	ok(heal_detector_judge(&detector, 40, now + step).score < 3,
	   "what lasts is the new normal");

	forget(HEAL_HIGH_IS_BAD, 0);
	learn_noise(10, 1, 2000);
	first = feed(60).score;
	learn_noise(10, 1, 300);
	for (int i = 0; i < 6; i++)
	{
		feed(60);
		learn_noise(10, 1, 300);
	}
	ok(first > 4 && heal_detector_judge(&detector, 60, now + step).recurrent,
	   "what keeps coming is known");
	ok(heal_detector_judge(&detector, 60, now + step).score < 3.5,
	   "and has the rate at which it comes");
}

/* Memory that is available, in GB: 24 and hardly ever another figure. */
static void
rests(void)
{
	HealDetectorTraits traits =
		heal_detector_traits(HEAL_METRIC_MEMORY_AVAILABLE);

	is_double(traits.share, 0.02, 0, "of what is left a share counts");
	is_double(heal_detector_traits(HEAL_METRIC_SLOT_RETAINED_WAL).share, 0, 0,
			  "of what grows it does not");
	forget(HEAL_LOW_IS_BAD, 0);
	learn_noise(24, 0.01, 500);
	ok(heal_detector_judge(&detector, 23.2, now + step).score > 6,
	   "of anything else a thirtieth less is strange when it was steady");
	forget(HEAL_LOW_IS_BAD, 0);
	detector.traits = traits;
	detector.traits.floor = 0;
	learn_noise(24, 0.01, 500);
	ok(heal_detector_judge(&detector, 23.2, now + step).score < 4,
	   "of what is left it is not");
	ok(heal_detector_judge(&detector, 12, now + step).score > 6,
	   "but half of it is");
}

static void
limits_and_files(void)
{
	HealDetectorTraits traits = {
		.bad = HEAL_HIGH_IS_BAD, .has_limit = true, .limit = 100};
	HealDetector copy;

	forget(HEAL_HIGH_IS_BAD, 0);
	heal_detector_init(&detector, &traits, 1);
	is_double(feed(100).score, 9, 0, "a hard limit needs no baseline");
	learn_noise(50, 5, 200);
	heal_detector_seal(&detector);
	copy = detector;
	ok(heal_detector_intact(&copy), "a baseline is read as it was written");
	copy.level[3] += 1;
	ok(!heal_detector_intact(&copy), "a damaged one is not believed");
	copy = detector;
	copy.version++;
	ok(!heal_detector_intact(&copy), "nor one of another version");
	copy = detector;
	copy.traits.share = NAN;
	heal_detector_seal(&copy);
	ok(!heal_detector_intact(&copy), "nor one with a trait that is none");
	ok(sizeof(HealDetector) <= 20 * 1024, "20 KB a metric");
}

int
main(void)
{
	learning();
	surprises();
	false_alarms();
	odd_metrics();
	clocks();
	discipline();
	rests();
	limits_and_files();
	return done_testing();
}
