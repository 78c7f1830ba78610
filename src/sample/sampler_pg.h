/*
 * sampler_pg.h
 *		The newest samples of every metric, in shared memory.
 */
#ifndef HEAL_SAMPLER_PG_H
#define HEAL_SAMPLER_PG_H

#include "sample/series.h"
#include "sample/situation.h"

/* First stage of a heartbeat: who is there and who waits for whom. */
extern void heal_sample_look(void);
/* The stage after it: one reading of everything, one row of samples. */
extern void heal_sample_stage(void);

/*
 * The situation of this heartbeat; NULL when taking it failed. Valid until the
 * heartbeat's memory context is reset, and only in the engine.
 */
extern const HealSituation *heal_situation_current(void);
/* Before each heartbeat: the memory of the one before is gone. */
extern void heal_situation_forget(void);

/* In the engine: the newest row it took, without a lock or a copy; returns its time, 0 = none yet. */
extern HealTime heal_sample_newest_own(const double **row);
/* When the newest row was taken; 0 = never since the server started. */
extern HealTime heal_sample_newest_at(void);
/*
 * Copies the newest row and returns its time; 0 and all missing when there is none. What
 * was not read for it is as read last.
 */
extern HealTime heal_sample_newest(double row[HEAL_METRICS]);
/* Likewise, but what was not read for it is missing. In the engine. */
extern HealTime heal_sample_newest_read(double row[HEAL_METRICS]);
/* The newest of one metric, NaN when there is none. */
extern double heal_sample_newest_of(HealMetricId metric);
/* Average of one metric; see heal_series_between. */
extern double
heal_sample_between(HealMetricId metric, HealTime since, HealTime until);
/* Its median; see heal_series_median. */
extern double
heal_sample_median(HealMetricId metric, HealTime since, HealTime until);
/* When it was not zero lately; see heal_series_pulses. */
extern int
heal_sample_pulses(HealMetricId metric, HealTime since, HealTime *at, int most);
/* The points of one metric; see heal_series_points. */
extern int heal_sample_points(HealMetricId metric, HealTime since,
							  HealPoint points[HEAL_POINTS]);
/* As heal_series_minutes(). */
extern int heal_sample_minutes(HealTime after, HealTime until,
							   HealMinute *minutes, int most);
extern uint64_t heal_sample_minutes_finished(void);
/* Rows of samples since the server started. */
extern uint64_t heal_sample_rows_taken(void);
/* As if it had never been sampled. */
extern void heal_sample_forget(int metric);
/* Everything, to be kept over a restart, and back again. */
extern void heal_sample_copy(HealSeries *copy);
extern void heal_sample_restore(const HealSeries *series);

#endif
