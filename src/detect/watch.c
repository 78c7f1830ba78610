/*
 * watch.c
 *		One metric under watch: its rows -> blocks -> surprises -> anomalies.
 *
 * Blocks are judged by the detector and by the rule of episodes: what lasts for seconds.
 * Between blocks a single row is compared with one number, the border that only one block
 * in very many has a row beyond: two such rows in a row need no block to be told. That is
 * all that most heartbeats cost, and blocks of different metrics end in different rows.
 *
 * Missing rows change nothing.
 */
#include "detect/watch.h"

#include <math.h>
#include <string.h>

#include "detect/bar.h"

#define GROSS_ROWS 2				   /* in a row */
#define YOUNG 1.0					   /* more surprise, of a young baseline */
#define LONGEST_GAP (60 * HEAL_SECOND) /* between two rows of a block */
#define SLOW_MOST 7.5 /* surprise of a slow view: small steps are not crass */
#define FAR 5.0		  /* spreads off that are no small step */
#define ECHO 2.0 /* spreads off: as near as that a value is calm by itself */

/*
 * Blocks an episode lasts at most, of five seconds 25 minutes. With the thirty of heal_metric_rule, which is made for longer
 * rows, it would be over after two and a half, before it even counts as long.
 */
#define PATIENCE 300

/* A row or block, as the baseline sees it. */
typedef struct Look
{
	HealTime at;
	double value;
	double z; /* positive in the bad direction */
	int view;
	double location; /* the baseline it is judged by, before it is learnt */
	double spread;
	double expected;
	double off; /* as z, from what was expected */
	HealAnomalyMethod method;
	int breadth;
} Look;

static HealBadDirection direction_of(const HealWatch *watch);
static HealVerdict
judge_row(HealWatch *watch, HealMetricId metric, double value, HealTime at,
		  int breadth, const HealDetection *rule);
static void
feed_episode(HealWatch *watch, double score, const Look *look,
			 const HealEpisodeRule *borders, const HealDetection *rule);
static bool
gather(HealWatch *watch, int metric, double value, HealTime at, int rows);
static HealVerdict judge_block(HealWatch *watch, HealMetricId metric,
							   int breadth, const HealDetection *rule);
static HealVerdict follow(HealWatch *watch, HealMetricId metric,
						  const Look *look, const HealDetection *rule);
static void
open_anomaly(HealWatch *watch, HealMetricId metric, const Look *look);
static void update_anomaly(HealWatch *watch, const Look *look);

int
heal_block_rows(HealTime cadence)
{
	HealTime rows = cadence > 0 ? HEAL_BLOCK / cadence : HEAL_BLOCK_ROWS;

	return rows < 1 ? 1 : rows > HEAL_BLOCK_ROWS ? HEAL_BLOCK_ROWS : (int) rows;
}

HealEpisodeRule
heal_watch_rule(const HealBaseline *baseline, const HealDetection *rule)
{
	const HealDetector *detector = &baseline->detector;
	double cadence =
		(double) (detector->cadence > 0 ? detector->cadence : HEAL_BLOCK);
	double shift = heal_episode_shift(rule->per_day, HEAL_DAY / cadence);
	HealEpisodeRule borders;

	if (detector->rows < HEAL_DETECTOR_PROVISIONAL)
		shift += YOUNG;
	borders = heal_episode_rule_shift(&heal_metric_rule, shift + rule->raised);
	borders.patience = PATIENCE;
	return borders;
}

/*
 * Of single rows: the false alarms that are allowed, and no more doubt. That two of them
 * must be as far out already says more than the one block that the rule's mark is for.
 */
static HealEpisodeRule
rule_of_rows(const HealEpisodeRule *borders)
{
	HealEpisodeRule of_rows = *borders;

	of_rows.strong += HEAL_EPISODE_RATE - heal_metric_rule.strong;
	return of_rows;
}

HealVerdict
heal_watch_feed(HealWatch *watch, HealMetricId metric, double value,
				HealTime at, int breadth, const HealDetection *rule)
{
	HealVerdict by_row = HEAL_NOTHING_NEW;
	HealVerdict by_block;

	if (!isfinite(value))
		return HEAL_NOTHING_NEW;
	/* nothing is known of it, or it is another metric now */
	if (!heal_baseline_fits(&watch->baseline, metric))
	{
		heal_baseline_init(&watch->baseline, metric);
		watch->border = NAN;
	}
	if (rule->rows > 1)
		by_row = judge_row(watch, metric, value, at, breadth, rule);
	if (!gather(watch, metric, value, at, rule->rows))
		return by_row;
	by_block = judge_block(watch, metric, breadth, rule);
	/* it is the new normal by the very row that opened it: nobody has been told */
	if (by_row == HEAL_OPENED && by_block == HEAL_CLOSED)
		return HEAL_NOTHING_NEW;
	return by_row != HEAL_NOTHING_NEW ? by_row : by_block;
}

