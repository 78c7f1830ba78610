/*
 * breaker_test.c
 *		Failures in a row count for a remedy on a component, and nothing else does.
 */
#include "decide/breaker.h"

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)

static HealBreaker breakers[HEAL_MAX_BREAKERS];

static int
failures(int remedy, const char *component)
{
	const HealBreaker *found = heal_breaker_find(breakers, remedy, component);

	return found ? found->failures : 0;
}

static HealBreakerState
state(int remedy, const char *component, HealTime now)
{
	return heal_breaker_state(heal_breaker_find(breakers, remedy, component), 2,
							  10 * HEAL_SECOND, now);
}

static void
test_counting(void)
{
	memset(breakers, 0, sizeof(breakers));
	is_int(failures(1, "locks"), 0, "to begin with nothing has failed");
	is_int(heal_breaker_worst(breakers, 0), 0,
		   "and a free slot is nobody's, not remedy 0's");
	heal_breaker_fail(breakers, 1, "locks", NOW);
	heal_breaker_fail(breakers, 1, "locks", NOW);
	heal_breaker_fail(breakers, 1, "sessions", NOW);
	heal_breaker_fail(breakers, 2, "locks", NOW);
	is_int(failures(1, "locks"), 2, "failures in a row add up");
	is_int(failures(1, "sessions"), 1, "on each component for itself");
	is_int(failures(2, "locks"), 1, "and for each remedy");
	is_int(heal_breaker_worst(breakers, 1), 2, "the worst component is told");
	heal_breaker_close(breakers, 1, "locks");
	is_int(failures(1, "locks"), 0, "a success ends the row");
	is_int(failures(1, "sessions"), 1, "not that of another component");
	heal_breaker_fail(breakers, 1, "locks", NOW);
	heal_breaker_reset(breakers, 1);
	is_int(failures(1, "locks") + failures(1, "sessions"), 0,
		   "a reset is for all components");
	is_int(failures(2, "locks"), 1, "and for one remedy");
	heal_breaker_close(breakers, 7, "moon");
	is_int(failures(2, "locks"), 1, "closing what is not open changes nothing");
}

static void
test_states(void)
{
	memset(breakers, 0, sizeof(breakers));
	heal_breaker_fail(breakers, 1, "locks", NOW);
	is_int(state(1, "locks", NOW), HEAL_BREAKER_CLOSED,
		   "one failure of two opens nothing");
	heal_breaker_fail(breakers, 1, "locks", NOW);
	is_int(state(1, "locks", NOW), HEAL_BREAKER_OPEN, "the second does");
	is_int(state(1, "locks", NOW + 10 * HEAL_SECOND - 1), HEAL_BREAKER_OPEN,
		   "until the cool-down is over");
	is_int(state(1, "locks", NOW + 10 * HEAL_SECOND), HEAL_BREAKER_HALF_OPEN,
		   "then it is half open");
	heal_breaker_fail(breakers, 1, "locks", NOW + 20 * HEAL_SECOND);
	is_int(state(1, "locks", NOW + 25 * HEAL_SECOND), HEAL_BREAKER_OPEN,
		   "a try that fails opens it again");
	heal_breaker_close(breakers, 1, "locks");
	is_int(state(1, "locks", NOW + 25 * HEAL_SECOND), HEAL_BREAKER_CLOSED,
		   "one that helps closes it");
	is_int(state(1, "locks", NOW - HEAL_HOUR), HEAL_BREAKER_CLOSED,
		   "whatever the clock says");
	is_string(heal_breaker_state_name(HEAL_BREAKER_HALF_OPEN), "half open",
			  "a state has a name");
	is_string(heal_breaker_state_name((HealBreakerState) 9), "invalid",
			  "what is none has none");
}

static void
test_more_than_room(void)
{
	char name[HEAL_NAME_SIZE];

	memset(breakers, 0, sizeof(breakers));
	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
	{
		snprintf(name, sizeof(name), "component %d", i);
		heal_breaker_fail(breakers, 1, name, NOW);
		if (i != 5)
			heal_breaker_fail(breakers, 1, name, NOW);
	}
	heal_breaker_fail(breakers, 1, "one more", NOW);
	is_int(failures(1, "one more"), 1, "the newest failure is always kept");
	is_int(failures(1, "component 5"), 0,
		   "in place of the one that failed least");
	is_int(failures(1, "component 0"), 2, "the others stay");
}

int
main(void)
{
	test_counting();
	test_states();
	test_more_than_room();
	return done_testing();
}
