/*
 * bounded.c
 *		What can run out: its forecast, the prediction that stands, and what became of those before.
 */
#include "predict/bounded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detect/failure_proof.h"

#define USED_UP 0.9995	  /* of what there is */
#define ROOM_AGAIN 0.995  /* below it, it is not used up any more */
#define AVERTED_BY 0.05	  /* of the capacity: so much room was made */
#define MORE_OF_IT 1.01	  /* times the capacity there was */
#define LEAST_HISTORY 120 /* rows: what runs out sooner was not missed */
#define LEAST_SAID 0.05	  /* lower ones say nothing and are too many */
#define JUDGED_AFTER 2	  /* horizons */
#define FORGOTTEN (3 * HEAL_FORECAST_HORIZON) /* rows missed in a row */
#define UNSEEN_ROWS 10

const HealBoundedKindRow heal_bounded_kinds[HEAL_BOUNDED_KINDS] = {
	[HEAL_BOUNDED_DISK] = {"disk", "storage", "bytes", HEAL_MINUTE,
						   "Space of a file system that the server writes to."},
	[HEAL_BOUNDED_INODES] =
		{"inodes", "storage", "count", HEAL_MINUTE,
		 "Files that a file system the server writes to has room for."},
	[HEAL_BOUNDED_CONNECTIONS] = {"connection_slots", "sessions", "count",
								  HEAL_MINUTE, "Client connection slots."},
	[HEAL_BOUNDED_TRANSACTION_IDS] =
		{"transaction_ids", "transactions", "transactions", 15 * HEAL_MINUTE,
		 "Transaction ids until the server assigns no more."},
	[HEAL_BOUNDED_MULTIXACT_IDS] =
		{"multixact_ids", "transactions", "transactions", 15 * HEAL_MINUTE,
		 "Multixact ids until the server assigns no more."},
	[HEAL_BOUNDED_FREEZING] =
		{"freezing", "maintenance", "transactions", 15 * HEAL_MINUTE,
		 "Transactions that autovacuum is behind with freezing, until vacuum_failsafe_age."},
	[HEAL_BOUNDED_SEQUENCE] =
		{"sequence", "schema", "share", 15 * HEAL_MINUTE,
		 "Values of a sequence, or of the type of its column; watched once 80 % are used."},
	[HEAL_BOUNDED_SLOT_WAL] =
		{"slot_wal", "replication", "bytes", HEAL_MINUTE,
		 "WAL that a replication slot may keep, or the disk has room for."},
	[HEAL_BOUNDED_MEMORY] = {"memory", "memory", "share", HEAL_MINUTE,
							 "Memory of the machine that is not available."},
};

double
heal_bounded_share(const HealUse *use)
{
	return use->limit > 0 ? use->used / use->limit : NAN;
}

HealBounded *
heal_bounded_find(HealPredictions *all, const HealUse *use)
{
	HealBounded *vacant = NULL;

	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
	{
		HealBounded *bounded = &all->bounded[i];

		if (bounded->taken && bounded->use.kind == use->kind &&
			bounded->use.key == use->key)
			return bounded;
		if (!bounded->taken && vacant == NULL)
			vacant = bounded;
	}
	if (vacant == NULL)
		return NULL;
	memset(vacant, 0, sizeof(*vacant));
	vacant->taken = true;
	vacant->use = *use;
	/* not all of them are to close their blocks at the same moment */
	for (int i = 0; i < (vacant - all->bounded) % HEAL_FORECAST_BLOCK; i++)
		heal_forecast_feed(&vacant->forecast, NAN);
	return vacant;
}

/* Ends the prediction that stands, and counts it. */
static HealBoundedNews
end_prediction(HealPredictions *all, HealBounded *bounded,
			   HealPredictionState state, HealTime now, HealPrediction *ended)
{
	HealPrediction *prediction = &bounded->prediction;
	HealPredictionStats *stats = &all->stats[bounded->use.kind];

	prediction->state = state;
	prediction->ended_at = now;
	stats->came_true += state == HEAL_PREDICTION_CAME_TRUE;
	stats->averted += state == HEAL_PREDICTION_AVERTED;
	stats->passed += state == HEAL_PREDICTION_PASSED;
	stats->gone += state == HEAL_PREDICTION_GONE;
	if (state == HEAL_PREDICTION_CAME_TRUE)
		stats->lead += (double) (now - prediction->opened_at) / HEAL_SECOND;
	*ended = *prediction;
	prediction->state = HEAL_PREDICTION_NONE;
	return HEAL_BOUNDED_ENDED;
}

