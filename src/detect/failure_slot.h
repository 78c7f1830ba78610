/*
 * failure_slot.h
 *		What a replication slot may keep.
 */
#ifndef HEAL_FAILURE_SLOT_H
#define HEAL_FAILURE_SLOT_H

#include "detect/failure.h"

#define HEAL_MOST_SLOT_WAL 16777216 /* MB */

/* The slot as it was: by name, database and the WAL it needs, which stands still while nobody reads it. NULL = it is not. */
extern const HealSlot *
heal_slot_of(const HealSituation *situation, const HealSubject *subject);
/*
 * Whether what is there speaks for doing without the slot, not only what is to come: the volume is nearly full, or the
 * slot keeps more than it may. A trend is enough to bound it, which can be taken back.
 */
extern bool
heal_slot_may_be_lost(const HealSituation *situation, const HealSlot *slot,
					  const HealFailureLimits *limits);
/* With such a bound, in bytes, the slot is lost before the volume is full. */
extern bool heal_slot_fits(const HealSituation *situation, const HealSlot *slot,
						   double bound);
/* How much all slots may keep, so that this one is not lost yet and the volume not filled; NULL, or why there is no such bound. */
extern const char *
heal_slot_bound(const HealSituation *situation, const HealFailureLimits *limits,
				const HealSubject *subject, int *megabytes);

#endif
