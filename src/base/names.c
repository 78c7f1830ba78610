/*
 * names.c
 *		Looking up one of a few names.
 */
#include "base/names.h"

#include <string.h>

int
heal_name_lookup(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}
