/*
 * health_pg.h
 *		Health in shared memory, and the engine's stage that judges.
 */
#ifndef HEAL_HEALTH_PG_H
#define HEAL_HEALTH_PG_H

#include "postgres.h"

#include "health/health.h"

/* A stage of the heartbeat: judges every component and puts what changes on record. */
extern void heal_health_stage(void);

/*
 * As somebody sees it who looks now: unknown while nobody judges. Returns how many. *judged_at = 0 before the
 * first judgement.
 */
extern int
heal_health_copy(HealHealth health[HEAL_MAX_HEALTH], HealTime *judged_at);

#endif
