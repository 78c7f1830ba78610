/*
 * graph.h
 *		The causal graph: what can be the matter, and what brings what about.
 *
 * A node is active or not. It becomes active by itself with the probability of its leak, and each
 * active parent activates it with the strength of the edge, independently of all else (a leaky
 * noisy-OR). The strength of an edge is its probability times the weight of its type.
 *
 * One plain value without pointers: it can be copied, and kept in shared memory. Nodes and edges
 * are numbered from 0 without gaps, so removing one changes the numbers of others.
 */
#ifndef HEAL_GRAPH_H
#define HEAL_GRAPH_H

#include "base/types.h"

#define HEAL_GRAPH_NODES 512
#define HEAL_GRAPH_EDGES 4096
#define HEAL_GRAPH_PARENTS 64 /* of one node */
#define HEAL_NODE_ID 64
#define HEAL_NODE_NAME 96
#define HEAL_LONGEST_LAG (30 * 86400.0) /* seconds */
#define HEAL_LAGS 2 /* times a lag: by then most of what comes has come */

typedef enum HealNodeType
{
	HEAL_NODE_COMPONENT,
	HEAL_NODE_RESOURCE,
	HEAL_NODE_DEPENDENCY,
	HEAL_NODE_CONFIGURATION,
	HEAL_NODE_USER_ACTION,
	HEAL_NODE_TYPES
} HealNodeType;

typedef enum HealEdgeType
{
	HEAL_EDGE_DIRECT,
	HEAL_EDGE_CONTRIBUTING,
	HEAL_EDGE_CORRELATION,
	HEAL_EDGE_TYPES
} HealEdgeType;

typedef struct HealNode
{
	char id[HEAL_NODE_ID];	   /* "io_saturated" */
	char name[HEAL_NODE_NAME]; /* "Disk I/O saturated" */
	HealNodeType type;
	bool origin; /* trouble may begin here, though it has parents */
	double leak; /* without parents its prior; 0..1 */
} HealNode;

typedef struct HealEdge
{
	int from, to;
	HealEdgeType type;
	double probability; /* 0..1 */
	double lag;			/* seconds from the one to the other, typically */
	double observed;	/* times it was seen to act; see learn.h */
} HealEdge;

typedef struct HealGraph
{
	uint64_t version; /* another one after every change */
	int nodes, edges;
	HealNode node[HEAL_GRAPH_NODES];
	HealEdge edge[HEAL_GRAPH_EDGES];
	/* The edges of a node as lists, kept by the functions below; -1 ends one. */
	int first_in[HEAL_GRAPH_NODES], first_out[HEAL_GRAPH_NODES];
	int next_in[HEAL_GRAPH_EDGES], next_out[HEAL_GRAPH_EDGES];
} HealGraph;

typedef enum HealGraphError
{
	HEAL_GRAPH_OK,
	HEAL_GRAPH_NO_ID, /* empty, or too long */
	HEAL_GRAPH_LONG_NAME,
	HEAL_GRAPH_NO_PROBABILITY, /* not a number from 0 to 1 */
	HEAL_GRAPH_NO_LAG,		   /* not a number from 0 to HEAL_LONGEST_LAG */
	HEAL_GRAPH_NO_TYPE,
	HEAL_GRAPH_NODE_UNKNOWN,
	HEAL_GRAPH_NODE_EXISTS,
	HEAL_GRAPH_EDGE_UNKNOWN,
	HEAL_GRAPH_EDGE_EXISTS,
	HEAL_GRAPH_SELF_EDGE,
	HEAL_GRAPH_CYCLE,
	HEAL_GRAPH_MANY_NODES,
	HEAL_GRAPH_MANY_EDGES,
	HEAL_GRAPH_MANY_PARENTS,
	HEAL_GRAPH_ERRORS
} HealGraphError;

/* An empty graph. Its version goes on counting, so nobody takes it for the one before. */
extern void heal_graph_clear(HealGraph *graph);

/* Each changes nothing unless it answers HEAL_GRAPH_OK. */
extern HealGraphError
heal_graph_add_node(HealGraph *graph, const HealNode *node);
/* Its edges go with it. */
extern HealGraphError heal_graph_remove_node(HealGraph *graph, int node);
/* Everything but its id, which must be the same. */
extern HealGraphError
heal_graph_update_node(HealGraph *graph, const HealNode *node);
extern HealGraphError
heal_graph_add_edge(HealGraph *graph, const HealEdge *edge);
extern HealGraphError
heal_graph_remove_edge(HealGraph *graph, int from, int to);
/* Everything but its ends. */
extern HealGraphError
heal_graph_update_edge(HealGraph *graph, const HealEdge *edge);

/* Number of the node, or edge; -1 there is none. */
extern int heal_graph_find(const HealGraph *graph, const char *id);
extern int heal_graph_find_edge(const HealGraph *graph, int from, int to);

/* Probability that an active "from" activates "to". */
extern double heal_edge_strength(const HealEdge *edge);
extern double heal_edge_type_weight(HealEdgeType type);
/* True where trouble may begin: it has no parents, or is marked so. */
extern bool heal_graph_is_origin(const HealGraph *graph, int node);
/* Marks, in reached[nodes], what can be reached from the node along edges, itself included. */
extern void
heal_graph_downstream(const HealGraph *graph, int node, bool *reached);
/* The same against the edges. */
extern void
heal_graph_upstream(const HealGraph *graph, int node, bool *reached);
/* Into strength[edges]: what is given, or with NULL those of the graph. */
extern void heal_graph_strengths(const HealGraph *graph, const double *given,
								 double *strength);
/* order[nodes]: parents before children. */
extern void heal_graph_order(const HealGraph *graph, int *order);
/* The cycle an edge would close, as "a -> b -> a"; shortened with "..." where it does not fit. */
extern void heal_graph_cycle_text(const HealGraph *graph, int from, int to,
								  char *text, size_t size);

/* "component", "direct", ... and back, -1 for what is none of them. */
extern const char *heal_node_type_name(HealNodeType type);
extern const char *heal_edge_type_name(HealEdgeType type);
extern int heal_node_type_of(const char *name);
extern int heal_edge_type_of(const char *name);
/* What is wrong, as the end of a sentence: "the edge would close a cycle". */
extern const char *heal_graph_error_text(HealGraphError error);
/* What to do about it; NULL where the text says it. */
extern const char *heal_graph_error_hint(HealGraphError error);

#endif
