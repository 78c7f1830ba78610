/*
 * forecast.h
 *		When something bounded runs out, told from how it has been used.
 *
 * One state per resource, fed one sample a row: the share used of what there is, 1 = all
 * of it. Rows are evenly spaced, by whatever time the caller likes; everything here counts
 * in rows. What a row costs does not grow with their number: every tenth closes a block,
 * and only then is all of it looked at.
 */
#ifndef HEAL_FORECAST_H
#define HEAL_FORECAST_H

#include "base/types.h"

#define HEAL_FORECAST_BLOCK 10	  /* rows that are one mean */
#define HEAL_FORECAST_HORIZON 240 /* rows: so far ahead an alarm looks */
#define HEAL_FORECAST_BLOCKS 432  /* kept: three days of minutes */
#define HEAL_FORECAST_BAR 0.7	  /* probability that raises an alarm */
/* That of an end within half a horizon, or of what is nearly full: to miss it costs more. */
#define HEAL_FORECAST_NEAR_BAR 0.5
#define HEAL_FORECAST_KEPT 0.35 /* below it an alarm ends */
#define HEAL_FORECAST_SETTLED 6 /* blocks it must last, to begin and to end */

/* Why the forecast says what it says. */
typedef enum HealForecastRule
{
	HEAL_FORECAST_NONE,	  /* too little is known, or it does not grow */
	HEAL_FORECAST_TREND,  /* a straight line */
	HEAL_FORECAST_CURVE,  /* a line that bends */
	HEAL_FORECAST_SEASON, /* the same hours before, moved by the drift */
	HEAL_FORECAST_PEAKS,  /* where the peaks of a saw-tooth go */
	HEAL_FORECAST_CLIMB,  /* a climb larger than any usual one has begun */
	HEAL_FORECAST_FULL,	  /* it has run out */
	HEAL_FORECAST_RULES
} HealForecastRule;

typedef struct HealOutlook
{
	double probability; /* that it runs out within the horizon, 0..1 */
	double eta;			/* rows until it does; NaN = not foreseen */
	double earliest;	/* rows; one in ten comes before it; NaN with eta */
	double latest;		/* one in ten comes after it; NaN = or never */
	double level;		/* share used that the rule starts from */
	double rate;		/* share a row, as the rule sees it; NaN = none */
	int32_t rule;		/* HealForecastRule */
	int32_t span;		/* rows the rule rests on */
} HealOutlook;

typedef struct HealForecast
{
	/* Closed blocks; number n stands at n modulo HEAL_FORECAST_BLOCKS. NaN = missing. */
	float mean[HEAL_FORECAST_BLOCKS];
	float high[HEAL_FORECAST_BLOCKS];
	int64_t blocks; /* closed, ever */
	/* The block that is open. */
	int32_t rows;
	int32_t present; /* of them with a value */
	double sum;
	double highest;
	/* What is foreseen. */
	HealOutlook outlook; /* as of the newest closed block */
	int32_t period;		 /* blocks of what recurs; 0 = nothing does */
	int32_t
		lasting; /* blocks in a row that speak for the other state of the alarm */
	bool alarm;
	bool full; /* as of the newest row with a value */
} HealForecast;

/* A state of all zeros knows nothing. The next row; NaN and infinities are missing. */
extern void heal_forecast_feed(HealForecast *forecast, double used);
/* What is foreseen as of the newest row. */
extern HealOutlook heal_forecast_outlook(const HealForecast *forecast);
/* The capacity has changed: what was a share of the old one is times this of the new. */
extern void heal_forecast_rescale(HealForecast *forecast, double factor);
extern const char *heal_forecast_rule_name(HealForecastRule rule);

#endif