bool
heal_watch_beyond(const HealWatch *watch, double value)
{
	switch (direction_of(watch))
	{
		case HEAL_HIGH_IS_BAD:
			return value > watch->border;
		case HEAL_LOW_IS_BAD:
			return value < watch->border;
		case HEAL_NEITHER_IS_BAD:
			break;
	}
	return false;
}

/* What goes on as before must not open another with the next row, hence the rest that a calm end gives. */
void
heal_watch_close(HealWatch *watch, HealTime at)
{
	if (heal_episode_end(&watch->episode, at))
	{
		watch->episode.rest = heal_metric_rule.cooldown;
		watch->marked = heal_anomaly_distance(&watch->anomaly);
	}
	watch->open = false;
	watch->gross = 0;
	watch->anomaly.closed_at = at;
}

bool
heal_watch_reset(HealWatch *watch, HealTime at)
{
	bool was_open = watch->open;

	if (was_open)
		heal_watch_close(watch, at);
	memset(&watch->baseline, 0, sizeof(watch->baseline));
	memset(&watch->episode, 0, sizeof(watch->episode));
	memset(&watch->block, 0, sizeof(watch->block));
	watch->marked = 0;
	watch->border = NAN;
	watch->gross = 0;
	return was_open;
}

/* What was learnt knows it, as the catalogue is far away. */
static HealBadDirection
direction_of(const HealWatch *watch)
{
	return watch->baseline.detector.traits.bad;
}

static double
bad_distance(const HealWatch *watch, double z)
{
	return direction_of(watch) == HEAL_LOW_IS_BAD ? -z : z;
}

static HealVerdict
judge_row(HealWatch *watch, HealMetricId metric, double value, HealTime at,
		  int breadth, const HealDetection *rule)
{
	const HealDetector *detector = &watch->baseline.detector;
	HealEpisodeRule borders;
	HealEpisodeRule of_rows;
	Look look = {
		.at = at,
		.value = value,
		.view = HEAL_VIEW_LEVEL,
		.method = HEAL_BY_PEAK,
		.breadth = breadth,
	};
	double score;

	watch->gross = heal_watch_beyond(watch, value) ? watch->gross + 1 : 0;
	if (watch->gross < GROSS_ROWS || watch->episode.open ||
		detector->adopting > 0)
		return HEAL_NOTHING_NEW;
	borders = heal_watch_rule(&watch->baseline, rule);
	of_rows = rule_of_rows(&borders);
	score = heal_baseline_row_score(&watch->baseline, value);
	if (!(score >= of_rows.strong))
		return HEAL_NOTHING_NEW;
	look.location = look.expected = heal_detector_location(detector);
	look.spread = heal_detector_spread(detector);
	look.z = bad_distance(watch, (value - look.location) / look.spread);
	look.off = look.z;
	feed_episode(watch, score, &look, &of_rows, rule);
	return follow(watch, metric, &look, rule);
}

/*
 * Slow views go on for minutes after what they have seen is over. An episode that they
 * did not open ends when the value is calm by itself.
 */
static bool
is_echo(const HealWatch *watch, const HealSurprise *surprise, double value)
{
	double off = (value - surprise->expected) / surprise->spread;

	return watch->episode.open && watch->view <= HEAL_VIEW_CONTEXT &&
		   surprise->view > HEAL_VIEW_CONTEXT &&
		   fmin(bad_distance(watch, surprise->z), bad_distance(watch, off)) <
			   ECHO;
}

static double
height_of(const Look *look)
{
	return fmax(look->z, look->off);
}

static bool
is_above_bar(const Look *look, const HealDetection *rule)
{
	return height_of(look) > heal_detection_bar(rule, look->spread);
}

/*
 * The rest after a mark is for what goes on. More surprise than before is not to be had
 * where the slow views are loud already, but what is above the bar and farther out than
 * what was called false is news.
 */
static void
end_rest_of_mark(HealWatch *watch, const Look *look, const HealDetection *rule)
{
	if (watch->episode.rest > 0 && watch->marked > 0 && rule->bar > 0 &&
		is_above_bar(look, rule) &&
		height_of(look) * look->spread > watch->marked * HEAL_BAR_MARGIN)
		watch->episode.rest = 0;
}

static void
feed_episode(HealWatch *watch, double score, const Look *look,
			 const HealEpisodeRule *borders, const HealDetection *rule)
{
	HealVerdict verdict;

	end_rest_of_mark(watch, look, rule);
	verdict = heal_episode_feed(&watch->episode, score, look->breadth, look->at,
								borders);
	if (verdict == HEAL_OPENED)
		watch->marked = 0;
	if (verdict == HEAL_OPENED ||
		(look->view <= HEAL_VIEW_CONTEXT && score >= borders->strong))
		watch->view = look->view;
}

