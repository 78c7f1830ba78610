/*
 * cascade.c
 *		What will most probably follow from the cause of a failure: said once, and judged by what comes.
 */
#include "cause/cascade.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "detect/failure_proof.h"

#define LEAST_TIME (30 * HEAL_SECOND)

void
heal_cascade_time(HealCascade *cascade, HealTime began, double lag,
				  HealTime now)
{
	HealTime takes = (HealTime) (lag * HEAL_SECOND);

	cascade->expected = began + takes > now ? began + takes : now;
	cascade->until = cascade->expected +
					 HEAL_LAGS * (takes > LEAST_TIME ? takes : LEAST_TIME);
}

static bool
is_about(const HealCascade *cascade, int64_t failure, const char *effect)
{
	return cascade->id != 0 && cascade->failure == failure &&
		   strcmp(cascade->effect, effect) == 0;
}

static bool
was_said(const HealCascadeBook *book, const HealCascade *cascade)
{
	for (int i = 0; i < HEAL_PAST_CASCADES; i++)
		if (is_about(&book->past[i], cascade->failure, cascade->effect))
			return true;
	return false;
}

static HealCascade *
standing(HealCascadeBook *book, const char *effect)
{
	for (int i = 0; i < HEAL_CASCADES; i++)
		if (book->open[i].id != 0 && strcmp(book->open[i].effect, effect) == 0)
			return &book->open[i];
	return NULL;
}

static HealCascade *
free_place(HealCascadeBook *book, int64_t failure)
{
	HealCascade *place = NULL;
	int of_failure = 0;

	for (int i = 0; i < HEAL_CASCADES; i++)
	{
		of_failure += book->open[i].id != 0 && book->open[i].failure == failure;
		if (book->open[i].id == 0 && place == NULL)
			place = &book->open[i];
	}
	return of_failure < HEAL_CASCADES_EACH ? place : NULL;
}

const HealCascade *
heal_cascade_open(HealCascadeBook *book, const HealCascade *cascade,
				  int64_t *last_id, HealTime now)
{
	HealCascade *place = standing(book, cascade->effect);

	if (place != NULL)
	{
		if (place->failure == cascade->failure)
			place->probability = cascade->probability;
		return NULL;
	}
	place = free_place(book, cascade->failure);
	if (place == NULL || was_said(book, cascade))
		return NULL;
	*place = *cascade;
	place->id = ++*last_id;
	place->state = HEAL_PREDICTION_OPEN;
	place->opened_at = now;
	place->ended_at = 0;
	place->probability_first = place->probability;
	book->stats.opened++;
	return place;
}

static HealPredictionState
state_of(const HealCascade *cascade, HealEffectSeen seen, bool failure_is_open,
		 HealTime now)
{
	if (seen == HEAL_EFFECT_THERE)
		return HEAL_PREDICTION_CAME_TRUE;
	if (seen == HEAL_EFFECT_UNKNOWN)
		return HEAL_PREDICTION_GONE;
	if (!failure_is_open)
		return HEAL_PREDICTION_AVERTED;
	return now > cascade->until ? HEAL_PREDICTION_PASSED : HEAL_PREDICTION_OPEN;
}

static void
count(HealPredictionStats *stats, const HealCascade *ended)
{
	stats->came_true += ended->state == HEAL_PREDICTION_CAME_TRUE;
	stats->averted += ended->state == HEAL_PREDICTION_AVERTED;
	stats->passed += ended->state == HEAL_PREDICTION_PASSED;
	stats->gone += ended->state == HEAL_PREDICTION_GONE;
	if (ended->state == HEAL_PREDICTION_CAME_TRUE)
		stats->lead +=
			(double) (ended->ended_at - ended->opened_at) / HEAL_SECOND;
}

bool
heal_cascade_judge(HealCascadeBook *book, int place, HealEffectSeen seen,
				   bool failure_is_open, HealTime now, HealCascade *ended)
{
	HealCascade *cascade = &book->open[place];

	if (cascade->id == 0)
		return false;
	cascade->state = state_of(cascade, seen, failure_is_open, now);
	if (cascade->state == HEAL_PREDICTION_OPEN)
		return false;
	cascade->ended_at = now;
	*ended = *cascade;
	count(&book->stats, ended);
	book->past[book->ended++ % HEAL_PAST_CASCADES] = *ended;
	memset(cascade, 0, sizeof(*cascade));
	return true;
}

static bool
is_valid(const HealCascade *cascade)
{
	return cascade->state >= HEAL_PREDICTION_NONE &&
		   cascade->state <= HEAL_PREDICTION_GONE &&
		   cascade->probability >= 0 && cascade->probability <= 1 &&
		   cascade->probability_first >= 0 && cascade->probability_first <= 1 &&
		   heal_text_ends(cascade->effect, sizeof(cascade->effect)) &&
		   heal_text_ends(cascade->effect_name, sizeof(cascade->effect_name)) &&
		   heal_text_ends(cascade->cause, sizeof(cascade->cause)) &&
		   heal_text_ends(cascade->cause_name, sizeof(cascade->cause_name));
}

bool
heal_cascade_book_valid(const HealCascadeBook *book)
{
	for (int i = 0; i < HEAL_CASCADES; i++)
		if (!is_valid(&book->open[i]))
			return false;
	for (int i = 0; i < HEAL_PAST_CASCADES; i++)
		if (!is_valid(&book->past[i]))
			return false;
	return true;
}

void
heal_cascade_evidence(const HealCascade *cascade, char *text, size_t size)
{
	snprintf(text, size,
			 "failure %lld most probably comes from \"%s\", which leads to it",
			 (long long) cascade->failure, cascade->cause_name);
}

void
heal_cascade_describe(const HealCascade *cascade, HealTime now, char *text,
					  size_t size)
{
	char evidence[HEAL_NODE_NAME + 80];
	char when[HEAL_DURATION_SIZE];

	heal_cascade_evidence(cascade, evidence, sizeof(evidence));
	if (cascade->expected > now)
		snprintf(text, size, "\"%s\" in about %s, %.0f %% likely: %s",
				 cascade->effect_name,
				 heal_duration_format(cascade->expected - now, when),
				 100 * cascade->probability, evidence);
	else
		snprintf(text, size, "\"%s\" any moment, %.0f %% likely: %s",
				 cascade->effect_name, 100 * cascade->probability, evidence);
}
