/*
 * round_test.c
 *		What is read rarely takes turns, and is never left out for long.
 */
#include "sample/round.h"

#include "tap.h"

static HealRota rota;
static bool due[HEAL_ROUNDS];
static HealTime now;

/* The next row, so long after the one before. */
static void
row(HealTime later)
{
	now += later;
	heal_rota_begin(&rota, now, due);
}

static void
begin(void)
{
	rota = (HealRota){0};
	now = 1000 * HEAL_SECOND;
	row(0);
}

static void
turns(void)
{
	int machine = 0;
	int databases = 0;
	int both = 0;
	int left_out = 0;

	begin();
	ok(due[HEAL_ROUND_EVERY_ROW] && due[HEAL_ROUND_MACHINE] &&
		   due[HEAL_ROUND_DATABASES],
	   "the first row reads everything");
	for (int i = 0; i < 100 * HEAL_ROUND_ROWS; i++)
	{
		row(HEAL_SECOND / 10);
		machine += due[HEAL_ROUND_MACHINE];
		databases += due[HEAL_ROUND_DATABASES];
		both += due[HEAL_ROUND_MACHINE] && due[HEAL_ROUND_DATABASES];
		left_out += !due[HEAL_ROUND_EVERY_ROW];
	}
	is_int(machine, 100, "the machine is read in every fifth row");
	is_int(databases, 100, "so are the databases");
	is_int(both, 0, "no row reads both");
	is_int(left_out, 0, "all else is read in each");
}

static void
clocks(void)
{
	int missing = 0;

	begin();
	for (int i = 0; i < 10; i++)
	{
		row(HEAL_ROUND_LONGEST);
		missing += !due[HEAL_ROUND_MACHINE] || !due[HEAL_ROUND_DATABASES];
	}
	is_int(missing, 0, "rows far apart read everything");
	row(HEAL_SECOND);
	ok(!due[HEAL_ROUND_MACHINE], "one soon after it does not");
	row(-HEAL_HOUR);
	ok(due[HEAL_ROUND_MACHINE] && due[HEAL_ROUND_DATABASES],
	   "a clock set back makes all due");
	row(HEAL_SECOND);
	ok(!due[HEAL_ROUND_DATABASES], "once");
}

static void
cadences(void)
{
	is_int(heal_metric_cadence(HEAL_METRIC_CPU_USED, HEAL_SECOND), HEAL_SECOND,
		   "most are as often as rows");
	is_int(heal_metric_cadence(HEAL_METRIC_COMMITS, HEAL_SECOND),
		   5 * HEAL_SECOND, "some every fifth");
	is_int(heal_metric_cadence(HEAL_METRIC_COMMITS, 2 * HEAL_SECOND),
		   6 * HEAL_SECOND, "more often where rows are rarer");
	is_int(heal_metric_cadence(HEAL_METRIC_COMMITS, HEAL_MINUTE), HEAL_MINUTE,
		   "never more often than rows");
	is_int(heal_metric_round(HEAL_BUILT_IN_METRICS), HEAL_ROUND_EVERY_ROW,
		   "metrics of users have times of their own");
}

int
main(void)
{
	turns();
	clocks();
	cadences();
	return done_testing();
}
