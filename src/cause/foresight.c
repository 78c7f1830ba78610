/*
 * foresight.c
 *		What will most probably follow from the cause of a failure, or from a leading indicator: said once, and judged by what
 *		comes.
 */
#include "cause/foresight.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/due.h"
#include "base/text.h"
#include "detect/failure_proof.h"

#define LEAST_TIME (30 * HEAL_SECOND)

void
heal_foresight_time(HealForesight *foresight, HealTime began, double lag,
					HealTime now)
{
	HealTime takes = (HealTime) (lag * HEAL_SECOND);

	foresight->expected = began + takes > now ? began + takes : now;
	foresight->until = foresight->expected +
					   HEAL_LAGS * (takes > LEAST_TIME ? takes : LEAST_TIME);
}

bool
heal_foresight_is_of_indicator(const HealForesight *foresight)
{
	return foresight->failure == 0;
}

/* Of one failure, or of one indicator, be it seen for the first time or again. */
static bool
have_one_ground(const HealForesight *one, const HealForesight *other)
{
	return one->failure == other->failure &&
		   (!heal_foresight_is_of_indicator(one) ||
			strcmp(one->cause, other->cause) == 0);
}

static bool
is_said_by(const HealForesight *past, const HealForesight *foresight,
		   HealTime now)
{
	return past->id != 0 && have_one_ground(past, foresight) &&
		   strcmp(past->effect, foresight->effect) == 0 &&
		   (!heal_foresight_is_of_indicator(past) ||
			past->seen_since == foresight->seen_since ||
			!heal_due(past->ended_at, HEAL_INDICATOR_REST, now));
}

static bool
was_said(const HealForesightBook *book, const HealForesight *foresight,
		 HealTime now)
{
	bool of_indicator = heal_foresight_is_of_indicator(foresight);
	const HealForesight *past =
		of_indicator ? book->indicator_past : book->past;
	int count = of_indicator ? HEAL_PAST_INDICATORS : HEAL_PAST_FORESIGHTS;

	for (int i = 0; i < count; i++)
		if (is_said_by(&past[i], foresight, now))
			return true;
	return false;
}

static HealForesight *
standing(HealForesightBook *book, const char *effect)
{
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		if (book->open[i].id != 0 && strcmp(book->open[i].effect, effect) == 0)
			return &book->open[i];
	return NULL;
}

/* Of one ground not too much at once, and nothing twice. */
static bool
may_be_said(const HealForesightBook *book, const HealForesight *foresight,
			HealTime now)
{
	int alike = 0;
	int of_indicators = 0;

	for (int i = 0; i < HEAL_FORESIGHTS; i++)
	{
		const HealForesight *open = &book->open[i];

		if (open->id == 0)
			continue;
		alike += have_one_ground(open, foresight);
		of_indicators += heal_foresight_is_of_indicator(open);
	}
	return alike < HEAL_FORESIGHTS_EACH &&
		   (!heal_foresight_is_of_indicator(foresight) ||
			of_indicators < HEAL_INDICATOR_FORESIGHTS) &&
		   !was_said(book, foresight, now);
}

static HealForesight *
free_place(HealForesightBook *book)
{
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		if (book->open[i].id == 0)
			return &book->open[i];
	return NULL;
}

static HealPredictionStats *
stats_of(HealForesightBook *book, const HealForesight *foresight)
{
	return heal_foresight_is_of_indicator(foresight) ? &book->indicator_stats
													 : &book->stats;
}

/* What a failure brings was foreseen when an indicator said so. */
static void
take_over(HealForesightBook *book, HealForesight *place,
		  const HealForesight *foresight)
{
	HealForesight before = *place;

	*place = *foresight;
	place->id = before.id;
	place->state = before.state;
	place->opened_at = before.opened_at;
	place->expected_first = before.expected_first;
	place->probability_first = before.probability_first;
	book->indicator_stats.opened--;
	book->stats.opened++;
}

/* By another metric of the node nothing can be compared: it stays as it was said. */
static void
keep_evidence(HealForesight *place, const HealForesight *foresight)
{
	if (strcmp(place->metric, foresight->metric) != 0 ||
		!(fabs(foresight->value - foresight->usual) >
		  fabs(place->value - place->usual)))
		return;
	memcpy(place->indicator, foresight->indicator, sizeof(place->indicator));
	place->value = foresight->value;
	place->usual = foresight->usual;
}

static void
keep_up(HealForesightBook *book, HealForesight *place,
		const HealForesight *foresight, HealTime now)
{
	if (heal_foresight_is_of_indicator(place) &&
		!heal_foresight_is_of_indicator(foresight))
	{
		if (may_be_said(book, foresight, now))
			take_over(book, place, foresight);
	}
	else if (have_one_ground(place, foresight))
	{
		place->probability = foresight->probability;
		keep_evidence(place, foresight);
	}
}

