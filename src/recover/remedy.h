/*
 * remedy.h
 *		The remedy catalogue: what selfheal can do, and what each act costs.
 */
#ifndef HEAL_REMEDY_H
#define HEAL_REMEDY_H

#include "base/types.h"

typedef enum HealRemedyId
{
	HEAL_REMEDY_MONITOR,
	HEAL_REMEDY_CANCEL_BLOCKER,
	HEAL_REMEDY_TERMINATE_BLOCKER,
	HEAL_REMEDY_TERMINATE_IDLE_SESSIONS,
	HEAL_REMEDY_CANCEL_STATEMENT,
	HEAL_REMEDY_TERMINATE_SESSION,
	HEAL_REMEDY_ROLLBACK_PREPARED,
	HEAL_REMEDY_RESTORE_SETTING,
	HEAL_REMEDY_DROP_INVALID_INDEX,
	HEAL_REMEDY_ANALYZE_TABLE,
	HEAL_REMEDY_VACUUM_TABLE,
	HEAL_REMEDY_RESTART_PROCESS,
	HEAL_REMEDY_HAND_OVER,
	HEAL_REMEDY_UNDO_OWN_ACT,
	HEAL_REMEDY_THROTTLE_SOURCE,
	HEAL_REMEDY_SLOW_SOURCE,
	HEAL_REMEDY_QUARANTINE_SOURCE,
	HEAL_REMEDY_DELAY_LOGINS,
	HEAL_REMEDY_RAISE_SETTING,
	HEAL_REMEDY_GIVE_BACK,
	HEAL_REMEDY_DEGRADE_SYNC,
	HEAL_REMEDY_RESTORE_SYNC,
	HEAL_REMEDY_RESET_TABLE_OPTION,
	HEAL_REMEDY_BOUND_SLOT_WAL,
	HEAL_REMEDY_DROP_SLOT,
	HEAL_REMEDY_RAISE_ROLE_SETTING,
	HEAL_REMEDIES, /* selfheal's own; those of users follow far enough behind */
	HEAL_FIRST_USER_REMEDY = 64
} HealRemedyId;

/*
 * Rows of remedies that users add. Their numbers do not move when selfheal learns another remedy, as
 * journals hold them. A row that is nobody's has the name "".
 */
#define HEAL_USER_REMEDIES 16
#define HEAL_REMEDY_ROWS (HEAL_FIRST_USER_REMEDY + HEAL_USER_REMEDIES)

/* What an act costs those it concerns. */
typedef enum HealRisk
{
	HEAL_RISK_NONE, /* nothing is touched */
	HEAL_RISK_LOW, /* one statement is lost, or something is changed that is put back */
	HEAL_RISK_MEDIUM, /* a session is lost, its open transaction is rolled back */
	HEAL_RISK_HIGH	  /* cannot be taken back: always a human */
} HealRisk;

/* Who carries it out: a row in recover/action_pg.c each. */
typedef enum HealActionKind
{
	HEAL_ACTION_WATCH,		  /* nothing is touched */
	HEAL_ACTION_SIGNAL,		  /* sessions are signalled */
	HEAL_ACTION_PREPARED,	  /* a prepared transaction is rolled back */
	HEAL_ACTION_SETTING,	  /* a setting is given the value it had */
	HEAL_ACTION_INDEX,		  /* an index is dropped */
	HEAL_ACTION_MAINTAIN,	  /* a table is analyzed or vacuumed */
	HEAL_ACTION_PROCESS,	  /* a process of the server's own is ended */
	HEAL_ACTION_HAND_OVER,	  /* nothing is touched; somebody else is told */
	HEAL_ACTION_UNDO,		  /* an act of ours is taken back */
	HEAL_ACTION_THROTTLE,	  /* a source is slowed or refused for a while */
	HEAL_ACTION_RAISE,		  /* a setting is raised within bounds */
	HEAL_ACTION_GIVE_BACK,	  /* and given back */
	HEAL_ACTION_DEGRADE,	  /* commits wait for fewer standbys */
	HEAL_ACTION_RESTORE,	  /* and for all of them again */
	HEAL_ACTION_TABLE_OPTION, /* of a table, taken back to the default */
	HEAL_ACTION_BOUND,		  /* what slots may keep is limited */
	HEAL_ACTION_SLOT,		  /* a replication slot is dropped */
	HEAL_ACTION_USER,		  /* a function of a user is run */
	HEAL_ACTION_RAISE_ROLE,	  /* a role's setting is raised within bounds */
	HEAL_ACTIONS
} HealActionKind;

