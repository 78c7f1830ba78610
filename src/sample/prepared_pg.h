/*
 * prepared_pg.h
 *		Prepared transactions, from the process array.
 */
#ifndef HEAL_PREPARED_PG_H
#define HEAL_PREPARED_PG_H

#include "postgres.h"

#include "storage/lock.h"

#include "sample/situation.h"

/* Those there are now; works in a process without a database. None on a standby. */
extern void heal_prepared_read(HealSituation *situation);
/* Id of the prepared transaction that this entry of the lock table belongs to, 0 = none that is known. */
extern uint64 heal_prepared_of_lock(const LockInstanceData *lock);

#endif