const HealForesight *
heal_foresight_open(HealForesightBook *book, const HealForesight *foresight,
					int64_t *last_id, HealTime now)
{
	HealForesight *place = standing(book, foresight->effect);

	if (place != NULL)
	{
		keep_up(book, place, foresight, now);
		return NULL;
	}
	if (heal_foresight_is_of_indicator(foresight) &&
		foresight->expected - now < HEAL_INDICATOR_LEAD)
		return NULL;
	place = free_place(book);
	if (place == NULL || !may_be_said(book, foresight, now))
		return NULL;
	*place = *foresight;
	place->id = ++*last_id;
	place->state = HEAL_PREDICTION_OPEN;
	place->opened_at = now;
	place->ended_at = 0;
	place->expected_first = place->expected;
	place->probability_first = place->probability;
	stats_of(book, place)->opened++;
	return place;
}

/*
 * Keeps since when its ground is missing; true when that is for good. What an indicator is seen by comes in pulses, and may
 * be calm for a while. Of a failure that is over no more is to be seen.
 */
static bool
miss_ground(HealForesight *foresight, bool ground_stands, HealTime now)
{
	double patience = HEAL_INDICATOR_MISSING *
					  (double) (foresight->expected - foresight->opened_at);

	if (ground_stands)
		foresight->missing_since = 0;
	/* nor does a clock that was set back make it wait */
	else if (foresight->missing_since == 0 || foresight->missing_since > now)
		foresight->missing_since = now;
	return !ground_stands &&
		   (!heal_foresight_is_of_indicator(foresight) ||
			(double) (now - foresight->missing_since) >= patience);
}

static HealPredictionState
state_of(HealForesight *foresight, HealEffectSeen seen, bool ground_stands,
		 HealTime now)
{
	if (seen == HEAL_EFFECT_THERE)
		return HEAL_PREDICTION_CAME_TRUE;
	if (miss_ground(foresight, ground_stands, now))
		return HEAL_PREDICTION_AVERTED;
	if (now <= foresight->until)
		return HEAL_PREDICTION_OPEN;
	return seen == HEAL_EFFECT_UNKNOWN ? HEAL_PREDICTION_GONE
									   : HEAL_PREDICTION_PASSED;
}

static void
count(HealPredictionStats *stats, const HealForesight *ended)
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
heal_foresight_judge(HealForesightBook *book, int place, HealEffectSeen seen,
					 bool ground_stands, HealTime now, HealForesight *ended)
{
	HealForesight *foresight = &book->open[place];

	if (foresight->id == 0)
		return false;
	foresight->state = state_of(foresight, seen, ground_stands, now);
	if (foresight->state == HEAL_PREDICTION_OPEN)
		return false;
	foresight->ended_at = now;
	*ended = *foresight;
	count(stats_of(book, ended), ended);
	if (heal_foresight_is_of_indicator(ended))
		book->indicator_past[book->indicator_ended++ % HEAL_PAST_INDICATORS] =
			*ended;
	else
		book->past[book->ended++ % HEAL_PAST_FORESIGHTS] = *ended;
	memset(foresight, 0, sizeof(*foresight));
	return true;
}

static bool
is_valid(const HealForesight *foresight)
{
	return foresight->state >= HEAL_PREDICTION_NONE &&
		   foresight->state <= HEAL_PREDICTION_GONE &&
		   foresight->probability >= 0 && foresight->probability <= 1 &&
		   foresight->probability_first >= 0 &&
		   foresight->probability_first <= 1 &&
		   heal_text_terminated(foresight->effect, sizeof(foresight->effect)) &&
		   heal_text_terminated(foresight->effect_name,
								sizeof(foresight->effect_name)) &&
		   heal_text_terminated(foresight->cause, sizeof(foresight->cause)) &&
		   heal_text_terminated(foresight->cause_name,
								sizeof(foresight->cause_name)) &&
		   heal_text_terminated(foresight->indicator,
								sizeof(foresight->indicator)) &&
		   heal_text_terminated(foresight->metric, sizeof(foresight->metric));
}

bool
heal_foresight_book_valid(const HealForesightBook *book)
{
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		if (!is_valid(&book->open[i]))
			return false;
	for (int i = 0; i < HEAL_PAST_FORESIGHTS; i++)
		if (!is_valid(&book->past[i]))
			return false;
	for (int i = 0; i < HEAL_PAST_INDICATORS; i++)
		if (!is_valid(&book->indicator_past[i]))
			return false;
	return true;
}

void
heal_foresight_evidence(const HealForesight *foresight, char *text, size_t size)
{
	if (heal_foresight_is_of_indicator(foresight))
		snprintf(text, size, "\"%s\" leads to it, and is seen: %s",
				 foresight->cause_name, foresight->indicator);
	else
		snprintf(
			text, size,
			"failure %lld most probably comes from \"%s\", which leads to it",
			(long long) foresight->failure, foresight->cause_name);
}

void
heal_foresight_describe(const HealForesight *foresight, HealTime now,
						char *text, size_t size)
{
	char evidence[HEAL_FORESIGHT_EVIDENCE];
	char when[HEAL_DURATION_SIZE];

	heal_foresight_evidence(foresight, evidence, sizeof(evidence));
	if (foresight->expected > now)
		snprintf(text, size, "\"%s\" in about %s, %.0f %% likely: %s",
				 foresight->effect_name,
				 heal_duration_format(foresight->expected - now, when),
				 100 * foresight->probability, evidence);
	else
		snprintf(text, size, "\"%s\" any moment, %.0f %% likely: %s",
				 foresight->effect_name, 100 * foresight->probability,
				 evidence);
}
