/*
 * situation_pg.h
 *		Take a picture of the sessions and their lock queues.
 */
#ifndef HEAL_SITUATION_PG_H
#define HEAL_SITUATION_PG_H

#include "sample/situation.h"

/*
 * Fresh picture, allocated in the current memory context. Needs a transaction
 * (it looks roles up). The lock table is read only when some session waits for
 * a lock, whatever its wait's age.
 */
extern HealSituation *heal_situation_take(void);

#endif
