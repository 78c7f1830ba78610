/*
 * method_stack.c
 *		What decides: a detector for each metric, the panel over them, one episode.
 */
#include <math.h>
#include <string.h>

#include "detect/detector.h"
#include "detect/episode.h"
#include "detect/method.h"
#include "detect/panel.h"

typedef struct State
{
	int32_t metrics;
	HealEpisode episode;
	HealDetector
		detector[]; /* [metrics], then the panel if there are several */
} State;

static HealPanel *
panel_of(State *state)
{
	return (HealPanel *) &state->detector[state->metrics];
}

static size_t
size(int metrics)
{
	return sizeof(State) + (size_t) metrics * sizeof(HealDetector) +
		   heal_panel_size(metrics);
}

static void
init(void *memory, int metrics)
{
	State *state = memory;
	HealDetectorTraits traits = {.bad = HEAL_NEITHER_IS_BAD};

	memset(memory, 0, sizeof(*state));
	state->metrics = metrics;
	for (int i = 0; i < metrics; i++)
		heal_detector_init(&state->detector[i], &traits, (uint64_t) i + 1);
	if (metrics > 1)
		heal_panel_init(panel_of(state), metrics, 1);
}

/* What is told of a row is what episodes are judged by; nothing where it said nothing. */
static HealDetectRow
row_of(const HealEpisode *episode, double score)
{
	return (HealDetectRow){
		isnan(score) ? score : heal_episode_evidence(episode), episode->open};
}

static HealDetectRow
feed(void *memory, const double *value, HealTime at)
{
	State *state = memory;
	double score[HEAL_PANEL_METRICS];
	HealJointSurprise joint;

	for (int i = 0; i < state->metrics; i++)
		score[i] = heal_detector_feed(&state->detector[i], value[i], at).score;
	if (state->metrics == 1)
	{
		heal_episode_feed(&state->episode, score[0], 1, at, &heal_metric_rule);
		return row_of(&state->episode, score[0]);
	}
	joint = heal_panel_feed(panel_of(state), value, score);
	while (heal_panel_work(panel_of(state)))
		;
	heal_episode_feed(&state->episode, joint.score, joint.breadth, at,
					  &heal_panel_rule);
	return row_of(&state->episode, joint.score);
}

const HealDetectMethod heal_method_stack = {
	.name = "stack",
	.meaning = "calibrated tails of several views of each metric and of all "
			   "together",
	.size = size,
	.init = init,
	.feed = feed,
};
