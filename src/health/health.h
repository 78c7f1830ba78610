/*
 * health.h
 *		Whether a component is well, and since when: what is seen of it at one moment, and what is told.
 *
 * An opinion is what one judgement sees. It is told at once when things get worse; that they are better is
 * told when it has lasted, the longer the more often it was not for good. So what comes and goes is seen as one
 * trouble and not as many. What cannot be seen is unknown and never healthy.
 */
#ifndef HEAL_HEALTH_H
#define HEAL_HEALTH_H

#include "detect/component.h"
#include "recover/recovery.h"

/* From best to worst. */
typedef enum HealHealthState
{
	HEAL_HEALTH_HEALTHY,
	HEAL_HEALTH_UNKNOWN, /* nobody can tell */
	HEAL_HEALTH_DEGRADED,
	HEAL_HEALTH_FAILED,
	HEAL_HEALTH_STATES
} HealHealthState;

#define HEAL_MAX_HEALTH (HEAL_COMPONENTS + 64) /* and those of user metrics */

#define HEAL_HEALTH_SETTLES (5 * HEAL_SECOND) /* better for so long is better */
#define HEAL_HEALTH_RELAPSE (10 * HEAL_MINUTE) /* within it, it was not */
#define HEAL_HEALTH_RELAPSES 4 /* each doubles the time to settle */
#define HEAL_HEALTH_BLIND 3	   /* judgements without sight until it is told */
#define HEAL_HEALTH_BLIND_FIRST \
	60 /* the same before there was any: some sensors take their time */

/* What one judgement sees. */
typedef struct HealOpinion
{
	HealHealthState state;
	HealTime since; /* 0 = not known: since now */
	int others;		/* what is wrong besides the reason */
	char reason[HEAL_SENTENCE];
} HealOpinion;

/* What is told of a component. All zero but the name: not judged yet; then the reason says why, if there is one. */
typedef struct HealHealth
{
	char component[HEAL_NAME_SIZE];
	bool judged;
	int32_t state;	  /* HealHealthState */
	int32_t relapses; /* 0..HEAL_HEALTH_RELAPSES */
	int32_t blind;	  /* judgements in a row without sight */
	HealTime since;	  /* of the state */
	HealTime
		better_at; /* the start of better times that have not lasted yet; 0 = none */
	HealTime improved_at; /* when it last was told to be better */
	char reason[HEAL_SENTENCE];
} HealHealth;

/* On record: one for each change. */
typedef struct HealHealthChange
{
	HealTime at;
	HealTime since;
	int32_t from; /* HealHealthState */
	int32_t to;
	int32_t
		gone; /* the component is no more: the last metric in it was removed */
	int32_t spare;
	char component[HEAL_NAME_SIZE];
	char reason[HEAL_SENTENCE];
} HealHealthChange;

/* What is kept of a component over a restart. */
typedef struct HealHealthKept
{
	char component[HEAL_NAME_SIZE]; /* "" = free */
	int32_t state;
	int32_t spare;
} HealHealthKept;

extern const char *heal_health_name(int state);

/* Nothing is wrong. */
extern void heal_opinion_begin(HealOpinion *opinion);
/* One more thing to say; the worst becomes the reason, of equals the first. since 0 = not known. */
extern void heal_opinion_add(HealOpinion *opinion, HealHealthState state,
							 HealTime since, const char *reason);

/*
 * kept is the state on record, from before a restart; unknown when there is none. True when what is told changes and is
 * to be put on record, with *change filled in; that a component is well at its first judgement is no change.
 */
extern bool
heal_health_judge(HealHealth *health, const HealOpinion *opinion,
				  HealHealthState kept, HealTime now, HealHealthChange *change);
/* Nobody has looked for a while: what comes next is a first judgement. */
extern void heal_health_lose_sight(HealHealth *health);
/* The record makes sense. */
extern bool heal_health_change_valid(const HealHealthChange *change);
/* Apply it to what is kept; with no room for it nothing changes. */
extern void heal_health_keep(HealHealthKept kept[HEAL_MAX_HEALTH],
							 const HealHealthChange *change);
extern HealHealthState
heal_health_kept(const HealHealthKept kept[HEAL_MAX_HEALTH],
				 const char *component);

#endif
