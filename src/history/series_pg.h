/*
 * series_pg.h
 *		Minutes of samples -> tables of the home database, and hours of those.
 */
#ifndef HEAL_SERIES_PG_H
#define HEAL_SERIES_PG_H

#include "postgres.h"

/* In the engine: a minute has finished that the scribe has not seen. */
extern bool heal_series_is_due(void);
/* In the scribe: one transaction, with bounded work. */
extern void heal_series_write(void);

#endif
