/*
 * settings.h
 *		Every setting of selfheal, as the rest of the code reads it.
 *
 * Settings that a preset fills in are read through the functions below: what was set explicitly
 * wins, otherwise selfheal.preset (or selfheal.recovery_policy) decides. The same value is what
 * SHOW and pg_settings display.
 */
#ifndef HEAL_SETTINGS_H
#define HEAL_SETTINGS_H

#include <stdbool.h>

typedef enum HealAutonomy
{
	HEAL_OBSERVE, /* sees and says, proposes nothing that could be executed */
	HEAL_APPROVE, /* every act needs a human */
	HEAL_LIMITED, /* low-risk acts on what is not critical by itself, the rest needs a human */
	HEAL_FULL /* everything the rails permit by itself */
} HealAutonomy;

typedef enum HealPreset
{
	HEAL_AGGRESSIVE,
	HEAL_BALANCED,
	HEAL_CONSERVATIVE,
	HEAL_PRESETS
} HealPreset;

#define HEAL_HOLD_NONE (-1)
#define HEAL_HOLD_ACTED (-2) /* the act is done, which is not recorded yet */

/* Bounds of selfheal.max_retries and selfheal.recovery_timeout, in s */
#define HEAL_MOST_RETRIES 100
#define HEAL_MOST_TIMEOUT 3600

/* From the least important to the most. */
typedef enum HealLogLevel
{
	HEAL_LOG_DEBUG,
	HEAL_LOG_INFO,
	HEAL_LOG_WARN,
	HEAL_LOG_ERROR
} HealLogLevel;

extern bool heal_enabled;				   /* selfheal.enabled */
extern char *heal_database;				   /* home of the tables; postmaster */
extern int heal_autonomy;				   /* HealAutonomy */
extern int heal_preset;					   /* HealPreset */
extern int heal_sample_interval;		   /* ms */
extern int heal_concurrent_recoveries;	   /* at once */
extern double heal_cpu_budget;			   /* share of one core */
extern double heal_min_confidence;		   /* 0..1 */
extern int heal_proposal_expiry;		   /* s */
extern int heal_cooldown;				   /* s */
extern int heal_max_acts_10min;			   /* side effects in any 10 minutes */
extern int heal_max_acts_hour;			   /* ... hour */
extern int heal_max_acts_day;			   /* ... day */
extern int heal_scale_give_back;		   /* s */
extern int heal_breaker_failures;		   /* in a row */
extern int heal_idle_blocker_patience;	   /* ms */
extern int heal_active_blocker_patience;   /* ms */
extern int heal_connection_slots_patience; /* ms */
extern double heal_connection_slots_threshold; /* share of slots, 0.5..1 */
extern char *heal_granted_remedies;			   /* names of remedies */
extern char *heal_failure_patience_list;	   /* see detect/patience.h */
extern int heal_runaway_statement_age;		   /* s; 0 = none */
extern int heal_idle_session_age;			   /* s */
extern int heal_slot_wal_limit;				   /* MB; 0 = none */
extern char *heal_protected_slots;			   /* as heal_protected_sessions */
extern char *heal_protected_sessions;		   /* see decide/protect.h */
extern bool heal_four_eyes;			/* approver must not be the requester */
extern int heal_history_retention;	/* s */
extern int heal_minute_retention;	/* s */
extern int heal_hour_retention;		/* s */
extern int heal_ring_save_interval; /* s; 0 = never */
extern int heal_log_level;			/* HealLogLevel */
extern bool heal_gate;				/* hooks look at what passes */
extern int
	heal_causal_learning_interval;	/* selfheal.causal_learning_interval, s */
extern bool heal_enable_predictive; /* selfheal.enable_predictive */
extern bool heal_rollback_enabled;
extern int heal_scan_interval;	   /* s; 0 = off */
extern int heal_scan_budget;	   /* ms */
extern int heal_throttle_max_wait; /* ms */
extern int heal_hold_stage; /* HealStage recoveries are held in, or none */
extern bool heal_rollback_verify;
extern int heal_rollback_max_attempts;
extern int heal_rollback_timeout;	/* s */
extern int heal_snapshot_retention; /* s */

extern int heal_health_check_timeout; /* ms */

extern int heal_monitoring_interval(void);	/* s */
extern double heal_anomaly_threshold(void); /* z-score */
extern int heal_recovery_policy(void);		/* HealPreset */
extern int heal_max_retries(void);			/* after the first attempt */
extern int heal_retry_delay(void);			/* s */
extern int heal_recovery_timeout(void);		/* s */

extern int heal_health_check_interval(void); /* ms */

/*
 * The server's error level for a message of this importance: what selfheal.log_level lets through
 * goes to the server's log, the rest is for those who look at debug messages. Never ERROR.
 */
extern int heal_log_at(HealLogLevel importance);

extern void heal_settings_define(void);

#endif
