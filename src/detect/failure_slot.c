/*
 * failure_slot.c
 *		A replication slot that nobody reads and that keeps WAL until its volume is full.
 *
 * A full WAL volume is the end of the server, so this is about the time before. What the server offers is
 * max_slot_wal_keep_size: a checkpoint invalidates a slot that keeps more, and who read it has to be built anew. So the gentle
 * remedy sets it to more than the slot keeps, and to less than would fill the volume: whoever reads it has until then to come back,
 * and the server lives. It counts for all slots, so it must be far from what those in use keep.
 */
#include "detect/failure_slot.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detect/failure_proof.h"

#define MB (1024.0 * 1024.0)
#define RESERVE 0.10 /* of the volume is to be left */
#define WORTH_IT \
	0.10 /* of the volume: a slot that keeps less does not fill it */
#define NEARLY_FULL 0.15 /* of it is free */
#define FULL_SOON (2 * HEAL_HOUR)
#define IN_USE \
	2.0 /* times what a slot in use keeps: it lags more now and then */

static HealSubject
subject_of(const HealSlot *slot)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SLOT,
						   .database = slot->database,
						   .number = slot->needed};

	snprintf(subject.name, sizeof(subject.name), "%s", slot->name);
	return subject;
}

const HealSlot *
heal_slot_of(const HealSituation *situation, const HealSubject *subject)
{
	for (int i = 0; i < situation->slots.count; i++)
	{
		HealSubject other = subject_of(&situation->slots.slot[i]);

		if (heal_subject_same(&other, subject))
			return &situation->slots.slot[i];
	}
	return NULL;
}

/* What may still be written there. NaN when the volume is not known. */
static double
room(const HealSlots *slots)
{
	return slots->volume_free - RESERVE * slots->volume_size;
}

/* As far as is known. */
bool
heal_slot_fits(const HealSituation *situation, const HealSlot *slot,
			   double bound)
{
	return !(bound - slot->retained > room(&situation->slots));
}

static bool
is_bounded(const HealSituation *situation, const HealSlot *slot)
{
	return situation->slots.bound >= 0 &&
		   heal_slot_fits(situation, slot, situation->slots.bound);
}

/* False for NaN: what is not known proves nothing. */
static bool
is_nearly_full(const HealSlots *slots)
{
	return slots->volume_free < NEARLY_FULL * slots->volume_size;
}

static bool
fills_volume(const HealSlots *slots, const HealSlot *slot)
{
	return slot->retained >= WORTH_IT * slots->volume_size &&
		   (is_nearly_full(slots) ||
			(slots->volume_full > 0 && slots->volume_full <= FULL_SOON) ||
			slots->volume_predicted);
}

bool
heal_slot_may_be_lost(const HealSituation *situation, const HealSlot *slot,
					  const HealFailureLimits *limits)
{
	return is_nearly_full(&situation->slots) ||
		   (limits->slot_wal > 0 && slot->retained > limits->slot_wal);
}

static bool
is_too_much(const HealSituation *situation, const HealSlot *slot,
			const HealFailureLimits *limits)
{
	bool over = limits->slot_wal > 0 && slot->retained > limits->slot_wal;

	return !slot->active && !is_bounded(situation, slot) &&
		   (over || fills_volume(&situation->slots, slot));
}

static void
describe(const HealSituation *situation, const HealSlot *slot, char *text,
		 size_t size)
{
	const HealSlots *slots = &situation->slots;
	char full[HEAL_DURATION_SIZE];
	char inactive[HEAL_DURATION_SIZE];
	int used =
		snprintf(text, size,
				 "replication slot \"%s\" (%s%s) is inactive%s%s and keeps "
				 "%.0f MB of WAL",
				 slot->name, slot->plugin[0] != '\0' ? "logical, " : "physical",
				 slot->plugin, slot->inactive_since != 0 ? " for " : "",
				 slot->inactive_since != 0
					 ? heal_duration_format(
						   situation->taken_at - slot->inactive_since, inactive)
					 : "",
				 slot->retained / MB);

	if (isfinite(slots->volume_size) && used > 0 && (size_t) used < size)
		snprintf(text + used, size - (size_t) used,
				 "; its volume has %.0f of %.0f MB free%s%s%s",
				 slots->volume_free / MB, slots->volume_size / MB,
				 slots->volume_full > 0 ? " and is full in " : "",
				 slots->volume_full > 0
					 ? heal_duration_format(slots->volume_full, full)
					 : "",
				 slots->volume_predicted ? ", as is predicted" : "");
}

/* The one that keeps most: the others hold nothing up while it does. */
int
heal_slot_find(const HealSituation *situation, const HealFailureLimits *limits,
			   HealFinding *findings, int max)
{
	const HealSlots *slots = &situation->slots;
	const HealSlot *worst = NULL;

	for (int i = 0; i < slots->count; i++)
		if (is_too_much(situation, &slots->slot[i], limits) &&
			(worst == NULL || slots->slot[i].retained > worst->retained))
			worst = &slots->slot[i];
	if (worst == NULL || max < 1)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_SLOT_RETAINS_WAL,
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_SLOT_RETAINS_WAL],
		.subject = subject_of(worst),
		.culprit = -1,
	};
	describe(situation, worst, findings[0].evidence,
			 sizeof(findings[0].evidence));
	return 1;
}

/* Read again, lost, dropped, or bound to be lost before the volume is full. */
bool
heal_slot_gone(const HealSituation *situation, const HealFailureLimits *limits,
			   const HealSubject *subject)
{
	const HealSlot *slot = heal_slot_of(situation, subject);

	(void) limits;
	return slot == NULL || slot->active || is_bounded(situation, slot);
}

/* What others keep: NULL when this many bytes do not touch them. */
static const char *
others_speak_against(const HealSlots *slots, const HealSlot *slot, double bound)
{
	if (slots->left_out > 0)
		return "there are more slots than selfheal looks at";
	for (int i = 0; i < slots->count; i++)
	{
		const HealSlot *other = &slots->slot[i];

		if (other->is_protected)
			return "it would count for a slot of selfheal.protected_slots as well";
		if (other != slot && other->active && other->retained * IN_USE > bound)
			return "a slot in use keeps nearly as much";
		if (other != slot && other->retained > bound)
			return "another slot would be lost at once";
	}
	return NULL;
}

/* Half the room: a checkpoint has to come before a bound is of any use, and WAL is written until then. */
const char *
heal_slot_bound(const HealSituation *situation, const HealFailureLimits *limits,
				const HealSubject *subject, int *megabytes)
{
	const HealSlots *slots = &situation->slots;
	const HealSlot *slot = heal_slot_of(situation, subject);
	double more = room(slots) / 2;
	double bound;

	if (slot == NULL)
		return "the slot is gone, or somebody has read from it";
	if (limits->slot_wal > 0 && !(more <= limits->slot_wal / 2))
		more = limits->slot_wal / 2;
	if (!isfinite(more))
		return "how much room the WAL has is not known yet";
	bound = floor((slot->retained + more) / MB);
	if (more < 2 * slots->segment)
		return "there is no room left: to bound it would be to lose it at once";
	if (slots->bound >= 0 && slots->bound <= bound * MB)
		return "it is bounded more narrowly already";
	if (bound > HEAL_MOST_SLOT_WAL)
		return "it would be more than selfheal sets";
	*megabytes = (int) bound;
	return others_speak_against(slots, slot, bound * MB);
}
