/*
 * sensitivity_test.c
 *		Who said how easily a metric alarms, and what that makes of the threshold.
 */
#include "detect/sensitivity.h"

#include "sample/metric.h"
#include "tap.h"

static HealSensitivity list[HEAL_MAX_SENSITIVITIES];

static bool
say(const char *scope, double per_day, bool in_force)
{
	HealSensitivity one = {.in_force = in_force,
						   .level = HEAL_SENSITIVITY_BY_RATE,
						   .per_day = per_day};

	strncpy(one.scope, scope, sizeof(one.scope) - 1);
	return heal_sensitivity_store(list, &one);
}

static void
words(void)
{
	is_double(heal_sensitivity_threshold(
				  3, heal_sensitivity_rate(HEAL_SENSITIVITY_LOW)),
			  3.5, 1e-9, "low is half a deviation less easily");
	is_double(heal_sensitivity_threshold(
				  3, heal_sensitivity_rate(HEAL_SENSITIVITY_NORMAL)),
			  3, 1e-9, "normal is the threshold itself");
	is_double(heal_sensitivity_threshold(
				  3, heal_sensitivity_rate(HEAL_SENSITIVITY_HIGH)),
			  2.5, 1e-9, "high is half a deviation more easily");
	for (int level = HEAL_SENSITIVITY_LOW; level <= HEAL_SENSITIVITY_HIGH;
		 level++)
		is_int(heal_sensitivity_lookup(heal_sensitivity_name(level)), level,
			   "a word is found by its name");
	is_int(heal_sensitivity_lookup("extreme"), -1, "another is not");
	ok(heal_sensitivity_name(HEAL_SENSITIVITY_BY_RATE) == NULL,
	   "a rate has no word");
}

static void
bounds(void)
{
	double before = INFINITY;
	bool falls = true;

	for (double rate = HEAL_LEAST_FALSE_ALARMS; rate <= HEAL_MOST_FALSE_ALARMS;
		 rate *= 2)
	{
		double now = heal_sensitivity_threshold(3, rate);

		falls &= now <= before && now >= 1.5 && now <= 9;
		before = now;
	}
	ok(falls, "more false alarms let it alarm more easily, within bounds");
}

static void
who_counts(void)
{
	double usual = heal_sensitivity_per_day(list, "resource", "load");

	is_double(usual, 1.0 / 7, 1e-12, "nobody has said anything: the default");
	ok(heal_sensitivity_per_day(list, "security", "sessions_killed") > usual,
	   "which is another for each category");
	say("resource", 0.5, true);
	is_double(heal_sensitivity_per_day(list, "resource", "load"), 0.5, 0,
			  "what was said for the category counts");
	say("load", 2, true);
	is_double(heal_sensitivity_per_day(list, "resource", "load"), 2, 0,
			  "what was said for the metric counts more");
	is_double(heal_sensitivity_per_day(list, "resource", "cpu_used"), 0.5, 0,
			  "for that metric");
	is_double(heal_sensitivity_per_day(list, "resource", NULL), 0.5, 0,
			  "and not for the category");
	say("load", 3, true);
	is_double(heal_sensitivity_per_day(list, "resource", "load"), 3, 0,
			  "the last word counts");
	say("load", 3, false);
	is_double(heal_sensitivity_per_day(list, "resource", "load"), 0.5, 0,
			  "it can be taken back");
	ok(say("nothing", 1, false), "also what was never said");
}

static void
room(void)
{
	char name[HEAL_NAME_SIZE];
	bool taken = true;

	memset(list, 0, sizeof(list));
	for (int i = 0; i < HEAL_MAX_SENSITIVITIES; i++)
	{
		snprintf(name, sizeof(name), "metric_%d", i);
		taken &= say(name, 1, true);
	}
	ok(taken, "so many are taken");
	ok(!say("one_more", 1, true), "and no more");
	ok(say("metric_7", 2, true), "but one of them can be changed");
	ok(say("metric_7", 2, false) && say("one_more", 1, true),
	   "and gives its place when it is taken back");
}

static void
validity(void)
{
	HealSensitivity good = {.in_force = 1, .per_day = 1, .scope = "load"};
	HealSensitivity bad = good;

	ok(heal_sensitivity_valid(&good), "a sensitivity is valid");
	bad.per_day = 0;
	ok(!heal_sensitivity_valid(&bad), "not at no false alarm at all");
	bad.per_day = NAN;
	ok(!heal_sensitivity_valid(&bad), "nor at what is no number");
	bad.per_day = INFINITY;
	ok(!heal_sensitivity_valid(&bad), "nor at no bound");
	bad = good, bad.level = 4;
	ok(!heal_sensitivity_valid(&bad), "nor with a level nobody has");
	bad = good, memset(bad.by, 'x', sizeof(bad.by));
	ok(!heal_sensitivity_valid(&bad), "nor with a name that does not end");
}

/* The four of the guide; each is judged by something of its own. */
static void
categories(void)
{
	static const char *const all[] = {"performance", "security", "data_quality",
									  "resource"};
	int judged[4] = {0};
	int strays = 0;

	for (int metric = 0; metric < HEAL_BUILT_IN_METRICS; metric++)
	{
		int found = -1;

		for (int i = 0; i < 4; i++)
			if (strcmp(heal_metrics[metric].category, all[i]) == 0)
				found = i;
		strays += found < 0;
		if (found >= 0)
			judged[found] += heal_metrics[metric].bad != HEAL_NEITHER_IS_BAD;
	}
	is_int(strays, 0, "every metric is in one of the four categories");
	for (int i = 0; i < 4; i++)
	{
		ok(judged[i] >= 3, all[i]);
		ok(heal_category_lookup(all[i]) != NULL, "its name is known");
	}
	ok(heal_category_lookup("network") == NULL, "there is no fifth");
}

static void
allowed(void)
{
	is_double(heal_sensitivity_allowed(3, 0.5), 0.5, 1e-9,
			  "at 3 what was asked for is allowed");
	is_double(heal_sensitivity_allowed(3.5, 0.7), 0.1, 1e-9,
			  "half more is a factor of seven fewer");
	is_double(heal_sensitivity_allowed(2.5, 0.1), 0.7, 1e-9,
			  "half less a factor of seven more");
	ok(heal_sensitivity_allowed(100, 1) > 0, "some are always allowed");
}

int
main(void)
{
	words();
	allowed();
	bounds();
	who_counts();
	room();
	validity();
	categories();
	return done_testing();
}
