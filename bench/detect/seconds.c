/*
 * seconds.c
 *		What one metric read every second alarms by itself, and how soon when it should.
 *
 *   seconds [FALSE_ALARMS_A_DAY [DAYS [SERIES_EACH]]]
 *
 * Made-up series of rows of a second, of the kinds that metrics of a server are, from
 * fixed seeds, through the very file that the engine watches a metric with. False alarms
 * are counted in the first hour, in the rest of the first day, and a day after it. At the
 * end of half an hour and of the last day it is tried how many rows steps of ten and of
 * one deviation take: 41 continuations each, told as median / 90 %, "-" = not within 60
 * rows (of one deviation: 120).
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "detect/sensitivity.h"
#include "detect/watch.h"

#define METRIC HEAL_METRIC_LOAD /* a count of which many are bad */
#define DAY_ROWS 86400L
#define YOUNG_ROWS 1800L
#define TRIALS 41
#define GROSS_MOST 60
#define DRIFT_MOST 120

typedef struct Source
{
	uint64_t random;
	double state;
	double height;
	int left;
} Source;

typedef struct Kind
{
	const char *name;
	double deviation; /* that a step is measured in */
	double (*next)(Source *source, long row);
} Kind;

static double
uniform(Source *source)
{
	uint64_t bits = source->random += UINT64_C(0x9E3779B97F4A7C15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
	bits ^= bits >> 31;
	return ((double) (bits >> 12) + 0.5) / 4503599627370496.0;
}

static double
normal(Source *source)
{
	double radius = sqrt(-2 * log(uniform(source)));

	return radius * cos(6.283185307179586 * uniform(source));
}

static int
poisson(Source *source, double mean)
{
	double least = exp(-mean);
	double product = 1;
	int count = -1;

	do
	{
		count++;
		product *= uniform(source);
	} while (product > least);
	return count;
}

/* Each row close to the one before, with deviation 1 in the long run. */
static double
sticky(Source *source, double share)
{
	source->state =
		share * source->state + sqrt(1 - share * share) * normal(source);
	return source->state;
}

static double
gaussian(Source *source, long row)
{
	(void) row;
	return 100 + 10 * normal(source);
}

static double
sticky_gaussian(Source *source, long row)
{
	(void) row;
	return 100 + 10 * sticky(source, 0.9);
}

static double
lognormal(Source *source, long row)
{
	(void) row;
	return 50 * exp(0.5 * normal(source));
}

static double
sticky_lognormal(Source *source, long row)
{
	(void) row;
	return 50 * exp(0.5 * sticky(source, 0.9));
}

/* Student's t with three degrees of freedom. */
static double
heavy(Source *source, long row)
{
	double sum = 0;

	(void) row;
	for (int i = 0; i < 3; i++)
	{
		double part = normal(source);

		sum += part * part;
	}
	return 100 + 10 * normal(source) / sqrt(sum / 3);
}

static double
counts(Source *source, long row)
{
	(void) row;
	return poisson(source, 3);
}

static double
constant(Source *source, long row)
{
	(void) source;
	(void) row;
	return 0;
}

static double
daily(Source *source, long row)
{
	double hour = (double) row / DAY_ROWS * 6.283185307179586;

	return 1000 * (1 + 0.5 * sin(hour)) + 50 * sticky(source, 0.95);
}

/* Every ten minutes or so, for half a minute. */
static double
bursts(Source *source, long row)
{
	(void) row;
	if (source->left > 0)
		source->left--;
	else if (uniform(source) < 1 / 600.0)
		source->left = 20 + (int) (40 * uniform(source));
	return poisson(source, source->left > 0 ? 50 : 8);
}

static double
checkpoints(Source *source, long row)
{
	return (row % 300 < 30 ? 300 : 50) + 10 * normal(source);
}

/* Nothing but a few times a day, for some seconds, and never the same height. */
static double
rare(Source *source, long row)
{
	(void) row;
	if (source->left > 0)
		source->left--;
	else if (uniform(source) < 5.0 / DAY_ROWS)
	{
		source->left = 2 + (int) (20 * uniform(source));
		source->height = 5 * exp(normal(source));
	}
	return source->left > 0 ? source->height : 0;
}

static double
wandering(Source *source, long row)
{
	(void) row;
	source->state += 0.02 * normal(source) - source->state * 0.0001;
	return 1000 + 10 * source->state + normal(source);
}

static const Kind kinds[] = {
	{"gaussian", 10, gaussian},
	{"sticky gaussian", 10, sticky_gaussian},
	{"lognormal", 27, lognormal},
	{"sticky lognormal", 27, sticky_lognormal},
	{"heavy tails", 10, heavy},
	{"small counts", 1.7, counts},
	{"constant", 1, constant},
	{"daily shape", 50, daily},
	{"bursts", 2.8, bursts},
	{"checkpoints", 10, checkpoints},
	{"rare", 1, rare},
	{"wandering", 1, wandering},
};

static HealDetection rule;

static HealVerdict
feed(HealWatch *watch, double value, long row)
{
	return heal_watch_feed(watch, METRIC, value, (row + 1) * HEAL_SECOND, 1,
						   &rule);
}

static int
compare(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

static void
print_latency(int rows, int most)
{
	if (rows > most)
		printf(" %3s", "-");
	else
		printf(" %3d", rows);
}

/* How many rows it takes that a step is told, from here on. */
static void
try_step(const Kind *kind, const HealWatch *watch, Source source, long row,
		 double height, int most)
{
	static HealWatch trial;
	int latency[TRIALS];

	for (int i = 0; i < TRIALS; i++)
	{
		Source future = source;

		future.random += (uint64_t) i * 7919;
		trial = *watch;
		latency[i] = most + 1;
		for (int n = 0; n < most + i % 5; n++)
		{
			/* at any row of a block */
			double step = n < i % 5 ? 0 : height * kind->deviation;

			if (feed(&trial, kind->next(&future, row + n) + step, row + n) ==
				HEAL_OPENED)
			{
				latency[i] = n < i % 5 ? most + 1 : n - i % 5 + 1;
				break;
			}
		}
	}
	qsort(latency, TRIALS, sizeof(int), compare);
	print_latency(latency[TRIALS / 2], most);
	printf(" /");
	print_latency(latency[TRIALS * 9 / 10], most);
}

static void
try_steps(const Kind *kind, const HealWatch *watch, const Source *source,
		  long row)
{
	try_step(kind, watch, *source, row, 10, GROSS_MOST);
	printf("  ");
	try_step(kind, watch, *source, row, 1, DRIFT_MOST);
	printf("  ");
}

static void
run(const Kind *kind, int days, int series)
{
	static HealWatch watch;
	double alarms[3] = {0, 0, 0};
	double seconds = 0;

	printf("%-17s", kind->name);
	for (int i = 0; i < series; i++)
	{
		Source source = {.random = (uint64_t) i * 77 + 5};
		clock_t begun = clock();

		memset(&watch, 0, sizeof(watch));
		for (long row = 0; row < DAY_ROWS * days; row++)
		{
			int phase = row < 3600 ? 0 : row < DAY_ROWS ? 1 : 2;

			alarms[phase] +=
				feed(&watch, kind->next(&source, row), row) == HEAL_OPENED;
			if (i == 0 && row == YOUNG_ROWS)
				try_steps(kind, &watch, &source, row + 1);
		}
		seconds += (double) (clock() - begun) / CLOCKS_PER_SEC;
		if (i == 0)
			try_steps(kind, &watch, &source, DAY_ROWS * days);
	}
	printf("%5.1f %5.1f %5.2f   %.2f\n", alarms[0] / series, alarms[1] / series,
		   alarms[2] / series / (days > 1 ? days - 1 : 1),
		   1e6 * seconds / (double) (DAY_ROWS * days * series));
}

int
main(int argc, char **argv)
{
	double per_day = argc > 1 ? atof(argv[1]) : 1.0 / 7;
	int days = argc > 2 ? atoi(argv[2]) : 4;
	int series = argc > 3 ? atoi(argv[3]) : 3;

	if (!(per_day > 0) || days < 1 || series < 1)
	{
		fprintf(stderr,
				"usage: seconds [FALSE_ALARMS_A_DAY [DAYS [SERIES]]]\n");
		return 2;
	}
	rule.min_confidence = 0.7;
	rule.rows = heal_block_rows(HEAL_SECOND);
	rule.per_day = per_day;
	printf("border of surprise %.2f, %d rows a block\n",
		   heal_metric_rule.strong +
			   heal_episode_shift(per_day, (double) DAY_ROWS / rule.rows),
		   rule.rows);
	printf("%-17s%-24s%-24s%s\n", "", "after half an hour", "after all days",
		   "false alarms");
	printf("%-17s%-11s%-13s%-11s%-13s%s\n", "", "10 dev.", "1 dev.", "10 dev.",
		   "1 dev.", "1st hour, day, later a day  us/row");
	for (size_t i = 0; i < heal_lengthof(kinds); i++)
		run(&kinds[i], days, series);
	return 0;
}
