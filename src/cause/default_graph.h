/*
 * default_graph.h
 *		The causal graph that selfheal comes with, and how each of its nodes is seen.
 */
#ifndef HEAL_DEFAULT_GRAPH_H
#define HEAL_DEFAULT_GRAPH_H

#include "cause/observation.h"
#include "detect/failure.h"

/* What is no metric and no failure, but happens and is known of. */
typedef enum HealCauseEvent
{
	HEAL_CAUSE_NEW_QUERY, /* a query not known an hour ago takes a fifth of the time in statements */
	HEAL_CAUSE_QUERY_SLOWER, /* a query takes three times as long as it usually does, for as many rows */
	HEAL_CAUSE_SETTING_CHANGED, /* within the last hour */
	HEAL_CAUSE_WRITE_REFUSED, /* to a session, for another reason than its rights */
	HEAL_CAUSE_CRASHED,		  /* the server, and it has recovered since */
	HEAL_CAUSE_PROBE_FAILED,
	HEAL_CAUSE_HOT_ROWS, /* sessions queue up, and nobody stands still at the head */
	HEAL_CAUSE_AUTOVACUUM_OFF,
	HEAL_CAUSE_SLOTS_AT_WORK, /* statements of one application take half of the connection slots */
	HEAL_CAUSE_SLOTS_IDLE, /* idle sessions take half of them */
	HEAL_CAUSE_EVENTS
} HealCauseEvent;

typedef struct HealCauseEventRow
{
	const char *name;	  /* "setting_changed" */
	const char *sentence; /* what happened, for people */
} HealCauseEventRow;

extern const HealCauseEventRow heal_cause_events[HEAL_CAUSE_EVENTS];

typedef enum HealSignalKind
{
	HEAL_SIGNAL_NONE,
	HEAL_SIGNAL_HIGH, /* a metric above its baseline */
	HEAL_SIGNAL_LOW,  /* or below */
	HEAL_SIGNAL_FAILURE,
	HEAL_SIGNAL_FINDING, /* of a scan */
	HEAL_SIGNAL_PREDICTION,
	HEAL_SIGNAL_EVENT,
	HEAL_SIGNAL_STATE, /* an event that is no guess: how something is set, or is counted */
	HEAL_SIGNAL_KINDS
} HealSignalKind;

typedef struct HealSignal
{
	HealSignalKind kind;
	int which; /* metric, failure, kind of finding, bounded resource or event */
} HealSignal;

#define HEAL_NODE_SIGNALS 4

typedef struct HealDefaultNode
{
	const char *id, *name;
	HealNodeType type;
	bool origin;
	double leak;
	HealSignal signal
		[HEAL_NODE_SIGNALS]; /* the strongest first, the rest HEAL_SIGNAL_NONE */
} HealDefaultNode;

typedef struct HealDefaultFailure
{
	const char *symptom; /* node that is active when the failure is there */
	const char *cause;	 /* node that its proof names, or "" */
} HealDefaultFailure;

extern const HealDefaultNode *heal_default_nodes(int *count);
extern const HealDefaultFailure heal_default_failures[HEAL_FAILURE_KINDS];
/* Makes it the default one, whatever it was. Anything but HEAL_GRAPH_OK is a mistake in the table. */
extern HealGraphError heal_default_graph(HealGraph *graph);
/* How far a signal of this kind is believed before anything was learned. */
extern const HealClue *heal_signal_clue(HealSignalKind kind);

#endif