HealTime
heal_bounded_moment(int kind, double rows, HealTime from)
{
	double ahead = rows * (double) heal_bounded_kinds[kind].row;

	if (!isfinite(rows) || ahead > 100.0 * 366 * HEAL_DAY)
		return 0;
	return from + (HealTime) ahead;
}

static void
refresh(HealBounded *bounded, HealTime now)
{
	HealPrediction *prediction = &bounded->prediction;
	int kind = bounded->use.kind;

	prediction->outlook = heal_forecast_outlook(&bounded->forecast);
	prediction->used = bounded->use.used;
	prediction->limit = bounded->use.limit;
	prediction->probability = prediction->outlook.probability;
	prediction->expected =
		heal_bounded_moment(kind, prediction->outlook.eta, now);
	prediction->earliest =
		heal_bounded_moment(kind, prediction->outlook.earliest, now);
	prediction->latest =
		heal_bounded_moment(kind, prediction->outlook.latest, now);
}

static HealBoundedNews
open_prediction(HealPredictions *all, HealBounded *bounded, HealTime now)
{
	HealPrediction *prediction = &bounded->prediction;

	memset(prediction, 0, sizeof(*prediction));
	prediction->id = ++all->last_id;
	prediction->kind = bounded->use.kind;
	prediction->state = HEAL_PREDICTION_OPEN;
	memcpy(prediction->subject, bounded->use.subject,
		   sizeof(prediction->subject));
	prediction->opened_at = now;
	refresh(bounded, now);
	prediction->expected_first = prediction->expected;
	prediction->probability_first = prediction->probability;
	prediction->share_first = heal_bounded_share(&bounded->use);
	prediction->limit_first = bounded->use.limit;
	all->stats[bounded->use.kind].opened++;
	return HEAL_BOUNDED_OPENED;
}

static void
judge_said(HealPredictions *all, HealBounded *bounded, bool came)
{
	int tenth = (int) (bounded->said * HEAL_SAID);

	tenth = tenth < HEAL_SAID ? tenth : HEAL_SAID - 1;
	all->calibration.said[tenth]++;
	all->calibration.came[tenth] += came;
	all->calibration.sum[tenth] += bounded->said;
	bounded->said_until = 0;
}

/* One probability a horizon, so that those counted do not overlap. */
static void
calibrate(HealPredictions *all, HealBounded *bounded, HealTime now)
{
	const HealOutlook *outlook = &bounded->forecast.outlook;
	HealTime horizon =
		heal_bounded_kinds[bounded->use.kind].row * HEAL_FORECAST_HORIZON;

	if (bounded->said_until != 0 && bounded->used_up)
		judge_said(all, bounded, true);
	else if (bounded->said_until != 0 && (now >= bounded->said_until ||
										  now < bounded->said_until - horizon))
		judge_said(all, bounded, false);
	if (bounded->said_until == 0 && !bounded->used_up &&
		outlook->rule != HEAL_FORECAST_NONE &&
		outlook->probability >= LEAST_SAID)
	{
		bounded->said = outlook->probability;
		bounded->said_until = now + horizon;
	}
}

static HealPredictionState
why_it_ended(const HealBounded *bounded)
{
	const HealPrediction *prediction = &bounded->prediction;
	double share = heal_bounded_share(&bounded->use);

	if (bounded->use.limit > MORE_OF_IT * prediction->limit_first ||
		share < prediction->share_first - AVERTED_BY)
		return HEAL_PREDICTION_AVERTED;
	return HEAL_PREDICTION_PASSED;
}

