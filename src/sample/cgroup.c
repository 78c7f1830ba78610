/*
 * cgroup.c
 *		Text of the files of a control group, of both versions, -> numbers and places.
 */
#include "sample/cgroup.h"

#include <math.h>
#include <string.h>

/* Version 1 writes the largest whole number of pages for "no limit". */
#define NO_LIMIT 4.6e18

static const char *line_end(const char *line);
static bool
has_controller(const char *list, const char *end, const char *controller);
static double number(const char **at);

bool
heal_cgroup_path(const char *text, const char *controller, char *path,
				 size_t size)
{
	const char *end;

	/* "4:cpu,cpuacct:/some/where", and "0::/some/where" for version 2 */
	for (const char *line = text; (end = line_end(line)) != NULL;
		 line = end + 1)
	{
		const char *list = memchr(line, ':', (size_t) (end - line));
		const char *where =
			list != NULL ? memchr(list + 1, ':', (size_t) (end - list - 1))
						 : NULL;
		size_t length;

		if (where == NULL || !has_controller(list + 1, where, controller))
			continue;
		where++;
		length = (size_t) (end - where);
		/* outside what this process can see, the path leads up */
		if (length == 0 || *where != '/' || length >= size ||
			(length >= 3 && memcmp(where, "/..", 3) == 0))
			return false;
		memcpy(path, where, length);
		path[length] = '\0';
		return true;
	}
	return false;
}

double
heal_cgroup_number(const char *text)
{
	double value = number(&text);

	return value < NO_LIMIT ? value : NAN;
}

double
heal_cgroup_cpu_max(const char *text)
{
	double quota = number(&text);
	double period = number(&text);

	return period > 0 ? quota / period : NAN;
}

double
heal_cgroup_value(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *end;

	for (const char *line = text; (end = line_end(line)) != NULL;
		 line = end + 1)
		if ((size_t) (end - line) > length && memcmp(line, word, length) == 0 &&
			line[length] == ' ')
		{
			const char *at = line + length;

			return number(&at);
		}
	return NAN;
}

bool
heal_cgroup_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || path[0] == '\0' || strcmp(path, "/") == 0)
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/* NULL when there is no whole line. */
static const char *
line_end(const char *line)
{
	return strchr(line, '\n');
}

/* Whether the list with commas has it; an empty list is version 2. */
static bool
has_controller(const char *list, const char *end, const char *controller)
{
	size_t length;

	if (controller == NULL)
		return list == end;
	length = strlen(controller);
	while (list < end)
	{
		const char *comma = memchr(list, ',', (size_t) (end - list));
		const char *stop = comma != NULL ? comma : end;

		if ((size_t) (stop - list) == length &&
			memcmp(list, controller, length) == 0)
			return true;
		list = stop + 1;
	}
	return false;
}

/* One unsigned whole number, and moves behind it; NaN when there is none, as in "max". */
static double
number(const char **at)
{
	const char *c = *at;
	double value = 0;

	while (*c == ' ' || *c == '\t')
		c++;
	if (*c < '0' || *c > '9')
		return NAN;
	for (; *c >= '0' && *c <= '9'; c++)
		value = value * 10 + (*c - '0');
	*at = c;
	return value;
}
