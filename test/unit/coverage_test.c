/*
 * coverage_test.c
 *		Every database gets its turn, and a round goes on where it stopped.
 */
#include "scan/coverage.h"

#include "tap.h"

#define CAPACITY 4
#define INTERVAL (300 * HEAL_SECOND)
#define NOW (1000 * HEAL_DAY)

static HealScanCoverage coverage[CAPACITY];

/* A pass of the database at that time; complete or cut short. */
static void
pass(uint32_t database, HealTime at, bool complete)
{
	HealScanCoverage *one = heal_coverage_place(coverage, CAPACITY, database);

	heal_coverage_begin(one, at, HEAL_DAY);
	heal_coverage_advance(one, 100, 10, complete, at);
	one->passed_at = at;
}

static uint32_t
next(const uint32_t *database, int count, uint32_t last, HealTime now)
{
	int found = heal_coverage_next(database, count, coverage, CAPACITY, last,
								   now, INTERVAL);

	return found < 0 ? 0 : database[found];
}

static void
turns(void)
{
	const uint32_t three[] = {10, 20, 30};

	is_int(next(three, 0, 0, NOW), 0, "without a database nothing is due");
	is_int(next(three, 3, 0, NOW), 10, "the first is the first");
	is_int(next(three, 3, 10, NOW), 20,
		   "one never scanned comes after the last one");
	is_int(next(three, 3, 30, NOW), 10, "going round");
	pass(10, NOW, true);
	pass(20, NOW + 1, true);
	is_int(next(three, 3, 20, NOW + 2), 30,
		   "the one never scanned comes before those that were");
	pass(30, NOW + 2, true);
	is_int(next(three, 3, 30, NOW + 3), 0, "then none is due");
	is_int(next(three, 3, 30, NOW + INTERVAL), 10,
		   "until the interval is over");
	is_int(next(three, 3, 30, NOW + 2 * INTERVAL), 10,
		   "when all are due, the one scanned longest ago is first");
	pass(10, NOW + INTERVAL, false);
	is_int(next(three, 3, 10, NOW + INTERVAL), 10,
		   "a round cut short goes on at once");
	is_int(next(three, 3, 10, NOW + INTERVAL + 2), 20,
		   "but not before another that is due");
	pass(20, NOW + INTERVAL + 2, true);
	pass(30, NOW + INTERVAL + 2, true);
	strcpy(heal_coverage_find(coverage, CAPACITY, 10)->error, "it broke");
	is_int(next(three, 3, 30, NOW + INTERVAL + 3), 0,
		   "one that failed waits for the interval");
	is_int(next(three, 3, 30, NOW + 2 * INTERVAL), 10,
		   "and then is tried again");
}

/* A clock that was ahead and is set back must not stop the scans until it is there again. */
static void
clock_set_back(void)
{
	const uint32_t one[] = {10};
	HealScanCoverage *known;

	memset(coverage, 0, sizeof(coverage));
	pass(10, NOW + 30 * HEAL_DAY, true);
	is_int(next(one, 1, 10, NOW), 10,
		   "a database scanned in the future is due");
	pass(10, NOW, true);
	known = heal_coverage_find(coverage, CAPACITY, 10);
	ok(heal_coverage_profiles(known), "and all its columns are");
	is_int(next(one, 1, 10, NOW + 1), 0, "once");
}

/* More databases than there is room for. */
static void
crowd(void)
{
	uint32_t many[10];
	bool seen[10] = {0};
	uint32_t last = 0;
	bool all = true;

	memset(coverage, 0, sizeof(coverage));
	for (int i = 0; i < 10; i++)
		many[i] = i + 1;
	for (int i = 0; i < 10; i++)
	{
		last = next(many, 10, last, NOW + i);
		pass(last, NOW + i, true);
		seen[last - 1] = true;
	}
	for (int i = 0; i < 10; i++)
		all = all && seen[i];
	ok(all, "ten databases get ten turns, though only four are remembered");
	is_int(heal_coverage_place(coverage, CAPACITY, 99)->passed_at, 0,
		   "a new one begins empty");
	ok(heal_coverage_find(coverage, CAPACITY, 10) != NULL,
	   "and takes the place of the one passed longest ago");
}

static void
rounds(void)
{
	HealScanCoverage one = {.database = 1, .batch = HEAL_SCAN_BATCH};

	heal_coverage_begin(&one, NOW, HEAL_DAY);
	ok(heal_coverage_profiles(&one), "the first round takes every column");
	heal_coverage_advance(&one, 500, 200, false, NOW);
	heal_coverage_begin(&one, NOW + 10, HEAL_DAY);
	is_int(one.position, 500,
		   "the next pass goes on where the last one stopped");
	is_int(one.round_started_at, NOW, "in the same round");
	ok(heal_coverage_profiles(&one), "with every column still");
	heal_coverage_advance(&one, 900, 100, true, NOW + 11);
	is_int(one.tables, 300, "the tables of both add up");
	is_int(one.rounds, 1, "that was a round");
	heal_coverage_begin(&one, NOW + INTERVAL, HEAL_DAY);
	is_int(one.position, 0, "a new round begins at the beginning");
	is_int(one.before_started_at, NOW, "and knows when the one before began");
	ok(!heal_coverage_profiles(&one), "it takes only columns analyzed since");
	heal_coverage_advance(&one, 900, 100, true, NOW + INTERVAL);
	heal_coverage_begin(&one, NOW + HEAL_DAY, HEAL_DAY);
	ok(heal_coverage_profiles(&one), "after a day all are taken again");
}

/* One relation that cannot be looked at must not hide the others. */
static void
poison(void)
{
	HealScanCoverage one = {.database = 1, .batch = HEAL_SCAN_BATCH};
	int tries = 0;

	heal_coverage_begin(&one, NOW, HEAL_DAY);
	heal_coverage_advance(&one, 500, 200, false, NOW);
	for (; one.position == 500 && tries < 10; tries++)
		heal_coverage_fail(&one, 500 + one.batch);
	is_int(tries, 4, "it is alone after a few tries with ever fewer");
	is_int(one.position, 501, "then it is stepped over");
	is_int(one.skipped, 1, "and counted");
	for (int i = 0; i < 10; i++)
		heal_coverage_advance(&one, 600 + i, 1, false, NOW);
	is_int(one.batch, HEAL_SCAN_BATCH, "and soon as many at once as before");
	one.batch = 1;
	heal_coverage_fail(&one, 0);
	is_int(one.skipped, 1,
		   "a failure before anything was chosen steps over nothing");
	heal_coverage_shrink(&one);
	is_int(one.batch, 1, "less than one is not possible");
}

int
main(void)
{
	turns();
	clock_set_back();
	crowd();
	rounds();
	poison();
	return done_testing();
}
