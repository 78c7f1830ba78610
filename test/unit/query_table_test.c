/*
 * query_table_test.c
 *		The heavy queries keep their places, and their figures are exact.
 */
#include "gate/query_table.h"

#include "tap.h"

#define HEAVY 100 /* queries */
#define MILLISECOND_NS 1000000

static HealQueryTable table;

static int
place_of(uint64_t id, uint32_t database)
{
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
		if (table.query[i].id == id && table.query[i].database == database)
			return i;
	return -1;
}

static uint64_t
calls_of(uint64_t id, uint32_t database)
{
	int place = place_of(id, database);

	return place >= 0 ? table.latency[place].count : 0;
}

static const HealTopQuery *
query_of(uint64_t id, uint32_t database)
{
	int place = place_of(id, database);

	return place >= 0 ? &table.query[place] : NULL;
}

static void
few(void)
{
	memset(&table, 0, sizeof(table));
	for (int n = 1; n <= 1000; n++)
		heal_query_table_add(&table, 7, 1, n * UINT64_C(1000), n);
	heal_query_table_add(&table, 7, 2, 5000, 2000);
	heal_query_table_add(&table, 8, 1, 5000, 2001);

	is_int(calls_of(7, 1), 1000, "every call is counted");
	is_int(table.latency[place_of(7, 1)].sum, 500500000, "the time is exact");
	is_double(heal_histogram_quantile(&table.latency[place_of(7, 1)], .95),
			  950e3, 950e3 * .05, "quantiles are within 5 %");
	is_int(query_of(7, 1)->since, 1, "since the first call");
	is_int(query_of(7, 1)->last_at, 1000, "until the last");
	is_int(calls_of(7, 2), 1, "the same query in another database is another");
	is_int(calls_of(8, 1), 1, "as is another query in the same");
	is_int(table.displaced, 0, "nobody lost a place");
}

/* Ten calls of a heavy query between a thousand queries seen once each. */
static void
crowd(void)
{
	uint64_t once = 1000000;
	int kept = 0;
	int exact = 0;

	memset(&table, 0, sizeof(table));
	for (int round = 0; round < 100; round++)
	{
		for (int id = 1; id <= HEAVY; id++)
			heal_query_table_add(&table, id, 1, MILLISECOND_NS, round);
		for (int n = 0; n < 1000; n++)
			heal_query_table_add(&table, once++, 1, 20000, round);
	}
	for (int id = 1; id <= HEAVY; id++)
	{
		kept += place_of(id, 1) >= 0;
		exact += calls_of(id, 1) == 100;
	}
	ok(kept >= HEAVY * 95 / 100,
	   "a hundred heavy queries keep their places against 100,000 others");
	ok(exact >= HEAVY * 90 / 100, "and nearly all are counted from the start");
	if (exact < HEAVY)
		diag("%d kept, %d exact", kept, exact);
	ok(table.displaced > 90000, "the others push out only one another");
}

/* Yesterday's queries fill the table; then comes today's. */
static void
newcomer(void)
{
	memset(&table, 0, sizeof(table));
	for (int id = 1; id <= 10 * HEAL_TOP_QUERIES; id++)
		heal_query_table_add(&table, id, 1, 1000 * UINT64_C(1000000000), 0);
	for (int n = 0; n < 10; n++)
		heal_query_table_add(&table, 99999, 1, 1000, n + 1);
	is_int(calls_of(99999, 1), 10, "who comes is let in, however light");
	is_int(query_of(99999, 1)->since, 1, "and counted from then on");

	for (int n = 0; n < 60; n++)
		heal_query_table_age(&table);
	ok(query_of(99999, 1)->weight < 1, "what was earned fades");
	is_int(calls_of(99999, 1), 10, "what was counted does not");
}

int
main(void)
{
	few();
	crowd();
	newcomer();
	return done_testing();
}
