/*
 * infer.h
 *		Posteriors of all nodes of a causal graph, given what was seen.
 *
 * Exact wherever that is possible (clique_tree.h, propagate.h). Where the graph is too wide for the
 * limit, or for the memory, or where digits are lost, it is an approximation, and the result says so (loopy.h).
 */
#ifndef HEAL_INFER_H
#define HEAL_INFER_H

#include "cause/clique_tree.h"

#define HEAL_INFER_WIDTH 18 /* most variables in a clique */
#define HEAL_ENGINE_WIDTH \
	15 /* the same of the engine: a wider graph of users would hold it up */
#define HEAL_INFER_MEMORY \
	((size_t) 48 << 20) /* bytes: enough for most of that width */

#define HEAL_INFER_ERROR \
	1e-6 /* estimated, of what is told to be exact, at most; usually 1e-11 */

typedef enum HealInferStatus
{
	HEAL_INFER_EXACT,
	HEAL_INFER_APPROXIMATE, /* loopy belief propagation */
	HEAL_INFER_IMPOSSIBLE, /* what was seen has probability zero in this graph */
	HEAL_INFER_NO_MEMORY   /* for anything: nothing was computed */
} HealInferStatus;

typedef struct HealPosteriors
{
	double active[HEAL_GRAPH_NODES]; /* probability that the node is active */
	/* Natural logarithm of the probability of all that was seen; minus infinity where it is impossible. */
	double log_evidence;
	int widest;	  /* variables of the largest clique; 0 where there are none */
	double error; /* estimated, of exact results; NaN = nobody can say */
	bool settled; /* of approximate ones: the messages came to rest */
} HealPosteriors;

/* A place to infer in: memory, and the tree of the last question. */
typedef struct HealInference
{
	HealArena arena;
	int limit; /* variables in a clique; HEAL_INFER_WIDTH unless changed */
	int whole; /* see factor.h; 2 unless changed */
	bool has_tree;
	HealEliminationResult outcome; /* of making it */
	size_t after_tree;			   /* use of the arena */
	HealCliqueTree tree;
	/* what it was made for */
	const HealGraph *graph;
	uint64_t version;
	int used_limit, used_whole;
	double strength[HEAL_GRAPH_EDGES];
	signed char state[HEAL_GRAPH_NODES];
} HealInference;

extern void
heal_inference_init(HealInference *inference, void *memory, size_t size);
/*
 * strength[edges] in place of those of the graph, or NULL. The tree of the last question is used
 * again when graph, strengths and certainties are the same.
 */
extern HealInferStatus
heal_infer(HealInference *inference, const HealGraph *graph,
		   const double *strength, const HealObservations *seen,
		   HealPosteriors *result);
/*
 * Only log_evidence. HEAL_INFER_EXACT, _IMPOSSIBLE, or _NO_MEMORY also where the graph is too wide or
 * digits are lost; then it is NaN, which is not the minus infinity of what is impossible.
 */
extern HealInferStatus
heal_infer_evidence(HealInference *inference, const HealGraph *graph,
					const double *strength, const HealObservations *seen,
					double *log_evidence);
/*
 * Besides, the probability that each edge, and each leak, acted: that it activated its node, whatever else did. Exact
 * or nothing: in place of HEAL_INFER_APPROXIMATE neither array is set.
 */
extern HealInferStatus
heal_infer_acted(HealInference *inference, const HealGraph *graph,
				 const double *strength, const HealObservations *seen,
				 HealPosteriors *result, double *edge_acted,
				 double *leak_acted);

#endif
