/*
 * anomaly_pg.h
 *		Every metric under watch, in shared memory.
 */
#ifndef HEAL_ANOMALY_PG_H
#define HEAL_ANOMALY_PG_H

#include "detect/bar.h"
#include "detect/pastanomaly.h"
#include "detect/spell.h"
#include "detect/watch.h"

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
/* One at a time, as one alone is 19 KB: nobody waits for long. */
extern void heal_baseline_copy(int metric, HealBaseline *baseline);
/* Puts back what was normal before the server started. */
extern void heal_baseline_restore(int metric, const HealBaseline *baseline);
/* Forgets what is normal for one metric. Raises no error. */
extern void heal_baseline_reset(int metric);
/* How often one was forgotten since the server started: with each, a file that knows it is out of date. */
extern uint64_t heal_baselines_forgotten(void);
/*
 * Takes note, in this server's memory, that this one is a false positive: an open one is closed, and its
 * peak is in mark->height and mark->distance. Raises no error.
 */
extern void heal_anomaly_mark(HealFalsePositive *mark);
/* The metric is removed, so nothing is watched any more. In the engine. */
extern void heal_anomaly_forget(int metric);

/* How many false alarms there have been lately, and what the borders made of it. */
extern HealAlarmRecord heal_alarm_record(void);
extern void heal_alarm_record_restore(const HealAlarmRecord *record);

/* What is usual for one metric, and whether it is away. */
typedef struct HealUsual
{
	bool known; /* enough was learnt to say what is usual */
	bool open;	/* an anomaly is */
	bool low;	/* it went below what is usual */
	HealTime opened_at;
	double value;	   /* of the anomaly: newest that was judged */
	double confidence; /* 0..1 */
	double location;
	double spread;
	double difference; /* smallest change that matters */
} HealUsual;

/* Of all metrics, cheaply. */
extern void heal_anomaly_usual(HealUsual usual[HEAL_METRICS]);

#endif
