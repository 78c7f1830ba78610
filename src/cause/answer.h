/*
 * answer.h
 *		What a symptom comes from, and what a cause leads to, as answers for people.
 *
 * The confidence in a cause is the probability that trouble began there, given all that was seen. The
 * path from it to the symptom is an explanation, chosen afterwards; the limits for paths are limits
 * for what is told, and never take anything out of the inference.
 */
#ifndef HEAL_ANSWER_H
#define HEAL_ANSWER_H

#include "cause/infer.h"

#define HEAL_LONGEST_PATH 16 /* edges */
#define HEAL_CANDIDATES 6
#define HEAL_CAUSE_SET 3	 /* causes at once, at most */
#define HEAL_NOTABLE 0.01	 /* confidence in a cause worth naming */
#define HEAL_LIKELY 0.2		 /* and worth calling likely */
#define HEAL_ONSET_LATE 10.0 /* seconds that an onset may be seen too late */

typedef struct HealAnswerLimits
{
	double min_confidence; /* 0..1: below, no cause is held to be found; 0.7 */
	int max_path_depth;	   /* edges, 1..HEAL_LONGEST_PATH; 5 */
	double min_edge_probability; /* 0..1: weaker edges are in no path; 0.3 */
	bool
		multi_hop; /* false = only what leads to the symptom directly is told; true */
} HealAnswerLimits;

extern const HealAnswerLimits heal_answer_defaults;

typedef struct HealCausePath
{
	int edges; /* -1 = no path within the limits; 0 = the symptom itself */
	int node[HEAL_LONGEST_PATH + 1]; /* from the cause to the symptom */
	double strength;				 /* product of those of the edges */
	double lag;						 /* seconds, of all edges */
	bool
		doubtful; /* some node between is more probably not active than active */
} HealCausePath;

typedef struct HealCandidate
{
	int node;
	double confidence; /* that trouble began there */
	double prior;	   /* the same, before anything was seen */
	HealCausePath path;
} HealCandidate;

typedef enum HealCauseVerdict
{
	HEAL_CAUSE_FOUND,
	HEAL_CAUSE_UNSURE, /* the first candidate is likely, but less than min_confidence, and seen, with a path */
	HEAL_CAUSE_UNKNOWN /* nothing in the graph explains it, or no better than chance */
} HealCauseVerdict;

typedef struct HealCauseAnswer
{
	HealCauseVerdict verdict;
	/* only HEAL_INFER_EXACT has candidates; _NO_MEMORY also when only their combinations cannot be computed */
	HealInferStatus status;
	int candidates;
	HealCandidate candidate[HEAL_CANDIDATES]; /* the most probable first */
	double
		unexplained; /* probability that no cause of the graph began it; 1 without an exact answer */
	/* The most probable combination of up to three causes, with none besides; 0 of them = unexplained. */
	int set_size;
	int set[HEAL_CAUSE_SET];
	double set_probability;
} HealCauseAnswer;

/* What comes of a cause. */
typedef struct HealConsequence
{
	int node;
	double probability; /* that it is active, or will be */
	double lag; /* seconds after the cause, along the most probable path */
} HealConsequence;

/* A place to answer in. */
typedef struct HealAnswerer
{
	HealInference inference; /* keeps the tree of the graph as it is */
	HealInference other;	 /* for graphs in which some causes are ruled out */
	HealGraph altered;
	uint64_t questions;		   /* asked of it: its version */
	HealPosteriors posteriors; /* of the last question */
	double edge_acted[HEAL_GRAPH_EDGES];
	double began
		[HEAL_GRAPH_NODES]; /* probability that the node became active by itself */
	double best[HEAL_LONGEST_PATH + 1][HEAL_GRAPH_NODES];
	int via[HEAL_LONGEST_PATH + 1][HEAL_GRAPH_NODES];
} HealAnswerer;

extern void
heal_answerer_init(HealAnswerer *answerer, void *memory, size_t size);
/*
 * Where the symptom, a node taken to be active, comes from; that it is known not to be is HEAL_INFER_IMPOSSIBLE.
 * strength[edges] as for heal_infer.
 */
extern void
heal_answer_cause(HealAnswerer *answerer, const HealGraph *graph,
				  const double *strength, const HealObservations *seen,
				  int symptom, const HealAnswerLimits *limits,
				  HealCauseAnswer *answer);
/*
 * What follows when the node is active, since so many seconds (0 = it is only assumed): all it leads to, the most
 * probable first, into consequence[nodes], and how many those are; none unless it was computed, exactly or not. That
 * an effect is not seen yet counts only when twice its lag has passed.
 */
extern HealInferStatus
heal_answer_cascade(HealAnswerer *answerer, const HealGraph *graph,
					const HealObservations *seen, int cause, double active_for,
					HealConsequence *consequence, int *count);
/*
 * What the confidence in the first candidate comes to. suspicious: something was seen that speaks for it, and it leads to
 * the symptom.
 */
extern HealCauseVerdict
heal_cause_judge(double confidence, double unexplained, bool suspicious,
				 double min_confidence);
/*
 * Strengths in view of the order of events: began_at[nodes] in seconds, NaN = not known. An edge whose
 * effect came before its cause, by more than "tolerance" seconds, keeps 0.3 of its strength: onsets
 * are seen late, and not always in order.
 */
extern void heal_order_strengths(const HealGraph *graph, const double *began_at,
								 double tolerance, double *strength);
/* "found", "unsure", "unknown". */
extern const char *heal_cause_verdict_name(HealCauseVerdict verdict);

#endif
