/*
 * ledger.h
 *		What selfheal must not forget: orders, open failures, recoveries, and what was done lately.
 *
 * One plain value in shared memory, changed only by applying records, and the same records go to
 * the journal: what a restart replays is exactly what ran before. A record carries the whole thing
 * it is about, never a difference, so a record lost with the server leaves the older truth, not a
 * torn one.
 */
#ifndef HEAL_LEDGER_H
#define HEAL_LEDGER_H

#include "cause/diagnosis.h"
#include "cause/incident.h"
#include "decide/breaker.h"
#include "decide/component_policy.h"
#include "detect/bar.h"
#include "detect/pastanomaly.h"
#include "detect/sensitivity.h"
#include "health/health.h"
#include "recover/recovery.h"
#include "recover/remedy.h"

typedef enum HealFailureStatus
{
	HEAL_FAILURE_WATCHING,	  /* seen; its patience runs */
	HEAL_FAILURE_CONFIRMED,	  /* held longer than its patience */
	HEAL_FAILURE_NEEDS_HUMAN, /* every rung was tried or none is permitted */
	HEAL_FAILURE_CLOSED
} HealFailureStatus;

/* Bits. */
typedef enum HealBlamed
{
	HEAL_BLAMED_TOLD = 1, /* that an act of ours is a suspect */
	HEAL_BLAMED_UNDO = 2  /* undoing it was tried or proposed */
} HealBlamed;

typedef struct HealFailure
{
	int64_t id; /* 0 = free slot */
	int32_t kind;
	int32_t status; /* HealFailureStatus */
	HealSubject subject;
	HealTime since;
	HealTime due;
	HealTime seen_at;
	HealTime confirmed_at;
	HealTime last_seen_at;
	HealTime closed_at;
	int32_t waiters;
	int32_t peak_waiters;
	uint32_t
		tried; /* bit 1 << rung for each rung of the ladder that was tried */
	int32_t
		blamed; /* HealBlamed: what has come of the suspicion against ourselves */
	char culprit_role[HEAL_NAME_SIZE];
	char culprit_database[HEAL_NAME_SIZE];
	char culprit_application[HEAL_NAME_SIZE];
	char evidence[HEAL_SENTENCE];
	char verdict[HEAL_SENTENCE]; /* what is done about it, or why nothing is */
} HealFailure;

/* An order of a human, or of the engine about itself. */
typedef struct HealOrder
{
	HealTime at; /* 0 = not in force */
	char by[HEAL_NAME_SIZE];
	char reason[HEAL_SENTENCE];
} HealOrder;

typedef struct HealPause
{
	HealTime until;				/* 0 = free slot */
	char scope[HEAL_NAME_SIZE]; /* component, or "all" */
	HealOrder order;
} HealPause;

typedef struct HealAct
{
	HealTime at;
	int64_t recovery;
	int32_t kind;
	int32_t remedy;
	int32_t autonomous;
	int32_t targets;
} HealAct;

/* What was left to a human. */
typedef struct HealEscalation
{
	int64_t id;		  /* 0 = free slot */
	int64_t failure;  /* 0 = none */
	int64_t recovery; /* 0 = no act was possible */
	HealTime raised_at;
	HealTime acknowledged_at; /* 0 = nobody has */
	int32_t kind;			  /* HealFailureKind, -1 = none */
	int32_t spare;
	char component[HEAL_NAME_SIZE];
	char acknowledged_by[HEAL_NAME_SIZE];
	char why[HEAL_SENTENCE];
	char evidence[HEAL_SENTENCE];
	char acknowledgement[HEAL_SENTENCE];
} HealEscalation;

typedef struct HealEvent
{
	HealTime at;
	char kind[32];
	char severity[16];
	char actor[HEAL_NAME_SIZE];
	char subject[HEAL_NAME_SIZE];
	char message[512];
} HealEvent;

typedef struct HealEngineStart
{
	HealTime at;
	int32_t after_clean_shutdown;
	int32_t spare;
} HealEngineStart;

#define HEAL_NUMBERED 4 /* kinds of things that have numbers humans know */
#define HEAL_MAX_FAILURES 32
#define HEAL_MAX_RECOVERIES 64
#define HEAL_MAX_PAUSES 8
#define HEAL_MAX_ACTS 256
#define HEAL_MAX_ESCALATIONS 32

typedef struct HealLedger
{
	uint64_t sequence; /* of the newest record applied */
	int64_t next_failure;
	int64_t next_recovery;
	int64_t next_escalation;
	int64_t next_anomaly;
	HealOrder stop;
	HealOrder passive;
	HealEngineStart last_start;
	int32_t
		quick_starts; /* engine starts in a row that came within a minute of the one before */
	int32_t acts; /* ever; the newest HEAL_MAX_ACTS are kept */
	HealPause pause[HEAL_MAX_PAUSES];
	HealAct act[HEAL_MAX_ACTS];
	HealBreaker breaker[HEAL_MAX_BREAKERS];
	HealFailure failure[HEAL_MAX_FAILURES];
	HealRecovery recovery[HEAL_MAX_RECOVERIES];
	HealComponentPolicy policy[HEAL_MAX_POLICIES];
	HealEscalation escalation[HEAL_MAX_ESCALATIONS];
	HealHealthKept health[HEAL_MAX_HEALTH];
	HealBar bar[HEAL_MAX_BARS];
	HealSensitivity sensitivity[HEAL_MAX_SENSITIVITIES];
} HealLedger;

/* Whose bars are taken away. */
typedef struct HealBarReset
{
	char metric[HEAL_NAME_SIZE]; /* "" = of all */
} HealBarReset;

