/*
 * forecast.c
 *		When something bounded runs out, told from how it has been used.
 *
 * No single slope works: saw-teeth, daily swings, bulk loads and noise each make another
 * one lie. So there are several rules, and which one speaks is told with the answer. The
 * first that fits does: a climb larger than any usual one; the same hours before, where
 * something recurs; the peaks, where it has come down before - a height that was left
 * before is no news; else the straight or bent line that is determined best.
 *
 * The alarm is slow on purpose: what lasts less than six blocks is a load that ends.
 */
#include "predict/forecast.h"

#include <math.h>
#include <string.h>

#include "predict/outline.h"

#define FEWEST_BLOCKS 12
#define PERIOD_EVERY 6	   /* blocks: looking for one is dear */
#define LIKELY_SPAN 1.2816 /* deviations to each side that hold 80 % */
#define HEAL_FORECAST_NEAR_BAR \
	0.5 /* of an end within half a horizon: to miss it costs more */
#define NEAR_LEVEL 0.9
#define YOUNG (4 * HEAL_FORECAST_HORIZON) /* rows */
#define URGENT 0.95 /* as likely as that needs no settling when it is near */

static const HealOutlook nothing = {
	.eta = NAN,
	.earliest = NAN,
	.latest = NAN,
	.level = NAN,
	.rate = NAN,
};

static void
fill_outlook(HealOutlook *outlook, const HealOutline *view,
			 const HealRuling *ruling, HealForecastRule rule)
{
	double climb = ruling->climb;
	double share = climb > 0 ? LIKELY_SPAN * ruling->spread / climb : INFINITY;

	outlook->rule = rule;
	outlook->probability = ruling->probability;
	outlook->eta = ruling->eta * HEAL_FORECAST_BLOCK;
	outlook->level = view->mean[view->count - 1];
	outlook->rate = ruling->rate / HEAL_FORECAST_BLOCK;
	outlook->span = ruling->span * HEAL_FORECAST_BLOCK;
	outlook->earliest = outlook->eta / (1 + share);
	outlook->latest = share < 1 ? outlook->eta / (1 - share) : NAN;
	if (!isfinite(outlook->eta))
		outlook->earliest = outlook->latest = NAN;
}

/* Which rule fits. */
static void
look_ahead(HealForecast *forecast)
{
	HealOutline view;
	HealOutlook *outlook = &forecast->outlook;
	HealForecastRule rule = HEAL_FORECAST_TREND;
	HealRuling ruling;
	HealRuling trend;
	HealRuling climb;
	HealRuling season;
	HealRuling peaks;
	bool bends;

	*outlook = nothing;
	heal_outline_fill(&view, forecast);
	if (view.count < FEWEST_BLOCKS)
		return;
	if (forecast->blocks % PERIOD_EVERY == 0)
		forecast->period = heal_outline_period(&view);
	trend = heal_rule_trend(&view, &bends);
	season = heal_rule_season(&view, forecast->period);
	peaks = heal_rule_peaks(&view, &trend);
	climb = heal_rule_climb(&view);
	ruling = trend;
	if (bends)
		rule = HEAL_FORECAST_CURVE;
	if (peaks.speaks)
	{
		ruling = peaks;
		rule = HEAL_FORECAST_PEAKS;
	}
	if (season.speaks)
	{
		ruling = season;
		rule = HEAL_FORECAST_SEASON;
	}
	if (climb.speaks && climb.probability > ruling.probability)
	{
		ruling = climb;
		rule = HEAL_FORECAST_CLIMB;
	}
	if (ruling.speaks)
		fill_outlook(outlook, &view, &ruling, rule);
}

/*
 * Rows ahead that are worth an alarm. A series seen for a short while may be one side of a
 * swing, or on its way to a level where it stays: then only what is near is.
 */
static double
farthest_believed(const HealForecast *forecast)
{
	int64_t rows = forecast->blocks * HEAL_FORECAST_BLOCK;

	if (rows < HEAL_FORECAST_HORIZON)
		return rows / 4.0;
	if (rows < YOUNG)
		return HEAL_FORECAST_HORIZON / 2.0;
	return INFINITY;
}

