/*
 * model_pg.h
 *		The causal graph in force, in shared memory for the engine.
 */
#ifndef HEAL_CAUSE_MODEL_PG_H
#define HEAL_CAUSE_MODEL_PG_H

#include "postgres.h"

#include "cause/model.h"
#include "cause/recall.h"

/* Everybody's: a copy of the one the engine uses. */
extern void heal_model_copy(HealCausalModel *model);
/* When the server last went down without shutting down; 0 = it has not since its postmaster began. */
extern HealTime heal_cause_crashed_at(void);

/* Incidents of which the cause is known, the newest ones. */
typedef struct HealCauseMemory
{
	int count;
	int64 failure[HEAL_MIXED];
	char cause[HEAL_MIXED][HEAL_NODE_ID];
	HealImprint imprint[HEAL_MIXED]; /* their causes are not set */
} HealCauseMemory;

/* Everybody's: a copy. */
extern void heal_memory_copy(HealCauseMemory *memory);
/* The reader's, both: what the tables said when users had made so many changes; nothing when there are more by now. */
extern void heal_memory_publish(const HealCauseMemory *memory, uint64 changes);
extern void heal_model_publish(const HealCausalModel *model, uint64 changes);

/* How often causes were asked for, since the server started. */
typedef struct HealCauseCounts
{
	int64 asked;
	int64 found;
	int64 unsure;
	double confidence; /* of what was found, added up */
	int64 steps;	   /* of the paths to what was found, added up */
} HealCauseCounts;

extern HealCauseCounts heal_cause_counts(void);
/* One more answer. confidence and steps count when a cause was found. */
extern void heal_cause_count(int verdict, double confidence, int steps);

/* Lessons that the learner got through since the server started, whatever came of them. */
extern int64 heal_cause_lessons(void);
/* The learner's: one more. */
extern void heal_cause_lesson_over(void);

#endif
