/*
 * score.c
 *		The forecast beside Prometheus' predict_linear and Theil-Sen, on series made here.
 *
 *   score [SEED [SERIES-OF-EACH-FAMILY [PREDICTORS]]]
 *
 * A horizon H is 240 rows. Half of the series have a day of 240 rows, half one of 1440. A
 * series ends when it has run out, or after 5760 rows. What is counted is in
 * bench/README.md.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "predict/forecast.h"

#define H HEAL_FORECAST_HORIZON
#define MOST 5760
#define PI 3.14159265358979323846

/* Chance; the state is the generator's own, so that a seed says everything. */

static uint64_t chance;

static double
uniform(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (double) (chance >> 11) / 9007199254740992.0;
}

static double
between(double low, double high)
{
	return low + (high - low) * uniform();
}

static double
normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * PI * uniform());
}

/* Families: each fills used[MOST]. */

static double used[MOST];
static int day;

/* Rows from "low" to the limit at this slope. */
static double
slope_for(double low, double least_horizons, double most_horizons)
{
	return (1 - low) / (H * between(least_horizons, most_horizons));
}

static void
steady(void)
{
	double low = between(0.1, 0.6);
	double slope = slope_for(low, 3, 14);

	for (int i = 0; i < MOST; i++)
		used[i] = low + slope * i + 0.001 * normal();
}

static void
noisy(void)
{
	double low = between(0.1, 0.6);
	double slope = slope_for(low, 3, 14);
	double noise = between(0.01, 0.04);

	for (int i = 0; i < MOST; i++)
		used[i] = low + slope * i + noise * normal();
}

static void
daily_swing(void)
{
	double low = between(0.2, 0.5);
	double slope = slope_for(low, 6, 18);
	double height = between(0.02, 0.1);
	double phase = between(0, 2 * PI);

	for (int i = 0; i < MOST; i++)
		used[i] = low + slope * i + height * sin(2 * PI * i / day + phase) +
				  0.003 * normal();
}

static void
accelerating(void)
{
	double low = between(0.1, 0.5);
	double length = H * between(4, 12);
	double power = between(1.5, 3);

	for (int i = 0; i < MOST; i++)
		used[i] = low + (1 - low) * pow(i / length, power) + 0.002 * normal();
}

static void
late_leak(void)
{
	double low = between(0.2, 0.6);
	double begin = H * between(3, 10);
	double slope = slope_for(low, 1, 4);
	double noise = between(0.002, 0.01);

	for (int i = 0; i < MOST; i++)
		used[i] =
			low + (i > begin ? slope * (i - begin) : 0) + noise * normal();
}

static void
bulk_steps(void)
{
	double level = between(0.1, 0.4);
	double often = between(3, 10) / H;
	double size = (1 - level) / (often * H * between(5, 14));

	for (int i = 0; i < MOST; i++)
	{
		if (uniform() < often)
			level += size * between(0.5, 1.5);
		used[i] = level + 0.001 * normal();
	}
}

/* Period, depth and how unlike each other teeth are. */
static void
teeth(double low, double slope)
{
	double period = between(20, 300);
	double depth = between(0.04, 0.25);
	double unlike = between(0, 0.2);
	double length = period;
	double drop = between(0, 1) < 0.5 ? 0.02 : 0.3; /* share of falling */
	double scale = 1;
	double at = period * uniform();

	for (int i = 0; i < MOST; i++, at++)
	{
		double share;

		if (at >= length)
		{
			at = 0;
			length = period * (1 + unlike * normal());
			length = length < 8 ? 8 : length;
			scale = 1 + unlike * normal() / 2;
		}
		share = at / length;
		share = share < 1 - drop ? share / (1 - drop) : (1 - share) / drop;
		used[i] = low + slope * i + depth * scale * share + 0.002 * normal();
	}
}

static void
rising_teeth(void)
{
	double low = between(0.1, 0.5);

	teeth(low, slope_for(low + 0.1, 5, 16));
}

