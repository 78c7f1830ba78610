/*
 * cascade.c
 *		What will most probably follow from the cause of a failure, or from a leading indicator: said once, and judged by what
 *		comes.
 */
#include "cause/cascade.h"

#include <math.h>
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

bool
heal_cascade_is_early(const HealCascade *cascade)
{
	return cascade->failure == 0;
}

/* Of one failure, or of one indicator, be it seen for the first time or again. */
static bool
have_one_ground(const HealCascade *one, const HealCascade *other)
{
	return one->failure == other->failure &&
		   (!heal_cascade_is_early(one) ||
			strcmp(one->cause, other->cause) == 0);
}

/* A clock that was set back must not make an indicator rest for as long. */
static bool
rests(const HealCascade *past, HealTime now)
{
	return now >= past->ended_at && now - past->ended_at < HEAL_INDICATOR_REST;
}

static bool
is_said_by(const HealCascade *past, const HealCascade *cascade, HealTime now)
{
	return past->id != 0 && have_one_ground(past, cascade) &&
		   strcmp(past->effect, cascade->effect) == 0 &&
		   (!heal_cascade_is_early(past) ||
			past->seen_since == cascade->seen_since || rests(past, now));
}

static bool
was_said(const HealCascadeBook *book, const HealCascade *cascade, HealTime now)
{
	bool early = heal_cascade_is_early(cascade);
	const HealCascade *past = early ? book->early_past : book->past;
	int count = early ? HEAL_PAST_INDICATORS : HEAL_PAST_CASCADES;

	for (int i = 0; i < count; i++)
		if (is_said_by(&past[i], cascade, now))
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
free_place(HealCascadeBook *book, const HealCascade *cascade)
{
	HealCascade *place = NULL;
	int alike = 0;
	int of_indicators = 0;

	for (int i = 0; i < HEAL_CASCADES; i++)
	{
		HealCascade *open = &book->open[i];

		if (open->id == 0)
			place = place != NULL ? place : open;
		else
		{
			alike += have_one_ground(open, cascade);
			of_indicators += heal_cascade_is_early(open);
		}
	}
	if (alike >= HEAL_CASCADES_EACH ||
		(heal_cascade_is_early(cascade) &&
		 of_indicators >= HEAL_INDICATOR_CASCADES))
		return NULL;
	return place;
}

static HealPredictionStats *
stats_of(HealCascadeBook *book, const HealCascade *cascade)
{
	return heal_cascade_is_early(cascade) ? &book->indicator_stats
										  : &book->stats;
}

/* What a failure brings was foreseen when an indicator said so. */
static void
take_over(HealCascadeBook *book, HealCascade *place, const HealCascade *cascade)
{
	HealCascade early = *place;

	*place = *cascade;
	place->id = early.id;
	place->state = early.state;
	place->opened_at = early.opened_at;
	place->probability_first = early.probability_first;
	book->indicator_stats.opened--;
	book->stats.opened++;
}

static void
keep_up(HealCascadeBook *book, HealCascade *place, const HealCascade *cascade)
{
	if (heal_cascade_is_early(place) && !heal_cascade_is_early(cascade))
		take_over(book, place, cascade);
	else if (have_one_ground(place, cascade))
	{
		place->probability = cascade->probability;
		if (fabs(cascade->value - cascade->usual) >
			fabs(place->value - place->usual))
		{
			memcpy(place->indicator, cascade->indicator,
				   sizeof(place->indicator));
			memcpy(place->metric, cascade->metric, sizeof(place->metric));
			place->value = cascade->value;
			place->usual = cascade->usual;
		}
	}
}

const HealCascade *
heal_cascade_open(HealCascadeBook *book, const HealCascade *cascade,
				  int64_t *last_id, HealTime now)
{
	HealCascade *place = standing(book, cascade->effect);

	if (place != NULL)
	{
		keep_up(book, place, cascade);
		return NULL;
	}
	if (heal_cascade_is_early(cascade) &&
		cascade->expected - now < HEAL_INDICATOR_LEAD)
		return NULL;
	place = free_place(book, cascade);
	if (place == NULL || was_said(book, cascade, now))
		return NULL;
	*place = *cascade;
	place->id = ++*last_id;
	place->state = HEAL_PREDICTION_OPEN;
	place->opened_at = now;
	place->ended_at = 0;
	place->probability_first = place->probability;
	stats_of(book, place)->opened++;
	return place;
}

/*
 * Keeps since when its ground is missing; true when that is for good. What an indicator is seen by comes in pulses, and may
 * be calm for a while. Of a failure that is over no more is to be seen.
 */
static bool
miss_ground(HealCascade *cascade, bool ground_stands, HealTime now)
{
	double patience =
		HEAL_INDICATOR_GONE * (double) (cascade->expected - cascade->opened_at);

	if (ground_stands)
		cascade->gone_since = 0;
	/* nor does a clock that was set back make it wait */
	else if (cascade->gone_since == 0 || cascade->gone_since > now)
		cascade->gone_since = now;
	return !ground_stands && (!heal_cascade_is_early(cascade) ||
							  (double) (now - cascade->gone_since) >= patience);
}

static HealPredictionState
state_of(HealCascade *cascade, HealEffectSeen seen, bool ground_stands,
		 HealTime now)
{
	if (seen == HEAL_EFFECT_THERE)
		return HEAL_PREDICTION_CAME_TRUE;
	if (miss_ground(cascade, ground_stands, now))
		return HEAL_PREDICTION_AVERTED;
	if (now <= cascade->until)
		return HEAL_PREDICTION_OPEN;
	return seen == HEAL_EFFECT_UNKNOWN ? HEAL_PREDICTION_GONE
									   : HEAL_PREDICTION_PASSED;
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
				   bool ground_stands, HealTime now, HealCascade *ended)
{
	HealCascade *cascade = &book->open[place];

	if (cascade->id == 0)
		return false;
	cascade->state = state_of(cascade, seen, ground_stands, now);
	if (cascade->state == HEAL_PREDICTION_OPEN)
		return false;
	cascade->ended_at = now;
	*ended = *cascade;
	count(stats_of(book, ended), ended);
	if (heal_cascade_is_early(ended))
		book->early_past[book->early_ended++ % HEAL_PAST_INDICATORS] = *ended;
	else
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
		   heal_text_ends(cascade->cause_name, sizeof(cascade->cause_name)) &&
		   heal_text_ends(cascade->indicator, sizeof(cascade->indicator)) &&
		   heal_text_ends(cascade->metric, sizeof(cascade->metric));
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
	for (int i = 0; i < HEAL_PAST_INDICATORS; i++)
		if (!is_valid(&book->early_past[i]))
			return false;
	return true;
}

void
heal_cascade_evidence(const HealCascade *cascade, char *text, size_t size)
{
	if (heal_cascade_is_early(cascade))
		snprintf(text, size, "\"%s\" leads to it, and is seen: %s",
				 cascade->cause_name, cascade->indicator);
	else
		snprintf(
			text, size,
			"failure %lld most probably comes from \"%s\", which leads to it",
			(long long) cascade->failure, cascade->cause_name);
}

void
heal_cascade_describe(const HealCascade *cascade, HealTime now, char *text,
					  size_t size)
{
	char evidence[HEAL_NODE_NAME + HEAL_INDICATOR_TEXT + 80];
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
