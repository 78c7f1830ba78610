/*
 * login_table_test.c
 *		A flood of addresses does not hide those who really try.
 */
#include "gate/login_table.h"

#include "tap.h"

#define ADDRESSES 10000

static HealLoginTable table;
static HealTime now;

static void
fail(const char *role, const char *address)
{
	HealAttempt attempt = {.at = ++now, .sqlstate = "28P01"};

	snprintf(attempt.role, sizeof(attempt.role), "%s", role);
	snprintf(attempt.address, sizeof(attempt.address), "%s", address);
	heal_login_table_add(&table, &attempt);
}

static const HealLogin *
find(const char *role, const char *address)
{
	for (int i = 0; i < table.used; i++)
		if (strcmp(table.login[i].last.role, role) == 0 &&
			strcmp(table.login[i].last.address, address) == 0)
			return &table.login[i];
	return NULL;
}

static uint64_t
failures_of(const char *role, const char *address)
{
	const HealLogin *login = find(role, address);

	return login != NULL ? heal_login_failures(login) : 0;
}

static void
few(void)
{
	memset(&table, 0, sizeof(table));
	now = 0;
	for (int n = 0; n < 3; n++)
		fail("anna", "10.0.0.1");
	fail("anna", "10.0.0.2");
	fail("bert", "10.0.0.1");
	fail("", "");
	fail("a", "bc");
	fail("ab", "c");

	is_int(failures_of("anna", "10.0.0.1"), 3, "failures are counted");
	is_int(find("anna", "10.0.0.1")->first_at, 1, "since the first");
	is_int(find("anna", "10.0.0.1")->last.at, 3, "until the last");
	is_int(failures_of("anna", "10.0.0.2"), 1, "another address is another");
	is_int(failures_of("bert", "10.0.0.1"), 1, "as is another role");
	is_int(failures_of("", ""), 1, "who says nothing is counted, too");
	is_int(failures_of("a", "bc"), 1, "role and address");
	is_int(failures_of("ab", "c"), 1, "are not run together");
	is_int(table.used, 6, "and no place is taken twice");
}

/* Every twentieth attempt is one of three who try hard. */
static void
flood(void)
{
	static const char *const serious[] = {"192.0.2.1", "192.0.2.2",
										  "192.0.2.3"};
	uint64_t blamed = 0;

	memset(&table, 0, sizeof(table));
	for (int n = 0; n < 10 * ADDRESSES; n++)
	{
		char address[HEAL_ADDRESS_SIZE];

		snprintf(address, sizeof(address), "10.%d.%d.%d", n % 7,
				 n % ADDRESSES / 256, n % 256);
		fail("admin", address);
		if (n % 20 == 0)
			fail("postgres", serious[n / 20 % heal_lengthof(serious)]);
	}
	is_int(table.used, HEAL_LOGINS, "the table is full and no fuller");
	for (size_t i = 0; i < heal_lengthof(serious); i++)
	{
		uint64_t failures = failures_of("postgres", serious[i]);

		ok(failures >= 1600 && failures <= 1667,
		   "who tries hard keeps a place, and nearly all are counted");
		if (failures < 1600 || failures > 1667)
			diag("%llu", (unsigned long long) failures);
	}
	for (int i = 0; i < table.used; i++)
		if (strcmp(table.login[i].last.role, "admin") == 0 &&
			heal_login_failures(&table.login[i]) > blamed)
			blamed = heal_login_failures(&table.login[i]);
	ok(blamed <= 10, "nobody is blamed for what others did");
}

/* The three come only after the flood. */
static void
latecomer(void)
{
	memset(&table, 0, sizeof(table));
	for (int n = 0; n < ADDRESSES; n++)
	{
		char address[HEAL_ADDRESS_SIZE];

		snprintf(address, sizeof(address), "10.0.%d.%d", n / 256, n % 256);
		fail("admin", address);
	}
	for (int n = 0; n < 50; n++)
		fail("postgres", "192.0.2.1");
	is_int(failures_of("postgres", "192.0.2.1"), 50,
		   "who comes late is counted in full");
	for (int n = 0; n < 3 * HEAL_LOGINS; n++)
	{
		char role[HEAL_NAME_SIZE];

		snprintf(role, sizeof(role), "role %d", n);
		fail(role, "10.0.0.1");
	}
	is_int(failures_of("postgres", "192.0.2.1"), 50,
		   "and not pushed out by a flood of roles");
}

int
main(void)
{
	few();
	flood();
	latecomer();
	return done_testing();
}
