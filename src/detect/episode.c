/*
 * episode.c
 *		From surprises to episodes: when one opens, how bad it is, when it is over.
 *
 * What opens an episode is the mean of three rows, as healthy streams are loud for a row
 * and incidents for longer; but one gross row need not wait for others. It ends when rows
 * have been calm in a row, or when it has lasted so long that it is the new normal. For a
 * while after it only more than before opens another: the echo of an incident is no news.
 */
#include "detect/episode.h"

#include <math.h>
#include <string.h>

/* Severity adds a step for each of these. */
#define CLEAR_PEAK 5.5
#define CRASS_PEAK 8.0
#define LONG_SECONDS 300

#define EVIDENCE_ROWS 3

#define CONFIDENCE_RATE 0.16 /* of a step of the score */

#define LEAST_SHIFT (-1.0)
#define MOST_SHIFT 4.0

#define BUDGET_STEP 0.15
#define BUDGET_LEAST (-0.7)
#define BUDGET_MOST 1.5

/*
 * The marks are where telemetry and public series had some four false episodes in ten
 * thousand rows. Patience is short because a false episode costs as long as it lasts: with a hundred rows
 * healthy telemetry was under alarm four times as long, and no incident more was found. That is in rows of
 * ten seconds and more, as those series have; the engine's are shorter, and it takes its own (watch.c).
 */
const HealEpisodeRule heal_metric_rule = {
	.strong = 5.0,
	.weak = 2.9,
	.agreement = 3,
	.calm = 3.0,
	.calm_rows = 5,
	.patience = 30,
	.cooldown = 100,
	.reopening = 1.0,
};

const HealEpisodeRule heal_panel_rule = {
	.strong = 6.0,
	.weak = 3.2,
	.agreement = 3,
	.calm = 3.5,
	.calm_rows = 3,
	.patience = 24,
	.cooldown = 100,
	.reopening = 1.0,
};

static bool opens(const HealEpisode *episode, const HealEpisodeRule *rule);
static double mean_of_last(const HealEpisode *episode, int rows, int seen);
static void
update(HealEpisode *episode, double score, int breadth, HealTime at);

HealEpisodeRule
heal_episode_rule_shift(const HealEpisodeRule *rule, double by)
{
	HealEpisodeRule shifted = *rule;

	shifted.strong += by;
	shifted.weak += by;
	shifted.calm += by;
	return shifted;
}

double
heal_episode_shift(double false_alarms_per_day, double rows_per_day)
{
	double shift;

	if (!(false_alarms_per_day > 0) || !(rows_per_day > 0))
		return 0;
	shift = log10(rows_per_day / false_alarms_per_day) - HEAL_EPISODE_RATE;
	return fmin(fmax(shift, LEAST_SHIFT), MOST_SHIFT);
}

HealVerdict
heal_episode_feed(HealEpisode *episode, double score, int breadth, HealTime at,
				  const HealEpisodeRule *rule)
{
	if (isnan(score))
		return HEAL_NOTHING_NEW;
	memmove(&episode->score[0], &episode->score[1],
			(HEAL_EPISODE_ROWS - 1) * sizeof(episode->score[0]));
	episode->score[HEAL_EPISODE_ROWS - 1] = (float) score;
	episode->rows_seen += episode->rows_seen < HEAL_EPISODE_ROWS;
	if (episode->open)
	{
		update(episode, score, breadth, at);
		episode->calm = score < rule->calm ? episode->calm + 1 : 0;
		episode->accepted = episode->rows >= rule->patience;
		if (episode->calm < rule->calm_rows && !episode->accepted)
			return HEAL_NOTHING_NEW;
		heal_episode_end(episode, at);
		episode->rest = rule->cooldown;
		return HEAL_CLOSED;
	}
	if (episode->rest > 0)
	{
		episode->rest--;
		if (score < episode->last_peak + rule->reopening)
			return HEAL_NOTHING_NEW;
	}
	if (!opens(episode, rule))
		return HEAL_NOTHING_NEW;
	episode->open = true;
	episode->accepted = false;
	episode->calm = 0;
	episode->rest = 0;
	episode->rows = 0;
	episode->peak = 0;
	episode->confidence = 0;
	episode->severity = HEAL_LOW;
	episode->opened_at = at;
	episode->closed_at = 0;
	update(episode, score, breadth, at);
	return HEAL_OPENED;
}

bool
heal_episode_end(HealEpisode *episode, HealTime at)
{
	bool was_open = episode->open;

	if (was_open)
	{
		episode->open = false;
		episode->closed_at = at;
		episode->last_peak = episode->peak;
	}
	episode->rows_seen = 0;
	episode->rest = 0;
	return was_open;
}

double
heal_confidence(double score)
{
	return score > 0 ? 1 - pow(10, -CONFIDENCE_RATE * score) : 0;
}

HealSeverity
heal_severity_of(double peak, int breadth, double seconds)
{
	int steps = (peak >= CLEAR_PEAK) + (peak >= CRASS_PEAK) +
				(breadth >= HEAL_BROAD) + (seconds >= LONG_SECONDS);

	return steps < HEAL_CRITICAL ? (HealSeverity) steps : HEAL_CRITICAL;
}

void
heal_budget_spend(HealAlarmBudget *budget)
{
	budget->raised = fmin(budget->raised + BUDGET_STEP, BUDGET_MOST);
}

void
heal_budget_settle(HealAlarmBudget *budget, double per_day, HealTime now)
{
	double days = (double) (now - budget->settled_at) / (double) HEAL_DAY;

	if (budget->settled_at != 0 && days > 0 && per_day > 0)
		budget->raised =
			fmax(budget->raised - BUDGET_STEP * per_day * fmin(days, 1),
				 BUDGET_LEAST);
	budget->settled_at = now;
}

bool
heal_budget_intact(const HealAlarmBudget *budget)
{
	return budget->raised >= BUDGET_LEAST && budget->raised <= BUDGET_MOST;
}

static bool
opens(const HealEpisode *episode, const HealEpisodeRule *rule)
{
	if (episode->score[HEAL_EPISODE_ROWS - 1] >= rule->strong)
		return true;
	return mean_of_last(episode, rule->agreement, episode->rows_seen) >=
		   rule->weak;
}

double
heal_episode_evidence(const HealEpisode *episode)
{
	return mean_of_last(episode, EVIDENCE_ROWS, EVIDENCE_ROWS);
}

/* Of so many rows, where only the newest `seen` are there and the others are calm. */
static double
mean_of_last(const HealEpisode *episode, int rows, int seen)
{
	double sum = 0;

	for (int i = 0; i < rows && i < seen; i++)
		sum += episode->score[HEAL_EPISODE_ROWS - 1 - i];
	return sum / rows;
}

/* Severity and confidence only rise: they are about the worst that was seen. */
static void
update(HealEpisode *episode, double score, int breadth, HealTime at)
{
	double seconds = (double) (at - episode->opened_at) / (double) HEAL_SECOND;
	HealSeverity severity;

	episode->rows++;
	if (score > episode->peak)
	{
		episode->peak = score;
		episode->peak_at = at;
	}
	severity = heal_severity_of(episode->peak, breadth, seconds);
	if (severity > episode->severity)
		episode->severity = severity;
	episode->confidence = fmax(episode->confidence, heal_confidence(score));
}
