/*
 * health.c
 *		Whether a component is well, and since when.
 */
#include "health/health.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool is_trouble(int state);
static bool goes_blind(HealHealth *health);
static bool has_settled(HealHealth *health, HealTime now);
static void tell_better(HealHealth *health, HealTime settles);
static void stay(HealHealth *health, const HealOpinion *opinion);
static void move(HealHealth *health, const HealOpinion *opinion, HealTime now);
static void tell(const HealHealth *health, HealHealthState from, HealTime now,
				 HealHealthChange *change);
static void put_reason(HealHealth *health, const HealOpinion *opinion);

const char *
heal_health_name(int state)
{
	static const char *const names[HEAL_HEALTH_STATES] = {"healthy", "unknown",
														  "degraded", "failed"};

	return (unsigned) state < HEAL_HEALTH_STATES ? names[state] : "invalid";
}

void
heal_opinion_begin(HealOpinion *opinion)
{
	opinion->state = HEAL_HEALTH_HEALTHY;
	opinion->since = 0;
	opinion->others = 0;
	snprintf(opinion->reason, sizeof(opinion->reason), "nothing is wrong");
}

void
heal_opinion_add(HealOpinion *opinion, HealHealthState state, HealTime since,
				 const char *reason)
{
	if (opinion->state != HEAL_HEALTH_HEALTHY)
		opinion->others++;
	if (state <= opinion->state)
		return;
	opinion->state = state;
	opinion->since = since;
	snprintf(opinion->reason, sizeof(opinion->reason), "%s", reason);
}

bool
heal_health_judge(HealHealth *health, const HealOpinion *opinion,
				  HealHealthState kept, HealTime now, HealHealthChange *change)
{
	HealHealthState from =
		health->judged ? (HealHealthState) health->state : kept;
	bool first = !health->judged;

	if (opinion->state == HEAL_HEALTH_UNKNOWN)
	{
		if (goes_blind(health))
		{
			if (first)
				put_reason(health, opinion);
			return false;
		}
	}
	else
		health->blind = 0;
	if (!first && opinion->state == from)
	{
		stay(health, opinion);
		return false;
	}
	if (!first && is_trouble(from) && opinion->state < from &&
		opinion->state != HEAL_HEALTH_UNKNOWN && !has_settled(health, now))
		return false;
	move(health, opinion, now);
	tell(health, from, now, change);
	return from != opinion->state && !(first && from == HEAL_HEALTH_UNKNOWN &&
									   opinion->state == HEAL_HEALTH_HEALTHY);
}

void
heal_health_lose_sight(HealHealth *health)
{
	health->judged = false;
	health->blind = 0;
	health->better_at = 0;
}

bool
heal_health_change_valid(const HealHealthChange *change)
{
	return change->from >= 0 && change->from < HEAL_HEALTH_STATES &&
		   change->to >= 0 && change->to < HEAL_HEALTH_STATES &&
		   change->component[0] != '\0' &&
		   heal_text_terminated(change->component, sizeof(change->component)) &&
		   heal_text_terminated(change->reason, sizeof(change->reason));
}

void
heal_health_keep(HealHealthKept kept[HEAL_MAX_HEALTH],
				 const HealHealthChange *change)
{
	HealHealthKept *place = NULL;

	for (int i = 0; i < HEAL_MAX_HEALTH; i++)
	{
		if (strcmp(kept[i].component, change->component) == 0)
		{
			place = &kept[i];
			break;
		}
		if (place == NULL && kept[i].component[0] == '\0')
			place = &kept[i];
	}
	if (place == NULL)
		return;
	memset(place, 0, sizeof(*place));
	if (change->gone)
		return;
	memcpy(place->component, change->component, sizeof(place->component));
	place->state = change->to;
}

HealHealthState
heal_health_kept(const HealHealthKept kept[HEAL_MAX_HEALTH],
				 const char *component)
{
	/* asked for every component at every judgement; most differ by the first letter */
	for (int i = 0; i < HEAL_MAX_HEALTH; i++)
		if (kept[i].component[0] == component[0] &&
			strcmp(kept[i].component, component) == 0)
			return (HealHealthState) kept[i].state;
	return HEAL_HEALTH_UNKNOWN;
}

static bool
is_trouble(int state)
{
	return state == HEAL_HEALTH_DEGRADED || state == HEAL_HEALTH_FAILED;
}

/* One judgement without sight is no news: a total that was reset is missing once. */
static bool
goes_blind(HealHealth *health)
{
	if (health->judged && health->state == HEAL_HEALTH_UNKNOWN)
		return false;
	return ++health->blind <
		   (health->judged ? HEAL_HEALTH_BLIND : HEAL_HEALTH_BLIND_FIRST);
}

/* A clock that is set back starts the time anew. */
static bool
has_settled(HealHealth *health, HealTime now)
{
	HealTime settles = HEAL_HEALTH_SETTLES << health->relapses;

	if (health->better_at == 0)
		tell_better(health, settles);
	if (health->better_at == 0 || now < health->better_at)
		health->better_at = now;
	return now - health->better_at >= settles;
}

/* What was wrong stays the reason for the state, but it is no longer so. */
static void
tell_better(HealHealth *health, HealTime settles)
{
	char was[HEAL_SENTENCE];

	memcpy(was, health->reason, sizeof(was));
	snprintf(health->reason, sizeof(health->reason),
			 "better now, which has to last %d s; it was: %.180s",
			 (int) (settles / HEAL_SECOND), was);
}

static void
stay(HealHealth *health, const HealOpinion *opinion)
{
	health->better_at = 0;
	put_reason(health, opinion);
}

static void
move(HealHealth *health, const HealOpinion *opinion, HealTime now)
{
	bool worse = is_trouble(opinion->state) &&
				 (!health->judged || (int) opinion->state > health->state);
	bool again = health->improved_at != 0 &&
				 now - health->improved_at < HEAL_HEALTH_RELAPSE;

	if (worse && !again)
		health->relapses = 0;
	else if (worse && health->relapses < HEAL_HEALTH_RELAPSES)
		health->relapses++;
	if (health->judged && is_trouble(health->state) && !worse)
		health->improved_at = now;
	health->judged = true;
	health->state = opinion->state;
	health->since =
		opinion->since != 0 && opinion->since < now ? opinion->since : now;
	health->better_at = 0;
	put_reason(health, opinion);
}

static void
tell(const HealHealth *health, HealHealthState from, HealTime now,
	 HealHealthChange *change)
{
	memset(change, 0, sizeof(*change));
	change->at = now;
	change->since = health->since;
	change->from = from;
	change->to = health->state;
	memcpy(change->component, health->component, sizeof(change->component));
	memcpy(change->reason, health->reason, sizeof(change->reason));
}

static void
put_reason(HealHealth *health, const HealOpinion *opinion)
{
	char more[32] = "";

	if (opinion->others == 0 && strcmp(health->reason, opinion->reason) == 0)
		return; /* as nearly always, every second, of every component */
	if (opinion->others > 0)
		snprintf(more, sizeof(more), " (and %d more)", opinion->others);
	snprintf(health->reason, sizeof(health->reason), "%.*s%s",
			 (int) (sizeof(health->reason) - sizeof(more)), opinion->reason,
			 more);
}
