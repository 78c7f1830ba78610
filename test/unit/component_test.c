/*
 * component_test.c
 *		Metrics and failures know the same components.
 */
#include "detect/component.h"

#include "detect/failure.h"
#include "sample/metric.h"
#include "tap.h"

static bool
has_metric(const char *component)
{
	for (int i = 0; i < HEAL_BUILT_IN_METRICS; i++)
		if (strcmp(heal_metrics[i].component, component) == 0)
			return true;
	return false;
}

int
main(void)
{
	int twice = 0;
	int incomplete = 0;
	int sensor_wrong = 0;
	int strangers = 0;

	for (int i = 0; i < HEAL_COMPONENTS; i++)
	{
		const HealComponent *component = &heal_components[i];

		twice += heal_component_lookup(component->name) != i;
		incomplete += component->meaning == NULL || component->sensors == 0;
		sensor_wrong += has_metric(component->name) !=
						((component->sensors & HEAL_SENSOR_SAMPLES) != 0);
	}
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		strangers += !heal_component_exists(heal_failures[kind].component);
	is_int(twice, 0, "every component is there once");
	is_int(incomplete, 0, "each says what it is and what sees it");
	is_int(sensor_wrong, 0, "those with metrics, and only those, need samples");
	is_int(strangers, 0, "every failure belongs to one of them");
	is_int(heal_component_lookup("all"), -1, "all is none");
	ok(!heal_component_exists("") && !heal_component_exists("lock"),
	   "nor is part of a name");
	return done_testing();
}
