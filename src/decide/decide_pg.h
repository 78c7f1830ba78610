/*
 * decide_pg.h
 *		From what a situation proves to a recovery, or to the reason why there is none.
 */
#ifndef HEAL_DECIDE_PG_H
#define HEAL_DECIDE_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern void heal_decide_stage(void);
/* When a patience ends; DT_NOEND = none runs. */
extern TimestampTz heal_decide_next_due(void);

#endif
