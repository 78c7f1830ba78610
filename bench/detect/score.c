/*
 * score.c
 *		What a detector found of incidents that are known, and what it made up.
 *
 *   score FIRST LABELS OUT.csv [LABELS OUT.csv ...]
 *
 * Rows from FIRST on count. Alarmed rows with at most five rows between them are one
 * episode; it is false when no row of it is in an incident or within five rows after one.
 * Prints one line: share of incidents found at five false episodes per 10,000 healthy
 * rows, and at one, one border for all files; then by the detector's own alarms false
 * episodes per 10,000, % of healthy rows under alarm, and % missed of each category.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_ROWS 200000
#define NEAR 5 /* rows */
#define CATEGORIES 4
#define BORDERS 200

typedef struct Series
{
	int rows;
	int *label; /* category, 0 = healthy */
	double *score;
	bool *alarm;
} Series;

typedef struct Result
{
	long healthy;
	long under;
	long false_episodes;
	int incidents[CATEGORIES + 1];
	int found[CATEGORIES + 1];
} Result;

static Series read_series(const char *labels, const char *out, int first);
static void judge(const Series *series, double border, Result *result);
static double share_found(const Result *result);
static double best_share(const Series *series, int count, double false_rate);

int
main(int argc, char **argv)
{
	int count = (argc - 2) / 2;
	Series *series = calloc((size_t) count + 1, sizeof(*series));
	Result own = {0};

	if (argc < 4 || argc % 2 != 0 || series == NULL)
	{
		fprintf(stderr, "usage: score FIRST LABELS OUT.csv ...\n");
		return 2;
	}
	for (int i = 0; i < count; i++)
	{
		series[i] =
			read_series(argv[2 + 2 * i], argv[3 + 2 * i], atoi(argv[1]));
		judge(&series[i], NAN, &own);
	}
	printf("%.2f %.2f %.1f %.2f", best_share(series, count, 5),
		   best_share(series, count, 1),
		   1e4 * (double) own.false_episodes / (double) own.healthy,
		   100.0 * (double) own.under / (double) own.healthy);
	for (int i = 1; i <= CATEGORIES; i++)
		printf(" %.0f", own.incidents[i] == 0
							? 0
							: 100.0 - 100.0 * own.found[i] / own.incidents[i]);
	printf("\n");
	return 0;
}

static Series
read_series(const char *labels, const char *out, int first)
{
	FILE *label_file = fopen(labels, "r");
	FILE *out_file = fopen(out, "r");
	Series series = {0, calloc(MOST_ROWS, sizeof(int)),
					 calloc(MOST_ROWS, sizeof(double)),
					 calloc(MOST_ROWS, sizeof(bool))};
	int label;
	int alarm;
	double score;
	int row = 0;

	if (label_file == NULL || out_file == NULL ||
		fscanf(out_file, "score,alarm\n") == EOF)
	{
		perror("score");
		exit(1);
	}
	while (series.rows < MOST_ROWS && fscanf(label_file, "%d", &label) == 1 &&
		   fscanf(out_file, "%lf,%d", &score, &alarm) == 2)
		if (row++ >= first)
		{
			series.label[series.rows] = label;
			series.score[series.rows] = score;
			series.alarm[series.rows++] = alarm;
		}
	fclose(label_file);
	fclose(out_file);
	return series;
}

/* Adds up; a border of NaN means the detector's own alarms. */
static void
judge(const Series *series, double border, Result *result)
{
	int last_alarm = -1000;
	int last_incident = -1000;
	bool true_episode = true;
	bool found = false;

	for (int i = 0; i < series->rows; i++)
	{
		bool alarm =
			isnan(border) ? series->alarm[i] : series->score[i] >= border;
		int label = series->label[i];

		if (label > 0)
		{
			if (i == 0 || series->label[i - 1] == 0)
			{
				result->incidents[label]++;
				found = false;
			}
			last_incident = i;
			if (alarm && !found)
				result->found[label]++;
			found |= alarm;
		}
		else
		{
			result->healthy++;
			result->under += alarm;
		}
		if (!alarm)
			continue;
		if (i - last_alarm > NEAR)
		{
			result->false_episodes += !true_episode;
			true_episode = false;
		}
		true_episode |= i - last_incident <= NEAR;
		last_alarm = i;
	}
	result->false_episodes += !true_episode;
}

static double
share_found(const Result *result)
{
	int incidents = 0;
	int found = 0;

	for (int i = 1; i <= CATEGORIES; i++)
	{
		incidents += result->incidents[i];
		found += result->found[i];
	}
	return incidents == 0 ? 0 : (double) found / incidents;
}

static int
descending(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return (left < right) - (left > right);
}

/* The best of many borders that keep to the rate of false episodes, per 10,000 healthy rows. */
static double
best_share(const Series *series, int count, double false_rate)
{
	size_t rows = 0;
	double *scores = malloc((size_t) count * MOST_ROWS * sizeof(double));
	double best = 0;

	if (scores == NULL)
		return 0;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < series[i].rows; j++)
			scores[rows++] = series[i].score[j];
	qsort(scores, rows, sizeof(double), descending);
	for (int step = 0; step < BORDERS && rows > 0; step++)
	{
		/* from one row in 30,000 to one in four */
		size_t place =
			(size_t) ((double) rows * pow(10, -4.5 + 3.9 * step / BORDERS));
		Result result = {0};

		for (int i = 0; i < count; i++)
			judge(&series[i], scores[place], &result);
		if (result.healthy > 0 && 1e4 * (double) result.false_episodes <=
									  false_rate * (double) result.healthy)
			best = fmax(best, share_found(&result));
	}
	free(scores);
	return best;
}
