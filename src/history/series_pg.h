/*
 * series_pg.h
 *		Minutes of samples -> tables of the home database, and hours of those.
 */
#ifndef HEAL_SERIES_PG_H
#define HEAL_SERIES_PG_H

#include "postgres.h"

#include "sample/metric.h"

/* Which metric stands at which position of an array; -1 = one there is no more. */
typedef struct HealSeriesLayout
{
	int32 id;
	int count;
	int metric[HEAL_METRICS];
} HealSeriesLayout;

/* In the engine: a minute has finished that the scribe has not seen. */
extern bool heal_series_is_due(void);
/* In the scribe: one transaction, with bounded work. */
extern void heal_series_write(void);

/* The layout our arrays have, made when it is new; inside a transaction of the scribe. */
extern void heal_series_layout(HealSeriesLayout *layout);
/* One made earlier; false when it is not on record or is of a library with more metrics. */
extern bool heal_series_layout_read(int32 id, HealSeriesLayout *layout);
/* One figure of every metric as an array; NULL where a metric had no sample. */
extern Datum heal_series_figures(const HealSeriesLayout *layout,
								 const double *figure, const int32 *samples);

#endif
