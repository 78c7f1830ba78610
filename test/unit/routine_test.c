/*
 * routine_test.c
 *		What is not urgent is looked for at its interval, every second once it is seen, and at the end of its patience.
 */
#include "decide/routine.h"
#include "tap.h"

#define INTERVAL (10 * HEAL_SECOND)
#define BEGIN (INT64_C(9000) * HEAL_DAY)

static HealRoutine routine;

/* Seconds from the last look until the next is due, in quarters of one. */
static double
due_in(void)
{
	for (int quarter = 0; quarter < 400; quarter++)
		if (heal_routine_is_due(&routine,
								routine.looked_at + quarter * HEAL_SECOND / 4,
								INTERVAL))
			return quarter / 4.0;
	return 100;
}

static void
begin(void)
{
	routine = (HealRoutine) HEAL_ROUTINE_NEW;
	heal_routine_look(&routine, BEGIN);
}

int
main(void)
{
	routine = (HealRoutine) HEAL_ROUTINE_NEW;
	ok(heal_routine_is_due(&routine, BEGIN, INTERVAL), "due at the start");
	begin();
	is_double(due_in(), 10, 0, "then at the interval");
	heal_routine_see(&routine);
	is_double(due_in(), 1, 0, "every second once one is seen");
	heal_routine_look(&routine, BEGIN + HEAL_SECOND);
	is_double(due_in(), 10, 0, "until it is over");
	begin();
	heal_routine_wait(&routine, BEGIN + 2 * HEAL_SECOND);
	is_double(due_in(), 2, 0, "at the end of its patience");
	heal_routine_wait(&routine, BEGIN + 5 * HEAL_SECOND);
	is_double(due_in(), 2, 0, "a later one does not put off the first");
	heal_routine_wait(&routine, BEGIN + HEAL_SECOND / 2);
	is_double(due_in(), 0.5, 0, "an earlier one brings it forward");
	/* a heartbeat for what is urgent does not look: nothing of it is forgotten */
	ok(!heal_routine_is_due(&routine, BEGIN + HEAL_SECOND / 4, INTERVAL),
	   "not due before");
	is_int(routine.deadline, BEGIN + HEAL_SECOND / 2,
		   "and who asks does not move it");
	heal_routine_look(&routine, BEGIN + HEAL_SECOND / 2);
	is_double(due_in(), 10, 0, "a look takes the deadline with it");
	ok(heal_routine_is_due(&routine, BEGIN - HEAL_HOUR, INTERVAL),
	   "a clock set back makes it due");
	return done_testing();
}
