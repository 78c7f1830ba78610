/*
 * query_table.c
 *		The statements that take most of the time, in a table of fixed size.
 *
 * Space-saving: a newcomer takes the place of the lightest and starts with its weight,
 * so a query that takes a large enough share of the time cannot be kept out, and a
 * stream of queries seen once pushes out only one another. Done within a set of
 * sixteen chosen by hash rather than over the whole table, as finding the lightest of all
 * for each query never seen before would cost more than the query.
 *
 * The inherited weight decides about places only. Calls and durations are of the query
 * itself, exact since it has its place.
 */
#include "gate/query_table.h"

#include <string.h>

static int find(const HealTopQuery *set, uint64_t id, uint32_t database);
static int lightest(const HealTopQuery *set);
static uint64_t mix(uint64_t x);

void
heal_query_table_add(HealQueryTable *table, uint64_t id, uint32_t database,
					 uint64_t ns, HealTime at)
{
	int first = mix(id ^ database) % HEAL_QUERY_SETS * HEAL_QUERY_WAYS;
	HealTopQuery *set = &table->query[first];
	int way = find(set, id, database);

	if (way < 0)
	{
		way = lightest(set);
		table->displaced += set[way].id != 0;
		set[way].id = id;
		set[way].database = database;
		set[way].since = at;
		memset(&table->latency[first + way], 0, sizeof(HealHistogram));
	}
	set[way].weight += (double) ns;
	set[way].last_at = at;
	heal_histogram_add(&table->latency[first + way], ns);
}

void
heal_query_table_age(HealQueryTable *table)
{
	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
		table->query[i].weight /= 2;
}

static int
find(const HealTopQuery *set, uint64_t id, uint32_t database)
{
	for (int way = 0; way < HEAL_QUERY_WAYS; way++)
		if (set[way].id == id && set[way].database == database)
			return way;
	return -1;
}

/* A free place weighs nothing. */
static int
lightest(const HealTopQuery *set)
{
	int best = 0;

	for (int way = 1; way < HEAL_QUERY_WAYS; way++)
		if (set[way].weight < set[best].weight)
			best = way;
	return best;
}

/* Neighbouring numbers must not meet in one set: the finalizer of MurmurHash3. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}
