/*
 * recovery.h
 *		One recovery: what was seen, what is to be done to whom, and how far it has come.
 *
 * A plain value: it lives in shared memory, goes whole into each journal record about it, and
 * comes back from there after a crash. No pointers.
 */
#ifndef HEAL_RECOVERY_H
#define HEAL_RECOVERY_H

#include "detect/failure.h"
#include "recover/stage.h"

#define HEAL_SENTENCE 256

/* What has been done to one target. */
typedef enum HealTargetState
{
	HEAL_TARGET_UNTOUCHED,
	HEAL_TARGET_INTENDED, /* journalled; the signal may or may not have been sent */
	HEAL_TARGET_SIGNALLED,
	HEAL_TARGET_SKIPPED, /* changed, gone or protected at the last look */
	HEAL_TARGET_UNDONE,	 /* of a change: taken back by a later recovery */
	/* Of a change, and of the recovery that was to take it back: */
	HEAL_TARGET_LEFT, /* somebody has changed it since, so it is theirs */
	/* put back where it was changed, but something stronger sets it, or the server has not taken it from its file */
	HEAL_TARGET_NOT_IN_EFFECT
} HealTargetState;

typedef struct HealTarget
{
	HealIdentity id;
	HealTime transaction_start;
	HealTime
		idle_since; /* for those that are ended for being idle; 0 otherwise */
	uint32_t role;
	uint32_t database;
	int32_t state; /* HealTargetState */
} HealTarget;

#define HEAL_VALUE_SIZE 200

/*
 * What an act changes, for acts that can be undone: the value before and after, as text. It is in the
 * journal before the act, so it can be put back whatever happens.
 */
typedef struct HealActChange
{
	int32_t kept; /* 1 = before is known */
	int32_t
		was_set; /* 1 = there was a value at this very level; 0 = it was inherited */
	int32_t done;	/* HealTargetState */
	int32_t number; /* the kind of act's own */
	char before[HEAL_VALUE_SIZE];
	char after[HEAL_VALUE_SIZE];
} HealActChange;

typedef enum HealOrigin
{
	HEAL_BY_ENGINE, /* found by the engine */
	HEAL_BY_HUMAN	/* asked for with selfheal.trigger() */
} HealOrigin;

typedef struct HealRecovery
{
	int64_t id;		 /* 0 = free slot */
	int64_t undoes;	 /* id of the recovery whose act it takes back, 0 = none */
	int64_t failure; /* id of the failure it is for, 0 = none (triggered) */
	int32_t kind;	 /* HealFailureKind, -1 = none */
	int32_t remedy;	 /* HealRemedyId */
	int32_t stage;	 /* HealStage */
	int32_t origin;	 /* HealOrigin */
	int32_t steps;	 /* transitions made so far; numbers them */
	int32_t attempt; /* 1 .. max_attempts */
	int32_t max_attempts;
	int32_t autonomous; /* 1 = no human was asked */
	uint64_t
		plan_hash; /* of remedy, subject, change and targets: what an approval is bound to */

	HealSubject subject; /* what the failure is about, or what a human named */
	HealActChange change;

	HealTime proposed_at;
	HealTime expires_at;
	HealTime approved_at;
	HealTime claimed_at;
	HealTime acted_at; /* first side effect */
	HealTime finished_at;
	HealTime failure_since;
	HealTime failure_due;

	/* before the act: what verification compares with */
	int32_t waiters_before;
	int32_t waiters_after;
	HealTime oldest_wait_before;

	int32_t targets;
	int32_t recoverer; /* pid of the recoverer, 0 = none */
	int32_t timeout;   /* s, of all attempts together */
	int32_t spare;
	HealTarget target[HEAL_MAX_TARGETS];

	char component[HEAL_NAME_SIZE];
	char target_role[HEAL_NAME_SIZE];
	char target_database[HEAL_NAME_SIZE];
	char target_application[HEAL_NAME_SIZE];
	char requested_by[HEAL_NAME_SIZE];
	char decided_by[HEAL_NAME_SIZE]; /* who approved or rejected */
	char decision_reason[HEAL_SENTENCE];
	char evidence[HEAL_SENTENCE];
	char rails[HEAL_SENTENCE];	 /* which rails spoke when it was decided */
	char message[HEAL_SENTENCE]; /* of the newest step */
} HealRecovery;

#endif