static void
flat(void)
{
	double low = between(0.2, 0.96);
	double noise = between(0.0005, 0.01);

	for (int i = 0; i < MOST; i++)
		used[i] = fmin(low + noise * normal(), 0.999);
}

static void
plateau(void)
{
	double low = between(0.1, 0.5);
	double top = between(0.6, 0.93);
	double length = H * between(2, 8);
	bool round = uniform() < 0.5;

	for (int i = 0; i < MOST; i++)
	{
		double share = round ? 1 - exp(-2 * i / length) : fmin(i / length, 1);

		used[i] = low + (top - low) * share + 0.003 * normal();
	}
}

static void
level_teeth(void)
{
	teeth(between(0.1, 0.65), 0);
	for (int i = 0; i < MOST; i++)
		used[i] = fmin(used[i], 0.995);
}

static void
swing_only(void)
{
	double height = between(0.05, 0.25);
	double middle = between(0.3, 0.97 - height);
	double phase = between(0, 2 * PI);

	for (int i = 0; i < MOST; i++)
		used[i] = fmin(middle + height * sin(2 * PI * i / day + phase) +
						   0.005 * normal(),
					   0.999);
}

static void
one_load(void)
{
	double low = between(0.1, 0.5);
	double size = between(0.1, 0.9) * (0.95 - low);
	double begin = H * between(2, 12);
	double length = between(1, 90);

	for (int i = 0; i < MOST; i++)
		used[i] = low + size * fmin(fmax((i - begin) / length, 0), 1) +
				  0.002 * normal();
}

/* Somebody tidies when it gets high, not always at the same height. */
static void
clean_ups(void)
{
	double low = between(0.2, 0.5);
	double level = low;
	double slope = between(0.05, 0.25) / H;
	double top = between(0.7, 0.88);
	double next = top + 0.02 * normal();

	for (int i = 0; i < MOST; i++)
	{
		level += slope;
		if (level > next)
		{
			level = low + between(0, 0.1);
			next = fmin(top + 0.03 * normal(), 0.95);
		}
		used[i] = level + 0.003 * normal();
	}
}

static double
traffic(int i, double phase)
{
	double hour = sin(2 * PI * i / day + phase);

	return (1 + 0.8 * hour + 0.2 * sin(4 * PI * i / day + 2 * phase)) *
		   exp(0.3 * normal());
}

static void
kept_for_ever(void)
{
	double low = between(0.1, 0.5);
	double slope = slope_for(low, 6, 18);
	double phase = between(0, 2 * PI);

	used[0] = low;
	for (int i = 1; i < MOST; i++)
		used[i] = used[i - 1] + slope * traffic(i, phase);
}

/* The oldest goes as the newest comes. */
static void
kept_for_days(void)
{
	static double came[MOST + 3 * 1440];
	int kept = (int) (day * between(1, 3));
	int before = uniform() < 0.5 ? kept : 0; /* rows that nobody saw */
	double top = between(0.4, 0.9);
	double phase = between(0, 2 * PI);
	double level = 0;
	double most = 0;

	for (int i = 0; i < MOST + before; i++)
	{
		came[i] = traffic(i, phase);
		level += came[i] - (i >= kept ? came[i - kept] : 0);
		if (i >= before)
			used[i - before] = level;
		most = fmax(most, level);
	}
	for (int i = 0; i < MOST; i++)
		used[i] *= top / most;
}

typedef struct Family
{
	const char *name;
	void (*make)(void);
} Family;

static const Family families[] = {
	{"steady", steady},
	{"noisy", noisy},
	{"daily swing", daily_swing},
	{"accelerating", accelerating},
	{"late leak", late_leak},
	{"bulk steps", bulk_steps},
	{"rising saw-teeth", rising_teeth},
	{"traffic, kept", kept_for_ever},
	{"flat", flat},
	{"plateau", plateau},
	{"level saw-teeth", level_teeth},
	{"swing only", swing_only},
	{"one bulk load", one_load},
	{"clean-ups", clean_ups},
	{"traffic, retention", kept_for_days},
};

