/*
 * parameter.h
 *		The settings that selfheal may change, and within which bounds.
 */
#ifndef HEAL_PARAMETER_H
#define HEAL_PARAMETER_H

#include "base/types.h"

/* Where a setting may be changed; bits. */
typedef enum HealParameterPlace
{
	HEAL_AT_SERVER = 1,	 /* ALTER SYSTEM */
	HEAL_AT_SESSION = 2, /* of a database, of a role, of a role in a database */
	HEAL_AT_TABLE = 4	 /* storage options of a table */
} HealParameterPlace;

typedef struct HealParameter
{
	const char *name;
	int places;		/* HealParameterPlace */
	double minimum; /* in the unit the server counts it in */
	double maximum;
	const char *choices; /* words with blanks between; NULL = it is a number */
	const char *why;	 /* what it is good for to change it */
} HealParameter;

extern const HealParameter heal_parameters[];
extern const int heal_parameter_count;

/* NULL when it must not be changed there. An option of a table's TOAST table begins with "toast.". */
extern const HealParameter *
heal_parameter_find(const char *name, HealParameterPlace place);
extern bool
heal_parameter_allows_number(const HealParameter *parameter, double value);
/* Words for on and off count as these, in upper or lower case. */
extern bool
heal_parameter_allows_word(const HealParameter *parameter, const char *word);

/* True when by its name it may hold a password, a key or a command with one in it. */
/* "on" or "off" for every way to spell a switch; anything else as it is. */
extern const char *heal_parameter_switch(const char *word);
extern bool heal_parameter_may_be_secret(const char *name);

#endif
