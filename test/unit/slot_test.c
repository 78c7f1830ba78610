/*
 * slot_test.c
 *		Inactive replication slots, and what they may keep.
 */
#include "detect/failure_slot.h"

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)
#define MB (1024.0 * 1024.0)

static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static HealSlot *
add(const char *name, double megabytes, bool active)
{
	HealSlot *slot = &situation.slots.slot[situation.slots.count++];

	*slot = (HealSlot){.active = active,
					   .retained = megabytes * MB,
					   .needed = (uint64_t) situation.slots.count};
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	return slot;
}

/* A volume of 10 GB with so much free, and nothing that bounds slots. */
static void
begin(double free_megabytes)
{
	situation = (HealSituation){.taken_at = NOW};
	situation.slots.bound = -1;
	situation.slots.segment = 16 * MB;
	situation.slots.volume_size = 10000 * MB;
	situation.slots.volume_free = free_megabytes * MB;
	limits = (HealFailureLimits){0};
	limits.patience[HEAL_SLOT_RETAINS_WAL] = HEAL_MINUTE;
}

static int
find(void)
{
	return heal_failures[HEAL_SLOT_RETAINS_WAL].find(&situation, &limits, found,
													 HEAL_MAX_FINDINGS);
}

static bool
gone(HealSubject subject)
{
	return heal_failures[HEAL_SLOT_RETAINS_WAL].gone(&situation, &limits,
													 &subject);
}

static const char *
bound(HealSubject subject, int *megabytes)
{
	const char *problem;

	*megabytes = 0;
	problem = heal_slot_bound(&situation, &limits, &subject, megabytes);
	return problem ? problem : "";
}

static void
test_proof(void)
{
	HealSubject subject;
	HealSlot *slot;

	begin(5000);
	slot = add("lost", 3000, false);
	is_int(find(), 0, "with half of the volume free there is time");
	situation.slots.volume_full = HEAL_HOUR;
	is_int(find(), 1, "not when it is full in an hour");
	situation.slots.volume_full = 3 * HEAL_HOUR;
	is_int(find(), 0, "in three there is");
	situation.slots.volume_predicted = true;
	is_int(find(), 1, "unless a prediction stands, which may be about more");
	ok(strstr(found[0].evidence, ", as is predicted") != NULL, "which is told");
	ok(!heal_slot_may_be_lost(&situation, slot, &limits),
	   "nothing is lost for a prediction");
	situation.slots.volume_predicted = false;
	situation.slots.volume_full = 0;
	situation.slots.volume_free = 1400 * MB;
	is_int(find(), 1, "nearly full is a failure without any trend");
	ok(heal_slot_may_be_lost(&situation, slot, &limits),
	   "for which a slot may be lost");
	is_string(found[0].evidence,
			  "replication slot \"lost\" (physical) is inactive and keeps "
			  "3000 MB of WAL; its volume has 1400 of 10000 MB free",
			  "told with figures");
	subject = found[0].subject;
	slot->active = true;
	is_int(find(), 0, "a slot that is read is not");
	ok(gone(subject), "and that is the cure");
	slot->active = false;
	slot->retained = 900 * MB;
	is_int(find(), 0, "nor one that keeps little: the volume fills by others");
	slot->retained = 3000 * MB;
	situation.slots.bound = 3300 * MB;
	is_int(find(), 0, "nor one that is lost before the volume is full");
	ok(gone(subject), "which is a cure as well");
	situation.slots.bound = 4000 * MB;
	is_int(find(), 1, "a bound beyond the volume is none");
	ok(!gone(subject), "and no cure");
	situation.slots.volume_free = situation.slots.volume_size = NAN;
	is_int(find(), 0, "an unknown volume proves nothing");
	situation.slots.bound = -1;
	limits.slot_wal = 2000 * MB;
	is_int(find(), 1, "more than the setting allows is a failure all the same");
	ok(heal_slot_may_be_lost(&situation, slot, &limits), "and worth a slot");
	add("worse", 4000, false);
	is_int(find(), 1, "of two there is one finding");
	is_string(found[0].subject.name, "worse", "about the worse");
	situation.slots.slot[1].needed = 99;
	ok(gone(found[0].subject), "one that has moved is another");
}

static void
test_bound(void)
{
	HealSubject subject;
	HealSlot *other;
	int megabytes;

	begin(1400);
	add("lost", 3000, false);
	find();
	subject = found[0].subject;
	is_string(bound(subject, &megabytes), "", "there is a bound");
	is_int(megabytes, 3200, "half the room beyond a tenth of the volume");
	other = add("busy", 1500, true);
	is_string(bound(subject, &megabytes), "",
			  "a slot in use that keeps little");
	other->retained = 1700 * MB;
	ok(bound(subject, &megabytes)[0] != '\0',
	   "one that keeps more than half of it speaks against it");
	other->active = false;
	is_string(bound(subject, &megabytes), "", "an inactive one does not");
	other->is_protected = true;
	ok(bound(subject, &megabytes)[0] != '\0', "unless it is protected");
	situation.slots.count = 1;
	situation.slots.left_out = 1;
	ok(bound(subject, &megabytes)[0] != '\0', "nor what nobody looks at");
	situation.slots.left_out = 0;
	situation.slots.bound = 3100 * MB;
	ok(bound(subject, &megabytes)[0] != '\0', "it is never made wider");
	situation.slots.bound = -1;
	situation.slots.volume_free = 1050 * MB;
	ok(bound(subject, &megabytes)[0] != '\0',
	   "without room it would be lost at once");
	limits.slot_wal = 100 * MB;
	situation.slots.volume_free = 9000 * MB;
	is_string(bound(subject, &megabytes), "", "with a limit of the setting's");
	is_int(megabytes, 3050, "half of that is what it may keep more");
	situation.slots.volume_free = situation.slots.volume_size = NAN;
	is_string(bound(subject, &megabytes), "", "on an unknown volume, too");
	limits.slot_wal = 0;
	ok(bound(subject, &megabytes)[0] != '\0', "which else has no bound");
	situation.slots.slot[0].needed = 5;
	ok(bound(subject, &megabytes)[0] != '\0', "a slot that moved has none");
}

int
main(void)
{
	test_proof();
	test_bound();
	return done_testing();
}
