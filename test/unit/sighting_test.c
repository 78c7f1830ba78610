/* Somebody who was not seen at one look is a newcomer at the next. */
#include "detect/sighting.h"
#include "tap.h"

static HealSubject
session(int pid, HealTime start, HealTime transaction)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SESSION,
						   .session = {pid, start},
						   .transaction = transaction};

	return subject;
}

static HealSighting sightings[HEAL_MAX_SIGHTINGS];

static HealTime
note(int kind, HealSubject subject, HealTime now)
{
	return heal_sighting_note(sightings, kind, &subject, now);
}

int
main(void)
{
	HealSubject ann = session(100, 5, 50);
	HealSubject bob = session(200, 6, 50);
	HealSubject ann_again = session(100, 7, 50); /* the pid, reused */

	is_int(note(1, ann, 1000), 1000, "a newcomer is seen since now");
	heal_sighting_forget_others(sightings, 1000);
	is_int(note(1, ann, 2000), 1000, "who stays is seen since before");
	is_int(note(1, bob, 2000), 2000, "another one is new");
	is_int(note(2, ann, 2000), 2000, "of another kind it is new");
	is_int(note(1, session(100, 5, 51), 2000), 2000,
		   "with another transaction it is new");
	is_int(note(1, ann_again, 2000), 2000,
		   "another session with its pid is new");
	heal_sighting_forget_others(sightings, 2000);
	is_int(note(1, bob, 3000), 2000, "bob stays");
	heal_sighting_forget_others(sightings, 3000);
	is_int(note(1, ann, 4000), 4000, "ann was away for a look and begins anew");
	for (int i = 0; i < HEAL_MAX_SIGHTINGS; i++)
		note(1, session(1000 + i, 1, 1), 5000);
	is_int(note(1, session(9, 9, 1), 5000), 5000,
		   "without a slot everybody is new");
	is_int(note(1, session(9, 9, 1), 6000), 6000, "always");
	return done_testing();
}
