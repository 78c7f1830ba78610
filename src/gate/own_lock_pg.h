/*
 * own_lock_pg.h
 *		What this process holds that others may wait for.
 */
#ifndef HEAL_OWN_LOCK_PG_H
#define HEAL_OWN_LOCK_PG_H

#include "postgres.h"

/* An advisory lock, or one on a relation that stops those who write. */
extern bool heal_holds_strong_lock(void);
/* Somebody waits for a lock in a mode that conflicts with ours. */
extern bool heal_holds_somebody_up(void);

#endif
