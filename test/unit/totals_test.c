/*
 * totals_test.c
 *		A database that comes, goes or is reset never makes a spike.
 */
#include "sample/totals.h"

#include "tap.h"

static HealMember room[3];
static HealTotals totals = {.capacity = 3, .member = room};

/* One member with its first counter at this value. */
static bool
add(uint32_t id, double count)
{
	double counts[HEAL_TOTAL_COLUMNS] = {count};

	return heal_totals_add(&totals, id, counts);
}

int
main(void)
{
	heal_totals_begin(&totals);
	add(1, 1000);
	add(2, 5000);
	heal_totals_end(&totals);
	is_double(totals.total[0], 0, 0, "the first sight adds nothing");

	heal_totals_begin(&totals);
	add(2, 5004);
	add(1, 1003);
	heal_totals_end(&totals);
	is_double(totals.total[0], 7, 0, "growth is added, in whatever order");

	heal_totals_begin(&totals);
	add(1, 1004);
	add(2, 5004);
	add(3, 90000);
	heal_totals_end(&totals);
	is_double(totals.total[0], 8, 0, "a new database makes no spike");
	heal_totals_begin(&totals);
	ok(!add(4, 1), "a member too many is refused");
	add(1, 1004);
	add(3, 90001);
	heal_totals_end(&totals);
	is_double(totals.total[0], 9, 0, "a dropped database makes no dip");
	is_int(totals.members, 2, "what did not come is forgotten");

	heal_totals_begin(&totals);
	add(1, 1004);
	add(3, 90001);
	add(2, 7);
	heal_totals_end(&totals);
	is_double(totals.total[0], 9, 0, "one that comes back is new");

	heal_totals_begin(&totals);
	add(1, 1004);
	add(3, 90001);
	add(2, 8);
	heal_totals_end(&totals);
	is_double(totals.total[0], 10, 0, "and then counts");

	heal_totals_begin(&totals);
	add(1, 1005);
	add(3, 2);
	add(2, 8);
	heal_totals_end(&totals);
	ok(totals.total[0] < 10, "a reset of one shows as a reset of the total");
	is_double(totals.total[1], 0, 0, "of that column only");
	return done_testing();
}
