/*
 * sequence_pg.h
 *		How far a sequence has come.
 */
#ifndef HEAL_SEQUENCE_PG_H
#define HEAL_SEQUENCE_PG_H

#include "postgres.h"

/* Reads its one page; NaN when nobody has called it yet. False when its lock is not free at this moment. */
extern bool heal_read_last_value(Oid sequence, double *last);

#endif
