/*
 * gate_part.h
 *		What each part of the gate consists of.
 */
#ifndef HEAL_GATE_PART_H
#define HEAL_GATE_PART_H

#include "postgres.h"

#include "sample/metric.h"

typedef struct HealGatePart
{
	void (*install)(void); /* its hooks */
	Size (*size)(void);
	/* NULL: the shared memory is going away */
	void (*attach)(void *address, bool found, int tranche);
	void (*read)(HealReading *reading); /* in the engine */
} HealGatePart;

#endif
