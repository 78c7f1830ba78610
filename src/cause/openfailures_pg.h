/*
 * openfailures_pg.h
 *		The open failures, and what they show of the causal graph.
 */
#ifndef HEAL_OPENFAILURES_PG_H
#define HEAL_OPENFAILURES_PG_H

#include "postgres.h"

#include "cause/evidence.h"
#include "history/ledger.h"

typedef struct HealOpenFailures
{
	int count;
	HealFailure failure[HEAL_MAX_FAILURES];
} HealOpenFailures;

/* A copy, allocated in the current memory context. */
extern HealOpenFailures *heal_open_failures_copy(void);
extern bool heal_open_failures_have(const HealOpenFailures *open, int64 id);
/* Whether the node is the symptom of a confirmed one. */
extern bool
heal_open_failures_show(const HealOpenFailures *open, const char *node);
/* Whether the node is there: seen, or shown by a failure, also where no metric says so yet. */
extern bool heal_node_is_there(const HealSeen *seen,
							   const HealOpenFailures *open, const char *node);
/* Marks in of_failure[HEAL_GRAPH_NODES] what confirmed ones show by themselves, and what they bring by the graph. */
extern void heal_open_failures_reach(const HealOpenFailures *open,
									 const HealGraph *graph, bool *of_failure);

#endif