#define FAMILIES (int) (sizeof(families) / sizeof(families[0]))

/* Predictors: each fills eta[] and alarm[] for a series, looking back only. */

static double eta[MOST];
static bool alarm_at[MOST];

static void
by_forecast(int rows)
{
	static HealForecast forecast;

	memset(&forecast, 0, sizeof(forecast));
	for (int i = 0; i < rows; i++)
	{
		heal_forecast_feed(&forecast, used[i]);
		eta[i] = heal_forecast_outlook(&forecast).eta;
		alarm_at[i] = forecast.alarm || forecast.full;
	}
}

/* The alarm of the rule files that are in use: predict_linear(x[1h], 4h) for 5 minutes. */
static void
by_predict_linear(int rows)
{
	const int width = 60;
	int lasting = 0;

	for (int i = 0; i < rows; i++)
	{
		double mean = 0;
		double slope = 0;
		double now;

		eta[i] = NAN;
		alarm_at[i] = false;
		if (i + 1 < width)
			continue;
		for (int k = 0; k < width; k++)
			mean += used[i - k] / width;
		for (int k = 0; k < width; k++)
			slope += ((width - 1) / 2.0 - k) * (used[i - k] - mean);
		slope /= width * (width * (double) width - 1) / 12;
		now = mean + slope * (width - 1) / 2.0;
		if (slope > 0)
			eta[i] = fmax((1 - now) / slope, 0);
		lasting = now + slope * H > 1 ? lasting + 1 : 0;
		alarm_at[i] = lasting >= 5;
	}
}

static int
compare(const void *left, const void *right)
{
	double a = *(const double *) left;
	double b = *(const double *) right;

	return (a > b) - (a < b);
}

static double
median(double *value, int count)
{
	qsort(value, (size_t) count, sizeof(double), compare);
	return count == 0  ? NAN
		   : count % 2 ? value[count / 2]
					   : (value[count / 2] + value[count / 2 - 1]) / 2;
}

/* Over one horizon, every eighth row; the same alarm. */
static void
by_theil_sen(int rows)
{
	int lasting = 0;

	for (int i = 0; i < rows; i++)
	{
		double point[30];
		double slope[30 * 29 / 2];
		double end[30];
		int count = 0;
		double rate;
		double now;

		eta[i] = NAN;
		alarm_at[i] = false;
		if (i + 1 < H)
			continue;
		for (int k = 0; k < 30; k++)
			point[k] = used[i - (29 - k) * 8];
		for (int a = 0; a < 30; a++)
			for (int b = a + 1; b < 30; b++)
				slope[count++] = (point[b] - point[a]) / (8 * (b - a));
		rate = median(slope, count);
		for (int k = 0; k < 30; k++)
			end[k] = point[k] + rate * (29 - k) * 8;
		now = median(end, 30);
		if (rate > 0)
			eta[i] = fmax((1 - now) / rate, 0);
		lasting = now + rate * H > 1 ? lasting + 1 : 0;
		alarm_at[i] = lasting >= 5;
	}
}

typedef struct Predictor
{
	const char *name;
	void (*run)(int rows);
} Predictor;

static const Predictor predictors[] = {
	{"selfheal", by_forecast},
	{"predict_linear", by_predict_linear},
	{"Theil-Sen", by_theil_sen},
};

#define PREDICTORS (int) (sizeof(predictors) / sizeof(predictors[0]))

/* Scores */

#define PARTS 3 /* one, a half and a quarter horizon before the end */

typedef struct Score
{
	double rows;
	int ends;	/* series that run out */
	int warned; /* of them: an alarm stands from H/10 before */
	int right;	/* alarms followed by the end within two horizons */
	int wrong;
	int errors[PARTS];
	double *error[PARTS];
	int leads;
	double *lead;
} Score;

