/*
 * outline.h
 *		What the rules of the forecast look at: the blocks in order, and what is plain about them.
 */
#ifndef HEAL_OUTLINE_H
#define HEAL_OUTLINE_H

#include "predict/forecast.h"

#define HEAL_OUTLINE_PEAKS 24

typedef struct HealPeak
{
	int at; /* index of its block */
	double height;
	double floor; /* lowest between the peak before and this one */
} HealPeak;

typedef struct HealOutline
{
	int count;
	double mean
		[HEAL_FORECAST_BLOCKS]; /* oldest first; gaps are filled by a line */
	double high[HEAL_FORECAST_BLOCKS];
	double flat
		[HEAL_FORECAST_BLOCKS]; /* mean without steps upwards; equal to it at the end */
	double noise; /* deviation of a step from block to block, steps left out */
	double above; /* the highest row of a block stands so far above its mean */
	double above_noise;
	/* Steps: what was moved within six blocks at most. */
	int rises;
	int falls;
	double rise_mean;
	double rise_square; /* mean of squares */
	/* Peaks that were left again, oldest first. */
	int peaks;
	HealPeak peak[HEAL_OUTLINE_PEAKS];
	double swing;	  /* a fall counts from this height on */
	double floor_now; /* lowest since the newest peak */
	int floor_at;
} HealOutline;

/* A rule's answer, in blocks and shares. */
typedef struct HealRuling
{
	bool speaks;
	double probability;
	double eta;	   /* blocks; NaN = never */
	double spread; /* deviation of the level at the horizon */
	double climb;  /* to the horizon */
	double rate;   /* a block */
	int span;	   /* blocks */
} HealRuling;

extern void heal_outline_fill(HealOutline *view, const HealForecast *forecast);
/* Blocks after which it has been so before; 0 = nothing recurs. */
extern int heal_outline_period(const HealOutline *view);

/* What may recur: a step or two do not, and look as if they did once a line is taken off. */
extern const double *heal_outline_recurring(const HealOutline *view);

/* The rules. */
extern HealRuling heal_rule_trend(const HealOutline *view, bool *bends);
extern HealRuling heal_rule_climb(const HealOutline *view);
extern HealRuling heal_rule_season(const HealOutline *view, int period);
extern HealRuling
heal_rule_peaks(const HealOutline *view, const HealRuling *trend);

/* Of a normal distribution. */
extern double heal_rule_probability(double z);

#endif
