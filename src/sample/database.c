/*
 * database.c
 *		Figures of each database: who is connected, and how much it did lately.
 */
#include "sample/database.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double rate_of(const HealDatabase *database, int counter, HealTime now);
static void rank(HealDatabases *all, HealTime now, double *weight);
static void figures_of(const HealDatabase *database, HealTime now,
					   HealDatabaseFigures *figures);
static void
add_to_others(HealDatabaseFigures *others, const HealDatabaseFigures *one);
static void keep_larger(double *largest, double value);

void
heal_databases_begin(HealDatabases *all)
{
	all->cursor = 0;
	for (int i = 0; i < all->databases; i++)
		all->database[i].seen = false;
	heal_databases_recount(all);
}

void
heal_databases_recount(HealDatabases *all)
{
	for (int i = 0; i < all->databases; i++)
		memset(all->database[i].sessions, 0, sizeof(all->database[i].sessions));
}

HealDatabase *
heal_databases_find(HealDatabases *all, uint32_t oid)
{
	for (int tried = 0; tried < all->databases; tried++)
	{
		HealDatabase *database = &all->database[all->cursor];

		if (database->oid == oid)
			return database;
		all->cursor = all->cursor + 1 < all->databases ? all->cursor + 1 : 0;
	}
	return NULL;
}

HealDatabase *
heal_databases_place(HealDatabases *all, uint32_t oid)
{
	HealDatabase *database = heal_databases_find(all, oid);

	if (database == NULL)
	{
		if (all->databases == all->capacity)
			return NULL;
		database = &all->database[all->databases++];
		memset(database, 0, sizeof(*database));
		database->oid = oid;
		all->changed = true;
	}
	else
		all->cursor = all->cursor + 1 < all->databases ? all->cursor + 1 : 0;
	database->seen = true;
	database->xid_age = database->multixact_age = NAN;
	return database;
}

void
heal_databases_end(HealDatabases *all)
{
	int kept = 0;

	for (int i = 0; i < all->databases; i++)
		if (all->database[i].seen)
			all->database[kept++] = all->database[i];
	all->changed = all->changed || kept != all->databases;
	all->databases = kept;
	all->cursor = 0;
}

static bool
was_reset(const double *before, const double *now)
{
	for (int i = 0; i < HEAL_DB_COUNTERS; i++)
		if (now[i] < before[i])
			return true;
	return false;
}

void
heal_database_count_to(HealDatabase *database, HealTime now,
					   const double count[HEAL_DB_COUNTERS])
{
	bool reset = was_reset(database->count, count);

	memcpy(database->count, count, sizeof(database->count));
	/* a reset and a clock set back make every mark worthless */
	if (database->marked_at[0] == 0 || database->marked_at[0] > now || reset)
	{
		for (int i = 0; i < 2; i++)
		{
			database->marked_at[i] = now;
			memcpy(database->mark[i], count, sizeof(database->mark[i]));
		}
	}
	else if (now - database->marked_at[0] >= HEAL_DATABASE_SPAN)
	{
		database->marked_at[1] = database->marked_at[0];
		memcpy(database->mark[1], database->mark[0], sizeof(database->mark[1]));
		database->marked_at[0] = now;
		memcpy(database->mark[0], count, sizeof(database->mark[0]));
	}
}

int
heal_databases_tell(HealDatabases *all, HealTime now,
					HealDatabaseFigures figures[HEAL_DATABASES + 1],
					double *scratch)
{
	HealDatabaseFigures *others = &figures[HEAL_DATABASES];
	int count = 0;

	if (all->changed || all->ranked_at > now ||
		now - all->ranked_at >= HEAL_DATABASE_SPAN)
		rank(all, now, scratch);
	memset(others, 0, sizeof(*others));
	others->xid_age = others->multixact_age = NAN;
	for (int i = 0; i < HEAL_DB_COUNTERS; i++)
		others->rate[i] = NAN;
	for (int i = 0; i < all->databases; i++)
	{
		HealDatabaseFigures one;

		figures_of(&all->database[i], now, &one);
		if (all->database[i].shown && count < HEAL_DATABASES)
			figures[count++] = one;
		else
			add_to_others(others, &one);
	}
	if (others->databases > 0)
	{
		figures[count] = *others;
		count++;
	}
	return count;
}

/* NaN without a span, and when the counter was reset in it. */
static double
rate_of(const HealDatabase *database, int counter, HealTime now)
{
	HealTime span = now - database->marked_at[1];
	double growth = database->count[counter] - database->mark[1][counter];

	if (database->marked_at[1] == 0 || span <= 0 || !(growth >= 0))
		return NAN;
	return growth / ((double) span / HEAL_SECOND);
}

static int
compare_descending(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return (left < right) - (left > right);
}

/* Somebody connected counts for more than what is over. */
static double
weight_of(const HealDatabase *database, HealTime now)
{
	double weight = 100.0 * database->sessions[HEAL_DB_ACTIVE] +
					database->sessions[HEAL_DB_SESSIONS];
	double commits = rate_of(database, HEAL_DB_COMMITS, now);
	double rollbacks = rate_of(database, HEAL_DB_ROLLBACKS, now);

	weight += isnan(commits) ? 0 : commits;
	weight += isnan(rollbacks) ? 0 : rollbacks;
	return weight;
}

/* Those of the same weight as the last one: the first of them. */
static void
rank(HealDatabases *all, HealTime now, double *weight)
{
	double least = -1;
	int above = 0;
	int room;

	if (all->databases > HEAL_DATABASES)
	{
		for (int i = 0; i < all->databases; i++)
			weight[i] = weight_of(&all->database[i], now);
		qsort(weight, (size_t) all->databases, sizeof(double),
			  compare_descending);
		least = weight[HEAL_DATABASES - 1];
		for (int i = 0; i < HEAL_DATABASES; i++)
			above += weight[i] > least;
	}
	room = HEAL_DATABASES - above;
	for (int i = 0; i < all->databases; i++)
	{
		HealDatabase *database = &all->database[i];
		double own = weight_of(database, now);

		database->shown = own > least || (own == least && room-- > 0);
	}
	all->changed = false;
	all->ranked_at = now;
}

static void
figures_of(const HealDatabase *database, HealTime now,
		   HealDatabaseFigures *figures)
{
	figures->oid = database->oid;
	figures->databases = 1;
	memcpy(figures->sessions, database->sessions, sizeof(figures->sessions));
	figures->span = database->marked_at[1] != 0 && now > database->marked_at[1]
						? now - database->marked_at[1]
						: 0;
	for (int i = 0; i < HEAL_DB_COUNTERS; i++)
		figures->rate[i] = rate_of(database, i, now);
	figures->xid_age = database->xid_age;
	figures->multixact_age = database->multixact_age;
}

static void
add_to_others(HealDatabaseFigures *others, const HealDatabaseFigures *one)
{
	others->databases++;
	for (int i = 0; i < HEAL_DB_SESSION_KINDS; i++)
		others->sessions[i] += one->sessions[i];
	for (int i = 0; i < HEAL_DB_COUNTERS; i++)
	{
		if (isnan(one->rate[i]))
			continue;
		others->rate[i] =
			(isnan(others->rate[i]) ? 0 : others->rate[i]) + one->rate[i];
	}
	if (one->span > others->span)
		others->span = one->span;
	keep_larger(&others->xid_age, one->xid_age);
	keep_larger(&others->multixact_age, one->multixact_age);
}

static void
keep_larger(double *largest, double value)
{
	if (!(*largest >= value) && !isnan(value))
		*largest = value;
}
