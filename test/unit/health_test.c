/*
 * health_test.c
 *		What is seen of a component becomes what is told of it.
 */
#include "health/health.h"

#include "tap.h"

#define START (INT64_C(1000) * HEAL_DAY)

static HealHealth health;
static HealHealthChange change;
static HealTime now;
static int changes;

static void
begin(void)
{
	memset(&health, 0, sizeof(health));
	strcpy(health.component, "locks");
	now = START;
	changes = 0;
}

/* One judgement a second, so many of them. */
static void
see(HealHealthState state, HealTime since, int seconds)
{
	for (int i = 0; i < seconds; i++)
	{
		HealOpinion opinion;

		heal_opinion_begin(&opinion);
		if (state != HEAL_HEALTH_HEALTHY)
			heal_opinion_add(&opinion, state, since, "it hurts");
		changes += heal_health_judge(&health, &opinion, HEAL_HEALTH_UNKNOWN,
									 now, &change);
		now += HEAL_SECOND;
	}
}

static void
opinions(void)
{
	HealOpinion opinion;

	heal_opinion_begin(&opinion);
	is_int(opinion.state, HEAL_HEALTH_HEALTHY, "without a word it is well");
	heal_opinion_add(&opinion, HEAL_HEALTH_DEGRADED, 5, "first");
	heal_opinion_add(&opinion, HEAL_HEALTH_UNKNOWN, 6, "blind");
	is_int(opinion.state, HEAL_HEALTH_DEGRADED,
		   "what is seen counts more than what is not");
	heal_opinion_add(&opinion, HEAL_HEALTH_FAILED, 7, "worst");
	heal_opinion_add(&opinion, HEAL_HEALTH_FAILED, 8, "as bad");
	is_string(opinion.reason, "worst",
			  "the worst is the reason, the first of equals");
	is_int(opinion.since, 7, "with its time");
	is_int(opinion.others, 3, "and the others are counted");
}

static void
at_rest(void)
{
	begin();
	ok(!health.judged, "before the first judgement nothing is told");
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	is_int(health.state, HEAL_HEALTH_HEALTHY, "then it is");
	is_int(changes, 0, "that it is well at first is no change");
	see(HEAL_HEALTH_HEALTHY, 0, 100);
	is_int(health.since, START, "it is well since then");
	is_string(health.reason, "nothing is wrong", "and says so");
}

static void
gets_worse_and_better(void)
{
	begin();
	see(HEAL_HEALTH_HEALTHY, 0, 10);
	see(HEAL_HEALTH_FAILED, START + 3 * HEAL_SECOND, 1);
	is_int(health.state, HEAL_HEALTH_FAILED, "trouble is told at once");
	is_int(health.since, START + 3 * HEAL_SECOND, "since it began");
	ok(changes == 1 && change.from == HEAL_HEALTH_HEALTHY &&
		   change.to == HEAL_HEALTH_FAILED &&
		   change.at == START + 10 * HEAL_SECOND &&
		   strcmp(change.reason, "it hurts") == 0 &&
		   strcmp(change.component, "locks") == 0,
	   "and put on record with the moment it was told");
	see(HEAL_HEALTH_FAILED, START + 3 * HEAL_SECOND, 20);
	is_int(changes, 1, "once");
	see(HEAL_HEALTH_HEALTHY, 0, 5);
	is_int(health.state, HEAL_HEALTH_FAILED, "that it is over must last");
	is_string(health.reason,
			  "better now, which has to last 5 s; it was: it hurts",
			  "which it says");
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	is_int(health.state, HEAL_HEALTH_HEALTHY, "for five seconds");
	is_int(health.since, now - HEAL_SECOND, "it is well since that was told");
	is_int(changes, 2, "which is the second change");
}

static void
flaps(void)
{
	begin();
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	for (int i = 0; i < 60; i++)
	{
		see(HEAL_HEALTH_DEGRADED, 0, 2);
		see(HEAL_HEALTH_HEALTHY, 0, 4);
	}
	is_int(changes, 1,
		   "what comes and goes within the time to settle is one trouble");
	begin();
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	for (int i = 0; i < 60; i++)
	{
		see(HEAL_HEALTH_DEGRADED, 0, 5);
		see(HEAL_HEALTH_HEALTHY, 0, 10);
	}
	ok(changes >= 3 && changes <= 6,
	   "what comes and goes for a quarter of an hour is told a few times");
	is_int(health.state, HEAL_HEALTH_DEGRADED, "and then stays told");
	see(HEAL_HEALTH_HEALTHY, 0, 1 + (5 << HEAL_HEALTH_RELAPSES));
	is_int(health.state, HEAL_HEALTH_HEALTHY, "until it has really been over");
	see(HEAL_HEALTH_HEALTHY, 0, 601);
	see(HEAL_HEALTH_DEGRADED, 0, 1);
	see(HEAL_HEALTH_HEALTHY, 0, 6);
	is_int(health.state, HEAL_HEALTH_HEALTHY,
		   "after ten good minutes it is trusted as before");
}

