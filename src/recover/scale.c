/*
 * scale.c
 *		The settings that are raised for a while, by how much, and up to where.
 *
 * Steps of two are large enough to be felt and small enough to be no jump into the unknown; eight times what
 * an administrator chose is as far as anybody may go without asking. The bounds of parameter.c hold besides.
 */
#include "recover/scale.h"

#include <math.h>
#include <string.h>

#include "recover/parameter.h"

#define WORTH_IT 1.1 /* times; less is not worth a change */

const HealScale heal_scales[] = {
	{"max_wal_size", "MB", 2, 8,
	 "it grows by no more than a quarter of the free space on the volume of the WAL",
	 false},
	{"autovacuum_vacuum_cost_limit", "", 2, 8,
	 "10000, which is the server's own", false},
	{"work_mem", "kB", 2, 8,
	 "2 GB, and a quarter of the memory available for all sessions of the role at once",
	 true},
};
const int heal_scale_count = heal_lengthof(heal_scales);

const HealScale *
heal_scale_find(const char *parameter)
{
	for (int i = 0; i < heal_scale_count; i++)
		if (strcmp(heal_scales[i].parameter, parameter) == 0)
			return &heal_scales[i];
	return NULL;
}

static double
limit_of(const HealScale *scale, double original, double room)
{
	const HealParameter *allowed = heal_parameter_find(
		scale->parameter, scale->of_role ? HEAL_AT_SESSION : HEAL_AT_SERVER);
	double limit = fmin(original * scale->most, room);

	return allowed != NULL ? fmin(limit, allowed->maximum) : 0;
}

double
heal_scale_next(const HealScale *scale, double now, double original,
				double needed, double room)
{
	double value = now;
	double limit;

	/* written so that what is not a number leads to nothing */
	if (!(now > 0 && original > 0 && room > 0) || isnan(needed))
		return 0;
	limit = limit_of(scale, original, room);
	do
		value *= scale->step;
	while (value < needed && value < limit);
	value = floor(fmin(value, limit));
	return value >= WORTH_IT * now ? value : 0;
}