/* An alarm is kept for longer than what raised it: that alone is no new prediction. */
static bool
is_likely(const HealBounded *bounded)
{
	return bounded->forecast.alarm &&
		   bounded->forecast.outlook.probability >= HEAL_FORECAST_NEAR_BAR;
}

static HealBoundedNews
judge(HealPredictions *all, HealBounded *bounded, HealTime now,
	  HealPrediction *ended)
{
	bool was_used_up = bounded->used_up;
	bool stands = bounded->prediction.state == HEAL_PREDICTION_OPEN;
	double share = heal_bounded_share(&bounded->use);
	HealTime longest = JUDGED_AFTER * HEAL_FORECAST_HORIZON *
					   heal_bounded_kinds[bounded->use.kind].row;

	if (!isfinite(share))
		return HEAL_BOUNDED_NOTHING;
	bounded->used_up = share >= (was_used_up ? ROOM_AGAIN : USED_UP);
	calibrate(all, bounded, now);
	if (stands)
		refresh(bounded, now);
	if (stands && bounded->used_up)
		return end_prediction(all, bounded, HEAL_PREDICTION_CAME_TRUE, now,
							  ended);
	if (stands && !bounded->forecast.alarm)
		return end_prediction(all, bounded, why_it_ended(bounded), now, ended);
	if (stands && now - bounded->prediction.opened_at > longest)
		return end_prediction(all, bounded, HEAL_PREDICTION_PASSED, now, ended);
	if (!stands && !bounded->used_up && !was_used_up && is_likely(bounded))
		return open_prediction(all, bounded, now);
	if (!stands && bounded->used_up && !was_used_up &&
		bounded->rows >= LEAST_HISTORY)
	{
		all->stats[bounded->use.kind].missed++;
		return HEAL_BOUNDED_MISSED;
	}
	return HEAL_BOUNDED_NOTHING;
}

/* The limit moves a little all the time where it is what a disk has free: history goes along. */
static void
take_use(HealBounded *bounded, const HealUse *use)
{
	if (isfinite(use->limit) && use->limit > 0 &&
		isfinite(bounded->use.limit) && bounded->use.limit > 0 &&
		use->limit != bounded->use.limit)
		heal_forecast_rescale(&bounded->forecast,
							  bounded->use.limit / use->limit);
	if (!isfinite(use->limit) || use->limit <= 0)
		return;
	bounded->use = *use;
}

HealBoundedNews
heal_bounded_feed(HealPredictions *all, HealBounded *bounded,
				  const HealUse *use, HealTime now, HealPrediction *ended)
{
	HealTime row = heal_bounded_kinds[use->kind].row;
	int64_t due = bounded->row_at == 0 ? 1 : (now - bounded->row_at) / row;

	bounded->seen_at = now;
	if (now < bounded->row_at)
	{
		bounded->row_at = now; /* the clock was set back */
		return HEAL_BOUNDED_NOTHING;
	}
	if (due == 0)
		return HEAL_BOUNDED_NOTHING;
	take_use(bounded, use);
	if (due > FORGOTTEN)
	{
		memset(&bounded->forecast, 0, sizeof(bounded->forecast));
		bounded->rows = 0;
		due = 1;
		bounded->row_at = now - row;
	}
	for (int64_t i = 1; i < due; i++)
		heal_forecast_feed(&bounded->forecast, NAN);
	heal_forecast_feed(&bounded->forecast, heal_bounded_share(use));
	bounded->row_at = bounded->row_at == 0 ? now : bounded->row_at + due * row;
	if (bounded->rows < HEAL_FORECAST_HORIZON)
		bounded->rows++;
	return judge(all, bounded, now, ended);
}

void
heal_bounded_begin(HealPredictions *all, HealTime looked_at, HealTime now)
{
	if (looked_at != 0 && now - looked_at <= HEAL_BOUNDED_ASLEEP)
		return;
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
		all->bounded[i].seen_at = now;
}

