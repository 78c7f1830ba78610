/*
 * usermetric_pg.h
 *		Metrics of users in shared memory.
 *
 * Their definitions are rows of a table. A reader copies them here, the engine gives each a row of
 * the catalogue and starts a runner when one is due, the runner leaves values here, and the next
 * row of samples takes them in.
 */
#ifndef HEAL_USERMETRIC_PG_H
#define HEAL_USERMETRIC_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "sample/ringfile.h"
#include "sample/usermetric.h"

/*
 * A run may take so long, and a runner may stay so long in its database: DROP DATABASE gives up
 * after five seconds of waiting for whoever is in it.
 */
#define HEAL_USER_RUN_LIMIT (2 * HEAL_SECOND)
#define HEAL_USER_STAY_LIMIT (4 * HEAL_SECOND)

/* Everybody's: the user rows of this process's catalogue become what they are now. */
extern void heal_user_metrics_load(void);
extern void heal_user_metrics_copy(HealUserSlot slots[HEAL_USER_METRICS]);
/* Of which there is a value not older than three of their intervals. */
extern void
heal_user_metrics_known(HealTime now, bool known[HEAL_USER_METRICS]);
/* The definitions in the table have changed. */
extern void heal_user_metrics_changed(void);
/* In the postmaster: names of the user rows from before it started. */
extern void heal_user_metrics_restore(HealUserNames names);

/* The sampler's: values that came since the last row of samples. */
extern void heal_user_metrics_read(HealReading *reading);

/* The reader's */
extern uint64 heal_user_changes(void);
/* What the reader reads: each may fail alone. */
typedef enum HealUserPart
{
	HEAL_USER_PART_GRAPH,
	HEAL_USER_PART_INCIDENTS,
	HEAL_USER_PART_REMEDIES,
	HEAL_USER_PART_METRICS,
	HEAL_USER_PARTS
} HealUserPart;

/* What the table said when there had been so many changes. */
extern void heal_user_definitions_publish(const HealUserDefinition *definitions,
										  int count, uint64 changes);
/* Why a part could not be read; NULL = it was. */
extern void heal_user_part_read(HealUserPart part, const char *error);

/* The runner's */
/* The next one due in that database is being run from now on; -1 = none. */
extern int
heal_user_run_begin(const char *database, HealUserDefinition *definition);
extern void
heal_user_run_succeed(int slot, const HealUserDefinition *of, double value);
extern void heal_user_run_fail(int slot, const HealUserDefinition *of,
							   const char *error, bool gone);

/* The engine's */
typedef struct HealUserReading
{
	uint64 changes; /* that the newest definitions contain */
	int64 reads;	/* of definitions, that came to an end, whatever it was */
	int64 failed;	/* of them and of the other parts */
	int64 begun;	/* runs */
	int waiting;	/* definitions without a row */
} HealUserReading;

extern HealUserReading heal_user_reading(void);
/* Gives rows to what was read. */
extern void heal_user_metrics_apply(TimestampTz now);
/* Nobody runs any more of those begun before that: whoever is marked as running was ended. */
extern void heal_user_runs_ended(const char *error, TimestampTz before);
/* Those due in that database could not even begin. */
extern void
heal_user_runs_refused(const char *database, const char *error, bool gone);

/* Where a run is noted so that a crash of the server is known to be its work. */
extern void heal_user_crash_note(const char *name); /* "" = none runs */

#endif
