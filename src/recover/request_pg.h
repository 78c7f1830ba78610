/*
 * request_pg.h
 *		What a human asks for in SQL, carried out when the transaction commits.
 */
#ifndef HEAL_REQUEST_PG_H
#define HEAL_REQUEST_PG_H

#include "postgres.h"

#include "history/ledger.h"
#include "recover/userremedy.h"

typedef enum HealRequestKind
{
	HEAL_REQUEST_APPROVE,
	HEAL_REQUEST_REJECT,
	HEAL_REQUEST_CREATE, /* proposed; waits for somebody else's approval */
	HEAL_REQUEST_CREATE_APPROVED,
	HEAL_REQUEST_START, /* clear the stop order and the passive state */
	HEAL_REQUEST_RESUME,
	HEAL_REQUEST_RESET_BREAKER,
	HEAL_REQUEST_ACKNOWLEDGE,
	HEAL_REQUEST_POLICY, /* set or take back */
	HEAL_REQUEST_RESET_BASELINES,
	HEAL_REQUEST_METRICS, /* the definitions of user metrics have changed */
	HEAL_REQUEST_REMEDY,  /* one of a user is added or removed */
	HEAL_REQUEST_ROLLBACK, /* of a snapshot, to be carried out by a process of its own */
	HEAL_REQUEST_AUDIT,		/* only to be on record as having been done */
	HEAL_REQUEST_LOOK_HOME, /* the extension was created: history can be written */
	HEAL_REQUEST_FALSE_POSITIVE,
	HEAL_REQUEST_SENSITIVITY /* set or take back */
} HealRequestKind;

typedef struct HealRequest
{
	HealRequestKind kind;
	SubTransactionId subtransaction;
	HealRecovery recovery; /* as it was seen when asked */
	HealPause pause;
	int64 rollback;				/* ROLLBACK: its number */
	char event[HEAL_NAME_SIZE]; /* ROLLBACK, AUDIT: kind of event */
	char subject
		[HEAL_NAME_SIZE]; /* ROLLBACK, AUDIT, METRICS, REMEDY, RESET_BASELINES: what it is about */
	HealComponentPolicy policy;
	HealEscalation escalation; /* as it was seen when asked */
	int32 remedy;
	const HealUserRemedy *
		user_remedy; /* REMEDY: added, in the top transaction's memory; NULL = removed */
	Oid database; /* RESET_BASELINES: whose reported metric of the name in subject */
	int32 metric;		  /* RESET_BASELINES; -1 = all, of the category */
	const char *category; /* RESET_BASELINES; NULL = no category */
	HealFalsePositive mark;
	HealSensitivity sensitivity;
	HealTime
		stopped_at; /* START: the stop order that was in force when asked */
	const char *
		audit; /* METRICS, REMEDY: kind of the row in the audit log; NULL = none */
	char by[HEAL_NAME_SIZE];
	char reason[HEAL_SENTENCE];
} HealRequest;

/*
 * Keep a request until commit. A rollback, also to a savepoint, forgets it. Just before the commit
 * it is checked again, and what has become impossible meanwhile makes the commit fail.
 */
extern void heal_request_add(const HealRequest *request);
/* ERROR unless the recovery waits for approval and has not expired. */
extern void heal_request_check_waiting(const HealRecovery *recovery);
/* ERROR when somebody has acknowledged it. */
extern void heal_request_check_unacknowledged(const HealEscalation *escalation);

#endif
