/*
 * patience.c
 *		How long each failure must hold before anything is done.
 */
#include "detect/patience.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
	const char *name;
	HealTime length;
} units[] = {
	{"ms", HEAL_MILLISECOND}, {"s", HEAL_SECOND}, {"min", HEAL_MINUTE},
	{"h", HEAL_HOUR},		  {"d", HEAL_DAY},
};

static const char *
skip_blanks(const char *at)
{
	while (isspace((unsigned char) *at))
		at++;
	return at;
}

static size_t
word_length(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char) at[length]) || at[length] == '_')
		length++;
	return length;
}

static int
kind_of(const char *name, size_t length)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		if (strlen(heal_failures[kind].name) == length &&
			strncmp(heal_failures[kind].name, name, length) == 0)
			return kind;
	return -1;
}

/* 0 = no such unit. */
static HealTime
unit_of(const char *name, size_t length)
{
	for (size_t i = 0; i < heal_lengthof(units); i++)
		if (strlen(units[i].name) == length &&
			strncmp(units[i].name, name, length) == 0)
			return units[i].length;
	return 0;
}

/* After the "="; moves *rest behind it. False when it is no time. */
static bool
read_time(const char **rest, HealTime *time)
{
	char *end;
	double number;
	HealTime unit;
	size_t length;

	if (!isdigit((unsigned char) **rest))
		return false;
	number = strtod(*rest, &end);
	*rest = skip_blanks(end);
	length = word_length(*rest);
	unit = unit_of(*rest, length);
	*rest += length;
	if (unit == 0 ||
		!(number * (double) unit <= (double) HEAL_LONGEST_PATIENCE))
		return false;
	*time = (HealTime) (number * (double) unit);
	return true;
}

bool
heal_patience_read(const char *text, HealTime patience[HEAL_FAILURE_KINDS],
				   char *error, size_t size)
{
	const char *rest = skip_blanks(text != NULL ? text : "");

	while (*rest != '\0')
	{
		size_t length = word_length(rest);
		int kind = kind_of(rest, length);
		const char *name = rest;

		if (kind < 0)
		{
			snprintf(error, size, "There is no failure type \"%.*s\".",
					 length < 64 ? (int) length : 64, name);
			return false;
		}
		rest = skip_blanks(rest + length);
		if (*rest == '=')
			rest = skip_blanks(rest + 1);
		if (!read_time(&rest, &patience[kind]))
		{
			snprintf(error, size,
					 "\"%s\" needs \"=\" and a time of at most 7 days with its "
					 "unit: ms, s, min, h or d.",
					 heal_failures[kind].name);
			return false;
		}
		rest = skip_blanks(rest);
		if (*rest == ',')
			rest = skip_blanks(rest + 1);
		else if (*rest != '\0')
		{
			snprintf(error, size, "Items are separated by commas.");
			return false;
		}
	}
	return true;
}
