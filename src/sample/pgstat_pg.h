/*
 * pgstat_pg.h
 *		What the server's own statistics say.
 */
#ifndef HEAL_PGSTAT_PG_H
#define HEAL_PGSTAT_PG_H

#include "sample/metric.h"
#include "sample/situation.h"

/*
 * Fills in the metrics of the server. Needs a transaction, but no database. Without
 * a situation (NULL) the metrics of locks and connection slots stay missing; those of
 * HEAL_ROUND_DATABASES are filled in when they are asked for.
 */
extern void heal_pgstat_read(HealReading *reading,
							 const HealSituation *situation, bool databases);

#endif
