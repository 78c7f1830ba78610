/*
 * series_test.c
 *		Rows and minutes of samples say what was pushed, and nothing else.
 */
#include <math.h>
#include <stdlib.h>

#include "sample/series.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND / HEAL_HOUR * HEAL_HOUR)
#define A HEAL_METRIC_SESSIONS
#define B HEAL_METRIC_LOAD

static HealSeries *series;
static HealPoint points[HEAL_POINTS];

static void
push(HealTime at, double a, double b)
{
	double row[HEAL_METRICS];

	for (int i = 0; i < HEAL_METRICS; i++)
		row[i] = NAN;
	row[A] = a;
	row[B] = b;
	heal_series_push(series, at, row);
}

static void
test_starts(void)
{
	ok(heal_minute_start(START + 59 * HEAL_SECOND) == START,
	   "a minute starts where it starts");
	ok(heal_minute_start(-1) == -HEAL_MINUTE,
	   "before the year 2000, too: never after its time");
	ok(heal_hour_start(START + HEAL_HOUR) == START + HEAL_HOUR,
	   "the start of an hour belongs to it");
}

/* Irregular intervals, one missing value, offsets of 1e9. */
static void
test_minute_is_exact(void)
{
	double sum = 0;
	double least = INFINITY;
	double greatest = -INFINITY;
	int samples = 0;
	const HealMinute *minute = &series->minute[0];

	heal_series_clear(series);
	for (HealTime at = 0; at < HEAL_MINUTE; at += 700 * HEAL_MILLISECOND)
	{
		double value = 1e9 + (double) (at % 977);

		push(START + at, at == 0 ? NAN : value, NAN);
		if (at == 0)
			continue;
		sum += value;
		least = value < least ? value : least;
		greatest = value > greatest ? value : greatest;
		samples++;
	}
	is_int(series->minutes, 0, "a minute that is not over is not finished");
	push(START + HEAL_MINUTE, 5, 5);
	is_int(series->minutes, 1, "the first row of the next one finishes it");
	ok(minute->at == START, "it knows its start");
	is_int(minute->samples[A], samples, "what was missing is not counted");
	is_double(minute->sum[A], sum, 0, "its sum is exact");
	is_double(minute->least[A], least, 0, "its least is exact");
	is_double(minute->greatest[A], greatest, 0, "its greatest is exact");
	is_int(minute->samples[B], 0, "a metric never known has no sample");
}

static void
test_more_than_the_ring(void)
{
	int count;
	int minutes = 0;
	bool in_order = true;
	bool seamless = true;

	heal_series_clear(series);
	for (int i = 0; i < 3 * HEAL_WINDOW; i++)
		push(START + i * HEAL_SECOND, i, -1);
	count = heal_series_points(series, A, 0, points);
	for (int i = 0; i < count; i++)
	{
		minutes += points[i].resolution == HEAL_MINUTE;
		if (i == 0)
			continue;
		in_order &= points[i].at > points[i - 1].at;
		seamless &=
			points[i].at == points[i - 1].at + (points[i - 1].resolution != 0
													? points[i - 1].resolution
													: HEAL_SECOND);
	}
	ok(points[0].at == START, "minutes reach back to the beginning");
	ok(in_order, "points are in order");
	ok(seamless,
	   "where minutes end and rows begin nothing is missing or twice");
	is_int(minutes, 34, "rows are shown from the first whole minute of them");
	is_double(points[0].value, 29.5, 0, "a minute's value is its average");
	is_double(points[0].greatest, 59, 0, "and it has its greatest");
	is_int(points[count - 1].samples, 1, "a row is one sample");
	is_int(heal_series_points(series, A, points[count - 1].at, points), 1,
		   "not older than asked for");
	is_int(heal_series_points(series, A, INT64_MAX, points), 0,
		   "nothing is of the future");
}

/* The first sample ever is rarely the first of a minute. */
static void
test_begins_within_a_minute(void)
{
	int count;

	heal_series_clear(series);
	for (int i = 0; i < 30; i++)
		push(START + (50 + i) * HEAL_SECOND, i, -1);
	count = heal_series_points(series, A, 0, points);
	is_int(series->minutes, 1, "a minute that began without us is finished");
	is_int(count, 30, "and is not shown beside its own rows");
	ok(points[0].resolution == 0 && points[0].at == START + 50 * HEAL_SECOND,
	   "the first sample ever is the first shown");
}

