/*
 * database_test.c
 *		Each database has its own figures, the busiest are told by themselves, nothing is told wrong.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample/database.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND)
#define MANY 200

static HealDatabase room[MANY];
static HealDatabases all;
static HealDatabaseFigures figures[HEAL_DATABASES + 1];
static double scratch[MANY];
static int rows;

static void
reset(void)
{
	memset(&all, 0, sizeof(all));
	all.database = room;
	all.capacity = MANY;
}

/* One look at count databases; the commits of each are a multiple of its number. */
static void
look(int first, int count, HealTime now, double commits)
{
	heal_databases_begin(&all);
	for (int i = first; i < first + count; i++)
	{
		double counter[HEAL_DB_COUNTERS] = {0};
		HealDatabase *database = heal_databases_place(&all, (uint32_t) i);

		counter[HEAL_DB_COMMITS] = commits * i;
		database->xid_age = i;
		database->sessions[HEAL_DB_SESSIONS] = 1;
		heal_database_count_to(database, now, counter);
	}
	heal_databases_end(&all);
	rows = heal_databases_tell(&all, now, figures, scratch);
}

static const HealDatabaseFigures *
row_of(uint32_t oid)
{
	static HealDatabaseFigures none;

	for (int i = 0; i < rows; i++)
		if (figures[i].oid == oid)
			return &figures[i];
	memset(&none, 0, sizeof(none));
	none.databases = -1;
	return &none;
}

static void
rates_need_two_looks(void)
{
	reset();
	is_int(heal_databases_tell(&all, START, figures, scratch), 0,
		   "no database, no row");
	look(1, 3, START, 0);
	is_int(rows, 3, "one row each");
	ok(isnan(row_of(2)->rate[HEAL_DB_COMMITS]), "no rate at first");
	is_int((int) row_of(2)->span, 0, "and no span");
	is_double(row_of(2)->xid_age, 2, 0, "but an age");
	look(1, 3, START + 10 * HEAL_SECOND, 100);
	is_double(row_of(2)->rate[HEAL_DB_COMMITS], 20, 1e-9, "then per second");
	is_int((int) (row_of(2)->span / HEAL_SECOND), 10, "over its span");
	is_double(row_of(2)->rate[HEAL_DB_DEADLOCKS], 0, 0,
			  "what did not happen is zero");
	for (int second = 11; second <= 300; second++)
		look(1, 3, START + second * HEAL_SECOND, second < 150 ? 0 : 100);
	ok(row_of(2)->span >= HEAL_DATABASE_SPAN &&
		   row_of(2)->span <= 2 * HEAL_DATABASE_SPAN,
	   "old marks are left behind");
	is_double(row_of(2)->rate[HEAL_DB_COMMITS], 0, 1e-9,
			  "what is long over is not told");
}

static void
resets_and_clocks(void)
{
	reset();
	look(1, 2, START, 1000);
	look(1, 2, START + HEAL_SECOND, 1);
	ok(isnan(row_of(1)->rate[HEAL_DB_COMMITS]), "a reset is no rate");
	for (int second = 2; second <= 100; second++)
		look(1, 2, START + second * HEAL_SECOND, second);
	is_double(row_of(1)->rate[HEAL_DB_COMMITS], 1, 1e-9, "and heals");
	look(1, 2, START - HEAL_HOUR, 200);
	ok(isnan(row_of(1)->rate[HEAL_DB_COMMITS]), "nor is a clock set back");
	look(1, 2, START - HEAL_HOUR + HEAL_SECOND, 210);
	is_double(row_of(1)->rate[HEAL_DB_COMMITS], 10, 1e-9, "which begins anew");
}

static void
comes_and_goes(void)
{
	reset();
	look(1, 3, START, 0);
	look(2, 3, START + HEAL_SECOND, 1);
	is_int(rows, 3, "one went, one came");
	is_int(row_of(1)->databases, -1, "the one that went has no row");
	ok(isnan(row_of(4)->rate[HEAL_DB_COMMITS]),
	   "what a new one did before is no rate");
	is_double(row_of(3)->rate[HEAL_DB_COMMITS], 3, 1e-9, "the others go on");
	ok(heal_databases_find(&all, 4) != NULL &&
		   heal_databases_find(&all, 1) == NULL,
	   "and can be found");
	all.capacity = all.databases;
	heal_databases_begin(&all);
	ok(heal_databases_place(&all, 99) == NULL, "without room there is none");
	ok(heal_databases_place(&all, 3) != NULL, "a known one needs none");
}

static void
the_busiest_are_told(void)
{
	int sessions = 0;
	int databases = 0;

	reset();
	look(1, MANY, START, 0);
	is_int(rows, HEAL_DATABASES + 1, "so many, and one row for the others");
	look(1, MANY, START + 31 * HEAL_SECOND, 31);
	is_int(row_of(0)->databases, MANY - HEAL_DATABASES,
		   "which says how many those are");
	ok(row_of(MANY)->databases == 1 && row_of(MANY - 63)->databases == 1 &&
		   row_of(MANY - 64)->databases < 1,
	   "exactly the busiest are told by themselves");
	for (int i = 0; i < rows; i++)
	{
		sessions += figures[i].sessions[HEAL_DB_SESSIONS];
		databases += figures[i].databases;
	}
	is_int(sessions, MANY, "no session is lost");
	is_int(databases, MANY, "no database is");
	is_double(row_of(0)->xid_age, MANY - HEAL_DATABASES, 0,
			  "the oldest of the others");
	is_double(row_of(0)->rate[HEAL_DB_COMMITS],
			  (MANY - HEAL_DATABASES) * (MANY - HEAL_DATABASES + 1) / 2, 1e-6,
			  "all they did together");
	look(1, HEAL_DATABASES, START + 40 * HEAL_SECOND, 40);
	is_int(rows, HEAL_DATABASES, "when they are few again there are no others");
}

int
main(void)
{
	rates_need_two_looks();
	resets_and_clocks();
	comes_and_goes();
	the_busiest_are_told();
	return done_testing();
}
