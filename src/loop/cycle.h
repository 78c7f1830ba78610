/*
 * cycle.h
 *		One heartbeat.
 */
#ifndef HEAL_CYCLE_H
#define HEAL_CYCLE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#define HEAL_MAX_STAGES 20

typedef struct HealCycleReport
{
	uint32 stage_us[HEAL_MAX_STAGES]; /* wall time; 0 = not run */
	int errors;						  /* stages that raised one */
	char last_error[256];
} HealCycleReport;

/*
 * Run the stages; full = a sample is due. Without it only what hurries is looked at: who waits for
 * whom, now. Memory comes from context, which the caller resets.
 */
extern void
heal_cycle_run(bool full, MemoryContext context, HealCycleReport *report);
/* NULL = there is no such stage. */
extern const char *heal_cycle_stage_name(int stage);
/* When something wants to be looked at before the next sample; DT_NOEND = nothing does. */
extern TimestampTz heal_cycle_next_due(void);

#endif
