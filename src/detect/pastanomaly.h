/*
 * pastanomaly.h
 *		An anomaly as it goes on record, from its opening to its end.
 *
 * With names instead of numbers: metrics of users come and go, and a row of the tables
 * must say after years what it was about.
 */
#ifndef HEAL_PASTANOMALY_H
#define HEAL_PASTANOMALY_H

#include "detect/anomaly.h"

typedef enum HealAnomalyEnd
{
	HEAL_END_NONE,	   /* it is open */
	HEAL_END_OVER,	   /* the metric is back at its baseline */
	HEAL_END_ACCEPTED, /* the state lasted and is the new normal */
	HEAL_END_RESET,	   /* what was normal is forgotten */
	HEAL_END_REMOVED,  /* the metric is */
	HEAL_END_FALSE,	   /* a human said that it was none */
	HEAL_ENDS
} HealAnomalyEnd;

typedef struct HealPastAnomaly
{
	int64_t id; /* 0 = none */
	int32_t severity;
	int32_t end; /* HealAnomalyEnd */
	HealTime opened_at;
	HealTime peak_at;
	HealTime closed_at; /* 0 = open */
	double value;
	double peak_value;
	double peak_z;
	double location;
	double spread;
	double expected;
	double surprise;
	double confidence;
	char metric[HEAL_NAME_SIZE];
	char component[HEAL_NAME_SIZE];
	char category[16];
	char method[16];
	char view[16];
	char description[192];
} HealPastAnomaly;

/* The row of the metric must be bound; see sample/metric.h. */
extern HealPastAnomaly
heal_anomaly_record(const HealAnomaly *anomaly, HealAnomalyEnd end);
/* "over", "new normal", ...; NULL while it is open. */
extern const char *heal_anomaly_end_name(HealAnomalyEnd end);
/* False for numbers no row has, or names that do not end. */
extern bool heal_past_anomaly_valid(const HealPastAnomaly *past);
/* "over after 12 s: cpu_used = ...", and the description alone while it is open. */
extern void
heal_past_anomaly_tell(const HealPastAnomaly *past, char *text, size_t size);

#endif
