/*
 * component.h
 *		The components of the server and the machine, in one table.
 *
 * Metrics and failures belong to one of them, selfheal.pause() and policies name one, and health is
 * told of each. A user's metric may name a component of its own; that one has health, and no failures.
 */
#ifndef HEAL_COMPONENT_H
#define HEAL_COMPONENT_H

#include "base/types.h"

#define HEAL_COMPONENTS 18

/* Bits: what is needed to see that a component is well. */
typedef enum HealSensor
{
	HEAL_SENSOR_SAMPLES = 1, /* metrics of its own */
	HEAL_SENSOR_LOOK = 2,	 /* who is there and who waits for whom */
	HEAL_SENSOR_GATE = 4,	 /* selfheal.gate */
	HEAL_SENSOR_FEED = 8,	 /* errors that are logged */
	HEAL_SENSOR_SCAN = 16,	 /* the scanner */
	HEAL_SENSOR_PROBE = 32	 /* a write that is read back */
} HealSensor;

typedef struct HealComponent
{
	const char *name;
	int sensors; /* HealSensor */
	const char *meaning;
} HealComponent;

extern const HealComponent heal_components[HEAL_COMPONENTS];

/* Place in the table; -1 = there is none of that name. */
extern int heal_component_lookup(const char *name);
extern bool heal_component_exists(const char *name);

#endif
