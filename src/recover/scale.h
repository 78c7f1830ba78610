/*
 * scale.h
 *		The settings that are raised for a while, by how much, and up to where.
 */
#ifndef HEAL_SCALE_H
#define HEAL_SCALE_H

#include "base/types.h"

typedef struct HealScale
{
	const char *parameter;
	const char *unit;  /* as the value is written */
	double step;	   /* times, until it is enough */
	double most;	   /* times what it was before the first raise */
	const char *bound; /* sentence: what else bounds it */
	bool of_role;	   /* of a role, and one step at a time */
} HealScale;

extern const HealScale heal_scales[];
extern const int heal_scale_count;

extern const HealScale *heal_scale_find(const char *parameter); /* or NULL */
/*
 * The value to raise it to: as few steps as reach what is needed, one at least, and never more than the
 * bounds allow. 0 = there is no room for anything worth it, or something is not known.
 */
extern double heal_scale_next(const HealScale *scale, double now,
							  double original, double needed, double room);

#endif
