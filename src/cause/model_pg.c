/*
 * model_pg.c
 *		The causal graph in force, in shared memory for the engine.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "cause/answer.h"
#include "cause/model_pg.h"
#include "db/shmem.h"
#include "db/shutdown.h"
#include "sample/usermetric_pg.h"

typedef struct CauseArea
{
	int tranche;
	HealTime crashed_at; /* constant */
	LWLock lock;		 /* all below: shared to read, exclusive to change */
	HealCausalModel model;
	HealCauseCounts counts;
	HealCauseMemory memory;
	int64 lessons;
} CauseArea;

static CauseArea *area;

static Size
area_size(void)
{
	return sizeof(CauseArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(CauseArea));
		area->crashed_at = heal_crashed_before() ? GetCurrentTimestamp() : 0;
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->lock, area->tranche);
		heal_model_default(&area->model);
	}
	LWLockRegisterTranche(area->tranche, "selfheal_cause");
}

const HealSegment heal_cause_segment = {"selfheal cause", area_size, attach};

void
heal_model_copy(HealCausalModel *model)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(model, &area->model, sizeof(HealCausalModel));
	LWLockRelease(&area->lock);
}

void
heal_memory_copy(HealCauseMemory *memory)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(memory, &area->memory, sizeof(HealCauseMemory));
	LWLockRelease(&area->lock);
}

void
heal_memory_publish(const HealCauseMemory *memory, uint64 changes)
{
	if (heal_user_changes() != changes)
		return;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memcpy(&area->memory, memory, sizeof(HealCauseMemory));
	LWLockRelease(&area->lock);
}

HealTime
heal_cause_crashed_at(void)
{
	return area->crashed_at;
}

HealCauseCounts
heal_cause_counts(void)
{
	HealCauseCounts counts;

	LWLockAcquire(&area->lock, LW_SHARED);
	counts = area->counts;
	LWLockRelease(&area->lock);
	return counts;
}

void
heal_cause_count(int verdict, double confidence, int steps)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->counts.asked++;
	if (verdict == HEAL_CAUSE_FOUND)
	{
		area->counts.found++;
		area->counts.confidence += confidence;
		area->counts.steps += Max(steps, 0);
	}
	else if (verdict == HEAL_CAUSE_UNSURE)
		area->counts.unsure++;
	LWLockRelease(&area->lock);
}

/* Versions count on, so that nobody takes it for the one before. */
void
heal_model_publish(const HealCausalModel *model, uint64 changes)
{
	uint64 version;

	if (heal_user_changes() != changes)
		return;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	version = area->model.graph.version;
	memcpy(&area->model, model, sizeof(HealCausalModel));
	area->model.graph.version = version + 1;
	LWLockRelease(&area->lock);
}

int64
heal_cause_lessons(void)
{
	int64 lessons;

	LWLockAcquire(&area->lock, LW_SHARED);
	lessons = area->lessons;
	LWLockRelease(&area->lock);
	return lessons;
}

void
heal_cause_lesson_over(void)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->lessons++;
	LWLockRelease(&area->lock);
}
