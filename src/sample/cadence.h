/*
 * cadence.h
 *		How often to sample, given what it costs.
 *
 * The engine may use a share of one core: an allowance for each minute. As soon as a
 * minute's allowance is used up the sampling interval is doubled, up to HEAL_SLOWEST
 * times, and when a minute shows that half the interval would fit, it is halved again.
 *
 * While samples are rarer than asked for, there are looks between them that see only
 * who waits for whom: a lock pile-up must not go unseen for long. Then samples may use
 * three quarters of the allowance and looks the rest.
 */
#ifndef HEAL_CADENCE_H
#define HEAL_CADENCE_H

#include "base/types.h"

#define HEAL_SLOWEST 16
#define HEAL_LONGEST_CADENCE HEAL_MINUTE

typedef struct HealCadence
{
	int32_t slowdown;	 /* 1, 2, ... HEAL_SLOWEST times the interval */
	bool overdrawn;		 /* it did not fit even at the slowest */
	HealTime begun;		 /* of the minute being accounted */
	int64_t sampling_us; /* processor time since then */
	int64_t looking_us;
	double share; /* of one core, in the last whole minute; NaN = none yet */
} HealCadence;

typedef enum HealCadenceChange
{
	HEAL_CADENCE_KEPT,
	HEAL_CADENCE_LOWERED,
	HEAL_CADENCE_RAISED
} HealCadenceChange;

extern void heal_cadence_reset(HealCadence *cadence, HealTime now);
/*
 * A heartbeat with a sample, or a look without, took so much processor time. now is of
 * a clock that is never set; interval is the one asked for; budget is a share of one
 * core.
 */
extern HealCadenceChange
heal_cadence_account(HealCadence *cadence, HealTime now, int64_t cpu_us,
					 bool sampled, HealTime interval, double budget);
/* Whether the allowance has room for a look between two samples. */
extern bool heal_cadence_may_look(const HealCadence *cadence, double budget);
/* The interval in use instead of the one asked for. */
extern HealTime heal_cadence_interval(HealTime interval, int slowdown);

#endif
