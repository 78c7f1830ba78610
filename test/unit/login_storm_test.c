/*
 * login_storm_test.c
 *		Where logins fail by the dozen, and when that is a failure.
 */
#include "detect/failure.h"
#include "gate/login_table.h"

#include <string.h>

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)

static HealLoginTable table;
static HealLoginStorm storm[8];
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

/* So many a second, for the twenty seconds before now. */
static void
fail(const char *role, const char *address, int rate)
{
	for (int i = 0; i < 20 * rate; i++)
	{
		HealAttempt attempt = {.at = NOW - 20 * HEAL_SECOND +
									 i * HEAL_SECOND / rate};

		snprintf(attempt.role, sizeof(attempt.role), "%s", role);
		snprintf(attempt.address, sizeof(attempt.address), "%s", address);
		heal_login_table_add(&table, &attempt);
	}
}

static int
storms(void)
{
	return heal_login_storms(&table, NOW, 10, storm, 8);
}

static void
test_rate(void)
{
	memset(&table, 0, sizeof(table));
	fail("app", "10.0.0.7", 20);
	is_double(heal_login_rate(&table.login[0], NOW), 20, 0.5,
			  "as many a second as fail");
	is_double(heal_login_rate(&table.login[0], NOW + 2 * HEAL_SECOND), 10, 3,
			  "half as many two seconds after they stop");
	is_double(heal_login_rate(&table.login[0], NOW + 4 * HEAL_SECOND), 0, 0,
			  "none after four");
	is_double(heal_login_rate(&table.login[0], NOW + HEAL_HOUR), 0, 0,
			  "nor later");
	is_double(heal_login_rate(&table.login[0], NOW - HEAL_HOUR), 0, 0,
			  "nor of a future, when the clock was set back");
}

/* Twelve guessers who wait 2.4 s for each answer. */
static void
test_over(void)
{
	HealAttempt attempt = {.role = "app", .address = "10.0.0.7"};
	int seconds = 0;

	memset(&table, 0, sizeof(table));
	fail("app", "10.0.0.7", 400);
	while (heal_login_rate(&table.login[0], NOW + seconds * HEAL_SECOND) >=
		   HEAL_LOGINS_CALM)
	{
		for (int i = 0; i < 5; i++)
		{
			attempt.at = NOW + seconds * HEAL_SECOND + i * HEAL_SECOND / 5;
			heal_login_table_add(&table, &attempt);
		}
		seconds++;
	}
	is_int(seconds, 4, "the wildest storm is over four seconds after its end");
}

/* An hour back, with a storm before and after it. */
static void
test_clock(void)
{
	HealTime then = NOW - HEAL_HOUR;
	HealAttempt attempt = {.role = "app", .address = "10.0.0.7"};

	memset(&table, 0, sizeof(table));
	fail("app", "10.0.0.7", 20);
	for (int i = 0; i < 48; i++)
	{
		attempt.at = then + i * HEAL_SECOND / 12;
		heal_login_table_add(&table, &attempt);
	}
	is_double(heal_login_rate(&table.login[0], then + 4 * HEAL_SECOND), 12, 2,
			  "after a step of the clock as many as have failed since");
	attempt.at = then + 3 * HEAL_SECOND - 1;
	heal_login_table_add(&table, &attempt);
	is_double(heal_login_rate(&table.login[0], then + 4 * HEAL_SECOND), 12, 2,
			  "a session that comes late takes nothing away");
	is_double(heal_login_rate(&table.login[0], then + 3 * HEAL_SECOND - 1), 12,
			  2, "nor does one that looks from before");
	memset(&table, 0, sizeof(table));
	fail("app", "10.0.0.7", 8);
	for (int i = 0; i < 24; i++)
	{
		attempt.at = NOW + i * HEAL_SECOND / 8 - 3 * HEAL_SECOND;
		heal_login_table_add(&table, &attempt);
	}
	ok(heal_login_rate(&table.login[0], NOW + HEAL_SECOND) < 13,
	   "three seconds that come twice are no more than twice as many");
	attempt.at = -HEAL_HOUR - 1;
	heal_login_table_add(&table, &attempt);
	ok(heal_login_rate(&table.login[0], -HEAL_HOUR) > 0,
	   "nor a clock that was never set");
}

