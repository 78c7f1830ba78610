/*
 * deadlock_storm_test.c
 *		Who makes the deadlocks, and when that is a failure.
 */
#include "detect/failure.h"
#include "sample/source.h"

#include <string.h>

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)

static HealVictim victim[HEAL_VICTIMS];
static int victims;
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static void
fall(int count, uint64_t query, const char *application, uint32_t role,
	 bool alone)
{
	for (int i = 0; i < count; i++)
	{
		HealVictim *fallen = &victim[victims++];

		*fallen = (HealVictim){.at = NOW - i * HEAL_SECOND,
							   .query = query,
							   .role = role,
							   .database = 5,
							   .alone = alone};
		snprintf(fallen->application, sizeof(fallen->application), "%s",
				 application);
	}
}

static int
find(void)
{
	situation = (HealSituation){.taken_at = NOW};
	situation.sources = heal_sources_of_deadlocks(
		victim, victims, NOW, situation.source, HEAL_MAX_SOURCES);
	return heal_failures[HEAL_DEADLOCK_STORM].find(&situation, &limits, found,
												   HEAL_MAX_FINDINGS);
}

static bool
gone(const HealSubject *subject)
{
	find();
	return heal_failures[HEAL_DEADLOCK_STORM].gone(&situation, &limits,
												   subject);
}

static void
test_culprit(void)
{
	victims = 0;
	is_int(find(), 0, "no deadlocks, no storm");
	fall(2, 7, "web", 30, true);
	is_int(find(), 0, "two are none");
	victims = 0;
	fall(5, 7, "web", 30, true);
	is_int(find(), 1, "five are");
	is_int(found[0].subject.number, 7, "of a query alone in its transaction");
	is_string(found[0].subject.name, "", "wherever it comes from");
	victims = 0;
	fall(5, 7, "web", 30, false);
	is_int(find(), 1, "of one that comes later");
	is_int(found[0].subject.number, 0, "which no throttle can hold up");
	is_string(found[0].subject.name, "web", "it is the application");
	victims = 0;
	fall(5, 7, "", 30, false);
	is_int(find(), 1, "of one without a name");
	is_int(found[0].subject.role, 30, "it is the role");
	victims = 0;
	fall(3, 7, "a", 30, false);
	fall(3, 8, "b", 31, false);
	is_int(find(), 1, "of two roles");
	is_int(found[0].subject.database, 5, "it is the database they meet in");
	victims = 0;
	fall(5, 7, "web", 30, true);
	for (int i = 0; i < victims; i++)
		victim[i].protection = HEAL_PROTECTED_RESPONDER;
	is_int(find(), 1, "of protected ones it is a storm");
	ok(strstr(found[0].evidence,
			  "protected: it belongs to a selfheal admin or operator") != NULL,
	   "and that is told");
}

static void
test_gone(void)
{
	HealSubject subject;

	victims = 0;
	fall(6, 7, "web", 30, true);
	find();
	subject = found[0].subject;
	ok(!gone(&subject), "while it goes on");
	for (int i = 1; i < victims; i++)
		victim[i].at -= HEAL_DEADLOCK_WINDOW;
	ok(gone(&subject), "one in five seconds is none");
	victims = 0;
	ok(gone(&subject), "nor is no one");
	fall(5, 7, "web", 30, true);
	fall(6, 8, "batch", 31, true);
	ok(!gone(&subject), "it is not over because another is worse");
}

int
main(void)
{
	test_culprit();
	test_gone();
	return done_testing();
}