HealBoundedNews
heal_bounded_age(HealPredictions *all, HealBounded *bounded, HealTime now,
				 HealPrediction *ended)
{
	HealTime longest = UNSEEN_ROWS * heal_bounded_kinds[bounded->use.kind].row;

	if (!bounded->taken || now < bounded->seen_at ||
		now - bounded->seen_at <= longest)
		return HEAL_BOUNDED_NOTHING;
	bounded->taken = false;
	if (bounded->prediction.state != HEAL_PREDICTION_OPEN)
		return HEAL_BOUNDED_NOTHING;
	return end_prediction(all, bounded, HEAL_PREDICTION_GONE, now, ended);
}

const char *
heal_prediction_state_name(HealPredictionState state)
{
	static const char *const names[] = {
		[HEAL_PREDICTION_NONE] = "none",
		[HEAL_PREDICTION_OPEN] = "open",
		[HEAL_PREDICTION_CAME_TRUE] = "came true",
		[HEAL_PREDICTION_AVERTED] = "averted",
		[HEAL_PREDICTION_PASSED] = "passed",
		[HEAL_PREDICTION_GONE] = "gone",
	};

	return names[state];
}

void
heal_bounded_name(int kind, const char *subject, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", heal_bounded_kinds[kind].name,
			 subject[0] != '\0' ? " " : "", subject);
}

static const char *const sentences[HEAL_FORECAST_RULES] = {
	[HEAL_FORECAST_TREND] = "it grows in a line",
	[HEAL_FORECAST_CURVE] = "it grows, and the growth changes",
	[HEAL_FORECAST_SEASON] =
		"it moves as at the same hours before, from period to period",
	[HEAL_FORECAST_PEAKS] = "it rises and falls, and its peaks move",
	[HEAL_FORECAST_CLIMB] = "a climb larger than any usual one has begun",
};

#define NEXT_TO_NOTHING 0.05 /* percent a horizon */

void
heal_bounded_evidence(int kind, const HealOutlook *outlook, char *text,
					  size_t size)
{
	HealTime row = heal_bounded_kinds[kind].row;
	double percent = outlook->rate * HEAL_FORECAST_HORIZON * 100;
	char horizon[HEAL_DURATION_SIZE];
	char span[HEAL_DURATION_SIZE];

	heal_duration_format(HEAL_FORECAST_HORIZON * row, horizon);
	heal_duration_format(outlook->span * row, span);
	if (outlook->rule == HEAL_FORECAST_FULL)
		snprintf(text, size, "it is used up");
	else if (outlook->rule <= HEAL_FORECAST_NONE ||
			 outlook->rule >= HEAL_FORECAST_FULL)
		snprintf(text, size, "too little is known yet");
	else if (fabs(percent) < NEXT_TO_NOTHING)
		snprintf(text, size, "it does not grow, by the last %s", span);
	else
		snprintf(
			text, size,
			"%s: %+.2g %% of the capacity in %s, from %.3g %%, by the last %s",
			percent < 0 && outlook->rule == HEAL_FORECAST_TREND
				? "it shrinks"
				: sentences[outlook->rule],
			percent, horizon, outlook->level * 100, span);
}

void
heal_prediction_describe(const HealPrediction *prediction, HealTime now,
						 char *text, size_t size)
{
	char evidence[200];
	char left[HEAL_DURATION_SIZE];
	char earliest[HEAL_DURATION_SIZE];
	char latest[HEAL_DURATION_SIZE];
	double share =
		prediction->limit > 0 ? prediction->used / prediction->limit : NAN;

	heal_bounded_evidence(prediction->kind, &prediction->outlook, evidence,
						  sizeof(evidence));
	if (prediction->expected == 0)
	{
		snprintf(text, size, "%.1f %% used; no end is foreseen: %s",
				 share * 100, evidence);
		return;
	}
	snprintf(text, size,
			 "%.1f %% used; used up in about %s (%s to %s), %.0f %% likely "
			 "within the horizon: %s",
			 share * 100,
			 heal_duration_format(prediction->expected - now, left),
			 heal_duration_format(prediction->earliest - now, earliest),
			 prediction->latest != 0
				 ? heal_duration_format(prediction->latest - now, latest)
				 : "never",
			 prediction->probability * 100, evidence);
}