static void
test_where(void)
{
	memset(&table, 0, sizeof(table));
	is_int(storms(), 0, "nobody fails");
	fail("app", "10.0.0.7", 5);
	is_int(storms(), 0, "five a second are no storm");
	fail("app", "10.0.0.8", 14);
	is_int(storms(), 1, "fourteen are");
	is_string(storm[0].address, "10.0.0.8", "from there");
	is_string(storm[0].role, "app", "all on one role");
	fail("admin", "10.0.0.8", 14);
	is_int(storms(), 1, "of the same address");
	is_string(storm[0].role, "", "on several roles it is the address");
	memset(&table, 0, sizeof(table));
	for (int i = 0; i < 20; i++)
	{
		char address[32];

		snprintf(address, sizeof(address), "10.0.1.%d", i);
		fail("app", address, 1);
	}
	is_int(storms(), 1, "from many addresses together");
	is_string(storm[0].role, "app", "it is the role");
	is_string(storm[0].address, "", "from anywhere");
	fail("app", "10.0.0.8", 14);
	is_int(storms(), 2, "with one that is a storm by itself two");
	is_string(storm[1].address, "10.0.0.8", "that one");
	is_string(storm[0].address, "", "and the others, who are more");
	is_double(storm[0].rate, 20, 5, "without it");
	is_int(heal_login_storms(&table, NOW, 10, storm, 1), 1,
		   "no more than there is room for");
}

/* As the situation asks: from calm on, and few. */
static int
four_worst(void)
{
	return heal_login_storms(&table, NOW, HEAL_LOGINS_CALM, storm, 4);
}

static void
test_many(void)
{
	char address[32];

	memset(&table, 0, sizeof(table));
	for (int i = 0; i < 8; i++)
	{
		snprintf(address, sizeof(address), "10.0.2.%d", i);
		fail("app", address, 4);
	}
	is_int(four_worst(), 1, "from many at a few a second each");
	is_string(storm[0].role, "app", "it is the role");
	is_double(storm[0].rate, 32, 4, "with all of them");
	memset(&table, 0, sizeof(table));
	for (int i = 0; i < 3; i++)
	{
		snprintf(address, sizeof(address), "10.0.3.%d", i);
		fail("app", address, 9);
	}
	is_int(four_worst(), 4, "also from few that are hardly none themselves");
	is_string(storm[0].address, "", "the role is the worst");
	is_double(storm[0].rate, 27, 4, "with all of them, too");
	memset(&table, 0, sizeof(table));
	for (int i = 0; i < 6; i++)
	{
		char role[32];

		snprintf(role, sizeof(role), "app %d", i);
		snprintf(address, sizeof(address), "10.0.4.%d", i);
		fail(role, address, 7);
	}
	fail("admin", "10.0.0.9", 50);
	is_int(four_worst(), 4, "of many there are the worst");
	is_string(storm[0].address, "10.0.0.9", "though it came last");
}

static void
test_proof(void)
{
	HealSource *source = &situation.source[0];
	HealSubject subject;

	situation = (HealSituation){.taken_at = NOW};
	is_int(heal_failures[HEAL_LOGIN_STORM].find(&situation, &limits, found,
												HEAL_MAX_FINDINGS),
		   0, "nothing fails");
	*source = (HealSource){.trouble = HEAL_SOURCE_OF_LOGINS,
						   .role = 30,
						   .rate = 12,
						   .address = "10.0.0.8",
						   .words = "role app from address 10.0.0.8",
						   .protection = HEAL_PROTECTED_SUPERUSER};
	situation.sources = 1;
	is_int(heal_failures[HEAL_LOGIN_STORM].find(&situation, &limits, found,
												HEAL_MAX_FINDINGS),
		   1, "a dozen a second do");
	is_string(found[0].evidence,
			  "role app from address 10.0.0.8: 12 logins fail in a second; "
			  "protected: it belongs to a superuser",
			  "told with all there is to know");
	subject = found[0].subject;
	ok(!heal_failures[HEAL_LOGIN_STORM].gone(&situation, &limits, &subject),
	   "it is not over");
	source->rate = 8;
	is_int(heal_failures[HEAL_LOGIN_STORM].find(&situation, &limits, found,
												HEAL_MAX_FINDINGS),
		   0, "less is none");
	ok(!heal_failures[HEAL_LOGIN_STORM].gone(&situation, &limits, &subject),
	   "but one is not over at once");
	source->role = 31;
	ok(!heal_failures[HEAL_LOGIN_STORM].gone(&situation, &limits, &subject),
	   "nor when they try another role");
	source->rate = 5;
	ok(heal_failures[HEAL_LOGIN_STORM].gone(&situation, &limits, &subject),
	   "when few fail it is");
	source->rate = 50;
	source->trouble = HEAL_SOURCE_OF_LOAD;
	is_int(heal_failures[HEAL_LOGIN_STORM].find(&situation, &limits, found,
												HEAL_MAX_FINDINGS),
		   0, "statements are no logins");
}

int
main(void)
{
	test_rate();
	test_over();
	test_clock();
	test_where();
	test_many();
	test_proof();
	return done_testing();
}
