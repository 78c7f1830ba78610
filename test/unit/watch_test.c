/*
 * watch_test.c
 *		Rows of a second become an anomaly that opens once, soon, and closes once.
 */
#include "detect/watch.h"

#include "detect/bar.h"
#include "tap.h"

#define PI 3.14159265358979323846

static const HealDetection usual = {
	.threshold = 3, .min_confidence = 0.7, .per_day = 1.0 / 7, .rows = 5};

static HealWatch watch;
static HealDetection rule;
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
feed_among(HealMetricId metric, double value, int breadth)
{
	HealVerdict verdict;

	clock_now += HEAL_SECOND;
	verdict = heal_watch_feed(&watch, metric, value, clock_now, breadth, &rule);
	opened += verdict == HEAL_OPENED;
	closed += verdict == HEAL_CLOSED;
	return verdict;
}

static HealVerdict
feed(HealMetricId metric, double value)
{
	return feed_among(metric, value, 1);
}

static void
forget(void)
{
	memset(&watch, 0, sizeof(watch));
	rule = usual;
	opened = closed = 0;
	clock_now = HEAL_DAY;
	seed = 20260101;
}

static void
noise(double level, int rows)
{
	for (int i = 0; i < rows; i++)
		feed(HEAL_METRIC_LOAD, level + 10 * gaussian());
}

/* Load around 100 with deviation 10, which is above the floor. */
static void
learn_noise(int rows)
{
	forget();
	noise(100, rows);
	opened = closed = 0;
}

static void
repeat(HealMetricId metric, double value, int rows)
{
	for (int i = 0; i < rows; i++)
		feed(metric, value);
}

static void
gross_steps(void)
{
	int slowest = 0;
	HealWatch learnt;

	learn_noise(20000);
	learnt = watch;
	for (int late = 0; late < 5; late++)
	{
		int rows = 0;

		watch = learnt;
		opened = 0;
		noise(100, late);
		while (opened == 0 && rows < 100)
		{
			noise(200, 1);
			rows++;
		}
		slowest = rows > slowest ? rows : slowest;
	}
	ok(slowest <= 2, "a step of ten deviations is told in two rows, wherever "
					 "in a block it comes");
	is_int(watch.anomaly.opened_at, clock_now, "it says when it opened");
	is_double(watch.anomaly.location, 100, 3, "and what was normal");
	noise(200, 10);
	is_double(watch.anomaly.value, 200, 20, "and has the value");
	ok(watch.anomaly.z > 5, "and its distance");
	ok(watch.anomaly.confidence >= 0.7 && watch.anomaly.confidence <= 1,
	   "its confidence is what was asked for");
	ok(watch.anomaly.surprise >= 5, "and how surprising it is");

	watch = learnt;
	opened = 0;
	noise(100, 3);
	feed(HEAL_METRIC_LOAD, 200);
	noise(100, 30);
	is_int(opened, 0, "a single row far out is told to nobody");
}

static void
one_episode(void)
{
	double peak;

	learn_noise(20000);
	noise(200, 20);
	is_int(opened, 1, "an anomaly opens");
	noise(250, 10);
	noise(200, 20);
	is_int(opened, 1, "and not again while it lasts");
	peak = watch.anomaly.peak_value;
	ok(peak > 230 && peak < 280, "the worst value is kept");
	ok(watch.anomaly.peak_at < clock_now, "and when it was");
	is_int(closed, 0, "it lasts");
	noise(100, 20);
	is_int(closed, 0, "four calm blocks are not the end");
	noise(100, 15);
	is_int(closed, 1, "the fifth is");
	ok(!watch.anomaly.accepted, "it is over, not accepted");
	ok(watch.anomaly.closed_at > watch.anomaly.peak_at, "and says when");
	noise(100, 300);
	is_int(closed + opened, 2, "it closes once");
}

static void
drifts(void)
{
	int rows = 0;

	learn_noise(20000);
	while (opened == 0 && rows < 400)
	{
		noise(115, 1);
		rows++;
	}
	diag("a step of one and a half deviations took %d rows", rows);
	ok(rows <= 60, "small steps that stay are told within a minute");
	ok(watch.anomaly.view != HEAL_VIEW_LEVEL,
	   "by a view that is not the level");
	is_int(watch.anomaly.method, HEAL_BY_STACK, "and by the stack");
	is_int(watch.anomaly.severity, HEAL_LOW, "with low severity");
	noise(115, 400);
	is_int(watch.anomaly.severity, HEAL_LOW, "however long it stays");
	for (int i = 0; i < 20; i++)
		feed_among(HEAL_METRIC_LOAD, 115, 3);
	ok(watch.anomaly.severity <= HEAL_MEDIUM, "and medium with others");
}

