/*
 * text.c
 *		Texts in arrays of a fixed size.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool
heal_text_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

void
heal_text_add(char *text, size_t size, const char *between, const char *more)
{
	size_t used = strlen(text);

	if (used == 0)
		between = "";
	if (used + strlen(between) + strlen(more) + 1 > size)
		return;
	snprintf(text + used, size - used, "%s%s", between, more);
}
