/*
 * clockstep_test.c
 *		A jump of the wall clock counts as long as an age may span it.
 */
#include "base/clockstep.h"
#include "tap.h"

#define WALL (INT64_C(800000000) * HEAL_SECOND)

static void
test_steady(void)
{
	HealClockStep clock = {0};
	bool stepped = heal_clockstep_note(&clock, WALL, 5);

	for (int i = 1; i < 1000; i++) /* a little fast, as clocks are */
		stepped |= heal_clockstep_note(&clock, WALL + i * (HEAL_SECOND + 500),
									   5 + i * HEAL_SECOND);
	ok(!stepped, "a clock that drifts has not jumped");
	is_int(heal_clockstep_lately(&clock, 1000 * HEAL_SECOND, HEAL_HOUR), 0,
		   "and no age is wrong");
}

static void
test_jump(int64_t by)
{
	HealClockStep clock = {0};
	int64_t now = 100 * HEAL_SECOND;

	heal_clockstep_note(&clock, WALL, now);
	ok(heal_clockstep_note(&clock, WALL + HEAL_SECOND + by, now + HEAL_SECOND),
	   "a jump is seen");
	now += HEAL_SECOND;
	is_int(clock.jump, by, "and how far");
	ok(!heal_clockstep_note(&clock, WALL + 2 * HEAL_SECOND + by,
							now + HEAL_SECOND),
	   "once");
	is_int(
		heal_clockstep_lately(&clock, now + 64 * HEAL_SECOND, 5 * HEAL_SECOND),
		by, "what has to hold for 5 s may have begun before it");
	is_int(
		heal_clockstep_lately(&clock, now + 65 * HEAL_SECOND, 5 * HEAL_SECOND),
		0, "until that and a minute have passed");
	is_int(heal_clockstep_lately(&clock, now + 65 * HEAL_SECOND, HEAL_HOUR), by,
		   "what has to hold for an hour still may");
	is_int(heal_clockstep_lately(&clock, now + 59 * HEAL_SECOND, 0), by,
		   "and what a human asks for, for a minute");
	is_int(heal_clockstep_lately(&clock, now + HEAL_DAY, HEAL_HOUR), 0,
		   "it is over some time");
}

static void
test_small(void)
{
	HealClockStep clock = {0};

	heal_clockstep_note(&clock, WALL, HEAL_SECOND);
	ok(!heal_clockstep_note(&clock, WALL + HEAL_STEP, HEAL_SECOND),
	   "a second is an adjustment");
	ok(heal_clockstep_note(&clock, WALL - 1, HEAL_SECOND),
	   "a bit more than that is a jump");
}

int
main(void)
{
	test_steady();
	test_jump(HEAL_HOUR);
	test_jump(-HEAL_DAY);
	test_small();
	return done_testing();
}
