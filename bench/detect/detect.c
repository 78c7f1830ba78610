/*
 * detect.c
 *		Runs a detector over a file of samples, row by row.
 *
 *   detect [--method stack|each|zscore|iqr|iforest] IN.csv OUT.csv
 *
 * IN has a header `t,start,METRIC,...`; an empty field is missing. OUT gets a header
 * `score,alarm` and a row per row. Every row is judged by the rows before it and by
 * itself. The cost goes to stderr. Nothing is reimplemented here: it only feeds rows to
 * the files that the extension is built from.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "detect/method.h"
#include "detect/panel.h"

#define MOST_LINE (1 << 20)

typedef struct Table
{
	int metrics;
	size_t rows;
	double *time;
	double *value; /* [rows][metrics] */
} Table;

static const HealDetectMethod *
read_arguments(int argc, char **argv, const char **in, const char **out);
static void read_table(const char *path, Table *table);
static double number_of(const char *text);
static double
run(const HealDetectMethod *method, const Table *table, FILE *out);
static void fail(const char *what, const char *name);

int
main(int argc, char **argv)
{
	const char *in_path;
	const char *out_path;
	const HealDetectMethod *method =
		read_arguments(argc, argv, &in_path, &out_path);
	Table table;
	FILE *out;
	double seconds;

	read_table(in_path, &table);
	out = fopen(out_path, "w");
	if (out == NULL)
		fail("cannot write", out_path);
	seconds = run(method, &table, out);
	if (fclose(out) != 0)
		fail("cannot write", out_path);
	fprintf(stderr, "%.2f us per row, %zu rows of %d metrics, %s\n",
			1e6 * seconds / (double) (table.rows > 0 ? table.rows : 1),
			table.rows, table.metrics, method->name);
	free(table.time);
	free(table.value);
	return 0;
}

static const HealDetectMethod *
read_arguments(int argc, char **argv, const char **in, const char **out)
{
	const char *name = "stack";
	const HealDetectMethod *method;

	if (argc == 5 && strcmp(argv[1], "--method") == 0)
	{
		name = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 3)
	{
		fprintf(stderr, "usage: detect [--method NAME] IN.csv OUT.csv\n");
		exit(2);
	}
	method = heal_detect_method_lookup(name);
	if (method == NULL)
		fail("no method of this name:", name);
	*in = argv[1];
	*out = argv[2];
	return method;
}

static void
read_table(const char *path, Table *table)
{
	FILE *in = fopen(path, "r");
	char *line = malloc(MOST_LINE);
	size_t room = 0;

	if (in == NULL || line == NULL)
		fail("cannot read", path);
	*table = (Table){0};
	if (fgets(line, MOST_LINE, in) == NULL || strncmp(line, "t,start,", 8) != 0)
		fail("no header \"t,start,...\" in", path);
	for (const char *at = line; *at != '\0'; at++)
		table->metrics += *at == ',';
	table->metrics--;
	if (table->metrics > HEAL_PANEL_METRICS)
		fail("more metrics than a panel can have in", path);
	while (fgets(line, MOST_LINE, in) != NULL)
	{
		char *field = line;

		if (line[0] == '\n' || line[0] == '\0')
			continue;
		if (table->rows == room)
		{
			room = room == 0 ? 1024 : 2 * room;
			table->time = realloc(table->time, room * sizeof(double));
			table->value = realloc(table->value, room * sizeof(double) *
													 (size_t) table->metrics);
			if (table->time == NULL || table->value == NULL)
				fail("no memory for", path);
		}
		for (int i = -2; i < table->metrics; i++)
		{
			char *end = field == NULL ? NULL : strchr(field, ',');

			if (end != NULL)
				*end = '\0';
			if (i == -2)
				table->time[table->rows] = number_of(field);
			else if (i >= 0)
				table->value[table->rows * (size_t) table->metrics +
							 (size_t) i] = number_of(field);
			field = end == NULL ? NULL : end + 1;
		}
		table->rows++;
	}
	fclose(in);
	free(line);
}

/* NaN for what is no number. */
static double
number_of(const char *text)
{
	char *end;
	double number;

	if (text == NULL)
		return NAN;
	number = strtod(text, &end);
	if (end == text)
		return NAN;
	while (*end == ' ' || *end == '\r' || *end == '\n')
		end++;
	return *end == '\0' ? number : NAN;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Returns the processor time of the detector, writing not counted. */
static double
run(const HealDetectMethod *method, const Table *table, FILE *out)
{
	void *state = malloc(method->size(table->metrics));
	HealDetectRow *row = calloc(table->rows + 1, sizeof(*row));
	double begun;
	double seconds;

	if (state == NULL || row == NULL)
		fail("no memory for", method->name);
	method->init(state, table->metrics);
	begun = seconds_now();
	for (size_t i = 0; i < table->rows; i++)
	{
		double at = isfinite(table->time[i]) && fabs(table->time[i]) < 4e12
						? table->time[i]
						: 0;

		row[i] = method->feed(state, &table->value[i * (size_t) table->metrics],
							  (HealTime) (at * (double) HEAL_SECOND));
	}
	seconds = seconds_now() - begun;
	fprintf(out, "score,alarm\n");
	for (size_t i = 0; i < table->rows; i++)
		fprintf(out, "%.4f,%d\n", isnan(row[i].score) ? 0 : row[i].score,
				row[i].alarm);
	free(row);
	free(state);
	return seconds;
}

static void
fail(const char *what, const char *name)
{
	if (errno != 0)
		fprintf(stderr, "detect: %s %s: %s\n", what, name, strerror(errno));
	else
		fprintf(stderr, "detect: %s %s\n", what, name);
	exit(1);
}
