/*
 * protect.c
 *		Which sessions must never be touched.
 *
 * Every doubt is decided in favour of the session: a role that cannot be looked
 * up, a database without a name when names were asked for, an item of the list
 * that cannot be read. Application names can be set by anybody, so they only
 * ever protect.
 */
#include "decide/protect.h"

#include <stdio.h>
#include <string.h>

typedef enum PatternKind
{
	PATTERN_ROLE,
	PATTERN_APPLICATION,
	PATTERN_DATABASE,
	PATTERN_INVALID
} PatternKind;

/* One item of the list; item and name point into the text. */
typedef struct Pattern
{
	PatternKind kind;
	const char *item;
	size_t item_length;
	const char *name;
	size_t length;		 /* of the name, without the star */
	bool open;			 /* ended in a star */
	const char *problem; /* of an invalid one */
} Pattern;

static const struct
{
	const char *word;
	PatternKind kind;
} prefixes[] = {
	{"role", PATTERN_ROLE},
	{"application", PATTERN_APPLICATION},
	{"database", PATTERN_DATABASE},
};

/*
 * In lower case; compared without regard to case, as one of them calls itself
 * pgBackRest. Not read as items of a list are: every session is compared with them in every
 * situation.
 */
static const struct
{
	const char *name;
	bool open; /* whatever comes after it */
} backup_applications[] = {
	{"pg_dump", false},	   {"pg_dumpall", false},  {"pg_basebackup", false},
	{"pg_restore", false}, {"pgbackrest", true},   {"barman", true},
	{"wal-g", true},	   {"pg_probackup", true},
};

static bool is_reserved_role(const char *role);
static bool is_backup(const char *application);
static const char *first_item(const char *text);
static bool next_pattern(const char **rest, Pattern *pattern);
static void read_pattern(const char *item, size_t length, Pattern *pattern);
static void read_prefix(Pattern *pattern);
static const char *name_problem(const Pattern *pattern);
static bool pattern_matches(const Pattern *pattern, const char *name);
static char lower(char c);
static bool is_space(char c);

HealProtection
heal_protect_decide(const HealSessionFacts *facts)
{
	bool listed = facts->list != NULL && facts->list[0] != '\0';

	if (!facts->client)
		return HEAL_PROTECTED_NOT_A_CLIENT;
	if (facts->role == NULL || (listed && facts->database == NULL))
		return HEAL_PROTECTED_UNKNOWN;
	if (facts->superuser)
		return HEAL_PROTECTED_SUPERUSER;
	if (facts->responder)
		return HEAL_PROTECTED_RESPONDER;
	if (is_reserved_role(facts->role))
		return HEAL_PROTECTED_RESERVED_ROLE;
	if (is_backup(facts->application))
		return HEAL_PROTECTED_BACKUP;
	/*
	 * Its commit is done here already: ending it would show it before it is
	 * replicated.
	 */
	if (facts->waits_for_standby)
		return HEAL_PROTECTED_SYNC_WAIT;
	if (listed &&
		heal_protect_list_matches(facts->list, facts->role, facts->application,
								  facts->database))
		return HEAL_PROTECTED_BY_SETTING;
	return HEAL_PROTECTED_NOT;
}

bool
heal_protect_list_valid(const char *text, char *error, size_t size)
{
	const char *rest = first_item(text);
	Pattern pattern;

	for (int number = 1; next_pattern(&rest, &pattern); number++)
		if (pattern.kind == PATTERN_INVALID)
		{
			/* Never cut: half a character would break the message. */
			if (pattern.item_length < 2 * HEAL_NAME_SIZE)
				snprintf(error, size, "Item %d, \"%.*s\", %s.", number,
						 (int) pattern.item_length, pattern.item,
						 pattern.problem);
			else
				snprintf(error, size, "Item %d %s.", number, pattern.problem);
			return false;
		}
	return true;
}