static void
test_gap_and_clock(void)
{
	int count;

	heal_series_clear(series);
	is_int(heal_series_points(series, A, 0, points), 0, "nothing at first");
	push(START, 1, 1);
	push(START + 10 * HEAL_HOUR, 2, 1);
	count = heal_series_points(series, A, 0, points);
	is_int(count, 2, "a gap is not filled");
	is_int(series->minutes, 1, "nor are its minutes");
	push(START + HEAL_SECOND, 3, 1);
	is_int(series->minutes, 2, "a clock set back finishes its minute");
	ok(series->current.at == START && series->current.samples[A] == 1,
	   "and begins that one anew");
	for (int i = 0; i < 5 * HEAL_MINUTES; i++)
		push(START + i * HEAL_MINUTE, i, 1);
	is_int(series->minutes - heal_series_first_minute(series), HEAL_MINUTES,
		   "the newest minutes are kept");
}

/* A clock that was ahead for longer than minutes are kept, and was set right. */
static void
test_minutes_of_the_future(void)
{
	static HealMinute minutes[HEAL_MINUTES];
	HealTime now = START + 3 * HEAL_MINUTE;
	int count;

	heal_series_clear(series);
	push(START, 1, 1);
	for (int i = 0; i < 80; i++)
		push(START + HEAL_DAY + i * HEAL_MINUTE, 2, 1);
	for (int i = 1; i <= 3; i++)
		push(START + i * HEAL_MINUTE, 3, 1);
	count = heal_series_minutes(series, START, now, minutes, 60);
	is_int(count, 2, "minutes of the future do not hold up those of now");
	is_int(minutes[0].at, START + HEAL_MINUTE, "which come in order");
	is_int(heal_series_minutes(series, 0, now, minutes, 60), 3,
		   "after that time only");
	is_int(heal_series_minutes(series, 0, now, minutes, 2), 2,
		   "and not more than asked for");
}

static void
test_average_and_median(void)
{
	heal_series_clear(series);
	ok(isnan(heal_series_between(series, A, 0, INT64_MAX)),
	   "an empty series has no average");
	for (int i = 1; i <= 4; i++)
	{
		push(i * HEAL_SECOND, i, NAN);
	}
	ok(isnan(heal_series_between(series, A, 0, INT64_MAX)) &&
		   isnan(heal_series_median(series, A, 0, INT64_MAX)),
	   "four rows are too few to tell");
	push(5 * HEAL_SECOND, 1000, NAN);
	is_int((int) heal_series_between(series, A, 0, INT64_MAX), 202,
		   "of five rows there is an average");
	is_int((int) heal_series_median(series, A, 0, INT64_MAX), 3,
		   "and a median, which the odd one does not move");
	push(6 * HEAL_SECOND, 7, NAN);
	is_int(
		(int) heal_series_median(series, A, 2 * HEAL_SECOND, 6 * HEAL_SECOND),
		4, "from one time to another, both included");
	ok(isnan(heal_series_median(series, A, 3 * HEAL_SECOND, 6 * HEAL_SECOND)),
	   "and no further");
	for (int i = 7; i <= 13; i++)
		push(i * HEAL_SECOND, NAN, NAN);
	ok(isnan(heal_series_between(series, A, 0, INT64_MAX)),
	   "with most rows missing there is none");
}

static void
test_pulses(void)
{
	HealTime at[3] = {0};

	heal_series_clear(series);
	is_int(heal_series_pulses(series, A, 0, at, 3), 0, "nothing, no pulse");
	for (int i = 0; i < HEAL_WINDOW + 50; i++)
		push(START + i * HEAL_SECOND, i % 100 == 7 ? 0.2 : 0, NAN);
	is_int(heal_series_pulses(series, A, 0, at, 3), 3, "as many as wanted");
	is_int((int) ((at[0] - START) / HEAL_SECOND), 1007, "the newest first");
	is_int((int) ((at[2] - START) / HEAL_SECOND), 807, "then those before");
	is_int(heal_series_pulses(series, A, START + 900 * HEAL_SECOND, at, 3), 2,
		   "not older than asked for");
	is_int(heal_series_pulses(series, B, 0, at, 3), 0,
		   "what is missing is no pulse");
}

int
main(void)
{
	series = malloc(sizeof(HealSeries));
	test_starts();
	test_minute_is_exact();
	test_more_than_the_ring();
	test_begins_within_a_minute();
	test_gap_and_clock();
	test_minutes_of_the_future();
	test_average_and_median();
	test_pulses();
	free(series);
	return done_testing();
}
