/*
 * owner.h
 *		As whom a function of ours works: as the owner of a table, or for somebody who may give orders.
 */
#ifndef HEAL_OWNER_H
#define HEAL_OWNER_H

#include "postgres.h"

typedef struct HealCaller
{
	Oid user;
	int security;
	int settings; /* nesting level of what was set meanwhile */
} HealCaller;

/*
 * From here on we are the owner of selfheal.<table>, and search_path is pg_catalog, pg_temp: by that of the caller, what
 * he calls = would run with the owner's rights. Returns who we were. ERROR when there is no such table. An error
 * makes us who we were, as the end of every transaction does.
 */
extern HealCaller heal_become_table_owner(const char *table);
extern void heal_become_caller(HealCaller caller);
/* ERROR in a restricted operation, where nobody can tell whose order it is. stop() and pause() are taken from everywhere. */
extern void heal_refuse_restricted(void);

#endif
