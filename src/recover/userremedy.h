/*
 * userremedy.h
 *		Remedies of users: what they are, which failures they treat, when one is next.
 *
 * A remedy of a user is up to three functions: the act, how it is taken back, and whether it has worked. They
 * are bound by a fingerprint of all that says what they do, so that what is run is what was added.
 * A plan names remedy and fingerprint: should the row have become another's, the plan is not for it.
 */
#ifndef HEAL_USERREMEDY_H
#define HEAL_USERREMEDY_H

#include "recover/recovery.h"
#include "recover/remedy.h"

#define HEAL_FINGERPRINT_SIZE 33 /* hexadecimal digits and the end */

#define HEAL_USER_LEAST_TIME (HEAL_SECOND / 10)
#define HEAL_USER_MOST_TIME (5 * HEAL_MINUTE)
/* Longer ones have a place of their own and keep no cure waiting. */
#define HEAL_USER_SLOW (30 * HEAL_SECOND)
/* Of one run of what looks whether it has worked. */
#define HEAL_USER_VERIFY_LIMIT (2 * HEAL_SECOND)

typedef enum HealUserFunctionUse
{
	HEAL_USER_ACT,
	HEAL_USER_UNDO,
	HEAL_USER_VERIFY,
	HEAL_USER_USES
} HealUserFunctionUse;

/* A function that has no name is none. */
typedef struct HealUserFunctionName
{
	char schema[HEAL_NAME_SIZE];
	char name[HEAL_NAME_SIZE];
} HealUserFunctionName;

typedef struct HealUserRemedy
{
	char name[HEAL_NAME_SIZE]; /* "" = the row is nobody's */
	HealUserFunctionName function[HEAL_USER_USES];
	char strategy[HEAL_NAME_SIZE];
	char owner[HEAL_NAME_SIZE]; /* of the functions, whom they run as */
	char added_by[HEAL_NAME_SIZE];
	char fingerprint[HEAL_FINGERPRINT_SIZE];
	char description[HEAL_SENTENCE];
	int32_t risk;			/* HealRisk */
	uint64_t treats;		/* bit 1 << HealFailureKind for each */
	HealTime time_limit;	/* of one run */
	HealTime verify_within; /* how long its effect may take to show */
	HealTime added_at;
} HealUserRemedy;

/* Of HealActChange.number, so that it is known also when the remedy is not. */
#define HEAL_USER_CAN_BE_UNDONE 1

extern bool
heal_user_remedy_has(const HealUserRemedy *remedy, HealUserFunctionUse use);
/* One of the seven. */
extern bool heal_strategy_exists(const char *name);
/* low, medium or high; -1 for what is none, or would be no act. */
extern int heal_user_risk_lookup(const char *name);
extern bool heal_user_time_is_valid(HealTime time);
/* Whether what the act has done to such a failure can be verified by the failure itself. */
extern bool heal_user_may_treat(int kind);
/* The row of the catalogue, with texts that stay for as long as it is bound; NULL = nobody's. */
extern void heal_user_remedy_bind(int row, const HealUserRemedy *remedy);
/*
 * The row of the gentlest remedy that treats such a failure and whose bit in skip is not set; -1 = none. Of the
 * same risk the one that was added first.
 */
extern int
heal_user_remedy_next(const HealUserRemedy remedies[HEAL_USER_REMEDIES],
					  int kind, uint32_t skip);

/* The change of a recovery becomes the plan to run it. */
extern void
heal_user_remedy_plan(HealRecovery *recovery, const HealUserRemedy *remedy);
extern bool heal_user_remedy_is_planned(const HealRecovery *recovery,
										const HealUserRemedy *remedy);
/* Of a recovery, whatever its remedy's row says by now. name has room for HEAL_NAME_SIZE. */
extern const char *
heal_recovery_remedy_name(const HealRecovery *recovery, char *name);
extern const char *heal_recovery_strategy(const HealRecovery *recovery);
extern bool heal_recovery_can_be_undone(const HealRecovery *recovery);

#endif
