/*
 * probe_pg.h
 *		The scribe's side of the probe: it writes a row in the home database and reads it back.
 */
#ifndef HEAL_PROBE_PG_H
#define HEAL_PROBE_PG_H

#include "postgres.h"

/*
 * Called by the scribe outside of a transaction, before it has made its own settings; remembers what a session of
 * anybody finds.
 */
extern void heal_probe_prepare(void);
/*
 * One probe, in transactions of its own. How it ended is in shared memory, whatever that was; it raises no error, and
 * leaves nothing behind.
 */
extern void heal_probe_run(void);

#endif