static void
score_alarms(Score *score, int rows, int end)
{
	int begun = -1;
	bool stands = end >= H / 10;

	for (int i = 0; i < rows; i++)
	{
		if (alarm_at[i] && (i == 0 || !alarm_at[i - 1]))
		{
			begun = i;
			if (end >= 0 && end - i <= 2 * H)
				score->right++;
			else
				score->wrong++;
		}
		if (end >= 0 && i >= end - H / 10 && i < end && !alarm_at[i])
			stands = false;
	}
	if (end >= 0)
	{
		score->ends++;
		score->warned += stands;
		if (stands)
			score->lead[score->leads++] = (double) (end - begun) / H;
	}
	score->rows += rows;
}

static void
score_errors(Score *score, int end)
{
	for (int part = 0; part < PARTS; part++)
	{
		int left = H >> part;
		double told;

		if (end < left)
			continue;
		told = eta[end - left];
		score->error[part][score->errors[part]++] =
			isfinite(told) ? fmin(fabs(told - left) / left, 1) : 1;
	}
}

static int
end_of(void)
{
	for (int i = 0; i < MOST; i++)
		if (used[i] >= 1)
			return i;
	return -1;
}

static void
run_family(const Family *family, const Predictor *predictor, int seed,
		   int series, Score *score)
{
	for (int n = 0; n < series; n++)
	{
		int end;

		chance =
			(uint64_t) (seed * 1000 + n + 1) * UINT64_C(0x9E3779B97F4A7C15);
		for (int i = 0; i < 20; i++)
			uniform();
		day = n % 2 ? 240 : 1440;
		family->make();
		end = end_of();
		predictor->run(end < 0 ? MOST : end);
		score_alarms(score, end < 0 ? MOST : end, end);
		score_errors(score, end);
	}
}

static double
mean_of(const double *value, int count)
{
	double mean = 0;

	for (int i = 0; i < count; i++)
		mean += value[i] / count;
	return count > 0 ? mean : NAN;
}

static void
print_score(const char *name, Score *score)
{
	double alarms = score->right + score->wrong;

	printf("| %-18s | %5.3f | %5.3f | %5.3f | %5.2f |", name,
		   score->ends ? (double) score->warned / score->ends : NAN,
		   alarms > 0 ? score->right / alarms : NAN,
		   score->wrong / (score->rows / H / 10),
		   median(score->lead, score->leads));
	for (int part = 0; part < PARTS; part++)
	{
		double mean = mean_of(score->error[part], score->errors[part]);

		printf(" %4.2f (%4.2f) |",
			   median(score->error[part], score->errors[part]), mean);
	}
	printf("\n");
}

static void
make_room(Score *score, int most)
{
	memset(score, 0, sizeof(*score));
	for (int part = 0; part < PARTS; part++)
		score->error[part] = calloc((size_t) most, sizeof(double));
	score->lead = calloc((size_t) most, sizeof(double));
}

static void
free_room(Score *score)
{
	for (int part = 0; part < PARTS; part++)
		free(score->error[part]);
	free(score->lead);
}

static void
print_head(const char *of)
{
	printf("\n| %s | recall | precision | false in 10 H | lead, H | error at H "
		   "(mean) | at H/2 | at H/4 |\n"
		   "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
		   of);
}

int
main(int count, char **argument)
{
	int seed = count > 1 ? atoi(argument[1]) : 1;
	int series = count > 2 ? atoi(argument[2]) : 20;
	int shown = count > 3 ? atoi(argument[3]) : PREDICTORS;
	Score score;

	print_head("all families");
	for (int p = 0; p < shown; p++)
	{
		make_room(&score, series * FAMILIES);
		for (int f = 0; f < FAMILIES; f++)
			run_family(&families[f], &predictors[p], seed * 100 + f, series,
					   &score);
		print_score(predictors[p].name, &score);
		free_room(&score);
	}
	print_head("selfheal, by family");
	for (int f = 0; f < FAMILIES; f++)
	{
		make_room(&score, series);
		run_family(&families[f], &predictors[0], seed * 100 + f, series,
				   &score);
		print_score(families[f].name, &score);
		free_room(&score);
	}
	return 0;
}