typedef struct HealRemedy
{
	const char *name;
	const char *
		strategy; /* one of the seven: restart, failover, scale, reconfigure, clear, throttle, monitor */
	HealActionKind action;
	HealRisk risk;
	bool
		reversible; /* what it changes can be put back, and is when it does not help */
	/*
	 * What it keeps off is worse than what it may be suspected of: never undone on suspicion alone.
	 */
	bool guards;
	bool
		temporary; /* it ends by itself; HealActChange.number: after so many seconds */
	bool asks; /* a human decides, unless it is granted by name */
	bool
		given_back; /* by another remedy, in time, as it cannot be undone otherwise: its recovery is kept until then */
	bool on_standby; /* may be used on a standby */
	bool
		slow; /* may take long, so it has a place of its own and keeps no cure waiting */
	bool under_manager; /* may be used where a cluster manager is in charge */
	int max_targets;	/* how many one act may concern; 0 = it touches none */
	int verify_ms; /* how long one attempt may take to show its effect; 0 = as long as the recovery may */
	int settle_ms; /* how long the cure must last to count */
	const char *acts_as; /* role that acts, "nobody" when nothing is called */
	const char *does;	 /* sentence for the proposal */
	const char *needs;	 /* sentence: what must be true of the target */
	const char *locks;	 /* sentence: the heavyweight locks it takes */
	const char *undo;	 /* sentence */
	const char *expects; /* sentence: what verification looks at */
	/* with HEAL_ACTION_SIGNAL: what is called for each target; %d is the pid */
	const char *call;
	bool cancels; /* a statement, so the session is left */
} HealRemedy;

extern const HealRemedy *const heal_remedies; /* [HEAL_REMEDY_ROWS] */

extern int heal_remedy_lookup(const char *name); /* -1 unknown */
/* Whether there can be a recovery with it: a row of our own, or one for users. */
extern bool heal_remedy_is_valid(int remedy);
extern bool heal_remedy_is_user(int remedy);
/* The row of a user becomes that, whose texts the caller keeps; NULL = nobody's. */
extern void heal_remedy_bind(int row, const HealRemedy *remedy);
/* False when it only watches, so that no rail about acts concerns it. */
extern bool heal_remedy_touches(HealRemedyId remedy);
/* Whether it raises a setting, to be given back when nothing needs it. */
extern bool heal_remedy_lends(HealRemedyId remedy);
/* Whether somebody loses by it what nobody can give back: a statement, a session, a process, data kept for them, time in a queue. */
extern bool heal_remedy_is_destructive(HealRemedyId remedy);
/* Whether it cannot be taken back, so that it asks a human unless it was granted by name; see also HealRemedy.asks. */
extern bool heal_remedy_needs_grant(HealRemedyId remedy);
/*
 * Whether a comma separated list of names has this remedy in it. A name that is none matches nothing. One of
 * a user stands there as "user.name".
 */
extern bool heal_remedy_listed(const char *list, HealRemedyId remedy);
/* Copies the first name of the list that cannot be a remedy's into unknown; false when there is none. */
extern bool
heal_remedy_list_unknown(const char *list, char *unknown, size_t size);
extern const char *heal_risk_name(HealRisk risk);

#endif