/* True when the block is full, be it by rows or by time. */
static bool
gather(HealWatch *watch, int metric, double value, HealTime at, int rows)
{
	HealBlock *block = &watch->block;
	bool low = direction_of(watch) == HEAL_LOW_IS_BAD;
	/* times of a broken clock may be farther apart than fits */
	double since = (double) at - (double) block->at;
	bool sparse = block->most > 0 && since >= HEAL_BLOCK;

	if (block->rows > 0 && (since < 0 || since > LONGEST_GAP))
		block->rows = 0;
	if (block->rows == 0)
	{
		/* the first one of each metric ends in another row */
		block->most = block->most == 0 && rows > 1 ? 1 + metric % rows : rows;
		block->sum = 0;
		block->extreme = value;
		block->begun_at = at;
	}
	block->rows++;
	block->sum += value;
	block->extreme =
		low ? fmin(block->extreme, value) : fmax(block->extreme, value);
	block->at = at;
	return sparse || block->rows >= block->most ||
		   at - block->begun_at >= HEAL_BLOCK;
}

static HealVerdict
judge_block(HealWatch *watch, HealMetricId metric, int breadth,
			const HealDetection *rule)
{
	HealBlock *block = &watch->block;
	HealBaseline *baseline = &watch->baseline;
	bool was_adopting = baseline->detector.adopting > 0;
	HealEpisodeRule borders = heal_watch_rule(baseline, rule);
	double mean = block->sum / block->rows;
	HealSurprise surprise =
		heal_baseline_feed(baseline, mean, block->extreme, block->at);
	Look look = {
		.at = block->at,
		.value = mean,
		.z = bad_distance(watch, surprise.z),
		.view = surprise.view,
		.location = surprise.location,
		.spread = surprise.spread,
		/* what the best prediction says is of use to the context alone */
		.expected = surprise.view == HEAL_VIEW_CONTEXT ? surprise.expected
													   : surprise.location,
		.method = HEAL_BY_STACK,
		.breadth = breadth,
	};

	look.off = bad_distance(watch, (mean - look.expected) / surprise.spread);
	block->rows = 0;
	watch->border =
		heal_baseline_row_border(baseline, rule_of_rows(&borders).strong);
	/* what is being taken in as normal is surprising only until it is */
	if (direction_of(watch) == HEAL_NEITHER_IS_BAD || was_adopting)
		return HEAL_NOTHING_NEW;
	if (is_echo(watch, &surprise, mean))
		surprise.score = 0;
	if (surprise.view > HEAL_VIEW_CONTEXT && surprise.score > SLOW_MOST)
		surprise.score = fmax(SLOW_MOST, borders.strong);
	feed_episode(watch, surprise.score, &look, &borders, rule);
	/* what the detector takes for normal from now on is no deviation any more */
	if (baseline->detector.adopting > 0 &&
		heal_episode_end(&watch->episode, block->at))
		watch->episode.accepted = true;
	return follow(watch, metric, &look, rule);
}

/* What is told of the episode: not all of it, and not from its first row on. */
static HealVerdict
follow(HealWatch *watch, HealMetricId metric, const Look *look,
	   const HealDetection *rule)
{
	const HealEpisode *episode = &watch->episode;

	if (!episode->open)
	{
		if (!watch->open)
			return HEAL_NOTHING_NEW;
		watch->anomaly.accepted = episode->accepted;
		watch->anomaly.value = look->value;
		watch->anomaly.z = look->z;
		watch->anomaly.closed_at = look->at;
		watch->open = false;
		return HEAL_CLOSED;
	}
	if (watch->open)
	{
		update_anomaly(watch, look);
		return HEAL_NOTHING_NEW;
	}
	if (episode->confidence < rule->min_confidence ||
		(rule->bar > 0 && !is_above_bar(look, rule)))
		return HEAL_NOTHING_NEW;
	open_anomaly(watch, metric, look);
	update_anomaly(watch, look);
	return HEAL_OPENED;
}

static void
open_anomaly(HealWatch *watch, HealMetricId metric, const Look *look)
{
	watch->open = true;
	watch->anomaly = (HealAnomaly){
		.metric = metric,
		.view = look->view,
		.method = look->method,
		.opened_at = look->at,
		.peak_at = look->at,
		.peak_value = look->value,
		.peak_z = look->z,
		.location = look->location,
		.spread = look->spread,
		.expected = look->expected,
	};
}

/* Severity and confidence only rise: they are about the worst that was seen. */
static void
update_anomaly(HealWatch *watch, const Look *look)
{
	HealAnomaly *anomaly = &watch->anomaly;
	const HealEpisode *episode = &watch->episode;
	HealSeverity severity;

	anomaly->value = look->value;
	anomaly->z = look->z;
	if (look->z > anomaly->peak_z)
	{
		anomaly->peak_z = look->z;
		anomaly->peak_value = look->value;
		anomaly->peak_at = look->at;
	}
	if (episode->peak > anomaly->surprise)
	{
		anomaly->surprise = episode->peak;
		anomaly->view = look->view;
	}
	severity = episode->severity;
	/* a small step that only slow views see is no matter of minutes */
	if (watch->view > HEAL_VIEW_CONTEXT && anomaly->peak_z < FAR)
		severity = look->breadth >= HEAL_BROAD && severity > HEAL_LOW
					   ? HEAL_MEDIUM
					   : HEAL_LOW;
	if ((int32_t) severity > anomaly->severity)
		anomaly->severity = (int32_t) severity;
	anomaly->confidence = episode->confidence;
}
