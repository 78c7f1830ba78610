/*
 * facts_pg.h
 *		What the server shows now, from shared memory.
 */
#ifndef HEAL_FACTS_PG_H
#define HEAL_FACTS_PG_H

#include "postgres.h"

#include "cause/evidence.h"

/* In any process; loads the names of users' metrics. Reads no table and takes no transaction id. */
extern void heal_facts_read(HealFacts *facts);
/* Of how long a time, in microseconds, the median of a metric is how it is now. */
extern HealTime heal_fact_window(int metric);

#endif