static void
missing_rows(void)
{
	HealWatch before;

	learn_noise(3000);
	before = watch;
	repeat(HEAL_METRIC_LOAD, NAN, 50);
	repeat(HEAL_METRIC_LOAD, INFINITY, 50);
	repeat(HEAL_METRIC_LOAD, -INFINITY, 50);
	ok(memcmp(&before, &watch, sizeof(watch)) == 0,
	   "missing rows leave no trace");
	noise(200, 12);
	is_int(opened, 1, "and hide nothing");
	repeat(HEAL_METRIC_LOAD, NAN, 500);
	is_int(closed, 0, "they are not calm rows");
}

static void
clocks(void)
{
	learn_noise(3000);
	for (int i = 0; i < 300; i++)
	{
		clock_now -= HEAL_SECOND; /* as is the row before */
		noise(100, 1);
	}
	clock_now -= 10 * HEAL_DAY;
	noise(100, 300);
	clock_now += 20 * HEAL_DAY;
	noise(100, 300);
	clock_now = INT64_MAX / 2;
	noise(100, 100);
	clock_now = -INT64_MAX / 2;
	noise(100, 100);
	is_int(opened, 0, "clocks that stand, jump and break are no anomaly");
}

static void
directions(void)
{
	learn_noise(3000);
	repeat(HEAL_METRIC_LOAD, 20, 100);
	is_int(opened, 0, "the good direction is no anomaly");

	forget();
	for (int i = 0; i < 3000; i++)
		feed(HEAL_METRIC_COMMITS, 1000 + 10 * gaussian());
	repeat(HEAL_METRIC_COMMITS, 100000, 100);
	is_int(opened, 0, "nor is anything where neither is bad");
	ok(heal_detector_ready(&watch.baseline.detector), "but it is learnt");

	forget();
	for (int i = 0; i < 3000; i++)
		feed(HEAL_METRIC_CACHE_HIT_RATIO, 0.95 + 0.01 * gaussian());
	repeat(HEAL_METRIC_CACHE_HIT_RATIO, 0.30, 10);
	is_int(opened, 1, "a fall is one where low is bad");
	ok(watch.anomaly.z > 3, "with a distance that counts downwards");
}

static void
still_metrics(void)
{
	forget();
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 3000);
	feed(HEAL_METRIC_LOCK_WAITERS, 50);
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 300);
	is_int(opened, 0, "what never moved may move once");

	forget();
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 3000);
	repeat(HEAL_METRIC_LOCK_WAITERS, 1, 60);
	is_int(opened, 0, "one of what has always been none cries no wolf");

	forget();
	repeat(HEAL_METRIC_LOCK_WAITERS, 0, 3000);
	repeat(HEAL_METRIC_LOCK_WAITERS, 30, 30);
	is_int(opened, 1, "thirty that stay do");

	forget();
	for (int i = 0; i < 20000; i++)
		feed(HEAL_METRIC_SESSIONS_ACTIVE, (double) (int) (uniform() * 4));
	is_int(opened, 0, "small numbers that come and go do not");

	forget();
	for (int i = 0; i < 20000; i++)
		feed(HEAL_METRIC_DATA_FREE, 1e12 - i * 1e3);
	is_int(opened, 0, "nor does a large one that creeps");
	repeat(HEAL_METRIC_DATA_FREE, 5e11, 10);
	is_int(opened, 1, "but half of it gone does");
}

static void
too_early(void)
{
	forget();
	repeat(HEAL_METRIC_LOAD, 1, 100);
	repeat(HEAL_METRIC_LOAD, 1000, 40);
	is_int(opened, 0, "below 30 means there is silence");
}

static void
confidence_and_bars(void)
{
	learn_noise(20000);
	rule.min_confidence = 0.995;
	noise(145, 60);
	is_int(opened, 0, "what is not sure enough is not told");
	noise(100, 100);
	rule.min_confidence = 0.7;

	learn_noise(20000);
	rule.bar = 15;
	noise(160, 60);
	is_int(opened, 0, "nor what is no farther out than was called false");
	noise(400, 10);
	is_int(opened, 1, "but what is");
	ok(watch.anomaly.peak_z > 15, "it is told as it is then");
}

/* An hour's wave from 50 to 150; in its trough 90 is far too much, and still below the middle. */
static void
wave(int rows, double more)
{
	for (int i = 0; i < rows; i++)
		feed(HEAL_METRIC_LOAD, 100 + more + gaussian() +
								   50 * sin(2 * PI * (double) clock_now /
											(3600.0 * HEAL_SECOND)));
}

static void
to_trough(void)
{
	while (clock_now % (3600 * HEAL_SECOND) != 2640 * HEAL_SECOND)
		wave(1, 0);
}