typedef enum HealRecordType
{
	HEAL_RECORD_NONE,
	HEAL_RECORD_EVENT,	  /* HealEvent */
	HEAL_RECORD_FAILURE,  /* HealFailure */
	HEAL_RECORD_RECOVERY, /* HealRecovery */
	HEAL_RECORD_STOP,	  /* HealOrder; at = 0 clears */
	HEAL_RECORD_PASSIVE,  /* HealOrder; at = 0 clears */
	HEAL_RECORD_PAUSE, /* HealPause; until = 0 ends the pause of that scope */
	HEAL_RECORD_ENGINE_START,  /* HealEngineStart */
	HEAL_RECORD_BREAKER_RESET, /* HealRemedyId as int32_t */
	HEAL_RECORD_FLOOR, /* int64_t[HEAL_NUMBERED]: smallest next failure, recovery, escalation and anomaly id */
	HEAL_RECORD_POLICY =
		32, /* HealComponentPolicy; in_force = 0 takes it back */
	HEAL_RECORD_ESCALATION = 33, /* HealEscalation */
	HEAL_RECORD_ANOMALY = 40,	 /* HealPastAnomaly: it opened, or is over */
	HEAL_RECORD_FALSE_POSITIVE = 41, /* HealFalsePositive */
	HEAL_RECORD_BAR_RESET = 42,		 /* HealBarReset */
	HEAL_RECORD_SENSITIVITY =
		43,					 /* HealSensitivity; in_force = 0 takes it back */
	HEAL_RECORD_HEALTH = 44, /* HealHealthChange */
	HEAL_RECORD_DIAGNOSIS =
		45, /* HealDiagnosis; in the tables the last of each failure */
	HEAL_RECORD_INCIDENT =
		46, /* HealIncidentNote; in the tables the last of each failure */
	HEAL_RECORD_TYPES
} HealRecordType;

/* Who was throttled longer ago has had his lesson. */
#define HEAL_COMES_BACK_WITHIN (2 * HEAL_HOUR)

#define HEAL_QUICK_START \
	(60 * HEAL_SECOND) /* an engine that lasted less did not really run */
#define HEAL_QUICK_START_LIMIT 3

extern void heal_ledger_init(HealLedger *ledger);
/* Bytes of the payload of this type; 0 for a type that does not exist. */
extern size_t heal_record_size(HealRecordType type);
/* False when the record makes no sense (unknown type, wrong size, kind or remedy): the ledger is unchanged then. */
extern bool
heal_ledger_apply(HealLedger *ledger, uint64_t sequence, HealRecordType type,
				  const void *payload, size_t size);

/*
 * Apply it as the newest record. False when it makes no sense: then it takes no number, so that the next record, whose
 * number it would be, has its place in the journal for itself. *sequence is set only when it is true.
 */
extern bool heal_ledger_apply_next(HealLedger *ledger, HealRecordType type,
								   const void *payload, uint64_t *sequence);

extern HealRecovery *
heal_ledger_recovery(HealLedger *ledger, int64_t id); /* NULL = not kept */
/* The newest of this remedy whose change is in effect and will be given back; NULL = none. */
extern const HealRecovery *
heal_ledger_owed(const HealLedger *ledger, int remedy);
extern HealFailure *heal_ledger_failure(HealLedger *ledger, int64_t id);
extern HealEscalation *heal_ledger_escalation(HealLedger *ledger, int64_t id);
/* Whether one was raised about this failure after this recovery, and is kept. */
extern bool heal_ledger_escalated(const HealLedger *ledger, int64_t failure,
								  int64_t recovery);
/* A raise that has not been given back. */
extern bool heal_recovery_is_a_loan(const HealRecovery *recovery);
/* Whether the same was not raised again since: what was raised on top of it is given back first. */
extern bool
heal_ledger_is_topmost_loan(const HealLedger *ledger, const HealRecovery *loan);
/* The open failure of this kind about this subject; NULL when there is none. */
extern HealFailure *heal_ledger_open_failure(HealLedger *ledger, int kind,
											 const HealSubject *subject);
extern bool heal_ledger_paused(const HealLedger *ledger, const char *component,
							   HealTime now);
/* Not counting those of the given recovery, which must not stand in its own way; 0 = count all. */
extern int heal_ledger_acts_since(const HealLedger *ledger, HealTime since,
								  int64_t except);
/* When the nth newest act was, 1 = the newest; 0 = that many are not kept. */
extern HealTime heal_ledger_nth_act(const HealLedger *ledger, int n);
/* Last act done unasked with this failure kind and remedy; 0 = none kept. */
extern HealTime heal_ledger_last_own_act(const HealLedger *ledger, int kind,
										 int remedy, int64_t except);
/*
 * How often this source was throttled since then, and it helped: it is back if it has to be again.
 */
extern int heal_ledger_throttled(const HealLedger *ledger,
								 const HealSubject *subject, HealTime since);
/* Recoveries between claimed and final on the component, other than the given one. */
extern int heal_ledger_in_flight(const HealLedger *ledger,
								 const char *component, int64_t except);
/* Those of them all that act, on whatever component. */
extern int heal_ledger_acting(const HealLedger *ledger);
/* Failures that have outlived their patience and are not over. */
extern int heal_ledger_open_failures(const HealLedger *ledger);
/* No failure is open and no recovery on its way. */
extern bool heal_ledger_is_quiet(const HealLedger *ledger);
/* True when a new one can be kept: a free slot, or one that is over to forget. */
extern bool heal_ledger_has_room_for_recovery(const HealLedger *ledger);
extern bool heal_ledger_has_room_for_failure(const HealLedger *ledger);
extern const char *heal_failure_status_name(HealFailureStatus status);

#endif
