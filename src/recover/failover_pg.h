/*
 * failover_pg.h
 *		Who is asked when a node cannot be healed: the one that decides on failovers.
 *
 * selfheal promotes nobody and restarts no server: two that do so fight. What it can do is ask whoever is in
 * charge, through an adapter. There is one, for where nobody but humans is: it tells them.
 */
#ifndef HEAL_FAILOVER_PG_H
#define HEAL_FAILOVER_PG_H

#include "postgres.h"

typedef struct HealFailoverAdapter
{
	const char *name;
	/* What asking would do, for a human to read. */
	const char *statement;
	/* Ask. Says in outcome who must do what; false when nobody could be reached. Never raises an error. */
	bool (*hand_over)(char *outcome, size_t size);
} HealFailoverAdapter;

extern const HealFailoverAdapter heal_failover_none;

#endif
