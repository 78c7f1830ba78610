/*
 * learn_pg.h
 *		Incidents in tables -> a new version of the numbers of the causal graph.
 */
#ifndef HEAL_LEARN_PG_H
#define HEAL_LEARN_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* What a version was made from. */
typedef struct HealLesson
{
	int32
		version; /* 0 = none was made: nothing is told by incidents, or nothing else than before */
	TimestampTz at;	 /* of the version */
	int32 incidents; /* that counted */
	int32 confirmed; /* of them */
	int32 moved;	 /* numbers that are not as shipped or taught */
	double largest;	 /* of what they moved */
} HealLesson;

/*
 * Inside SPI, as the owner of the tables; takes about a millisecond per incident and round, ten rounds at most, and can be
 * interrupted. The version is in force when the transaction commits, as that of `by`. by_itself: nothing is learned when
 * somebody holds a version; else that ends.
 */
extern HealLesson heal_learn_incidents(const char *by, bool by_itself);

#endif
