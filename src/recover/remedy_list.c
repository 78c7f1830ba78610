/*
 * remedy_list.c
 *		Lists of remedies in settings: "drop_slot, user.restart_pool".
 */
#include "recover/remedy.h"

#include <stdio.h>
#include <string.h>

#define USER_PREFIX \
	"user." /* as their names are not known when lists are read */

/* The next name of a list: its start, its length, and where to go on. False at the end. */
static bool
next_name(const char **rest, const char **name, size_t *length)
{
	const char *at = *rest + strspn(*rest, ", \t\n");

	*name = at;
	*length = strcspn(at, ", \t\n");
	*rest = at + *length;
	return *length > 0;
}

static bool
is_name(const char *name, size_t length, const char *expected)
{
	return strlen(expected) == length && memcmp(name, expected, length) == 0;
}

static bool
is_of_user(const char *name, size_t length)
{
	return length > strlen(USER_PREFIX) &&
		   memcmp(name, USER_PREFIX, strlen(USER_PREFIX)) == 0;
}

bool
heal_remedy_listed(const char *list, HealRemedyId remedy)
{
	const char *rest = list != NULL ? list : "";
	const char *name;
	size_t length;

	while (next_name(&rest, &name, &length))
	{
		if (heal_remedy_is_user(remedy))
		{
			if (!is_of_user(name, length))
				continue;
			name += strlen(USER_PREFIX);
			length -= strlen(USER_PREFIX);
		}
		if (is_name(name, length, heal_remedies[remedy].name))
			return true;
	}
	return false;
}

bool
heal_remedy_list_unknown(const char *list, char *unknown, size_t size)
{
	const char *rest = list != NULL ? list : "";
	const char *name;
	size_t length;

	while (next_name(&rest, &name, &length))
	{
		bool known = is_of_user(name, length);

		for (int i = 0; i < HEAL_REMEDIES; i++)
			known |= is_name(name, length, heal_remedies[i].name);
		if (!known)
		{
			snprintf(unknown, size, "%.*s", (int) length, name);
			return true;
		}
	}
	return false;
}
