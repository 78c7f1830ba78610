/*
 * series.c
 *		The samples of every metric over time: newest rows as taken, and minutes of them.
 */
#include "sample/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST_ROWS 5 /* fewer say nothing about half a minute */

static void finish_minute(HealSeries *series);
static void begin_minute(HealMinute *minute, HealTime at);
static void add_to_minute(HealMinute *minute, const double *row);
static HealTime rows_begin(const HealSeries *series);

/* Times before the year 2000 are negative, and a start is never after its time. */
static HealTime
start_of(HealTime at, HealTime length)
{
	HealTime rest = at % length;

	return at - (rest < 0 ? rest + length : rest);
}

HealTime
heal_minute_start(HealTime at)
{
	return start_of(at, HEAL_MINUTE);
}

HealTime
heal_hour_start(HealTime at)
{
	return start_of(at, HEAL_HOUR);
}

void
heal_series_clear(HealSeries *series)
{
	memset(series, 0, sizeof(*series));
}

void
heal_series_push(HealSeries *series, HealTime at,
				 const double row[HEAL_METRICS])
{
	int place = (int) (series->pushed % HEAL_WINDOW);
	HealTime start = heal_minute_start(at);

	series->at[place] = at;
	/* each on a page of its own, and in no cache: asked for together they come together */
	for (int metric = 0; metric < HEAL_METRICS; metric++)
		__builtin_prefetch(&series->value[metric][place], 1);
	for (int metric = 0; metric < HEAL_METRICS; metric++)
		series->value[metric][place] = row[metric];
	series->pushed++;

	/* also when the clock was set back: a minute is never opened again */
	if (series->current.at != start)
	{
		finish_minute(series);
		begin_minute(&series->current, start);
	}
	add_to_minute(&series->current, row);
}

static void
finish_minute(HealSeries *series)
{
	if (series->current.at == 0)
		return;
	series->minute[series->minutes % HEAL_MINUTES] = series->current;
	series->minutes++;
}

static void
begin_minute(HealMinute *minute, HealTime at)
{
	memset(minute, 0, sizeof(*minute));
	minute->at = at;
}

static void
add_to_minute(HealMinute *minute, const double *row)
{
	for (int metric = 0; metric < HEAL_METRICS; metric++)
	{
		double value = row[metric];

		if (isnan(value))
			continue;
		minute->sum[metric] += value;
		if (minute->samples[metric] == 0 || value < minute->least[metric])
			minute->least[metric] = value;
		if (minute->samples[metric] == 0 || value > minute->greatest[metric])
			minute->greatest[metric] = value;
		minute->samples[metric]++;
	}
}

static void
forget_in_minute(HealMinute *minute, int metric)
{
	minute->sum[metric] = minute->least[metric] = minute->greatest[metric] = 0;
	minute->samples[metric] = 0;
}

void
heal_series_forget(HealSeries *series, int metric)
{
	for (int place = 0; place < HEAL_WINDOW; place++)
		series->value[metric][place] = NAN;
	for (int place = 0; place < HEAL_MINUTES; place++)
		forget_in_minute(&series->minute[place], metric);
	forget_in_minute(&series->current, metric);
}

uint64_t
heal_series_first_row(const HealSeries *series)
{
	return series->pushed < HEAL_WINDOW ? 0 : series->pushed - HEAL_WINDOW;
}

uint64_t
heal_series_first_minute(const HealSeries *series)
{
	return series->minutes < HEAL_MINUTES ? 0 : series->minutes - HEAL_MINUTES;
}

int
heal_series_minutes(const HealSeries *series, HealTime after, HealTime until,
					HealMinute *minutes, int most)
{
	int count = 0;

	for (uint64_t n = heal_series_first_minute(series);
		 n < series->minutes && count < most; n++)
	{
		const HealMinute *minute = &series->minute[n % HEAL_MINUTES];

		if (minute->at > after && minute->at <= until)
			minutes[count++] = *minute;
	}
	return count;
}

