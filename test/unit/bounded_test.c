/*
 * bounded_test.c
 *		A prediction is opened, judged by what comes, and counted.
 */
#include <math.h>
#include <string.h>

#include "predict/bounded.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND)
#define GB 1e9

static HealPredictions all;
static HealPrediction ended;
static int opened;
static int ends;
static int missed;
static HealTime now;

static HealUse
disk(double used)
{
	return (HealUse){.kind = HEAL_BOUNDED_DISK,
					 .key = 1,
					 .used = used,
					 .limit = 100 * GB,
					 .subject = "WAL"};
}

static HealBounded *
feed(HealUse use)
{
	HealBounded *bounded = heal_bounded_find(&all, &use);

	now += HEAL_MINUTE;
	switch (heal_bounded_feed(&all, bounded, &use, now, &ended))
	{
		case HEAL_BOUNDED_OPENED:
			opened++;
			break;
		case HEAL_BOUNDED_ENDED:
			ends++;
			break;
		case HEAL_BOUNDED_MISSED:
			missed++;
			break;
		case HEAL_BOUNDED_NOTHING:
			break;
	}
	return bounded;
}

static void
begin(void)
{
	memset(&all, 0, sizeof(all));
	memset(&ended, 0, sizeof(ended));
	opened = ends = missed = 0;
	now = START;
}

/* From 30 GB on, so that it is full after 2000 rows. */
static HealBounded *
grow(int first, int last)
{
	HealBounded *bounded = NULL;

	for (int row = first; row < last; row++)
		bounded = feed(disk(30 * GB + 0.035 * GB * row));
	return bounded;
}

static void
test_it_comes_true(void)
{
	HealBounded *bounded;
	char text[400];
	char name[100];

	begin();
	bounded = grow(0, 1900);
	is_int(opened, 1, "what will run out is predicted once");
	ok(bounded->prediction.state == HEAL_PREDICTION_OPEN, "it stands");
	is_double((double) (bounded->prediction.expected - now) / HEAL_MINUTE, 100,
			  12, "the moment is right");
	heal_prediction_describe(&bounded->prediction, now, text, sizeof(text));
	ok(strstr(text, " % used; used up in about 101 min (") != NULL &&
		   strstr(text,
				  "likely within the horizon: it grows in a line: +8.4 % of "
				  "the capacity in 4.0 h, from 96.") != NULL,
	   "it is a sentence");
	heal_prediction_describe(&bounded->prediction, now, name, 8);
	ok(strlen(name) == 7, "that is cut when there is no room");
	heal_bounded_name(bounded->use.kind, bounded->use.subject, name,
					  sizeof(name));
	is_string(name, "disk WAL", "about something with a name");
	grow(1900, 2001);
	is_int(ends, 1, "it ends once");
	ok(ended.state == HEAL_PREDICTION_CAME_TRUE, "by coming true");
	is_int((int) all.stats[HEAL_BOUNDED_DISK].came_true, 1, "which is counted");
	ok(all.stats[HEAL_BOUNDED_DISK].lead > 100 * 60, "with its lead");
	grow(2001, 2100);
	is_int(opened, 1, "nothing is predicted of what is used up");
	is_int(missed, 0, "and nothing was missed");
}

static void
test_it_is_averted(void)
{
	HealUse larger = {.kind = HEAL_BOUNDED_DISK,
					  .key = 1,
					  .limit = 200 * GB,
					  .subject = "WAL"};

	begin();
	grow(0, 1900);
	for (int i = 0; i < 120; i++)
		feed(disk(40 * GB));
	is_int(ends, 1, "room that is made ends a prediction");
	ok(ended.state == HEAL_PREDICTION_AVERTED, "as averted");
	begin();
	grow(0, 1900);
	for (int row = 1900; row < 1990; row++)
	{
		larger.used = 30 * GB + 0.035 * GB * row;
		feed(larger);
	}
	ok(ends == 1 && ended.state == HEAL_PREDICTION_AVERTED,
	   "so does a larger disk");
}