static void
bars_of_contexts(void)
{
	double height;

	forget();
	wave(100000, 0);
	to_trough();
	opened = closed = 0;
	wave(60, 40);
	is_int(opened, 1, "too much for its time is an anomaly");
	is_int(watch.anomaly.view, HEAL_VIEW_CONTEXT, "seen by its context");
	ok(watch.anomaly.peak_z < 0, "though it is below the middle");
	height = heal_anomaly_height(&watch.anomaly);
	ok(height > 0.7, "yet it has a height");
	heal_watch_close(&watch, clock_now);
	wave(1800, 0);
	to_trough();
	opened = closed = 0;
	rule.bar = 0.5 * height;
	wave(60, 40);
	is_int(opened, 1, "below that a bar lets it alarm again");
	heal_watch_close(&watch, clock_now);
	wave(1800, 0);
	to_trough();
	opened = closed = 0;
	rule.bar = 1.25 * height;
	wave(60, 40);
	is_int(opened, 0, "and a bar a quarter above it does not");
}

/* As somebody calls it false. */
static void
mark(void)
{
	rule.bar = HEAL_BAR_MARGIN * heal_anomaly_height(&watch.anomaly);
	rule.bar_distance = HEAL_BAR_MARGIN * heal_anomaly_distance(&watch.anomaly);
	heal_watch_close(&watch, clock_now);
	opened = closed = 0;
}

/* Some minutes of none, and then so many rows of six. */
static void
six_of_none(int none, int six)
{
	forget();
	rule.per_day = 100;
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 0, none);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 6, six);
	is_int(opened, 1, "six of what has always been none are an anomaly");
	is_double(watch.anomaly.peak_z, 6, 0.01, "six deviations out");
	mark();
	is_double(rule.bar_distance, 7.5, 0.01, "the bar is above seven");
}

/* What a deviation is grows by the moves of what never moved before. */
static void
bars_of_grown_deviations(void)
{
	HealWatch learnt;

	six_of_none(403, 19);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 6, 2);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 0, 13);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 6, 13);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 0, 13);
	is_int(opened, 0, "six again are not told");
	ok(9 / heal_detector_spread(&watch.baseline.detector) < rule.bar,
	   "nine are fewer deviations now than six were");
	learnt = watch;
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 9, 60);
	is_int(opened, 1, "nine are told all the same");
	is_double(heal_anomaly_distance(&watch.anomaly), 9, 0.01,
			  "and how far out they are");

	watch = learnt;
	opened = 0;
	rule.bar_distance = 0;
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 9, 60);
	is_int(opened, 0, "by a bar known in deviations only they are not");
}

/* The sum of deviations is at its most and falls slowly, so nothing is more surprising. */
static void
above_a_bar_while_resting(void)
{
	six_of_none(400, 40);
	is_double(watch.episode.last_peak, 7.5, 0.01,
			  "the slow views have been as loud as they can be");
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 6, 5);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 0, 12);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 6, 12);
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 0, 12);
	is_int(opened, 0, "six again are not told");
	ok(watch.episode.rest > 0, "and the rest after the mark goes on");
	repeat(HEAL_METRIC_SLOTS_INACTIVE, 9, 10);
	is_int(opened, 1, "nine are told, and soon");
	is_double(watch.anomaly.peak_value, 9, 0.01, "with how many they are");
}

/* What somebody calls false goes on for a while, and has no bar yet in the next rows. */
static void
rests_after_a_mark(void)
{
	learn_noise(20000);
	repeat(HEAL_METRIC_LOAD, 200, 60);
	is_int(opened, 1, "an anomaly opens");
	heal_watch_close(&watch, clock_now);
	opened = closed = 0;
	repeat(HEAL_METRIC_LOAD, 200, 60);
	is_int(opened + closed, 0,
		   "called false, it opens no other while it lasts");
}

static void
sensitivities(void)
{
	HealEpisodeRule borders;
	double normal;

	learn_noise(5000);
	normal = heal_watch_rule(&watch.baseline, &rule).strong;
	is_double(
		normal, heal_metric_rule.strong + log10(17280 * 7) - 4, 0.01,
		"the border is as far out as false alarms are to be rarer than one in ten thousand means");
	rule.per_day = 7;
	borders = heal_watch_rule(&watch.baseline, &rule);
	is_double(normal - borders.strong, log10(49), 0.01,
			  "more false alarms are a nearer border");
	rule = usual;
	rule.raised = 0.6;
	is_double(heal_watch_rule(&watch.baseline, &rule).strong, normal + 0.6,
			  0.01, "the alarm budget moves it");
	learn_noise(1000);
	is_double(heal_watch_rule(&watch.baseline, &rule).strong, normal + 1, 0.01,
			  "and a young baseline has a farther one");
}

