/*
 * load_pg.c
 *		Whose statements take the time, in shared memory.
 *
 * A statement that a throttle holds up is no load.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "gate/throttle_pg.h"
#include "sample/load_pg.h"

/* A look stands for no more than this, however long the engine was away. */
#define LONGEST_SPAN (5 * HEAL_SECOND)

typedef struct LoadArea
{
	int tranche;
	LWLock lock; /* all below: exclusive by the engine alone */
	HealLoad load;
} LoadArea;

static LoadArea *area;

static Size area_size(void);
static void attach(void *address, bool found);

const HealSegment heal_load_segment = {"selfheal load", area_size, attach};

static void
note(const HealSession *session, HealTime at, HealTime span)
{
	HealLoadLook look = {
		.at = at,
		.span = span,
		.query = session->query_id,
		.role = session->role,
		.database = session->database,
		.waiting = session->waiting,
	};

	strlcpy(look.application, session->application, sizeof(look.application));
	heal_load_push(&area->load, &look);
}

void
heal_load_note(const HealSituation *situation)
{
	static HealTime before = 0;
	HealTime span;

	if (situation == NULL)
		return;
	span = Min(situation->taken_at - before, LONGEST_SPAN);
	before = situation->taken_at;
	if (span <= 0)
		return;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (session->client && session->state == HEAL_SESSION_ACTIVE &&
			!heal_throttle_holds_up(session->id.pid))
			note(session, situation->taken_at, span);
	}
	LWLockRelease(&area->lock);
}

int
heal_load_copy(HealLoadKind kind, HealTime window, HealLoadShare *share)
{
	HealLoad *copy = palloc(sizeof(HealLoad));
	int count;

	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(copy, &area->load, sizeof(HealLoad));
	LWLockRelease(&area->lock);
	count = heal_load_shares(copy, kind, GetCurrentTimestamp() - window, share);
	pfree(copy);
	return count;
}

static Size
area_size(void)
{
	return sizeof(LoadArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(LoadArea));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_load");
}
