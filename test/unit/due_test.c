/*
 * due_test.c
 *		When what is done now and then is done again.
 */
#include "base/due.h"

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)

int
main(void)
{
	ok(heal_due(0, HEAL_DAY, NOW), "what was never done is due");
	ok(!heal_due(NOW, HEAL_SECOND, NOW), "what was done just now is not");
	ok(!heal_due(NOW - HEAL_SECOND + 1, HEAL_SECOND, NOW),
	   "nor a moment before its time");
	ok(heal_due(NOW - HEAL_SECOND, HEAL_SECOND, NOW), "then it is");
	ok(heal_due(NOW + 1, HEAL_SECOND, NOW),
	   "it does not wait for a clock that was set back");
	return done_testing();
}
