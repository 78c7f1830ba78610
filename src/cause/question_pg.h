/*
 * question_pg.h
 *		A question about causes: the graph, what is seen, and the memory an answer takes.
 */
#ifndef HEAL_QUESTION_PG_H
#define HEAL_QUESTION_PG_H

#include "postgres.h"

#include "cause/answer.h"
#include "cause/evidence.h"

typedef struct HealQuestion
{
	HealTime asked_at;
	void *memory; /* of the answerer */
	HealCausalModel model;
	HealFacts facts;
	HealObservations observations;
	HealSeen seen[HEAL_GRAPH_NODES];
	double
		began_at[HEAL_GRAPH_NODES]; /* seconds from asked_at, NaN = not known */
	double strength[HEAL_GRAPH_EDGES];
	HealAnswerer answerer;
} HealQuestion;

/*
 * In the current context; NULL = there is no memory. The caller fills in the model, then says what is seen. It is more than
 * the allocator ever keeps, so what is freed goes back to the system.
 */
extern HealQuestion *heal_question_begin(void);
/* What the engine asks: with the model and what is seen now. NULL = there is no memory, which the log was told. */
extern HealQuestion *heal_question_of_engine(void);
extern void heal_question_end(HealQuestion *question); /* NULL is fine */
/* Nothing is seen, and edges are as strong as the graph says. */
extern void heal_question_see_nothing(HealQuestion *question);
/* What the server shows now, and edges as the order of onsets has them. Needs the library preloaded. */
extern void heal_question_look(HealQuestion *question);

#endif
