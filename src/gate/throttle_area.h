/*
 * throttle_area.h
 *		What the hooks of throttling share: the rules, and the place of this process.
 */
#ifndef HEAL_THROTTLE_AREA_H
#define HEAL_THROTTLE_AREA_H

#include "postgres.h"

#include "libpq/libpq-be.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

#include "gate/admission.h"
#include "settings.h"

typedef struct HealThrottleCounts
{
	pg_atomic_uint64 delayed;
	pg_atomic_uint64 refused;
	pg_atomic_uint64 let_through;
	pg_atomic_uint64 waited; /* us */
	pg_atomic_uint64 longest;
} HealThrottleCounts;

typedef struct HealThrottleArea
{
	/* how many rules there are; read by every statement, so on a line of its own */
	pg_atomic_uint32 statement_rules;
	pg_atomic_uint32 login_rules;
	pg_atomic_uint64 generation; /* of the table */
	char spare[PG_CACHE_LINE_SIZE];
	LWLock lock; /* all below: exclusive to change, and to ask for admission */
	HealThrottleTable table;
	HealThrottleCounts counts[HEAL_THROTTLES];
	HealAdmission admission;
} HealThrottleArea;

extern HealThrottleArea *heal_throttle_area; /* NULL: no shared memory */

/* The table as it was a moment ago; no lock needed. */
extern const HealThrottle *heal_throttle_rules(void);
/* Superusers, responders, reserved roles, dumps, and whatever is protected. */
extern bool
heal_throttle_exempts(Oid role, const char *database, const char *application);
extern HealNetwork heal_throttle_address(const Port *port);

/* Takes the place of this process; holding lock, exclusive. */
extern void heal_throttle_arrive(void);
/* Whatever became of it. No lock needed; nothing happens when it has not arrived. */
extern void heal_throttle_leave(void);
/* Lets the process of that number ask again. */
extern void heal_throttle_wake(int process);
/* Counts what was done to a visitor of this rule, if it still is there. */
extern void
heal_throttle_count(int place, int64 rule, uint64 delayed, uint64 refused,
					uint64 let_through, HealTime waited);
extern uint32 heal_throttle_wait_event(void);
/* "role app is limited to ... by selfheal (throttle 3) until ..."; palloc'd */
extern char *heal_throttle_sentence(const HealThrottle *rule);
/* "Ordered by anna: too much load." */
extern char *heal_throttle_order(const HealThrottle *rule);

/* Their hooks. */
extern void heal_statement_throttle_install(void);
extern void heal_login_throttle_install(void);

#endif
