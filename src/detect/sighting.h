/*
 * sighting.h
 *		Since when somebody has been a culprit without a break, for proofs that cannot know it themselves.
 *
 * In a busy lock queue everybody is at its head for a moment. Until one has been there for a good part
 * of the patience it is nothing to put on record.
 */
#ifndef HEAL_SIGHTING_H
#define HEAL_SIGHTING_H

#include "detect/subject.h"

#define HEAL_MAX_SIGHTINGS 32

typedef struct HealSighting
{
	int kind; /* HealFailureKind */
	HealSubject subject;
	HealTime first_seen;
	HealTime last_seen; /* 0 = free slot */
} HealSighting;

/*
 * Note that it is seen now. Returns since when it has been at every look; now when it is new, or when
 * no slot is free, so that what cannot be remembered is never old.
 */
extern HealTime
heal_sighting_note(HealSighting sightings[HEAL_MAX_SIGHTINGS], int kind,
				   const HealSubject *subject, HealTime now);
/* After each look: whoever was not seen at it begins anew. */
extern void
heal_sighting_forget_others(HealSighting sightings[HEAL_MAX_SIGHTINGS],
							HealTime now);

#endif