static void
blind(void)
{
	begin();
	see(HEAL_HEALTH_HEALTHY, 0, 3);
	see(HEAL_HEALTH_UNKNOWN, 0, HEAL_HEALTH_BLIND - 1);
	is_int(health.state, HEAL_HEALTH_HEALTHY,
		   "a value missing once is no news");
	see(HEAL_HEALTH_UNKNOWN, 0, 1);
	is_int(health.state, HEAL_HEALTH_UNKNOWN, "three times it is");
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	is_int(health.state, HEAL_HEALTH_HEALTHY,
		   "what is seen again is told at once");
	see(HEAL_HEALTH_DEGRADED, 0, 1);
	see(HEAL_HEALTH_UNKNOWN, 0, HEAL_HEALTH_BLIND);
	is_int(health.state, HEAL_HEALTH_UNKNOWN,
		   "trouble that is seen no more is unknown, not over");
	is_int(changes, 4, "each of them was a change");
	begin();
	see(HEAL_HEALTH_UNKNOWN, 0, HEAL_HEALTH_BLIND_FIRST - 1);
	ok(!health.judged, "at the start what is not seen is not judged for long");
	is_string(health.reason, "it hurts", "but says why");
	see(HEAL_HEALTH_UNKNOWN, 0, 1);
	ok(health.judged && health.state == HEAL_HEALTH_UNKNOWN,
	   "until it is told to be unknown");
	is_int(changes, 0, "which it was before");
}

static void
clocks(void)
{
	begin();
	see(HEAL_HEALTH_DEGRADED, START + HEAL_HOUR, 1);
	is_int(health.since, START, "nothing is since a time to come");
	see(HEAL_HEALTH_HEALTHY, 0, 3);
	now -= HEAL_HOUR;
	see(HEAL_HEALTH_HEALTHY, 0, 5);
	is_int(
		health.state, HEAL_HEALTH_DEGRADED,
		"a clock set back does not make the time to settle longer than that");
	see(HEAL_HEALTH_HEALTHY, 0, 1);
	is_int(health.state, HEAL_HEALTH_HEALTHY,
		   "nor does it keep it from ending");
}

static void
restarts(void)
{
	HealOpinion opinion;

	begin();
	heal_opinion_begin(&opinion);
	ok(!heal_health_judge(&health, &opinion, HEAL_HEALTH_HEALTHY, now, &change),
	   "well before the restart and after it: no change");
	begin();
	ok(heal_health_judge(&health, &opinion, HEAL_HEALTH_FAILED, now, &change) &&
		   change.from == HEAL_HEALTH_FAILED &&
		   change.to == HEAL_HEALTH_HEALTHY,
	   "failed before and well after it: one change, at once");
	begin();
	heal_opinion_add(&opinion, HEAL_HEALTH_FAILED, START - HEAL_DAY, "still");
	ok(!heal_health_judge(&health, &opinion, HEAL_HEALTH_FAILED, now, &change),
	   "failed before and after it: not told twice");
	is_int(health.since, START - HEAL_DAY, "but since the same time");
	heal_health_lose_sight(&health);
	ok(!heal_health_judge(&health, &opinion, HEAL_HEALTH_FAILED, now, &change),
	   "nor when nobody looked for a while");
}

static void
kept(void)
{
	static HealHealthKept all[HEAL_MAX_HEALTH];
	HealHealthChange told = {.to = HEAL_HEALTH_FAILED};
	int wrong = 0;

	is_int(heal_health_kept(all, "locks"), HEAL_HEALTH_UNKNOWN,
		   "of whom nothing is kept nothing is known");
	ok(!heal_health_change_valid(&told), "a change of nobody makes no sense");
	strcpy(told.component, "locks");
	ok(heal_health_change_valid(&told), "with a name it does");
	told.from = HEAL_HEALTH_STATES;
	ok(!heal_health_change_valid(&told),
	   "a state that there is not makes none");
	told.from = 0;
	memset(told.reason, 'x', sizeof(told.reason));
	ok(!heal_health_change_valid(&told), "nor does a reason without end");
	for (int i = 0; i < HEAL_MAX_HEALTH + 2; i++)
	{
		sprintf(told.component, "user%d", i);
		told.to = i % HEAL_HEALTH_STATES;
		heal_health_keep(all, &told);
		told.to = HEAL_HEALTH_DEGRADED;
		heal_health_keep(all, &told);
		wrong +=
			heal_health_kept(all, told.component) !=
			(i < HEAL_MAX_HEALTH ? HEAL_HEALTH_DEGRADED : HEAL_HEALTH_UNKNOWN);
	}
	is_int(wrong, 0, "the newest state of each is kept, while there is room");
	told.gone = 1;
	strcpy(told.component, "user3");
	heal_health_keep(all, &told);
	told.gone = 0;
	strcpy(told.component, "late");
	heal_health_keep(all, &told);
	is_int(heal_health_kept(all, "late"), HEAL_HEALTH_DEGRADED,
		   "one that is gone makes room");
	is_int(heal_health_kept(all, "user3"), HEAL_HEALTH_UNKNOWN,
		   "and is forgotten");
}

static void
names(void)
{
	is_string(heal_health_name(HEAL_HEALTH_UNKNOWN), "unknown",
			  "states have names");
	is_string(heal_health_name(-1), "invalid", "and only those");
}

int
main(void)
{
	opinions();
	at_rest();
	gets_worse_and_better();
	flaps();
	blind();
	clocks();
	restarts();
	kept();
	names();
	return done_testing();
}
