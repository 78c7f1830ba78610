/*
 * forecast_test.c
 *		What runs out is foreseen in time; what does not is left in peace.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "predict/forecast.h"
#include "tap.h"

#define H HEAL_FORECAST_HORIZON
#define PI 3.14159265358979323846

typedef double (*Course)(int row);

static HealForecast forecast;

/* Between -1 and 1, the same in every run. */
static double
noise(void)
{
	return 2.0 * rand() / RAND_MAX - 1;
}

/* Feeds rows from "first" on until "last"; how many of them stood under alarm. */
static int
feed(Course course, int first, int last)
{
	int alarms = 0;

	for (int row = first; row < last; row++)
	{
		heal_forecast_feed(&forecast, course(row));
		alarms += forecast.alarm;
	}
	return alarms;
}

static int
begin(Course course, int rows)
{
	srand(7);
	memset(&forecast, 0, sizeof(forecast));
	return feed(course, 0, rows);
}

static HealOutlook
outlook(void)
{
	return heal_forecast_outlook(&forecast);
}

/* Courses: the share used at a row. Those that run out do so at row 2000 or thereabouts. */

static double
line(int row)
{
	return 0.3 + 0.7 * row / 2000;
}

static double
noisy_line(int row)
{
	return line(row) + 0.01 * noise();
}

static double
leak(int row)
{
	return 0.4 + (row > 1500 ? 0.0015 * (row - 1500) : 0) + 0.002 * noise();
}

static double
swing(int row)
{
	return 0.7 + 0.2 * sin(2 * PI * row / 240 + 1) + 0.002 * noise();
}

static double
rising_swing(int row)
{
	return 0.3 + 0.05 * sin(2 * PI * row / 240) + 0.4 * row / 2000;
}

static double
teeth(int row)
{
	return 0.5 + 0.4 * (row % 130) / 130;
}

static double
rising_teeth(int row)
{
	return 0.3 + 0.2 * (row % 70) / 70 + 0.5 * row / 2000;
}

static double
recycling(int row)
{
	return row % 30 < 28 ? 0.6 + 0.01 * (row % 30) : 0.6;
}

static double
constant(int row)
{
	(void) row;
	return 0.97;
}

static double
one_load(int row)
{
	return row < 600 ? 0.2 : row < 630 ? 0.2 + 0.02 * (row - 600) : 0.8;
}

static double
plateau(int row)
{
	return 0.2 + 0.6 * (1 - exp(-row / 400.0)) + 0.002 * noise();
}

static double
clean_ups(int row)
{
	int tooth = row / 600;

	return 0.3 + (0.5 + 0.02 * (tooth % 3)) * (row % 600) / 600;
}

static double
loads(int row)
{
	return 0.2 + 0.05 * (row / 64);
}

static void
test_a_line(void)
{
	HealOutlook told;

	begin(line, 1760);
	told = outlook();
	is_double(told.eta, 240, 12, "a line is foreseen to the row, nearly");
	ok(told.rule == HEAL_FORECAST_TREND, "by its trend");
	ok(told.earliest < told.eta && told.eta < told.latest,
	   "within an interval");
	ok(told.earliest > 120 && told.latest < 480, "that is not wide");
	ok(!forecast.alarm, "and is no alarm farther than the horizon");
	feed(line, 1760, 1880);
	ok(forecast.alarm, "it is one within");
	ok(feed(line, 1880, 2000) == 120, "until the end");
	feed(line, 2000, 2001);
	told = outlook();
	ok(told.rule == HEAL_FORECAST_FULL && told.eta == 0 &&
		   told.probability == 1,
	   "what has run out is told so at once");
}