/* What speaks for the other state of the alarm must last. */
static void
judge(HealForecast *forecast)
{
	const HealOutlook *outlook = &forecast->outlook;
	bool near = outlook->eta < HEAL_FORECAST_HORIZON / 2 ||
				(outlook->eta < 2 * HEAL_FORECAST_HORIZON &&
				 outlook->level > NEAR_LEVEL);
	bool other;

	if (forecast->alarm)
		other = outlook->probability < HEAL_FORECAST_KEPT;
	else
		other = outlook->probability >=
					(near ? HEAL_FORECAST_NEAR_BAR : HEAL_FORECAST_BAR) &&
				outlook->eta < farthest_believed(forecast);
	forecast->lasting = other ? forecast->lasting + 1 : 0;
	if (forecast->lasting >= HEAL_FORECAST_SETTLED ||
		(!forecast->alarm && other && outlook->probability >= URGENT &&
		 outlook->eta < HEAL_FORECAST_HORIZON / 4 && forecast->lasting >= 3))
	{
		forecast->alarm = !forecast->alarm;
		forecast->lasting = 0;
	}
}

static void
close_block(HealForecast *forecast)
{
	int place = (int) (forecast->blocks % HEAL_FORECAST_BLOCKS);

	forecast->mean[place] = forecast->present > 0
								? (float) (forecast->sum / forecast->present)
								: NAN;
	forecast->high[place] =
		forecast->present > 0 ? (float) forecast->highest : NAN;
	forecast->blocks++;
	forecast->rows = forecast->present = 0;
	forecast->sum = 0;
	if (!isfinite(forecast->mean[place]))
		return; /* what was foreseen goes on to be */
	look_ahead(forecast);
	judge(forecast);
}

void
heal_forecast_feed(HealForecast *forecast, double used)
{
	forecast->rows++;
	if (isfinite(used))
	{
		forecast->highest = forecast->present == 0 || used > forecast->highest
								? used
								: forecast->highest;
		forecast->sum += used;
		forecast->present++;
		forecast->full = used >= 1;
	}
	if (forecast->rows >= HEAL_FORECAST_BLOCK)
		close_block(forecast);
}

HealOutlook
heal_forecast_outlook(const HealForecast *forecast)
{
	HealOutlook outlook = forecast->outlook;

	if (outlook.rule == HEAL_FORECAST_NONE)
		outlook = nothing;
	if (forecast->full)
	{
		outlook.rule = HEAL_FORECAST_FULL;
		outlook.probability = 1;
		outlook.eta = outlook.earliest = outlook.latest = 0;
		outlook.level = 1;
		return outlook;
	}
	/* time has gone on since the block closed */
	if (isfinite(outlook.eta))
	{
		outlook.eta = fmax(outlook.eta - forecast->rows, 1);
		outlook.earliest = fmax(outlook.earliest - forecast->rows, 1);
	}
	if (isfinite(outlook.latest))
		outlook.latest = fmax(outlook.latest - forecast->rows, 1);
	return outlook;
}

void
heal_forecast_rescale(HealForecast *forecast, double factor)
{
	if (!isfinite(factor) || factor <= 0 || factor == 1)
		return;
	for (int i = 0; i < HEAL_FORECAST_BLOCKS; i++)
	{
		forecast->mean[i] = (float) (forecast->mean[i] * factor);
		forecast->high[i] = (float) (forecast->high[i] * factor);
	}
	forecast->sum *= factor;
	forecast->highest *= factor;
	forecast->full = false;
	if (forecast->blocks > 0)
		look_ahead(forecast);
}

const char *
heal_forecast_rule_name(HealForecastRule rule)
{
	static const char *const names[HEAL_FORECAST_RULES] = {
		[HEAL_FORECAST_NONE] = "none",	  [HEAL_FORECAST_TREND] = "trend",
		[HEAL_FORECAST_CURVE] = "curve",  [HEAL_FORECAST_SEASON] = "season",
		[HEAL_FORECAST_PEAKS] = "peaks",  [HEAL_FORECAST_CLIMB] = "climb",
		[HEAL_FORECAST_FULL] = "used up",
	};

	return rule >= 0 && rule < HEAL_FORECAST_RULES ? names[rule] : "none";
}
