/*
 * failure.h
 *		The failure catalogue: what proves a failure present, what proves it
 *		gone, who the culprit is and how urgent it is.
 *
 * One row per failure here, one small file per failure beside this one. All
 * plain C over a situation, so the engine, the recoverer's live re-check and
 * the unit tests run the very same proof.
 */
#ifndef HEAL_FAILURE_H
#define HEAL_FAILURE_H

#include "detect/subject.h"

typedef enum HealFailureKind
{
	HEAL_LOCK_PILEUP_IDLE,	   /* behind a session idle in transaction */
	HEAL_LOCK_PILEUP_ACTIVE,   /* behind a session running a statement */
	HEAL_CONNECTION_SLOTS,	   /* nearly exhausted */
	HEAL_LOCK_PILEUP_ADVISORY, /* behind an idle session's advisory lock */
	HEAL_LOCK_PILEUP_PREPARED, /* behind a prepared transaction */
	HEAL_DDL_QUEUE,			   /* behind one that waits for an exclusive lock */
	HEAL_RUNAWAY_STATEMENT,
	HEAL_ORPHANED_PREPARED,	  /* a prepared transaction nobody finishes */
	HEAL_SETTING_MADE_SLOW,	  /* since a setting changed */
	HEAL_INVALID_INDEX,		  /* left behind by a build that failed */
	HEAL_STALE_STATISTICS,	  /* autovacuum did not come to analyze */
	HEAL_OVERDUE_VACUUM,	  /* nor to vacuum or freeze */
	HEAL_VACUUM_BLOCKS,		  /* behind an autovacuum worker */
	HEAL_WAL_RECEIVER_SILENT, /* a standby that hears nothing */
	HEAL_LOAD_HOG,			  /* one source takes what all others need */
	HEAL_LOGIN_STORM, /* logins that fail, faster than people or pools */
	HEAL_READ_ONLY_BY_DEFAULT, /* since a setting changed */
	HEAL_CHECKPOINT_STORM,	   /* max_wal_size is too small */
	HEAL_AUTOVACUUM_STARVED,   /* its workers may do too little */
	HEAL_SYNC_STANDBY_LOST,	   /* commits wait for one that is not there */
	HEAL_SYNC_DEGRADED,		   /* and what was given up to let them return */
	HEAL_DEADLOCK_STORM,	   /* the same statements, again and again */
	HEAL_AUTOVACUUM_OFF,	   /* since a setting changed */
	HEAL_PLANNER_SWITCH_OFF,   /* likewise */
	HEAL_AUTOVACUUM_OFF_TABLE, /* by an option of it */
	HEAL_SLOT_RETAINS_WAL,	   /* an inactive one, until the volume is full */
	HEAL_TEMP_SPILLS,		   /* work_mem of a role is too small */
	HEAL_FAILURE_KINDS
} HealFailureKind;

/* Number of a subject that is a table to be vacuumed; 0 = it has dead rows. */
#define HEAL_VACUUM_FREEZE 1 /* it is too old */
#define HEAL_VACUUM_URGENT 2 /* and there is no time for its indexes */

/*
 * By what it is found. Statistics alone never lead to a destructive remedy: see the rail statistics_alone. Starts at one,
 * so that a row that does not say is found out.
 */
typedef enum HealEvidence
{
	HEAL_BY_PROOF = 1, /* a situation that shows it, whatever is usual */
	HEAL_BY_ANOMALIES, /* metrics that left their baselines */
	HEAL_BY_BOTH	   /* such metrics, and a situation that shows why */
} HealEvidence;

typedef enum HealUrgency
{
	HEAL_ROUTINE, /* judged every monitoring interval */
	HEAL_URGENT	  /* judged at every sample and when its patience ends */
} HealUrgency;

#define HEAL_SYNC_SETTING "synchronous_standby_names"
#define HEAL_SERVED 1.4		/* times as long as usual is as good as usual */
#define HEAL_MAX_TARGETS 16 /* sessions one act may concern */
#define HEAL_SLOTS_TO_FREE \
	0.10 /* share of the slots, below the threshold: what ending idle sessions aims at */
#define HEAL_LADDER 4 /* rungs at most */

/*
 * What the proofs need to know of the settings; filled from GUCs by the caller.
 */
typedef struct HealFailureLimits
{
	HealTime patience[HEAL_FAILURE_KINDS]; /* held before anything is done */
	double connection_slots_threshold;	   /* share of slots used, 0..1 */
	HealTime idle_session_age; /* sessions idle for less are nobody's culprit */
	HealTime runaway_age;	   /* of a statement; 0 = none ever is */
	double
		slot_wal; /* bytes an inactive slot may keep; 0 = what the volume bears */
} HealFailureLimits;