int
heal_series_points(const HealSeries *series, HealMetricId metric,
				   HealTime since, HealPoint points[HEAL_POINTS])
{
	HealTime begin = rows_begin(series);
	int count = 0;

	for (uint64_t n = heal_series_first_minute(series); n < series->minutes;
		 n++)
	{
		const HealMinute *minute = &series->minute[n % HEAL_MINUTES];
		int samples = minute->samples[metric];

		/* one that rows reach into, from the first sample ever on, is theirs */
		if (minute->at + HEAL_MINUTE > begin ||
			minute->at + HEAL_MINUTE <= since)
			continue;
		points[count++] = (HealPoint){
			.at = minute->at,
			.resolution = HEAL_MINUTE,
			.value = samples > 0 ? minute->sum[metric] / samples : NAN,
			.least = samples > 0 ? minute->least[metric] : NAN,
			.greatest = samples > 0 ? minute->greatest[metric] : NAN,
			.samples = samples,
		};
	}
	for (uint64_t n = heal_series_first_row(series); n < series->pushed; n++)
	{
		int place = (int) (n % HEAL_WINDOW);
		double value = series->value[metric][place];

		if (series->at[place] < begin || series->at[place] < since)
			continue;
		points[count++] = (HealPoint){
			.at = series->at[place],
			.value = value,
			.least = value,
			.greatest = value,
			.samples = isnan(value) ? 0 : 1,
		};
	}
	return count;
}

/*
 * From here on rows are shown. The oldest of them stand in a minute that the ring has
 * partly forgotten; as long as that minute is known as a whole, it is shown instead.
 */
static HealTime
rows_begin(const HealSeries *series)
{
	HealTime oldest;

	if (series->pushed == 0)
		return INT64_MAX;
	oldest = series->at[heal_series_first_row(series) % HEAL_WINDOW];
	for (uint64_t n = heal_series_first_minute(series);
		 series->pushed >= HEAL_WINDOW && n < series->minutes; n++)
		if (series->minute[n % HEAL_MINUTES].at == heal_minute_start(oldest))
			return heal_minute_start(oldest) + HEAL_MINUTE;
	return oldest;
}

int
heal_series_pulses(const HealSeries *series, HealMetricId metric,
				   HealTime since, HealTime *at, int most)
{
	int count = 0;

	for (uint64_t n = series->pushed;
		 n > heal_series_first_row(series) && count < most; n--)
	{
		int place = (int) ((n - 1) % HEAL_WINDOW);

		if (series->at[place] < since)
			break;
		if (series->value[metric][place] > 0)
			at[count++] = series->at[place];
	}
	return count;
}

/* Copies the values of the rows from one time to another; returns how many, 0 when they are too few to tell. */
static int
values_between(const HealSeries *series, HealMetricId metric, HealTime since,
			   HealTime until, double value[HEAL_WINDOW])
{
	uint64_t first = heal_series_first_row(series);
	int values = 0;
	int rows = 0;

	for (uint64_t row = series->pushed;
		 row > first && series->at[(row - 1) % HEAL_WINDOW] >= since; row--)
	{
		if (series->at[(row - 1) % HEAL_WINDOW] > until)
			continue;
		rows++;
		value[values] = series->value[metric][(row - 1) % HEAL_WINDOW];
		values += !isnan(value[values]);
	}
	return values < FEWEST_ROWS || 2 * values < rows ? 0 : values;
}

double
heal_series_between(const HealSeries *series, HealMetricId metric,
					HealTime since, HealTime until)
{
	double value[HEAL_WINDOW];
	int values = values_between(series, metric, since, until, value);
	double sum = 0;

	for (int i = 0; i < values; i++)
		sum += value[i];
	return values > 0 ? sum / values : NAN;
}

static int
compare_values(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return (left > right) - (left < right);
}

double
heal_series_median(const HealSeries *series, HealMetricId metric,
				   HealTime since, HealTime until)
{
	double value[HEAL_WINDOW];
	int values = values_between(series, metric, since, until, value);

	if (values == 0)
		return NAN;
	qsort(value, (size_t) values, sizeof(*value), compare_values);
	return (value[(values - 1) / 2] + value[values / 2]) / 2;
}
