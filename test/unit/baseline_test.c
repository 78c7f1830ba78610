/*
 * baseline_test.c
 *		What was learnt comes back from a disk, and what was damaged there harms nobody.
 */
#include "detect/baseline.h"

#include <stdlib.h>

#include "base/random.h"
#include "detect/kept.h"
#include "tap.h"

static HealBaseline baseline;
static HealBaseline copy;
static uint64_t seed = 7;

static double
uniform(void)
{
	return heal_random_uniform(&seed);
}

static void
learn(int blocks)
{
	heal_baseline_init(&baseline, HEAL_METRIC_LOAD);
	for (int i = 0; i < blocks; i++)
	{
		double mean = 100 + 20 * (uniform() + uniform() - 1);

		heal_baseline_feed(&baseline, mean, mean + 10 * uniform(),
						   HEAL_DAY + i * HEAL_BLOCK);
	}
}

static void
rows_and_borders(void)
{
	heal_baseline_init(&baseline, HEAL_METRIC_LOAD);
	is_double(heal_baseline_row_border(&baseline, 5), NAN, 0,
			  "nothing is known of rows yet");
	is_double(heal_baseline_row_score(&baseline, 5), NAN, 0,
			  "so none is surprising");
	learn(2000);
	ok(heal_baseline_row_border(&baseline, 5) > 125,
	   "a row must be farther out than any was");
	ok(heal_baseline_row_border(&baseline, 5) < 250, "and not absurdly far");
	is_double(heal_baseline_row_score(&baseline,
									  heal_baseline_row_border(&baseline, 5)),
			  5, 0.01, "the border is where the surprise is that");
	ok(heal_baseline_fits(&baseline, HEAL_METRIC_LOAD), "it fits its metric");
	ok(!heal_baseline_fits(&baseline, HEAL_METRIC_CACHE_HIT_RATIO),
	   "and no other kind");
	memset(&copy, 0, sizeof(copy));
	ok(!heal_baseline_fits(&copy, HEAL_METRIC_LOAD), "nor is nothing one");
}

static void
there_and_back(void)
{
	learn(1500);
	heal_baseline_seal(&baseline);
	ok(heal_baseline_intact(&baseline), "it is read as it was written");
	heal_baseline_init(&copy, HEAL_METRIC_LOAD);
	heal_baseline_seal(&copy);
	ok(heal_baseline_intact(&copy), "also when nothing was learnt");
	memset(&copy, 0, sizeof(copy));
	ok(!heal_baseline_intact(&copy), "no bytes are none");
}

/* As a program that writes wrong numbers with a right checksum would do it. */
static bool
believed(void)
{
	heal_baseline_seal(&copy);
	return heal_baseline_intact(&copy);
}

static void
single_fields(void)
{
	HealDetector *detector = &copy.detector;
	int wrong = 0;

#define SPOIL(field, value)                               \
	do                                                    \
	{                                                     \
		copy = baseline;                                  \
		field = (value);                                  \
		if (believed())                                   \
		{                                                 \
			diag("%s = %s was believed", #field, #value); \
			wrong++;                                      \
		}                                                 \
	} while (0)

	SPOIL(detector->version, 99);
	SPOIL(detector->traits.bad, (HealBadDirection) 17);
	SPOIL(detector->traits.floor, -1);
	SPOIL(detector->traits.floor, NAN);
	SPOIL(detector->rows, -1);
	SPOIL(detector->rows, INT64_MAX);
	SPOIL(detector->cadence, -1);
	SPOIL(detector->origin, INFINITY);
	SPOIL(detector->last, NAN);
	SPOIL(detector->slow_level, NAN);
	SPOIL(detector->move, -1);
	SPOIL(detector->error[1], NAN);
	SPOIL(detector->visit_sum[0], NAN);
	SPOIL(detector->visit_rows[1], -1);
	SPOIL(detector->visit_part[0], HEAL_DAY_PARTS);
	SPOIL(detector->visit_part[1], HEAL_WEEK_HOURS);
	SPOIL(detector->visit_part[0], -1);
	SPOIL(detector->strange, -1);
	SPOIL(detector->strange, INT32_MAX);
	SPOIL(detector->familiar, -1);
	SPOIL(detector->adopting, -5);
	SPOIL(detector->recent_at, HEAL_RECENT_ROWS);
	SPOIL(detector->recent_at, -1);
	SPOIL(detector->recent_rows, HEAL_RECENT_ROWS + 1);
	SPOIL(detector->residual[5], NAN);
	SPOIL(detector->cusum[1], NAN);
	SPOIL(detector->count[HEAL_VIEW_LEVEL], HEAL_LEVEL_VALUES + 1);
	SPOIL(detector->count[HEAL_VIEW_CUSUM], HEAL_CUSUM_VALUES + 1);
	SPOIL(detector->count[HEAL_VIEW_SLOW], -1);
	SPOIL(detector->past, -1);
	SPOIL(detector->height.view, HEAL_VIEWS);
	SPOIL(detector->tail[2][1].peaks, -1);
	SPOIL(detector->tail[0][0].fitted, INT32_MAX);
	SPOIL(detector->tail[1][0].mean, NAN);
	SPOIL(detector->level[10], 1e9f);
	SPOIL(detector->context[3], NAN);
	SPOIL(detector->day[4], INFINITY);
	SPOIL(detector->week[4], NAN);
	SPOIL(copy.peaks.count, HEAL_PEAK_VALUES + 1);
	SPOIL(copy.peaks.count, -1);
	SPOIL(copy.peaks.value[3], 1e9f);
	SPOIL(copy.peaks.tail.peaks, -2);
	is_int(wrong, 0, "no field that is out of bounds is believed");
#undef SPOIL
}

/* What is believed is used, so it must lead nowhere wrong; the sanitizers tell. */
static void
use(void)
{
	char text[64];

	for (int i = 0; i < 130; i++)
		heal_baseline_feed(&copy, 100 + i % 9, 105 + i % 9,
						   HEAL_DAY + i * HEAL_BLOCK);
	(void) heal_baseline_row_border(&copy, 5);
	(void) heal_detector_border(&copy.detector, 5, true);
	heal_detector_describe(&copy.detector, text, sizeof(text));
}

static void
random_damage(void)
{
	unsigned char *bytes = (unsigned char *) &copy;
	int unsealed = 0;
	int used = 0;

	for (int i = 0; i < 3000; i++)
	{
		size_t at = (size_t) (uniform() * sizeof(copy));

		copy = baseline;
		heal_baseline_seal(&copy);
		bytes[at] ^= (unsigned char) (1 << (i % 8));
		unsealed += heal_baseline_intact(&copy);
		if (believed())
		{
			use();
			used++;
		}
	}
	diag("%d of 3000 changed bytes are harmless and were used", used);
	is_int(unsealed, 0, "no changed byte gets by the checksum");
	ok(used > 0, "and what gets by the bounds leads nowhere wrong");
}

static void
any_bytes(void)
{
	unsigned char *bytes = (unsigned char *) &copy;
	int believed_ones = 0;

	for (int i = 0; i < 200; i++)
	{
		for (size_t at = 0; at < sizeof(copy); at++)
			bytes[at] = (unsigned char) (uniform() * 256);
		copy.detector.version = HEAL_DETECTOR_VERSION;
		believed_ones += believed();
	}
	is_int(believed_ones, 0, "bytes of anything are no baseline");
}

int
main(void)
{
	rows_and_borders();
	there_and_back();
	learn(1500);
	single_fields();
	random_damage();
	any_bytes();
	return done_testing();
}
