/*
 * sighting.c
 *		Since when somebody has been a culprit without a break.
 */
#include "detect/sighting.h"

HealTime
heal_sighting_note(HealSighting sightings[HEAL_MAX_SIGHTINGS], int kind,
				   HealIdentity culprit, HealTime transaction_start,
				   HealTime now)
{
	HealSighting *free_slot = NULL;

	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
	{
		HealSighting *sighting = &sightings[i];

		if (sighting->culprit.pid == 0)
			free_slot = free_slot ? free_slot : sighting;
		else if (sighting->kind == kind &&
				 sighting->culprit.pid == culprit.pid &&
				 sighting->culprit.backend_start == culprit.backend_start &&
				 sighting->transaction_start == transaction_start)
		{
			sighting->last_seen = now;
			return sighting->first_seen;
		}
	}
	if (free_slot != NULL)
		*free_slot = (HealSighting){kind, culprit, transaction_start, now, now};
	return now;
}

void
heal_sighting_forget_others(HealSighting sightings[HEAL_MAX_SIGHTINGS],
							HealTime now)
{
	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
		if (sightings[i].last_seen != now)
			sightings[i].culprit.pid = 0;
}
