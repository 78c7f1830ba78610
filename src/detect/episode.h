/*
 * episode.h
 *		From surprises to episodes: when one opens, how bad it is, when it is over.
 *
 * Works on one stream of surprises (see detector.h), of a metric or of a panel. The
 * caller keeps one HealEpisode per stream and, for all streams of an instance together,
 * one HealAlarmBudget.
 */
#ifndef HEAL_EPISODE_H
#define HEAL_EPISODE_H

#include "base/types.h"

#define HEAL_EPISODE_RATE \
	4.0 /* -log10 of the false alarms a row that rules are shifted from */
#define HEAL_EPISODE_ROWS 5 /* looked back at, at most */

#define HEAL_BROAD 3 /* metrics that are surprised at once: a step worse */

typedef enum HealSeverity
{
	HEAL_LOW,
	HEAL_MEDIUM,
	HEAL_HIGH,
	HEAL_CRITICAL
} HealSeverity;

typedef enum HealVerdict
{
	HEAL_NOTHING_NEW,
	HEAL_OPENED,
	HEAL_CLOSED
} HealVerdict;

/* When rows open an episode and when they close it; scores are -log10 p. */
typedef struct HealEpisodeRule
{
	double strong; /* one row at or above it opens */
	double weak;   /* so does the mean of the last `agreement` rows */
	int agreement; /* 1..HEAL_EPISODE_ROWS */
	double calm;   /* rows below it count towards the end */
	int calm_rows; /* in a row: over */
	int patience;  /* rows after which the state is the new normal */
	int cooldown;  /* rows after an end in which only more surprise reopens */
	double reopening; /* so much more than the last peak */
} HealEpisodeRule;

/*
 * Of one metric, and of a panel, made for rows of ten seconds and more; who has shorter
 * ones takes more patience.
 */
extern const HealEpisodeRule heal_metric_rule;
extern const HealEpisodeRule heal_panel_rule;

/* The same rule at another false-alarm rate: borders higher (> 0) or lower (< 0). */
extern HealEpisodeRule
heal_episode_rule_shift(const HealEpisodeRule *rule, double by);
/*
 * How much to shift the borders so that a healthy stream raises this many alarms a day
 * at this many rows a day; 0 = the rule as it is, made for one in ten thousand rows.
 * Within -1 and +4. NaN or not positive: 0.
 */
extern double
heal_episode_shift(double false_alarms_per_day, double rows_per_day);

typedef struct HealEpisode
{
	float score[HEAL_EPISODE_ROWS]; /* newest last */
	int32_t rows_seen; /* of them since the episode before, up to all */
	int32_t calm;	   /* rows in a row below the lower mark */
	int32_t rest;	   /* rows of the cool-down that are left */
	int32_t rows;	   /* since it opened */
	bool open;
	bool accepted;		   /* it ended as the new normal */
	HealSeverity severity; /* the highest it had */
	HealTime opened_at;
	HealTime peak_at;
	HealTime closed_at;
	double peak;	   /* highest surprise */
	double last_peak;  /* of the episode before */
	double confidence; /* 0..1, the highest it had */
} HealEpisode;

/*
 * The next row. `breadth` is how many metrics are surprised at once, 1 for a stream that
 * is one metric. A score that is NaN (missing, still learning) changes nothing.
 */
extern HealVerdict
heal_episode_feed(HealEpisode *episode, double score, int breadth, HealTime at,
				  const HealEpisodeRule *rule);
/*
 * Mean of the last three rows, what came before the first as 0: a healthy stream is loud
 * for a row, an incident for longer, so it tells them apart better than a row does.
 */
extern double heal_episode_evidence(const HealEpisode *episode);
/* Ends it now, whatever the rows say; true when it was open. */
extern bool heal_episode_end(HealEpisode *episode, HealTime at);

/* 1 - 10^(-0.16 score): .67 at 3, .77 at 4, .95 at 8; 0 for NaN. */
extern double heal_confidence(double score);
extern HealSeverity heal_severity_of(double peak, int breadth, double seconds);

/*
 * How far all borders of an instance are raised because alarms came to nothing: it
 * learns the false-alarm rate that its owner asked for, whatever the data are like.
 */
typedef struct HealAlarmBudget
{
	double raised; /* -0.7..1.5, added to the borders */
	HealTime settled_at;
} HealAlarmBudget;

/* Takes note of an alarm that nothing confirmed, or that somebody called false. */
extern void heal_budget_spend(HealAlarmBudget *budget);
/* Lets the border sink with time, so that `per_day` unconfirmed alarms keep it level. */
extern void
heal_budget_settle(HealAlarmBudget *budget, double per_day, HealTime now);
/* After reading it from a disk. */
extern bool heal_budget_intact(const HealAlarmBudget *budget);

#endif
