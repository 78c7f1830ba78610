/*
 * model.h
 *		The causal graph as it is in force: the one selfheal comes with, and what users have changed of it.
 *
 * Changes are kept apart from what is shipped, so that a newer version of that reaches whoever changed
 * a few edges. Nodes first, then edges: an edge needs both its ends.
 */
#ifndef HEAL_CAUSE_MODEL_H
#define HEAL_CAUSE_MODEL_H

#include "cause/default_graph.h"

/* By what a node is seen. */
typedef struct HealNodeSigns
{
	HealSignal signal[HEAL_NODE_SIGNALS]; /* as shipped */
	char metric[HEAL_NAME_SIZE]; /* a user's choice instead; "" = none */
	bool low; /* active while that metric is below what is usual, not above */
	bool
		learned; /* how far its signs are believed was learned from incidents: */
	HealClue clue; /* of signs of the kind of its first */
} HealNodeSigns;

/* One plain value without pointers. */
typedef struct HealCausalModel
{
	HealGraph graph;
	HealNodeSigns signs[HEAL_GRAPH_NODES]; /* of the node of that number */
} HealCausalModel;

typedef struct HealNodeChange
{
	bool removed; /* then only node.id counts */
	HealNode node;
	char metric[HEAL_NAME_SIZE]; /* "" = seen as shipped, or by nothing */
	bool low;
} HealNodeChange;

typedef struct HealEdgeChange
{
	char from[HEAL_NODE_ID], to[HEAL_NODE_ID];
	bool removed; /* then only the ends count */
	HealEdgeType type;
	double probability;
	double lag; /* seconds */
	double observed;
} HealEdgeChange;

typedef enum HealLearnedKind
{
	HEAL_LEARNED_PROBABILITY, /* of the edge from node to to_node */
	HEAL_LEARNED_LEAK,		  /* the other three are of the node */
	HEAL_LEARNED_HIT,
	HEAL_LEARNED_FALSE_ALARM,
	HEAL_LEARNED_KINDS
} HealLearnedKind;

/* One number that was learned from incidents. */
typedef struct HealLearned
{
	HealLearnedKind kind;
	char node[HEAL_NODE_ID], to_node[HEAL_NODE_ID];
	double before;	 /* what it was learned from, as shipped or taught */
	double value;	 /* 0..1 */
	double observed; /* of an edge: in how many incidents it acted */
} HealLearned;

/* What is shipped. */
extern void heal_model_default(HealCausalModel *model);
/*
 * Each puts the node or edge in, in place of one with the same name or ends, or takes it out;
 * to take out what is not there is no error. Nothing is changed unless the answer is HEAL_GRAPH_OK.
 */
extern HealGraphError
heal_model_change_node(HealCausalModel *model, const HealNodeChange *change);
extern HealGraphError
heal_model_change_edge(HealCausalModel *model, const HealEdgeChange *change);
/*
 * False, and nothing is changed, when what it is about is gone, or is not as it was learned from any more: what users say since
 * counts more. Also when the value is no probability.
 */
extern bool
heal_model_take_learned(HealCausalModel *model, const HealLearned *learned);
/* How far the sign of the node is believed that is of this kind. */
extern const HealClue *
heal_node_clue(const HealNodeSigns *signs, HealSignalKind kind);
/* Kind of the first of its signs; HEAL_SIGNAL_NONE = it is seen by nothing. */
extern HealSignalKind heal_node_first_kind(const HealNodeSigns *signs);
extern const char *heal_learned_kind_name(HealLearnedKind kind);
/* -1 = there is none of that name. */
extern int heal_learned_kind_lookup(const char *name);

#endif