/* A failure as one situation proves it. */
typedef struct HealFinding
{
	HealFailureKind kind;
	/*
	 * Since when the condition holds, by the server's own timestamps. A share
	 * of slots has no such timestamp: connection_slots says taken_at, and the
	 * caller, who remembers when it first heard of it, computes due anew from
	 * that.
	 */
	HealTime since;
	HealTime due; /* end of the patience; act only at or after */
	HealSubject
		subject; /* what it is about: two findings about the same are one failure */
	int culprit; /* index into situation->session, -1 nobody */
	int waiters; /* sessions suffering */
	HealTime
		oldest_wait; /* one of them waits for the culprit since then, 0 none */
	int targets; /* used in target[]; may be 0: then only a human can help */
	int target[HEAL_MAX_TARGETS]; /* session indexes, strongest culprit first */
	char evidence[256];			  /* one sentence with values, no query text */
} HealFinding;

#define HEAL_MAX_FINDINGS 16

/* Who looks for it: where that one does not, that it is not found says nothing. */
typedef enum HealLookout
{
	HEAL_LOOKED_FOR_ALWAYS = 1,
	HEAL_LOOKED_FOR_BY_SCAN, /* of databases */
	HEAL_LOOKED_FOR_AT_GATE,
	HEAL_LOOKED_FOR_ON_STANDBY
} HealLookout;

typedef struct HealFailureType
{
	const char *name;	   /* "lock_pileup_idle" */
	const char *title;	   /* "lock pile-up behind an idle transaction" */
	const char *component; /* "locks" */
	const char *category;  /* performance, resource, ... */
	HealUrgency urgency;
	HealTime patience; /* where no setting says otherwise */
	/*
	 * The patience counts from when the culprit was first seen, because no
	 * timestamp of the server says since when it has been the culprit.
	 */
	bool counts_from_sight;
	/*
	 * The picture of one moment shows it gone as soon as it is. False where it is known by what others
	 * report now and then: there the act's own effect is the proof.
	 */
	bool in_picture;
	/* The proof names what brought it on, so no act of ours that came before is a suspect. */
	bool names_cause;
	/* Somebody stands still for too long. That no change of ours brings about, so none is undone for it. */
	bool idle_culprit;
	/* Its proof is that others wait for one holder for long, so they do not merely queue for hot rows. */
	bool blocks;
	HealLookout looked_for;
	/*
	 * It is about an act of ours, the recovery whose id is the subject's number: to be suspected of it tells
	 * nothing, and when it is over that act is no longer in effect.
	 */
	bool of_own_act;
	HealEvidence evidence;
	const char *proof;				 /* sentence: what proves it present */
	const char *cured;				 /* sentence: what proves it gone */
	const char *ladder[HEAL_LADDER]; /* remedy names from gentle to strong */
	/*
	 * Fills findings[] with the worst it finds, at most max, the worst first;
	 * returns how many.
	 */
	int (*find)(const HealSituation *situation, const HealFailureLimits *limits,
				HealFinding *findings, int max);
	/*
	 * True when the failure about this subject no longer holds.
	 */
	bool (*gone)(const HealSituation *situation,
				 const HealFailureLimits *limits, const HealSubject *subject);
} HealFailureType;

extern const HealFailureType heal_failures[HEAL_FAILURE_KINDS];

/*
 * All findings of one situation whose urgency is at least the given one, the
 * worst first; returns how many.
 */
extern int
heal_failure_find_all(const HealSituation *situation,
					  const HealFailureLimits *limits, HealUrgency at_least,
					  HealFinding *findings, int max);
/*
 * Patience shortened by the number of waiters: never below the floor of 2 s or
 * the patience itself.
 */
extern HealTime heal_failure_patience(HealTime patience, int waiters);
/* However many wait, it is not shorter than this: two seconds, or the patience itself. */
extern HealTime heal_failure_least_patience(HealTime patience);
/*
 * How long what proves it must have lasted, of which patience is only the part that it is watched for: until then after a
 * jump of the clock its ages may be wrong.
 */
extern HealTime
heal_failure_must_last(HealFailureKind kind, const HealFailureLimits *limits);
/* medium, high or critical, by how many suffer at the worst. */
extern const char *heal_failure_severity(int peak_waiters, int kind);
/* "direct proof", "anomalies", or both. */
extern const char *heal_evidence_name(HealEvidence evidence);

#endif
