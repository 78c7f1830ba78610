/*
 * network_sql.h
 *		The causal graph as a session sees it.
 */
#ifndef HEAL_NETWORK_SQL_H
#define HEAL_NETWORK_SQL_H

#include "postgres.h"

#include "cause/model.h"

/*
 * What the tables of this database say, as their owner, and so also what this transaction has changed. Not inside SPI.
 */
extern void heal_network_read(HealCausalModel *model);
/* Number of a node; ERROR with what is alike when there is none. */
extern int heal_network_node(const HealGraph *graph, const char *id);

#endif
