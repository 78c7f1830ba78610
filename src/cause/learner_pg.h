/*
 * learner_pg.h
 *		The process that learns from incidents now and then, and the stage that starts it.
 */
#ifndef HEAL_LEARNER_PG_H
#define HEAL_LEARNER_PG_H

#include "postgres.h"

/* A stage of the heartbeat. */
extern void heal_learn_stage(void);
extern PGDLLEXPORT void heal_learner_main(Datum argument);

#endif
