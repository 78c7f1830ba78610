/*
 * throttle_login_pg.c
 *		Delays logins that a rule fits.
 *
 * Every login that waits has a connection slot already, so a storm could turn the delay
 * itself into the outage. At most a tenth of the slots is ever spent on waiting. Who finds
 * no place to wait is refused unless the rule says otherwise: that gives the slot back at
 * once, and letting all others in would be no delay at all in just the case it is for.
 *
 * What the client calls itself does not matter here: names are free, and whoever wants
 * to guess passwords would call himself pg_dump. Right and wrong passwords wait
 * alike, and who is refused does not learn which it was.
 */
#include "postgres.h"

#include "access/xact.h"
#include "libpq/auth.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "postmaster/postmaster.h"
#include "replication/walsender.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "gate/throttle_area.h"
#include "gate/throttle_pg.h"

static ClientAuthentication_hook_type next_authentication;

static bool
is_on(void)
{
	return heal_throttle_applies() &&
		   pg_atomic_read_u32(&heal_throttle_area->login_rules) != 0 &&
		   !am_walsender;
}

int
heal_login_places(void)
{
	return Max(1, Min(50, MaxConnections / 10));
}

/* A role that does not exist may come from an address that a rule fits. */
static bool
is_exempt(Oid role, const Port *port)
{
	return OidIsValid(role) &&
		   heal_throttle_exempts(role, port->database_name, "");
}

/* The rule that makes it wait longest. */
static int
slowest(uint32 mask, const HealThrottle *rules)
{
	int best = pg_rightmost_one_pos32(mask);

	for (; mask != 0; mask &= mask - 1)
		if (rules[pg_rightmost_one_pos32(mask)].limit > rules[best].limit)
			best = pg_rightmost_one_pos32(mask);
	return best;
}

/* All rules together. */
static int
waiting_logins(void)
{
	const HealThrottleArea *area = heal_throttle_area;
	int waiting = 0;

	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (area->table.rule[i].kind == HEAL_THROTTLE_LOGIN_DELAY)
			waiting += heal_admission_waiting(&area->admission, i);
	return waiting;
}

/* Where it waits; -1 when no rule fits. rule is copied, as it may go. */
static int
arrive(const HealVisitor *visitor, HealThrottle *rule, bool *full)
{
	HealThrottleArea *area = heal_throttle_area;
	int place = -1;
	uint32 mask;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	mask = heal_throttle_match(area->table.rule, true, visitor,
							   GetCurrentTimestamp());
	if (mask != 0)
	{
		place = slowest(mask, area->table.rule);
		*rule = area->table.rule[place];
		*full = waiting_logins() >= heal_login_places();
		if (!*full)
		{
			heal_throttle_arrive();
			heal_admission_wait(&area->admission, heal_process_number(),
								UINT32_C(1) << place);
		}
	}
	LWLockRelease(&area->lock);
	return place;
}

/* Well before the server would give up on the login. */
static HealTime
delay_of(const HealThrottle *rule)
{
	return Min((HealTime) (rule->limit * HEAL_MILLISECOND),
			   AuthenticationTimeout * HEAL_SECOND / 2);
}

/* Until its time is over, or the rule is lifted. */
static void
wait_at(int place, const HealThrottle *rule)
{
	TimestampTz since = GetCurrentTimestamp();
	HealTime delay = delay_of(rule);

	for (;;)
	{
		HealTime waited = GetCurrentTimestamp() - since;

		if (waited < 0 || waited >= delay || !heal_throttle_applies() ||
			heal_throttle_rules()[place].id != rule->id)
			break;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (delay - waited) / HEAL_MILLISECOND + 1,
						 heal_throttle_wait_event());
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	heal_throttle_count(place, rule->id, 1, 0, 0,
						Max(GetCurrentTimestamp() - since, 0));
	heal_throttle_leave();
}

static void
overflow(int place, const HealThrottle *rule)
{
	heal_throttle_count(place, rule->id, 0, rule->refuse, !rule->refuse, 0);
	if (rule->refuse)
		ereport(
			FATAL, errcode(ERRCODE_TOO_MANY_CONNECTIONS),
			errmsg("too many logins are waiting under selfheal's throttle %lld",
				   (long long) rule->id),
			errhint("Try again later, or ask an operator."));
}

static void
delay_login(const Port *port)
{
	Oid role = get_role_oid(port->user_name, true);
	HealVisitor visitor = {
		.role = role,
		.application = "",
		.network = heal_throttle_address(port),
	};
	HealThrottle rule;
	bool full = false;
	int place;

	if (heal_throttle_match(heal_throttle_rules(), true, &visitor,
							GetCurrentTimestamp()) == 0 ||
		is_exempt(role, port))
		return;
	place = arrive(&visitor, &rule, &full);
	if (place >= 0 && full)
		overflow(place, &rule);
	else if (place >= 0)
		wait_at(place, &rule);
}

/*
 * STATUS_EOF is a client that went to ask for a password. Who is refused has had no answer, so those after us, who count
 * them, do not hear of him.
 */
static void
see_authentication(Port *port, int status)
{
	if (status != STATUS_EOF && is_on())
		delay_login(port);
	if (next_authentication)
		next_authentication(port, status);
}

void
heal_login_throttle_install(void)
{
	next_authentication = ClientAuthentication_hook;
	ClientAuthentication_hook = see_authentication;
}
