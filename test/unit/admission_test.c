/*
 * admission_test.c
 *		Limits are kept, those who came first go first, and nobody waits for nothing.
 */
#include "gate/admission.h"

#include <stdlib.h>

#include "tap.h"

#define PLACES 100
#define SLOTS 1u /* the mask of rule 0 */
#define RATE 2u	 /* of rule 1 */
#define OTHER 4u /* of rule 2: slots */

static HealAdmission *admission;
static HealThrottle rule[HEAL_THROTTLES];
static HealTime now;

static void
begin(double slots, double rate)
{
	size_t size = sizeof(HealAdmission) + PLACES * sizeof(HealPlace);

	free(admission);
	admission = calloc(1, size);
	admission->places = PLACES;
	now = 1000 * HEAL_SECOND;
	memset(rule, 0, sizeof(rule));
	rule[0] =
		(HealThrottle){.id = 1, .kind = HEAL_THROTTLE_SLOTS, .limit = slots};
	rule[1] =
		(HealThrottle){.id = 2, .kind = HEAL_THROTTLE_RATE, .limit = rate};
	rule[2] = (HealThrottle){.id = 3, .kind = HEAL_THROTTLE_SLOTS, .limit = 1};
}

static uint32_t
ask(int me, uint32_t mask)
{
	return heal_admission_ask(admission, me, mask, rule, now);
}

static uint32_t
come(int me, uint32_t mask)
{
	heal_admission_arrive(admission, me, 1000 + me);
	return ask(me, mask);
}

static void
slots(void)
{
	begin(2, 1);
	is_int(come(0, SLOTS), 0, "the first goes on");
	is_int(come(1, SLOTS), 0, "the second, too");
	is_int(come(2, SLOTS), SLOTS, "the third waits");
	is_int(come(3, SLOTS), SLOTS, "the fourth waits");
	is_int(come(4, OTHER), 0, "whom the rule does not fit does not care");
	is_int(heal_admission_holding(admission, 0), 2, "two run");
	is_int(heal_admission_waiting(admission, 0), 2, "two wait");
	is_int(heal_admission_next(admission, 0), 2, "the third is next");

	is_int(heal_admission_leave(admission, 0), SLOTS, "the first ends");
	is_int(come(0, SLOTS), SLOTS, "and does not push in when it comes again");
	is_int(ask(3, SLOTS), SLOTS, "nor does the fourth");
	is_int(ask(2, SLOTS), 0, "it is the turn of the third");
	is_int(heal_admission_next(admission, 0), 3, "then of the fourth");
	heal_admission_leave(admission, 3);
	is_int(heal_admission_next(admission, 0), 0, "or of who is behind it");

	heal_admission_pass(admission, 0, SLOTS, rule, now);
	is_int(heal_admission_holding(admission, 0), 3, "who passes counts");
	heal_admission_leave(admission, 1);
	is_int(come(5, SLOTS), SLOTS, "so there is no room yet");
	heal_admission_leave(admission, 2);
	is_int(ask(5, SLOTS), 0, "until there is");
	is_int(heal_admission_next(admission, 0), -1, "and nobody waits");
	is_int(heal_admission_in_use(admission), SLOTS | OTHER, "what is in use");
}

/* A process number has a new owner, who knows nothing of the old one. */
static void
successor(void)
{
	begin(1, 1);
	come(0, SLOTS);
	is_int(come(1, SLOTS), SLOTS, "no room");
	is_int(come(0, OTHER), 0, "another comes to the place of the first");
	is_int(ask(1, SLOTS), 0, "and has not inherited its slot");
}

static void
two_rules(void)
{
	begin(1, 1);
	come(0, OTHER);
	is_int(come(1, SLOTS | OTHER), OTHER, "one of two rules holds it up");
	is_int(heal_admission_holding(admission, 0), 0,
		   "it keeps no slot of the other");
	is_int(come(2, SLOTS), 0, "which is free for the next");
	heal_admission_leave(admission, 0);
	is_int(ask(1, SLOTS | OTHER), SLOTS, "now the other one does");
	heal_admission_leave(admission, 2);
	is_int(ask(1, SLOTS | OTHER), 0, "both together");
}

/* Eight clients without a pause, polling every millisecond. */
static int
begun_in(int seconds)
{
	int begun = 0;

	for (int i = 0; i < 8; i++)
		heal_admission_arrive(admission, i, i);
	for (HealTime end = now + seconds * HEAL_SECOND; now < end;
		 now += HEAL_MILLISECOND)
		for (int i = 0; i < 8; i++)
			if (ask(i, RATE) == 0)
			{
				begun++;
				heal_admission_leave(admission, i);
				heal_admission_arrive(admission, i, i);
			}
	return begun;
}

static void
rates(void)
{
	int begun;

	for (double rate = 1; rate <= 1000; rate *= 10)
	{
		begin(1, rate);
		begun = begun_in(20);
		ok(begun >= 19 * rate && begun <= 20 * rate + rate * 0.1 + 1,
		   "a rate is kept");
		if (begun < 19 * rate)
			diag("%d at %g", begun, rate);
	}
	begin(1, 10);
	come(0, RATE);
	now += HEAL_HOUR;
	begun = 0;
	for (int i = 1; i < 20; i++)
		begun += come(i, RATE) == 0;
	is_int(begun, 1, "an hour of silence saves up a tenth of a second");
	is_int(heal_admission_patience(admission, 2, RATE, rule, HEAL_SECOND),
		   HEAL_SECOND / 10, "it is told when to ask again");
	is_int(heal_admission_patience(admission, 3, RATE, rule, HEAL_SECOND),
		   HEAL_SECOND / 5, "later if somebody is before");
	is_int(heal_admission_patience(admission, 19, RATE, rule, HEAL_SECOND),
		   HEAL_SECOND, "but not too late");
	is_int(heal_admission_patience(admission, 19, SLOTS, rule, HEAL_SECOND),
		   HEAL_SECOND, "of slots it is not known");

	begin(1, 10);
	for (int i = 0; i < 50; i++)
	{
		heal_admission_arrive(admission, i, i);
		heal_admission_pass(admission, i, RATE, rule, now);
	}
	now += 2 * HEAL_SECOND;
	is_int(come(60, RATE), 0, "who passes takes no more than a second's worth");
	now -= HEAL_HOUR;
	is_int(come(61, RATE), RATE, "a clock set back fills nothing");
	now += HEAL_SECOND;
	is_int(ask(61, RATE), 0, "and goes on from there");
}

int
main(void)
{
	slots();
	successor();
	two_rules();
	rates();
	free(admission);
	return done_testing();
}
