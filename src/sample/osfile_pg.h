/*
 * osfile_pg.h
 *		What the operating system says about the machine.
 */
#ifndef HEAL_OSFILE_PG_H
#define HEAL_OSFILE_PG_H

#include "sample/metric.h"

/* Fills in CPU, pressure and the space on disks; what cannot be read stays NaN. */
extern void heal_osfile_read(HealReading *reading);
/* Those of HEAL_ROUND_MACHINE: memory, devices, network, limits of the control group. */
extern void heal_osfile_read_more(HealReading *reading);

/*
 * A file's text, cut at the size of the buffer; empty when it cannot be read. Good until
 * the next call.
 */
extern const char *heal_osfile_text(const char *path);

#endif