bool
heal_protect_list_matches(const char *text, const char *role,
						  const char *application, const char *database)
{
	const char *names[] = {
		[PATTERN_ROLE] = role,
		[PATTERN_APPLICATION] = application,
		[PATTERN_DATABASE] = database,
	};
	const char *rest = first_item(text);
	Pattern pattern;

	while (next_pattern(&rest, &pattern))
		if (pattern.kind == PATTERN_INVALID ||
			pattern_matches(&pattern, names[pattern.kind]))
			return true;
	return false;
}

/* The server's own roles and ours. */
static bool
is_reserved_role(const char *role)
{
	return strncmp(role, "pg_", 3) == 0 || strncmp(role, "selfheal_", 9) == 0;
}

static bool
is_backup(const char *application)
{
	for (size_t i = 0; i < heal_lengthof(backup_applications); i++)
	{
		const char *name = backup_applications[i].name;
		const char *at = application;

		while (*name != '\0' && lower(*at) == *name)
			name++, at++;
		if (*name == '\0' && (backup_applications[i].open || *at == '\0'))
			return true;
	}
	return false;
}

/*
 * NULL when the list is empty: blanks alone are no item, blanks between commas
 * are a bad one.
 */
static const char *
first_item(const char *text)
{
	if (text == NULL)
		return NULL;
	while (is_space(*text))
		text++;
	return *text != '\0' ? text : NULL;
}

/*
 * The item at *rest, which then points behind it; false at the end of the list.
 */
static bool
next_pattern(const char **rest, Pattern *pattern)
{
	const char *item = *rest;

	if (item == NULL)
		return false;
	const char *comma = strchr(item, ',');
	size_t length = comma ? (size_t) (comma - item) : strlen(item);

	*rest = comma ? comma + 1 : NULL;
	while (length > 0 && is_space(*item))
		item++, length--;
	while (length > 0 && is_space(item[length - 1]))
		length--;
	read_pattern(item, length, pattern);
	return true;
}

static void
read_pattern(const char *item, size_t length, Pattern *pattern)
{
	*pattern = (Pattern){.kind = PATTERN_APPLICATION,
						 .item = item,
						 .item_length = length,
						 .name = item,
						 .length = length};
	read_prefix(pattern);
	if (pattern->length > 0 && pattern->name[pattern->length - 1] == '*')
	{
		pattern->open = true;
		pattern->length--;
	}
	if (pattern->problem == NULL)
		pattern->problem = name_problem(pattern);
	if (pattern->problem != NULL)
		pattern->kind = PATTERN_INVALID;
}

/*
 * An unknown prefix is refused: a misspelt "rol:x" must not silently protect
 * nobody.
 */
static void
read_prefix(Pattern *pattern)
{
	const char *colon = memchr(pattern->item, ':', pattern->item_length);

	if (colon == NULL)
		return;
	size_t length = (size_t) (colon - pattern->item);

	for (size_t i = 0; i < heal_lengthof(prefixes); i++)
		if (strlen(prefixes[i].word) == length &&
			memcmp(prefixes[i].word, pattern->item, length) == 0)
		{
			pattern->kind = prefixes[i].kind;
			pattern->name = colon + 1;
			pattern->length = pattern->item_length - length - 1;
			while (pattern->length > 0 && is_space(*pattern->name))
				pattern->name++, pattern->length--;
			return;
		}
	pattern->problem =
		"has an unknown prefix: use role:, application: or database:";
}

static const char *
name_problem(const Pattern *pattern)
{
	if (pattern->length == 0 && !pattern->open)
		return "has no name";
	if (pattern->length >= HEAL_NAME_SIZE)
		return "is longer than a name can be";
	if (memchr(pattern->name, '*', pattern->length) != NULL)
		return "has a * that is not at its end";
	return NULL;
}

/* A name that is not known could be any. */
static bool
pattern_matches(const Pattern *pattern, const char *name)
{
	return name == NULL ||
		   (strncmp(name, pattern->name, pattern->length) == 0 &&
			(pattern->open || name[pattern->length] == '\0'));
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
