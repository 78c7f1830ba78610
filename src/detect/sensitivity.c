/*
 * sensitivity.c
 *		How easily a metric alarms: low, normal, high, or so many false alarms a day.
 */
#include "detect/sensitivity.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define NORMAL_RATE (1.0 / 7) /* a day */
#define STEP 7.0			  /* between two words */
#define STEP_SHARE (1.0 / 6)  /* of the threshold */
#define LEAST_SHARE 0.5
#define MOST_SHARE 3.0
#define USUAL_THRESHOLD 3.0
#define LEAST_RATE 1e-9

static const struct
{
	const char *name;
	double per_day;
} levels[] = {
	[HEAL_SENSITIVITY_LOW] = {"low", NORMAL_RATE / STEP},
	[HEAL_SENSITIVITY_NORMAL] = {"normal", NORMAL_RATE},
	[HEAL_SENSITIVITY_HIGH] = {"high", NORMAL_RATE *STEP},
};

/*
 * On a healthy server hardly anybody is refused or finds data damaged, so what deviates
 * there means more than a load that comes and goes.
 */
static const struct
{
	const char *category;
	HealSensitivityLevel level;
} defaults[] = {
	{"performance", HEAL_SENSITIVITY_NORMAL},
	{"security", HEAL_SENSITIVITY_HIGH},
	{"data_quality", HEAL_SENSITIVITY_HIGH},
	{"resource", HEAL_SENSITIVITY_NORMAL},
};

const char *
heal_sensitivity_name(HealSensitivityLevel level)
{
	return level < heal_lengthof(levels) ? levels[level].name : NULL;
}

int
heal_sensitivity_lookup(const char *name)
{
	for (size_t i = 0; i < heal_lengthof(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return (int) i;
	return -1;
}

double
heal_sensitivity_rate(HealSensitivityLevel level)
{
	return levels[level].per_day;
}

HealSensitivityLevel
heal_sensitivity_default(const char *category)
{
	for (size_t i = 0; i < heal_lengthof(defaults); i++)
		if (strcmp(defaults[i].category, category) == 0)
			return defaults[i].level;
	return HEAL_SENSITIVITY_NORMAL;
}

const HealSensitivity *
heal_sensitivity_find(const HealSensitivity *list, const char *scope)
{
	for (int i = 0; i < HEAL_MAX_SENSITIVITIES; i++)
		if (list[i].in_force && strcmp(list[i].scope, scope) == 0)
			return &list[i];
	return NULL;
}

bool
heal_sensitivity_store(HealSensitivity *list,
					   const HealSensitivity *sensitivity)
{
	HealSensitivity *slot =
		(HealSensitivity *) heal_sensitivity_find(list, sensitivity->scope);

	for (int i = 0; slot == NULL && i < HEAL_MAX_SENSITIVITIES; i++)
		if (!list[i].in_force)
			slot = &list[i];
	if (slot == NULL)
		return false;
	if (sensitivity->in_force)
		*slot = *sensitivity;
	else
		memset(slot, 0, sizeof(*slot));
	return true;
}

bool
heal_sensitivity_valid(const HealSensitivity *sensitivity)
{
	return sensitivity->level >= HEAL_SENSITIVITY_LOW &&
		   sensitivity->level <= HEAL_SENSITIVITY_BY_RATE &&
		   sensitivity->per_day >= HEAL_LEAST_FALSE_ALARMS &&
		   sensitivity->per_day <= HEAL_MOST_FALSE_ALARMS &&
		   sensitivity->scope[0] != '\0' &&
		   heal_text_terminated(sensitivity->scope,
								sizeof(sensitivity->scope)) &&
		   heal_text_terminated(sensitivity->by, sizeof(sensitivity->by)) &&
		   heal_text_terminated(sensitivity->reason,
								sizeof(sensitivity->reason));
}

double
heal_sensitivity_per_day(const HealSensitivity *list, const char *category,
						 const char *metric)
{
	const HealSensitivity *said =
		metric ? heal_sensitivity_find(list, metric) : NULL;

	if (said == NULL)
		said = heal_sensitivity_find(list, category);
	return said ? said->per_day
				: heal_sensitivity_rate(heal_sensitivity_default(category));
}

double
heal_sensitivity_threshold(double threshold, double per_day)
{
	double share = 1 - STEP_SHARE * log(per_day / NORMAL_RATE) / log(STEP);

	return threshold * fmin(fmax(share, LEAST_SHARE), MOST_SHARE);
}

double
heal_sensitivity_allowed(double threshold, double per_day)
{
	double steps = (threshold / USUAL_THRESHOLD - 1) / STEP_SHARE;

	return fmax(per_day * pow(STEP, -steps), LEAST_RATE);
}
