/*
 * method.c
 *		The catalogue of detectors.
 */
#include "detect/method.h"

#include <string.h>

const HealDetectMethod *
heal_detect_method_lookup(const char *name)
{
	static const HealDetectMethod *const methods[] = {
		&heal_method_stack, &heal_method_each,	 &heal_method_zscore,
		&heal_method_iqr,	&heal_method_forest,
	};

	for (size_t i = 0; i < heal_lengthof(methods); i++)
		if (strcmp(methods[i]->name, name) == 0)
			return methods[i];
	return NULL;
}
