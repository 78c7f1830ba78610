/*
 * backoff_test.c
 *		Waits double, differ between recoveries, are the same for the same one, and never exceed their bound.
 */
#include "recover/backoff.h"

#include "tap.h"

#define MOST (60 * HEAL_SECOND)

static bool
is_around(HealTime wait, HealTime middle)
{
	return wait >= middle * 3 / 4 && wait <= middle * 5 / 4;
}

static void
test_doubling(void)
{
	bool doubled = true;

	for (int64_t recovery = 1; recovery <= 1000; recovery++)
		for (int attempt = 2; attempt <= 5; attempt++)
			doubled &= is_around(
				heal_backoff(2 * HEAL_SECOND, attempt, recovery, MOST),
				(2 * HEAL_SECOND) << (attempt - 2));
	ok(doubled, "2, 4, 8 and 16 s, a quarter more or less");
	ok(is_around(heal_backoff(HEAL_SECOND, 1, 1, MOST), HEAL_SECOND),
	   "before a first attempt it is the delay itself");
}

static void
test_lots(void)
{
	HealTime least = INT64_MAX;
	HealTime greatest = 0;
	HealTime sum = 0;

	for (int64_t recovery = 1; recovery <= 10000; recovery++)
	{
		HealTime wait = heal_backoff(HEAL_SECOND, 2, recovery, MOST);

		least = wait < least ? wait : least;
		greatest = wait > greatest ? wait : greatest;
		sum += wait;
	}
	ok(least < 760 * HEAL_MILLISECOND && greatest > 1240 * HEAL_MILLISECOND,
	   "the lots reach from end to end");
	ok(sum / 10000 > 990 * HEAL_MILLISECOND &&
		   sum / 10000 < 1010 * HEAL_MILLISECOND,
	   "and the delay is their mean");
	is_int(heal_backoff(HEAL_SECOND, 3, 42, MOST),
		   heal_backoff(HEAL_SECOND, 3, 42, MOST),
		   "the same recovery always waits the same");
	ok(heal_backoff(HEAL_SECOND, 2, 42, MOST) !=
		   heal_backoff(HEAL_SECOND, 2, 43, MOST),
	   "another one does not");
}

static void
test_bounds(void)
{
	bool bounded = true;

	for (int attempt = 2; attempt < 200; attempt++)
		bounded &= heal_backoff(5 * HEAL_SECOND, attempt, 7, MOST) <= MOST;
	ok(bounded, "never more than the bound, however often it was tried");
	is_int(heal_backoff(HEAL_SECOND, 2, 1, HEAL_MILLISECOND), HEAL_MILLISECOND,
		   "a bound below the delay wins");
	ok(heal_backoff(INT64_MAX, INT32_MAX, INT64_MAX, INT64_MAX) > 0,
	   "the largest numbers do not overflow");
	ok(heal_backoff(INT64_MAX / 2 + 1, 3, -1, INT64_MAX) > 0,
	   "nor does doubling");
	is_int(heal_backoff(0, 5, 1, MOST), 0, "no delay is none");
	is_int(heal_backoff(-1, 5, 1, MOST), 0, "nor is a negative one");
	is_int(heal_backoff(HEAL_SECOND, 5, 1, 0), 0,
		   "with no time left there is nothing to wait for");
	is_int(heal_backoff(HEAL_SECOND, -5, 1, MOST),
		   heal_backoff(HEAL_SECOND, -5, 1, MOST), "any attempt has an answer");
}

int
main(void)
{
	test_doubling();
	test_lots();
	test_bounds();
	return done_testing();
}
