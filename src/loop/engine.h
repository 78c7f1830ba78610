/*
 * engine.h
 *		Life of the engine, and what it tells others about itself.
 */
#ifndef HEAL_ENGINE_H
#define HEAL_ENGINE_H

#include "postgres.h"

#include "base/clockstep.h"
#include "base/types.h"

/* Whether history can be written to the home database. */
typedef enum HealHome
{
	HEAL_HOME_UNKNOWN, /* not tried yet */
	HEAL_HOME_OK,
	HEAL_HOME_STANDBY, /* this server is a standby: nothing can be written here */
	HEAL_HOME_NO_DATABASE, /* selfheal.database does not exist */
	HEAL_HOME_NO_EXTENSION,
	HEAL_HOME_OTHER_VERSION,
	HEAL_HOME_FAILING /* the scribe's last pass ended in an error */
} HealHome;

typedef struct HealEngineStatus
{
	int32 pid; /* 0 = not running */
	TimestampTz started_at;
	TimestampTz heartbeat_at;
	int64 heartbeats;
	int64 heartbeat_us; /* wall time of the last one */
	int64 cpu_us;		/* processor time since started_at */
	int64 errors;		/* stages that raised an error, since started_at */
	char last_error[256];
	TimestampTz last_error_at;
	HealClockStep clock; /* also of engines before this one */
	int64 memory_bytes;	 /* private: resident less shared; 0 = unknown */
	int32 home;			 /* HealHome */
	char home_detail[256];
	int64 home_reports; /* how often the two above were set */
	bool
		worker_slots_short; /* a worker could not be started for want of slots */
	bool in_recovery;
	int32 slowdown;	  /* of samples, to keep the budget; 1 = none */
	int64 cadence_us; /* time between two samples now; 0 = not known yet */
	double
		minute_share; /* of one core, in the last whole minute; NaN = none yet */
	bool over_budget;	  /* even at the slowest */
	int64 missed_samples; /* since started_at */
} HealEngineStatus;

extern void heal_engine_register(void);
extern void heal_engine_wake(void);
extern HealEngineStatus heal_engine_status(void);
/* Time between two samples now: selfheal.sample_interval, or longer to keep selfheal.cpu_budget. */
extern HealTime heal_engine_cadence(void);
/* How far the wall clock has jumped, as long as that makes ages wrong of what has to hold for patience; 0 = it has not. */
extern int64 heal_engine_clock_step(HealTime patience);
/* Engine and scribe only. */
extern void heal_engine_set_home(HealHome home, const char *detail);
extern void heal_engine_set_worker_slots_short(bool is_short);
extern const char *heal_home_name(HealHome home);

extern PGDLLEXPORT void heal_engine_main(Datum argument);

#endif
