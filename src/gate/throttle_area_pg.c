/*
 * throttle_area_pg.c
 *		What the hooks of throttling share: the rules, and the place of this process.
 */
#include "postgres.h"

#include <arpa/inet.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "decide/protect.h"
#include "gate/throttle_area.h"

static bool arrived; /* this process has its place in use */

const HealThrottle *
heal_throttle_rules(void)
{
	static HealThrottle rules[HEAL_THROTTLES];
	static uint64 known;
	HealThrottleArea *area = heal_throttle_area;

	if (pg_atomic_read_u64(&area->generation) != known)
	{
		LWLockAcquire(&area->lock, LW_SHARED);
		memcpy(rules, area->table.rule, sizeof(rules));
		known = pg_atomic_read_u64(&area->generation);
		LWLockRelease(&area->lock);
	}
	return rules;
}

static bool
is_member(Oid role, const char *group)
{
	Oid oid = get_role_oid(group, true);

	return OidIsValid(oid) && is_member_of_role_nosuper(role, oid);
}

bool
heal_throttle_exempts(Oid role, const char *database, const char *application)
{
	HealSessionFacts facts = {
		.client = true,
		.superuser = superuser_arg(role),
		.responder = is_member(role, "selfheal_admin") ||
					 is_member(role, "selfheal_operator"),
		.role = GetUserNameFromId(role, true),
		.database = database,
		.application = application,
		.list = heal_protected_sessions,
	};

	return heal_protect_decide(&facts) != HEAL_PROTECTED_NOT;
}

/* By way of text, which knows all ways to write the same address. */
HealNetwork
heal_throttle_address(const Port *port)
{
	HealNetwork network = {0};
	char text[INET6_ADDRSTRLEN] = "[local]";
	const struct sockaddr *address =
		(const struct sockaddr *) &port->raddr.addr;

	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *) address)->sin_addr,
				  text, sizeof(text));
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *) address)->sin6_addr,
				  text, sizeof(text));
	heal_network_parse(text, &network);
	return network;
}

void
heal_throttle_wake(int process)
{
	SetLatch(&GetPGProcByNumber(process)->procLatch);
}

static void
leave_at_exit(int code, Datum argument)
{
	heal_throttle_leave();
}

void
heal_throttle_arrive(void)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(leave_at_exit, (Datum) 0);
	registered = true;
	arrived = true;
	heal_admission_arrive(&heal_throttle_area->admission, heal_process_number(),
						  MyProcPid);
}

void
heal_throttle_leave(void)
{
	HealAdmission *admission;
	uint32 held;

	if (!arrived || heal_throttle_area == NULL)
		return;
	arrived = false;
	admission = &heal_throttle_area->admission;
	held = heal_admission_leave(admission, heal_process_number());
	for (int rule = 0; held != 0; rule++, held >>= 1)
	{
		int next = (held & 1) != 0 ? heal_admission_next(admission, rule) : -1;

		if (next >= 0)
			heal_throttle_wake(next);
	}
}

void
heal_throttle_count(int place, int64 rule, uint64 delayed, uint64 refused,
					uint64 let_through, HealTime waited)
{
	HealThrottleArea *area = heal_throttle_area;
	HealThrottleCounts *counts = &area->counts[place];
	uint64 longest = pg_atomic_read_u64(&counts->longest);

	if (area->table.rule[place].id != rule)
		return;
	pg_atomic_fetch_add_u64(&counts->delayed, delayed);
	pg_atomic_fetch_add_u64(&counts->refused, refused);
	pg_atomic_fetch_add_u64(&counts->let_through, let_through);
	pg_atomic_fetch_add_u64(&counts->waited, waited);
	while (waited > (HealTime) longest &&
		   !pg_atomic_compare_exchange_u64(&counts->longest, &longest, waited))
		;
}

uint32
heal_throttle_wait_event(void)
{
	static uint32 event = 0;

	if (event == 0)
		event = heal_wait_event("SelfhealThrottle");
	return event;
}

char *
heal_throttle_sentence(const HealThrottle *rule)
{
	char words[64];

	heal_throttle_words(rule, words, sizeof(words));
	return psprintf("%s is %s by selfheal (throttle %lld) until %s",
					heal_text_clean(rule->scope_text), words,
					(long long) rule->id, timestamptz_to_str(rule->until));
}

char *
heal_throttle_order(const HealThrottle *rule)
{
	return psprintf("Ordered by %s: %s.", heal_text_clean(rule->by),
					heal_text_clean(rule->reason));
}
