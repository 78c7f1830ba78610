/*
 * procpid.c
 *		Text of files under /proc/PID -> what one process has used.
 */
#include "sample/procpid.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double number(const char **at);
static double value_of(const char *text, const char *word);
static double kilobytes(const char *text, const char *word);

/*
 * "pid (name) state parent ...", all on one line. The name may hold blanks, parentheses
 * and line feeds, so what follows begins behind the last parenthesis.
 */
HealPidStat
heal_procpid_stat(const char *text)
{
	enum
	{
		PARENT = 0, /* counted from behind the state */
		USER = 10,
		SYSTEM = 11,
		START = 18,
		COLUMNS
	};
	HealPidStat stat = {0, NAN, NAN, NAN, NAN};
	const char *at = strrchr(text, ')');
	double column[COLUMNS];
	char state;

	if (at == NULL || at[1] != ' ' || at[2] == '\0' || at[3] != ' ' ||
		strchr(at, '\n') == NULL)
		return stat;
	state = at[2];
	at += 3;
	for (int i = 0; i < COLUMNS; i++)
	{
		column[i] = number(&at);
		if (isnan(column[i]))
			return stat;
	}
	return (HealPidStat){state, column[PARENT], column[USER], column[SYSTEM],
						 column[START]};
}

HealPidMemory
heal_procpid_status(const char *text)
{
	return (HealPidMemory){
		.resident = kilobytes(text, "VmRSS:"),
		.private = kilobytes(text, "RssAnon:"),
		.shared = kilobytes(text, "RssShmem:"),
		.swapped = kilobytes(text, "VmSwap:"),
	};
}

HealPidIo
heal_procpid_io(const char *text)
{
	return (HealPidIo){
		.read = value_of(text, "read_bytes:"),
		.written = value_of(text, "write_bytes:"),
	};
}

/* One whole number, a minus before it allowed, and moves behind it; NaN when there is none. */
static double
number(const char **at)
{
	const char *c = *at;
	double value = 0;
	bool negative;

	while (*c == ' ' || *c == '\t')
		c++;
	negative = *c == '-';
	if (negative)
		c++;
	if (*c < '0' || *c > '9')
		return NAN;
	for (; *c >= '0' && *c <= '9'; c++)
		value = value * 10 + (*c - '0');
	*at = c;
	return negative ? -value : value;
}

/* Only from a whole line: half a number is worse than none. */
static double
value_of(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *line = text; *line != '\0';)
	{
		const char *end = strchr(line, '\n');

		if (end == NULL)
			break;
		if (strncmp(line, word, length) == 0)
		{
			const char *at = line + length;

			return number(&at);
		}
		line = end + 1;
	}
	return NAN;
}

static double
kilobytes(const char *text, const char *word)
{
	return value_of(text, word) * 1024;
}
