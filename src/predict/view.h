/*
 * view.h
 *		What the rules of the forecast look at: the blocks in order, and what is plain about them.
 */
#ifndef HEAL_VIEW_H
#define HEAL_VIEW_H

#include "predict/forecast.h"

#define HEAL_VIEW_PEAKS 24

typedef struct HealPeak
{
	int at; /* index of its block */
	double height;
	double floor; /* lowest between the peak before and this one */
} HealPeak;

typedef struct HealView
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
	HealPeak peak[HEAL_VIEW_PEAKS];
	double swing;	  /* a fall counts from this height on */
	double floor_now; /* lowest since the newest peak */
	int floor_at;
} HealView;

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

extern void heal_view_fill(HealView *view, const HealForecast *forecast);
/* Blocks after which it has been so before; 0 = nothing recurs. */
extern int heal_view_period(const HealView *view);

/* What may recur: a step or two do not, and look as if they did once a line is taken off. */
extern const double *heal_view_recurring(const HealView *view);

/* The rules. */
extern HealRuling heal_rule_trend(const HealView *view, bool *bends);
extern HealRuling heal_rule_climb(const HealView *view);
extern HealRuling heal_rule_season(const HealView *view, int period);
extern HealRuling
heal_rule_peaks(const HealView *view, const HealRuling *trend);

/* Of a normal distribution. */
extern double heal_rule_probability(double z);

#endif
