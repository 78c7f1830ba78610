/*
 * usermetric.h
 *		Metrics of users: what they are, which row of the catalogue each has, when it is run.
 *
 * A run counts as failed, and its back-off is fixed, before it begins; only its success takes
 * that back. So one that hangs, is ended or takes its process with it has failed without
 * anybody having to say so.
 */
#ifndef HEAL_USERMETRIC_H
#define HEAL_USERMETRIC_H

#include "sample/metric.h"

#define HEAL_USER_LEAST_INTERVAL HEAL_SECOND
#define HEAL_USER_MOST_INTERVAL HEAL_DAY
#define HEAL_USER_MOST_BACKOFF HEAL_HOUR
#define HEAL_USER_ERROR 256
/*
 * A run begins a moment after the heartbeat that asked for it, so one that is due after its whole
 * interval would miss the heartbeat that comes then, and be run half as often.
 */
#define HEAL_USER_EARLY (HEAL_SECOND / 10)

/* As a user gave it. A metric of this name added at another time is another metric. */
typedef struct HealUserDefinition
{
	char name[HEAL_NAME_SIZE];
	char schema[HEAL_NAME_SIZE];
	char function[HEAL_NAME_SIZE];
	char database[HEAL_NAME_SIZE];
	char component[HEAL_NAME_SIZE];
	char category[HEAL_NAME_SIZE];
	char added_by[HEAL_NAME_SIZE];
	int32_t unit; /* HealUnit */
	int32_t bad;  /* HealBadDirection */
	HealTime interval;
	HealTime added_at;
} HealUserDefinition;

/* How its runs went, since the server started. */
typedef struct HealUserRuns
{
	int64_t begun;
	int64_t failures;
	int32_t failures_in_a_row;
	bool
		running; /* begun, and not known to have ended: counts as failed so far */
	bool gone;	 /* there is nothing that could be run */
	HealTime begun_at; /* the last one; 0 = none yet */
	HealTime due_at;   /* the next one */
	HealTime took;	   /* all that came to an end of their own */
	int64_t ended;	   /* how many those are */
	HealTime value_at; /* 0 = none yet */
	double value;	   /* of the last one that succeeded; NaN = missing */
	bool sampled;	   /* it is in the series */
	char error
		[HEAL_USER_ERROR]; /* of the last failure; "" = the last one succeeded */
} HealUserRuns;

typedef enum HealUserState
{
	HEAL_USER_FREE,
	HEAL_USER_KEPT, /* only its name is known, from before the server started */
	HEAL_USER_BOUND
} HealUserState;

/* One of the user rows of the catalogue. */
typedef struct HealUserSlot
{
	int32_t state;	   /* HealUserState */
	HealTime freed_at; /* 0 = never used */
	HealUserDefinition definition;
	HealUserRuns runs;
} HealUserSlot;

/*
 * Whoever looked at names a moment ago and takes values now must not see one metric's values
 * under another's name, so a row rests before it is used again.
 */
#define HEAL_USER_SLOT_RESTS HEAL_MINUTE

/* NULL = it is a name for a metric of a user or a component. */
extern const char *heal_user_name_problem(const char *name);
extern bool heal_user_interval_is_valid(HealTime interval);
/* From the start of a run to that of the next one, after so many failures in a row. */
extern HealTime heal_user_backoff(HealTime interval, int failures_in_a_row);

typedef struct HealUserChange
{
	bool freed
		[HEAL_USER_METRICS]; /* its samples and baseline are to be forgotten */
	bool bound[HEAL_USER_METRICS]; /* its name is new */
	int waiting;				   /* definitions without a row */
} HealUserChange;

/*
 * What has to change in the rows so that they are those of the definitions. Frees, and after that
 * binds; nothing is changed for a definition that has its row already but what it says.
 */
extern void heal_user_bind(HealUserSlot slots[HEAL_USER_METRICS],
						   const HealUserDefinition *definitions, int count,
						   HealTime now, HealUserChange *change);

/* The one that is due first and not later than now, in that database (NULL = in any); -1 = none. */
extern int heal_user_due(const HealUserSlot slots[HEAL_USER_METRICS],
						 const char *database, HealTime now);
extern void heal_user_begin(HealUserSlot *slot, HealTime now);
extern void heal_user_succeed(HealUserSlot *slot, double value, HealTime now);
/* Of a run that has begun. */
extern void
heal_user_fail(HealUserSlot *slot, const char *error, bool gone, HealTime now);
/* Of one that could not even begin. */
extern void heal_user_refuse(HealUserSlot *slot, const char *error, bool gone,
							 HealTime now);

/* new, ok, failing, backing off or gone */
extern const char *heal_user_state_name(const HealUserRuns *runs);

#endif
