/*
 * load_test.c
 *		Shares are those of the time looked at, and the newest looks are kept.
 */
#include "sample/load.h"

#include "tap.h"

static HealLoad load;
static HealLoadShare share[HEAL_LOAD_LOOKS];

static void
see(HealTime at, uint32_t role, const char *application, uint64_t query,
	bool waiting)
{
	HealLoadLook look = {.at = at,
						 .span = HEAL_SECOND,
						 .role = role,
						 .database = 5,
						 .query = query,
						 .waiting = waiting};

	snprintf(look.application, sizeof(look.application), "%s", application);
	heal_load_push(&load, &look);
}

static void
shares(void)
{
	memset(&load, 0, sizeof(load));
	is_int(heal_load_shares(&load, HEAL_LOAD_ROLE, 0, share), 0,
		   "nothing seen, nothing told");
	see(1, 99, "old", 1, false);
	for (int i = 0; i < 3; i++)
		see(10, 2, "web", 7, i == 0);
	see(10, 1, "batch", 7, false);

	is_int(heal_load_shares(&load, HEAL_LOAD_ROLE, 2, share), 2, "two roles");
	is_int(share[0].id, 2, "the larger first");
	is_double(share[0].share, 0.75, 0, "with its share");
	is_int(share[0].busy, 3 * HEAL_SECOND, "its time");
	is_int(share[0].waiting, HEAL_SECOND, "and its waits");
	is_int(heal_load_shares(&load, HEAL_LOAD_DATABASE, 2, share), 1,
		   "one database");
	is_double(share[0].share, 1, 0, "is the whole");
	is_int(heal_load_shares(&load, HEAL_LOAD_APPLICATION, 2, share), 2,
		   "two applications");
	is_string(share[1].application, "batch", "by name");
	is_int(heal_load_shares(&load, HEAL_LOAD_QUERY, 2, share), 1, "one query");
	is_int(share[0].id, 7, "by id");
	is_int(heal_load_shares(&load, HEAL_LOAD_ROLE, 0, share), 3,
		   "further back there is another");
}

static void
many(void)
{
	memset(&load, 0, sizeof(load));
	for (uint32_t i = 0; i < HEAL_LOAD_LOOKS + 10; i++)
		see(100, i, "", i, false);
	is_int(heal_load_shares(&load, HEAL_LOAD_ROLE, 0, share), HEAL_LOAD_LOOKS,
		   "as many as are kept");
	for (int i = 0; i < HEAL_LOAD_LOOKS; i++)
		if (share[i].id < 10)
		{
			ok(false, "the oldest are gone");
			return;
		}
	ok(true, "the oldest are gone");
}

int
main(void)
{
	shares();
	many();
	return done_testing();
}
