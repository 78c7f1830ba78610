/*
 * sample_sql.h
 *		Metric names as arguments of SQL functions.
 */
#ifndef HEAL_SAMPLE_SQL_H
#define HEAL_SAMPLE_SQL_H

#include "sample/metric.h"

/* The metric of this name; an error that names the closest ones when there is none. */
extern HealMetricId heal_metric_require(const char *name);

#endif
