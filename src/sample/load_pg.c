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
#include "decide/plan_pg.h"
#include "gate/statement_pg.h"
#include "gate/throttle_pg.h"
#include "sample/load_pg.h"
#include "sample/source.h"
#include "sample/source_pg.h"

/* A look stands for no more than this, however long the engine was away. */
#define LONGEST_SPAN (5 * HEAL_SECOND)
#define PACE_EVERY (900 * HEAL_MILLISECOND)
#define MOST_SOURCES 12
#define SOURCES_EVERY (250 * HEAL_MILLISECOND)

typedef struct LoadArea
{
	int tranche;
	LWLock lock; /* all below: exclusive by the engine alone */
	HealLoad load;
	HealPaces paces;
} LoadArea;

static LoadArea *area;

static Size area_size(void);
static void attach(void *address, bool found);

const HealSegment heal_load_segment = {"selfheal load", area_size, attach};

/* Who waits for a standby is protected from being ended, and slowed like anybody else. */
static uint8
slowed_as(HealProtection protection)
{
	return protection == HEAL_PROTECTED_SYNC_WAIT ? HEAL_PROTECTED_NOT
												  : protection;
}

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
		.protection = slowed_as(session->protection),
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

/* A source that takes too much just now teaches nobody what is usual. */
static bool
may_learn(const HealSituation *situation)
{
	HealFailureLimits limits = heal_plan_limits();
	HealFinding finding;

	return heal_failures[HEAL_LOAD_HOG].find(situation, &limits, &finding, 1) ==
		   0;
}

void
heal_pace_note(const HealSituation *situation)
{
	static HealQueryTotal total[HEAL_TOP_QUERIES];
	bool learn;

	if (situation == NULL ||
		(situation->taken_at - area->paces.at < PACE_EVERY &&
		 situation->taken_at >= area->paces.at))
		return;
	heal_top_query_totals(total);
	learn = may_learn(situation);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_paces_note(&area->paces, total, learn, situation->taken_at);
	LWLockRelease(&area->lock);
}

/* What is known of a moment ago will do: who looks every 50 ms would count the same again. */
void
heal_load_sources_read(HealSituation *situation)
{
	static HealSource kept[MOST_SOURCES];
	static int count = 0;
	static HealTime kept_at = 0;
	HealTime age = situation->taken_at - kept_at;

	if (age >= SOURCES_EVERY || age < 0)
	{
		HealSourceWork *work = palloc(sizeof(HealSourceWork));

		LWLockAcquire(&area->lock, LW_SHARED);
		count =
			heal_sources_of_load(&area->load, &area->paces, situation->taken_at,
								 work, kept, MOST_SOURCES);
		LWLockRelease(&area->lock);
		pfree(work);
		kept_at = situation->taken_at;
		for (int i = 0; i < count; i++)
			heal_source_name(&kept[i]);
	}
	for (int i = 0; i < count && situation->sources < HEAL_MAX_SOURCES; i++)
		situation->source[situation->sources++] = kept[i];
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

HealPaces *
heal_pace_copy(void)
{
	HealPaces *copy = palloc(sizeof(HealPaces));

	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(copy, &area->paces, sizeof(HealPaces));
	LWLockRelease(&area->lock);
	return copy;
}
