/*
 * learn.h
 *		Incidents -> strengths of edges, leaks, and the rates of clues.
 *
 * Counting how often a child follows its parent never becomes right, however many incidents there
 * are: what the child does by itself, and for other parents, is counted as well. So the share of
 * each edge in each incident is inferred (heal_infer_acted), and the numbers that would have been
 * counted follow from that, again and again until they stay (expectation maximisation). What was
 * shipped counts as six incidents more, so that the first few of ours do not turn it over.
 */
#ifndef HEAL_LEARN_H
#define HEAL_LEARN_H

#include "cause/infer.h"

#define HEAL_PRIOR_WEIGHT 6.0 /* of what was shipped, in incidents */
#define HEAL_UNCONFIRMED_WEIGHT \
	0.3 /* of an incident whose cause nobody confirmed */

typedef struct HealIncident
{
	signed char says
		[HEAL_GRAPH_NODES]; /* of each clue: 0, 1, or HEAL_HIDDEN = missing */
	signed char
		known[HEAL_GRAPH_NODES]; /* what was confirmed, otherwise HEAL_HIDDEN */
	double weight; /* 1 = confirmed, HEAL_UNCONFIRMED_WEIGHT = not */
	/*
	 * Without it there would be no incident: how often it comes of its causes cannot be learned from this one. -1 = the
	 * incident is one whatever is active.
	 */
	int symptom;
} HealIncident;

/* What incidents have told so far, in expected numbers. */
typedef struct HealCounts
{
	int counted;						  /* incidents */
	int confirmed;						  /* of them, with a weight of 1 */
	double edge_acted[HEAL_GRAPH_EDGES];  /* the parent activated the child */
	double edge_could[HEAL_GRAPH_EDGES];  /* the parent was active */
	double leak_could[HEAL_GRAPH_NODES];  /* weights of incidents, summed */
	double leak_acted[HEAL_GRAPH_NODES];  /* the node became active by itself */
	double active_seen[HEAL_GRAPH_NODES]; /* active, and its clue was there */
	double active_hit[HEAL_GRAPH_NODES];  /* and reported it */
	double quiet_seen[HEAL_GRAPH_NODES];  /* the same of not being active */
	double quiet_alarm[HEAL_GRAPH_NODES];
	int skipped; /* incidents that were impossible, or could not be inferred exactly */
} HealCounts;

extern void heal_incident_clear(HealIncident *incident);
/*
 * The graph and clues that follow from the incidents and from what was shipped, which must have the same nodes and
 * edges in the same order: from the first guess in *learned and learned_clue, as many rounds as told or until no
 * probability of an edge moves by more than 1e-4. edge.observed becomes the number of incidents in which it acted; the
 * counts are those of the last round. Returns the rounds. Takes about a millisecond per incident and round.
 */
extern int heal_learn(HealInference *inference, HealCounts *counts,
					  const HealGraph *shipped, const HealClue *shipped_clue,
					  const HealIncident *incident, int incidents, int rounds,
					  HealGraph *learned, HealClue *learned_clue);

#endif
