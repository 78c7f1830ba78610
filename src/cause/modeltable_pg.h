/*
 * modeltable_pg.h
 *		What users have changed of the causal graph: rows of two tables of the home database.
 *
 * All of it inside SPI, and as the owner of the tables.
 */
#ifndef HEAL_MODELTABLE_PG_H
#define HEAL_MODELTABLE_PG_H

#include "postgres.h"

#include "cause/model.h"

/*
 * What the tables say: the shipped graph, the changes of users, and what was learned from incidents where that version is in
 * force. Returns how many
 * changes cannot be applied, as what they are about is gone or they would close a cycle; *problem is the first
 * of them in words, palloc'd, or NULL.
 */
extern int heal_model_read(HealCausalModel *model, char **problem);
/* The same without what was learned. */
extern int heal_model_read_taught(HealCausalModel *model, char **problem);
/* Each as this role's doing, in place of what it had done before. */
extern void heal_model_write_node(const HealNodeChange *change, const char *by);
extern void heal_model_write_edge(const HealEdgeChange *change, const char *by);
/* What is shipped is written down as taken out, what is not is forgotten. */
extern void
heal_model_remove_node(const HealNodeChange *change, const char *by);
extern void
heal_model_remove_edge(const HealEdgeChange *change, const char *by);
/* Forgets all; returns how many changes there were. */
extern int64 heal_model_reset(void);

#endif
