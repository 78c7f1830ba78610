/*
 * evidence.h
 *		What the server shows now -> what is seen of the nodes of the causal graph.
 *
 * A fact says that something is there, that it is not, or nothing: what was not measured, is still
 * being learnt or was never looked at is missing, and missing is not the same as healthy.
 */
#ifndef HEAL_EVIDENCE_H
#define HEAL_EVIDENCE_H

#include "cause/model.h"
#include "predict/bounded.h"
#include "sample/metric.h"
#include "scan/finding.h"

typedef struct HealFact
{
	signed char says; /* HEAL_HIDDEN = missing, 0 = it is not so, 1 = it is */
	bool low;		  /* of a metric that is away: below what is usual */
	HealTime since;	  /* 0 = not known */
	double
		confidence; /* of the anomaly of a metric that is open, 0..1; 0 = none is */
	double value; /* of a metric: now, and as it usually is */
	double usual;
} HealFact;

typedef struct HealFacts
{
	HealFact metric[HEAL_METRICS];
	HealFact failure[HEAL_FAILURE_KINDS]; /* its proof holds */
	HealFact finding[HEAL_SCAN_KINDS];
	HealFact prediction[HEAL_BOUNDED_KINDS];
	HealFact event[HEAL_CAUSE_EVENTS];
} HealFacts;

/* What is seen of one node. */
typedef struct HealSeen
{
	signed char says; /* HEAL_HIDDEN, 0 or 1 */
	HealSignal by;	  /* the most telling of the signals that say so */
	HealTime since;	  /* the earliest of those; 0 = not known */
} HealSeen;

/* All missing. */
extern void heal_facts_clear(HealFacts *facts);
/*
 * How far a metric is away: 1 above, -1 below, 0 not. As far as makes a difference in its unit, four times its usual
 * spread and a tenth of its usual value, whichever is most.
 */
extern int heal_fact_direction(double value, double usual, double spread,
							   double difference);
/*
 * What follows from other facts: a queue for locks is one for rows that all update when nobody is known to stand still at
 * its head.
 */
extern void heal_facts_conclude(HealFacts *facts);

/*
 * Fills *observations, and seen[nodes]. A node that several signals stand for is seen when one of them says so, by the
 * one that errs least, and is not when those that are there say so. The proof of a failure speaks for the cause
 * it names, too. Names of users' metrics must be loaded.
 */
extern void
heal_evidence_gather(const HealCausalModel *model, const HealFacts *facts,
					 HealObservations *observations, HealSeen *seen);
/* Seconds at which what is seen began, counted from `now`; NaN = not known or not seen. began_at[nodes] */
extern void
heal_evidence_onsets(const HealCausalModel *model, const HealSeen *seen,
					 HealTime now, double *began_at);
/* The signals that the node is seen by, as users have it, into signal[HEAL_NODE_SIGNALS]; returns how many. */
extern int heal_node_signals(const HealNodeSigns *signs, HealSignal *signal);
/* What the fact says of that: HEAL_HIDDEN, 0 or 1. *fact = it, NULL = there is no such thing. */
extern int heal_signal_says(const HealFacts *facts, const HealSignal *signal,
							const HealFact **fact);
/* "sessions_active is 212, usually 14" */
extern void heal_evidence_text(const HealFacts *facts, const HealSignal *by,
							   char *text, size_t size);

#endif
