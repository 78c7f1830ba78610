/*
 * anomaly_pg.h
 *		What every metric's baseline says, in shared memory.
 */
#ifndef HEAL_ANOMALY_PG_H
#define HEAL_ANOMALY_PG_H

#include "detect/bar.h"
#include "detect/pastanomaly.h"

#define HEAL_CLOSED_ANOMALIES 128 /* remembered after they closed */
#define HEAL_MAX_ANOMALIES (HEAL_METRICS + HEAL_CLOSED_ANOMALIES)

/* A stage of the heartbeat: judges and learns the newest row of samples. */
extern void heal_detect_stage_anomalies(void);

/*
 * Copies the open anomalies, then the closed ones, newest first; returns how many. Names of metrics
 * must be loaded.
 */
extern int heal_anomaly_copy(HealPastAnomaly anomalies[HEAL_MAX_ANOMALIES]);
/* Copies the open ones; returns how many. Names of metrics must be loaded. */
extern int heal_anomaly_copy_open(HealAnomaly anomalies[HEAL_METRICS]);
/* Since when there is this shared memory: what was open before is watched by nobody. */
extern HealTime heal_detect_begun(void);
extern void heal_baseline_copy(HealBaseline baselines[HEAL_METRICS]);
/* Puts back what was normal before the server started. */
extern void heal_baseline_restore(const HealBaseline baselines[HEAL_METRICS]);
/* Forgets what is normal for one metric. Raises no error. */
extern void heal_baseline_reset(int metric);
/*
 * Takes note, in this server's memory, that this one is a false positive: an open one is closed, and its
 * peak is in mark->height. Raises no error.
 */
extern void heal_anomaly_mark(HealFalsePositive *mark);
/* The metric is removed, so nothing is watched any more. In the engine. */
extern void heal_anomaly_forget(int metric);

#endif
