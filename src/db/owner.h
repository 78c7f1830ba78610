/*
 * owner.h
 *		Working on a table of ours as its owner, in a function that anybody may call.
 */
#ifndef HEAL_OWNER_H
#define HEAL_OWNER_H

#include "postgres.h"

typedef struct HealCaller
{
	Oid user;
	int security;
} HealCaller;

/*
 * From here on we are the owner of selfheal.<table>; returns who we were. ERROR when there is no such table. An error
 * makes us who we were, as the end of every transaction does.
 */
extern HealCaller heal_become_table_owner(const char *table);
extern void heal_become_caller(HealCaller caller);

#endif
