/*
 * mirror_pg.h
 *		The scribe's part of scanning: records -> tables.
 */
#ifndef HEAL_MIRROR_PG_H
#define HEAL_MIRROR_PG_H

#include "postgres.h"

/*
 * Write everything that waits, in transactions of its own: an error here must not keep history from
 * being written. Called outside of a transaction.
 */
extern void heal_scan_mirror(void);

#endif
