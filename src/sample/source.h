/*
 * source.h
 *		Whom the load comes from, and how the statements of all others fare meanwhile.
 *
 * A query belongs to a source when most of the time in it does. What the others suffer is told from their own
 * statements, by query: how much longer the same take now than they usually do.
 */
#ifndef HEAL_SOURCE_H
#define HEAL_SOURCE_H

#include "sample/load.h"
#include "sample/pace.h"
#include "sample/situation.h"

#define HEAL_SOURCE_WINDOW (20 * HEAL_SECOND)

#define HEAL_VICTIMS 128
#define HEAL_DEADLOCK_WINDOW (5 * HEAL_SECOND)

/* A statement that was ended to break a deadlock. */
typedef struct HealVictim
{
	HealTime at;
	uint64_t query;
	uint32_t role;
	uint32_t database;
	bool
		alone; /* its transaction began with it, so a throttle can hold it up */
	uint8_t protection; /* HealProtection of its session */
	char application[HEAL_NAME_SIZE];
} HealVictim;

/* Scratch; needs not be initialised. */
typedef struct HealSourceWork
{
	HealLoadShare share[HEAL_LOAD_LOOKS];
	int16_t place[HEAL_LOAD_LOOKS]; /* of the look's query in the paces */
	HealTime all[HEAL_TOP_QUERIES]; /* time looked at, by query */
	HealTime mine[HEAL_TOP_QUERIES];
} HealSourceWork;

/*
 * The largest of each kind, those that take at least a tenth of all. Returns how many. What they are called is not
 * known here.
 */
extern int
heal_sources_of_load(const HealLoad *load, const HealPaces *paces, HealTime now,
					 HealSourceWork *work, HealSource *source, int max);

#define HEAL_DEADLOCKS_CALM 0.3 /* a second; who makes fewer makes no storm */

/*
 * Who makes the deadlocks of the last five seconds, unless they are few: queries, applications, roles and databases, in
 * this order. A query only if it is alone in its transaction. Returns how many.
 */
extern int heal_sources_of_deadlocks(const HealVictim *victim, int count,
									 HealTime now, HealSource *source, int max);

#endif
