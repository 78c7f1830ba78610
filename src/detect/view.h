/*
 * view.h
 *		One row of a metric in several views, each judged by its own past.
 *
 * Part of the detector; others use detector.h.
 */
#ifndef HEAL_VIEW_H
#define HEAL_VIEW_H

#include "detect/detector.h"

/* A row as all views see it, before anything is learnt from it. */
typedef struct HealLook
{
	HealTime at;
	double value;	/* relative to the origin */
	bool neighbour; /* the row before is near enough in time to compare */
	bool later;		/* than the row before */
	int part[2];	/* of the day, of the week */
	double prediction[HEAL_PREDICTORS]; /* NaN = none */
	double residual;					/* from the best slow prediction */
	double cusum[2];					/* downwards, upwards */
	double seen[HEAL_VIEWS];			/* what each looks at; NaN = nothing */
	double width[HEAL_VIEWS];
	double score[HEAL_VIEWS];
	bool upper[HEAL_VIEWS];
	HealView loudest;
	double most; /* its score, less its handicap; NaN = learning */
} HealLook;

extern const int heal_view_capacity[HEAL_VIEWS]; /* values kept of each */

extern void heal_view_look(const HealDetector *detector, double value,
						   HealTime at, HealLook *look);
/*
 * Takes the row in: `whole` = for certain, else by chance; a view that finds it stranger
 * than `strangest` learns the value at which it would just be that strange.
 */
extern void heal_view_learn(HealDetector *detector, const HealLook *look,
							double strangest, bool whole);
/* What is about neighbours only, and goes on while nothing is learnt. */
extern void heal_view_pass(HealDetector *detector, const HealLook *look);

extern const float *
heal_view_values(const HealDetector *detector, HealView view);
extern double heal_view_width(const HealDetector *detector, HealView view);

#endif
