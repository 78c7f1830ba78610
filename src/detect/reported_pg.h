/*
 * reported_pg.h
 *		Reported metrics in shared memory: a table of fixed size.
 */
#ifndef HEAL_REPORTED_PG_H
#define HEAL_REPORTED_PG_H

#include "postgres.h"

#include "detect/reported.h"

#define HEAL_REPORTED_METRICS \
	512 /* one more takes the place of the one unused for longest */

/*
 * Copies what is known of the metric before this value into *before, then learns the value. One
 * that is not known is new, and *before is empty. Never waits for more than other calls of its kind.
 */
extern void heal_reported_take(Oid database, const char *category,
							   const char *name, double value,
							   const HealDetection *rule, HealReported *before);
/* Copies those in use; returns how many. */
extern int heal_reported_copy(HealReported reported[HEAL_REPORTED_METRICS]);
/*
 * How many there are of this category and name, and forgets them if told so: NULL = of any; a name is one in that
 * database. Raises no error.
 */
extern int heal_reported_reset(Oid database, const char *category,
							   const char *name, bool forget);

#endif