static void
lasting_states(void)
{
	int rows = 0;

	learn_noise(20000);
	while (closed == 0 && rows < 3000)
	{
		noise(250, 1);
		rows++;
	}
	ok(rows >= 480 && rows <= 520, "a state that lasts 100 blocks is accepted");
	ok(watch.anomaly.accepted, "and says so");
	noise(250, 3000);
	is_int(opened, 1, "it is no anomaly any more");
	is_double(heal_detector_quantile(&watch.baseline.detector, 0.95), 250, 10,
			  "and is being learnt");
	noise(250, 60000);
	is_int(opened, 1, "nor later");
	is_double(heal_detector_location(&watch.baseline.detector), 250, 10,
			  "until it is what is usual");
}

/* The row that is too far out ends the block by which the state becomes the new normal. */
static void
opened_and_closed_at_once(void)
{
	HealVerdict verdict;

	learn_noise(20000);
	while (watch.block.rows != watch.block.most - 1)
		noise(100, 1);
	watch.gross = 1;
	watch.baseline.detector.strange = 99;
	watch.baseline.detector.familiar = 0;
	verdict = feed(HEAL_METRIC_LOAD, 400);
	ok(watch.baseline.detector.adopting > 0, "a state is taken in as normal");
	is_int(verdict, HEAL_NOTHING_NEW,
		   "what one row opened and closed is not told");
	ok(!watch.open && !watch.episode.open, "nor is it open");
	noise(400, 50);
	is_int(opened + closed, 0, "nor told later");
}

static void
severities(void)
{
	learn_noise(20000);
	noise(300, 12);
	is_int(watch.anomaly.severity, HEAL_HIGH, "far out is of high severity");
	for (int i = 0; i < 10; i++)
		feed_among(HEAL_METRIC_LOAD, 300, 3);
	is_int(watch.anomaly.severity, HEAL_CRITICAL,
		   "and critical when others of its component are away, too");
	noise(150, 10);
	is_int(watch.anomaly.severity, HEAL_CRITICAL, "severity is of the worst");
}

static void
resets(void)
{
	learn_noise(3000);
	noise(250, 20);
	ok(heal_watch_reset(&watch, clock_now), "a reset closes what is open");
	ok(!heal_watch_reset(&watch, clock_now), "once");
	is_int(watch.anomaly.closed_at, clock_now, "and says when");
	opened = 0;
	noise(250, 145);
	ok(!heal_detector_ready(&watch.baseline.detector), "all is forgotten");
	noise(250, 3000);
	is_int(opened, 0, "and learnt anew");

	noise(600, 20);
	heal_watch_close(&watch, clock_now);
	rule.bar = 1.25 * watch.anomaly.peak_z; /* as somebody called it false */
	opened = closed = 0;
	noise(250, 60);
	is_int(opened + closed, 0, "what is closed by hand is over");
}

/* A row of the catalogue that is another metric now. */
static void
changed_metric(void)
{
	learn_noise(3000);
	feed(HEAL_METRIC_CACHE_HIT_RATIO, 0.9);
	ok(!heal_detector_ready(&watch.baseline.detector),
	   "what was learnt of another kind of metric is not used");
	is_int(opened, 0, "and nothing is told by it");
}

static void
cadences(void)
{
	is_int(heal_block_rows(HEAL_SECOND), 5, "five rows of a second");
	is_int(heal_block_rows(5 * HEAL_SECOND), 1, "one of five seconds");
	is_int(heal_block_rows(10 * HEAL_SECOND), 1, "one of ten");
	is_int(heal_block_rows(HEAL_SECOND / 20), 5, "never more than five");
	is_int(heal_block_rows(0), 5, "also where it is not known");

	learn_noise(40);
	for (int i = 0; i < 40; i++)
	{
		clock_now += 9 * HEAL_SECOND;
		noise(100, 1);
	}
	ok(watch.baseline.detector.rows >= 40,
	   "rows that have become rare are blocks of their own");
	ok(sizeof(HealWatch) <= 20 * 1024, "20 KB a metric");
}

/* A week of healthy rows. */
static void
false_alarms(void)
{
	learn_noise(1);
	noise(100, 7 * 86400);
	diag("%d false alarms in a week of healthy rows", opened);
	ok(opened <= 1, "healthy noise raises at most one alarm a week");
}

int
main(void)
{
	gross_steps();
	one_episode();
	drifts();
	missing_rows();
	clocks();
	directions();
	still_metrics();
	too_early();
	confidence_and_bars();
	bars_of_contexts();
	rests_after_a_mark();
	bars_of_grown_deviations();
	above_a_bar_while_resting();
	sensitivities();
	lasting_states();
	opened_and_closed_at_once();
	severities();
	resets();
	changed_metric();
	cadences();
	false_alarms();
	return done_testing();
}
