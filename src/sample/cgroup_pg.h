/*
 * cgroup_pg.h
 *		Limits of the control group this server runs in, and how far they are used.
 */
#ifndef HEAL_CGROUP_PG_H
#define HEAL_CGROUP_PG_H

#include "sample/metric.h"

/* Fills in the metrics; where there is no group or no limit they stay missing. */
extern void heal_cgroup_read(HealReading *reading);

#endif