static void
test_it_passes(void)
{
	begin();
	grow(0, 1900);
	for (int i = 0; i < 600; i++)
		feed(disk(30 * GB + 0.035 * GB * 1900));
	is_int(ends, 1, "what stops growing ends a prediction");
	ok(ended.state == HEAL_PREDICTION_PASSED, "that was wrong");
	is_int((int) all.stats[HEAL_BOUNDED_DISK].passed, 1, "and is counted so");
	is_int(opened, 1, "and made but once");
}

static void
test_missed(void)
{
	begin();
	for (int i = 0; i < 500; i++)
		feed(disk(50 * GB));
	feed(disk(100 * GB));
	is_int(missed, 1, "what runs out unforeseen was missed");
	feed(disk(100 * GB));
	is_int(missed, 1, "once");
	begin();
	feed(disk(100 * GB));
	is_int(missed, 0, "what was used up from the start was not");
}

static void
test_calibration(void)
{
	int64_t said = 0;
	int64_t came = 0;

	begin();
	grow(0, 2001);
	for (int i = 0; i < HEAL_SAID; i++)
	{
		said += all.calibration.said[i];
		came += all.calibration.came[i];
	}
	ok(said >= 1 && came == 1, "what was likely and came is counted as such");
}

static void
test_time(void)
{
	HealBounded *bounded;
	HealUse use = disk(50 * GB);

	begin();
	bounded = grow(0, 1000);
	is_int((int) bounded->forecast.blocks, 100, "a row a minute");
	ok(heal_bounded_feed(&all, bounded, &use, now + HEAL_SECOND, &ended) ==
			   HEAL_BOUNDED_NOTHING &&
		   bounded->forecast.rows == 0,
	   "not one a second");
	now += 100 * HEAL_MINUTE;
	grow(1101, 1760);
	is_double(heal_forecast_outlook(&bounded->forecast).eta, 240, 15,
			  "a pause changes nothing");
	now -= HEAL_DAY;
	grow(1760, 1770);
	is_double(heal_forecast_outlook(&bounded->forecast).eta, 230, 15,
			  "nor does a clock set back");
	now += 30 * HEAL_DAY;
	grow(1770, 1771);
	is_int((int) bounded->forecast.blocks, 0, "a month away forgets it all");
}

static void
test_gone(void)
{
	HealBounded *bounded;

	begin();
	bounded = grow(0, 1900);
	ok(heal_bounded_age(&all, bounded, now + HEAL_MINUTE, &ended) ==
		   HEAL_BOUNDED_NOTHING,
	   "what was not measured for a moment stays");
	heal_bounded_begin(&all, now, now + HEAL_HOUR);
	ok(heal_bounded_age(&all, bounded, now + HEAL_HOUR + HEAL_MINUTE, &ended) ==
		   HEAL_BOUNDED_NOTHING,
	   "also when nobody looked for an hour");
	for (int i = 0; i < 120; i++)
		heal_bounded_begin(&all, now + HEAL_HOUR + i * HEAL_MINUTE / 2,
						   now + HEAL_HOUR + (i + 1) * HEAL_MINUTE / 2);
	ok(heal_bounded_age(&all, bounded, now + 2 * HEAL_HOUR, &ended) ==
			   HEAL_BOUNDED_ENDED &&
		   ended.state == HEAL_PREDICTION_GONE && !bounded->taken,
	   "what is gone takes its prediction along");
}

static void
test_bad_input(void)
{
	HealUse use = disk(NAN);
	HealBounded *bounded;

	begin();
	use.limit = NAN;
	for (int i = 0; i < 300; i++)
		bounded = feed(use);
	use.limit = 0;
	use.used = 7;
	for (int i = 0; i < 300; i++)
		bounded = feed(use);
	ok(!bounded->used_up && opened == 0 && missed == 0,
	   "what has no limit does not run out");
	grow(0, 1760);
	is_double(heal_forecast_outlook(&bounded->forecast).eta, 240, 15,
			  "until it has one");
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
	{
		use.key = (uint64_t) i + 100;
		(void) heal_bounded_find(&all, &use);
	}
	use.key = 7;
	ok(heal_bounded_find(&all, &use) == NULL, "there is room for so many only");
}

int
main(void)
{
	test_it_comes_true();
	test_it_is_averted();
	test_it_passes();
	test_missed();
	test_calibration();
	test_time();
	test_gone();
	test_bad_input();
	return done_testing();
}
