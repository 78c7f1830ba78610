/*
 * query_table.h
 *		The statements that take most of the time, in a table of fixed size.
 */
#ifndef HEAL_QUERY_TABLE_H
#define HEAL_QUERY_TABLE_H

#include "gate/histogram.h"

#define HEAL_QUERY_SETS 16
#define HEAL_QUERY_WAYS 16
#define HEAL_TOP_QUERIES (HEAL_QUERY_SETS * HEAL_QUERY_WAYS)

typedef struct HealTopQuery
{
	uint64_t id; /* 0 = free */
	uint32_t database;
	double weight;	/* what it must be beaten by to lose its place */
	HealTime since; /* it has this place, and its latency is exact */
	HealTime last_at;
} HealTopQuery;

/* All zero is empty. Apart from the bulky histograms, so that looking is quick. */
typedef struct HealQueryTable
{
	uint64_t displaced;					  /* queries that lost their place */
	HealTopQuery query[HEAL_TOP_QUERIES]; /* set after set */
	HealHistogram latency[HEAL_TOP_QUERIES];
} HealQueryTable;

/* One run of a query; id is not 0. */
extern void heal_query_table_add(HealQueryTable *table, uint64_t id,
								 uint32_t database, uint64_t ns, HealTime at);
/* Halves what was earned so far, so that what was heavy once makes way some day. */
extern void heal_query_table_age(HealQueryTable *table);

#endif
