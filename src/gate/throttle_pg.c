/*
 * throttle_pg.c
 *		Rules that slow or refuse what some sessions do, in shared memory.
 *
 * The rules are few and change rarely, so a session keeps a copy, tells by one number
 * whether it is still good, and takes the lock only when one of them fits. While there is
 * none, a statement costs one look at a counter.
 *
 * They are not kept over a restart. Each is for a while only, and who restarts a server to
 * be rid of whatever holds it up must not find it still there.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "gate/throttle_area.h"
#include "gate/throttle_pg.h"
#include "history/event.h"

HealThrottleArea *heal_throttle_area;

static void install(void);
static Size area_size(void);
static void attach(void *address, bool found, int tranche);
static void read_part(HealReading *reading);

const HealGatePart heal_throttle_part = {install, area_size, attach, read_part};

static void
install(void)
{
	heal_statement_throttle_install();
	heal_login_throttle_install();
}

static Size
area_size(void)
{
	return add_size(offsetof(HealThrottleArea, admission.place),
					mul_size(MaxBackends, sizeof(HealPlace)));
}

static void
attach(void *address, bool found, int tranche)
{
	HealThrottleArea *area = address;

	heal_throttle_area = area;
	if (found)
		return;
	memset(area, 0, area_size());
	pg_atomic_init_u32(&area->statement_rules, 0);
	pg_atomic_init_u32(&area->login_rules, 0);
	pg_atomic_init_u64(&area->generation, 0);
	for (int i = 0; i < HEAL_THROTTLES; i++)
	{
		pg_atomic_init_u64(&area->counts[i].delayed, 0);
		pg_atomic_init_u64(&area->counts[i].refused, 0);
		pg_atomic_init_u64(&area->counts[i].let_through, 0);
		pg_atomic_init_u64(&area->counts[i].waited, 0);
		pg_atomic_init_u64(&area->counts[i].longest, 0);
	}
	LWLockInitialize(&area->lock, tranche);
	area->admission.places = MaxBackends;
}

/* There is nothing to sample: what is in force is seen in its view. */
static void
read_part(HealReading *reading)
{
}

/*
 * The rules
 */

static void
wake_waiting(int rule)
{
	HealAdmission *admission = &heal_throttle_area->admission;

	for (int i = 0; i < admission->places; i++)
		if ((admission->place[i].waiting & UINT32_C(1) << rule) != 0)
			heal_throttle_wake(i);
}

/*
 * After these rules have changed; holding lock. Who waits for one is woken last, or it would
 * find nothing new and sleep on.
 */
static void
publish(uint32 changed)
{
	HealThrottleArea *area = heal_throttle_area;
	uint32 statements = 0;
	uint32 logins = 0;

	for (int i = 0; i < HEAL_THROTTLES; i++)
	{
		const HealThrottle *rule = &area->table.rule[i];

		if (rule->id == 0)
			continue;
		if (rule->kind == HEAL_THROTTLE_LOGIN_DELAY)
			logins++;
		else
			statements++;
	}
	pg_atomic_fetch_add_u64(&area->generation, 1);
	pg_atomic_write_u32(&area->statement_rules, statements);
	pg_atomic_write_u32(&area->login_rules, logins);
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if ((changed & UINT32_C(1) << i) != 0)
			wake_waiting(i);
}

static void
begin_counting(int rule)
{
	HealThrottleCounts *counts = &heal_throttle_area->counts[rule];

	memset(&heal_throttle_area->admission.bucket[rule], 0, sizeof(HealBucket));
	pg_atomic_write_u64(&counts->delayed, 0);
	pg_atomic_write_u64(&counts->refused, 0);
	pg_atomic_write_u64(&counts->let_through, 0);
	pg_atomic_write_u64(&counts->waited, 0);
	pg_atomic_write_u64(&counts->longest, 0);
}

/* Holding lock; what remains is to publish it. Returns the rule as a set. */
static uint32
clear(int rule)
{
	memset(&heal_throttle_area->table.rule[rule], 0, sizeof(HealThrottle));
	return UINT32_C(1) << rule;
}

HealThrottleProblem
heal_throttle_add(HealThrottle *rule)
{
	HealThrottleArea *area = heal_throttle_area;
	HealThrottleProblem problem = heal_throttle_check(rule);
	int place;

	if (problem != HEAL_THROTTLE_FINE)
		return problem;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	place = heal_throttle_put(&area->table, rule,
							  heal_admission_in_use(&area->admission));
	if (place >= 0)
	{
		begin_counting(place);
		publish(UINT32_C(1) << place);
	}
	LWLockRelease(&area->lock);
	return place >= 0 ? HEAL_THROTTLE_FINE : HEAL_THROTTLE_TABLE_FULL;
}

