/*
 * cadence.c
 *		How often to sample, given what it costs.
 */
#include "sample/cadence.h"

#include <math.h>

/* Share of what is allowed that the next faster step may need. */
#define COMFORT 0.8
/* Share of the allowance that looks between samples may use. */
#define LOOKS 0.25

static double
allowance_us(double budget)
{
	return budget * HEAL_MINUTE;
}

/* What samples may use of it at this cadence. */
static double
sampling_allowance(int slowdown, double budget)
{
	return allowance_us(budget) * (slowdown == 1 ? 1.0 : 1.0 - LOOKS);
}

static void
begin_minute(HealCadence *cadence, HealTime now)
{
	cadence->begun = now;
	cadence->sampling_us = 0;
	cadence->looking_us = 0;
}

void
heal_cadence_reset(HealCadence *cadence, HealTime now)
{
	cadence->slowdown = 1;
	cadence->overdrawn = false;
	cadence->share = NAN;
	begin_minute(cadence, now);
}

HealTime
heal_cadence_interval(HealTime interval, int slowdown)
{
	HealTime slowed = interval * slowdown;
	HealTime longest =
		interval > HEAL_LONGEST_CADENCE ? interval : HEAL_LONGEST_CADENCE;

	return slowed < longest ? slowed : longest;
}

static bool
is_used_up(const HealCadence *cadence, double budget)
{
	/* without looks by design, but those of urgent failures count */
	int64_t used = cadence->slowdown == 1
					   ? cadence->sampling_us + cadence->looking_us
					   : cadence->sampling_us;

	return (double) used > sampling_allowance(cadence->slowdown, budget);
}

static bool
can_be_slower(const HealCadence *cadence, HealTime interval)
{
	return cadence->slowdown < HEAL_SLOWEST &&
		   heal_cadence_interval(interval, cadence->slowdown * 2) >
			   heal_cadence_interval(interval, cadence->slowdown);
}

static HealCadenceChange
end_minute(HealCadence *cadence, HealTime now, double budget)
{
	double elapsed = (double) (now - cadence->begun);
	double used = (double) (cadence->sampling_us + cadence->looking_us);
	double faster = 2.0 * (double) cadence->sampling_us * HEAL_MINUTE / elapsed;
	HealCadenceChange change = HEAL_CADENCE_KEPT;

	cadence->share = used / elapsed;
	cadence->overdrawn = is_used_up(cadence, budget);
	if (cadence->slowdown > 1 &&
		faster < COMFORT * sampling_allowance(cadence->slowdown / 2, budget))
	{
		cadence->slowdown /= 2;
		change = HEAL_CADENCE_RAISED;
	}
	begin_minute(cadence, now);
	return change;
}

HealCadenceChange
heal_cadence_account(HealCadence *cadence, HealTime now, int64_t cpu_us,
					 bool sampled, HealTime interval, double budget)
{
	if (sampled)
		cadence->sampling_us += cpu_us;
	else
		cadence->looking_us += cpu_us;
	if (is_used_up(cadence, budget) && can_be_slower(cadence, interval))
	{
		cadence->slowdown *= 2;
		begin_minute(cadence, now);
		return HEAL_CADENCE_LOWERED;
	}
	if (now - cadence->begun >= HEAL_MINUTE)
		return end_minute(cadence, now, budget);
	return HEAL_CADENCE_KEPT;
}

bool
heal_cadence_may_look(const HealCadence *cadence, double budget)
{
	return (double) cadence->looking_us < allowance_us(budget) * LOOKS;
}
