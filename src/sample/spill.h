/*
 * spill.h
 *		Whose statements spill to temporary files, and whether a larger work_mem would hold what they spill.
 */
#ifndef HEAL_SPILL_H
#define HEAL_SPILL_H

#include "base/types.h"

#define HEAL_SPILLS_KEPT 32 /* of a role in a database, the newest */
#define HEAL_SPILL_WINDOW HEAL_MINUTE

/* One statement that spilled. */
typedef struct HealSpill
{
	HealTime at;	/* its end */
	uint64_t bytes; /* written to temporary files, parallel workers' included */
	uint64_t ns;	/* it took, all of it */
	double work_mem; /* kB, in force in its session then */
} HealSpill;

/* What is kept of a role in a database. */
typedef struct HealSpillRow
{
	uint32_t role;
	uint32_t database;
	uint64_t statements; /* that spilled, since the row is its */
	uint64_t bytes;
	double
		work_mem; /* kB, that a session gets which begins now; 0 = not known */
	double work_mem_before;	 /* which sessions may still have; 0 = not known */
	HealTime work_mem_since; /* since when that has been so, as far as known */
	/* sessions that began after that and have run something: the first and the newest sight of one */
	HealTime fresh_since; /* 0 = none has been seen */
	HealTime fresh_at;
	int count; /* used in spill[], ordered by nothing */
	HealSpill spill[HEAL_SPILLS_KEPT];
} HealSpillRow;

/*
 * A role that spills, wherever the same setting counts for it. Only what was spilled with the work_mem that
 * a new session gets now is counted: another is the session's own, or from before a change.
 */
typedef struct HealSpiller
{
	uint32_t role;
	uint32_t database; /* its setting is one in this database; 0 = in all */
	char words[160];   /* "role report in database shop" */
	double work_mem;   /* kB; 0 = not known */
	int spills;		   /* that the figures below are of */
	double rate;	   /* of them, in a minute */
	double at_once;	   /* statements that spill, at a time */
	double fitting;	   /* share of them that twice work_mem would have held */
	double bytes;	   /* they wrote on average */
	HealTime interval; /* usual time between any two; 0 = not known */
	HealTime fresh_since; /* see above */
	HealTime fresh_at;
	HealTime
		stale_at; /* newest spill with the work_mem from before; 0 = none */
	int sessions; /* connected, that the setting counts for */
} HealSpiller;

/* The row added to the figures of a spiller, which begins as all zero but for whom it is. */
extern void
heal_spiller_add(HealSpiller *spiller, const HealSpillRow *row, HealTime now);
/* The newest spill of the row, 0 = none is kept. */
extern HealTime heal_spill_newest(const HealSpillRow *row);

#endif
