/* Somebody who was not seen at one look is a newcomer at the next. */
#include "detect/sighting.h"
#include "tap.h"

int
main(void)
{
	HealSighting sightings[HEAL_MAX_SIGHTINGS] = {{0}};
	HealIdentity ann = {100, 5};
	HealIdentity bob = {200, 6};
	HealIdentity ann_again = {100, 7}; /* the pid, reused */

	is_int(heal_sighting_note(sightings, 1, ann, 50, 1000), 1000,
		   "a newcomer is seen since now");
	heal_sighting_forget_others(sightings, 1000);
	is_int(heal_sighting_note(sightings, 1, ann, 50, 2000), 1000,
		   "who stays is seen since before");
	is_int(heal_sighting_note(sightings, 1, bob, 50, 2000), 2000,
		   "another one is new");
	is_int(heal_sighting_note(sightings, 2, ann, 50, 2000), 2000,
		   "of another kind it is new");
	is_int(heal_sighting_note(sightings, 1, ann, 51, 2000), 2000,
		   "with another transaction it is new");
	is_int(heal_sighting_note(sightings, 1, ann_again, 50, 2000), 2000,
		   "another session with its pid is new");
	heal_sighting_forget_others(sightings, 2000);
	is_int(heal_sighting_note(sightings, 1, bob, 50, 3000), 2000, "bob stays");
	heal_sighting_forget_others(sightings, 3000);
	is_int(heal_sighting_note(sightings, 1, ann, 50, 4000), 4000,
		   "ann was away for a look and begins anew");
	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
		heal_sighting_note(sightings, 1, (HealIdentity){1000 + i, 1}, 1, 5000);
	is_int(heal_sighting_note(sightings, 1, (HealIdentity){9, 9}, 1, 5000),
		   5000, "without a slot everybody is new");
	is_int(heal_sighting_note(sightings, 1, (HealIdentity){9, 9}, 1, 6000),
		   6000, "always");
	done_testing();
}
