/*
 * round.h
 *		Which metrics are read in which row of samples.
 *
 * Most are read for every row. What changes slowly for what reading it costs is read each
 * HEAL_ROUND_ROWS rows, or after HEAL_ROUND_LONGEST where rows are rarer than that; the
 * rows between show what was read last. Two rounds, so that no row pays for both.
 */
#ifndef HEAL_ROUND_H
#define HEAL_ROUND_H

#include "sample/metric.h"

#define HEAL_ROUND_ROWS 5
#define HEAL_ROUND_LONGEST (5 * HEAL_SECOND)

typedef enum HealRound
{
	HEAL_ROUND_EVERY_ROW,
	HEAL_ROUND_MACHINE,	  /* files of the operating system that are long */
	HEAL_ROUND_DATABASES, /* counters of each database */
	HEAL_ROUNDS
} HealRound;

/* When each round was last read. Zeroed = never. */
typedef struct HealRota
{
	uint64_t row; /* rows begun */
	uint64_t read_row[HEAL_ROUNDS];
	HealTime read_at[HEAL_ROUNDS]; /* 0 = never */
} HealRota;

extern HealRound heal_metric_round(HealMetricId metric);
/* About how long from one reading of a metric to the next, rows being so far apart. */
extern HealTime heal_metric_cadence(HealMetricId metric, HealTime interval);

/*
 * A row begins: which rounds are due in it. A clock set back makes all of them due.
 * What is due counts as read.
 */
extern void
heal_rota_begin(HealRota *rota, HealTime now, bool due[HEAL_ROUNDS]);

#endif