static void
test_what_runs_out(void)
{
	begin(noisy_line, 1900);
	ok(forecast.alarm, "noise hides no line");
	begin(leak, 1760);
	ok(forecast.alarm, "a late leak is seen before its end");
	is_double(outlook().eta, 140, 20, "and when it ends");
	begin(rising_swing, 3240);
	ok(outlook().eta < H && outlook().rule == HEAL_FORECAST_SEASON,
	   "a swing that rises ends at a peak, by its season");
	ok(feed(rising_swing, 3240, 3260) == 20, "and that is an alarm");
	begin(rising_teeth, 1860);
	ok(forecast.alarm, "saw-teeth whose peaks rise run out");
	begin(loads, 960);
	ok(outlook().eta < H, "many loads are a trend");
}

static void
test_what_does_not(void)
{
	is_int(begin(constant, 5000), 0, "a constant just below the limit stays");
	ok(isnan(outlook().eta), "and nothing is foreseen");
	is_int(begin(swing, 5000), 0, "a swing below the limit is none");
	is_int(begin(teeth, 5000), 0, "nor are saw-teeth that come back down");
	is_int(begin(recycling, 5000), 0, "nor is WAL that is recycled");
	is_int(begin(one_load, 5000), 0, "nor is one bulk load");
	is_int(begin(plateau, 5000), 0, "nor is a plateau");
	is_int(begin(clean_ups, 6000), 0, "nor what is tidied again and again");
}

static void
test_hysteresis(void)
{
	begin(line, 1950);
	ok(forecast.alarm, "before the clean-up it was an alarm");
	for (int row = 0; row < 30; row++)
		heal_forecast_feed(&forecast, 0.2);
	ok(forecast.alarm, "which does not end with the first calm rows");
	for (int row = 0; row < 60; row++)
		heal_forecast_feed(&forecast, 0.2);
	ok(!forecast.alarm, "but when the calm lasts");
}

/* A number that is not one, a gap, what is out of range. */
static void
test_bad_input(void)
{
	begin(line, 300);
	for (int row = 300; row < 340; row++)
		heal_forecast_feed(&forecast, row % 2 ? NAN : INFINITY);
	feed(line, 340, 1760);
	is_double(outlook().eta, 240, 15, "a gap changes nothing");
	memset(&forecast, 0, sizeof(forecast));
	for (int row = 0; row < 3000; row++)
		heal_forecast_feed(&forecast, NAN);
	ok(isnan(outlook().eta) && !forecast.alarm && outlook().probability == 0,
	   "what was never known is not foreseen");
	feed(line, 0, 1760);
	is_double(outlook().eta, 240, 15, "until it is");
	memset(&forecast, 0, sizeof(forecast));
	for (int row = 0; row < 3000; row++)
		heal_forecast_feed(&forecast, row % 7 ? -1e300 : 1e300);
	ok(outlook().probability >= 0 && outlook().probability <= 1,
	   "nonsense has a probability between 0 and 1");
	memset(&forecast, 0, sizeof(forecast));
	ok(isnan(outlook().eta), "an empty state foresees nothing");
}

static void
test_capacity(void)
{
	HealOutlook told;

	begin(line, 1900);
	ok(forecast.alarm, "before the disk was made larger it was an alarm");
	heal_forecast_rescale(&forecast, 0.5);
	told = outlook();
	ok(told.eta > 5 * H / 2.0, "afterwards there is more time at once");
	for (int row = 1900; row < 1970; row++)
		heal_forecast_feed(&forecast, line(row) / 2);
	ok(!forecast.alarm, "and the alarm ends");
	is_double(outlook().eta, 2888, 120, "while the growth goes on to be known");
	heal_forecast_rescale(&forecast, NAN);
	heal_forecast_rescale(&forecast, 0);
	is_double(outlook().eta, 2888, 120, "no capacity changes nothing");
}

static void
test_words(void)
{
	is_string(heal_forecast_rule_name(HEAL_FORECAST_SEASON), "season",
			  "a rule has a name");
	is_string(heal_forecast_rule_name((HealForecastRule) 99), "none",
			  "and what is no rule has that of none");
}

int
main(void)
{
	test_a_line();
	test_what_runs_out();
	test_what_does_not();
	test_hysteresis();
	test_bad_input();
	test_capacity();
	test_words();
	return done_testing();
}
