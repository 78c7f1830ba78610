/*
 * gate_pg.c
 *		The shared memory of the gate, and what the engine does with it.
 *
 * Five parts: statements, errors and logins (and among the errors refused writes), deadlocks,
 * changes, throttles.
 * Whatever a hook does at the moment something passes is as little as possible; adding
 * up and ranking is done here, once a heartbeat, by the engine.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"

#include "db/shmem.h"
#include "gate/change_pg.h"
#include "gate/deadlock_pg.h"
#include "gate/error_pg.h"
#include "gate/gate_pg.h"
#include "gate/statement_pg.h"
#include "gate/throttle_pg.h"
#include "settings.h"

static const HealGatePart *const parts[] = {
	&heal_statement_part,
	&heal_error_part,
	&heal_deadlock_part,
	&heal_change_part,
	/* last, so that its hooks are called first: waiting is no part of a statement */
	&heal_throttle_part,
};

static Size gate_size(void);
static void attach(void *address, bool found);
static void detach(int code, Datum argument);

const HealSegment heal_gate_segment = {"selfheal gate", gate_size, attach};

void
heal_gate_install(void)
{
	for (int i = 0; i < lengthof(parts); i++)
		parts[i]->install();
}

void
heal_gate_read(HealReading *reading)
{
	for (int i = 0; i < lengthof(parts); i++)
		parts[i]->read(reading);
}

static Size
gate_size(void)
{
	Size size = sizeof(int);

	for (int i = 0; i < lengthof(parts); i++)
		size = add_size(size, CACHELINEALIGN(parts[i]->size()));
	return add_size(size, 2 * PG_CACHE_LINE_SIZE);
}

static void
attach(void *address, bool found)
{
	int *tranche = address;
	char *next = (char *) CACHELINEALIGN((char *) address + sizeof(int));

	if (!found)
		*tranche = LWLockNewTrancheId();
	LWLockRegisterTranche(*tranche, "selfheal_gate");
	for (int i = 0; i < lengthof(parts); i++)
	{
		parts[i]->attach(next, found, *tranche);
		next += CACHELINEALIGN(parts[i]->size());
	}
	/* after a crash the postmaster logs while it has no shared memory at all */
	if (!IsUnderPostmaster)
		on_shmem_exit(detach, (Datum) 0);
}

static void
detach(int code, Datum argument)
{
	for (int i = 0; i < lengthof(parts); i++)
		parts[i]->attach(NULL, true, 0);
}
