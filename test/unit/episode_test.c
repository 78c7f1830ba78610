/*
 * episode_test.c
 *		One alarm per episode; severity, confidence, cool-down and the budget.
 */
#include "detect/episode.h"

#include "tap.h"

static HealEpisode episode;
static HealTime now = HEAL_DAY;
static int opened;
static int closed;

static HealVerdict
feed(double score)
{
	HealVerdict verdict;

	now += HEAL_SECOND;
	verdict = heal_episode_feed(&episode, score, 1, now, &heal_metric_rule);
	opened += verdict == HEAL_OPENED;
	closed += verdict == HEAL_CLOSED;
	return verdict;
}

static void
repeat(double score, int rows)
{
	for (int i = 0; i < rows; i++)
		feed(score);
}

static void
forget(void)
{
	episode = (HealEpisode){0};
	opened = closed = 0;
}

static void
opening(void)
{
	forget();
	is_int(feed(5.1), HEAL_OPENED, "one gross row opens");
	forget();
	is_int(feed(4.1), HEAL_NOTHING_NEW, "one row in ten thousand does not");
	forget();
	repeat(3, 2);
	is_int(opened, 0, "nor do two rows in a thousand");
	is_double(heal_episode_evidence(&episode), 2, 1e-6,
			  "as what is not there yet is calm");
	is_int(feed(3), HEAL_OPENED, "three do");
	forget();
	for (int i = 0; i < 40; i++)
		feed(i % 3 == 0 ? 4.9 : 0.5);
	is_int(opened, 0, "nor does every third, however often");
	is_double(heal_episode_evidence(&episode), 5.9 / 3, 1e-6,
			  "because their mean is small");
	forget();
	feed(6);
	heal_episode_end(&episode, now);
	repeat(1, 2);
	is_int(opened, 1, "what was judged is not judged again");
	is_double(heal_episode_evidence(&episode), 8.0 / 3, 1e-6,
			  "but evidence is of the rows, whatever came of them");
	forget();
	repeat(NAN, 10);
	ok(!episode.open && episode.rows_seen == 0, "missing rows say nothing");
}

static void
course(void)
{
	HealTime begun;

	forget();
	feed(5.5);
	begun = now;
	repeat(6, 3);
	feed(4.1);
	is_int(opened, 1, "it does not open again while it lasts");
	is_double(episode.peak, 6, 0, "the worst is kept");
	is_int(episode.opened_at, begun, "and when it began");
	is_double(episode.confidence, heal_confidence(6), 0, "and the confidence");
	repeat(0, heal_metric_rule.calm_rows - 1);
	is_int(closed, 0, "too few calm rows are not the end");
	feed(0);
	is_int(closed, 1, "one more is");
	ok(!episode.accepted && episode.closed_at == now, "it is over");
	repeat(6.5, 3);
	is_int(opened, 1, "its echo is no news");
	feed(8);
	is_int(opened, 2, "more than before is");
	forget();
	repeat(6, 2 + heal_metric_rule.patience);
	ok(opened == 1 && closed == 1 && episode.accepted,
	   "what lasts is the new normal");
	repeat(6, 30);
	is_int(opened, 1, "and is not told again");
	forget();
	feed(5);
	ok(heal_episode_end(&episode, now) && !episode.open, "it can be ended");
	ok(!heal_episode_end(&episode, now), "once");
}

static void
figures(void)
{
	HealEpisodeRule shifted = heal_episode_rule_shift(&heal_metric_rule, 0.5);

	is_double(heal_confidence(3.3), 0.70, 0.01, "confidence at the weak mark");
	is_double(heal_confidence(8), 0.95, 0.01, "and far out");
	is_double(heal_confidence(NAN), 0, 0, "and of nothing");
	is_int(heal_severity_of(4, 1, 0), HEAL_LOW, "one small thing is low");
	is_int(heal_severity_of(6, 1, 0), HEAL_MEDIUM, "clear is medium");
	is_int(heal_severity_of(6, 4, 0), HEAL_HIGH, "clear and broad is high");
	is_int(heal_severity_of(9, 4, 900), HEAL_CRITICAL, "and all is critical");
	is_double(shifted.strong, heal_metric_rule.strong + 0.5, 1e-9,
			  "a rule can be shifted");
	is_double(heal_episode_shift(1, 10000), 0, 1e-9, "by the rate it has: not");
	is_double(heal_episode_shift(1, 86400), 0.94, 0.01,
			  "one alarm a day of rows of a second is rarer");
	is_double(heal_episode_shift(NAN, 86400), 0, 0, "no rate, no shift");
	is_double(heal_episode_shift(1e9, 86400), -1, 0, "within bounds");
}

static void
budget(void)
{
	HealAlarmBudget spent = {0};

	heal_budget_settle(&spent, 1, HEAL_DAY);
	for (int day = 2; day < 60; day++)
	{
		heal_budget_spend(&spent);
		heal_budget_settle(&spent, 1, day * HEAL_DAY);
	}
	is_double(spent.raised, 0, 0.01, "an alarm a day is what was asked for");
	for (int i = 0; i < 100; i++)
		heal_budget_spend(&spent);
	is_double(spent.raised, 1.5, 1e-9, "the border has an upper end");
	heal_budget_settle(&spent, 1, 10 * HEAL_DAY);
	is_double(spent.raised, 1.5, 1e-9, "a clock set back changes nothing");
	for (int day = 1; day < 90; day++)
		heal_budget_settle(&spent, 1, (60 + day) * HEAL_DAY);
	is_double(spent.raised, -0.7, 1e-9, "and a lower one");
}

int
main(void)
{
	opening();
	course();
	figures();
	budget();
	return done_testing();
}
