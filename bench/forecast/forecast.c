/*
 * forecast.c
 *		The forecast of the extension as a program: a series in, what is foreseen out.
 *
 *   forecast IN.csv OUT.csv
 *
 * IN: header "used" (other columns are passed over), the share of the capacity, one row a
 * sample; an empty field is missing. OUT: header "eta,alarm", the same number of rows; eta
 * in rows, empty = not foreseen. Microseconds a row go to stderr.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "predict/forecast.h"

#define LONGEST_LINE 65536

static int
fail(const char *what, const char *name)
{
	fprintf(stderr, "forecast: %s: %s\n", name, what);
	return 1;
}

/* The field so many commas into the line; NULL = there is none. */
static char *
field_of(char *line, int column)
{
	line[strcspn(line, "\r\n")] = '\0';
	for (; column > 0 && line != NULL; column--)
	{
		line = strchr(line, ',');
		line = line != NULL ? line + 1 : NULL;
	}
	if (line != NULL)
		line[strcspn(line, ",")] = '\0';
	return line;
}

static int
column_of(char *header)
{
	int column = 0;

	header[strcspn(header, "\r\n")] = '\0';
	for (char *name = strtok(header, ","); name != NULL;
		 name = strtok(NULL, ","), column++)
		if (strcmp(name, "used") == 0)
			return column;
	return -1;
}

static double
value_of(const char *field)
{
	char *end;
	double value;

	if (field == NULL || field[0] == '\0')
		return NAN;
	value = strtod(field, &end);
	return *end == '\0' ? value : NAN;
}

static void
run(FILE *in, FILE *out, int column)
{
	static HealForecast forecast;
	static char line[LONGEST_LINE];
	double spent = 0;
	long rows = 0;

	fprintf(out, "eta,alarm\n");
	while (fgets(line, sizeof(line), in) != NULL)
	{
		double used = value_of(field_of(line, column));
		double begun = now_us(CLOCK_MONOTONIC);
		HealOutlook outlook;

		heal_forecast_feed(&forecast, used);
		outlook = heal_forecast_outlook(&forecast);
		spent += now_us(CLOCK_MONOTONIC) - begun;
		rows++;
		if (isfinite(outlook.eta))
			fprintf(out, "%.1f", outlook.eta);
		fprintf(out, ",%d\n", forecast.alarm || forecast.full);
	}
	fprintf(stderr, "%.2f us per row\n", rows > 0 ? spent / rows : 0);
}

int
main(int count, char **argument)
{
	static char header[LONGEST_LINE];
	FILE *in;
	FILE *out;
	int column;

	if (count != 3)
		return fail("expects IN.csv OUT.csv", "usage");
	in = fopen(argument[1], "r");
	if (in == NULL)
		return fail("cannot be read", argument[1]);
	if (fgets(header, sizeof(header), in) == NULL ||
		(column = column_of(header)) < 0)
		return fail("has no column \"used\"", argument[1]);
	out = fopen(argument[2], "w");
	if (out == NULL)
		return fail("cannot be written", argument[2]);
	run(in, out, column);
	fclose(in);
	return fclose(out) == 0 ? 0 : fail("could not be written", argument[2]);
}