bool
heal_throttle_remove(int64 id, HealThrottle *removed)
{
	HealThrottleArea *area = heal_throttle_area;
	int place;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	place = heal_throttle_find(&area->table, id);
	if (place >= 0)
	{
		if (removed != NULL)
			*removed = area->table.rule[place];
		publish(clear(place));
	}
	LWLockRelease(&area->lock);
	return place >= 0;
}

/* Holding lock. */
static void
copy_effect(int place, HealThrottleEffect *effect)
{
	HealThrottleCounts *counts = &heal_throttle_area->counts[place];
	const HealAdmission *admission = &heal_throttle_area->admission;

	effect->rule = heal_throttle_area->table.rule[place];
	effect->waiting = heal_admission_waiting(admission, place);
	effect->holding = heal_admission_holding(admission, place);
	effect->delayed = pg_atomic_read_u64(&counts->delayed);
	effect->refused = pg_atomic_read_u64(&counts->refused);
	effect->let_through = pg_atomic_read_u64(&counts->let_through);
	effect->waited = pg_atomic_read_u64(&counts->waited);
	effect->longest = pg_atomic_read_u64(&counts->longest);
}

int
heal_throttle_copy(HealThrottleEffect effect[HEAL_THROTTLES])
{
	HealThrottleArea *area = heal_throttle_area;
	TimestampTz now = GetCurrentTimestamp();
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (area->table.rule[i].id != 0 && area->table.rule[i].until > now)
			copy_effect(i, &effect[count++]);
	LWLockRelease(&area->lock);
	return count;
}

int
heal_throttle_copy_recovery(int64 recovery,
							HealThrottleEffect effect[HEAL_THROTTLES])
{
	int all = heal_throttle_copy(effect);
	int count = 0;

	for (int i = 0; i < all; i++)
		if (effect[i].rule.recovery == recovery)
			effect[count++] = effect[i];
	return count;
}

bool
heal_throttle_in_force(int64 recovery)
{
	HealThrottleEffect *effect =
		palloc(sizeof(HealThrottleEffect) * HEAL_THROTTLES);
	bool there = heal_throttle_copy_recovery(recovery, effect) > 0;

	pfree(effect);
	return there;
}

bool
heal_throttle_holds_up(int32 pid)
{
	const HealAdmission *admission = &heal_throttle_area->admission;

	if (pg_atomic_read_u32(&heal_throttle_area->statement_rules) == 0)
		return false;
	for (int i = 0; i < admission->places; i++)
		if (admission->place[i].pid == pid && admission->place[i].waiting != 0)
			return true;
	return false;
}

bool
heal_throttle_applies(void)
{
	return heal_throttle_area != NULL && heal_enabled && heal_gate;
}

/*
 * In the engine
 */

/* Takes off what is over; returns how many, with what they did. */
static int
take_off_expired(HealThrottleEffect over[HEAL_THROTTLES])
{
	HealThrottleArea *area = heal_throttle_area;
	TimestampTz now = GetCurrentTimestamp();
	uint32 changed = 0;
	int count = 0;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (area->table.rule[i].id != 0 && area->table.rule[i].until <= now)
		{
			copy_effect(i, &over[count++]);
			changed |= clear(i);
		}
	if (count > 0)
		publish(changed);
	LWLockRelease(&area->lock);
	return count;
}

static void
log_expired(const HealThrottleEffect *over)
{
	char subject[HEAL_NAME_SIZE];
	char message[HEAL_SCOPE_TEXT + 64];

	snprintf(subject, sizeof(subject), "throttle %lld",
			 (long long) over->rule.id);
	snprintf(message, sizeof(message),
			 "its time is over: %s; %llu delayed, %llu refused",
			 over->rule.scope_text, (unsigned long long) over->delayed,
			 (unsigned long long) over->refused);
	heal_event_log("throttle_expired", "info", subject, message);
}

/* Without lock: who is there writes its place itself. Nobody is left behind but by a bug. */
static void
forget_vanished(void)
{
	HealAdmission *admission = &heal_throttle_area->admission;

	for (int i = 0; i < admission->places; i++)
	{
		const HealPlace *place = &admission->place[i];

		if ((place->holding | place->waiting) == 0 ||
			GetPGProcByNumber(i)->procLatch.owner_pid == place->pid)
			continue;
		LWLockAcquire(&heal_throttle_area->lock, LW_EXCLUSIVE);
		if (GetPGProcByNumber(i)->procLatch.owner_pid != place->pid)
			heal_admission_leave(admission, i);
		LWLockRelease(&heal_throttle_area->lock);
	}
}

void
heal_throttle_tidy(void)
{
	HealThrottleEffect *over;
	int count;

	if (pg_atomic_read_u32(&heal_throttle_area->statement_rules) == 0 &&
		pg_atomic_read_u32(&heal_throttle_area->login_rules) == 0)
		return;
	over = palloc(sizeof(HealThrottleEffect) * HEAL_THROTTLES);
	forget_vanished();
	count = take_off_expired(over);
	for (int i = 0; i < count; i++)
		log_expired(&over[i]);
	pfree(over);
}
