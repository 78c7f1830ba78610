/*
 * attempt_pg.h
 *		Something that may fail, in a transaction of its own, with the failure as a sentence.
 */
#ifndef HEAL_ATTEMPT_PG_H
#define HEAL_ATTEMPT_PG_H

#include "postgres.h"

/* Returns why it was not done, in the memory of whoever called heal_attempt() or for ever; NULL = done. */
typedef const char *(*HealAttempt)(void *argument);

/*
 * Runs attempt in a transaction of its own, outside of which it must be called, and with the user restored
 * afterwards. Returns what it returned, or the message of the error it raised; a copy in the current memory
 * context. Never raises an error, but ends the process when that is asked for.
 */
extern const char *heal_attempt(HealAttempt attempt, void *argument);

#endif
