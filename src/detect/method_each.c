/*
 * method_each.c
 *		Each metric by itself, as the engine judges them: a detector and an episode of its own, and no view of all together.
 */
#include <math.h>
#include <string.h>

#include "detect/detector.h"
#include "detect/episode.h"
#include "detect/method.h"

/* Where telemetry has some five false episodes in 10,000 rows; the engine shifts its rule by the rate that is asked for. */
#define MORE 0.5

typedef struct Metric
{
	HealEpisode episode;
	HealDetector detector;
} Metric;

typedef struct State
{
	int32_t metrics;
	HealEpisodeRule rule;
	Metric metric[];
} State;

static size_t
size(int metrics)
{
	return sizeof(State) + (size_t) metrics * sizeof(Metric);
}

static void
init(void *memory, int metrics)
{
	State *state = memory;
	HealDetectorTraits traits = {.bad = HEAL_NEITHER_IS_BAD};

	memset(memory, 0, size(metrics));
	state->metrics = metrics;
	state->rule =
		heal_episode_rule_shift(&heal_metric_rule, metrics > 1 ? MORE : 0);
	for (int i = 0; i < metrics; i++)
		heal_detector_init(&state->metric[i].detector, &traits,
						   (uint64_t) i + 1);
}

static HealDetectRow
feed(void *memory, const double *value, HealTime at)
{
	State *state = memory;
	HealDetectRow row = {.score = NAN};

	for (int i = 0; i < state->metrics; i++)
	{
		Metric *metric = &state->metric[i];
		double score =
			heal_detector_feed(&metric->detector, value[i], at).score;

		heal_episode_feed(&metric->episode, score, 1, at, &state->rule);
		if (!isnan(score))
			row.score =
				fmax(row.score, heal_episode_evidence(&metric->episode));
		row.alarm |= metric->episode.open;
	}
	return row;
}

const HealDetectMethod heal_method_each = {
	.name = "each",
	.meaning = "the same views of each metric, judged by themselves",
	.size = size,
	.init = init,
	.feed = feed,
};
