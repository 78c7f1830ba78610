/*
 * usermetric.c
 *		Metrics of users: what they are, which row of the catalogue each has, when it is run.
 */
#include "sample/usermetric.h"

#include <math.h>
#include <string.h>

static int find_definition(const HealUserSlot *slot,
						   const HealUserDefinition *definitions, int count);
static int find_place(const HealUserSlot *slots, HealTime now);
static void
place(HealUserSlot *slot, const HealUserDefinition *definition, HealTime now);
static void copy(char *to, size_t size, const char *from);

const char *
heal_user_name_problem(const char *name)
{
	size_t length = strlen(name);

	if (length == 0)
		return "It is empty.";
	if (length >= HEAL_NAME_SIZE)
		return "It is longer than 63 characters.";
	if (name[0] < 'a' || name[0] > 'z')
		return "It must begin with a small letter from a to z.";
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
		return "It may hold only small letters from a to z, digits and "
			   "underscores.";
	return NULL;
}

bool
heal_user_interval_is_valid(HealTime interval)
{
	return interval >= HEAL_USER_LEAST_INTERVAL &&
		   interval <= HEAL_USER_MOST_INTERVAL;
}

HealTime
heal_user_backoff(HealTime interval, int failures_in_a_row)
{
	HealTime wait = interval;

	for (int i = 0; i < failures_in_a_row && wait < HEAL_USER_MOST_BACKOFF; i++)
		wait *= 2;
	if (wait > HEAL_USER_MOST_BACKOFF)
		wait = HEAL_USER_MOST_BACKOFF;
	return wait > interval ? wait : interval;
}

void
heal_user_bind(HealUserSlot slots[HEAL_USER_METRICS],
			   const HealUserDefinition *definitions, int count, HealTime now,
			   HealUserChange *change)
{
	bool placed[HEAL_USER_METRICS] = {false};

	memset(change, 0, sizeof(*change));
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		HealUserSlot *slot = &slots[i];
		int found;

		if (slot->state == HEAL_USER_FREE)
			continue;
		found = find_definition(slot, definitions, count);
		if (found >= 0 && !placed[found])
		{
			placed[found] = true;
			change->bound[i] = slot->state == HEAL_USER_KEPT;
			place(slot, &definitions[found], now);
			continue;
		}
		memset(slot, 0, sizeof(*slot));
		slot->freed_at = now;
		change->freed[i] = true;
	}
	for (int n = 0; n < count; n++)
	{
		int at = placed[n] ? -1 : find_place(slots, now);

		if (at >= 0)
		{
			change->bound[at] = true;
			place(&slots[at], &definitions[n], now);
		}
		else if (!placed[n])
			change->waiting++;
	}
}

/* Of one kept from before only the name is known, and it is still that metric's. */
static int
find_definition(const HealUserSlot *slot, const HealUserDefinition *definitions,
				int count)
{
	for (int n = 0; n < count; n++)
		if (strcmp(definitions[n].name, slot->definition.name) == 0 &&
			(slot->state == HEAL_USER_KEPT ||
			 definitions[n].added_at == slot->definition.added_at))
			return n;
	return -1;
}

static int
find_place(const HealUserSlot *slots, HealTime now)
{
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (slots[i].state == HEAL_USER_FREE &&
			(slots[i].freed_at == 0 || slots[i].freed_at > now ||
			 now - slots[i].freed_at >= HEAL_USER_SLOT_RESTS))
			return i;
	return -1;
}

static void
place(HealUserSlot *slot, const HealUserDefinition *definition, HealTime now)
{
	if (slot->state != HEAL_USER_BOUND)
	{
		memset(&slot->runs, 0, sizeof(slot->runs));
		slot->runs.due_at = now;
		slot->runs.value = NAN;
		slot->runs.sampled = true;
	}
	slot->state = HEAL_USER_BOUND;
	slot->definition = *definition;
}

int
heal_user_due(const HealUserSlot slots[HEAL_USER_METRICS], const char *database,
			  HealTime now)
{
	int first = -1;

	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		const HealUserSlot *slot = &slots[i];
		/* a clock set back must not make it wait for longer than it ever would */
		bool is_late = slot->runs.due_at <= now ||
					   slot->runs.due_at - now >
						   heal_user_backoff(slot->definition.interval, 1000);

		if (slot->state != HEAL_USER_BOUND || slot->runs.running || !is_late ||
			(database != NULL &&
			 strcmp(slot->definition.database, database) != 0))
			continue;
		if (first < 0 || slot->runs.due_at < slots[first].runs.due_at)
			first = i;
	}
	return first;
}

void
heal_user_begin(HealUserSlot *slot, HealTime now)
{
	HealUserRuns *runs = &slot->runs;

	runs->begun++;
	runs->failures++;
	runs->failures_in_a_row++;
	runs->running = true;
	runs->begun_at = now;
	runs->due_at = now + heal_user_backoff(slot->definition.interval,
										   runs->failures_in_a_row);
}

static void
end(HealUserSlot *slot, HealTime now)
{
	HealUserRuns *runs = &slot->runs;

	runs->running = false;
	runs->ended++;
	runs->took += now > runs->begun_at ? now - runs->begun_at : 0;
}

void
heal_user_succeed(HealUserSlot *slot, double value, HealTime now)
{
	HealUserRuns *runs = &slot->runs;

	end(slot, now);
	runs->failures--;
	runs->failures_in_a_row = 0;
	runs->gone = false;
	runs->due_at = runs->begun_at + slot->definition.interval - HEAL_USER_EARLY;
	runs->value = value;
	runs->value_at = now;
	runs->sampled = false;
	runs->error[0] = '\0';
}

void
heal_user_fail(HealUserSlot *slot, const char *error, bool gone, HealTime now)
{
	end(slot, now);
	slot->runs.gone = gone;
	slot->runs.value = NAN;
	copy(slot->runs.error, sizeof(slot->runs.error), error);
}

void
heal_user_refuse(HealUserSlot *slot, const char *error, bool gone, HealTime now)
{
	HealTime begun_at = slot->runs.begun_at;

	heal_user_begin(slot, now);
	slot->runs.begun--;
	slot->runs.begun_at = begun_at;
	slot->runs.running = false;
	slot->runs.gone = gone;
	slot->runs.value = NAN;
	copy(slot->runs.error, sizeof(slot->runs.error), error);
}

const char *
heal_user_state_name(const HealUserRuns *runs)
{
	int failures = runs->failures_in_a_row - (runs->running ? 1 : 0);

	if (runs->gone)
		return "gone";
	if (failures > 1)
		return "backing off";
	if (failures == 1)
		return "failing";
	return runs->value_at == 0 ? "new" : "ok";
}

static void
copy(char *to, size_t size, const char *from)
{
	strncpy(to, from, size - 1);
	to[size - 1] = '\0';
}
