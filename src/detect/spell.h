/*
 * spell.h
 *		How many alarms came to nothing, and what the borders make of it.
 *
 * Anomalies that overlap are one alarm to whoever is called: a spell, from the first that
 * opens until none is open. A spell in which no failure was confirmed came to nothing, and
 * spends from the alarm budget of the instance (see episode.h), as does each anomaly that
 * somebody marks while none lasts. The budget settles with time.
 */
#ifndef HEAL_SPELL_H
#define HEAL_SPELL_H

#include "detect/episode.h"

/* Unconfirmed ones that an instance may have: with more of them the borders rise. */
#define HEAL_ALARMS_A_DAY 1.0

/* Kept over a restart. */
typedef struct HealAlarmRecord
{
	HealAlarmBudget budget;
	int64_t spells;		 /* ended, ever */
	int64_t unconfirmed; /* of them */
	int64_t marked;		 /* anomalies that somebody called false */
	int64_t doubted;	 /* rows in which too much moved at once, see doubt.h */
	HealTime begun_at;	 /* of the present spell; 0 = nothing is open */
	HealTime ended_at;	 /* of the newest one; 0 = none yet */
} HealAlarmRecord;

/* Each row: whether an anomaly is open. True when a spell ends by it. */
extern bool
heal_spell_note(HealAlarmRecord *record, bool any_open, HealTime now);
/* Of the spell that has just ended. */
extern void heal_spell_end(HealAlarmRecord *record, bool confirmed);
extern void heal_spell_mark(HealAlarmRecord *record);
/*
 * Whether a failure that was confirmed then, and closed then (0 = it is open, or was never
 * confirmed), belongs to a spell.
 */
extern bool heal_spell_covers(HealTime begun_at, HealTime ended_at,
							  HealTime confirmed_at, HealTime closed_at);
/* After reading it from a disk. */
extern bool heal_spell_intact(const HealAlarmRecord *record);

#endif
