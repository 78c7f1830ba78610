/*
 * incident.h
 *		What was seen when something had failed, as it is kept to learn from.
 *
 * With names instead of numbers, like a diagnosis. A node that is in none of the three lists was not looked at, or
 * did not fit.
 */
#ifndef HEAL_INCIDENT_H
#define HEAL_INCIDENT_H

#include "cause/evidence.h"
#include "cause/learn.h"
#include "cause/recall.h"

typedef struct HealIncidentNote
{
	int64_t id; /* of the failure; 0 = none */
	HealTime at;
	char symptom[HEAL_NODE_ID];
	char named
		[HEAL_NODE_ID]; /* the cause that the failure's proof names; "" = none */
	/* nodes, with a space between two */
	char proven[384]; /* and the symptom, as there was a failure */
	char active[704];
	char quiet[1408];
	float change[HEAL_IMPRINT_METRICS]; /* as in an imprint */
} HealIncidentNote;

/*
 * The lists, from what is seen of the nodes of the graph. seen[nodes], and began_at[nodes] in seconds before now, as of
 * heal_evidence_onsets(). A node is quiet only when what is active had the time to bring it about, and it to show: else
 * every remedy that is quick would teach that causes have no effects.
 */
extern void
heal_incident_note_seen(HealIncidentNote *note, const HealGraph *graph,
						int symptom, const HealSeen *seen,
						const double *began_at);
/* False for texts that do not end, or no number of a failure. */
extern bool heal_incident_note_valid(const HealIncidentNote *note);
/*
 * One list, for learning: what is proven is known, of the others their clues say so. What the graph does not have is left
 * out.
 */
extern void heal_incident_take_proven(HealIncident *incident,
									  const HealGraph *graph, const char *list);
extern void
heal_incident_take_clues(HealIncident *incident, const HealGraph *graph,
						 const char *list, int says);

/* What did not show says nothing of what comes of a cause of which nobody knows since when it was active. */
extern void heal_incident_hide_effects(HealIncident *incident,
									   const HealGraph *graph, int cause);

#endif
