/*
 * receiver_pg.h
 *		The process of a standby that receives WAL.
 */
#ifndef HEAL_RECEIVER_PG_H
#define HEAL_RECEIVER_PG_H

#include "postgres.h"

#include "sample/situation.h"

/* After the sessions were read, among which it finds when the process started. */
extern void heal_receiver_read(HealSituation *situation);
/* True when a receiver other than this one, or this one anew, has heard of its sender since. */
extern bool heal_receiver_heard_since(HealTime since);

#endif
