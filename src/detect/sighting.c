/*
 * sighting.c
 *		Since when somebody has been a culprit without a break.
 */
#include "detect/sighting.h"

HealTime
heal_sighting_note(HealSighting sightings[HEAL_MAX_SIGHTINGS], int kind,
				   const HealSubject *subject, HealTime now)
{
	HealSighting *free_slot = NULL;

	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
	{
		HealSighting *sighting = &sightings[i];

		if (sighting->last_seen == 0)
			free_slot = free_slot ? free_slot : sighting;
		else if (sighting->kind == kind &&
				 heal_subject_same(&sighting->subject, subject) &&
				 sighting->subject.transaction == subject->transaction)
		{
			sighting->last_seen = now;
			return sighting->first_seen;
		}
	}
	if (free_slot != NULL)
		*free_slot = (HealSighting){kind, *subject, now, now};
	return now;
}

void
heal_sighting_forget_others(HealSighting sightings[HEAL_MAX_SIGHTINGS],
							HealTime now)
{
	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
		if (sightings[i].last_seen != now)
			sightings[i].last_seen = 0;
}
